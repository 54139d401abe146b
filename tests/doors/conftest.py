"""A door that is really served on loopback, on a warehouse of its own, at a moment that a test chooses."""

from __future__ import annotations

import datetime as dt
import http.client
import http.cookiejar
import logging
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from sqlalchemy import Engine

from etl import steps
from etl.catalog import Catalogue
from etl.doors.account_secret import hash_secret
from etl.doors.door_server import build_doors_app
from etl.doors.web_app import WebDoor
from etl.settings import Settings
from etl.warehouse.door_store import record_account
from tests.builders import Workbook
from tests.conftest import StateMaker

WAIT_SECONDS = 120  # how long a busy machine may take for what a quiet one does at once
NOW = dt.datetime(2024, 10, 10, 2, 0, tzinfo=dt.UTC)
SECRET = "kq7m-x2fp-9trd-w4hn"  # noqa: S105
UNIT, OTHER = "612", "613"
FORM, PERIOD = "kt-district-quarter", "2024Q3"


BookMaker = Callable[[], Workbook]


@dataclass
class Served:
    """A door that answers at `address`; `moment` is what its clock says."""

    address: str
    settings: Settings
    moment: list[dt.datetime]
    door: WebDoor

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


@dataclass
class Answer:
    status: int
    url: str
    text: str
    data: bytes
    headers: http.client.HTTPMessage


@dataclass
class Browser:
    """A client with cookies, that follows redirects and sends a page's own token."""

    address: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def open(
        self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> Answer:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        request = urllib.request.Request(self.address + path, data, headers or {}, method=method)  # noqa: S310
        try:
            answer = opener.open(request, timeout=300)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            data = answer.read()
            return Answer(answer.status, answer.url, data.decode("utf-8", "replace"), data, answer.headers)

    def token(self, path: str) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.open(path).text)
        assert found
        return found[1]

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        return self.open(path, urllib.parse.urlencode(fields).encode())

    def sign_in(self, unit: str = UNIT, secret: str = SECRET) -> Answer:
        return self.post("/dang-nhap", {"csrf": self.token("/dang-nhap"), "unit": unit, "secret": secret})

    def send(self, name: str, data: bytes, token: str | None = None) -> Answer:
        body, kind = multipart(name, data, self.token("/") if token is None else token)
        return self.open("/gui", body, {"Content-Type": kind})


def multipart(name: str, data: bytes, token: str) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--{mark}\r\n'
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    return head.encode() + data + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


class Troubles(logging.Handler):
    """What the process says: warnings of the doors line by line, and every exception, whoever tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings, self.traces = list[str](), list[str]()
        self.warned = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or "Traceback" in record.getMessage():
            self.traces.append(logging.Formatter().format(record)[-1500:])
        elif record.levelno >= logging.WARNING and record.name.startswith("etl."):
            self.warnings.append(record.getMessage())
            self.warned.set()


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    handler, names = Troubles(), ("", "uvicorn", "uvicorn.error")  # uvicorn's do not reach the root
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield handler
    for name in names:
        logging.getLogger(name).removeHandler(handler)


def with_text(book: Workbook, said: str) -> bytes:
    """The workbook with a text where a number belongs; a text also where it begins as a formula does."""
    sheet, cell = next((sheet, cell) for sheet, cell, _, element, _ in book.inputs() if element == "pop_total")
    book.with_cell(sheet, cell, said).book[sheet][cell].data_type = "s"
    return book.bytes()


def run_intake() -> None:
    for batch in steps.receive_deliveries()["batches"]:
        steps.process_batch(batch)
    steps.write_answers()


def list_inbox(settings: Settings) -> list[str]:
    return sorted(str(p.relative_to(settings.inbox)) for p in settings.inbox.rglob("*") if p.is_file())


@pytest.fixture
def book(catalogue: Catalogue) -> BookMaker:
    """Makes a filled workbook of the district, without what could be found in it."""
    return lambda: Workbook(catalogue, FORM, UNIT, PERIOD).filled()


@pytest.fixture
def opened(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, begin_with: StateMaker, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Settings of a warehouse where a period's forms are out and two districts have accounts."""
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")

    def make() -> None:
        steps.open_period("kon-tum", PERIOD)
        with loader.begin() as conn:
            for code in (UNIT, OTHER):
                unit = catalogue.find_unit(code, NOW.date())
                assert unit
                record_account(conn, unit, "issued", hash_secret(SECRET), "người cấp")

    begin_with("doors with accounts", make)
    return warehouse


@pytest.fixture
def served(opened: Settings) -> Iterator[Served]:
    """The doors over HTTP, really served."""
    moment = [NOW]
    app, door = build_doors_app(opened, lambda: moment[0])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + WAIT_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", opened, moment, door)
    finally:
        server.should_exit = True
        thread.join(WAIT_SECONDS)
        door.desk.close()


@pytest.fixture
def browser(served: Served) -> Browser:
    return Browser(served.address)
