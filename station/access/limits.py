"""How often a password may be tried: by address and by user, each failure making the next wait longer.

Pure over time: the caller says what time it is. Memory is bounded. Must not know requests or passwords.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

FREE_TRIES = 4
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
LONGEST_WAIT_OF_USER_S = 30.0
"""Short, since whoever knows a name can keep its owner waiting."""
FORGOTTEN_AFTER_S = 900.0
MOST_KEPT = 1024


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last_s: float
    next_s: float


class Backoff:
    """Tries by key: `free` of them at once, then a wait that doubles up to `longest_s`; forgotten after 15 minutes."""

    def __init__(self, longest_s: float, *, free: int = FREE_TRIES, most: int = MOST_KEPT) -> None:
        self._longest_s, self._free, self._most = longest_s, free, most
        self._kept: dict[str, _Tries] = {}  # longest untouched first

    def __len__(self) -> int:
        return len(self._kept)

    def wait_s(self, key: str, now_s: float) -> float:
        """How long until the next try is allowed; 0: now."""
        tries = self._kept.get(key)
        if tries is None or now_s - tries.last_s > FORGOTTEN_AFTER_S:
            return 0.0
        return max(0.0, tries.next_s - now_s)

    def count(self, key: str, now_s: float) -> None:
        """One try more."""
        earlier = self._kept.pop(key, None)
        if earlier is not None and now_s - earlier.last_s > FORGOTTEN_AFTER_S:
            earlier = None
        count = 1 if earlier is None else earlier.count + 1
        beyond = min(count - self._free, 32)
        wait_s = 0.0 if beyond < 0 else min(FIRST_WAIT_S * 2.0**beyond, self._longest_s)
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = _Tries(count, now_s, now_s + wait_s)

    def forget(self, key: str) -> None:
        """It was right."""
        self._kept.pop(key, None)


class LoginLimit:
    """By address and by user together. A try counts when it begins, so that many at once are no way round it."""

    def __init__(self) -> None:
        self._addresses, self._users = Backoff(LONGEST_WAIT_S), Backoff(LONGEST_WAIT_OF_USER_S)

    def begin(self, address: str, user: str, now_s: float) -> float:
        """0.0: try now, and it counts. Else the seconds to wait, and it does not count."""
        where = _network(address)
        wait_s = max(self._addresses.wait_s(where, now_s), self._users.wait_s(user, now_s))
        if wait_s == 0.0:
            self._addresses.count(where, now_s)
            self._users.count(user, now_s)
        return wait_s

    def succeeded(self, address: str, user: str) -> None:
        """The password was right: both begin anew."""
        self._addresses.forget(_network(address))
        self._users.forget(user)


def _network(address: str) -> str:
    """An IPv6 host owns a whole /64, and may come from anywhere in it."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
