"""Reports as HTML pages that need no other file: pictures and plots are inside. Fills templates; computes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from models.make.evaluate.intervals import per_cent
from models.make.frameworks import require
from models.make.manifest import DataError

PAGES: Final = Path(__file__).parent / "pages"


def page(template: str, values: Mapping[str, Any]) -> str:
    """The page of a template in `pages/`; every value is escaped, a missing one is an error."""
    jinja2: Any = require("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = per_cent
    return str(environment.get_template(template).render(**values))


def write_whole(path: Path, text: str) -> None:
    """A file that appears whole or not at all; DataError where it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise DataError(f"{path}: the report cannot be written: {error.strerror}") from error
