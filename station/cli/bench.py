"""`station bench`: what this machine reaches, every figure from one run on this machine.

The engine alone, before and after the station's own path on frames that lie in the ring (so that drift shows); then the
real programs, cell and camera on the same processors: flat out, and at the asked rate for the asked time. Reports;
judges nothing but forced rejects and the ledger.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from station.camera_bench import PACES, endurance_figures, pace_figures
from station.cli.check import loaded_or_exit
from station.cli.demo import result_of, run_both
from station.cli.demo_config import DEMO_CONFIG, Overrides, write_demo_config
from station.cli.exits import FAILED, OK, UserError
from station.cli.stopping import run_async
from station.engine_alone import parts_per_s
from station.path_alone import path_parts_per_s
from station.plc_bench import PlcPace, plc_figures
from station.process_usage import Memory, command_of, cpu_s_of, memory_of, tree_of

_ENGINE_SECONDS = 5.0
_FLAT_OUT_RATE = 150.0
_FAR_GATE_COUNTS = 600_000
_FLAT_OUT: Overrides = {
    ("cell", "plc_scan_ms"): 2.0,
    ("cameras", "line", "ring_slots"): 6,
    ("recipe", "gate", "offset_counts"): _FAR_GATE_COUNTS,
    ("recipe", "gate", "part_sensor_offset_counts"): _FAR_GATE_COUNTS - 2_000,
    ("recipe", "gate", "confirm_offset_counts"): _FAR_GATE_COUNTS + 1_000,
}
"""Offered faster than anything can take it, the line waits for TriggerReady: what comes out is what it can.

A line so fast needs a longer belt: the demo's four parts between camera and gate would pass by in 90 ms.
"""
_SAMPLE_EVERY = 20


class _UsageWatch:
    """The largest memory of the station's processes, and their processor time, sampled once a second."""

    def __init__(self) -> None:
        self.largest = Memory(0.0, 0.0)
        self.by_process: dict[str, Memory] = {}
        self._cpu_s: dict[int, tuple[str, float]] = {}
        self._calls = 0

    def __call__(self, station_pid: int) -> None:
        self._calls += 1
        if self._calls % _SAMPLE_EVERY:
            return
        pids = tree_of(station_pid)
        roles = {pid: _role(command_of(pid)) for pid in pids}
        self._cpu_s.update({pid: (roles[pid], cpu_s_of(pid)) for pid in pids})
        now = memory_of(pids)
        if now.pss_mib > self.largest.pss_mib:
            self.largest = now
            self.by_process = {f"{roles[pid]} {pid}": memory_of([pid]) for pid in pids}

    def cpu_ms_a_part(self, parts: int) -> dict[str, float]:
        """Processor milliseconds a part by role; start-up is in it, so long runs tell more."""
        sums: dict[str, float] = {}
        for role, seconds in self._cpu_s.values():
            sums[role] = sums.get(role, 0.0) + seconds
        return {role: round(seconds * 1e3 / max(1, parts), 2) for role, seconds in sums.items()}


