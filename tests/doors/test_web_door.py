"""The web door, served on loopback and asked over HTTP: what a unit can do, and what nobody can."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from etl.catalog import Catalogue
from etl.doors.account_secret import hash_secret
from etl.doors.door_keeper import DoorKeeper
from etl.doors.door_server import build_doors_app
from etl.errors import SettingsError
from etl.file_io import is_hidden_sign
from etl.settings import Settings
from etl.warehouse import connect, journal
from etl.warehouse.door_store import record_account, record_wrong_secret
from ops.door import is_door_healthy
from ops.door import main as door_main
from tests.doors.conftest import (
    NOW,
    OTHER,
    PERIOD,
    SECRET,
    UNIT,
    Answer,
    BookMaker,
    Browser,
    Served,
    list_inbox,
    run_intake,
    with_text,
)
from tests.integration.published import home
from tests.integration.test_hostile_text import HOSTILE, list_html_problems, list_package_problems

pytestmark = pytest.mark.integration
GUARDED = ["/", "/bieu-mau/kt-district-quarter/2024Q3/612", "/da-gui/1", "/ket-qua/1"]


def test_a_clerks_way_from_sign_in_to_the_returned_workbook(served: Served, browser: Browser, book: BookMaker) -> None:
    desk = browser.sign_in(secret=f" {SECRET.upper().replace('-', '')} ")
    assert desk.status == 200 and desk.url == f"{served.address}/"
    assert "Hạn gửi" in desk.text and "quý III" in desk.text
    form = browser.open(re.search(r'href="(/bieu-mau/[^"]+)"', desk.text)[1])  # type: ignore[index]
    issued = next((served.settings.outbox / "forms" / PERIOD / UNIT).iterdir())
    assert form.data == issued.read_bytes()

    verdict = browser.send("Báo cáo quý III.xlsx", book().with_element("pop_total", "mười").bytes())
    assert verdict.status == 200 and "/da-gui/" in verdict.url
    assert "Chưa đạt" in verdict.text and "Phải sửa" in verdict.text and re.search(r"ô [A-Z]+\d+", verdict.text)
    assert list_inbox(served.settings) == ["612/Báo cáo quý III.xlsx"]
    assert "Đang chờ tiếp nhận: Báo cáo quý III.xlsx" in browser.open("/").text

    run_intake()
    state = browser.open(verdict.url.removeprefix(served.address))
    assert "Bị trả lại" in state.text
    answer = browser.open(re.search(r'href="(/ket-qua/\d+)"', state.text)[1])  # type: ignore[index]
    returned = next((served.settings.outbox / "returns" / UNIT).iterdir())
    assert answer.data == returned.read_bytes()
    assert returned.name.encode("ascii", "replace").decode() in answer.headers["Content-Disposition"]

    good = browser.send("Báo cáo quý III.xlsx", book().bytes())
    assert "✓ Đạt" in good.text
    run_intake()
    assert "Đã được tiếp nhận" in browser.open("/").text
    assert "Không còn báo cáo nào phải gửi" in browser.open("/").text


def test_what_is_said_at_once_is_what_the_intake_says(
    served: Served, browser: Browser, book: BookMaker, loader: Engine
) -> None:
    browser.sign_in()
    browser.send("a.xlsx", book().with_element("pop_total", "mười").with_element("insured", None).bytes())
    run_intake()
    with loader.connect() as conn:
        sent = journal.fetch_events(conn, "door_uploaded")[0].detail
        kept = conn.exec_driver_sql("SELECT code, sheet, cell, message FROM ops.finding ORDER BY position").all()
    assert kept
    assert sorted((f["code"], f["sheet"], f["cell"], f["message"]) for f in sent["findings"]) == sorted(
        map(tuple, kept)
    )


@pytest.mark.parametrize("path", GUARDED)
def test_no_page_answers_without_a_session(browser: Browser, path: str) -> None:
    assert browser.open(path).url.endswith("/dang-nhap")


@pytest.mark.parametrize("path", ["/gui", "/dang-xuat"])
def test_a_post_without_its_token_does_nothing(served: Served, browser: Browser, book: BookMaker, path: str) -> None:
    browser.sign_in()
    assert browser.post(path, {"csrf": "khác"}).status == 403
    assert browser.send("a.xlsx", book().bytes(), token="").status == 403
    assert browser.open("/").url == f"{served.address}/", "still signed in"
    assert list_inbox(served.settings) == []


def test_a_forged_cookie_opens_nothing(served: Served, browser: Browser) -> None:
    browser.sign_in()
    cookie = next(iter(browser.jar))
    assert cookie.value and cookie.has_nonstandard_attr("httponly")
    head, _, tail = cookie.value.partition(".")
    forged = Browser(served.address)
    answer = forged.open("/", headers={"Cookie": f"tongket={head[:-2]}AA.{tail}"})
    assert answer.url.endswith("/dang-nhap")


def test_a_unit_sees_only_its_own(served: Served, browser: Browser, book: BookMaker) -> None:
    browser.sign_in()
    upload = browser.send("a.xlsx", book().with_element("pop_total", "mười").bytes()).url.removeprefix(served.address)
    run_intake()
    answer = re.search(r'href="(/ket-qua/\d+)"', browser.open("/").text)[1]  # type: ignore[index]
    assert browser.open(answer).status == 200
    other = Browser(served.address)
    other.sign_in(OTHER)
    for path in (upload, answer, "/bieu-mau/kt-district-quarter/2024Q3/612", f"/ket-qua/{2**70}", f"/da-gui/{2**70}"):
        assert other.open(path).status == 404, path
    wrong = other.send("a.xlsx", book().bytes())
    assert "nằm trong thư mục của" in wrong.text, "a report of another unit is refused, as by the intake"


def test_a_name_makes_no_path(served: Served, browser: Browser, book: BookMaker) -> None:
    names = {
        "../../613/a.xlsx": "a.xlsx",
        "..\\..\\613\\b.xlsx": "b.xlsx",
        "/etc/c.xlsx": "c.xlsx",
        ".an.xlsx": "an.xlsx",
        "~$d.xlsx": "d.xlsx",
        "Báo cáo xã.xlsx": "Báo cáo xã.xlsx",
        f"{'đ' * 300}.xlsx": f"{'đ' * 80}.xlsx",
    }
    browser.sign_in()
    for name in names:
        assert "/da-gui/" in browser.send(name, book().bytes()).url, name
    assert list_inbox(served.settings) == sorted(f"{UNIT}/{kept}" for kept in names.values())


def test_two_files_of_one_name_are_both_taken(served: Served, browser: Browser, book: BookMaker) -> None:
    browser.sign_in()
    browser.send("a.xlsx", book().bytes())
    browser.send("a.xlsx", book().with_element("pop_total", "mười").bytes())
    assert len(list_inbox(served.settings)) == 2


def test_what_is_no_workbook_is_refused_with_a_reason(served: Served, browser: Browser) -> None:
    browser.sign_in()
    cases = [
        ("a.xlsx", b"", "không có nội dung"),
        ("a.zip", b"PK", "Chỉ nhận tệp Excel"),
        ("a.xlsx.exe", b"MZ", "Chỉ nhận"),
    ]
    for name, data, said in cases:
        answer = browser.send(name, data)
        assert answer.status == 422 and said in answer.text, name
    assert "chọn một tệp" in browser.send("", b"").text
    assert list_inbox(served.settings) == []


def test_a_hostile_file_costs_nothing_but_its_verdict(served: Served, browser: Browser) -> None:
    browser.sign_in()
    answer = browser.send("a.xlsx", b"%PDF-1.7 <script>alert(1)</script>")
    assert "Chưa đạt" in answer.text
    assert "<script" not in answer.text


def test_a_text_from_a_cell_stays_text(served: Served, browser: Browser, book: BookMaker) -> None:
    browser.sign_in()
    answer = browser.send("<b>a.xlsx", book().with_element("pop_total", "<script>alert(1)</script>").bytes())
    assert "<script" not in answer.text and "<b>" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_what_a_file_and_its_cells_say_is_text_on_every_page(served: Served, browser: Browser, book: BookMaker) -> None:
    browser.sign_in()
    pages = []
    for word in HOSTILE:
        name = word.replace("\r\n", "%0D%0A").replace('"', "%22")  # as browsers write it
        pages.append(browser.send(f"{name}.xlsx", with_text(book(), word)))
    pages.append(browser.open("/"))  # they wait
    run_intake()
    pages.append(browser.open("/"))
    links = re.findall(r'href="(/da-gui/\d+|/ket-qua/\d+)"', pages[-1].text)
    assert len(links) >= len(HOSTILE)
    for answer in map(browser.open, links):
        if "html" in answer.headers["Content-Type"]:
            pages.append(answer)
        else:
            assert list(list_package_problems(answer.data)) == []
            assert not any(map(is_hidden_sign, answer.headers["Content-Disposition"]))
    assert [problem for page in pages for problem in list_html_problems(page.text)] == []
    assert all("zq" in page.text and page.status == 200 for page in pages)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_above_the_limit_is_refused(served: Served, browser: Browser, chunked: bool) -> None:
    browser.sign_in()
    cookie = next(iter(browser.jar)).value
    head = f"POST /gui HTTP/1.1\r\nHost: a\r\nCookie: tongket={cookie}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as wire:
        if chunked:
            wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n'
            wire.sendall(b"%x\r\n%s\r\n" % (len(start), start))
            part = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
            try:
                for _ in range(60):
                    wire.sendall(part)
            except OSError:
                pass  # it hung up
        else:
            wire.sendall(f"{head}Content-Length: 60000000\r\n\r\n".encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("path", ["/gui", "/dang-nhap"])
def test_who_holds_a_connection_with_a_body_that_hardly_comes_loses_it(
    served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    browser.sign_in()
    cookie = next(iter(browser.jar)).value
    kind = "application/x-www-form-urlencoded" if path == "/dang-nhap" else "multipart/form-data; boundary=x"
    with monkeypatch.context() as patch:
        patch.setattr("etl.doors.request_limits._GRACE_SECONDS", 0.5)
        with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
            wire.sendall(
                f"POST {path} HTTP/1.1\r\nHost: a\r\nCookie: tongket={cookie}\r\n"
                f"Content-Type: {kind}\r\nContent-Length: 5000\r\n\r\n--x\r\n".encode()
            )
            answer = wire.recv(1000)
            assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer.lower()
    assert list_inbox(served.settings) == []
    assert browser.open("/khoe").text == "ok"


def test_hundreds_of_files_at_once_are_refused_with_a_reason_and_hold_nobody_up(
    served: Served, browser: Browser, loader: Engine, book: BookMaker
) -> None:
    with loader.begin() as conn:
        for _ in range(39):
            journal.record_event(conn, "door_uploaded", unit=UNIT, size=1)
    browser.sign_in()
    token, data, other = browser.token("/"), book().bytes(), Browser(served.address)
    other.sign_in(OTHER)
    with ThreadPoolExecutor(16) as pool:
        sending = [pool.submit(browser.send, f"{number}.xlsx", data, token) for number in range(300)]
        assert "/da-gui/" in other.send("a.xlsx", data).url, "another unit's file is taken meanwhile"
        assert other.open("/").status == 200
        answers = [one.result() for one in sending]
    taken = [answer for answer in answers if "/da-gui/" in answer.url]
    assert 1 <= len(taken) <= 2, "its quota, and what was being checked at that moment"
    refused = [answer for answer in answers if answer not in taken]
    assert {answer.status for answer in refused} == {422}
    assert all("40 tệp trong 10 phút" in a.text or "còn đang được kiểm tra" in a.text for a in refused)
    assert len(list_inbox(served.settings)) == len(taken) + 1


def test_no_header_breaks_the_door(served: Served, browser: Browser) -> None:
    heads = (
        "Cookie: tongket=" + "x" * 200_000,
        "X-A: \0",
        "Content-Length: -1",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "X-Forwarded-Host: evil.test",
        "Authorization: Basic " + base64.b64encode(b"\0:\0").decode(),
        "Cookie: tongket=\0; tongket=" + "A" * 4000,
    )
    for target in ("GET /", "POST /dang-nhap", "PROPFIND /dav/", "GET /bieu-mau/%00/%2e%2e/%ff"):
        for head in heads:
            with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
                try:
                    wire.sendall(f"{target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{head}\r\n\r\n".encode())
                    answer = wire.recv(4000)
                except OSError:
                    answer = b""  # it hung up
            assert b"evil.test" not in answer and not answer.startswith(b"HTTP/1.1 5"), (target, head[:40], answer)
    assert browser.open("/khoe").text == "ok"


def test_a_broken_catalogue_is_said_and_nothing_is_taken(
    served: Served, browser: Browser, book: BookMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()
    token = browser.token("/")
    folder = home(tmp_path, monkeypatch)
    (folder / "catalog" / "indicators.yaml").write_text("- [", encoding="utf-8")
    for answer in (browser.open("/"), browser.send("a.xlsx", book().bytes(), token)):
        assert answer.status == 503 and "indicators" not in answer.text, "what happened is for the log"
    assert list_inbox(served.settings) == []
    monkeypatch.undo()


def test_what_a_scope_out_of_service_asked_for_is_taken_and_not_judged(
    served: Served, browser: Browser, book: BookMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()
    token = browser.token("/")
    folder = home(tmp_path, monkeypatch)
    (folder / "catalog" / "plans" / "kt-1693.yaml").write_text("id: [", encoding="utf-8")
    answer = browser.send("a.xlsx", book().bytes(), token)
    assert answer.status == 200 and "/da-gui/" in answer.url
    assert "Bị trả lại" not in answer.text and "phải sửa" not in answer.text
    assert len(list_inbox(served.settings)) == 1
    monkeypatch.undo()


def test_guessing_is_slowed_and_nobody_else_is(served: Served, browser: Browser, loader: Engine) -> None:
    for _ in range(10):
        assert browser.sign_in(UNIT, "sai").status == 401
    blocked = browser.sign_in()
    assert blocked.status == 429 and "15 phút" in blocked.text
    assert browser.sign_in("999").status == 401, "an unknown unit is told nothing else"
    assert Browser(served.address).sign_in(OTHER).url.endswith("/")
    served.moment[0] += dt.timedelta(minutes=16)
    assert browser.sign_in().url.endswith("/")
    with loader.connect() as conn:
        refused = journal.fetch_events(conn, "door_refused")
    assert len(refused) == 11, "what comes while blocked fills no journal"


@pytest.mark.parametrize(
    ("failures", "unit", "address", "reason"),
    [
        (9, UNIT, "10.0.0.1", ""),
        (10, UNIT, "10.0.0.1", "blocked"),
        (10, UNIT, "10.0.0.2", ""),
        (49, UNIT, "10.0.0.{}", ""),
        (50, UNIT, "10.0.0.{}", "blocked"),
        (99, "u{}", "10.0.0.1", ""),
        (100, "u{}", "10.0.0.1", "blocked"),
    ],
)
def test_wrong_secrets_are_counted_for_all_processes_of_the_doors(
    opened: Settings, catalogue: Catalogue, loader: Engine, failures: int, unit: str, address: str, reason: str
) -> None:
    with loader.begin() as conn:
        for number in range(failures):
            record_wrong_secret(conn, unit.format(number), address.format(number), NOW)
        from_there = address if address.endswith("1") else "10.0.9.9"
        keeper = DoorKeeper()  # as a process has it that has just begun
        answer = keeper.authenticate_unit(conn, catalogue, UNIT, SECRET, from_there, NOW + dt.timedelta(minutes=14))
        assert answer.reason == reason
        later = keeper.authenticate_unit(conn, catalogue, UNIT, SECRET, from_there, NOW + dt.timedelta(minutes=15))
        assert later.account


def test_a_name_that_no_database_keeps_is_an_unknown_one(served: Served, browser: Browser) -> None:
    for name in ("\0", f"{UNIT}\0x", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "đ" * 5000, "'; --"):
        assert browser.sign_in(name, "sai\0").status == 401, name
    assert browser.sign_in().url.endswith("/")


def test_a_revoked_or_rotated_account_ends_its_sessions(
    served: Served, browser: Browser, loader: Engine, catalogue: Catalogue
) -> None:
    unit = catalogue.find_unit(UNIT, NOW.date())
    assert unit
    browser.sign_in()
    with loader.begin() as conn:
        record_account(conn, unit, "rotated", hash_secret("moi-moi-moi"), "người cấp")
    assert browser.open("/").url.endswith("/dang-nhap")
    assert browser.sign_in().status == 401
    assert browser.sign_in(UNIT, "moi-moi-moi").url.endswith("/")
    with loader.begin() as conn:
        record_account(conn, unit, "revoked", "", "người cấp")
    assert browser.open("/").url.endswith("/dang-nhap")
    assert browser.sign_in(UNIT, "moi-moi-moi").status == 401


def test_a_unit_that_ended_is_let_in_no_more(served: Served, browser: Browser) -> None:
    browser.sign_in()
    served.moment[0] = dt.datetime(2025, 6, 30, 16, 59, tzinfo=dt.UTC)  # its last minute in Viet Nam
    browser.sign_in()
    assert browser.open("/").url.endswith("/")
    served.moment[0] += dt.timedelta(minutes=1)
    assert browser.open("/").url.endswith("/dang-nhap")
    assert browser.sign_in().status == 401


@pytest.mark.parametrize(("uploads", "size", "said"), [(40, 1, "40 tệp trong 10 phút"), (1, 199_999_999, "quá 200 MB")])
def test_files_and_bytes_have_a_quota(
    served: Served, browser: Browser, loader: Engine, book: BookMaker, uploads: int, size: int, said: str
) -> None:
    with loader.begin() as conn:
        for _ in range(uploads):
            journal.record_event(conn, "door_uploaded", unit=UNIT, size=size)
    browser.sign_in()
    answer = browser.send("a.xlsx", book().bytes())
    assert answer.status == 422 and said in answer.text
    assert list_inbox(served.settings) == []
    other = Browser(served.address)
    other.sign_in(OTHER)
    assert "/da-gui/" in other.send("a.xlsx", book().bytes()).url, "nobody else is held up"


def test_no_unit_fills_the_queue_of_the_others(served: Served, browser: Browser, book: BookMaker) -> None:
    browser.sign_in()
    token, other = browser.token("/"), Browser(served.address)
    other.sign_in(OTHER)
    answers: list[Answer] = []
    senders = [
        threading.Thread(target=lambda i=i: answers.append(browser.send(f"{i}.xlsx", book().bytes(), token)))
        for i in (1, 2)
    ]
    with served.door.desk._lock:  # a check that takes long
        for sender in senders:
            sender.start()
        until = time.monotonic() + 10
        while served.door.desk._turns[UNIT] < 2 and time.monotonic() < until:
            time.sleep(0.02)
        third = browser.send("3.xlsx", book().bytes(), token)
        assert third.status == 422 and "còn đang được kiểm tra" in third.text
        assert other.open("/").status == 200, "pages go on"
    for sender in senders:
        sender.join()
    assert all("/da-gui/" in answer.url for answer in answers)
    assert "/da-gui/" in browser.send("3.xlsx", book().bytes(), token).url, "and then it is its turn"
    assert len(list_inbox(served.settings)) == 3


def test_a_lost_warehouse_and_a_full_inbox_are_said_and_nothing_is_taken(
    served: Served, browser: Browser, book: BookMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in()
    token = browser.token("/")
    served.settings.inbox.mkdir(parents=True, exist_ok=True)
    (served.settings.inbox / UNIT).write_text("no folder")
    full = browser.send("a.xlsx", book().bytes(), token)
    assert full.status == 507 and "chưa được nhận" in full.text
    (served.settings.inbox / UNIT).unlink()

    away = dataclasses.replace(served.settings, database_url="postgresql+psycopg://a:b@127.0.0.1:1/none")
    monkeypatch.setattr(served.door, "engine", connect.build_engine(away, "door"))
    for answer in (browser.open("/"), browser.send("a.xlsx", book().bytes(), token), browser.open("/khoe")):
        assert answer.status == 503 and "Chưa kết nối được với kho" in answer.text
        assert "127.0.0.1" not in answer.text, "what happened is for the log"
    assert list_inbox(served.settings) == []
    monkeypatch.undo()
    assert browser.open("/khoe").text == "ok"


def test_closed_doors_answer_nothing(opened: Settings) -> None:
    def list_paths(*doors: str) -> set[str]:
        app, _ = build_doors_app(dataclasses.replace(opened, doors=doors))
        return {getattr(route, "path", "") for route in app.routes}

    assert list_paths("webdav") == {"/khoe", "/dav", "/dav/{rest:path}"}
    assert "/dav" not in list_paths("web", "mail")
    with pytest.raises(SettingsError):
        list_paths("mail")


def test_the_process_serves_on_loopback_until_it_is_told_to_end(opened: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-m", "ops.door", "--port", str(port)], stderr=subprocess.PIPE) as process:
        try:
            until = time.monotonic() + 120
            while not is_door_healthy(port) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.2)
            assert door_main(["--healthy", "--port", str(port)]) == 0
            listening = {c.laddr.ip for c in psutil.Process(process.pid).net_connections() if c.status == "LISTEN"}
            assert listening == {"127.0.0.1"}
        finally:
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGTERM}, errors
    assert door_main(["--healthy", "--port", str(port)]) == 1
