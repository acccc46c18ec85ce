# SPDX-License-Identifier: MIT
import _ssl
import asyncio.sslproto
import http.client
import ssl
import unittest


class SslTest(unittest.TestCase):
    """The standard library's `ssl` on the Worker's own `_ssl`."""

    def test_it_is_ours(self):
        self.assertIn("no TLS library", _ssl.OPENSSL_VERSION)
        self.assertTrue(issubclass(ssl.SSLContext, _ssl._SSLContext))

    def test_the_default_context_is_strict(self):
        context = ssl.create_default_context()
        self.assertEqual(context.protocol, ssl.PROTOCOL_TLS_CLIENT)
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)
        self.assertTrue(context.check_hostname)
        self.assertEqual(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        self.assertEqual(context.maximum_version, ssl.TLSVersion.MAXIMUM_SUPPORTED)
        self.assertIn(ssl.OP_NO_COMPRESSION, context.options)
        self.assertIn(ssl.VERIFY_X509_STRICT, context.verify_flags)
        self.assertEqual(context.get_ca_certs(), [])

    def test_settings_are_kept_and_checked(self):
        context = ssl.create_default_context()
        with self.assertRaisesRegex(ValueError, "check_hostname is enabled"):
            context.verify_mode = ssl.CERT_NONE
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.check_hostname = True
        self.assertEqual(context.verify_mode, ssl.CERT_REQUIRED)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.assertEqual(context.minimum_version, ssl.TLSVersion.TLSv1_3)
        context.options |= ssl.OP_NO_TICKET
        self.assertIn(ssl.OP_NO_TICKET, context.options)
        context.hostname_checks_common_name = False
        self.assertFalse(context.hostname_checks_common_name)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.set_ciphers("DEFAULT")
        with self.assertRaises(ValueError):
            context.verify_mode = 7
        with self.assertRaises(ValueError):
            ssl.SSLContext(99)
        with self.assertRaises(FileNotFoundError):
            context.load_verify_locations(cafile="/nothing/here.pem")
        with self.assertRaises(TypeError):
            context.load_verify_locations()

    def test_what_needs_tls_says_so(self):
        context = ssl.create_default_context()
        with self.assertRaisesRegex(ssl.SSLError, "TLS is done by the Workers platform"):
            context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="example.com")
        with self.assertRaisesRegex(ssl.SSLError, "TLS is done by the Workers platform"):
            context.load_cert_chain("cert.pem")

    def test_a_bio_is_a_queue(self):
        bio = ssl.MemoryBIO()
        self.assertEqual(bio.write(b"hello"), 5)
        self.assertEqual((bio.read(2), bio.pending, bio.eof), (b"he", 3, False))
        bio.write_eof()
        self.assertEqual((bio.read(), bio.eof), (b"llo", True))
        with self.assertRaises(ssl.SSLError):
            bio.write(b"x")

    def test_those_that_stand_on_it_import(self):
        self.assertTrue(hasattr(http.client, "HTTPSConnection"))
        self.assertTrue(hasattr(asyncio.sslproto, "SSLProtocol"))
        self.assertEqual(ssl.Purpose.SERVER_AUTH.shortname, "serverAuth")
        self.assertEqual(ssl.SSLCertVerificationError.__module__, "ssl")
        self.assertEqual(len(ssl.RAND_bytes(16)), 16)
