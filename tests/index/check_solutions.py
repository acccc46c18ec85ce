# SPDX-License-Identifier: MIT
"""A second opinion on solutions of packse scenarios: check_solutions.py FOLDER-OF-WHEELS <JSON

Reads [{name, requires, packages, locked}] and prints {name: what is wrong}. Versions, specifiers
and markers are those of PyPA's `packaging`, whose wheel is in the folder.
"""

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(next(Path(sys.argv[1]).glob("packaging-*.whl"))))
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PYTHON = "3.13.5"
TARGET = {
    "implementation_name": "cpython",
    "implementation_version": PYTHON,
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_release": "0.0.0",
    "platform_system": "wasi",
    "platform_version": "0.0.0",
    "python_full_version": PYTHON,
    "python_version": "3.13",
    "sys_platform": "wasi",
}


def applies(marker: Marker | None, extras: set[str]) -> bool:
    if marker is None:
        return True
    return any(marker.evaluate({**TARGET, "extra": extra}) for extra in extras or {""})


def problems(scenario: dict[str, Any]) -> list[str]:
    found: list[str] = []
    locked: dict[str, str] = scenario["locked"]
    reached: set[tuple[str, str]] = set()
    queue = [("the project", text, set[str]()) for text in scenario["requires"]]
    while queue:
        who, text, extras = queue.pop()
        need = Requirement(text)
        if not applies(need.marker, extras):
            continue
        name = canonicalize_name(need.name)
        version = locked.get(name)
        if version is None:
            found.append(f"{who} needs {text}, which is not locked")
            continue
        if not need.specifier.contains(version, prereleases=True):
            found.append(f"{who} needs {text}, locked is {version}")
        for extra in {"", *need.extras}:
            if (name, extra) in reached:
                continue
            reached.add((name, extra))
            table = scenario["packages"][name]["versions"][version]
            who_else = f"{name} {version}"
            if extra == "":
                queue += [(who_else, one, set()) for one in table.get("requires", [])]
                wanted = SpecifierSet(table.get("requires_python", ""))
                if not wanted.contains(PYTHON):
                    found.append(f"{who_else} needs Python {wanted}")
                if table.get("wheel") is False:
                    found.append(f"{who_else} has no wheel")
            else:
                more = table.get("extras", {}).get(extra, [])
                queue += [(who_else, one, {extra}) for one in more]
    found += [f"{name} is locked and not needed" for name in locked if (name, "") not in reached]
    return found


def main() -> None:
    answers = {one["name"]: problems(one) for one in json.load(sys.stdin)}
    print(json.dumps({name: found for name, found in answers.items() if found}))


main()
