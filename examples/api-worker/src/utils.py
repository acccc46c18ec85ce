def validate(data) -> list[str]:
    """What is wrong with the data of a new item."""
    if not isinstance(data, dict):
        return ["an item is a JSON object"]
    mistakes = []
    name = data.get("name")
    if not isinstance(name, str) or not name.strip():
        mistakes.append("name is missing")
    price = data.get("price", 0)
    if isinstance(price, bool) or not isinstance(price, int | float) or price < 0:
        mistakes.append("price is a number, not below 0")
    return mistakes
