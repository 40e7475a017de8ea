"""`station schema`: the JSON Schema of the configuration, for editors that complete and check while one types."""

from __future__ import annotations

import json
from pathlib import Path

from station.cli.exits import OK
from station.config.model import StationConfig


def schema_text() -> str:
    """The schema as it is shipped in deploy/station.schema.json."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **StationConfig.model_json_schema()}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def schema(out: Path | None) -> int:
    """Print it, or write it to `out`."""
    if out is None:
        print(schema_text(), end="")
    else:
        out.write_text(schema_text(), encoding="utf-8")
    return OK
