"""`export`: a quantised run becomes a signed bundle, measured on the test split."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models.make.commands.verify import add_key_arguments, key_of, said
from models.make.errors import MakingError
from models.make.export_bundle import ExportOrder, export_bundle
from models.signature import Trust, TrustedKey, fingerprint
from models.verify import verify


def add(commands: Any) -> None:
    """The sub-parser."""
    parser = commands.add_parser("export", help="make a signed bundle of a quantised run, with its test figures")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="folder of a run that was quantised")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the data set that it was trained on")
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="an older bundle there is replaced")
    parser.add_argument("--version", help="for example 2 or 2026-03-line4 (default: 1-seed and the run's seed)")
    parser.add_argument("--threads", type=int, default=2)
    add_key_arguments(parser, required=False)
    parser.add_argument("--unsigned", action="store_true", help="write it without a signature; stations refuse it")
    parser.set_defaults(run_command=export_command)


def export_command(options: argparse.Namespace) -> int:
    """Export, and say what the bundle is worth."""
    if (options.key is None) == (not options.unsigned):
        raise MakingError(
            f"{options.out}: expected either --key KEY.pem or --unsigned, found "
            f"{'neither' if options.key is None else 'both'}; `station model key` makes a key"
        )
    key = None if options.key is None else key_of(options)
    bundle = export_bundle(ExportOrder(options.run, options.data, options.out, options.version, key, options.threads))
    own = () if key is None else (TrustedKey("own key", fingerprint(key.public_key()), key.public_key()),)
    unsigned = frozenset({bundle.spec.product}) if key is None else frozenset[str]()
    print(said(verify(bundle.path, Trust(own, unsigned), options.threads)))
    return 0
