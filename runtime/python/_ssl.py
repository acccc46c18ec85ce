# SPDX-License-Identifier: MIT
"""What the standard library's `ssl` stands on, without a TLS library.

Much code imports `ssl` and makes contexts long before it connects, or never connects at all (anyio,
httpcore, urllib3). So contexts can be made and configured here as anywhere; only a handshake
fails, with a sentence. TLS itself is done by the Workers platform.

Not here: certificates are neither read nor checked, since nothing could use them.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, Self

# Some libraries refuse an OpenSSL that is too old, by this text and these numbers.
OPENSSL_VERSION = "OpenSSL 3.0.0 (its interface alone: a Worker has no TLS library)"
OPENSSL_VERSION_INFO = _OPENSSL_API_VERSION = (3, 0, 0, 0, 0)
OPENSSL_VERSION_NUMBER = 0x30000000
_DEFAULT_CIPHERS = "DEFAULT"

HAS_SNI = HAS_ECDH = HAS_ALPN = HAS_TLSv1_2 = HAS_TLSv1_3 = True
HAS_NPN = HAS_SSLv2 = HAS_SSLv3 = HAS_TLSv1 = HAS_TLSv1_1 = HAS_PSK = False

PROTOCOL_SSLv23 = PROTOCOL_TLS = 2
PROTOCOL_TLSv1, PROTOCOL_TLSv1_1, PROTOCOL_TLSv1_2 = 3, 4, 5
PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER = 16, 17
PROTO_MINIMUM_SUPPORTED, PROTO_MAXIMUM_SUPPORTED = -2, -1
PROTO_SSLv3, PROTO_TLSv1, PROTO_TLSv1_1, PROTO_TLSv1_2, PROTO_TLSv1_3 = range(0x300, 0x305)

CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = range(3)
ENCODING_PEM, ENCODING_DER = 1, 2

OP_NO_SSLv2 = OP_SINGLE_DH_USE = OP_SINGLE_ECDH_USE = 0
OP_LEGACY_SERVER_CONNECT = 1 << 2
OP_ENABLE_KTLS = 1 << 3
OP_IGNORE_UNEXPECTED_EOF = 1 << 7
OP_NO_TICKET = 1 << 14
OP_NO_COMPRESSION = 1 << 17
OP_ENABLE_MIDDLEBOX_COMPAT = 1 << 20
OP_CIPHER_SERVER_PREFERENCE = 1 << 22
OP_NO_SSLv3 = 1 << 25
OP_NO_TLSv1 = 1 << 26
OP_NO_TLSv1_2 = 1 << 27
OP_NO_TLSv1_1 = 1 << 28
OP_NO_TLSv1_3 = 1 << 29
OP_NO_RENEGOTIATION = 1 << 30
OP_ALL = 0x80000050

VERIFY_DEFAULT = 0
VERIFY_CRL_CHECK_LEAF = 0x4
VERIFY_CRL_CHECK_CHAIN = 0xC
VERIFY_X509_STRICT = 0x20
VERIFY_ALLOW_PROXY_CERTS = 0x40
VERIFY_X509_TRUSTED_FIRST = 0x8000
VERIFY_X509_PARTIAL_CHAIN = 0x80000

HOSTFLAG_ALWAYS_CHECK_SUBJECT = 1
HOSTFLAG_NO_WILDCARDS = 2
HOSTFLAG_NO_PARTIAL_WILDCARDS = 4
HOSTFLAG_MULTI_LABEL_WILDCARDS = 8
HOSTFLAG_SINGLE_LABEL_SUBDOMAINS = 16
HOSTFLAG_NEVER_CHECK_SUBJECT = 32

SSL_ERROR_SSL, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_X509_LOOKUP = range(1, 5)
SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN, SSL_ERROR_WANT_CONNECT, SSL_ERROR_EOF = range(5, 9)
SSL_ERROR_INVALID_ERROR_CODE = 10

ALERT_DESCRIPTION_CLOSE_NOTIFY = 0
ALERT_DESCRIPTION_UNEXPECTED_MESSAGE = 10
ALERT_DESCRIPTION_BAD_RECORD_MAC = 20
ALERT_DESCRIPTION_RECORD_OVERFLOW = 22
ALERT_DESCRIPTION_DECOMPRESSION_FAILURE = 30
ALERT_DESCRIPTION_HANDSHAKE_FAILURE = 40
ALERT_DESCRIPTION_BAD_CERTIFICATE = 42
ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE = 43
ALERT_DESCRIPTION_CERTIFICATE_REVOKED = 44
ALERT_DESCRIPTION_CERTIFICATE_EXPIRED = 45
ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN = 46
ALERT_DESCRIPTION_ILLEGAL_PARAMETER = 47
ALERT_DESCRIPTION_UNKNOWN_CA = 48
ALERT_DESCRIPTION_ACCESS_DENIED = 49
ALERT_DESCRIPTION_DECODE_ERROR = 50
ALERT_DESCRIPTION_DECRYPT_ERROR = 51
ALERT_DESCRIPTION_PROTOCOL_VERSION = 70
ALERT_DESCRIPTION_INSUFFICIENT_SECURITY = 71
ALERT_DESCRIPTION_INTERNAL_ERROR = 80
ALERT_DESCRIPTION_USER_CANCELLED = 90
ALERT_DESCRIPTION_NO_RENEGOTIATION = 100
ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION = 110
ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE = 111
ALERT_DESCRIPTION_UNRECOGNIZED_NAME = 112
ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE = 113
ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE = 114
ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY = 115


class SSLError(OSError):
    library: str | None = None
    reason: str | None = None


class SSLZeroReturnError(SSLError):
    pass


class SSLWantReadError(SSLError):
    pass


class SSLWantWriteError(SSLError):
    pass


class SSLSyscallError(SSLError):
    pass


class SSLEOFError(SSLError):
    pass


class SSLCertVerificationError(SSLError, ValueError):
    pass


for _error in (
    SSLError,
    SSLZeroReturnError,
    SSLWantReadError,
    SSLWantWriteError,
    SSLSyscallError,
    SSLEOFError,
    SSLCertVerificationError,
):
    _error.__module__ = "ssl"


def _refuse(what: str) -> NoReturn:
    raise SSLError(
        SSL_ERROR_SSL,
        f"{what} is not available in a Worker: TLS is done by the Workers platform",
    )


class SSLSession:
    """The type alone: there is never a session."""


class MemoryBIO:
    """A queue of bytes."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ended = False

    @property
    def pending(self) -> int:
        return len(self._data)

    @property
    def eof(self) -> bool:
        return self._ended and not self._data

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            size = len(self._data)
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def write(self, data: Any, /) -> int:
        if self._ended:
            raise SSLError("cannot write() after write_eof()")
        view = memoryview(data).cast("B")
        self._data += view
        return len(view)

    def write_eof(self) -> None:
        self._ended = True


