"""What watching costs: trigger to verdict with two browsers and a scrape every 5 s, beside the same run without.

    python -m tests.page_bench [--rounds 3] [--parts 480] [--rate 12]
    python -m tests.page_bench --memory 10000 --rate 20

Real programs (`station demo`), a real Chromium; runs in pairs, so that a neighbour's load falls on both. Station and
cell come before the browsers, as `CPUWeight` of `systemd/station.service` puts the station (here: the session's nice
value, which only root may raise): drawn without a graphics card, two browsers take more than a processor. `--equal`
measures without that. It prints and asserts nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, CDPSession, async_playwright

from station.process_usage import command_of, tree_of

CHROMIUM = shutil.which("chromium")
SCRAPE_S = 5.0
SETTLE_S = 10.0
"""Starting two browsers takes every processor for some seconds: that is not what is measured."""
STEADY_S = 20.0
BROWSERS = 2
METRICS_URL = "http://127.0.0.1:9108/metrics"
PROGRAMS = ("station run ", "station simulate ")
FIRST = "-11"  # about CPUWeight=1000 beside 100


def raise_priority(pid: int) -> None:
    try:
        Path(f"/proc/{pid}/autogroup").write_text(FIRST, encoding="utf-8")
    except OSError as error:
        print(f"  not put first: {error}")


async def put_first(pid: int) -> None:
    """Station and cell of the demo `pid` before whatever else runs here."""
    first: set[int] = set()
    while len(first) < len(PROGRAMS):
        await asyncio.sleep(0.1)
        for child in tree_of(pid):
            if child not in first and any(word in command_of(child) for word in PROGRAMS):
                await asyncio.to_thread(raise_priority, child)
                first.add(child)


async def a_run(parts: int, rate: float, folder: Path, *, watched: bool, first: bool = True) -> dict[str, Any]:
    """One judged run; with `watched` two browsers look at it and a scrape comes every 5 s."""
    out = folder / "run.json"
    command = (
        sys.executable, "-m", "station", "demo", "--quiet",
        "--parts", str(parts), "--rate", str(rate), "--json", str(out),
    )  # fmt: skip
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    said = (await process.stdout.readline()).decode()
    url = said.split("Status page: ")[1].split()[0]
    draining = asyncio.create_task(process.stdout.read())
    watching = asyncio.create_task(watch(url)) if watched else None
    steady = asyncio.create_task(steady_latencies(url))
    putting = asyncio.create_task(put_first(process.pid)) if first else None
    latencies = await steady
    await process.wait()
    await draining
    if putting is not None:
        putting.cancel()
    if watching is not None:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    ordered = sorted(latencies)
    result["steady_ms"] = {
        "parts": len(ordered),
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[max(0, -(-len(ordered) * 99 // 100) - 1)],
        "max": ordered[-1],
    }
    return result


async def steady_latencies(url: str) -> list[float]:
    """Trigger to verdict of the parts from SETTLE_S after the page was there on, for STEADY_S."""
    await until_served(url)
    await asyncio.sleep(SETTLE_S)
    first = (await parts_of(url, ""))[0]["part_uid"]
    await asyncio.sleep(STEADY_S)
    found: list[float] = []
    before = ""
    while True:
        page = await parts_of(url, before)
        found += [part["latency_ms"] for part in page if part["part_uid"] > first]
        if not page or page[-1]["part_uid"] <= first:
            return found
        before = f"&before={page[-1]['part_uid']}"


async def parts_of(url: str, before: str) -> list[dict[str, Any]]:
    def ask() -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{url}api/parts?limit=200{before}", timeout=10) as answer:
            return json.load(answer)["parts"]  # type: ignore[no-any-return]

    return await asyncio.to_thread(ask)


async def watch(url: str) -> None:
    """Until cancelled."""
    await until_served(url)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            for _ in range(BROWSERS):
                page = await (await browser.new_context(viewport={"width": 1280, "height": 800})).new_page()
                began_s = time.monotonic()
                await page.goto(f"{url}#/line")
                await page.locator("text=/READY|RUNNING|STOPPED|STARTING|FAULT/").first.wait_for()
                print(f"  page ready after {time.monotonic() - began_s:.2f} s")
            while True:
                await asyncio.sleep(SCRAPE_S)
                with suppress(OSError):  # the run has just ended
                    await asyncio.to_thread(scrape)
        finally:
            await browser.close()


async def until_served(url: str) -> None:
    served = False
    while not served:
        try:
            await asyncio.to_thread(urllib.request.urlopen, f"{url}healthz", None, 2)
            served = True
        except urllib.error.HTTPError:
            served = True
        except OSError:
            await asyncio.sleep(0.2)


def scrape() -> int:
    with urllib.request.urlopen(METRICS_URL, timeout=5) as answer:
        return len(answer.read())


async def memory(parts: int, rate: float, folder: Path) -> None:
    """The page's heap after each tenth of a long run, garbage collected before."""
    running = asyncio.create_task(a_run(parts, rate, folder, watched=False))
    url = "http://127.0.0.1:8090/"
    await until_served(url)
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(f"{url}#/line")
        session: CDPSession = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        for tenth in range(10):
            await asyncio.sleep(parts / rate / 10)
            await session.send("HeapProfiler.collectGarbage")
            said = {m["name"]: m["value"] for m in (await session.send("Performance.getMetrics"))["metrics"]}
            print(
                f"  {tenth + 1}0 %: heap {said['JSHeapUsedSize'] / 1e6:.1f} MB, {said['Nodes']:.0f} nodes, "
                f"{said['JSEventListeners']:.0f} listeners",
                flush=True,
            )
        await browser.close()
    print(json.dumps((await running)["ledger"]))


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", type=int, default=420, help="at least 35 s of them")
    parser.add_argument("--rate", type=float, default=12.0)
    parser.add_argument("--memory", type=int, metavar="PARTS")
    parser.add_argument("--equal", action="store_true", help="browsers at the station's own priority")
    options = parser.parse_args()
    if CHROMIUM is None:
        print("no chromium here")
        return 1
    with tempfile.TemporaryDirectory() as name:
        if options.memory:
            await memory(options.memory, options.rate, Path(name))
            return 0
        ratios: list[float] = []
        for number in range(options.rounds):
            figures = {}
            for watched in (number % 2 == 0, number % 2 != 0):
                result = await a_run(options.parts, options.rate, Path(name), watched=watched, first=not options.equal)
                figures[watched] = result["steady_ms"]
                words = "watched" if watched else "alone  "
                whole, forced = result["latency_ms"], result["ledger"]["forced"]
                print(f"{words} {result['steady_ms']}; whole run {whole}, forced {forced}", flush=True)
            ratios.append(figures[True]["p99"] / figures[False]["p99"])
        each = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"p99 watched / alone: {each}; median {statistics.median(ratios):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
