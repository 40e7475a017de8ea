"""https for the page: a server's context from two PEM files, and whether an address may do without it.

Every way in which the files can be wrong is one sentence. Must not know the server. Reads files: not in the event loop.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from station.access.hosts import is_loopback
from station.config.model import StationConfig

SOON = timedelta(days=30)


class TlsError(Exception):
    """The page cannot be served as https; one sentence."""


def insecure(config: StationConfig) -> str | None:
    """Why the page may not be served at the configured address, as far as the keys say; None: it may."""
    page = config.page
    if (page.tls_certificate is None) != (page.tls_key is None):
        missing = "tls_key" if page.tls_key is None else "tls_certificate"
        return f"{missing} is missing: https needs both page.tls_certificate and page.tls_key"
    if page.tls_certificate is None and not is_loopback(page.host):
        return (
            f"passwords would cross the network in clear, because {page.host} is not this machine's loopback address; "
            "set page.tls_certificate and page.tls_key, or page.host: 127.0.0.1"
        )
    return None


def server_context(certificate: Path, key: Path, now: datetime | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate (its chain may follow it) and its key. TlsError: one sentence."""
    chain_pem, key_pem = _read(certificate, "tls_certificate"), _read(key, "tls_key")
    own = _certificate(certificate, chain_pem)
    _check_time(certificate, own, now or datetime.now(UTC))
    if _public(own.public_key()) != _key(key, key_pem):
        raise TlsError(
            f"page.tls_key: {key} is not the key of {certificate}; name the one that the certificate was made with."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise TlsError(f"page.tls_certificate: {certificate} and {key} cannot be used: {reason}.") from None
    return context


def ends(certificate: Path) -> datetime:
    """When the certificate is no longer good. TlsError."""
    return _certificate(certificate, _read(certificate, "tls_certificate")).not_valid_after_utc


def _read(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TlsError(f"page.{key}: there is no file {path}; correct the path.") from None
    except OSError as error:
        raise TlsError(f"page.{key}: {path} cannot be read ({error.strerror}); give this user the right to.") from None


def _certificate(path: Path, pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        raise TlsError(f"page.tls_certificate: {path} is no certificate; a PEM file is needed.") from None


def _check_time(path: Path, own: x509.Certificate, now: datetime) -> None:
    if now > own.not_valid_after_utc:
        raise TlsError(
            f"page.tls_certificate: {path} has expired on {own.not_valid_after_utc:%Y-%m-%d}; have a new one made, "
            "or check this machine's clock."
        )
    if now < own.not_valid_before_utc:
        raise TlsError(
            f"page.tls_certificate: {path} is good only from {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on; check "
            "this machine's clock."
        )


def _key(path: Path, pem: bytes) -> bytes:
    try:
        return _public(serialization.load_pem_private_key(pem, None).public_key())
    except TypeError:
        raise TlsError(
            f"page.tls_key: {path} is encrypted, and nobody is there to type its password; store it without one, "
            "readable by the station's user alone."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise TlsError(f"page.tls_key: {path} is no private key; a PEM file is needed.") from None


def _public(key: object) -> bytes:
    encode = getattr(key, "public_bytes", None)
    if encode is None:
        raise TlsError("page.tls_key: a key of this kind cannot be used; make one of kind RSA, EC or Ed25519.")
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded: bytes = encode(serialization.Encoding.DER, form)
    return encoded


def _no_password() -> str:
    return ""  # else OpenSSL asks the terminal, and the station would wait there
