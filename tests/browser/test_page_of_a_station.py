"""The page over a real station and a real cell, in a real browser: every view, a judgement, a fault, a restart.

The views in every theme and language are tested over a pretended station (`test_page_views`); here it is the real one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from tests.pipeline.rig import Program, decided, descendants, program, until, write_config, write_pictures

LIMIT_MS = 30_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "a good long password"
VIEWS = ("line", "parts", "review", "review/rejects", "io", "devices", "faults", "recipes", "failsafe", "login")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="LOUD SKIP: no chromium here: the page is NOT tested over a station"),
    pytest.mark.timeout(240),
]
_EXPECTED = re.compile(r"net::ERR_|WebSocket connection|status of 401 ")
"""What a browser says by itself of a station that is gone, and of a visitor who is nobody yet."""

_AUDITED = """async (begin) => {
  const lines = await (await fetch('/api/audit')).json();
  return lines.some((one) => one.what.startsWith(begin) && one.outcome === 'done');
}"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write_config(tmp_path, write_pictures(tmp_path / "pictures"), gate=True, cell__parts=5000)
    command = (sys.executable, "-m", "station", "users", "add", str(path), "anna", "--role", "engineer")
    subprocess.run([*command, "--password-stdin"], input=PASSWORD, text=True, check=True, capture_output=True)
    return path


@pytest.fixture
def line(config: Path) -> Iterator[Program]:
    """Station and cell in motion; the station's program."""
    with program("run", config) as station, program("simulate", config, "--quiet"):
        until("parts are decided", lambda: decided(config) >= 6)
        yield station


def url_of(config: Path) -> str:
    return f"http://127.0.0.1:{yaml.safe_load(config.read_text(encoding='utf-8'))['page']['port']}/"


@asynccontextmanager
async def a_page(url: str) -> AsyncIterator[Page]:
    """A page whose complaints, and requests to anybody else, fail the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
        page.set_default_timeout(LIMIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: None if _EXPECTED.search(said.text) else complaints.append(said.text))
        page.on("request", lambda asked: complaints.append(asked.url) if _leaves(asked.url) else None)
        await page.goto(f"{url}#/line")
        yield page
        await browser.close()
    assert complaints == []


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1"


async def shows(page: Page, selector: str, text: str) -> None:
    await expect(page.locator(selector).first).to_contain_text(text, timeout=LIMIT_MS)


async def log_in(page: Page, url: str) -> None:
    await page.goto(f"{url}#/login")
    await page.locator("input[name=user]").fill("anna")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("a.tool[href='#/login']")).to_contain_text("anna", timeout=LIMIT_MS)


async def test_every_view_of_a_running_station_is_drawn_quiet_and_accessible(config: Path, line: Program) -> None:
    url = url_of(config)
    async with a_page(url) as page:
        await shows(page, ".state-word", "RUNNING")
        await expect(page.locator("#simulated")).to_be_visible()
        await log_in(page, url)
        for view in VIEWS:
            await page.goto(f"{url}#/{view}")
            await expect(page.locator("body[data-ready]")).to_be_attached()
            await expect(page.locator("main h1, main h2").first).to_be_visible()
            found = await Axe().run(page)
            serious = [one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
            assert serious == [], view
        assert line.process.poll() is None


async def test_a_reject_is_looked_at_judged_by_key_taken_back_and_seen_in_the_audit(
    config: Path, line: Program
) -> None:
    url = url_of(config)
    async with a_page(url) as page:
        await log_in(page, url)
        await page.goto(f"{url}#/review/rejects")
        await expect(page.locator("canvas, main img").first).to_be_visible()
        await page.keyboard.press("u")
        await page.wait_for_function(_AUDITED, arg="POST /api/review/")
        await page.keyboard.press("z")
        await page.wait_for_function(_AUDITED, arg="DELETE /api/review/")
        lines = await page.evaluate("fetch('/api/audit').then((answer) => answer.json())")
        assert {one["user"] for one in lines if "/api/review/" in one["what"]} == {"anna"}
        assert PASSWORD not in str(lines)
    assert PASSWORD not in (config.parent / "station.log").read_text(encoding="utf-8")
    del line


async def test_a_fault_arrives_by_itself_and_the_page_comes_back_after_the_station_was_restarted(config: Path) -> None:
    url = url_of(config)
    with program("simulate", config, "--quiet"), program("run", config) as station:
        until("parts are decided", lambda: decided(config) >= 3)
        async with a_page(url) as page:
            await shows(page, ".state-word", "RUNNING")
            os.kill(descendants(station.process.pid, "station.workers.worker")[0], signal.SIGKILL)
            await page.goto(f"{url}#/faults")
            await shows(page, "main", "E302")
            station.stop()
            await shows(page, "#stale", "NO NEWS since")
            with program("run", config):
                await expect(page.locator("#stale")).to_be_hidden(timeout=LIMIT_MS)
                await page.goto(f"{url}#/line")
                await expect(page.locator(".state-word").first).not_to_have_text("NO NEWS", timeout=LIMIT_MS)


async def test_what_a_visitor_may_not_do_is_refused_by_the_station_itself(config: Path, line: Program) -> None:
    url = url_of(config)
    async with a_page(url) as page:
        await shows(page, ".state-word", "RUNNING")
        status = await page.evaluate(
            """async () => {
              const { csrf } = await (await fetch('/api/session')).json();
              const headers = { 'X-CSRF-Token': csrf };
              return (await fetch('/api/recipes/1/activate', { method: 'POST', headers })).status;
            }"""
        )
    assert status == 401
    assert line.process.poll() is None


def test_a_command_without_the_pages_token_is_refused(config: Path, line: Program) -> None:
    asked = urllib.request.Request(f"{url_of(config)}api/faults/1/acknowledge", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=5)
    assert refused.value.code in {401, 403}
    refused.value.close()
    del line
