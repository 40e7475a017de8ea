"""A line-scan camera of our own on GigE Vision: encoder counts in chunks, packets left out to order, and sent again.

libaravis' fake camera has none of these. `python -m tests.gige_line_peer ADDRESS SERIAL WIDTH HEIGHT`, as
`tests.gige_peer` in a network namespace of its own. Orders: `drop PACKET` leaves that packet out of every frame (0 is
the leader, -1 none); `resend 1|0` says whether a packet that is asked for again is sent. GVCP and GVSP as in GigE
Vision 1.2, with numbers of 16 bits.
"""

from __future__ import annotations

import ctypes
import select
import signal
import socket
import struct
import sys
import time

import numpy as np

from tests import gige_line_description as registers
from tests.gige_peer import bring_up_wire, picture

GVCP_PORT = 3956
FRAMES_S = 20.0
COUNTS_PER_LINE = 4
FIRST_NUMBER, LAST_NUMBER = 65_450, 0xFFFF  # soon at the end of 16 bits, where 1 follows
_IMAGE_WITH_CHUNKS, _IMAGE = 0x4001, 1
_LEADER, _TRAILER, _DATA = 1, 2, 3
_OVERHEAD_BYTES = 36
_FRAMES_KEPT = 8
_STREAM_PORT, _PACKET_SIZE, _STREAM_ADDRESS, _CONTROL = 0xD00, 0xD04, 0xD18, 0xA00
_FIRE_TEST = 1 << 31
_PR_SET_PDEATHSIG = 1


