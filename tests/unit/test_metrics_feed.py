"""Once a second the metrics are brought up to what others count, and no more often."""

from __future__ import annotations

from pathlib import Path

from drivers.plc.factory import open_plc
from drivers.plc.registers import ControlBlock
from drivers.plc.settings import PlcSettings
from station.core.line import Line
from station.core.values import Trigger
from station.fault_board import FaultBoard
from station.fault_codes import FaultCode
from station.metrics import Metrics
from station.metrics.feed import PERIOD_NS, MetricsFeed, PictureTotals
from station.records.part_event import PartEvent
from station.records.writer import RecordWriter
from station.workers.messages import Job
from station.workers.pool import WorkerPool
from tests.core_values import LIMITS


class Station:
    """What the feed looks at; nothing of it is started."""

    def __init__(self, folder: Path) -> None:
        self.metrics, self.faults, self.line = Metrics(0.25, "1", ("line",)), FaultBoard(), Line(LIMITS)
        self.plc = open_plc(PlcSettings(peer="simulated"))
        self.pool = WorkerPool([], [], [], processes=1, threads=1, nice=0, jobs_max=2, deadline_ns=1_000_000_000)
        self.records = RecordWriter(folder / "parts.sqlite", self.faults, queue_size=16)
        self.ready, self.logs_dropped = False, 0
        self.pictures = PictureTotals(
            waiting=3, capacity=64, dropped=1, written=9, stored_bytes=10**9, budget_bytes=10**10
        )
        self.feed = MetricsFeed(
            self.metrics, self.faults, self.line, self.plc, self.pool, self.records,
            ready=lambda: self.ready, records_size=16, pictures=lambda: self.pictures,
            logs_dropped=lambda: self.logs_dropped,
        )  # fmt: skip

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"station_{name}", labels)


def test_what_others_count_is_copied_once_a_second(tmp_path: Path) -> None:
    station = Station(tmp_path)
    station.feed.refresh(PERIOD_NS)
    assert (station.value("ready"), station.value("triggers_total")) == (0, 0)
    station.ready, station.logs_dropped = True, 4
    station.line.trigger(Trigger(7, 1000, at_ns=0), 1)
    station.faults.raise_(FaultCode.CAMERA_DOWN, about="line", camera="line", reason="gone.")
    station.feed.refresh(2 * PERIOD_NS - 1)
    assert station.value("ready") == 0, "the second is not over"
    station.feed.refresh(2 * PERIOD_NS)
    assert (station.value("ready"), station.value("triggers_total"), station.value("parts_in_flight")) == (1, 1, 1)
    assert station.value("ledger_imbalance_parts") == 0
    assert station.value("faults_active", severity="fault") == 1
    assert station.value("faults_active", severity="warning") == 0
    assert station.value("dropped_total", stage="log messages") == 4
    station.faults.clear(FaultCode.CAMERA_DOWN, about="line")
    station.feed.refresh(3 * PERIOD_NS)
    assert station.value("faults_active", severity="fault") == 0


def test_queues_have_a_length_and_a_size_and_what_did_not_fit_is_counted(tmp_path: Path) -> None:
    station = Station(tmp_path)
    for part_uid in range(5):
        station.pool.submit(Job(part_uid, view=0, slot=0))
    for part_seq in range(1, 19):
        station.records.note(PartEvent.now(part_seq, "part missing", ""))
    station.feed.refresh(PERIOD_NS)
    shown = {
        queue: (station.value("queue_length", queue=queue), station.value("queue_capacity", queue=queue))
        for queue in ("jobs", "records", "pictures")
    }
    assert shown == {"jobs": (2, 2), "records": (16, 16), "pictures": (3, 64)}
    assert station.value("dropped_total", stage="jobs") == 3
    assert station.value("dropped_total", stage="records") == 2
    assert station.value("dropped_total", stage="pictures") == 1
    assert station.value("pictures_written_total") == 9
    assert station.value("pictures_stored_bytes") == 10**9
    assert station.value("pictures_budget_bytes") == 10**10


def test_each_heartbeat_has_an_age_from_its_first_move_on(tmp_path: Path) -> None:
    station = Station(tmp_path)
    age_s = station.value("heartbeat_age_seconds", side="plc")
    assert age_s != age_s, "not known"
    station.plc._follow(ControlBlock(heartbeat=1))
    age_s = station.value("heartbeat_age_seconds", side="plc")
    assert age_s is not None
    assert 0 <= age_s < 60
