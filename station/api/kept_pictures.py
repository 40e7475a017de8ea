"""A kept picture with what the line said of it, for whoever wants to compare. Must not know what is compared."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection
from typing import Any, Literal

from station.api.pictures import PictureShelf
from station.api.threads import ReadingThreads, missing
from station.records.review_queries import applied_record


class KeptForCandidates:
    """Implements `station.api.classify.KeptPictures`."""

    def __init__(self, reads: ReadingThreads, shelf: PictureShelf) -> None:
        self._reads, self._shelf = reads, shelf

    async def picture(self, part_uid: int, view: str) -> tuple[bytes, str]:
        """See KeptPictures."""
        found = await self._reads.disk(lambda: self._shelf.picture(part_uid, view))
        if found is None:
            raise missing(f"picture of part {part_uid}, view {view!r}: not kept, or not kept any more")
        return found

    async def verdict(self, part_uid: int, view: str) -> Literal["pass", "reject", "forced"]:
        """See KeptPictures."""

        def find(connection: Connection) -> Literal["pass", "reject", "forced"]:
            record = applied_record(connection, part_uid)
            if record is None:
                raise missing(f"part {part_uid} in the records")
            nothing: Mapping[str, Any] = {}
            picture = next((one for one in record.pictures if one.get("view") == view), nothing)
            if picture.get("problem", "not inspected") is not None:
                return "forced"
            return "reject" if picture.get("defective", picture.get("label") != "defect-free") else "pass"

        return await self._reads.database(find)