class LineCamera:
    """The camera: its memory, its control socket, and the frames that it sends while it acquires."""

    def __init__(self, address: str, serial: str, width_px: int, height_px: int) -> None:
        self._memory = bytearray(0x20000)
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._control.bind(("", GVCP_PORT))
        self._data = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._data.bind((address, 0))
        self._number = FIRST_NUMBER
        self._sent: dict[int, list[bytes]] = {}
        self._due_s = 0.0
        self.drop = -1
        self.resend = True
        self._power_up(address, serial, width_px, height_px)

    def _power_up(self, address: str, serial: str, width_px: int, height_px: int) -> None:
        xml = registers.description()
        self._memory[registers.XML_ADDRESS : registers.XML_ADDRESS + len(xml)] = xml
        for place, value in (
            (0x0, 0x00010002),
            (0x4, 1 << 31),  # the high byte first
            (0x24, int.from_bytes(socket.inet_aton(address), "big")),
            (0x904, 1),
            (0x934, 0b111),  # concatenation, writing memory, sending packets again
            (0x938, 3000),
            (0x940, 1_000_000_000),
            (_PACKET_SIZE, 1500),
            (registers.SCAN_TYPE, 1),
            (registers.WIDTH, width_px),
            (registers.HEIGHT, height_px),
            (registers.PIXEL_FORMAT, registers.MONO8),
        ):
            self._write(place, value)
        url = f"Local:line.xml;{registers.XML_ADDRESS:X};{len(xml):X}"
        for place, text in ((0x48, "Tests"), (0x68, "Line"), (0x88, "1.0"), (0xD8, serial), (0x200, url)):
            self._memory[place : place + len(text)] = text.encode()

    def _read(self, place: int) -> int:
        return int.from_bytes(self._memory[place : place + 4], "big")

    def _write(self, place: int, value: int) -> None:
        self._memory[place : place + 4] = value.to_bytes(4, "big")
        chunks = self._read(registers.CHUNK_MODE) and self._read(registers.CHUNK_ENABLE)
        height, width = self._read(registers.HEIGHT), self._read(registers.WIDTH)
        payload = height * width + (2 * registers.TAG.size + 4 * height if chunks else 0)
        self._memory[registers.PAYLOAD_SIZE : registers.PAYLOAD_SIZE + 4] = payload.to_bytes(4, "big")
        if place == _PACKET_SIZE and value & _FIRE_TEST:
            self._memory[place : place + 4] = (value & 0xFFFF).to_bytes(4, "big")
            self._send(b"\0" * ((value & 0xFFFF) - 28))
        if place == registers.ACQUISITION and value:
            self._due_s = time.monotonic()

    def _send(self, packet: bytes) -> None:
        host = socket.inet_ntoa(self._memory[_STREAM_ADDRESS : _STREAM_ADDRESS + 4])
        port = self._read(_STREAM_PORT) & 0xFFFF
        if port:
            self._data.sendto(packet, (host, port))

    def _answer(self) -> None:
        request, asker = self._control.recvfrom(2048)
        _, flags, command, length, number = struct.unpack(">BBHHH", request[:8])
        body = request[8 : 8 + length]
        reply: bytes | None = None
        if command == 0x02:
            reply = bytes(self._memory[:0xF8])
        elif command == 0x40:
            self._send_again(body)
        elif command == 0x80:
            reply = b"".join(bytes(self._memory[a : a + 4]) for (a,) in struct.iter_unpack(">I", body))
        elif command == 0x82:
            for place, value in struct.iter_unpack(">II", body):
                self._write(place, value)
            reply = struct.pack(">I", len(body) // 8)
        elif command == 0x84:
            place, count = struct.unpack(">IxxH", body)
            reply = body[:4] + bytes(self._memory[place : place + count])
        elif command == 0x86:
            (place,) = struct.unpack(">I", body[:4])
            self._memory[place : place + len(body) - 4] = body[4:]
            reply = struct.pack(">I", len(body) - 4)
        if reply is not None and flags & 1:
            self._control.sendto(struct.pack(">HHHH", 0, command + 1, len(reply), number) + reply, asker)

    def _send_again(self, body: bytes) -> None:
        _, block, first, last = struct.unpack(">HHII", body[:12])
        packets = self._sent.get(block, [])
        for packet in packets[first & 0xFFFFFF : (last & 0xFFFFFF) + 1] if self.resend else ():
            self._send(packet)

    def _frame(self) -> None:
        height, width = self._read(registers.HEIGHT), self._read(registers.WIDTH)
        payload = picture(self._number, height, width).tobytes()
        kind = _IMAGE
        if self._read(registers.CHUNK_MODE) and self._read(registers.CHUNK_ENABLE):
            kind = _IMAGE_WITH_CHUNKS
            lines = np.arange(self._number * height, (self._number + 1) * height) * COUNTS_PER_LINE
            counts = lines.astype(">u4").tobytes()
            payload += registers.TAG.pack(registers.IMAGE_CHUNK, len(payload)) + counts
            payload += registers.TAG.pack(registers.ENCODER_CHUNK, len(counts))
        leader = struct.pack(">HHQIIIIIHH", 0, kind, time.monotonic_ns(), registers.MONO8, width, height, 0, 0, 0, 0)
        step = (self._read(_PACKET_SIZE) & 0xFFFF) - _OVERHEAD_BYTES
        data = [payload[at : at + step] for at in range(0, len(payload), step)]
        trailer = struct.pack(">HHI", 0, kind, height)
        contents = [(_LEADER, leader), *((_DATA, part) for part in data), (_TRAILER, trailer)]
        block = self._number
        packets = [struct.pack(">HHI", 0, block, what << 24 | n) + rest for n, (what, rest) in enumerate(contents)]
        self._sent[block] = packets
        if len(self._sent) > _FRAMES_KEPT:
            del self._sent[next(iter(self._sent))]
        for n, packet in enumerate(packets):
            if n != self.drop:
                self._send(packet)
        self._number = self._number % LAST_NUMBER + 1

    def serve(self) -> None:
        """Until told to end."""
        while True:
            acquiring = self._read(registers.ACQUISITION) != 0 and self._read(_CONTROL) != 0
            wait_s = max(0.0, self._due_s - time.monotonic()) if acquiring else 1.0
            ready, _, _ = select.select([self._control, sys.stdin], [], [], wait_s)
            if self._control in ready:
                self._answer()
            elif sys.stdin in ready:
                order, *values = sys.stdin.readline().split() or ["end"]
                if order == "end":
                    return
                setattr(self, order, int(values[0]))
                print("done", flush=True)
            elif acquiring:
                self._frame()
                self._due_s = max(self._due_s + 1 / FRAMES_S, time.monotonic())


def main(address: str, serial: str, width_px: int, height_px: int) -> int:
    """Serve until told to end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    bring_up_wire(address)
    camera = LineCamera(address, serial, width_px, height_px)
    print("ready", flush=True)
    camera.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
