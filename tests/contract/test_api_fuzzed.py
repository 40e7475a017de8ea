"""The whole API against its own document: whatever comes is answered as the document says, and never with a 5xx.

schemathesis makes requests that fit the document and requests that do not, from a fixed seed, against a real server.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from station.api.endpoint import Endpoint
from station.api.openapi import openapi_of
from tests.api_station import FIRST_UID, Api, an_api, commands_bear_a_token

PARTS = 200
EXAMPLES = 5
ENDLESS = "/api/stream/{camera}"
SLOW = {"/api/records", "/api/review/export", "/api/parts/{part_uid}/pictures/{view}/candidate"}
"""Each answer of these costs a process, or its time."""
LEFT_OUT = {"ignored_auth", "object_level_authorization"}
"""The gatekeeper has tests of its own; here everybody may everything."""
ANY_BYTES = {"/api/classify"}
"""What fits the document here need not be a picture."""
TOKEN = {"X-CSRF-Token": "anything"}


def the_same_each_time(examples: int) -> settings:
    return settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def fuzzed(api: Api) -> list[Endpoint]:
    return [one for one in api.endpoints if one.handler is not None and one.path != ENDLESS]


class Fuzz:
    """Every operation, with what fits and with what does not; `seen` are the statuses that each gave."""

    def __init__(self, api: Api) -> None:
        self.seen: dict[str, set[int]] = {}
        document = openapi_of(fuzzed(api), "API", "1", "session")
        self._schema = schemathesis.openapi.from_dict(document)
        self._schema.config.update(base_url=api.url.rstrip("/"))
        self._there = {
            "part_uid": FIRST_UID + 3, "view": "mantle", "fault_id": api.board.active()[0].id, "recipe_id": 2,
        }  # fmt: skip

    def run(self) -> None:
        """Raises what schemathesis finds."""
        for found in self._schema.get_all_operations():
            operation = found.ok()
            self._ask(operation, GenerationMode.NEGATIVE)
            if operation.path not in SLOW:
                self._ask(operation, GenerationMode.POSITIVE)
            self._ask(operation, GenerationMode.POSITIVE, **self._known(operation))

    def _known(self, operation: Any) -> dict[str, Any]:
        """Path and query of things that there are."""
        path = {name: value for name, value in self._there.items() if f"{{{name}}}" in operation.path}
        query = {"bundle": "tiny_bundle"} if operation.path.endswith("/candidate") else {}
        query |= {"view": "mantle"} if operation.path == "/api/classify" else {}
        headers = TOKEN if operation.method != "get" else {}
        given = {"path_parameters": path, "query": query, "headers": headers}
        return {name: value for name, value in given.items() if value}

    def _ask(self, operation: Any, mode: GenerationMode, **known: Any) -> None:
        left_out = LEFT_OUT | ({"positive_data_acceptance"} if operation.path in ANY_BYTES else set())
        checks = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in left_out]
        statuses = self.seen.setdefault(f"{operation.method.upper()} {operation.path}", set())

        @the_same_each_time(1 if operation.path in SLOW else EXAMPLES)
        @given(case=operation.as_strategy(generation_mode=mode, **known))
        def ask(case: Any) -> None:
            statuses.add(case.call_and_validate(checks=checks, timeout=60).status_code)

        try:
            ask()
        except Unsatisfiable:  # what takes nothing cannot be given anything wrong
            assert mode is GenerationMode.NEGATIVE


@pytest.mark.timeout(300)
async def test_whatever_comes_is_answered_as_the_document_says(tmp_path: Path) -> None:
    async with an_api(tmp_path, PARTS, [commands_bear_a_token]) as api:
        fuzz = Fuzz(api)
        await asyncio.to_thread(fuzz.run)
    assert set(fuzz.seen) == {f"{one.method} {one.path}" for one in fuzzed(api)}
    assert all(status < 500 for statuses in fuzz.seen.values() for status in statuses)
    never_done = {name for name, statuses in fuzz.seen.items() if not statuses & {200, 202}}
    assert never_done == {"POST /api/classify", "POST /api/review/{part_uid}"}, "bytes and words are drawn at random"
