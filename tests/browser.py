"""A headless Chromium, and what any page of ours must keep: no accessibility fault, no overflow on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

WAIT_MS = 120_000  # how long a page may take on a busy machine before it counts as missing
expect.set_options(timeout=WAIT_MS)

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
_SERIOUS = {"serious", "critical"}
_MOST_STOPS = 40
_STOP = """() => {
    const stop = document.activeElement;
    if (!stop || stop === document.body || stop === document.documentElement) return null;
    const style = getComputedStyle(stop);
    return {html: stop.outerHTML.slice(0, 120), outlined: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2};
}"""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Debian's Chromium; what Playwright would download is not used."""
    program = shutil.which("chromium")
    assert program, "install chromium (ops/system.sh)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def list_serious_faults(page: Page) -> list[str]:
    """What axe-core finds that would keep somebody out."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in _SERIOUS]


def has_sideways_scroll(page: Page) -> bool:
    """Whether the whole page is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def list_unseen_stops(page: Page) -> list[str]:
    """Stops of the keyboard, from the top of the page to its end, that show nobody where they are."""
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    unseen, seen = list[str](), 0
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(_STOP)
        if stop is None:
            break
        seen += 1
        if not stop["outlined"]:
            unseen.append(stop["html"])
    assert seen, "no stop at all"
    return unseen
