"""Every view of the page in a real browser, over a station that only pretends.

Drawn, usable with keys alone, accessible to axe, in two languages, quiet in the console and towards the network.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.page_demo import ASSETS, PageDemo
from tests.page_demo_station import DemoStation

LIMIT_MS = 20_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="LOUD SKIP: no chromium here: the page's views are NOT tested in a browser"
)
SHOWN: dict[str, tuple[str, str]] = {
    "line": (".tiles .tile.pass", "P"),
    "parts": ("tbody tr", "#"),
    "review": (".judgement.good", "good"),
    "io": (".bits .on", "Enable"),
    "devices": (".device", "Camera: line-1"),
    "focus/line-1": (".focus-now", "."),
    "faults": (".fault-card", "heartbeat"),
    "recipes": (".recipe.active", "mantle-40"),
    "failsafe": (".failsafe-steps li", "Good part"),
    "login": (".roles", "technician"),
}
"""A view's address, what must be seen in it, and a word of it."""
_TIGHT = """() => [...document.querySelectorAll('a[href], button, select, summary, input')].filter((one) => {
  const box = one.getBoundingClientRect();
  const named = one.type === 'checkbox' ? document.querySelector(`label[for="${one.id}"]`) : one;
  const touched = named.getBoundingClientRect();
  return box.width && one.id !== 'skip' && (touched.height < 43.5 || Math.max(box.width, touched.width) < 43.5);
}).map((one) => one.outerHTML.slice(0, 120))"""
_PLACES = re.compile(r"\{\w+\}")
_REFUSED = re.compile(r"net::ERR_|status of (401|409) ")
"""What a browser says of a station that is gone, and of a refusal; all else in a console is a complaint."""
_CATALOGUES = """async () => {
  const [{ en }, { de }] = await Promise.all([import('./words/en.js'), import('./words/de.js')]);
  return [en, de];
}"""


