# SPDX-License-Identifier: MIT
"""What environment markers ask about the interpreter, asked of the interpreter itself (PEP 508)."""

import os
import platform
import sys
import sysconfig


def on_fetch(request, env):
    version = sys.implementation.version
    return {
        "markers": {
            "implementation_name": sys.implementation.name,
            "implementation_version": ".".join(map(str, version[:3])),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": platform.python_version(),
            "python_version": ".".join(platform.python_version_tuple()[:2]),
            "sys_platform": sys.platform,
        },
        "platform": sysconfig.get_platform(),
        "suffixes": __import__("importlib.machinery").machinery.EXTENSION_SUFFIXES,
    }
