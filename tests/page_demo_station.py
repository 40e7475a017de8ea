"""A station that only pretends, behind the pretended API: parts, records, review, faults, devices, recipes.

Deterministic but for the clock. Everything that grows is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

from station.faults import CATALOGUE
from station.page.snapshot import FaultRow
from tests.page_demo_failsafe import DemoFailsafe
from tests.page_pictures import SOUND, patch_index_of, patches_of
from tests.page_status import CLASSES, DEADLINE_MS, FakeStatus

ROLES = {"anna": "technician", "erik": "engineer"}
KEPT = 400
WHY = {
    "forced": ("forced", "Rejected without a vote: deadline."),
    "rejects": ("reject", "Rejected for pits with a score of 0.83."),
    "borderline": ("pass", "View mantle: pits with a score of 0.270; it rejects from 0.310 on."),
    "unusual": ("pass", "View mantle: grey level 88.1, usually 112; that is 7.2 standard deviations away."),
}
ROW = ("part_uid", "part_seq", "triggered_at", "verdict", "reason", "label", "score", "latency_ms", "slack_ms", "slack_counts")  # fmt: skip  # noqa: E501
_UNSEEN = "deadline"
BITS = {
    "control": "Enable Trigger ResultsAck ClearError RecipeRequest SelfTest SetOffline ExposureAck",
    "status": "Online TriggerReady TriggerAck Acquiring ExposureComplete Busy ResultsValid BufferOverrun MissedTrigger "
    "RecipeAck RecipeError Warning Error Simulated SelfTestRunning ForcingRejects",
}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class DemoStation:
    """What the tests turn: `status` (headline, faults, simulated), and the lists below it."""

    def __init__(self, parts: int = 70) -> None:
        self.status = FakeStatus()
        self.status.simulated = ["camera", "PLC"]
        self.failsafe = DemoFailsafe()
        self.lives: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self.judgements: dict[int, list[dict[str, Any]]] = {}
        self.acknowledged: dict[str, tuple[str, str]] = {}
        self.active_recipe, self.changing = 1, 0
        for n in range(parts):
            self.one_part(datetime.now(UTC) - timedelta(seconds=(parts - n) * 0.25))

    def snapshot(self) -> dict[str, Any]:
        return dict(self.status.snapshot())

    def one_part(self, at: datetime | None = None) -> dict[str, Any]:
        state = self.status.state
        self.status.run(1)
        if state["name"] == "FAULT":
            self.status.state = state
        part: dict[str, Any] = {**self.status.snapshot()["parts"][-1]}
        slack_ms = round(DEADLINE_MS - float(part["latency_ms"]), 1)
        self.lives[part["part_uid"]] = self._life(part, at or datetime.now(UTC), slack_ms)
        if len(self.lives) > KEPT:
            self.lives.popitem(last=False)
        return part

    def _life(self, part: dict[str, Any], at: datetime, slack_ms: float) -> dict[str, Any]:
        uid, seq = int(part["part_uid"]), int(part["part_seq"])
        label, unseen = part["label"] or SOUND, part["reason"] == _UNSEEN
        picture: dict[str, Any] = {"view": "mantle", "camera": "line-1"}
        if not unseen:
            picture |= {
                "frame_id": seq, "encoder": 70_000 + seq * 400, "lines_valid": 512, "lines": 512,
                "ready_ms": 41.3, "patch_px": [256, 256],
                "problem": part["reason"] if part["verdict"] == "forced" else None, "label": part["label"],
                "score": part["score"], "patch_index": patch_index_of(uid) if label != SOUND else None,
                "sharpness": 14.2, "patches": patches_of(uid, label, part["score"] or 0.0) if part["label"] else [],
            }  # fmt: skip
        gone = at + timedelta(milliseconds=1840)
        events = [{"at": iso(gone), "kind": "gate", "detail": "seen at the gate"}]
        if part["verdict"] != "pass":
            detail = "seen in the reject chute"
            events.append({"at": iso(gone + timedelta(milliseconds=310)), "kind": "confirmed", "detail": detail})
        record = {
            **part, "run_id": "run", "triggered_at": iso(at), "trigger_encoder": 70_000 + seq * 400 - 120,
            "view": "mantle", "patch_index": picture.get("patch_index"), "recipe": "mantle-40", "simulated": True,
            "model_digest": "9f3a61c2aa41e07b3d55", "stage_us": {} if unseen else {
                "wait": 810, "copy": 1450, "crop_resize": 1620, "patch_quantise": 90, "engine": 31_200, "vote": 40,
                "hand_off": 380}, "deadline_ms": DEADLINE_MS, "slack_ms": slack_ms, "slack_counts": None,
            "handed_off_ms": round(float(part["latency_ms"]) + 0.4, 1), "gate_encoder": 71_450 + seq * 400,
            "pictures": [picture], "partId": str(uid), "isSimulated": True, "isPartial": unseen, "productId": "mantle",
            "recipeId": {"id": 1, "hash": "c07d"},
        }  # fmt: skip
        late = {"latency_ms": 262.0, "label": "pits", "reason": "defect"} if unseen else None
        return {"part": record, "events": events, "late": late, "views": [{"view": "mantle", "picture": not unseen}]}

    def life(self, uid: int) -> dict[str, Any] | None:
        life = self.lives.get(uid)
        return life and {**life, "judgements": self.judgements.get(uid, []), "labels": [SOUND, *CLASSES]}

    def picture(self, uid: int, view: str) -> tuple[int, str] | None:
        life = self.lives.get(uid)
        if life is None or view != "mantle" or not life["views"][0]["picture"]:
            return None
        return uid % 32, life["part"]["label"] or SOUND

    def page_of(self, query: dict[str, str]) -> dict[str, Any]:
        before, limit = int(query.get("before") or 2**60), int(query.get("limit") or 50)
        rows = [self._row(uid) for uid in reversed(self.lives) if uid < before]
        for name in ("verdict", "reason", "label", "part_seq"):
            rows = [row for row in rows if not query.get(name) or str(row[name]) == query[name]]
        more = len(rows) > limit
        return {"parts": rows[:limit], "next": rows[limit - 1]["part_uid"] if more else None}

    def _row(self, uid: int) -> dict[str, Any]:
        part = self.lives[uid]["part"]
        judged = self.judgements.get(uid) or [None]
        return {name: part[name] for name in ROW} | {
            "late": self.lives[uid]["late"] is not None, "views": self.lives[uid]["views"], "judgement": judged[-1],
        }  # fmt: skip

    def candidate(self, uid: int, bundle: str) -> dict[str, Any] | None:
        if self.picture(uid, "mantle") is None:
            return None
        label = self.lives[uid]["part"]["label"] or SOUND
        said = SOUND if label == "pits" else label
        patches = [
            {"y_px": one["y_px"], "x_px": one["x_px"], "height_px": 256, "width_px": 256,
             "scores": {SOUND: 0.2, one["label"]: one["score"]} if said != SOUND else {SOUND: 0.9, "pits": 0.1}}
            for one in patches_of(uid, label, 0.71)
        ]  # fmt: skip
        return {"bundle": bundle, "label": said, "score": 0.71, "problem": None, "defective": said != SOUND,
                "patches": patches, "verdict_differs": said != label}  # fmt: skip

    def hours(self) -> list[dict[str, Any]]:
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return [
            {"hour": iso(now - timedelta(hours=23 - n)), "passed": 0 if n in (3, 4) else 31_000 + n * 400 - n * n * 19,
             "rejected": 0 if n in (3, 4) else 900 + (n * 37) % 400, "forced": 0 if n in (3, 4) else (n * 13) % 60}
            for n in range(24)
        ]  # fmt: skip

    def _queued(self, queue: str, state: str) -> list[dict[str, Any]]:
        wanted, why = WHY[queue]
        rows = [self._row(uid) for uid in list(self.lives)[:60]]
        rows = [row for row in rows if row["verdict"] == wanted and (queue != "unusual" or row["part_uid"] % 9 == 0)]
        return [{**row, "queue": queue, "why": why} for row in rows if bool(row["judgement"]) == (state == "done")]

    def review(self, queue: str, state: str) -> dict[str, Any]:
        labels = [SOUND, *CLASSES]
        counts = {name: len(self._queued(name, "open")) for name in WHY}
        return {"items": self._queued(queue, state), "open": counts, "next": None, "labels": labels}

    def judge(self, uid: int, judgement: str, user: str) -> dict[str, Any]:
        if uid not in self.lives:
            raise ValueError(f"Part {uid} is not in the records.")
        said = {"part_uid": uid, "at": iso(datetime.now(UTC)), "user": user, "judgement": judgement, "comment": "",
                "undone": False}  # fmt: skip
        self.judgements.setdefault(uid, []).append(said)
        return said

    def take_back(self, uid: int) -> dict[str, Any]:
        if not self.judgements.get(uid):
            raise ValueError("There is no judgement of yours to take back.")
        return self.judgements[uid].pop()

    def all_faults(self) -> dict[str, Any]:
        now = datetime.now(UTC)
        active: list[dict[str, Any]] = []
        for n, fault in enumerate(self.status.faults):
            user, at = self.acknowledged.get(str(n), (None, None))
            began = iso(now - timedelta(seconds=fault["since_s"]))
            active.append(
                {**fault, "about": "", "id": str(n), "began_at": began, "acknowledged_by": user, "acknowledged_at": at}
            )
        ended = [{
            "id": "e1", "code": "E103", "severity": "warning", "count": 3, "acknowledged_by": "anna",
            "about": "", "sentence": "Frame 8812 of camera line-1 was lost (ring full). Its part is rejected.",
            "began_at": iso(now - timedelta(hours=5)), "ended_at": iso(now - timedelta(hours=5, seconds=-40)),
        }]  # fmt: skip
        kinds = [
            {"code": kind.code.value, "severity": kind.severity, "sentence": kind.words.sentence,
             "cause": kind.words.cause, "action": kind.words.action, "look": kind.look}
            for kind in CATALOGUE.values()
        ]  # fmt: skip
        return {"active": active, "ended": ended, "catalogue": kinds}

    def fail(self, code: str, severity: str, sentence: str, action: str, since_s: float = 42.0) -> None:
        row = FaultRow(code=code, severity=severity, sentence=sentence, action=action, since_s=since_s, count=1)  # type: ignore[typeddict-item]
        self.status.faults.append(row)

    def acknowledge(self, fault_id: str, user: str) -> dict[str, Any]:
        self.acknowledged[fault_id] = (user, iso(datetime.now(UTC)))
        return {}

    def io(self) -> dict[str, Any]:
        seq, now = self.status.ledger["triggers"], datetime.now(UTC)
        on = {"Enable", "Online", "TriggerReady", "Simulated", "Busy" if seq % 2 else "ResultsValid"}
        edges = ["Trigger 1", "TriggerAck 1", "Trigger 0", "ResultsValid 1", "ResultsAck 1", "result taken"]
        return {
            "role": "server",
            "registers": [
                {"name": "PartSeq", "address": 1, "value": seq, "text": "number of the part being triggered"},
                {"name": "EncoderNow", "address": 6, "value": 70_000 + seq * 400, "text": "encoder counts now"},
                {"name": "State", "address": 101, "value": 7, "text": "Executing"},
                {"name": "Verdict", "address": 111, "value": 0x5A5A, "text": "0x5A5A = PASS"},
                {"name": "ModelDigest", "address": 106, "value": 2671403458, "text": "9f3a61c2"},
            ],
            "bits": [{"name": name, "block": block, "value": name in on}
                     for block, names in BITS.items() for name in names.split()],
            "heartbeats": {"plc": {"value": seq * 3, "age_s": 0.08}, "station": {"value": seq * 3 + 7, "age_s": 0.05}},
            "timeline": [{"at": iso(now - timedelta(milliseconds=41 * n)), "what": edges[-1 - n % 6],
                          "part_seq": seq - n // 6} for n in range(100)],
        }  # fmt: skip

    def devices(self) -> list[dict[str, Any]]:
        row = [
            ("line-1", "camera", "ok", "simcam 5472×3648, 12.1 frames/s", 0.1, {
                "serial": "SIM-01", "exposure_us": 42.5, "gain_db": 0.0, "frames": 120_418, "temperature_c": 41.2}),
            ("shaft", "encoder", "ok", "counts up, 412 mm/s", 0.0, {"counts_per_mm": 10.0, "reversals": 0}),
            ("ring", "lamp", "ok", "strobe with the trigger", 0.1, {"current_a": 1.25}),
            ("127.0.0.1", "plc", "ok", "connected from 127.0.0.1", 0.0, {"requests": 98_200, "malformed": 0}),
            ("litert", "engine", "ok", "2 of 2 workers, litert", 0.2, {"p50_ms": 31.2, "restarts": 0}),
            ("records", "disk", "warning", "pictures of good parts are not kept: 1.8 GB free", 0.5, {"free_gb": 1.8}),
        ]  # fmt: skip
        return [
            {"name": name, "kind": kind, "status": status, "text": text, "age_s": age_s, "details": details,
             "simulated": kind in ("camera", "plc", "encoder")}
            for name, kind, status, text, age_s, details in row
        ]  # fmt: skip

    def recipes(self) -> dict[str, Any]:
        if self.changing:
            self.changing -= 1
            if not self.changing:
                self.active_recipe = 2
        sentence = "Recipe 2 mantle-60 is being prepared: its models are tried on their golden set."
        names = {1: "mantle-40", 2: "mantle-60"}
        view = {"view": "mantle", "camera": "line-1", "bundle": "mantle", "bundle_digest": "9f3a61c2aa41e07b3d55"}
        changeover = {"state": "preparing", "sentence": sentence}
        recipes = [
            {
                "id": n,
                "name": name,
                "digest": f"{n}c07d9aa0b1f2e3",
                "views": [view],
                "changeover": changeover if self.changing and n == 2 else None,
            }
            for n, name in names.items()
        ]
        model = {"product": "mantle", "signed_by": "quality", "kind": "patches", "problem": None, "use": "active"}
        return {
            "active": next(recipe for recipe in recipes if recipe["id"] == self.active_recipe),
            "recipes": recipes,
            "models": [
                {**model, "name": "mantle", "version": "3-seed1", "digest": "9f3a61c2aa41e07b3d55",
                 "metrics": {"test_parts_int8": {"recall": 0.9941, "overkill": 0.0062}}},
                {**model, "name": "mantle-next", "version": "4-seed2", "digest": "04bb17e6aa41e07b3d55",
                 "signed_by": None, "use": "candidate",
                 "metrics": {"test_parts_int8": {"recall": 0.9963, "overkill": 0.0048}}},
            ],
        }  # fmt: skip

    def activate(self, recipe_id: int) -> dict[str, Any]:
        if recipe_id == self.active_recipe:
            raise ValueError(f"Recipe {recipe_id} is active already.")
        self.changing = 4
        return {"state": "preparing"}

    def audit(self) -> list[dict[str, Any]]:
        row = {"user": "anna", "role": "technician", "from": "192.168.0.7", "outcome": "done"}
        return [{**row, "at": iso(datetime.now(UTC)), "what": "POST /api/review/1800000000000004"}]