@asynccontextmanager
async def pages(demo: PageDemo) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Opens pages of one browser; a complaint in a console or a request that leaves the machine fails the test."""
    complaints: list[str] = []
    await demo.start()

    async def open_page(browser: Browser, view: str, user: str | None = None, **options: Any) -> Page:
        settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        context = await browser.new_context(**settings)
        page = await context.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: None if _REFUSED.search(said.text) else complaints.append(said.text))
        page.on("request", lambda request: complaints.append(request.url) if _leaves(request.url) else None)
        if user:
            body = {"user": user, "password": "demo"}
            assert (await context.request.post(f"{demo.url}api/session", data=body)).ok
        await page.goto(f"{demo.url}#/{view}")
        await expect(page.locator("body[data-ready]")).to_be_attached(timeout=LIMIT_MS)
        return page

    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

            async def opened(view: str, user: str | None = None, **options: Any) -> Page:
                return await open_page(browser, view, user, **options)

            yield opened
            await browser.close()
        assert complaints == []
    finally:
        await demo.stop()


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"


def a_faulty_station() -> DemoStation:
    station = DemoStation()
    sentence = "The PLC's heartbeat has stood still for 600 ms (limit 500 ms). All parts are rejected."
    station.fail("E202", "fault", sentence, "Check that the PLC program runs and counts up its heartbeat.")
    station.fail("E421", "warning", "<b>Late</b>.", "Go slow.")
    station.status.state = {"name": "FAULT", "sentence": sentence, "action": "Check the program."}
    return station


async def shows(page: Page, selector: str, text: str | re.Pattern[str]) -> None:
    await expect(page.locator(selector).first).to_contain_text(text, timeout=LIMIT_MS)


async def go(page: Page, view: str) -> None:
    await page.evaluate("(hash) => { location.hash = hash; }", f"#/{view}")


def last_of(demo: PageDemo, verdict: str) -> dict[str, Any]:
    return next(life["part"] for life in reversed(demo.station.lives.values()) if life["part"]["verdict"] == verdict)


async def sideways(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_each_view_is_drawn_and_axe_finds_no_serious_violation(theme: str) -> None:
    demo = PageDemo(a_faulty_station(), running=False)
    part = last_of(demo, "reject")["part_uid"]
    rules: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if theme == "dark":
        rules["runOnly"] = ["color-contrast"]  # the rest is the same in both
    async with pages(demo) as opened:
        page = await opened("line", "erik", color_scheme=theme, reduced_motion="reduce")
        for view, (selector, word) in {**SHOWN, f"part/{part}": (".steps .reject", "Verdict")}.items():
            await go(page, view)
            await shows(page, selector, word)
            await expect(page.locator("h1")).to_have_count(1)
            violations = (await Axe().run(page, options=rules)).response["violations"]
            bad = [one for one in violations if one["impact"] in ("serious", "critical")]
            assert bad == [], (view, [(one["id"], [node["html"] for node in one["nodes"]]) for one in bad])
            assert await page.evaluate(_TIGHT) == [], f"{view}: too small for a glove"
            assert await sideways(page) <= 0, view


@pytest.mark.parametrize("width", [800, 400])
async def test_nothing_runs_out_of_a_narrow_screen_in_either_language(width: int) -> None:
    demo = PageDemo(a_faulty_station(), running=False)
    demo.station.status.ledger["passed"] += 12_345_678
    demo.station.status.ledger["triggers"] += 12_345_678
    part = last_of(demo, "forced")["part_uid"]
    async with pages(demo) as opened:
        page = await opened("line", "erik", viewport={"width": width, "height": 1000})
        for language in ("en", "de"):
            for view, (selector, _) in {**SHOWN, f"part/{part}": (".steps .forced", "")}.items():
                await go(page, view)
                await expect(page.locator(selector).first).to_be_visible(timeout=LIMIT_MS)
                assert await sideways(page) <= 0, (view, language)
            if language == "en":
                await page.get_by_role("button", name="Deutsch").click()
                await expect(page.locator("html")).to_have_attribute("lang", "de")


async def test_both_languages_have_the_same_words_and_every_word_that_the_page_asks_for() -> None:
    demo = PageDemo(a_faulty_station(), running=False)
    async with pages(demo) as opened:
        page = await opened("line")
        english, german = await page.evaluate(_CATALOGUES)
        assert english.keys() == german.keys()
        for key, text in english.items():
            assert sorted(_PLACES.findall(text)) == sorted(_PLACES.findall(german[key])), key
            assert text, key
            assert german[key], key
        asked = {key for source in ASSETS.rglob("*.js") for key in re.findall(r'\bt\("([^"]+)"', source.read_text())}
        assert asked - english.keys() == set()
        await page.get_by_role("button", name="Deutsch").click()
        await shows(page, ".state-word", "STÖRUNG")
        await shows(page, ".state-sentence", "Der Herzschlag der SPS steht seit 600 ms")
        await shows(page, ".faults-card .sentence [lang=en]", "<b>Late</b>.")
        await shows(page, "#simulated", "hier wird kein echtes Teil geprüft")
        await page.reload()
        await shows(page, ".state-word", "STÖRUNG")


def test_the_shell_names_every_module_so_that_none_is_fetched_late() -> None:
    named = set(re.findall(r'(?:modulepreload" href|module" src)="([^"]+)"', (ASSETS / "index.html").read_text()))
    assert named == {source.relative_to(ASSETS).as_posix() for source in ASSETS.rglob("*.js")}


async def test_the_review_is_done_with_the_keyboard_alone_and_marks_nothing_that_was_not_shown() -> None:
    demo = PageDemo(running=False)
    items = demo.station.review("rejects", "open")["items"]
    path = [f"/api/review/{item['part_uid']}" for item in items]
    async with pages(demo) as opened:
        page = await opened("line", "anna")
        await page.keyboard.press("Tab")
        await expect(page.locator("#skip")).to_be_focused()
        while not await page.evaluate("document.activeElement.getAttribute('href') === '#/review'"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_be_focused()
        while not await page.evaluate("document.activeElement.getAttribute('href') === '#/review/rejects'"):
            await page.keyboard.press("Tab")
        demo.may_show.clear()
        await page.keyboard.press("Enter")
        await shows(page, ".tab[aria-current]", "Rejects")
        await page.keyboard.press("g")
        demo.may_show.set()
        await shows(page, ".review-head h2", f"Part {items[0]['part_seq']}")
        assert demo.posts == []
        await page.keyboard.press("g")
        await shows(page, ".review-head h2", f"Part {items[1]['part_seq']}")
        await page.keyboard.press("2")
        await shows(page, ".review-head h2", f"Part {items[2]['part_seq']}")
        await page.keyboard.press("z")
        await shows(page, ".review-head h2", f"Part {items[1]['part_seq']}")
        await page.keyboard.press("u")
        await shows(page, ".review-head h2", f"Part {items[2]['part_seq']}")
        await page.keyboard.press("ArrowLeft")
        await shows(page, ".judged-mark", "unsure, by anna")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("?")
        await shows(page, "dialog[open] h2", "Review with the keyboard")
        await page.keyboard.press("g")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        await shows(page, ".tab[aria-current] .open-count", str(len(items) - 2))
    said = [(method, where, body.get("judgement")) for method, where, body in demo.posts]
    assert said == [
        ("POST", path[0], "good"),
        ("POST", path[1], "pits"),
        ("DELETE", path[1], None),
        ("POST", path[1], "unsure"),
    ]


async def test_who_may_only_look_is_told_what_is_needed_and_a_login_opens_it() -> None:
    demo = PageDemo(a_faulty_station(), running=False)
    async with pages(demo) as opened:
        page = await opened("review")
        await shows(page, ".needs", "This needs the role technician.")
        await expect(page.locator(".judgement.good")).to_be_disabled()
        await page.keyboard.press("g")
        await go(page, "login")
        await page.get_by_label("User").fill("anna")
        await page.get_by_label("Password").fill("demo")
        await page.keyboard.press("Enter")
        await shows(page, "#top", "anna")
        await go(page, "faults")
        await page.get_by_role("button", name="Acknowledge E202").click()
        await shows(page, ".fault-card .who", "acknowledged by anna")
        await page.get_by_label("Find by code or word").fill("E430")
        await expect(page.locator(".catalogue li")).to_have_count(1)
    assert [where for _, where, _ in demo.posts] == ["/api/faults/0/acknowledge"]


async def test_a_recipe_is_changed_only_after_it_was_asked_once_more() -> None:
    demo = PageDemo(running=False)
    async with pages(demo) as opened:
        page = await opened("recipes", "erik")
        await page.get_by_role("button", name="Change to recipe 2 mantle-60").click()
        await page.get_by_role("button", name="Cancel").click()
        assert demo.posts == []
        await page.get_by_role("button", name="Change to recipe 2 mantle-60").click()
        await page.get_by_role("button", name="Change", exact=True).click()
        await shows(page, ".changeover", "is being prepared")
        await shows(page, ".active-recipe", "Active: 2 mantle-60")


async def test_a_part_appears_at_once_and_the_tiles_stand_still_while_somebody_walks_through_them() -> None:
    demo = PageDemo(running=False)
    async with pages(demo) as opened:
        page = await opened("line")
        await shows(page, ".tiles .newest .seq", f"#{demo.station.status.ledger['triggers'] - 2}")
        nodes = await page.evaluate("document.querySelectorAll('.tiles *').length")
        for _ in range(200):
            await demo.part()
        newest = list(demo.station.lives.values())[-1]["part"]
        await shows(page, ".tiles .newest .seq", f"#{newest['part_seq']}")
        assert await page.evaluate("document.querySelectorAll('.tiles *').length") == nodes
        await shows(page, ".seen-head", f"#{newest['part_seq']}")
        await page.locator(".tiles a[tabindex='0']").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowDown")
        await demo.part()
        await shows(page, ".news", "1 newer")
        eighth = list(demo.station.lives.values())[-2 - 8]["part"]
        await page.keyboard.press("Enter")
        await shows(page, "h1", f"Part {eighth['part_seq']}")
        await expect(page.locator("h1")).to_be_focused()


async def test_what_is_wrong_is_told_once_as_text_and_a_sum_that_is_wrong_is_shouted() -> None:
    demo = PageDemo(a_faulty_station(), running=False)
    async with pages(demo) as opened:
        page = await opened("line")
        await shows(page, ".state-code", "E202, for 42 s")
        await expect(page.locator(".fault-row")).to_have_count(1)
        await shows(page, ".fault-row .sentence", "<b>Late</b>.")
        await expect(page).to_have_title(re.compile("^FAULT – Line"))
        await shows(page, ".sum-check", "✓ every part is accounted for")
        demo.station.status.ledger["triggers"] += 3
        await shows(page, ".ledger.wrong .sum-check", "✗ 3 not accounted for: the line is stopped")
        demo.station.status.simulated = []
        await expect(page.locator("#simulated")).to_be_hidden()


async def test_silence_is_shown_as_silence_and_news_brings_the_page_back() -> None:
    demo = PageDemo(running=False)
    async with pages(demo) as opened:
        page = await opened("line")
        await shows(page, ".state-word", "RUNNING")
        await demo.stop()
        await shows(page, "#stale", "NO NEWS since")
        await shows(page, ".state-word", "NO NEWS")
        await expect(page).to_have_title(re.compile("^NO NEWS"))
        await demo.start()
        await shows(page, ".state-word", "RUNNING")
        await expect(page.locator("#stale")).to_be_hidden()


async def test_a_part_tells_its_life_its_record_and_what_a_candidate_would_say() -> None:
    demo = PageDemo(running=False)
    forced = last_of(demo, "forced")
    pits = next(one["part"] for one in reversed(demo.station.lives.values()) if one["part"]["label"] == "pits")
    async with pages(demo) as opened:
        page = await opened(f"part/{pits['part_uid']}", "anna", permissions=["clipboard-read", "clipboard-write"])
        await expect(page.locator(".pictures-card .patch.wins")).to_have_count(1)
        await page.get_by_role("button", name="Patches", exact=True).click()
        await expect(page.locator(".pictures-card .patch.wins")).to_be_hidden()
        for words in ("Trigger", "Picture mantle", "Verdict", "Handed to the PLC", "Deadline", "confirmed", "Gate"):
            await expect(page.locator(".steps li", has_text=words).first).to_be_visible()
        await page.get_by_role("button", name="Copy").click()
        await shows(page, "#said", "The record was copied.")
        assert f'"partId": "{pits["part_uid"]}"' in await page.evaluate("navigator.clipboard.readText()")
        await page.get_by_role("button", name="Ask it").click()
        await shows(page, ".candidate-answer", "Another verdict")
        await page.locator("[data-judgement=scratches]").click()
        await shows(page, ".judged", "scratches, by anna")
        await page.get_by_role("button", name="Take my judgement back").click()
        await expect(page.locator(".judged")).to_have_count(0)
        await go(page, f"part/{forced['part_uid']}")
        await shows(page, "h1", f"Part {forced['part_seq']}")
        await expect(page.locator(".steps .forced")).to_have_count(1)


async def test_a_person_is_led_through_the_fail_safe_test() -> None:
    demo = PageDemo(running=False)
    async with pages(demo) as opened:
        page = await opened("failsafe", "anna")
        await page.get_by_label("Who does the test").fill("")
        await page.get_by_role("button", name="Start").click()
        await shows(page, "#said", "Say who does the test.")
        await page.get_by_label("Who does the test").fill("Anna <b>")
        await page.get_by_role("button", name="Start").click()
        await shows(page, ".failsafe-now h2", "Step 1 of 7: Good part (simulated: camera)")
        await page.get_by_role("button", name="I am ready").click()
        await shows(page, ".failsafe-waiting", "Look where the part went")
        await page.get_by_role("button", name="Good side").click()
        await shows(page, ".failsafe-steps .passed", "Good part · part 41: PASS, Good side · shown")
        await page.get_by_role("button", name="Leave out …").click()
        await page.get_by_label("Why?").fill("no such part here")
        await page.get_by_role("button", name="Leave out", exact=True).click()
        await shows(page, ".failsafe-steps .skipped", "no such part here")
        await page.get_by_role("button", name="Abort the test").click()
        await shows(page, ".failsafe-now h2", "INCOMPLETE: aborted by the operator.")
        await shows(page, ".failsafe", "Report: /var/lib/station")
