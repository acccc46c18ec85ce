# SPDX-License-Identifier: MIT
"""Only the pinned bytes are accepted, and a refused download leaves nothing behind."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import tarfile
import tempfile
import threading
import unittest
from pathlib import Path

from runtime.build import fetch, unpack
from runtime.build.context import BuildError, Context, Progress
from runtime.build.sources import Archive, Source, load_sources, parse_source

CONTENT = b"the pinned bytes\n" * 100


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


class FetchTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "site").mkdir()
        (self.root / "site" / "source.tar").write_bytes(CONTENT)
        self.context = Context(self.root / "cache", self.root / "out", Progress(quiet=True))
        handler = functools.partial(QuietHandler, directory=str(self.root / "site"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def source(self, *names: str, sha256: str | None = None, size: int = len(CONTENT)) -> Source:
        port = self.server.server_address[1]
        urls = tuple(f"http://127.0.0.1:{port}/{name}" for name in names)
        archive = Archive(sha256 or hashlib.sha256(CONTENT).hexdigest(), size, urls, None)
        return Source("thing", "1", "MIT", ("LICENSE",), (archive,))

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in (self.context.cache / "downloads").iterdir())

    def test_good_file_is_kept_and_not_asked_for_again(self) -> None:
        source = self.source("source.tar")
        path, archive = fetch.fetch(self.context, source)
        self.assertEqual(path.read_bytes(), CONTENT)
        (self.root / "site" / "source.tar").unlink()
        self.assertEqual(fetch.fetch(self.context, source), (path, archive))

    def test_second_url_is_tried(self) -> None:
        path, _ = fetch.fetch(self.context, self.source("absent.tar", "source.tar"))
        self.assertEqual(path.read_bytes(), CONTENT)

    def test_wrong_sha256_is_refused(self) -> None:
        with self.assertRaisesRegex(BuildError, "was expected"):
            fetch.fetch(self.context, self.source("source.tar", sha256="0" * 64))
        self.assertEqual(self.left_behind(), [])

    def test_longer_answer_is_refused(self) -> None:
        with self.assertRaisesRegex(BuildError, "were expected"):
            fetch.fetch(self.context, self.source("source.tar", size=len(CONTENT) - 1))
        self.assertEqual(self.left_behind(), [])

    def test_shorter_answer_is_refused(self) -> None:
        with self.assertRaisesRegex(BuildError, "were expected"):
            fetch.fetch(self.context, self.source("source.tar", size=len(CONTENT) + 1))
        self.assertEqual(self.left_behind(), [])

    def test_damaged_cache_is_fetched_again(self) -> None:
        source = self.source("source.tar")
        path, _ = fetch.fetch(self.context, source)
        path.write_bytes(CONTENT[:-1] + b"x")
        path, _ = fetch.fetch(self.context, source)
        self.assertEqual(path.read_bytes(), CONTENT)


class UnpackTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def tarball(self, *members: tarfile.TarInfo) -> Path:
        path = self.root / "source.tar"
        with tarfile.open(path, "w") as archive:
            for member in members:
                archive.addfile(member, io.BytesIO(b"x" * member.size))
        return path

    @staticmethod
    def member(
        name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 1
    ) -> tarfile.TarInfo:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        info.size = size if kind == tarfile.REGTYPE else 0
        return info

    def test_top_folder_is_dropped(self) -> None:
        unpack.unpack(self.tarball(self.member("thing-1/a/b.c")), self.root / "out")
        self.assertEqual((self.root / "out" / "a" / "b.c").read_bytes(), b"x")

    def test_members_outside_are_refused(self) -> None:
        bad = [
            self.member("thing-1/../../evil"),
            self.member("/etc/evil"),
            self.member("thing-1/link", tarfile.SYMTYPE, "../../etc"),
            self.member("thing-1/link", tarfile.SYMTYPE, "/etc"),
            self.member("thing-1/hard", tarfile.LNKTYPE, "thing-1/a"),
            self.member("thing-1/pipe", tarfile.FIFOTYPE),
        ]
        for member in bad:
            with (
                self.subTest(name=member.name, target=member.linkname),
                self.assertRaises(BuildError),
            ):
                unpack.unpack(self.tarball(member), self.root / "out")
        self.assertFalse((self.root / "evil").exists())

    def test_link_that_stays_inside(self) -> None:
        members = (self.member("t/a/x"), self.member("t/b/link", tarfile.SYMTYPE, "../a/x"))
        unpack.unpack(self.tarball(*members), self.root / "out")
        self.assertEqual((self.root / "out" / "b" / "link").read_bytes(), b"x")


class SourcesTest(unittest.TestCase):
    GOOD = 'name="a"\nversion="1"\nlicense="MIT"\nlicense-files=["L"]\n'

    def test_third_party_can_be_read(self) -> None:
        sources = load_sources(Path(__file__).parents[2] / "third_party")
        self.assertLessEqual({"cpython", "zlib", "bzip2", "xz", "sqlite", "dlmalloc"}, set(sources))

    def test_bad_files(self) -> None:
        archive = f'[[archive]]\nsize=1\nsha256="{"0" * 64}"\n'
        cases = {
            "no archive": self.GOOD,
            "not TOML": "name=",
            "short checksum": self.GOOD
            + '[[archive]]\nsize=1\nsha256="00"\nurls=["https://example.org/a"]\n',
            "no place": self.GOOD + archive,
            "plain http": self.GOOD + archive + 'urls=["http://example.org/a"]\n',
            "path in a file name": self.GOOD + archive + 'debian={package="a", file="../a"}\n',
            "option as a package": self.GOOD + archive + 'debian={package="--help", file="a"}\n',
            "no version": 'name="a"\n',
        }
        for title, text in cases.items():
            with self.subTest(title), self.assertRaises(BuildError):
                parse_source(text, "a.toml")


if __name__ == "__main__":
    unittest.main()
