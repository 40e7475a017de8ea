"""`station faults [CODE]`: the fault catalogue as it is printed, all from the table that the code uses."""

from __future__ import annotations

import argparse
import sys

from station.cli.exits import OK, UserError
from station.fault_list import json_text, kind_of, markdown, page_phrases, plain_text
from station.faults import CATALOGUE


def faults(options: argparse.Namespace) -> int:
    """Print one entry, or all of them."""
    kinds = tuple(CATALOGUE.values())
    if options.code is not None:
        found = kind_of(options.code)
        if found is None:
            raise UserError(f"There is no fault {options.code}; 'station faults' lists all that there are.")
        kinds = (found,)
    match options.format:
        case "json":
            text = json_text(kinds)
        case "md":
            text = markdown(options.lang)
        case "phrases":
            text = page_phrases()
        case _:
            text = plain_text(kinds, options.lang)
    sys.stdout.write(text)
    return OK
