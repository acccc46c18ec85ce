# SPDX-License-Identifier: MIT
"""Makes a small corpus for each fuzz target out of the test vectors.

    make_corpus.py VECTORS OUTPUT

Without the vectors a few seeds that are written down here are all there is.
"""

import json
import pathlib
import sys
from typing import Any

SEEDS = {
    "version": ["1!2.0rc1.post3.dev4+local.1", ">=1.0,!=1.*,<2", "~=1.4.2", "a-1-py3-none-any.whl"],
    "requirement": ["a[b,c]>=1,<2; extra == 'x'", "a @ https://x.example/a.whl ; os_name == 'nt'"],
    "marker": ["(os_name == 'a' or extra != 'b') and python_version not in '2.7'"],
    "metadata": ["Metadata-Version: 2.4\nName: a\nVersion: 1\nRequires-Dist: b\n\nbody\n"],
    "pyproject": [
        '[project]\nname = "a"\ndependencies = [ # c\n  "b", # d\n]\n[dependency-groups]\ntest = []\n',
        'project = {name = "a", optional-dependencies = {io = []}}\ndependency-groups.dev = ["b"]\n',
    ],
    "pylock": [
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "a"\n'
        'wheels = [{url = "https://x.example/a-1-py3-none-any.whl", hashes = {sha256 = "00"}}]\n'
    ],
}


def toml_inline(value: object) -> str:
    """The value as TOML on one line; JSON's strings are TOML's."""
    if isinstance(value, dict):
        if set(value) == {"$datetime"}:
            return str(value["$datetime"])
        items = (f"{json.dumps(key)} = {toml_inline(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_inline, value)) + "]"
    return json.dumps(value)


def toml_document(table: dict[str, object]) -> str:
    return "".join(f"{json.dumps(key)} = {toml_inline(value)}\n" for key, value in table.items())


def from_vectors(vectors: pathlib.Path) -> dict[str, list[str]]:
    def cases(name: str) -> Any:
        return json.loads((vectors / f"{name}.json").read_text("utf-8"))["cases"]

    return {
        "version": [row[0] for row in cases("version_normalize")]
        + cases("version_invalid")
        + [row[0] for row in cases("specifier_match")]
        + [row[0] for row in cases("wheel_filename")["valid"]],
        "requirement": [row[0] for row in cases("requirement_valid")]
        + [row[0] for row in cases("requirement_invalid")],
        "marker": [row[0] for row in cases("marker_eval")]
        + [row[0] for row in cases("marker_eval_wasi")]
        + cases("marker_syntax")["invalid"],
        "metadata": [row[0] for row in cases("metadata_parse")],
        "pylock": [toml_document(row[0]) for row in cases("pylock_validate")]
        + [toml_document(row["lock"]) for row in cases("pylock_select")],
        "pyproject": [row[text] for row in cases("pyproject_edit") for text in ("before", "after")],
    }


def main(vectors: pathlib.Path, output: pathlib.Path) -> None:
    inputs = {name: list(seeds) for name, seeds in SEEDS.items()}
    if vectors.is_dir():
        for name, more in from_vectors(vectors).items():
            inputs[name] += more
    else:
        print(f"no test vectors at {vectors}: the corpora hold seeds only", file=sys.stderr)
    for name, texts in inputs.items():
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(dict.fromkeys(texts)):
            (folder / f"{number:04}").write_bytes(text.encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
