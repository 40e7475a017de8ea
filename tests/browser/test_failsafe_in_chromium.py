"""The fail-safe test's panel in a real browser: start, ready, where, result, and a refusal as a sentence."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from station.failsafe.plan import LineFacts, plan_for
from station.failsafe.session import PERSON, FailsafeSession
from station.failsafe.watch import LineView
from station.page.server import PageServer
from tests.failsafe_line import IDENTITY, FakeLine
from tests.page_status import FakeStatus

LIMIT_MS = 20_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="LOUD SKIP: no chromium here: the fail-safe panel is NOT tested in a browser"
)
PLAN = plan_for(LineFacts(("defect-free", "spot"), 400, 1000, confirms=False))


@asynccontextmanager
async def a_page(session: FailsafeSession | None, width: int = 1280) -> AsyncIterator[Page]:
    server = PageServer(FakeStatus(), 0, period_s=0.1, failsafe=session)
    await server.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": width, "height": 900})
            page.set_default_timeout(LIMIT_MS)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(server.url)
            yield page
            await browser.close()
            assert errors == []
    finally:
        await server.stop()


async def says(page: Page, selector: str, text: str) -> None:
    await expect(page.locator(selector)).to_contain_text(text, timeout=LIMIT_MS)


async def test_a_person_is_led_through_a_step_and_the_end_is_shown_with_its_report(tmp_path: Path) -> None:
    line = FakeLine()
    session = FailsafeSession(PLAN, line, IDENTITY, tmp_path, PERSON)
    try:
        async with a_page(session) as page:
            await page.click("#failsafe-start")
            await says(page, "#failsafe-said", "Say who does the test")
            await page.fill("#failsafe-operator", "Anna <b>")
            await page.click("#failsafe-start")
            await says(page, "#failsafe-step", "Step 1 of 6: Good part (simulated camera)")
            await says(page, "#failsafe-instruction", "Take a part that is known to be good")
            await page.click("#failsafe-ready")
            await says(page, "#failsafe-waiting", "Lay the part on now")
            line.passes(1)
            await says(page, "#failsafe-waiting", "Look where the part went")
            await page.click("#failsafe-good")
            await says(page, "#failsafe-steps .passed", "✓ Good part, part 1: PASS, good side")
            await says(page, "#failsafe-step", "Step 2 of 6: Defect: spot")
            line.standing = LineView(waits="the station waits for the PLC's heartbeat")
            await says(page, "#failsafe-waiting", "Not yet: the station waits for the PLC's heartbeat.")
            await expect(page.locator("#failsafe-ready")).to_be_disabled()
            await page.click("#failsafe-abort")
            await says(page, "#failsafe-step", "INCOMPLETE: aborted by the operator.")
            await says(page, "#failsafe-report", f"Report: {tmp_path}")
            await expect(page.locator("#failsafe-start")).to_be_visible()
    finally:
        await session.stop()


@pytest.mark.parametrize("width", [1280, 400])
async def test_the_panel_does_not_run_out_of_the_screen_sideways(tmp_path: Path, width: int) -> None:
    session = FailsafeSession(PLAN, FakeLine(), IDENTITY, tmp_path, PERSON)
    session.start("Anna")
    try:
        async with a_page(session, width) as page:
            await says(page, "#failsafe-step", "Step 1 of 6")
            assert int(await page.locator("html").evaluate("node => node.scrollWidth")) <= width
    finally:
        await session.stop()


async def test_a_station_without_the_test_shows_no_panel() -> None:
    async with a_page(None) as page:
        await says(page, "#state-name", "READY")
        await expect(page.locator("#failsafe")).to_be_hidden()
