"""The page in a real browser: the numbers appear, a simulation is labelled, silence is shown as silence."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from station.page.server import PageServer
from station.page.snapshot import FaultRow
from tests.page_status import FakeStatus

LIMIT_MS = 20_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="LOUD SKIP: no chromium here: the page is NOT tested in a browser"
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
def status() -> FakeStatus:
    return FakeStatus()


@pytest.fixture
async def server(status: FakeStatus) -> AsyncIterator[PageServer]:
    server = PageServer(status, 0, period_s=0.1)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def page(browser: Browser, server: PageServer) -> AsyncIterator[Page]:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(LIMIT_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "net::ERR_" not in said.text else None)
    await page.goto(server.url)
    yield page
    await page.close()
    assert complaints == []


async def says(page: Page, selector: str, text: str) -> None:
    await expect(page.locator(selector)).to_have_text(text, timeout=LIMIT_MS)


async def test_the_figures_of_a_running_station_appear_and_sum(page: Page, status: FakeStatus) -> None:
    await says(page, "#state-name", "READY")
    await says(page, "#rate", "–")
    await expect(page.locator("#tiles .tile.none")).to_have_count(40)
    status.run(1284)
    await says(page, "#state-name", "RUNNING")
    await says(page, "#triggers", "1\u202f286")
    await says(page, "#in-flight", "2")
    await says(page, "#sum-check", "✓ every part is accounted for")
    await says(page, "#deadline", "deadline 250 ms")
    await expect(page.locator("#rate")).not_to_have_text("–")
    for verdict, letter in (("pass", "P"), ("reject", "R"), ("forced", "F")):
        shown = sum(part["verdict"] == verdict for part in status.snapshot()["parts"])
        await expect(page.locator(f"#tiles .tile.{verdict}")).to_have_count(shown)
        assert set(await page.locator(f"#tiles .badge.{verdict}").all_inner_texts()) == {letter}
    newest = status.snapshot()["parts"][-1]
    await says(page, "#tiles .tile.newest .seq", f"#{newest['part_seq']}")
    await expect(page.locator("#histogram rect")).to_have_count(25)
    await expect(page.locator("#health-rows tr")).to_have_count(5)


async def test_a_ledger_that_does_not_sum_is_shouted(page: Page, status: FakeStatus) -> None:
    status.run(10)
    status.ledger["triggers"] += 3
    await says(page, "#sum-sign", "≠")
    await says(page, "#sum-check", "✗ 3 not accounted for: the line is stopped")
    await expect(page.locator("#ledger.wrong")).to_be_visible()


async def test_a_simulated_station_says_so_and_a_real_one_does_not(page: Page, status: FakeStatus) -> None:
    await says(page, "#state-name", "READY")
    await expect(page.locator("#simulated")).to_be_hidden()
    status.simulated = ["camera", "PLC"]
    await says(page, "#simulated", "SIMULATED camera and PLC: no real part is inspected here")
    await expect(page.locator("#simulated")).to_be_visible()


async def test_a_fault_stands_in_the_headline_and_the_others_below_with_what_to_do(
    page: Page, status: FakeStatus
) -> None:
    status.faults = [
        FaultRow(code="E101", severity="fault", sentence="No pictures.", action="Plug in.", since_s=12, count=1),
        FaultRow(code="E421", severity="warning", sentence="<b>Late</b>.", action="Go slow.", since_s=3, count=17),
    ]
    status.state = {"name": "FAULT", "sentence": "No pictures.", "action": "Plug in."}
    await says(page, "#state-name", "FAULT")
    await says(page, "#state-code", "E101, for 12 s")
    await says(page, "#state-action", "Plug in.")
    await expect(page.locator("#fault-list li")).to_have_count(1)
    await says(page, "#fault-list .sentence", "<b>Late</b>.")
    await says(page, "#fault-list .since", "for 3 s, 17×")
    await expect(page).to_have_title("FAULT – Mantle line 2")
    status.faults = []
    status.state = {"name": "READY", "sentence": "Well again.", "action": ""}
    await says(page, "#state-name", "READY")
    await expect(page.locator("#faults")).to_be_hidden()


async def test_silence_is_shown_as_silence_and_news_brings_the_page_back(
    page: Page, server: PageServer, status: FakeStatus
) -> None:
    status.run(30)
    await says(page, "#state-name", "RUNNING")
    await server.stop()
    await expect(page.locator("#stale")).to_contain_text("NO NEWS for", timeout=LIMIT_MS)
    await says(page, "#state-name", "NO NEWS")
    await expect(page).to_have_title("NO NEWS – station")
    await server.start()
    await says(page, "#state-name", "RUNNING")
    await expect(page.locator("#stale")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (820, 1180), (400, 800)])
async def test_nothing_runs_out_of_the_screen_sideways(page: Page, status: FakeStatus, width: int, height: int) -> None:
    status.simulated = ["camera", "PLC"]
    status.run(1_000)
    status.ledger["passed"] += 12_345_678
    status.ledger["triggers"] += 12_345_678
    await page.set_viewport_size({"width": width, "height": height})
    await says(page, "#sum-check", "✓ every part is accounted for")
    await expect(page.locator("#triggers")).to_contain_text("12\u202f346")
    root = page.locator("html")
    assert int(await root.evaluate("node => node.scrollWidth")) <= width
