"""Wires between two programs that can really be unplugged: a veth pair into a network namespace, and a mute relay.

A `Wire` belongs to the namespace that its other end lies in, and goes with it whatever becomes of the tests. It needs
root, `ip`, `unshare` and `nsenter`; `no_wire` says what is missing. A `MuteRelay` works everywhere: it forwards TCP
until it is unplugged, and then holds what is sent, with both ends' connections open, as a network does that lost its
way.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

LIMIT_S = 10.0
FAR_END = "eth-far"
_FORWARD_BYTES = 65_536
_LOOK_S = 0.02
_numbers = itertools.count()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=LIMIT_S)


def _wait_until(what: str, is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not is_so():
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"{what}: not within {LIMIT_S:.0f} s")
        time.sleep(0.01)


def no_wire() -> str | None:
    """Why no wire can be laid here, or None where one can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "not root on Linux"
    if any(shutil.which(tool) is None for tool in ("ip", "unshare", "nsenter")):
        return "no `ip`, `unshare` or `nsenter`"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, timeout=LIMIT_S, check=False).returncode:
        return "no network namespaces here"
    return None


class Wire:
    """A veth pair: the host's end is `name`, the other end is `far_name` in the namespace of a program."""

    def __init__(self, far_name: str = FAR_END, *, mtu_bytes: int = 1500) -> None:
        number = next(_numbers)
        subnet = f"10.{200 + number % 50}.{os.getpid() % 250 + 1}"  # test runs on one machine do not share addresses
        self.name = f"ec{os.getpid()}n{number}"
        self.far_name, self._mtu_bytes = far_name, mtu_bytes
        self.host_address, self.far_address = f"{subnet}.1", f"{subnet}.2"

    def lay(self, pid: int) -> None:
        """Make it and put its other end where the program `pid` is."""
        here = Path("/proc/self/ns/net").readlink()
        _wait_until("a namespace of its own", lambda: Path(f"/proc/{pid}/ns/net").readlink() != here)
        _ip("link", "add", self.name, "type", "veth", "peer", "name", self.far_name, "netns", str(pid))
        _ip("addr", "add", f"{self.host_address}/24", "dev", self.name)
        _ip("link", "set", self.name, "mtu", str(self._mtu_bytes))
        self.plug()

    def plug(self) -> None:
        """Link up."""
        _ip("link", "set", self.name, "up")

    def unplug(self) -> None:
        """Link down."""
        _ip("link", "set", self.name, "down")

    def take_away(self) -> None:
        """Nothing of it is left. It may have gone with its other end."""
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self.name)
        _wait_until("the wire gone", lambda: not Path(f"/sys/class/net/{self.name}").exists())

    def far_end_up(self) -> str:
        """Shell words that wait for the other end, from within the namespace, and bring it up."""
        wait = f"n=0; until grep -q {self.far_name} /proc/self/net/dev || [ $n = 500 ]; do sleep .02; n=$((n+1)); done"
        return (
            f"{wait}; ip link set lo up; ip addr add {self.far_address}/24 dev {self.far_name} "
            f"&& ip link set {self.far_name} up"
        )


class FarSide:
    """A network namespace with nothing in it but the other end of a wire. `within`: words before a command there."""

    def __init__(self, pid: int, wire: Wire) -> None:
        self.wire = wire
        self.within = ("nsenter", f"--net=/proc/{pid}/ns/net", "--")
        self.host, self.port = wire.host_address, 0
        """`port` 0: the station's own."""

    def plug(self) -> None:
        """The cable is in."""
        self.wire.plug()

    def unplug(self) -> None:
        """The cable is out."""
        self.wire.unplug()


@contextmanager
def far_side() -> Iterator[FarSide]:
    """A namespace joined to this one by a wire that is plugged in."""
    wire = Wire()
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", f"{wire.far_end_up()} && echo ready && exec cat"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        try:
            wire.lay(holder.pid)
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n", "the far end did not come up"
            yield FarSide(holder.pid, wire)
        finally:
            holder.kill()
            holder.wait(LIMIT_S)
            wire.take_away()


class MuteRelay:
    """Forwards TCP from `port` to `target_port`, both on loopback. Its wire is in from the start."""

    within: tuple[str, ...] = ()
    host = "127.0.0.1"

    def __init__(self, target_port: int) -> None:
        self._target = (self.host, target_port)
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._plugged = threading.Event()
        self._plugged.set()
        self._ending = threading.Event()
        self._peer: dict[socket.socket, socket.socket] = {}
        self._thread = threading.Thread(target=self._forward, name="test: mute relay")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(LIMIT_S)

    def plug(self) -> None:
        """What was held is forwarded, then all the rest."""
        self._plugged.set()

    def unplug(self) -> None:
        """Nothing is forwarded, nobody is told; new connections are made and lead nowhere."""
        self._plugged.clear()

    def _forward(self) -> None:
        with selectors.DefaultSelector() as selector, contextlib.closing(self._listener):
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._ending.is_set():
                if not self._plugged.wait(_LOOK_S):
                    continue
                for key, _ in selector.select(_LOOK_S):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    if source is self._listener:
                        self._join(selector)
                    elif source in self._peer:
                        self._pass_on(selector, source)
            for end in list(self._peer):
                end.close()

    def _join(self, selector: selectors.BaseSelector) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(self._target, LIMIT_S)
        except OSError:  # nobody listens there: the one who came is turned away as by an absent program
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peer[one] = other
            selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, selector: selectors.BaseSelector, source: socket.socket) -> None:
        target = self._peer[source]
        try:
            data = source.recv(_FORWARD_BYTES)
            if data:
                target.sendall(data)
                return
        except OSError:
            pass
        for end in (source, target):
            del self._peer[end]
            selector.unregister(end)
            end.close()
