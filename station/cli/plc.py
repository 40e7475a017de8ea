"""`station plc map`: the register map in the form that is asked for, all from the schema that the code uses."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from drivers.plc.manual import register_map_markdown
from drivers.plc.symbol_formats import kepware_csv, register_map_st, rockwell_csv
from drivers.plc.symbols import symbol_table_csv
from station.cli.exits import OK

_FORMATS: Mapping[str, Callable[[], str]] = {
    "md": register_map_markdown,
    "csv": symbol_table_csv,
    "st": register_map_st,
    "kepware": kepware_csv,
    "studio5000": rockwell_csv,
}


def plc(options: argparse.Namespace) -> int:
    """Print the map; tables keep the line ends that their format asks for."""
    sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]  # a text file, or nothing would be printed
    sys.stdout.write(_FORMATS[options.format]())
    return OK
