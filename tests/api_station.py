"""A whole API over a temporary database of some hundred parts, served on a loopback port, with nobody behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from drivers.plc.shown import WireWatch
from drivers.plc.signals import LineSignals
from models.signature import Trust, read_public_key
from models.verify import load_trusted
from station.access.person import PERSON, Person
from station.access.roles import Role
from station.api.classifier import PictureClassifier
from station.api.devices import DeviceShown
from station.api.endpoint import Endpoint, add_endpoints
from station.api.known_models import KnownModel, KnownModels
from station.api.recipes import ChangeoverShown, RecipeShown
from station.api.refusal import api_errors, refused
from station.api.table import Sources, api_endpoints
from station.api.threads import ReadingThreads
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.pictures.previews import Previews
from station.records.audit_line import AuditLine
from station.records.fault_span import FaultSpan
from station.records.judgement import Judgement
from station.records.part_event import PartEvent
from station.records.patches import PatchSeen, packed
from station.records.queue_entry import QueueEntry
from station.records.record import PartRecord
from station.records.writer import RecordWriter
from tests.page_status import FakeStatus
from tests.unit.models_bundle import TINY_BUNDLE, TINY_IDENTITY, TINY_KEY, part_picture

LIMIT_S = 60.0
FIRST_UID = 1_800_000_000_000_000
DEFECTS = ("spot", "hole")


def png(image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", image)[1])


def a_record(number: int, **changes: Any) -> PartRecord:
    """Of ten parts one is a reject and one forced."""
    verdict = "reject" if number % 10 == 3 else "forced" if number % 10 == 7 else "pass"
    label = {"pass": "defect-free", "reject": "spot", "forced": None}[verdict]
    patches = [PatchSeen(40 + 64 * n, 48, int(label == "spot" and n == 1), label or "-", 0.9) for n in range(4)]
    inspected = verdict != "forced"
    picture = {
        "view": "mantle", "camera": "line", "frame_id": number, "problem": None if inspected else "no part",
        "defective": verdict == "reject", "label": label, "score": 0.9, "patch_index": 1 if inspected else None,
        **packed(patches if inspected else []),
    }  # fmt: skip
    values: dict[str, Any] = {
        "part_uid": FIRST_UID + number, "part_seq": number % 65535 + 1, "run_id": "run",
        "triggered_at": f"2026-03-01T{8 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "trigger_encoder": 1000 * number, "verdict": verdict,
        "reason": {"pass": "", "reject": "defect", "forced": "no part"}[verdict],
        "defect_class": None if label is None else int(label == "spot"), "label": label,
        "score": 0.9 if inspected else None, "patch_index": 1 if inspected else None, "latency_ms": 60.0 + number % 20,
        "exposure_to_verdict_ms": 40.0, "frame_id": number, "recipe": "tiny", "model_digest": "d" * 64,
        "simulated": True, "slack_ms": 90.0, "slack_counts": 300, "pictures": (picture,), "stage_us": {"engine": 900},
    }  # fmt: skip
    return PartRecord(**{**values, **changes})


def fill(database: Path, board: FaultBoard, parts: int) -> RecordWriter:
    """A started writer whose database holds the parts, some judged, and a little of everything else."""
    writer = RecordWriter(database, board, queue_size=4 * parts + 100)
    writer.start()
    for number in range(parts):
        record = a_record(number)
        queue = {"reject": "rejects", "forced": "forced"}.get(record.verdict)
        writer.put(record, () if queue is None else (QueueEntry(queue, "Somebody should look."),))  # type: ignore[arg-type]
    writer.put(a_record(7, late=True, verdict="pass", reason=""))
    writer.note(PartEvent(FIRST_UID + 3, 4, "2026-03-01T08:00:04.000Z", "reject confirmed", "In the chute."))
    writer.judge(Judgement(FIRST_UID + 3, "2026-03-01T09:00:00.000Z", "tom", "good", "Only dust."))
    writer.audit(AuditLine("2026-03-01T09:00:00.000Z", "tom", "technician", "127.0.0.1", "POST /api/review/3", "done"))
    writer.fault(FaultSpan("11", "E101", "line", "fault", "It was gone.", "2026-03-01T08:00:00.000Z",
                           "2026-03-01T08:00:02.500Z"))  # fmt: skip
    assert writer.flush(LIMIT_S)
    return writer


@dataclass
class Shelf:
    """Kept pictures by part and view; implements `station.api.pictures.PictureShelf`."""

    kept: dict[tuple[int, str], bytes] = field(default_factory=dict)

    def views(self, part_uid: int) -> Collection[str]:
        return [view for uid, view in self.kept if uid == part_uid]

    def picture(self, part_uid: int, view: str) -> tuple[bytes, str] | None:
        found = self.kept.get((part_uid, view))
        return None if found is None else (found, "image/png")

    preview = picture

    def activation_map(self, part_uid: int, view: str) -> bytes | None:
        return self.kept.get((part_uid, view))


@dataclass
class QuietWire:
    """A PLC interface over which nothing goes but what a test puts there."""

    watch: WireWatch = field(default_factory=WireWatch)

    def signals(self) -> LineSignals | None:
        return None


class OneDevice:
    """One camera and a disk."""

    def devices(self) -> list[DeviceShown]:
        return [
            DeviceShown(
                name="line", kind="camera", status="ok", text="It looks.", age_s=0.1, simulated=True,
                details={"width_px": 320},
            )
        ]  # fmt: skip

    def disk(self, free_gb: float | None, total_gb: float | None) -> DeviceShown:
        details = {"free_gb": free_gb, "total_gb": total_gb}
        return DeviceShown(
            name="records", kind="disk", status="ok", text="", age_s=None, simulated=False, details=details
        )


@dataclass
class TwoRecipes:
    """Two recipes, of which one is active; `asked` is what was commanded. 2 cannot take over while `why_not`."""

    asked: list[int] = field(default_factory=list)
    why_not: str | None = None

    def active_id(self) -> int | None:
        return 1

    def recipes(self) -> list[RecipeShown]:
        moving = ChangeoverShown(state="preparing", sentence="It is being proved.") if self.asked else None
        return [
            RecipeShown(id=number, name=f"recipe {number}", digest="e" * 64, views=[], changeover=moving)
            for number in (1, 2)
        ]

    def activate(self, recipe_id: int, who: str) -> str | None:
        if self.why_not is None:
            self.asked.append(recipe_id)
        return self.why_not


class TinyModels:
    """The tiny bundles: `mantle` is inspected by one, the identity bundle and one that is broken are known, too."""

    def __init__(self) -> None:
        trust = Trust((read_public_key(TINY_KEY),))
        self._known: list[KnownModel] = []
        for path, use in ((TINY_BUNDLE, "active"), (TINY_BUNDLE, "candidate"), (TINY_IDENTITY, "recipe")):
            bundle = load_trusted(path, trust).bundle
            spec = bundle.spec
            self._known.append(
                KnownModel(
                    path.name, path, use, None, spec.product, spec.version, bundle.digest, spec.kind, "tiny",  # type: ignore[arg-type]
                    spec.labels, spec.metrics,
                )
            )  # fmt: skip
        self._known.append(KnownModel("broken", Path("/nowhere"), "candidate", problem="There is nothing there."))

    async def now(self) -> KnownModels:
        return KnownModels(tuple(self._known), {"mantle": self._known[0]}, {"mantle": 0.0})


@dataclass
class Api:
    """What a test looks at and speaks to."""

    url: str
    session: aiohttp.ClientSession
    sources: Sources
    endpoints: list[Endpoint]
    board: FaultBoard
    shelf: Shelf
    wire: QuietWire
    recipes: TwoRecipes
    status: FakeStatus
    writer: RecordWriter
    previews: Previews

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and JSON (or bytes, where it is none)."""
        async with self.session.request(method, path, **more) as answer:
            body = await answer.read()
            return answer.status, await answer.json() if answer.content_type == "application/json" else body


