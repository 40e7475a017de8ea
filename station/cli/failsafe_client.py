"""The running station's fail-safe test, as the terminal reaches it: over the page's own routes."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, cast

from station.cli.exits import CANNOT_START, UserError
from station.failsafe.state import FailsafeState
from station.page.failsafe_routes import HEADER, PATH

_TIMEOUT_S = 5.0


class RefusedByStationError(Exception):
    """The station says no, in a sentence."""


class UnreachableError(UserError):
    """Nobody answers there; one sentence."""

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(f"{url}: no station answers ({reason}); start it with: station run", CANNOT_START)


class FailsafeClient:
    """`url` is that of the station's page; of https, `certificate` is the one that the page must show."""

    def __init__(self, url: str, certificate: Path | None = None) -> None:
        self._url, self._tls = url.rstrip("/"), None if certificate is None else _trusting(certificate)
        if not self._url.startswith(("http://", "https://")):
            raise UserError(f"{url}: write the address of the station's page: http://HOST:PORT/")

    def state(self) -> FailsafeState:
        """How the test stands. UnreachableError."""
        return self._ask("", None)

    def do(self, action: str, **body: object) -> FailsafeState:
        """One of start, ready, answer, skip, abort. RefusedByStationError, UnreachableError."""
        return self._ask(f"/{action}", body)

    def _ask(self, path: str, body: dict[str, object] | None) -> FailsafeState:
        request = urllib.request.Request(f"{self._url}{PATH}{path}")  # noqa: S310  (http or https, checked above)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        request.add_header(*HEADER)  # also to look, where nobody may without a password
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=self._tls) as answer:  # noqa: S310  (see above)
                text = answer.read()
            document: Any = json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise self._refusal(error) from None
        except (OSError, ValueError) as error:
            raise UnreachableError(self._url, getattr(error, "reason", error)) from None
        if not isinstance(document, dict):
            raise UnreachableError(self._url, "what answers there has no fail-safe test")
        return cast("FailsafeState", document)

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        with error:
            try:
                sentence = json.loads(error.read())["error"]
            except (OSError, ValueError, KeyError, TypeError):
                return UnreachableError(self._url, f"what answers there is no station: HTTP {error.code}")
        return RefusedByStationError(str(sentence))


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Takes just this certificate, by whatever name or address the page is reached."""
    try:
        context = ssl.create_default_context(cafile=certificate)
    except OSError as error:
        raise UserError(f"page.tls_certificate: {certificate} cannot be used: {error}") from None
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
