# SPDX-License-Identifier: MIT
"""Makes a small corpus for each fuzz target, a folder with its name.

    make_corpus.py VECTORS OUTPUT

It holds what is written down here under the target's name, the files of seeds/TARGET beside this
script, and cases of the test vectors where they are at hand.
"""

import gzip
import io
import json
import pathlib
import sys
import tarfile
import zipfile
from collections import defaultdict
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
RECIPES = HERE.parent.parent / "recipes"
PAGES = HERE.parent / "unit/packaging/index/pages.json"
CONFIGURATIONS = HERE.parent / "unit/bundle/metadata"

TEXTS = {
    "pep_version": [
        "1!2.0rc1.post3.dev4+local.1",
        ">=1.0,!=1.*,<2",
        "~=1.4.2",
        "a-1-py3-none-any.whl",
    ],
    "pep_requirement": [
        "a[b,c]>=1,<2; extra == 'x'",
        "a @ https://x.example/a.whl ; os_name == 'nt'",
    ],
    "pep_marker": ["(os_name == 'a' or extra != 'b') and python_version not in '2.7'"],
    "pep_metadata": ["Metadata-Version: 2.4\nName: a\nVersion: 1\nRequires-Dist: b\n\nbody\n"],
    "edit_pyproject": [
        '[project]\nname = "a"\ndependencies = [ # c\n  "b", # d\n]\n'
        "[dependency-groups]\ntest = []\n",
        'project = {name = "a", optional-dependencies = {io = []}}\n'
        'dependency-groups.dev = ["b"]\n',
    ],
    "requirements": [
        "# c\n-r b.txt\n--index-url https://x.example/simple\na[b]>=1 \\\n"
        "  --hash=sha256:" + "0" * 64 + "\n\0c==1 ; os_name == 'a'\n",
        "-c limits.txt\n./a-1-py3-none-any.whl\n${NAME}>1\n--pre\n--find-links wheels\n",
        "-e .\ngit+https://x.example/a\n--no-binary :all:\n",
    ],
    "api_answer": [
        '{"success":false,"errors":[{"code":10021,"message":"no","error_chain":[{"code":1,'
        '"message":"why"}]}],"messages":[],"result":null}',
        '{"success":true,"errors":[],"messages":[],"result":{"deployments":[{"id":"a","versions":'
        '[{"version_id":"b","percentage":90.5}],"annotations":{"workers/message":"c"}}]}}',
        '{"success":true,"result":[{"name":"A","type":"kv_namespace","namespace_id":"b"},'
        '{"name":"B","type":"json","json":{"a":[1]}},{"name":"limits","cpu_ms":5}]}',
        '{"success":true,"result":{"id":"0123456789abcdef0123456789abcdef","startup_time_ms":5,'
        '"metadata":{"has_preview":true}},"result_info":{"page":1,"cursors":{"after":"x"}}}',
        '{"success":true,"result":{"outcome":"ok","eventTimestamp":1,"event":{"request":'
        '{"url":"https://w.example/a","method":"GET"},"response":{"status":200}},'
        '"logs":[{"message":["a",{"b":1}],"level":"log"}],'
        '"exceptions":[{"name":"E","message":"m","stack":"at x"}]}}',
    ],
    "pep_pylock": [
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
        "pep_version": [row[0] for row in cases("version_normalize")]
        + cases("version_invalid")
        + [row[0] for row in cases("specifier_match")]
        + [row[0] for row in cases("wheel_filename")["valid"]],
        "pep_requirement": [row[0] for row in cases("requirement_valid")]
        + [row[0] for row in cases("requirement_invalid")],
        "pep_marker": [row[0] for row in cases("marker_eval")]
        + [row[0] for row in cases("marker_eval_wasi")]
        + cases("marker_syntax")["invalid"],
        "pep_metadata": [row[0] for row in cases("metadata_parse")],
        "pep_pylock": [toml_document(row[0]) for row in cases("pylock_validate")]
        + [toml_document(row["lock"]) for row in cases("pylock_select")],
        "edit_pyproject": [
            row[text] for row in cases("pyproject_edit") for text in ("before", "after")
        ],
    }


def archive(compression: int, *names: str) -> bytes:
    """A zip of a few files, the same bytes each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            member = zipfile.ZipInfo(name)
            member.compress_type = compression
            file.writestr(member, name[:1] * 300 + name)
    return buffer.getvalue()


def archives() -> list[bytes]:
    names = ("a", "folder/b.txt", "folder/é")
    return [
        archive(zipfile.ZIP_STORED, *names),
        archive(zipfile.ZIP_DEFLATED, *names),
        archive(zipfile.ZIP_STORED),
    ]


def tarballs() -> list[bytes]:
    """Source archives, packed and not: files, a folder, a link, long names of both formats."""
    made = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as file:
            for name in ("a-1/PKG-INFO", "a-1/" + "deep/" * 22 + "b.c"):
                member = tarfile.TarInfo(name)
                member.size = 6
                file.addfile(member, io.BytesIO(b"int x;"))
        made += [buffer.getvalue(), gzip.compress(buffer.getvalue(), mtime=0)]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, kind in (("a", tarfile.DIRTYPE), ("a/l", tarfile.SYMTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            member.linkname = "../x" if kind == tarfile.SYMTYPE else ""
            file.addfile(member)
    return [*made, buffer.getvalue()]


def configurations() -> list[str]:
    """The configurations of the unit tests, in both spellings."""
    texts = []
    for path in sorted(CONFIGURATIONS.glob("*.json")):
        for case in json.loads(path.read_text("utf-8")):
            if "pymode" in case:
                texts.append('[project]\nname = "w"\n' + "\n".join(case["pymode"]) + "\n")
            if "wrangler" in case:
                texts.append(json.dumps(case["wrangler"]))
    return texts


def pages(form: str) -> list[str]:
    """The pages of the unit tests of the index client."""
    rows = json.loads(PAGES.read_text("utf-8"))[form]
    return [row["body"] if form == "html" else json.dumps(row["body"]) for row in rows]


def parted_wheels() -> list[bytes]:
    """Wheels to be read in parts: stored, with a comment, longer than what is read first."""
    made = []
    for method, comment, padding in (
        (zipfile.ZIP_STORED, b"", 0),
        (zipfile.ZIP_DEFLATED, b"a comment", 0),
        (zipfile.ZIP_DEFLATED, b"", 20_000),
    ):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as wheel:
            member = zipfile.ZipInfo("demo-1.dist-info/METADATA")
            wheel.writestr(member, TEXTS["pep_metadata"][0], compress_type=method)
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


def encoded(texts: list[str]) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def main(vectors: pathlib.Path, output: pathlib.Path) -> None:
    inputs: defaultdict[str, list[bytes]] = defaultdict(list)
    for target, texts in TEXTS.items():
        inputs[target] += encoded(texts)
    inputs["archive"] += archives()
    inputs["simple_html"] += encoded(pages("html"))
    inputs["simple_json"] += encoded(pages("json"))
    inputs["recipe"] += [path.read_bytes() for path in sorted(RECIPES.glob("*.toml"))]
    inputs["tar"] += tarballs()
    inputs["worker_config"] += encoded(configurations())
    inputs["partial_zip"] += parted_wheels()
    inputs["page_cache"] += CACHED_PAGES
    for path in sorted(HERE.glob("seeds/*/*")):
        inputs[path.parent.name].append(path.read_bytes())
    if vectors.is_dir():
        for target, texts in from_vectors(vectors).items():
            inputs[target] += encoded(texts)
    for target, contents in inputs.items():
        folder = output / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(dict.fromkeys(contents)):
            (folder / f"{number:04}").write_bytes(content)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
