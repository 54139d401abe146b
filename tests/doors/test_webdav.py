"""The drive, really served: what Windows does when a file is copied to it, and what nobody may do."""

from __future__ import annotations

import base64
import dataclasses
import re
import socket
import urllib.parse

import pytest
from sqlalchemy import Engine

from etl.catalog import Catalogue
from etl.warehouse import connect
from etl.warehouse.door_store import record_account
from tests.doors.conftest import (
    NOW,
    OTHER,
    PERIOD,
    SECRET,
    UNIT,
    WAIT_SECONDS,
    Answer,
    BookMaker,
    Browser,
    Served,
    Troubles,
    list_inbox,
    run_intake,
)

pytestmark = pytest.mark.integration
SEND, FORMS, ANSWERS = "/dav/1 Gửi báo cáo", "/dav/2 Biểu mẫu", "/dav/3 Kết quả"
LOCK = (
    b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    b"<D:locktype><D:write/></D:locktype><D:owner><D:href>x</D:href></D:owner></D:lockinfo>"
)
TIMES = (
    b'<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:" xmlns:Z="urn:schemas-microsoft-com:"><D:set><D:prop>'
    b"<Z:Win32LastModifiedTime>Thu, 10 Oct 2024 02:00:00 GMT</Z:Win32LastModifiedTime></D:prop></D:set></D:propertyupdate>"
)


