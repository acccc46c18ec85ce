# SPDX-License-Identifier: MIT
import contextlib
import io
import json
import sys

import _pymode
from fake_kv import namespace
from pymode import _entry
from support import ROOT, ServeCase


class ExampleCase(ServeCase):
    def start(self, name):
        """Imports the example's main module as the Worker does, with the Worker's two roots."""
        root = ROOT / "examples" / name
        added, known = [str(root), str(root / "src")], set(sys.modules)
        sys.path[:0] = added
        self.addCleanup(lambda: [sys.path.remove(entry) for entry in added])
        self.addCleanup(lambda: [sys.modules.pop(m) for m in set(sys.modules) - known])
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        sys.dont_write_bytecode = True
        _entry._loaded = None
        _pymode.entry_name[0] = "src.main"


class HelloTest(ExampleCase):
    def test_the_folder_of_the_main_module_needs_no_search(self):
        self.start("hello-worker")
        sys.path.append("/not/asked/for")
        self.addCleanup(sys.path.remove, "/not/asked/for")
        sys.path_importer_cache.pop("/not/asked/for", None)
        self.text("https://x.test/")
        self.assertNotIn("/not/asked/for", sys.path_importer_cache)
        self.assertEqual(list(sys.modules["src"].__path__), [sys.path[0] + "/src"])

    def test_answers(self):
        self.start("hello-worker")
        self.assertEqual(self.text("https://x.test/"), "Hello from Python!\n")
        greeting = json.loads(self.text("https://x.test/greet?name=J%C3%BCrgen"))
        self.assertEqual(greeting, {"message": "Hello, Jürgen!"})
        self.assertEqual(self.ask("https://x.test/other").status, 404)


class ApiTest(ExampleCase):
    def setUp(self):
        super().setUp()
        self.env = {"ITEMS": namespace()[1]}
        self.start("api-worker")

    def call(self, method, path, data=None):
        body = b"" if data is None else json.dumps(data).encode()
        answer = self.ask("https://x.test" + path, method, body=body)
        return answer.status, json.loads(answer.content) if answer.content else None

    def test_an_item_from_birth_to_death(self):
        self.assertEqual(self.call("GET", "/")[1]["message"], "Hello, world!")
        self.assertEqual(self.call("GET", "/api/items"), (200, {"items": []}))
        status, item = self.call("POST", "/api/items", {"name": "lamp", "price": 2.5})
        self.assertEqual((status, item["name"], item["price"]), (201, "lamp", 2.5))
        path = f"/api/items/{item['id']}"
        self.assertEqual(self.call("GET", "/api/items"), (200, {"items": [item]}))
        self.assertEqual(self.call("GET", path), (200, item))
        self.assertEqual(self.call("DELETE", path), (204, None))
        self.assertEqual(self.call("GET", path)[0], 404)
        self.assertEqual(self.call("DELETE", path)[0], 404)

    def test_refusals(self):
        for data in [
            [],
            {},
            {"name": " "},
            {"name": "x", "price": -1},
            {"name": "x", "price": True},
        ]:
            with self.subTest(data=data):
                self.assertEqual(self.call("POST", "/api/items", data)[0], 400)
        self.assertEqual(self.ask("https://x.test/api/items", "POST", body=b"{").status, 400)
        self.assertEqual(self.call("PUT", "/api/items")[0], 404)
