# SPDX-License-Identifier: MIT
"""Percent-encoding, in both directions.

`urllib.parse` does this too, but importing it costs more than everything else on the request path.
"""

_HEX = {f"{i:02x}".encode(): bytes([i]) for i in range(256)}
# RFC 3986: the unreserved and reserved characters, and `%` itself so that encoded text stays.
_URL_SAFE = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%"
)


def decode(text: str) -> str:
    """Replaces every valid %XX; bytes that are not UTF-8 become U+FFFD, a stray % stays."""
    if "%" not in text:
        return text
    first, *rest = text.encode("utf-8", "surrogatepass").split(b"%")
    out = [first]
    for part in rest:
        byte = _HEX.get(part[:2].lower())
        out.append(b"%" + part if byte is None else byte + part[2:])
    return b"".join(out).decode("utf-8", "replace")


def decode_form(text: str) -> str:
    """As `decode`, for query strings, where a plus sign is a space."""
    return decode(text.replace("+", " "))


def encode_url(url: str) -> str:
    """Makes any text fit for a Location header; what is encoded already is left alone."""
    raw = url.encode("utf-8")
    if all(byte in _URL_SAFE for byte in raw):
        return url
    return "".join(chr(byte) if byte in _URL_SAFE else f"%{byte:02X}" for byte in raw)