def bench(options: argparse.Namespace) -> int:
    """Measure, print, write; exit 1 if a part was forced, the ledger does not balance, or a frame was lost."""
    if options.camera:
        return _bench_camera(options)
    if options.plc:
        return _bench_plc(options)
    base = loaded_or_exit(options.config or DEMO_CONFIG)
    camera, classifier = base.camera_of(0), base.config.classifier

    def engine_alone() -> float:
        return parts_per_s(
            base.bundles[0].path,
            processes=classifier.processes,
            threads=classifier.threads,
            seconds=_ENGINE_SECONDS,
            width_px=camera.width_px,
            height_px=camera.lines_per_frame,
        )

    before = engine_alone()
    path = run_async(
        lambda: path_parts_per_s(
            base.bundles[0],
            processes=classifier.processes,
            threads=classifier.threads,
            nice=classifier.nice,
            seconds=_ENGINE_SECONDS,
            width_px=camera.width_px,
            height_px=camera.lines_per_frame,
        )
    )
    after = engine_alone()
    engine = (before + after) / 2
    flat_out, busy = _measured(base.path, _FLAT_OUT_RATE, round(before / 2 * options.flat_out_seconds), _FLAT_OUT)
    sustained, watch = _measured(base.path, options.rate, round(options.rate * options.seconds), {})
    figures: dict[str, Any] = {
        "engine_alone_parts_per_s": round(engine, 2),
        "engine_alone_before_after": [round(before, 2), round(after, 2)],
        "station_alone_parts_per_s": round(path, 2),
        "station_alone_share_of_engine": round(path / engine, 3),
        "whole_path_parts_per_s": flat_out["parts_per_s"],
        "whole_path_share_of_engine": round(flat_out["parts_per_s"] / engine, 3),
        "flat_out": {**_summary(flat_out), "cpu_ms_a_part": busy.cpu_ms_a_part(flat_out["parts"])},
        "sustained": {
            "asked_parts_per_s": options.rate,
            "asked_seconds": options.seconds,
            **_summary(sustained),
            "cpu_ms_a_part": watch.cpu_ms_a_part(sustained["parts"]),
        },
        "memory_mib": {
            "pss": watch.largest.pss_mib,
            "rss": watch.largest.rss_mib,
            "by_process": {role: {"pss": m.pss_mib, "rss": m.rss_mib} for role, m in watch.by_process.items()},
        },
        "simulated": True,
    }
    _say(figures, options.json)
    return OK if flat_out["good"] and sustained["good"] and sustained["ledger"]["forced"] == 0 else FAILED


def _say(figures: dict[str, Any], file: Path | None) -> None:
    text = json.dumps(figures, indent=1)
    if file is not None:
        file.write_text(f"{text}\n", encoding="utf-8")
    print(text)


def _bench_camera(options: argparse.Namespace) -> int:
    """The camera path alone: latency, loss, throughput, the loop's lag, and what grows."""
    figures: dict[str, Any] = {
        name: run_async(lambda pace=pace: pace_figures(pace, options.seconds / 4)) for name, pace in PACES.items()
    }
    figures["endurance"] = run_async(
        lambda: endurance_figures(options.camera_cycles, options.camera_frames, options.camera_unplugs)
    )
    figures["simulated"] = True
    _say(figures, options.json)
    return OK if all(figures[name]["lost"] == 0 for name in PACES) else FAILED


def _bench_plc(options: argparse.Namespace) -> int:
    """The PLC connection alone, at 50 parts a second and a poll each millisecond."""
    figures = {**plc_figures(PlcPace(seconds=options.seconds / 3)), "simulated": True}
    _say(figures, options.json)
    return OK if figures["wrong"] == 0 and figures["parts"] > 0 else FAILED


def _measured(config: Path, rate: float, parts: int, overrides: Overrides) -> tuple[dict[str, Any], _UsageWatch]:
    """One run of both programs over `parts` parts."""
    asked = argparse.Namespace(
        parts=parts, rate=rate, seed=None, images=None, set=None, split=None, bundle=None, trusted=None,
        faults=None, line_faults=None, wrong_parts=None,
    )  # fmt: skip
    folder, watch = Path(tempfile.mkdtemp(prefix="station-bench-")), _UsageWatch()
    try:
        path = write_demo_config(config, asked, folder, overrides)
        if not run_both(path, folder, quiet=True, watch=watch):
            raise UserError("the run ended early; the reason stands above", FAILED)
        return result_of(loaded_or_exit(path), folder, finite=True), watch
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _summary(result: dict[str, Any]) -> dict[str, Any]:
    station = result["station"]
    return {
        "parts": result["parts"],
        "parts_per_s": result["parts_per_s"],
        "ledger": result["ledger"],
        "truth": result["truth"],
        "latency_ms": result["latency_ms"],
        "last_line_to_verdict_ms": station["last_line_to_verdict_ms"],
        "stages_ms": station["stages_ms"],
        "good": result["good"],
    }


def _role(command: str) -> str:
    for part, role in (("drivers.camera.capture", "capture"), ("station.workers.worker", "worker")):
        if part in command:
            return role
    return "station"
