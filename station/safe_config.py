"""What can be used of a configuration that cannot be used as a whole: the page's address, the PLC's, the name.

Each section is taken only if it is right by itself; where it is not, or nothing can be read, what is safe holds: the
page on this machine alone, and no PLC side. Must not start anything.
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from drivers.plc.settings import PlcSettings
from station.access.hosts import is_loopback
from station.access.tls import TlsError, server_context
from station.config.faults import ConfigError
from station.config.model_people import Access, Page
from station.config.yaml_compose import read_yaml

PAGE_PORT = 8090
LOOPBACK = "127.0.0.1"
UNKNOWN_NAME = "station"

SectionT = TypeVar("SectionT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SafeConfig:
    """`plc` None: there is no PLC side that could answer. `tls` None: the page is served as http."""

    name: str
    folder: Path
    host: str
    port: int
    tls: ssl.SSLContext | None
    plc: PlcSettings | None


def safe_config(path: Path) -> SafeConfig:
    """What there is in this file; never an error."""
    try:
        data: dict[str, Any] = read_yaml(path).data
    except ConfigError:
        data = {}
    folder = path.resolve().parent
    page = _section(data, "page", Page) or Page(port=PAGE_PORT)
    access = _section(data, "access", Access) if "access" in data else Access()
    plc = _section(data, "plc", PlcSettings)
    tls = _tls(page, folder)
    # Over the network only as the whole station would: nobody reads faults in clear, or without the password asked for.
    open_to_all = tls is not None and access is not None and access.anonymous == "viewer"
    host = page.host if open_to_all or is_loopback(page.host) else LOOPBACK
    name = data.get("name")
    return SafeConfig(
        name=name if isinstance(name, str) and name else UNKNOWN_NAME,
        folder=folder,
        host=host,
        port=page.port,
        tls=tls,
        plc=plc if plc is not None and plc.role == "server" else None,
    )


def _section(data: dict[str, Any], key: str, kind: type[SectionT]) -> SectionT | None:
    if key not in data:
        return None
    try:
        return kind.model_validate_json(json.dumps(data[key]))
    except (ValidationError, ValueError, TypeError):
        return None


def _tls(page: Page, folder: Path) -> ssl.SSLContext | None:
    if page.tls_certificate is None or page.tls_key is None:
        return None
    try:
        return server_context(folder / page.tls_certificate, folder / page.tls_key)
    except TlsError:
        return None
