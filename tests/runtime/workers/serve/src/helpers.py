# SPDX-License-Identifier: MIT
def greet(name):
    return f"Hello, {name}!"
