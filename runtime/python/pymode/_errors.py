# SPDX-License-Identifier: MIT
"""Exceptions a handler may raise on purpose."""


class BadRequest(ValueError):
    """The client sent something unusable. Not caught, it is answered with 400 and its own text.

    `request.json()` and `request.text()` raise it for a body that is not what it claims to be.
    """
