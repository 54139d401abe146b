"""The page in a browser: each page's golden path on a desk and on a phone, by keyboard, without an accessibility fault."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from etl.model import Finding, FindingLevel
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from tests.browser import (
    DESK,
    PHONE,
    WAIT_MS,
    has_sideways_scroll,
    list_serious_faults,
    list_unseen_stops,
    open_browser,
)
from tests.integration.conftest import PAGE_PERIOD as PERIOD
from tests.integration.conftest import PAGE_SCOPE as SCOPE
from tests.integration.test_page import SECRET

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page served on a loopback port, for one person who may decide."""
    whole = FastAPI()
    whole.mount("/tongket", build_page_app(lambda: PageUser("Y Bình", lambda _: True), SECRET))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(whole, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/tongket/"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param)
    context.set_default_timeout(WAIT_MS)
    yield context.new_page()
    context.close()


def check_page(page: Page) -> None:
    assert list_serious_faults(page) == [], page.url
    assert not has_sideways_scroll(page), page.url
    assert list_unseen_stops(page) == [], page.url
    assert page.locator("h1").count() == 1 and page.title().endswith("Tongket")


def test_every_page_goes_its_way(
    page: Page, address: str, draft_report: Callable[[int], int], send_form: Callable[..., str]
) -> None:
    draft_report(500)
    report = draft_report(900)
    send_form(950)

    page.goto(address)  # board → a unit → what changed
    check_page(page)
    page.goto(f"{address}board?scope={SCOPE}&period={PERIOD}")
    check_page(page)
    page.get_by_label("Tình trạng").select_option("accepted")
    page.get_by_role("button", name="Lọc").click()
    page.locator("tbody th a").first.click()
    page.get_by_role("heading", name="Thay đổi giữa các lần gửi").wait_for()
    check_page(page)

    page.get_by_role("link", name="Văn bản", exact=True).click()  # documents → one → read, compare
    check_page(page)
    page.get_by_role("link", name="Báo cáo: ").first.click()
    expect(page).to_have_url(f"{address}documents/{report}")
    check_page(page)
    page.get_by_role("link", name="So với bản trước").click()
    page.get_by_text("90,00").first.wait_for()
    check_page(page)
    page.go_back()
    page.get_by_role("link", name="Đọc HTML").click()
    page.get_by_role("heading", name="BÁO CÁO", exact=False).first.wait_for()

    page.goto(f"{address}scorecard?scope={SCOPE}&period={PERIOD}")  # scorecard → a number → its cells
    check_page(page)
    page.locator("a.figure:visible").filter(has_text=re.compile(r"\d")).first.click()
    page.get_by_role("heading", name="Nguồn của con số").wait_for()
    check_page(page)
    for path in ("findings?shown=all", "operations"):
        page.goto(address + path)
        check_page(page)


def test_an_engineer_reads_in_english_and_comes_to_the_cause_in_three_clicks(
    page: Page, address: str, send_form: Callable[..., str]
) -> None:
    asked = Finding("V19", FindingLevel.CONFIRM, "Số này tăng nhiều.", "Xem lại.", sheet="B", cell="C5", value="1")
    send_form(650, findings=(asked,))
    page.goto(f"{address}findings")
    page.get_by_role("link", name="English").click()
    page.get_by_role("heading", name="Findings", exact=True).wait_for()
    check_page(page)
    page.locator("tbody th a[lang=vi]").first.click()  # of the finding, the unit with its file
    page.get_by_text("cell C5").wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    check_page(page)
    link = page.get_by_role("link", name="Its run and log in Airflow")
    assert link.get_attribute("href")
    expect(page.get_by_text("To be confirmed").first).to_be_visible()
    page.goto(f"{address}operations")
    check_page(page)
    page.get_by_role("link", name="Documents", exact=True).click()
    page.get_by_role("heading", name="Văn bản", exact=True).wait_for()
    expect(page.locator("html"), "what the office reads stays Vietnamese").to_have_attribute("lang", "vi")
    page.goto(f"{address}no-such-page")
    page.get_by_role("heading", name="Not found").wait_for()
    assert list_serious_faults(page) == []


def test_a_director_decides_by_keyboard_alone(page: Page, address: str, draft_report: Callable[[int], int]) -> None:
    report = draft_report(500)
    page.goto(f"{address}documents/{report}")
    page.get_by_label("Lý do").focus()
    page.keyboard.type("Bổ sung nguyên nhân")
    page.keyboard.press("Tab")
    expect(page.locator("button[value=approved]")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("button[value=sent_back]")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_text("Đã trả lại").wait_for()
    expect(page.get_by_role("main")).to_contain_text("Bổ sung nguyên nhân")
    check_page(page)


def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(page: Page, address: str, warehouse: object) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}#noi-dung")