class _SSLContext:
    """The settings of a connection, checked as OpenSSL checks them."""

    sni_callback: Callable[..., object] | None = None
    keylog_filename: str | None = None
    post_handshake_auth = False
    num_tickets = 2
    security_level = 2

    _protocol: int
    _verify_mode: int
    _check_hostname: bool
    _verify_flags: int
    _options: int
    _minimum_version: int
    _maximum_version: int
    _host_flags: int
    _callback: Callable[..., object] | None

    def __new__(cls, protocol: int, /) -> Self:
        if protocol not in (2, 3, 4, 5, 16, 17):
            raise ValueError("invalid or unsupported protocol version")
        self = super().__new__(cls)
        client = protocol == PROTOCOL_TLS_CLIENT
        self._protocol = int(protocol)
        self._verify_mode = CERT_REQUIRED if client else CERT_NONE
        self._check_hostname = client
        self._verify_flags = VERIFY_X509_TRUSTED_FIRST
        self._options = (
            OP_ALL
            | OP_NO_SSLv3
            | OP_NO_COMPRESSION
            | OP_CIPHER_SERVER_PREFERENCE
            | OP_IGNORE_UNEXPECTED_EOF
            | OP_ENABLE_MIDDLEBOX_COMPAT
        )
        self._minimum_version = PROTO_TLSv1_2
        self._maximum_version = PROTO_MAXIMUM_SUPPORTED
        self._host_flags = HOSTFLAG_NO_PARTIAL_WILDCARDS
        self._callback = None
        return self

    @property
    def protocol(self) -> int:
        return self._protocol

    @property
    def verify_mode(self) -> int:
        return self._verify_mode

    @verify_mode.setter
    def verify_mode(self, value: int) -> None:
        if value not in (CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED):
            raise ValueError("invalid value for verify_mode")
        if value == CERT_NONE and self._check_hostname:
            raise ValueError(
                "Cannot set verify_mode to CERT_NONE when check_hostname is enabled."
            )
        self._verify_mode = int(value)

    @property
    def check_hostname(self) -> bool:
        return self._check_hostname

    @check_hostname.setter
    def check_hostname(self, value: bool) -> None:
        if value and self._verify_mode == CERT_NONE:
            self._verify_mode = CERT_REQUIRED
        self._check_hostname = bool(value)

    @property
    def options(self) -> int:
        return self._options

    @options.setter
    def options(self, value: int) -> None:
        if value < 0:
            raise OverflowError("options must not be negative")
        self._options = int(value)

    @property
    def verify_flags(self) -> int:
        return self._verify_flags

    @verify_flags.setter
    def verify_flags(self, value: int) -> None:
        self._verify_flags = int(value)

    @property
    def minimum_version(self) -> int:
        return self._minimum_version

    @minimum_version.setter
    def minimum_version(self, value: int) -> None:
        self._minimum_version = _tls_version(value)

    @property
    def maximum_version(self) -> int:
        return self._maximum_version

    @maximum_version.setter
    def maximum_version(self, value: int) -> None:
        self._maximum_version = _tls_version(value)

    @property
    def _msg_callback(self) -> Callable[..., object] | None:
        return self._callback

    @_msg_callback.setter
    def _msg_callback(self, value: Callable[..., object] | None) -> None:
        self._callback = value

    def set_ciphers(self, ciphers: str, /) -> None:
        if not ciphers:
            raise SSLError("No cipher can be selected.")

    def get_ciphers(self) -> list[dict[str, Any]]:
        return []

    def set_ecdh_curve(self, name: str, /) -> None:
        pass

    def _set_alpn_protocols(self, protocols: bytes, /) -> None:
        pass

    def set_default_verify_paths(self) -> None:
        pass

    def load_verify_locations(
        self, cafile: Any = None, capath: Any = None, cadata: Any = None
    ) -> None:
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        if cafile is not None:
            os.stat(cafile)

    def cert_store_stats(self) -> dict[str, int]:
        return {"x509": 0, "crl": 0, "x509_ca": 0}

    def get_ca_certs(self, binary_form: bool = False) -> list[Any]:
        return []

    def session_stats(self) -> dict[str, int]:
        return {}

    def load_cert_chain(
        self, certfile: Any, keyfile: Any = None, password: Any = None
    ) -> NoReturn:
        _refuse("a certificate of one's own")

    def load_dh_params(self, path: Any, /) -> NoReturn:
        _refuse("a certificate of one's own")

    def _wrap_socket(self, *args: object, **kwargs: object) -> NoReturn:
        _refuse("a TLS connection of ssl's")

    def _wrap_bio(self, *args: object, **kwargs: object) -> NoReturn:
        _refuse("a TLS connection of ssl's")


def _tls_version(value: int) -> int:
    if not (PROTO_SSLv3 <= value <= PROTO_TLSv1_3) and value not in (-1, -2):
        raise ValueError(f"Unsupported TLS/SSL version {value:#x}")
    return int(value)


_OBJECTS = (
    (129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    (130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
)


def txt2obj(txt: str, name: bool = False) -> tuple[int, str, str, str]:
    for entry in _OBJECTS:
        if txt == entry[3] or (name and txt in entry[1:3]):
            return entry
    raise ValueError(f"unknown object '{txt[:100]}'")


def nid2obj(nid: int, /) -> tuple[int, str, str, str]:
    for entry in _OBJECTS:
        if nid == entry[0]:
            return entry
    raise ValueError(f"unknown NID {nid}")


def get_default_verify_paths() -> tuple[str, str, str, str]:
    return "SSL_CERT_FILE", "/etc/ssl/cert.pem", "SSL_CERT_DIR", "/etc/ssl/certs"


def RAND_status() -> bool:
    return True


def RAND_add(string: str | bytes, entropy: float, /) -> None:
    """The platform needs no help."""


def RAND_bytes(n: int, /) -> bytes:
    return os.urandom(n)
