"""Who may connect: addresses and networks, IPv4 and IPv6. Pure; must not know sockets or what a peer may do then."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from drivers.plc.errors import PlcError


class AllowedPeers:
    """A peer is allowed if its address lies in one of `networks` ("192.168.0.10", "10.1.0.0/16", "fd00::/8").

    Raises PlcError with one sentence for what is neither an address nor a network.
    """

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(_network(text) for text in networks)

    def allows(self, address: str) -> bool:
        """True for a peer of the list; an IPv4 address that came through an IPv6 socket counts as IPv4."""
        peer = plain_address(address)
        return peer is not None and any(peer in network for network in self._networks)


def plain_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address without its interface (fe80::1%eth0) and not mapped into IPv6; None: it is no address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_wildcard(host: str) -> bool:
    """True if a server that binds `host` listens on every network card (0.0.0.0, ::, and their short forms)."""
    address = plain_address(host)
    if address is None:
        try:
            address = IPv4Address(socket.inet_aton(host))  # "0" and "0x0" are 0.0.0.0 for the operating system
        except OSError:
            return False
    return address.is_unspecified


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as fault:
        raise PlcError(
            f"allowed_peers: {text!r} is neither an address nor a network ({fault}); write for example "
            "192.168.0.10 or 192.168.0.0/24"
        ) from None
