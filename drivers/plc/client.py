"""A Modbus TCP client that would rather raise than return a wrong value or write twice.

The functions of Modbus by name, each one request over a `supervised_link.py`. Must not know what registers and coils
mean.
"""

from drivers.plc.requests import (
    read_bits_request,
    read_request,
    read_write_request,
    write_bits_request,
    write_request,
)
from drivers.plc.supervised_link import SupervisedLink


class CarefulClient(SupervisedLink):
    """See SupervisedLink for how it is made, started and stopped. ValueError for what Modbus cannot carry."""

    async def read(self, address: int, count: int) -> tuple[int, ...]:
        """FC3: `count` (1..125) holding registers from `address`, in one request."""
        return tuple((await self.ask(read_request(self._unit_id, address, count))).registers)

    async def write(self, address: int, words: tuple[int, ...]) -> None:
        """FC16: 1..123 holding registers from `address`, in one request, sent at most once."""
        await self.ask(write_request(self._unit_id, address, words))

    async def read_inputs(self, address: int, count: int) -> tuple[int, ...]:
        """FC4: `count` (1..125) input registers from `address`, in one request."""
        return tuple((await self.ask(read_request(self._unit_id, address, count, function=4))).registers)

    async def read_coils(self, address: int, count: int) -> tuple[bool, ...]:
        """FC1: `count` (1..2000) coils from `address`, in one request."""
        return tuple((await self.ask(read_bits_request(self._unit_id, address, count))).bits[:count])

    async def read_discrete(self, address: int, count: int) -> tuple[bool, ...]:
        """FC2: `count` (1..2000) discrete inputs from `address`, in one request."""
        return tuple((await self.ask(read_bits_request(self._unit_id, address, count, function=2))).bits[:count])

    async def write_coils(self, address: int, bits: tuple[bool, ...]) -> None:
        """FC5 for one coil, FC15 for 2..1968, in one request, sent at most once."""
        await self.ask(write_bits_request(self._unit_id, address, bits))

    async def read_write(
        self, read_address: int, count: int, write_address: int, words: tuple[int, ...]
    ) -> tuple[int, ...]:
        """FC23: write 1..121 registers, then read `count`, in one request, sent at most once."""
        request = read_write_request(self._unit_id, read_address, count, write_address, words)
        return tuple((await self.ask(request)).registers)