@web.middleware
async def everybody_is_tom(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Where a gatekeeper would be: one engineer."""
    request[PERSON] = Person("tom", Role.ENGINEER, "127.0.0.1")
    return await handler(request)


@web.middleware
async def commands_bear_a_token(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As the gatekeeper would have it, but any token will do."""
    if request.method != "GET" and not request.headers.get("X-CSRF-Token"):
        return refused(403, "The token is missing.")
    return await handler(request)


@asynccontextmanager
async def an_api(
    folder: Path, parts: int = 50, middlewares: Sequence[Middleware] = (), **changes: Any
) -> AsyncIterator[Api]:
    board = FaultBoard()
    board.raise_(FaultCode.CAMERA_DOWN, about="line", camera="line", reason="It is gone.")
    database = folder / "parts.sqlite"
    writer = fill(database, board, parts)
    reads = ReadingThreads(database)
    classifier = changes.pop("classifier", None) or PictureClassifier()
    shelf, wire, recipes, status = Shelf(), QuietWire(), TwoRecipes(), FakeStatus()
    previews = Previews()
    shelf.kept[FIRST_UID + 3, "mantle"] = png(part_picture(spot=True))
    values: dict[str, Any] = {
        "version": "1", "cookie": "session", "database": database, "pictures": folder / "pictures",
        "reads": reads, "status": status, "ready": lambda: True, "shelf": shelf, "previews": previews,
        "cameras": lambda: ("line",), "records": writer, "board": board, "role": "server", "wire": wire,
        "devices": OneDevice(), "recipes": recipes, "models": TinyModels(), "classifier": classifier,
        "labels": lambda: DEFECTS, "sets": lambda: {"mantle": "tiny"},
    }  # fmt: skip
    sources = Sources(**{**values, **changes})
    endpoints = api_endpoints(sources)
    application = web.Application(middlewares=[api_errors, everybody_is_tom, *middlewares])
    add_endpoints(application, endpoints)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0, lingering_time=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=LIMIT_S)) as session:
            yield Api(url, session, sources, endpoints, board, shelf, wire, recipes, status, writer, previews)
    finally:
        await runner.cleanup()
        await classifier.stop()
        reads.close()
        writer.stop()
