"""The API over a real socket and a real database: what is read, and how it says no."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.plc.registers import ControlBits, ControlBlock, ResultBlock, StatusBits, StatusBlock, VerdictCode
from station.api.refusal import Refusal
from station.api.threads import ReadingThreads
from tests.api_station import DEFECTS, FIRST_UID, Api, an_api, png
from tests.unit.models_bundle import part_picture


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path) as api:
        yield api


async def test_parts_come_newest_first_and_the_next_page_goes_on_where_the_last_one_ended(api: Api) -> None:
    status, page = await api.ask("GET", "/api/parts?limit=30")
    assert status == 200
    assert [row["part_uid"] for row in page["parts"]] == [FIRST_UID + n for n in range(49, 19, -1)]
    _, rest = await api.ask("GET", f"/api/parts?limit=30&before={page['next']}")
    assert [row["part_uid"] for row in rest["parts"]] == [FIRST_UID + n for n in range(19, -1, -1)]
    assert rest["next"] is None


async def test_a_row_says_what_was_kept_and_judged(api: Api) -> None:
    _, page = await api.ask("GET", "/api/parts?verdict=reject&label=spot&until=2026-03-01T08:00:05Z")
    (row,) = page["parts"]
    assert row["part_seq"] == 4
    assert row["triggered_at"] == "2026-03-01T08:00:03.000Z"
    assert row["views"] == [{"view": "mantle", "picture": True}]
    assert (row["judgement"]["user"], row["judgement"]["judgement"]) == ("tom", "good")


async def test_a_parts_life_has_its_record_events_judgements_and_late_verdict(api: Api) -> None:
    status, life = await api.ask("GET", f"/api/parts/{FIRST_UID + 3}")
    assert status == 200
    assert life["part"]["partId"] == str(FIRST_UID + 3)
    assert life["part"]["isSimulated"] is True
    assert [patch["label"] for patch in life["part"]["pictures"][0]["patches"]] == ["spot"] * 4
    assert [event["kind"] for event in life["events"]] == ["reject confirmed"]
    assert life["judgements"][0]["comment"] == "Only dust."
    assert life["labels"] == list(DEFECTS)
    _, late = await api.ask("GET", f"/api/parts/{FIRST_UID + 7}")
    assert (late["part"]["verdict"], late["late"]["verdict"]) == ("forced", "pass")


async def test_hours_come_oldest_first_with_the_empty_ones(api: Api) -> None:
    _, hours = await api.ask("GET", "/api/hours?hours=3")
    assert len(hours) == 3
    assert hours[0]["hour"] < hours[1]["hour"] < hours[2]["hour"]
    assert hours[0]["passed"] == 0


NOT_FITTING = [
    ("/api/parts?limit=0", 422, "query 'limit': expected at least 1, found '0'."),
    ("/api/parts?limit=abc", 422, "query 'limit': expected a whole number in digits, found 'abc'."),
    ("/api/parts?limit=1&limit=2", 400, "query 'limit': expected once, found twice."),
    ("/api/parts?verdict=maybe", 422, "query 'verdict': expected 'pass', 'reject' or 'forced', found 'maybe'."),
    ("/api/parts?since=1", 422, "query 'since': expected a time as ISO 8601 with its zone"),
    ("/api/parts?since=2026-03-01T08:00:00", 422, "like 2026-03-01T12:00:00Z, found"),
    ("/api/parts?colour=red", 422, "query 'colour': not known; expected one of: before, limit, verdict"),
    ("/api/parts?limit=0&verdict=x", 422, "(1 more do not fit)"),
    ("/api/parts/0", 422, "path 'part_uid': expected at least 1, found '0'."),
    ("/api/parts/9007199254740992", 422, "at most 9007199254740991"),
    ("/api/parts/17", 404, "There is no part 17 in the records."),
    ("/api/parts/17/pictures/mantle", 404, "There is no picture of part 17, view 'mantle'"),
    ("/api/nothing", 404, "there is nothing here"),
]


async def test_what_does_not_fit_gets_one_sentence(api: Api) -> None:
    for path, status, sentence in NOT_FITTING:
        found, answer = await api.ask("GET", path)
        assert (found, set(answer)) == (status, {"error"}), path
        assert sentence in answer["error"], path


async def test_a_method_that_is_not_there_names_those_that_are(api: Api) -> None:
    async with api.session.delete("/api/parts") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
        assert "expected GET, found DELETE" in (await answer.json())["error"]


async def test_a_picture_comes_as_it_was_kept(api: Api) -> None:
    async with api.session.get(f"/api/parts/{FIRST_UID + 3}/pictures/mantle?preview=1") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert await answer.read() == png(part_picture(spot=True))


async def test_records_can_be_taken_away_as_lines_and_as_a_table(api: Api) -> None:
    status, lines = await api.ask("GET", "/api/records?since=2026-03-01T08:00:05Z&until=2026-03-01T08:00:15Z")
    records = [json.loads(line) for line in lines.decode().splitlines()]
    assert status == 200
    assert [(one["part_uid"] - FIRST_UID, one["late"]) for one in records] == [
        (5, False), (6, False), (7, False), (7, True), *((n, False) for n in range(8, 15)),
    ]  # fmt: skip
    assert records[0]["pictures"][0]["patches"][0]["y_px"] == 40
    status, table = await api.ask("GET", "/api/records?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert (status, len(rows), rows[3]["label"]) == (200, 51, "spot")


async def test_a_download_of_records_that_cannot_be_read_says_so_before_it_begins(api: Api, tmp_path: Path) -> None:
    (tmp_path / "parts.sqlite").rename(tmp_path / "elsewhere.sqlite")
    status, answer = await api.ask("GET", "/api/records")
    assert (status, "cannot be read now" in answer["error"]) == (503, True)


async def test_the_interface_to_the_plc_is_told_by_name_with_its_newest_edges_first(api: Api) -> None:
    api.wire.watch.read(ControlBlock(bits=ControlBits.ENABLE | ControlBits.TRIGGER, part_seq=9, heartbeat=4), 1_000_000)
    result = ResultBlock.sealed(part_seq=9, verdict=VerdictCode.PASS)
    status_block = StatusBlock(bits=StatusBits.ONLINE | StatusBits.RESULTS_VALID, state=7, result=result, acq_seq=9)
    api.wire.watch.showed(status_block, 2_000_000)
    _, shown = await api.ask("GET", "/api/io")
    registers = {one["name"]: one for one in shown["registers"]}
    assert (registers["PartSeq"]["address"], registers["PartSeq"]["value"]) == (1, 9)
    assert (registers["State"]["text"], registers["Verdict"]["text"]) == ("EXECUTING", "PASS")
    assert registers["GateEncoder"]["text"] == "none"
    on = {(bit["block"], bit["name"]) for bit in shown["bits"] if bit["value"]}
    assert on == {
        ("control", "Enable"), ("control", "Trigger"), ("status", "Online"), ("status", "ResultsValid"),
    }  # fmt: skip
    assert [(one["what"], one["part_seq"]) for one in shown["timeline"]] == [
        ("ResultsValid 1", 9), ("Online 1", 9), ("Trigger 1", 9), ("Enable 1", 9),
    ]  # fmt: skip
    assert shown["heartbeats"]["plc"]["value"] == 4
    assert shown["heartbeats"]["station"] == {"value": 0, "age_s": None}


async def test_devices_models_and_commands_are_told(api: Api) -> None:
    _, devices = await api.ask("GET", "/api/devices")
    assert [one["kind"] for one in devices] == ["camera", "disk"]
    assert devices[1]["details"]["free_gb"] > 0
    _, recipes = await api.ask("GET", "/api/recipes")
    assert recipes["active"]["id"] == 1
    assert [(one["name"], one["use"], one["problem"]) for one in recipes["models"]][-1] == (
        "broken", "candidate", "There is nothing there.",
    )  # fmt: skip
    _, audit = await api.ask("GET", "/api/audit")
    assert audit[0]["from"] == "127.0.0.1"


async def test_health_is_unwell_with_a_fault_and_says_which(api: Api) -> None:
    status, answer = await api.ask("GET", "/api/health")
    assert (status, answer["state"]["name"], answer["ready"]) == (200, "READY", True)
    api.status.state = {"name": "FAULT", "sentence": "The line stands.", "action": "Look."}
    status, answer = await api.ask("GET", "/api/health")
    assert (status, answer["state"]["sentence"]) == (503, "The line stands.")


async def test_faults_that_are_over_are_told_even_where_the_records_cannot_be_read(api: Api, tmp_path: Path) -> None:
    _, faults = await api.ask("GET", "/api/faults")
    (active,) = faults["active"]
    assert (active["code"], active["acknowledged_by"], active["look"]) == ("E101", None, "devices")
    assert [(one["id"], one["length_s"]) for one in faults["ended"]] == [("11", 2.5)]
    assert {"code", "cause", "action", "de"} <= set(faults["catalogue"][0])
    (tmp_path / "parts.sqlite").rename(tmp_path / "elsewhere.sqlite")
    status, faults = await api.ask("GET", "/api/faults")
    assert (status, faults["ended"]) == (200, [])


async def test_records_that_cannot_be_read_are_a_reason_to_come_again(api: Api, tmp_path: Path) -> None:
    (tmp_path / "parts.sqlite").rename(tmp_path / "elsewhere.sqlite")
    async with api.session.get("/api/parts") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    (tmp_path / "elsewhere.sqlite").rename(tmp_path / "parts.sqlite")
    assert (await api.ask("GET", "/api/parts"))[0] == 200


async def test_more_readers_than_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    (tmp_path / "empty.sqlite").touch()
    reads, go = ReadingThreads(tmp_path / "empty.sqlite", threads=1, waiting_max=2), threading.Event()
    try:
        waiting = [asyncio.create_task(reads.disk(go.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="3 requests wait for the disk already"):
            await reads.disk(go.wait)
        go.set()
        assert await asyncio.gather(*waiting) == [True] * 3
        assert await reads.database(lambda connection: connection.execute("SELECT 7").fetchone()) == (7,)
        assert reads.refused == 1
    finally:
        go.set()
        reads.close()


async def test_a_query_that_takes_too_long_is_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    (tmp_path / "empty.sqlite").touch()
    monkeypatch.setattr("station.api.threads.QUERY_LIMIT_S", 0.05)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    reads = ReadingThreads(tmp_path / "empty.sqlite", threads=1)
    try:
        with pytest.raises(Refusal, match="took longer than"):
            await reads.database(lambda connection: connection.execute(endless).fetchone())
    finally:
        reads.close()
