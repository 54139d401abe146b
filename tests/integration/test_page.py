"""The page: nothing without a login, nothing decided without right, token and reason; what it shows is what is on record."""

from __future__ import annotations

import datetime as dt
import html
import re
import shutil
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from etl import steps
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Finding, FindingLevel, Period
from etl.model.vietnam_time import get_current_date
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from etl.page.page_rendering import (
    format_page_day,
    format_page_moment,
    format_page_number,
    format_page_period,
    format_page_size,
)
from etl.settings import Settings
from etl.warehouse.journal import register_delivery
from tests.integration.conftest import PAGE_FORM as FORM
from tests.integration.conftest import PAGE_PERIOD as PERIOD
from tests.integration.conftest import PAGE_SCOPE as SCOPE
from tests.integration.published import home
from tests.report.samples import read_page

pytestmark = pytest.mark.integration

HOSTILE = '<script>alert("x")</script>'
SECRET = "of the tests, thirty-two bytes and more"  # noqa: S105


class Visitor:
    """A browser at the page, signed in as somebody or nobody."""

    def __init__(self) -> None:
        self.user: PageUser | None = PageUser("Y Bình", lambda _: True)
        self.page = build_page_app(self.get_user, SECRET)
        whole = FastAPI()
        whole.mount("/tongket", self.page)
        self.client = TestClient(whole, base_url="http://testserver/tongket/", follow_redirects=False)

    def get_user(self) -> PageUser:
        if self.user is None:
            raise HTTPException(401)
        return self.user

    def read(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def find_token(self, report: int) -> str:
        return self.read(f"documents/{report}").partition('name="token" value="')[2].partition('"')[0]

    def decide(self, report: int, decision: str, **words: str) -> Any:
        return self.client.post(f"documents/{report}", data={"decision": decision, **words})


@pytest.fixture
def visitor(warehouse: Settings) -> Iterator[Visitor]:
    made = Visitor()
    with made.client:
        yield made


# --- login, roles, forms ---------------------------------------------------------------------------------


def test_no_route_answers_without_a_login(visitor: Visitor) -> None:
    visitor.user = None
    routes = [route for route in visitor.page.routes if isinstance(route, APIRoute)]
    assert len(routes) > 12
    for route in routes:
        path = route.path.format(report=1, delivery=1, name="a.html").lstrip("/")
        for method in route.methods:
            answer = visitor.client.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert "Cần đăng nhập" in answer.text


def test_a_page_that_nobody_gave_a_login_to_refuses() -> None:
    from etl.page.page_login import get_page_user

    with pytest.raises(HTTPException) as caught:
        get_page_user()
    assert caught.value.status_code == 401


def test_who_may_only_look_sees_no_form_and_decides_nothing(
    visitor: Visitor, draft_report: Callable[[int], int]
) -> None:
    report = draft_report(500)
    token = visitor.find_token(report)
    visitor.user = PageUser("Y Bình", lambda cadence: cadence != "quarter")
    page = visitor.read(f"documents/{report}")
    assert "được xem, không được quyết định" in page and "<form" not in page
    assert visitor.decide(report, "approved", token=token).status_code == 403
    assert "Chờ quyết định" in visitor.read(f"documents/{report}")


@pytest.mark.parametrize("forged", ["", "x", "another person's", "another document's"])
def test_a_form_from_elsewhere_decides_nothing(
    visitor: Visitor, draft_report: Callable[[int], int], forged: str
) -> None:
    report = draft_report(500)
    tokens = {"another document's": visitor.page.state.guard.build_token(visitor.user, "document 999")}
    stranger = PageUser("Khác", lambda _: True)
    tokens["another person's"] = visitor.page.state.guard.build_token(stranger, f"document {report}")
    assert visitor.decide(report, "approved", token=tokens.get(forged, forged)).status_code == 403
    assert "Chờ quyết định" in visitor.read(f"documents/{report}")


def test_every_answer_forbids_scripts_and_other_frames(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    report = draft_report(500)
    for path in ("", f"documents/{report}", "operations", "no-such-page", "page.css"):
        headers = visitor.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert "script-src" not in headers["content-security-policy"]


# --- decisions -------------------------------------------------------------------------------------------


def test_approved_here_is_published_with_the_name_of_the_login(
    visitor: Visitor, draft_report: Callable[[int], int], warehouse: Settings
) -> None:
    report = draft_report(500)
    answer = visitor.decide(report, "approved", token=visitor.find_token(report))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tongket/documents/{report}")
    page = visitor.read(f"documents/{report}")
    assert "Đã phát hành" in page and "Y Bình" in page and "<form" not in page
    published = warehouse.outbox / "reports" / PERIOD / SCOPE / "ty-ct25_quarter"
    word = next(path for path in published.iterdir() if path.suffix == ".docx")
    assert visitor.client.get(f"documents/{report}/files/{word.name}").content == word.read_bytes()


def test_what_the_registry_fills_in_here_is_printed_and_a_wrong_number_publishes_nothing(
    visitor: Visitor, draft_report: Callable[[int], int], warehouse: Settings
) -> None:
    report = draft_report(500)
    entry = {"number": "05", "date": get_current_date().isoformat(), "signer": "Nguyễn Văn Bình", "title": "GIÁM ĐỐC"}
    wrong = visitor.decide(report, "approved", token=visitor.find_token(report), **entry | {"number": "5a"})
    assert "“5a” không phải là số văn bản" in wrong.text, "told in words, with what was filled in still there"
    assert all(f'value="{word}"' in wrong.text for word in ("5a", entry["date"], entry["signer"]))
    assert wrong.status_code == 409 and "Chờ quyết định" in visitor.read(f"documents/{report}")
    assert visitor.decide(report, "approved", token=visitor.find_token(report), **entry).status_code == 303
    published = warehouse.outbox / "reports" / PERIOD / SCOPE / "ty-ct25_quarter"
    page = read_page(next(path for path in published.iterdir() if path.suffix == ".html").read_bytes())
    assert "Số: 05/" in page and f"năm {entry['date'][:4]}" in page and "Nguyễn Văn Bình" in page


def test_sent_back_needs_a_reason_which_then_stands_there(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    report = draft_report(500)
    answer = visitor.decide(report, "sent_back", token=visitor.find_token(report), reason="  ")
    assert answer.status_code == 409 and "Cần ghi lý do" in answer.text
    assert "Chờ quyết định" in visitor.read(f"documents/{report}")
    words = f"Bổ sung nguyên nhân {HOSTILE}"
    assert visitor.decide(report, "sent_back", token=visitor.find_token(report), reason=words).status_code == 303
    page = visitor.read(f"documents/{report}")
    assert f"documents/{report}<" not in visitor.read("documents") and "Phê duyệt và phát hành" in page
    assert "Đã trả lại" in page and "Bổ sung nguyên nhân &lt;script&gt;" in page and HOSTILE not in page


def test_a_draft_that_was_replaced_is_not_decided_on(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    old = draft_report(500)
    token = visitor.find_token(old)
    new = draft_report(900)
    assert new > old
    page = visitor.read(f"documents/{old}")
    assert f"bản mã {new}" in page and "<form" not in page and "Chờ quyết định" not in page
    answer = visitor.decide(old, "approved", token=token)
    assert answer.status_code == 409 and f"đã được thay bằng bản mã {new}" in answer.text
    changed = visitor.read(f"documents/{new}/changes")
    assert "50,00" in changed and "90,00" in changed
    assert f"documents/{old}<" not in visitor.read("documents") and f"documents/{new}" in visitor.read("documents")


def test_a_file_is_served_only_as_it_was_written(
    visitor: Visitor, draft_report: Callable[[int], int], warehouse: Settings
) -> None:
    report = draft_report(500)
    folder = warehouse.outbox / "drafts" / PERIOD / SCOPE
    html = next(path for path in folder.iterdir() if path.suffix == ".html")
    answer = visitor.client.get(f"documents/{report}/files/{html.name}")
    assert (
        answer.headers["content-disposition"].startswith("inline")
        and "sandbox" in answer.headers["content-security-policy"]
    )
    word = next(path for path in folder.iterdir() if path.suffix == ".docx")
    kept = visitor.client.get(f"documents/{report}/files/{word.name}")
    assert kept.headers["content-disposition"].startswith("attachment")
    html.write_bytes(html.read_bytes() + b" ")
    visitor.read(f"documents/{report}/files/{html.name}", 404)
    for name in ("no-such.html", "..%2f..%2f..%2fsecrets%2fsigning.pem", "%2fetc%2fpasswd"):
        visitor.read(f"documents/{report}/files/{name}", 404)


HOSTILE_WORDS = [
    "\0",
    "a\0b",
    "' OR '1'='1",
    "%_\\",
    HOSTILE,
    "../../etc/passwd",
    "\u202e\u0301",
    "2024Q9",
    "x" * 90,
    "\U0001f4a3",
]


@pytest.mark.parametrize("word", HOSTILE_WORDS)
def test_no_word_in_an_address_breaks_a_page(visitor: Visitor, word: str) -> None:
    """Each parameter of each route in turn, with the others as a person would have them."""
    usual = {
        "scope": SCOPE,
        "period": PERIOD,
        "form": FORM,
        "unit": "07351",
        "plan": "ty-ct25",
        "item": "1",
        "dag": "x",
    }
    asked = 0
    for route in visitor.page.routes:
        if not isinstance(route, APIRoute) or "GET" not in route.methods:
            continue
        path = route.path.format(report=1, delivery=1, name=urllib.parse.quote(word, safe="")).lstrip("/")
        for name in [parameter.name for parameter in route.dependant.query_params] or ["no"]:
            answer = visitor.client.get(path, params={**usual, name: word})
            assert answer.status_code in {200, 303, 404, 422}, (path, name, answer.text)
            assert HOSTILE not in answer.text and "Traceback" not in answer.text
            asked += 1
    assert asked > 25


def test_no_number_in_an_address_breaks_a_page(visitor: Visitor) -> None:
    for path in ("documents/{}", "documents/{}/changes", "documents/{}/files/a", "returned/{}", "runs/{}"):
        for number in (0, 2**31 - 1, 2**31, 2**63, 10**30, -1, "1e3", "١"):
            assert visitor.client.get(path.format(number)).status_code in {404, 422}, (path, number)
    assert visitor.client.post(f"documents/{2**40}", data={"decision": "approved"}).status_code == 422


def test_no_word_in_a_form_breaks_a_decision(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    report = draft_report(500)
    for field in ("token", "reason", "number", "date", "signer", "title"):
        for word in ("\0", HOSTILE, "x" * 3000, "\u202e"):
            words = {
                "token": visitor.find_token(report),
                "number": "5",
                "date": get_current_date().isoformat(),
                field: word,
            }
            decision = "sent_back" if field == "token" else "approved"
            answer = visitor.decide(
                report, decision, **words | ({"number": "x"} if field in {"reason", "signer", "title"} else {})
            )
            assert answer.status_code in {403, 409, 422}, (field, word, answer.text)
            assert HOSTILE not in answer.text
    assert "Chờ quyết định" in visitor.read(f"documents/{report}")


def test_nothing_that_is_asked_breaks_the_page_or_decides(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    """Methods × paths × headers × bodies; the client raises what the application does not answer."""
    report = draft_report(500)
    paths = [route.path for route in visitor.page.routes if isinstance(route, APIRoute)]
    values = st.sampled_from(("1", str(report), "0", "%00", "%ff", "..%2f", "a.html", "%F0%9F%92%A3", str(2**63)))
    places = st.builds(
        lambda path, value, end: re.sub(r"{\w+}", value, path).lstrip("/") + end,
        st.sampled_from(paths), values, st.sampled_from(("", "/", "?lang=en", "?lang=x", "?page=-1", "?x=%ff&scope=%00", "?" + "a=b&" * 300)),
    )  # fmt: skip
    headers = st.dictionaries(
        st.sampled_from(("Cookie", "Range", "If-Range", "If-None-Match", "Content-Type", "Accept-Language", "Sec-Fetch-Dest")),
        st.sampled_from(("tongket_language=en", "bytes=0-1", "bytes=9-1", "x", "multipart/form-data", "multipart/form-data; boundary=x",
                         "application/x-www-form-urlencoded; charset=x", "iframe", "\xe9")) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        max_size=3,
    )  # fmt: skip
    bodies = st.sampled_from(
        (b"", b"decision=approved", b"decision=%00", b"--x\r\n", b"a=b&" * 2000, b"\xff")
    ) | st.binary(max_size=40)
    methods = st.sampled_from(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "X"))

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
    @given(methods, places, headers, bodies)
    def ask(method: str, place: str, given_headers: dict[str, str], body: bytes) -> None:
        sent = {name: value.encode("latin1") for name, value in given_headers.items()}
        answer = visitor.client.request(method, place, headers=sent, content=body)
        assert answer.status_code < 500 and "Traceback" not in answer.text, (method, place, answer.text)

    ask()
    assert "Chờ quyết định" in visitor.read(f"documents/{report}")


# --- what is shown ---------------------------------------------------------------------------------------


def test_the_periods_begin_with_this_instances_scopes_and_end_today(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    monkeypatch.setattr("etl.page.page_rendering.get_current_time", lambda: today)
    for scope, other in (("quang-ngai", "bac-ninh"), ("bac-ninh", "quang-ngai")):
        monkeypatch.setenv("TONGKET_SCOPES", scope)
        page = visitor.read("")
        assert page.index(f"scope={scope}&amp;period=2026Q3") < page.index(f"scope={other}&amp;period=2026Q3")
        assert "period=2026Q4" in page and "period=2027" not in page


def test_the_board_counts_filters_and_finds_names_however_typed(
    visitor: Visitor, send_form: Callable[..., str], loader: Engine
) -> None:
    code = send_form(500)
    page = visitor.read(f"board?scope={SCOPE}&period={PERIOD}")
    assert "Đã tiếp nhận</span>: <b>1</b>" in page and "Chưa phát biểu" in page
    with loader.connect() as conn:
        name, searched = conn.execute(
            text("SELECT unit_name, searched_name FROM out.board WHERE unit_code = :code AND period = :period"),
            {"code": code, "period": PERIOD},
        ).one()
    assert searched.isascii() and searched != name
    for typed in (name, name.upper(), searched, code):
        found = visitor.client.get("board", params={"scope": SCOPE, "period": PERIOD, "search": typed}).text
        assert name in found and "/1, 1 dòng" in found, typed
    for typed in ("%", "_", "\\", HOSTILE):
        found = visitor.client.get("board", params={"scope": SCOPE, "period": PERIOD, "search": typed}).text
        assert "Không có đơn vị nào như vậy" in found and HOSTILE not in found
    assert name not in visitor.read(f"board?scope={SCOPE}&period={PERIOD}&state=silent")
    assert steps.open_period(SCOPE, PERIOD)
    assert "Chưa gửi" in visitor.read(f"board?scope={SCOPE}&period={PERIOD}&state=silent")


def test_every_unit_stands_on_one_page_of_the_board(
    visitor: Visitor, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.warehouse.page_views.PAGE_SIZE", 7)
    pages = [visitor.read(f"board?scope={SCOPE}&period={PERIOD}&page={number}") for number in (1, 2, 3, 4)]
    found = [code for page in pages for code in re.findall(r"&amp;unit=(\w+)", page)]
    owed = list_obligations(catalogue, catalogue.get_scope(SCOPE), Period.parse(PERIOD))
    assert sorted(found) == sorted(unit.code for _, _, unit in owed) and 14 < len(found) <= 21
    assert "Sau →" in pages[0] and "Sau →" not in pages[2] and "← Trước" in pages[2]


def test_a_file_that_waits_for_its_check_is_told_apart_from_silence(visitor: Visitor, loader: Engine) -> None:
    assert steps.open_period(SCOPE, PERIOD)
    with loader.begin() as conn:
        register_delivery(conn, "a" * 64, 1, "x.xlsx", "07351", "2024-04-10T08:00:00+07:00")
    assert "07351" in visitor.read(f"board?scope={SCOPE}&period={PERIOD}&state=received")


def test_a_unit_shows_its_files_findings_and_what_each_version_changed(
    visitor: Visitor, send_form: Callable[..., str]
) -> None:
    asked = Finding("Z01", FindingLevel.CONFIRM, f"Lạ: {HOSTILE}", "Xem lại.", sheet="B", cell="C5", value="=1+1")
    code = send_form(500)
    send_form(650, findings=(asked,), name=f"{HOSTILE}.xlsx")
    page = visitor.read(f"unit?scope={SCOPE}&period={PERIOD}&form={FORM}&unit={code}")
    assert "lần 2" in page and "Thay đổi giữa các lần gửi" in page
    assert ">500<" in page and ">650<" in page and "Lạ: &lt;script&gt;" in page and HOSTILE not in page
    waiting = visitor.read(f"findings?scope={SCOPE}&period={PERIOD}")
    assert "Z01" in waiting and "ô" not in waiting.partition("B!C5")[0][-3:]
    send_form(700, name="explained.xlsx")  # a version without the finding is in force now
    assert "Không có lỗi nào chờ giải trình" in visitor.read(f"findings?scope={SCOPE}&period={PERIOD}")
    assert "Z01" in visitor.read(f"findings?scope={SCOPE}&period={PERIOD}&shown=all")
    visitor.read(f"unit?scope={SCOPE}&period={PERIOD}&form={FORM}&unit=00000", 404)


def test_the_scorecard_leads_from_a_number_to_its_cells(visitor: Visitor, draft_report: Callable[[int], int]) -> None:
    draft_report(500)
    page = visitor.read(f"scorecard?scope={SCOPE}&period={PERIOD}")
    assert "Theo đơn vị" in page and "trace?scope=tan-yen" in page
    item_code = page.partition("&amp;item=")[2].partition("&amp;")[0]
    items = {part.partition("&amp;")[0] for part in page.split("&amp;item=")[1:]}
    assert item_code in items
    traces = [visitor.read(f"trace?scope={SCOPE}&period={PERIOD}&plan=ty-ct25&item={code}") for code in sorted(items)]
    assert any("telehealth" in trace and "500" in trace for trace in traces)
    assert "Chưa lần được về nguồn" in visitor.read(f"trace?scope={SCOPE}&period=2024Q2&plan=ty-ct25&item=1")


def test_operations_tells_of_the_last_backup_what_is_stale_and_what_failed(
    visitor: Visitor, send_form: Callable[..., str]
) -> None:
    page = visitor.read("operations")
    assert "Chưa có bản sao lưu nào" in page and "đang tắt" in page
    send_form(500)
    steps.record_failed_run("attain", "run 1", PERIOD, ["compute"])
    page = visitor.read("operations")
    assert "Số liệu cần tính lại: 1" in page and 'href="/dags/attain/runs/run%201"' in page and "compute" in page
    steps.compute_attainment(SCOPE, PERIOD)
    steps.back_up_nightly("2024-04-22")
    page = visitor.read("operations")
    assert "2024-04-22.tongket-backup" in page and "Số liệu cần tính lại: 0" in page


def test_what_every_rule_said_is_a_page_without_rights(visitor: Visitor) -> None:
    answer = visitor.client.get(f"data-docs?scope={SCOPE}&period={PERIOD}")
    assert "Chưa có lần kiểm tra nào" in answer.text and answer.headers["content-security-policy"].startswith("sandbox")
    visitor.read("data-docs?scope=no-such&period=2024Q1", 404)


def test_a_plan_of_a_former_unit_has_its_own_area(warehouse: Settings, visitor: Visitor) -> None:
    steps.compute_attainment("quang-ngai", "2026Q3")
    page = visitor.read("scorecard?scope=quang-ngai&period=2026Q3&plan=kt-1693")
    assert (
        "Chỉ tiêu của toàn địa bàn" in page and "Tỉnh Kon Tum (địa giới đến ngày 30/06/2025), quý III năm 2026" in page
    )
    page = visitor.read("scorecard?scope=quang-ngai&period=2026Q3&plan=ttg-ct25")
    assert "Tỉnh Quảng Ngãi, quý III năm 2026" in page


def test_agencies_stand_apart_from_the_communes(warehouse: Settings, visitor: Visitor, catalogue: Catalogue) -> None:
    """The centres owe all that says how many of them do what they may; until they send it they have no figure."""
    steps.compute_attainment("quang-ngai", "2026Q3")
    page = visitor.read("scorecard?scope=quang-ngai&period=2026Q3&plan=kt-124")
    communes, heading, agencies = page.partition("<h2>Theo đơn vị</h2>")[2].partition("<h2>Cơ quan, đơn vị</h2>")
    centres = [unit for unit in catalogue.units if unit.code.startswith("51-TTYT-")]
    assert heading and len(centres) == 10
    for centre in centres:
        assert centre.code not in communes
        assert f'<th scope="row">{html.escape(centre.name)}</th>' in agencies
    assert agencies.count('class="figure no_data"') == len(centres)
    assert agencies.count("<abbr") == 1, "only what an agency has figures of"


def test_the_map_shows_every_unit_at_its_place_for_one_target(
    visitor: Visitor, draft_report: Callable[[int], int]
) -> None:
    draft_report(500)
    page = visitor.read(f"scorecard?scope={SCOPE}&period={PERIOD}")
    chart = page.partition('<svg class="map"')[2].partition("</svg>")[0]
    assert chart.count("<title>") > 10 and "Trên bản đồ" in page
    options = page.rpartition('<select name="item">')[2].partition("</select>")[0].split('value="')[1:]
    maps: dict[str, str] = {}
    for item in (option.partition('"')[0] for option in options):
        chosen = visitor.read(f"scorecard?scope={SCOPE}&period={PERIOD}&plan=ty-ct25&item={item}")
        assert f'<option value="{item}" selected>' in chosen
        maps[item] = chosen.partition('<svg class="map"')[2].partition("</svg>")[0]
    assert any("50,00</title>" in drawn for drawn in maps.values()), "500 of the unit's 1000 people"


def test_engineers_pages_are_switched_to_english_and_stay_so(visitor: Visitor, send_form: Callable[..., str]) -> None:
    asked = Finding("V19", FindingLevel.CONFIRM, "Số này tăng nhiều.", "Xem lại.", sheet="B", cell="C5", value="1")
    send_form(500)
    unit = f"unit?scope={SCOPE}&period={PERIOD}&form={FORM}&unit={send_form(650, findings=(asked,))}"
    titles = {"operations": ("Vận hành", "Operations"), "findings?shown=all": ("Lỗi số liệu", "Findings")}
    for path, (vietnamese, english) in titles.items():
        assert f"<h1>{vietnamese}</h1>" in visitor.read(path)
        (there,) = re.findall(r'<a href="([^"]+)" lang="en"', visitor.read(path))
        page = visitor.read(html.unescape(there).removeprefix("/tongket/"))
        assert '<html lang="en">' in page and f"<h1>{english}</h1>" in page
        assert f"<h1>{english}</h1>" in visitor.read(path), "kept by the browser"
        (back,) = re.findall(r'<a href="([^"]+)" lang="vi" hreflang', page)
        assert f"<h1>{vietnamese}</h1>" in visitor.read(html.unescape(back).removeprefix("/tongket/"))
    visitor.read("operations?lang=en")
    for path in ("operations", "findings?shown=all", unit, "findings?scope=x&period=2024Q1"):
        ours = re.sub(r'<(title>|(\w+)[^>]* lang="vi"[^>]*>).*?</(\2|title)>', "", visitor.read(path))
        ours = ours.replace("Y Bình", "")
        assert not re.search("[À-ỹ]", unicodedata.normalize("NFC", ours)), path
    page = visitor.read(unit)
    assert "What each version changed" in page and "2024Q1" in page and "Accepted" in page
    assert "<h1>Not found</h1>" in visitor.read("documents/1", 404) and "Wrong address" in visitor.read("board", 422)
    for path in ("", "documents", "scorecard", f"board?scope={SCOPE}&period={PERIOD}"):
        assert '<html lang="vi">' in visitor.read(path) and "hreflang" not in visitor.read(path), "an office page"
    visitor.read("operations?lang=fr", 422)


def test_numbers_and_times_of_engineers_pages_are_written_as_their_language_does() -> None:
    day, at = dt.date(2024, 4, 5), dt.datetime(2024, 4, 5, 1, 2, tzinfo=dt.UTC)
    assert [format_page_number(1234.5, 1, language) for language in ("vi", "en")] == ["1.234,5", "1,234.5"]
    assert [format_page_size(2_500_000_000, language) for language in ("vi", "en")] == ["2,5 GB", "2.5 GB"]
    assert [format_page_day(day, language) for language in ("vi", "en")] == ["05/04/2024", "2024-04-05"]
    assert [format_page_period("2024Q3", language) for language in ("vi", "en")] == ["quý III năm 2024", "2024Q3"]
    assert format_page_moment(at, None) == "2024-04-05 08:02 (UTC+7)"
    assert format_page_day(None, "en") == format_page_number(None, 1, "en") == format_page_size(None, "en") == ""


def test_a_file_leads_to_the_run_that_checked_it(
    visitor: Visitor, send_form: Callable[..., str], loader: Engine
) -> None:
    code, asked = send_form(500), []
    visitor.page.state.find_run_path = lambda dag, at: asked.append((dag, at)) or "dags/intake/runs/r%201"
    page = visitor.read(f"unit?scope={SCOPE}&period={PERIOD}&form={FORM}&unit={code}")
    (link,) = re.findall(r'href="/tongket/(runs/\d+)"', page)
    answer = visitor.client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dags/intake/runs/r%201")
    with loader.begin() as conn:
        decided_at = conn.execute(text("SELECT decided_at FROM out.delivery WHERE state = 'accepted'")).scalar_one()
        waiting, _ = register_delivery(conn, "a" * 64, 1, "x.xlsx", "07351", "2024-04-10T08:00:00+07:00")
    assert asked == [("intake", decided_at)]
    for delivery in (waiting.delivery_id, 10**6):
        visitor.read(f"runs/{delivery}", 404)


def test_from_airflow_a_dag_leads_to_the_page_of_its_work(visitor: Visitor) -> None:
    visitor.page.state.find_page_path = lambda dag, run: f"documents?period={run}" if dag == "report_annual" else ""
    answer = visitor.client.get("of?dag=report_annual&run=2024")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tongket/documents?period=2024")
    assert visitor.client.get("of?dag=intake").headers["location"] == "/tongket/"


# --- bad days --------------------------------------------------------------------------------------------


def test_a_broken_catalogue_costs_names_not_the_page(
    visitor: Visitor, send_form: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_form(500)
    folder = home(tmp_path, monkeypatch)
    (folder / "catalog" / "indicators.yaml").write_text("- [", encoding="utf-8")
    page = visitor.read(f"board?scope={SCOPE}&period={PERIOD}")
    assert "Danh mục đang có lỗi" in page and "indicators.yaml" in page and FORM in page
    shutil.rmtree(folder / "catalog")


def test_a_warehouse_that_is_away_is_said_and_no_page_is_half_true(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_DATABASE_URL", "postgresql+psycopg://nobody:hush@127.0.0.1:1/none")
    for path in ("", "documents", "findings", "scorecard"):
        page = visitor.read(path, 503)
        assert "Chưa hiện được trang này" in page and "hush" not in page and "Traceback" not in page
    page = visitor.read("operations", 503)
    assert "Không đọc được kho số liệu" in page and "the database is away" in page and "hush" not in page
    assert "Ổ đĩa" in page and "apache-airflow" in page, "what is known without it"
    assert "Lượt chạy hỏng" not in page and "Tệp chờ" not in page, "no figure of a warehouse that nobody read"


def test_a_wrong_password_is_told_from_a_warehouse_that_is_away(
    visitor: Visitor, warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError('connection failed: FATAL:  password authentication failed for user "tongket"')

    with monkeypatch.context() as patch:
        patch.setattr(psycopg, "connect", refuse)
        page = visitor.read("operations", 503)
        assert "the database refuses the login" in page and "TONGKET_DATABASE_URL" in page
        assert "the database refuses the login" in visitor.read("documents", 503)


def test_a_disk_nearly_full_is_said_on_every_page(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "sắp đầy" not in visitor.read("documents")
    monkeypatch.setenv("TONGKET_DISK_PERCENT", "1")
    for path in ("", "documents", "findings", "scorecard", "operations"):
        assert "Ổ đĩa sắp đầy" in visitor.read(path)


def test_a_setting_that_is_wrong_is_named(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_BATCHES", "two")
    page = visitor.read("documents", 503)
    assert "Chưa hiện được trang này" in page and "TONGKET_BATCHES" in page


def test_a_wrong_address_is_said(visitor: Visitor) -> None:
    for path, status in (("board?scope=tan-yen", 422), ("documents?page=0", 422), ("documents/1", 404), ("no", 404)):
        assert "<h1>" in visitor.read(path, status)