def ask(served: Served, method: str, path: str, data: bytes | None = None, unit: str = UNIT, **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given.setdefault("Authorization", "Basic " + base64.b64encode(f"{unit}:{SECRET}".encode()).decode())
    return Browser(served.address).open(urllib.parse.quote(path), data, given, method)


def names(served: Served, path: str, unit: str = UNIT) -> list[str]:
    listed = ask(served, "PROPFIND", path, unit=unit, Depth="1")
    assert listed.status == 207, listed.text
    found = [urllib.parse.unquote(href).rstrip("/") for href in re.findall(r"href>([^<]+)<", listed.text)]
    return sorted(href.rpartition("/")[2] for href in found if href != path.rstrip("/"))


def test_a_file_is_copied_to_the_drive_as_windows_does(served: Served, book: BookMaker) -> None:
    assert names(served, "/dav") == ["1 Gửi báo cáo", "2 Biểu mẫu", "3 Kết quả"]
    (form,) = names(served, FORMS)
    issued = served.settings.outbox / "forms" / PERIOD / UNIT / form
    assert ask(served, "GET", f"{FORMS}/{form}").data == issued.read_bytes()

    path, data = f"{SEND}/Báo cáo quý III.xlsx", book().with_element("pop_total", "mười").bytes()
    assert ask(served, "PROPFIND", path, Depth="0").status == 404
    assert ask(served, "PUT", path, b"").status == 201
    assert list_inbox(served.settings) == [], "an empty file is only announced"
    lock = ask(served, "LOCK", path, LOCK, Timeout="Second-3600", Content_Type="text/xml")
    assert lock.status == 200
    token = lock.headers["Lock-Token"].strip("<>")
    assert ask(served, "PUT", path, data).status == 423, "locked"
    assert ask(served, "PUT", path, data, If=f"(<{token}>)").status == 204
    assert ask(served, "PROPPATCH", path, TIMES, If=f"(<{token}>)").status == 207
    assert ask(served, "HEAD", path).status == 200
    assert ask(served, "UNLOCK", path, Lock_Token=f"<{token}>").status == 204
    assert list_inbox(served.settings) == [f"{UNIT}/Báo cáo quý III.xlsx"]
    assert names(served, SEND) == ["Báo cáo quý III.xlsx"]
    assert ask(served, "GET", path).data == data

    run_intake()
    assert names(served, SEND) == []
    (answer,) = names(served, ANSWERS)
    returned = served.settings.outbox / "returns" / UNIT / answer
    assert ask(served, "GET", f"{ANSWERS}/{answer}").data == returned.read_bytes()


def test_nobody_comes_in_without_the_secret(served: Served, loader: Engine, catalogue: Catalogue) -> None:
    for header in ("", "Basic !!", "Basic " + base64.b64encode(b"612:sai").decode(), "Bearer x", "Basic /w=="):
        for method in ("PROPFIND", "GET", "PUT", "OPTIONS", "DELETE"):
            if "sai" in header and method != "PUT":
                continue  # a wrong secret counts
            answer = ask(served, method, f"{SEND}/a.xlsx", b"x" if method == "PUT" else None, Authorization=header)
            assert answer.status == 401, (header, method)
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
    unit = catalogue.find_unit(UNIT, NOW.date())
    assert unit
    assert ask(served, "PROPFIND", "/dav", Depth="0").status == 207
    with loader.begin() as conn:
        record_account(conn, unit, "revoked", "", "người thu hồi")
    assert ask(served, "PROPFIND", "/dav", Depth="0").status == 401


def test_a_unit_reaches_nothing_but_its_own(served: Served, book: BookMaker) -> None:
    data = book().bytes()
    ask(served, "PUT", f"{SEND}/a.xlsx", data)
    lock = ask(served, "LOCK", SEND, LOCK, Timeout="Infinite", Depth="infinity", Content_Type="text/xml")
    assert lock.status == 200
    assert names(served, SEND, OTHER) == []
    for path in (f"{SEND}/a.xlsx", f"{SEND}/../../{UNIT}/a.xlsx", "/dav/../ket-qua/1", "/dav/%2e%2e/%2e%2e/etc/passwd"):
        assert ask(served, "GET", path, unit=OTHER).status in {400, 403, 404}, path
    assert ask(served, "PUT", f"{SEND}/b.xlsx", data, unit=OTHER).status == 201, "another's lock holds up nobody"
    assert sorted(list_inbox(served.settings)) == [f"{UNIT}/a.xlsx", f"{OTHER}/b.xlsx"]


def test_forms_and_answers_cannot_be_changed(served: Served) -> None:
    (form,) = names(served, FORMS)
    for method, path in [
        ("PUT", f"{FORMS}/{form}"),
        ("PUT", f"{FORMS}/new.xlsx"),
        ("DELETE", f"{FORMS}/{form}"),
        ("MKCOL", "/dav/x"),
        ("DELETE", SEND),
    ]:
        assert ask(served, method, path, b"x" if method == "PUT" else None).status == 403, (method, path)
    moved = ask(served, "MOVE", f"{FORMS}/{form}", Destination=served.address + urllib.parse.quote(f"{SEND}/{form}"))
    assert moved.status == 403
    assert names(served, FORMS) == [form] and list_inbox(served.settings) == []


def test_what_systems_leave_beside_a_file_is_not_taken(served: Served) -> None:
    for name in ("._a.xlsx", "~$a.xlsx", ".DS_Store"):
        assert ask(served, "PUT", f"{SEND}/{name}", b"x").status == 403
    refused = ask(served, "PUT", f"{SEND}/anh.png", b"x")
    assert refused.status == 403 and "Chỉ nhận tệp Excel" in refused.text
    assert list_inbox(served.settings) == [] and names(served, SEND) == []


def test_a_file_that_waits_can_be_taken_back(served: Served, book: BookMaker) -> None:
    ask(served, "PUT", f"{SEND}/a.xlsx", book().bytes())
    assert ask(served, "DELETE", f"{SEND}/a.xlsx").status == 204
    assert list_inbox(served.settings) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_half_of_a_file_is_never_taken(served: Served, troubles: Troubles, book: BookMaker, chunked: bool) -> None:
    data = book().bytes()
    login = base64.b64encode(f"{UNIT}:{SECRET}".encode()).decode()
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(data)}"
    head = (
        f"PUT {urllib.parse.quote(SEND)}/a.xlsx HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {login}\r\n{length}\r\n\r\n"
    )
    half = data[: len(data) // 2]
    with socket.create_connection(("127.0.0.1", served.port), timeout=WAIT_SECONDS) as wire:
        wire.sendall(head.encode() + (b"%x\r\n%s\r\n" % (len(half), half) if chunked else half))
    assert troubles.warned.wait(WAIT_SECONDS), "nobody is told that it hung up: the door says when it saw it"
    assert "went away in the middle" in troubles.warnings[0] and troubles.traces == []
    assert list_inbox(served.settings) == [] and names(served, SEND) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_that_hardly_comes_is_cut_off_and_nothing_of_it_kept(
    served: Served, troubles: Troubles, monkeypatch: pytest.MonkeyPatch, chunked: bool
) -> None:
    monkeypatch.setattr("etl.doors.request_limits._GRACE_SECONDS", 0.5)
    login = base64.b64encode(f"{UNIT}:{SECRET}".encode()).decode()
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 5000"
    head = (
        f"PUT {urllib.parse.quote(SEND)}/a.xlsx HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {login}\r\n{length}\r\n\r\n"
    )
    answer = b""
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
        wire.sendall(head.encode() + (b"2\r\nPK\r\n" if chunked else b"PK"))
        while part := wire.recv(1000):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer.lower()
    assert answer.count(b"HTTP/1.1") == 1 and b"WsgiDAV" not in answer
    assert len(troubles.warnings) == 1 and troubles.traces == []
    assert list_inbox(served.settings) == [] and names(served, SEND) == []


def test_a_lost_warehouse_and_a_full_inbox_are_said_on_the_drive_too(
    served: Served, book: BookMaker, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.settings.inbox.mkdir(parents=True, exist_ok=True)
    (served.settings.inbox / UNIT).write_text("no folder")
    assert ask(served, "PUT", f"{SEND}/a.xlsx", book().bytes()).status == 507
    (served.settings.inbox / UNIT).unlink()
    away = dataclasses.replace(served.settings, database_url="postgresql+psycopg://a:b@127.0.0.1:1/none")
    monkeypatch.setattr(served.door, "engine", connect.build_engine(away, "door"))
    lost = ask(served, "PROPFIND", "/dav", Depth="1")
    assert lost.status == 503 and "127.0.0.1" not in lost.text, "what happened is for the log"
    assert len(troubles.warnings) == 2 and troubles.traces == []
    assert list_inbox(served.settings) == []


def test_a_file_above_the_limit_is_refused_before_it_is_read(served: Served) -> None:
    login = base64.b64encode(f"{UNIT}:{SECRET}".encode()).decode()
    head = f"PUT {urllib.parse.quote(SEND)}/a.xlsx HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {login}\r\nContent-Length: 60000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=WAIT_SECONDS) as wire:
        wire.sendall(head.encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 413")
