"""A clerk's way in headless Chromium, at the width of a phone and by keyboard; what assistive programs need is there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import WAIT_MS, list_serious_faults, list_unseen_stops
from tests.doors.conftest import SECRET, UNIT, BookMaker, Served, list_inbox, run_intake

pytestmark = pytest.mark.integration
PHONE = {"width": 390, "height": 844}
SMALLEST_TARGET = 24  # pixels: WCAG 2.2, 2.5.8


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "run `make system`"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, locale="vi-VN", base_url=served.address)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    context.close()
    assert [text for text in troubles if "favicon" not in text and "status of 4" not in text] == []


def check_page(page: Page) -> None:
    """Holds for every page: nothing to scroll sideways, one main heading, named fields, targets that a thumb can hit."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert list_serious_faults(page) == [] and list_unseen_stops(page) == [], page.url
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator("h1").count() == 1 and page.locator("main").count() == 1
    for field in page.locator("input:not([type=hidden])").all():
        assert page.locator(f"label[for='{field.get_attribute('id')}']").count() == 1
    for target in page.locator("button, a.button, .rows a").all():
        box = target.bounding_box()
        assert box and box["height"] >= SMALLEST_TARGET, target.inner_text()


def test_a_clerks_way_on_a_phone(page: Page, served: Served, book: BookMaker, tmp_path: Path) -> None:
    page.goto("/")
    check_page(page)
    page.get_by_label("Mã đơn vị").fill(UNIT)
    page.get_by_label("Mật khẩu").fill("sai")
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("alert")).to_contain_text("chưa đúng")
    page.get_by_label("Mật khẩu").fill(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Phải gửi")).to_be_visible()
    check_page(page)
    page.screenshot(path=tmp_path / "desk.png", full_page=True)

    with page.expect_download() as download:
        page.get_by_role("link", name="Tải biểu mẫu").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")

    wrong = tmp_path / "Báo cáo quý III.xlsx"
    wrong.write_bytes(book().with_element("pop_total", "mười").bytes())
    page.locator("input[type=file]").set_input_files(wrong)
    page.get_by_role("button", name="Gửi báo cáo").click()
    expect(page.get_by_role("alert")).to_contain_text("Chưa đạt")
    expect(page.locator(".findings li").first).to_contain_text("Phải sửa")
    check_page(page)
    page.screenshot(path=tmp_path / "refused.png", full_page=True)

    run_intake()
    page.get_by_role("link", name="Xem lại").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải tệp kết quả").click()
    assert "tra-lai" in download.value.suggested_filename

    page.get_by_role("link", name="Về trang đầu").click()
    right = tmp_path / "Báo cáo đã sửa.xlsx"
    right.write_bytes(book().bytes())
    page.locator("input[type=file]").set_input_files(right)
    page.get_by_role("button", name="Gửi báo cáo").click()
    expect(page.get_by_role("status")).to_contain_text("Đạt")
    page.screenshot(path=tmp_path / "accepted.png", full_page=True)
    run_intake()
    page.goto("/")
    expect(page.get_by_text("Không còn báo cáo nào phải gửi")).to_be_visible()
    check_page(page)
    page.screenshot(path=tmp_path / "done.png", full_page=True)
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    assert list_inbox(served.settings) == []


def test_a_file_is_dropped_and_sent_by_keyboard(page: Page, served: Served, book: BookMaker) -> None:
    page.goto("/dang-nhap")
    expect(page.get_by_label("Mã đơn vị")).to_be_focused()
    page.keyboard.type(UNIT)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Mật khẩu")).to_be_focused()
    page.keyboard.type(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Phải gửi")).to_be_visible()
    data = page.evaluate_handle(
        "([bytes]) => { const t = new DataTransfer(); t.items.add(new File([new Uint8Array(bytes)], 'tha.xlsx')); return t; }",
        [list(book().bytes())],
    )
    page.locator("input[type=file]").evaluate("(field, data) => { field.files = data.files; }", data)
    page.locator("input[type=file]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kết quả kiểm tra")).to_be_visible()
    assert list_inbox(served.settings) == [f"{UNIT}/tha.xlsx"]


@pytest.mark.parametrize("path", ["/dang-nhap", "/huong-dan", "/khong-co"])
def test_other_pages_fit_a_phone_too(page: Page, path: str, tmp_path: Path) -> None:
    page.goto(path)
    check_page(page)
    page.screenshot(path=tmp_path / "page.png", full_page=True)
