# SPDX-License-Identifier: MIT
"""Makes a small corpus for each fuzz target out of the test vectors.

    make_corpus.py VECTORS OUTPUT

Without the vectors a few seeds that are written down here are all there is.
"""

import io
import json
import pathlib
import sys
import zipfile
from typing import Any

PAGES = pathlib.Path(__file__).parent.parent / "unit/packaging/index/pages.json"

SEEDS = {
    "version": ["1!2.0rc1.post3.dev4+local.1", ">=1.0,!=1.*,<2", "~=1.4.2", "a-1-py3-none-any.whl"],
    "requirement": ["a[b,c]>=1,<2; extra == 'x'", "a @ https://x.example/a.whl ; os_name == 'nt'"],
    "marker": ["(os_name == 'a' or extra != 'b') and python_version not in '2.7'"],
    "metadata": ["Metadata-Version: 2.4\nName: a\nVersion: 1\nRequires-Dist: b\n\nbody\n"],
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
    }


def from_pages() -> dict[str, list[str]]:
    """The pages of the unit tests of the index client."""
    pages = json.loads(PAGES.read_text("utf-8"))
    return {
        "simple_html": [page["body"] for page in pages["html"]],
        "simple_json": [json.dumps(page["body"]) for page in pages["json"]],
    }


def wheels() -> list[bytes]:
    """Small wheels: stored, deflated, with a comment, with a gap that the tail does not reach."""
    made = []
    for method, comment, padding in (
        (zipfile.ZIP_STORED, b"", 0),
        (zipfile.ZIP_DEFLATED, b"a comment", 0),
        (zipfile.ZIP_DEFLATED, b"", 20_000),
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as wheel:
            wheel.writestr("demo-1.dist-info/METADATA", SEEDS["metadata"][0])
            wheel.writestr(zipfile.ZipInfo("demo/data"), b"x" * padding)
            wheel.comment = comment
        made.append(buffer.getvalue())
    return made


# Pages in the compact form of the cache, by hand: nothing, and one file.
CACHED_PAGES = [
    bytes(7),
    b"\x03tag\x00\x01\x01\x00\x00\x01\x2f\x18demo-1-py3-none-any.whl.\x00"
    b"\x10https://x.test/\x00\x00\x05>=3.8\x00\x64",
]


def main(vectors: pathlib.Path, output: pathlib.Path) -> None:
    inputs = {name: list(seeds) for name, seeds in SEEDS.items()}
    if vectors.is_dir():
        for name, more in from_vectors(vectors).items():
            inputs[name] += more
    else:
        print(f"no test vectors at {vectors}: the corpora hold seeds only", file=sys.stderr)
    inputs |= from_pages()
    files = {
        name: [text.encode("utf-8", "surrogatepass") for text in texts]
        for name, texts in inputs.items()
    }
    files |= {"partial_zip": wheels(), "page_cache": CACHED_PAGES}
    for name, contents in files.items():
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(dict.fromkeys(contents)):
            (folder / f"{number:04}").write_bytes(content)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
