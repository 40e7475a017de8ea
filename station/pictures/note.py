"""What is known of a picture, carried inside its file: a JPEG comment, or a text chunk of a PNG.

So picture and note are written, copied and deleted as one, and any viewer still shows the file. Knows no pixels.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

JPEG_BEGIN, JPEG_END = b"\xff\xd8", b"\xff\xd9"
PNG_BEGIN: Final = b"\x89PNG\r\n\x1a\n"
PNG_END: Final = b"IEND\xaeB`\x82"
_JFIF: Final = b"\xff\xe0"
_COMMENT, _SCAN = 0xFE, 0xDA
_COMMENT_BYTES_MAX: Final = 65_000
_PNG_HEAD_BYTES: Final = 33  # signature and IHDR
_KEYWORD: Final = b"Comment\0\0\0\0\0"  # iTXt: keyword, not compressed, no language


class NoteError(ValueError):
    """The file is no whole picture of ours; one clause."""


def with_note(picture: bytes, note: Mapping[str, Any]) -> bytes:
    """An encoded picture with the note in it; its pixels stay what they are."""
    text = json.dumps(note, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    if picture.startswith(JPEG_BEGIN):
        parts = [text[at : at + _COMMENT_BYTES_MAX] for at in range(0, len(text), _COMMENT_BYTES_MAX)]
        comments = b"".join(struct.pack(">BBH", 0xFF, _COMMENT, len(part) + 2) + part for part in parts)
        head = 2 + (2 + int.from_bytes(picture[4:6], "big") if picture[2:4] == _JFIF else 0)  # JFIF's own comes first
        return picture[:head] + comments + picture[head:]
    data = b"iTXt" + _KEYWORD + text
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return picture[:_PNG_HEAD_BYTES] + chunk + picture[_PNG_HEAD_BYTES:]


def check_whole(content: bytes) -> None:
    """NoteError if the file is not a JPEG or PNG from its beginning to its end."""
    if not content:
        raise NoteError("it is empty")
    whole = (content.startswith(JPEG_BEGIN) and content.endswith(JPEG_END)) or (
        content.startswith(PNG_BEGIN) and content.endswith(PNG_END)
    )
    if not whole:
        raise NoteError(f"expected a whole JPEG or PNG, found {len(content)} bytes that are none")


def note_of(content: bytes) -> dict[str, Any]:
    """The note of a whole file; NoteError if it has none that can be read."""
    check_whole(content)
    found = b"".join(_comments(content)) if content.startswith(JPEG_BEGIN) else _text_chunk(content)
    try:
        note = json.loads(found)
    except ValueError:
        raise NoteError("it carries no note of what was seen") from None
    if not isinstance(note, dict):
        raise NoteError("it carries no note of what was seen")
    return note  # pyright: ignore[reportUnknownVariableType]  # JSON


def _comments(content: bytes) -> Iterator[bytes]:
    """The JPEG's comments, up to where its pixels begin."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != _SCAN:
        (length,) = struct.unpack_from(">H", content, at + 2)
        if content[at + 1] == _COMMENT:
            yield content[at + 4 : at + 2 + length]
        at += 2 + length


def _text_chunk(content: bytes) -> bytes:
    """The text of the PNG's chunk behind its head, if that is ours."""
    if len(content) < _PNG_HEAD_BYTES + 4:
        return b""
    (length,) = struct.unpack_from(">I", content, _PNG_HEAD_BYTES)
    data = content[_PNG_HEAD_BYTES + 4 : _PNG_HEAD_BYTES + 8 + length]
    return data[4 + len(_KEYWORD) :] if data.startswith(b"iTXt" + _KEYWORD) else b""
