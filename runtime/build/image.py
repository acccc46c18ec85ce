# SPDX-License-Identifier: MIT
"""The image: the compiled standard library and the runtime's own Python packages in one archive.

Modules are sourceless: ``json/__init__.pyc`` with an unchecked hash, so that no import reads or
compares a source. The code objects name the file as ``/lib/python3.13/json/__init__.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .context import BuildError, Context, run
from .modules import ModuleTable, reasons_module
from .native import VERSION_DIRECTORY, native_python, python_program
from .sources import Source
from .store import digest, digest_file, digest_recipe, digest_tree, ensure
from .unpack import source_tree
from .wasi import wasi_python

GUEST = f"/lib/{VERSION_DIRECTORY}"
COMPILER = Path(__file__).with_name("compile_modules.py")
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def image_root(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """What the guest sees as /lib/python3.13, as a folder."""
    library = _standard_library(context, sources, table)
    packages = _packages(context, sources, table)

    def build(work: Path, result: Path) -> None:
        shutil.copytree(library, result, dirs_exist_ok=True)
        shutil.copytree(packages, result, dirs_exist_ok=True)

    return ensure(context, "image-root", digest("root", library.name, packages.name), build)


def image(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """``stdlib.zip``: the same as an archive."""
    root = image_root(context, sources, table)
    bundler = digest_file(context.bundler) if context.bundler else "zipfile"
    key = digest("image", root.name, bundler, digest_recipe("image"))

    def build(work: Path, result: Path) -> None:
        pack(context, root, result / "stdlib.zip")

    return ensure(context, "image", key, build) / "stdlib.zip"


def _standard_library(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    root = source_tree(context, sources["cpython"])
    native = native_python(context, sources)
    wasi = wasi_python(context, sources, table)
    rules = [sorted(table.missing), table.left_out]
    key = digest(
        "stdlib",
        root.name,
        native.name,
        wasi.name,
        rules,
        digest_recipe("image", "modules"),
        digest_file(COMPILER),
    )

    def build(work: Path, result: Path) -> None:
        library = root / "Lib"
        names = [path.relative_to(library).as_posix() for path in sorted(library.rglob("*.py"))]
        files = {name: library / name for name in names if not table.is_left_out(name)}
        files |= {path.name: path for path in (wasi / "sysconfig").glob("*.py")}
        compile_modules(native, files, result, work)

    return ensure(context, "stdlib", key, build)


def _packages(context: Context, sources: Mapping[str, Source], table: ModuleTable) -> Path:
    """The packages of ``runtime/python`` and the generated table of what is missing."""
    root = context.repository / "runtime" / "python"
    native = native_python(context, sources)
    reasons = reasons_module(table)
    key = digest(
        "packages",
        digest_tree(root, ("**/*.py",)),
        reasons,
        native.name,
        digest_recipe("image"),
        digest_file(COMPILER),
    )

    def build(work: Path, result: Path) -> None:
        files = {
            path.relative_to(root).as_posix(): path
            for path in sorted(root.rglob("*.py"))
            if "tests" not in path.parts
        }
        generated = work / "_missing_table.py"
        generated.write_text(reasons, encoding="utf-8")
        files["pymode/_missing_table.py"] = generated
        compile_modules(native, files, result, work)

    return ensure(context, "packages", key, build)


def compile_modules(native: Path, files: Mapping[str, Path], target: Path, work: Path) -> None:
    """Compiles ``name: source`` below ``target`` with the runtime's own Python."""
    job = work / "compile.json"
    entries = [
        [str(path), str(target / f"{name}c"), f"{GUEST}/{name}"]
        for name, path in sorted(files.items())
    ]
    job.write_text(json.dumps(entries), encoding="utf-8")
    # a fixed hash seed: the order of a set constant is in the compiled module
    run([python_program(native), "-s", "-S", COMPILER, job], env={"PYTHONHASHSEED": "0"})


def pack(context: Context, root: Path, target: Path) -> None:
    """The folder as a deterministic archive: sorted, fixed times, deflate 9."""
    if context.bundler is not None:
        run([context.bundler, "--root", root, "--output", target])
    else:
        pack_with_zipfile(root, target)
    if not zipfile.is_zipfile(target):
        raise BuildError("the image is not an archive")


def pack_with_zipfile(root: Path, target: Path) -> None:
    """What stdlib-bundler does, for a build without it."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    part = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), TIMESTAMP)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    os.replace(part, target)
