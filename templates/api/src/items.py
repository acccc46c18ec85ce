import secrets

from pymode.workers import KVNamespace

PREFIX = "item:"


class Items:
    """Items in a KV namespace, each under a key of its own."""

    def __init__(self, kv: KVNamespace):
        self.kv = kv

    def all(self) -> list[dict]:
        found = (self.kv.get(key.name, "json") for key in self.kv.list(prefix=PREFIX))
        return [item for item in found if item is not None]

    def get(self, item_id: str) -> dict | None:
        return self.kv.get(PREFIX + item_id, "json")

    def add(self, data: dict) -> dict:
        item = {"id": secrets.token_hex(8), "name": data["name"], "price": data.get("price", 0)}
        self.kv.put(PREFIX + item["id"], item)
        return item

    def delete(self, item_id: str) -> bool:
        if self.get(item_id) is None:
            return False
        self.kv.delete(PREFIX + item_id)
        return True
