# SPDX-License-Identifier: MIT
"""Small wheels for the golden tests, out of wheels.json; the same bytes in every run."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path

DATE = (1980, 1, 1, 0, 0, 0)


def record_line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def write_wheel(folder: Path, wheel: dict[str, object]) -> None:
    name, version = str(wheel["name"]), str(wheel["version"])
    tag = str(wheel.get("tag", "py3-none-any"))
    stem = f"{name.replace('-', '_')}-{version}"
    headers = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
    headers += [f"Requires-Dist: {text}\n" for text in wheel.get("requires", [])]  # type: ignore[attr-defined]
    headers += [f"Provides-Extra: {text}\n" for text in wheel.get("extras", [])]  # type: ignore[attr-defined]
    files = {
        f"{name.replace('-', '_')}/__init__.py": f'VERSION = "{version}"\n'.encode(),
        f"{stem}.dist-info/METADATA": "".join(headers).encode(),
        f"{stem}.dist-info/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ).encode(),
    }
    record = f"{stem}.dist-info/RECORD"
    files[record] = (
        "".join(record_line(*item) for item in files.items()) + f"{record},,\n"
    ).encode()
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path, DATE), content)


def write_wheels(folder: Path) -> None:
    folder.mkdir()
    for wheel in json.loads((Path(__file__).parent / "wheels.json").read_text()):
        write_wheel(folder, wheel)
