"""Mutual TLS for Modbus: contexts of both sides from three PEM files, tried out before anybody connects.

Must not know Modbus or who connects. Faults are one sentence with the file that is at fault.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
import time
from pathlib import Path
from typing import Any

from drivers.plc.errors import PlcError
from drivers.plc.settings import TlsSettings

_log = logging.getLogger(__name__)
_SOON_S = 30 * 86_400
_ROUNDS = 6
"""A handshake between two ends in memory takes three rounds."""


def server_context(tls: TlsSettings, folder: Path) -> ssl.SSLContext:
    """The server's side: TLS 1.2 or newer, a peer without a certificate of `tls.ca` does not get in.

    Relative paths begin at `folder`. PlcError for files that are missing, do not fit together or have expired.
    """
    return _context(ssl.PROTOCOL_TLS_SERVER, tls, folder)


def client_context(tls: TlsSettings, folder: Path) -> ssl.SSLContext:
    """The client's side of the same; with `tls.verify_host` the server's certificate must name the host asked."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, tls, folder)
    context.check_hostname = tls.verify_host
    return context


def _context(protocol: int, tls: TlsSettings, folder: Path) -> ssl.SSLContext:
    certificate, key, ca = (folder / name for name in (tls.certificate, tls.key, tls.ca))
    for path, what in ((certificate, "certificate"), (key, "key"), (ca, "ca")):
        _readable(path, what)
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except ssl.SSLError as fault:
        raise PlcError(
            f"plc.tls: {certificate} and {key} cannot be used together ({_reason(fault)}); a PEM certificate and its "
            "own private key, without a password, are needed"
        ) from None
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as fault:
        raise PlcError(
            f"plc.tls: {ca} holds no certificate of an authority ({_reason(fault)}); a PEM file is needed"
        ) from None
    for authority in context.get_ca_certs():
        _check_time(authority, ca)
    _try_out(protocol, certificate, key)
    return context


def _readable(path: Path, what: str) -> None:
    try:
        with path.open("rb"):
            return
    except OSError as fault:
        raise PlcError(
            f"plc.tls.{what}: {path} cannot be read ({fault.strerror}); correct the path, or the rights of the file"
        ) from None


def _reason(fault: ssl.SSLError) -> str:
    return (fault.reason or str(fault)).replace("_", " ").lower()


def _check_time(certificate: dict[str, Any], path: Path) -> None:
    ends = str(certificate["notAfter"])
    left_s = ssl.cert_time_to_seconds(ends) - time.time()
    if left_s <= 0:
        raise PlcError(f"plc.tls: the certificate in {path} has expired on {ends}; have a new one signed")
    if left_s < _SOON_S:
        _log.warning("plc.tls: the certificate in %s ends in %d days, on %s", path, left_s // 86_400, ends)


def _try_out(protocol: int, certificate: Path, key: Path) -> None:
    """Shake hands in memory with a peer that trusts just this certificate: is it valid now, and good for this role?"""
    as_server = protocol == ssl.PROTOCOL_TLS_SERVER
    own = ssl.SSLContext(protocol)
    own.check_hostname = False
    own.verify_mode = ssl.CERT_NONE
    peer = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if as_server else ssl.PROTOCOL_TLS_SERVER)
    peer.check_hostname = False
    peer.verify_mode = ssl.CERT_REQUIRED
    peer.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    peer.load_verify_locations(certificate)
    own.load_cert_chain(certificate, key)
    if not as_server:
        peer.load_cert_chain(certificate, key)
    to_peer, to_own = ssl.MemoryBIO(), ssl.MemoryBIO()
    own_end = own.wrap_bio(to_own, to_peer, server_side=as_server)
    peer_end = peer.wrap_bio(to_peer, to_own, server_side=not as_server)
    try:
        for _ in range(_ROUNDS):
            for end in (own_end, peer_end):
                with contextlib.suppress(ssl.SSLWantReadError):
                    end.do_handshake()
    except ssl.SSLCertVerificationError as fault:
        raise PlcError(
            f"plc.tls: the certificate in {certificate} is of no use as a {'server' if as_server else 'client'}'s: "
            f"{fault.verify_message}; have a new one signed, and check this machine's clock"
        ) from None
    _check_time(peer_end.getpeercert() or {}, certificate)
