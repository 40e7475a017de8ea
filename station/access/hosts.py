"""Whether a request is meant for this station and comes from its own page: Host, Origin, and where its sender is.

Pure, over header values. The check of Host stops DNS rebinding: a foreign page whose own name is made to point at this
machine's loopback address still names itself there. With TLS the certificate does the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_OF_BROWSERS = ("Cookie", "Origin", "Sec-Fetch-Site")


def is_loopback(host: str) -> bool:
    """Does this address, or name, never leave the machine? A name other than localhost is not known to stay."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_for(configured: str, header: str | None) -> bool:
    """On loopback: may a request with this Host header be answered?"""
    name = _name(header)
    return name is not None and (is_loopback(name) or name.lower() == configured.lower())


def is_own_origin(origin: str | None, header: str | None) -> bool:
    """Does the page that sent this come from the address that it was sent to? No Origin: it was no browser's page."""
    if origin is None:
        return True
    if header is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() == header.lower() != ""
    except ValueError:
        return False


def is_program_here(peer: str | None, own: str | None, headers: Mapping[str, str]) -> bool:
    """Is it a program of this machine: nothing that a browser sends, nothing that a proxy handed on?

    Its address `peer` is loopback, or `own`: that at which this machine was asked.
    """
    if peer is None or not (is_loopback(peer) or peer == own):
        return False
    return not any(name in headers for name in (*_FORWARDED, *_OF_BROWSERS))


def _name(header: str | None) -> str | None:
    """The host of "host:port"; None where there is none."""
    try:
        return urlsplit(f"//{header}").hostname if header else None
    except ValueError:
        return None
