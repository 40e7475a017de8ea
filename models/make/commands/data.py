"""`data manifest|audit|split|patches`: from a folder of pictures to a data set that can be trained on and trusted."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from models.make.data.audit import audit_data
from models.make.data.findings import AuditResult, summary
from models.make.data.manifest_file import read_table, write_table
from models.make.data.new_manifest import make_manifest
from models.make.data.page import audit_page
from models.make.data.patching import cut_patches
from models.make.data.splitting import parse_shares, split_parts
from models.make.evaluate.page import write_whole
from models.make.frameworks import expect
from models.make.manifest import MANIFEST, SPLITS, DataError, read_manifest
from models.make.product import load_product, shipped_products


def add(commands: Any) -> None:
    """The sub-parser with four commands of its own."""
    data = commands.add_parser("data", help="manifest, audit, split and patches of a data set")
    of_data = data.add_subparsers(dest="data_command", required=True, metavar="COMMAND")
    _add_manifest(of_data)
    _add_audit(of_data)
    _add_split(of_data)
    _add_patches(of_data)


def _add_manifest(commands: Any) -> None:
    parser = commands.add_parser("manifest", help="make manifest.csv of a set that lies in a folder for each class")
    _add_data(parser, "folder that holds the set, and gets the manifest")
    parser.add_argument("--set", required=True, metavar="NAME", help="the set's name, and its folder if there is one")
    parser.add_argument(
        "--group-by", metavar="REGEX", help="finds the part in a picture's path (default: estimate parts by likeness)"
    )
    parser.add_argument("--labels-sound", nargs="+", default=[], metavar="CLASS", help="classes of sound parts")
    parser.add_argument("--replace", action="store_true", help="replace the set if the manifest has it already")
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(run_command=manifest_command)


def _add_audit(commands: Any) -> None:
    parser = commands.add_parser(
        "audit", help="find leaks, copies, wrong labels and bad files; exit 1 if there are any"
    )
    _add_data(parser)
    parser.add_argument("--set", metavar="NAME", help="audit this set alone (default: every set of the manifest)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="report with pictures; of several sets FILE-SET.html")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything found as JSON")
    parser.add_argument("--scale-16-bit", action="store_true", help="take 0..65535 as 0..255 instead of refusing it")
    parser.add_argument("--threads", type=int, default=2)
    parser.set_defaults(run_command=audit_command)


def _add_split(commands: Any) -> None:
    parser = commands.add_parser("split", help="share whole parts out to train, val and test, classes evenly")
    _add_data(parser)
    parser.add_argument("--set", required=True, metavar="NAME")
    parser.add_argument("--shares", default="0.7,0.15,0.15", metavar="TRAIN,VAL,TEST")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there (default: replace the manifest)")
    parser.set_defaults(run_command=split_command)


def _add_patches(commands: Any) -> None:
    parser = commands.add_parser("patches", help="cut pictures into labelled patches by a product's geometry")
    _add_data(parser)
    parser.add_argument("--product", required=True, help=f"one of {', '.join(shipped_products())}, or a YAML file")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="an empty folder, or one to go on with")
    parser.add_argument("--scale-16-bit", action="store_true", help="take 0..65535 as 0..255 instead of refusing it")
    parser.set_defaults(run_command=patches_command)


def _add_data(parser: Any, what: str = "folder with manifest.csv") -> None:
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help=what)


def manifest_command(options: argparse.Namespace) -> int:
    """Make the manifest and say what is in it."""
    made = make_manifest(
        options.data,
        options.set,
        options.group_by,
        options.labels_sound,
        options.threads,
        replace_set=options.replace,
    )
    how = "estimated by likeness: look at them before you rely on them" if made.estimated else "from the file names"
    print(f"{options.data / MANIFEST}: {made.pictures} pictures of {made.parts} parts ({how}), {made.masks} with masks")
    if not options.labels_sound:
        print("no class was named as sound (--labels-sound): all are labelled nok")
    for problem in made.left_out:
        print(f"left out: {problem}")
    if made.backup is not None:
        print(f"the older manifest is kept as {made.backup}")
    print("all pictures are in train: `data split` shares them out, `data audit` tells what is wrong with them")
    return 0


def audit_command(options: argparse.Namespace) -> int:
    """Audit and report: 0 good, 1 with a leak or a fault."""
    if options.html is not None:
        expect("jinja2")
    results: list[AuditResult] = []
    sets = [options.set] if options.set else sets_of(options.data)
    for name in sets:
        result = audit_data(options.data, name, options.threads, scale_16_bit=options.scale_16_bit)
        results.append(result)
        print("\n".join(summary(result)), flush=True)
        if options.html is not None:
            file: Path = options.html
            path = file if len(sets) == 1 else file.with_name(f"{file.stem}-{name}{file.suffix}")
            write_whole(path, audit_page(result, options.data, read_manifest(options.data, name)))
            print(f"report: {path}")
    if options.json is not None:
        values = [result.as_json() for result in results]
        write_whole(options.json, json.dumps(values[0] if options.set else values, indent=1) + "\n")
    return 0 if all(result.good for result in results) else 1


def sets_of(folder: Path) -> list[str]:
    """The sets of a manifest, in its order; DataError where there are none."""
    sets = list(dict.fromkeys(line.get("set", "") for line in read_table(folder).lines))
    if not sets:
        raise DataError(f"{folder / MANIFEST}: expected a manifest with pictures, found none; see `data manifest`")
    return sets


def split_command(options: argparse.Namespace) -> int:
    """Share the parts out and write the manifest."""
    rows = read_manifest(options.data, options.set)
    splitting = split_parts(rows, parse_shares(options.shares), options.seed)
    table = read_table(options.data)
    lines = [
        {**line, "split": splitting.split_of[line["group"]]} if line["set"] == options.set else line
        for line in table.lines
    ]
    path: Path = options.out or options.data / MANIFEST
    backup = write_table(path, table.columns, lines)
    counts = Counter((row.class_name, splitting.split_of[row.group]) for row in rows)
    parts = Counter(splitting.split_of.values())
    print(f"{'class':32}" + "".join(f"{split:>8}" for split in SPLITS))
    for name in sorted({row.class_name for row in rows}):
        print(f"{name:32}" + "".join(f"{counts[name, split]:8}" for split in SPLITS))
    print(f"{'parts':32}" + "".join(f"{parts[split]:8}" for split in SPLITS))
    print("\n".join([*splitting.notes, f"written: {path}" + (f" (the older one: {backup})" if backup else "")]))
    return 0


def patches_command(options: argparse.Namespace) -> int:
    """Cut the patches and count them."""
    product = load_product(options.product)
    cut = cut_patches(options.data, product, options.out, scale_16_bit=options.scale_16_bit)
    for (split, label), count in sorted(cut.counts.items()):
        print(f"{split:6} {label:32} {count:8}")
    if cut.done_before:
        print(f"{cut.done_before} pictures were done before")
    if cut.without:
        print(f"{len(cut.without)} pictures are smaller than a patch and gave none, the first {cut.without[0]}")
    print(f"written: {options.out / 'patches.csv'}")
    return 0
