# SPDX-License-Identifier: MIT
"""Says why a module of the standard library does not exist here, not only that it does not."""

from __future__ import annotations

import sys

try:
    from pymode._missing_table import OPTIONAL, REASONS  # written when the runtime is built
except ImportError:  # running from a checkout
    REASONS = {}
    OPTIONAL = set()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _Explainer:
    """The last finder: it is asked only for what nobody else has."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        reason = _reason(name)
        if reason is not None and _importing():
            raise ModuleNotFoundError(f"No module named {name!r} ({reason})", name=name)
        return None


def _reason(name: str) -> str | None:
    if name in REASONS:
        return f"not available in a Worker: {REASONS[name]}"
    if name in OPTIONAL:
        return (
            "left out of this Worker because its project does not seem to need it; "
            f'to include it, add stdlib-modules = ["{name}"] to [tool.pymode] in pyproject.toml'
        )
    return None


def _importing() -> bool:
    """False when somebody merely asks whether the module exists (`importlib.util.find_spec`)."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_name != "_find_spec":
        frame = frame.f_back
    caller = frame.f_back
    return caller is not None and caller.f_code.co_name == "_find_and_load_unlocked"


def install() -> None:
    if not any(finder is _Explainer for finder in sys.meta_path):
        sys.meta_path.append(_Explainer)
