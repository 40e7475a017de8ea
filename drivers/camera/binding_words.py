"""What the GenICam binding's exceptions say, in as few words as a technician needs. It must not know cameras."""

from __future__ import annotations

import re

_FROM_THE_SOURCE = re.compile(r"\(Message from the source: (.*?)\)")


def first_line(error: Exception) -> str:
    """What the producer itself said, where the binding passes it on; else the first line, or the exception's name."""
    words = str(error)
    said = _FROM_THE_SOURCE.search(words)
    if said and said.group(1).strip():
        return said.group(1).strip()
    return (words.splitlines() or [type(error).__name__])[0].rstrip(".")
