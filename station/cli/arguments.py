"""What the command line understands. Each command's work is in its own module, imported only when it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from station.cli.camera import add_camera_commands
from station.cli.exits import BAD_INPUT, UserError
from station.cli.users import add_users_commands

DEMO_CONFIG = "deploy/demo.yaml"


def parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    top = argparse.ArgumentParser(
        prog="station", description="Real-time edge inspection station. What was not inspected is rejected."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="the simulated cell and the station together, on this machine")
    demo.add_argument("--config", type=Path, help="configuration with a cell section (default: the demo's own)")
    demo.add_argument("--parts", type=_count, default=0, metavar="N", help="stop after N parts (default: until Ctrl-C)")
    demo.add_argument("--rate", type=_positive, metavar="R", help="parts per second offered to the camera")
    demo.add_argument("--seed", type=_count, metavar="S", help="seed of the simulated world")
    demo.add_argument("--json", type=_new_file, metavar="FILE", help="write the result there")
    demo.add_argument("--images", type=Path, metavar="DIR", help="show these pictures instead of drawn parts")
    demo.add_argument(
        "--set", metavar="NAME", help="with --images: the set of the manifest (rsdds, magnetic_tile, ...)"
    )
    demo.add_argument("--split", choices=("train", "val", "test"), help="with --images: the split of the manifest")
    demo.add_argument("--bundle", type=Path, metavar="DIR", help="model bundle to inspect with")
    demo.add_argument(
        "--trusted", type=Path, action="append", metavar="KEY.pub", help="take bundles that this key signed, too"
    )
    demo.add_argument(
        "--product",
        choices=("mantle", "fastener", "serial"),
        default="mantle",
        help="what the cell shows (--config decides)",
    )
    demo.add_argument(
        "--faults", type=_count, metavar="N", help="a camera fault on every Nth part, each kind in turn (default: none)"
    )
    demo.add_argument(
        "--line-faults",
        type=_count,
        metavar="N",
        help="a line fault on every Nth part: gate, sensors, PLC, link",
    )
    demo.add_argument("--quiet", action="store_true", help="no line a part")

    simulate = commands.add_parser("simulate", help="the simulated cell: jig, camera scene, PLC, robot, bins, truth")
    run = commands.add_parser("run", help="the station")
    check = commands.add_parser("check", help="tell every fault of a configuration without starting anything")
    for command in (demo, simulate):
        command.add_argument(
            "--wrong-parts", type=_share, metavar="SHARE", help="this fraction of the drawn parts is of another type"
        )
    for command in (simulate, run, check):
        command.add_argument("config", type=Path, metavar="CONFIG")
    simulate.add_argument("--json", type=_new_file, metavar="FILE", help="write truth and score there at the end")
    simulate.add_argument("--quiet", action="store_true", help="no line a part")
    simulate.add_argument(
        "--infeed", action="store_true", help="show the parts asked for on standard input, JSON lines; rows on output"
    )
    run.add_argument("--json", type=_new_file, metavar="FILE", help="write ledger, latency and stages there at the end")
    run.add_argument(
        "--no-safe-mode",
        action="store_true",
        help="end at once where it cannot be armed (default: stay up with the faults on the page, outputs safe)",
    )

    bench = commands.add_parser("bench", help="speed of the whole path, beside the engine alone in the same run")
    bench.add_argument("--config", type=Path, help="configuration with a cell section (default: the demo's own)")
    bench.add_argument(
        "--rate", type=_positive, default=12.0, help="parts per second of the sustained run (default 12)"
    )
    bench.add_argument("--seconds", type=_positive, default=60.0, help="length of the sustained run (default 60)")
    bench.add_argument(
        "--flat-out-seconds", type=_positive, default=15.0, help="length of the flat-out run (default 15)"
    )
    bench.add_argument("--camera", action="store_true", help="the camera path alone: latency, throughput, growth")
    bench.add_argument("--plc", action="store_true", help="the PLC connection alone: how old a verdict is at the PLC")
    for name, count, what in (
        ("cycles", 100, "create/destroy"),
        ("frames", 10_000, "frames"),
        ("unplugs", 50, "unplugs"),
    ):
        bench.add_argument(
            f"--camera-{name}", type=_count, default=count, metavar="N", help=f"with --camera: {what} (default {count})"
        )
    bench.add_argument("--json", type=_new_file, metavar="FILE", help="write the figures there")

    failsafe = commands.add_parser(
        "failsafe", help="guided fail-safe test of the line with test parts, or: failsafe verify FILE..."
    )
    failsafe.add_argument("targets", nargs="+", metavar="CONFIG | verify FILE", help="the station's configuration")
    failsafe.add_argument("--operator", metavar="NAME", help="who does the test (default: your login)")
    failsafe.add_argument("--out", type=Path, metavar="DIR", help="copy the report and the public key there")
    failsafe.add_argument("--simulated", action="store_true", help="start station and simulated cell for it")
    failsafe.add_argument("--url", metavar="URL", help="the station's page (default: from the configuration)")
    failsafe.add_argument("--witness", action="store_true", help="say where parts went even where a sensor does")
    failsafe.add_argument("--key", type=Path, metavar="FILE", help="verify: the station's public key, from elsewhere")

    schema = commands.add_parser("schema", help="JSON Schema of the configuration, for editors")
    schema.add_argument("--out", type=_new_file, metavar="FILE", help="write it there instead of printing it")

    add_camera_commands(commands)
    add_users_commands(commands)

    doctor = commands.add_parser("doctor", help="everything that can be wrong on a new box, with what to do")
    doctor.add_argument("config", type=Path, metavar="CONFIG")
    doctor.add_argument("--json", action="store_true", help="one JSON document instead of lines")

    faults = commands.add_parser("faults", help="what each fault means, why it happens and what to do about it")
    faults.add_argument("code", nargs="?", metavar="CODE", help="one of them: E204, or the number that the PLC shows")
    faults.add_argument("--lang", choices=("en", "de"), default="en", help="language (default: English)")
    fault_forms = faults.add_mutually_exclusive_group()
    for name, what in (("md", "the manual page"), ("json", "for programs"), ("phrases", "the page's German phrases")):
        fault_forms.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=what)
    faults.set_defaults(format="plain")

    plc = commands.add_parser("plc", help="the interface to the PLC")
    plc_commands = plc.add_subparsers(dest="plc_command", required=True, metavar="COMMAND")
    plc_map = plc_commands.add_parser("map", help="the register map, from the schema that the code uses")
    kinds = plc_map.add_mutually_exclusive_group()
    kinds.add_argument("--md", dest="format", action="store_const", const="md", help="the manual page (default)")
    kinds.add_argument("--csv", dest="format", action="store_const", const="csv", help="table, a line a register")
    kinds.add_argument(
        "--st", dest="format", action="store_const", const="st", help="IEC 61131-3 types and constants, as text"
    )
    kinds.add_argument(
        "--tool", dest="format", choices=("kepware", "studio5000"), help="tags as this tool imports them (CSV)"
    )
    plc_map.set_defaults(format="md")

    commands.add_parser(
        "model", help="from labelled pictures to a signed bundle (most of it needs: make setup-train)", add_help=False
    )
    return top


def run_command(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code. A user's mistake is one sentence on stderr, never a traceback."""
    try:
        if list(arguments[:1]) == ["model"]:
            from station.cli.model import model

            return model(arguments[1:])
        options = parser().parse_args(arguments)
        return _dispatch(options)
    except UserError as error:
        print(f"station: {error}", file=sys.stderr)
        return error.exit_code


