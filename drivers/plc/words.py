"""Blocks of 16-bit registers described by their own dataclass fields: the field list is the schema.

A block class declares each field with `u16`, `u32`, `flag_word` or `inner_block`; encoding, decoding, range
checks and the symbol table all walk the same declarations. Must not know what any register means.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntFlag
from functools import cache
from typing import Any, Literal, Self

Kind = Literal["u16", "u32", "bits", "block"]
_KEY = "register"


@dataclass(frozen=True, slots=True)
class Register:
    """One row of a block: `symbol` as the PLC programmer sees it, `offset` and `words` in registers."""

    symbol: str
    offset: int
    words: int
    kind: Kind
    meaning: str
    value_type: type[Any]
    attribute: str = ""


def _row(symbol: str, offset: int, words: int, kind: Kind, meaning: str, value_type: type[Any]) -> dict[str, Register]:
    return {_KEY: Register(symbol, offset, words, kind, meaning, value_type)}


def u16(offset: int, symbol: str, meaning: str) -> int:
    """One register, 0..65535; zero at power-up."""
    return field(default=0, metadata=_row(symbol, offset, 1, "u16", meaning, int))


def u32(offset: int, symbol: str, meaning: str) -> int:
    """Two registers, high word first, 0..4294967295; zero at power-up."""
    return field(default=0, metadata=_row(symbol, offset, 2, "u32", meaning, int))


def flag_word(offset: int, symbol: str, meaning: str, flags: type[IntFlag]) -> dict[str, Register]:
    """Metadata of one register of named bits. Bits without a name are kept as they came."""
    return _row(symbol, offset, 1, "bits", meaning, flags)


def inner_block(offset: int, symbol: str, meaning: str, block: "type[Block]") -> dict[str, Register]:
    """Metadata of another block inside this one, starting at `offset`."""
    return _row(symbol, offset, size_words(block), "block", meaning, block)


@cache
def rows(block: "type[Block]") -> tuple[Register, ...]:
    """The declared registers of a block class, in the order of declaration, with their attribute names."""
    found: list[Register] = []
    for declared in fields(block):
        row: Register = declared.metadata[_KEY]
        found.append(Register(row.symbol, row.offset, row.words, row.kind, row.meaning, row.value_type, declared.name))
    return tuple(found)


@cache
def size_words(block: "type[Block]") -> int:
    """Number of registers from the block's first to its last, reserved ones in between included."""
    return max(row.offset + row.words for row in rows(block))


@dataclass(frozen=True, slots=True)
class Block:
    """Base of all register blocks: values that refuse what does not fit their registers."""

    def __post_init__(self) -> None:
        for row in rows(type(self)):
            value: Any = getattr(self, row.attribute)
            if row.kind == "block":
                if not isinstance(value, row.value_type):
                    raise ValueError(f"{type(self).__name__}.{row.attribute}: a {row.value_type.__name__} is needed")
            elif not 0 <= value < 1 << (16 * row.words):
                raise ValueError(f"{type(self).__name__}.{row.attribute}: {value} does not fit {16 * row.words} bits")

    def encode(self) -> tuple[int, ...]:
        """The block as register words; reserved registers are 0."""
        words = [0] * size_words(type(self))
        for row in rows(type(self)):
            value: Any = getattr(self, row.attribute)
            if row.kind == "block":
                words[row.offset : row.offset + row.words] = value.encode()
            elif row.kind == "u32":
                words[row.offset] = value >> 16
                words[row.offset + 1] = value & 0xFFFF
            else:
                words[row.offset] = int(value)
        return tuple(words)

    @classmethod
    def decode(cls, words: Sequence[int]) -> Self:
        """The block read from exactly `size_words(cls)` words; raises ValueError for another number."""
        if len(words) != size_words(cls):
            raise ValueError(f"{cls.__name__}: {size_words(cls)} registers are needed, {len(words)} came")
        values: dict[str, Any] = {}
        for row in rows(cls):
            if row.kind == "block":
                values[row.attribute] = row.value_type.decode(words[row.offset : row.offset + row.words])
            elif row.kind == "u32":
                values[row.attribute] = (words[row.offset] << 16) | words[row.offset + 1]
            else:
                values[row.attribute] = row.value_type(words[row.offset])
        return cls(**values)
