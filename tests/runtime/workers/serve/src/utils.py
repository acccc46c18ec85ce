# SPDX-License-Identifier: MIT
def twice(number):
    return number * 2
