"""Endpoints that are described with the others and served elsewhere: the live feed and the fail-safe test.

Must not know how they are served.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict, Field

from station.access.roles import Role
from station.api.endpoint import Endpoint
from station.api.forms import Body, Document
from station.failsafe.step import Where


class FailsafeShown(Document):
    """How the test stands; `station.failsafe.state` says what is in it."""

    model_config = ConfigDict(extra="allow", frozen=True)


class StartBody(Body):
    """Who begins."""

    operator: str = Field(description="Who does the test.")
    witness: bool = Field(default=False, description="Whether a second person looks on.")


class AnswerBody(Body):
    """Where the part went."""

    where: Where


class SkipBody(Body):
    """Why the step is left out."""

    reason: str = Field(description="One sentence for the report.")


def _step(name: str, summary: str, **more: Any) -> Endpoint:
    path = f"/api/failsafe/{name}"
    return Endpoint("POST", path, Role.TECHNICIAN, None, summary, answer=FailsafeShown, refuses=(400, 409), **more)


ELSEWHERE: Final = (
    Endpoint(
        "GET", "/api/live", Role.VIEWER, None,
        "WebSocket with JSON text frames: the status at once and twice a second, each part and each fault as it comes",
        status=101, refuses=(503,),
    ),
    Endpoint("GET", "/api/failsafe", Role.VIEWER, None, "How the fail-safe test stands", answer=FailsafeShown),
    _step("start", "Begin the fail-safe test", body=StartBody),
    _step("ready", "The part is about to be laid on"),
    _step("answer", "Where the part went", body=AnswerBody),
    _step("skip", "Leave the step out", body=SkipBody),
    _step("abort", "End the test here"),
)  # fmt: skip