def _dispatch(options: argparse.Namespace) -> int:
    match options.command:
        case "demo":
            from station.cli.demo import demo

            return demo(options)
        case "simulate":
            from station.cli.simulate import simulate

            return simulate(options)
        case "run":
            from station.cli.run import run

            return run(options)
        case "check":
            from station.cli.check import check

            return check(options.config)
        case "bench":
            from station.cli.bench import bench

            return bench(options)
        case "failsafe":
            from station.cli.failsafe import failsafe

            return failsafe(options)
        case "camera":
            from station.cli.camera import camera

            return camera(options)
        case "schema":
            from station.cli.schema import schema

            return schema(options.out)
        case "doctor":
            from station.cli.doctor import doctor

            return doctor(options)
        case "users":
            from station.cli.users import users

            return users(options)
        case "faults":
            from station.cli.faults import faults

            return faults(options)
        case "plc":
            from station.cli.plc import plc

            return plc(options)
        case _:
            return BAD_INPUT


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def _new_file(text: str) -> Path:
    """A file that can be written at the end of the run: better to hear of it before the run."""
    path = Path(text)
    folder = path.resolve().parent
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {folder} to write {path.name} into")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise argparse.ArgumentTypeError(f"{path} cannot be written: name a file in a folder that is yours")
    return path
