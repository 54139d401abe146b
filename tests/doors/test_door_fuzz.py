"""Whatever is asked of the doors: no answer of the kind 5xx, no traceback, and nothing without a login."""

from __future__ import annotations

import base64
import re
import socket
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from etl.doors.door_server import build_doors_app
from tests.doors.conftest import PERIOD, SECRET, UNIT, BookMaker, Browser, Served, Troubles
from tests.doors.test_webdav import ANSWERS, FORMS, LOCK, SEND, TIMES

pytestmark = pytest.mark.integration
OPEN = {"/dang-nhap", "/huong-dan", "/khoe", "/style.css"}
METHODS = (
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL", "get", "X",
)  # fmt: skip
PLACES = (
    "/", "/dang-nhap", "/dang-xuat", "/gui", "/huong-dan", "/khoe", "/style.css", "/da-gui/1", "/ket-qua/1",
    "/da-gui/99999999999999999999", "/bieu-mau/kt-district-quarter/2024Q3/612", "/dav", "/dav/", SEND, FORMS, ANSWERS,
    f"{SEND}/a.xlsx", f"{SEND}/cho.xlsx", f"{SEND}/a/b.xlsx", f"{FORMS}/x", "/dav/:dir_browser/x", "*", "//dav/", "/dav/..",
)  # fmt: skip
ENDS = (b"", b"/", b"%00", b"/%00", b"%ff", b"/%ff%fe", b"/%2e%2e/x", b"\xff", b"?", b"?x=\xff", b"?a=%00&a=%ff", b"#x")
DEPTHS = ("0", "1", "infinity", "-1", "x", "")
HEADERS = {
    "Depth": DEPTHS,
    "Destination": ("/dav/x", "http://a/dav/x", "http://[", "//", "%ff", "", f"http://a{urllib.parse.quote(SEND)}/b.xlsx"),
    "Overwrite": ("T", "F", "x"),
    "If": ("(<opaquelocktoken:x>)", "(", "<a> (Not <b> [x])", '([W/"x"])', ")(", "()"),
    "If-Match": ("*", '"x"', "x,"), "If-None-Match": ("*", '"x"'),
    "If-Modified-Since": ("Thu, 10 Oct 2024 02:00:00 GMT", "x", ""),
    "If-Range": ('"x"', "x"), "Range": ("bytes=0-", "bytes=5-1", "bytes=-9999999999", "bytes=a", "x", "bytes=0-1,3-4"),
    "Content-Range": ("bytes 0-1/2", "x"), "Timeout": ("Infinite", "Second-99999999999999", "Second-x", "x"),
    "Lock-Token": ("<opaquelocktoken:x>", "x", "<", ""), "Expect": ("100-continue", "x"),
    "Content-Encoding": ("gzip", "x"), "Accept-Encoding": ("gzip", "\x80"), "Cookie": ("tongket=x", "tongket=", "=;;"),
    "Content-Type": (
        "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/xml",
        "multipart/form-data; boundary=", "multipart/form-data; charset=x; boundary=x", "text/xml; charset=x", "",
        "application/x-www-form-urlencoded; charset=utf-99",
    ),
    "X-Expected-Entity-Length": ("5", "-1", "x"), "User-Agent": ("Microsoft-WebDAV-MiniRedir", "BitKinex", "\xe9"),
    "Content-Length": ("0", "-1", "x", "1e3", "99999999999999999999"), "Transfer-Encoding": ("chunked", "x", "gzip"),
    "X-Forwarded-For": ("\x80", "1.2.3.4,,"), "Host": ("", "a:b", "a\xff", "[::1"), "Authorization": ("Basic", "Basic x"),
}  # fmt: skip
BODIES = (
    b"", LOCK, TIMES, b"<x", b"<?xml version='1.0' encoding='x'?><a/>", b"\0", b"a=%ff&csrf=%00&unit=%00&secret=%ff",
    b"&".join([b"a=b"] * 20), b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff.xlsx"\r\n\r\nPK\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: x\r\n\r\n\r\n--x--", b"--x\r\nA\r\n\r\n--x--\r\n", b"--x--", b"5\r\nabc",
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>', b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    b'<D:propfind xmlns:D="DAV:"><D:prop><D:x/><D:getetag/><D:quota-used-bytes/></D:prop></D:propfind>',
    b'<D:propfind xmlns:D="DAV:"><D:propname/><D:allprop/></D:propfind>', b'<D:propfind xmlns:D="DAV:"/>', b"<a/>",
    b'<D:propertyupdate xmlns:D="DAV:"><D:remove/><D:set><D:prop><D:getcontentlength>x</D:getcontentlength></D:prop></D:set></D:propertyupdate>',
    b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:x/></D:lockscope></D:lockinfo>',
)  # fmt: skip


@dataclass
class Asked:
    method: str
    target: bytes
    headers: list[tuple[str, str]]
    body: bytes
    login: str

    @property
    def path(self) -> str:
        return urllib.parse.unquote(re.split(rb"[?#]", self.target)[0].decode("latin1")).rstrip("/\0")

    def render(self, logins: dict[str, str]) -> bytes:
        heads = [("Host", "a")] * ("Host" not in dict(self.headers)) + [("Connection", "close"), *self.headers]
        if self.login:
            heads.append(("Cookie" if "tongket=" in logins[self.login] else "Authorization", logins[self.login]))
        if not any(name in ("Content-Length", "Transfer-Encoding") for name, _ in heads):
            heads.append(("Content-Length", str(len(self.body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in heads)
        return (
            self.method.encode() + b" " + self.target + b" HTTP/1.1\r\n" + lines.encode("latin1") + b"\r\n" + self.body
        )


def ask(served: Served, asked: Asked, logins: dict[str, str]) -> tuple[int, bytes]:
    """The status that it is answered with, 0 where the door hung up; and the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
        answer = b""
        try:
            wire.sendall(asked.render(logins))
            while part := wire.recv(65536):
                answer += part
        except ConnectionError:
            pass
    found = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return int(found[1]) if found else 0, answer


WILD_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85"), max_size=30)
WILD_PATH = st.binary(min_size=1, max_size=40).map(lambda raw: b"/" + re.sub(rb"[\s\0]", b"", raw))
HEADER = st.sampled_from(sorted(HEADERS)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(HEADERS[name]) | WILD_TEXT)
)


def build_requests(
    methods: Sequence[str], places: Sequence[str], logins: Sequence[str], ends: Sequence[bytes]
) -> st.SearchStrategy[Asked]:
    place = st.builds(
        lambda place, end: urllib.parse.quote(place).encode() + end, st.sampled_from(places), st.sampled_from(ends)
    )
    headers = st.lists(HEADER, max_size=3, unique_by=lambda header: header[0])
    bodies = st.sampled_from(BODIES) | st.binary(max_size=60)
    return st.builds(
        Asked,
        st.sampled_from(methods),
        place | WILD_PATH if len(ends) > 1 else place,
        headers,
        bodies,
        st.sampled_from(logins),
    )


ASKED = st.one_of(
    build_requests(METHODS[:16], [place for place in PLACES if place.startswith("/dav")], ("drive",), (b"",)),
    build_requests(
        ("GET", "HEAD", "POST"), [place for place in PLACES if not place.startswith("/dav")], ("web", ""), (b"",)
    ),
    build_requests(METHODS, PLACES, ("", "drive", "web"), ENDS),
)


def test_nothing_that_is_asked_breaks_a_door_or_opens_it(
    served: Served, browser: Browser, book: BookMaker, troubles: Troubles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.doors.request_limits._GRACE_SECONDS", 0.2)  # for bodies shorter than they say
    browser.sign_in()
    cookie = next(iter(browser.jar)).value
    logins = {
        "drive": "Basic " + base64.b64encode(f"{UNIT}:{SECRET}".encode()).decode(), "web": f"tongket={cookie}",
    }  # fmt: skip
    browser.send("cho.xlsx", book().bytes())

    @settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False)
    @given(ASKED)
    def ask_anything(asked: Asked) -> None:
        status, answer = ask(served, asked, logins)
        assert status < 500, (status, asked, answer[-600:])
        if not asked.login and status in range(200, 300):
            assert asked.path in OPEN, (status, asked)
        said, troubles.traces[:] = troubles.traces[:], []
        assert said == [], asked

    ask_anything()
    assert browser.open("/khoe").text == "ok"


def test_every_route_and_method_but_the_open_ones_asks_for_a_login(served: Served) -> None:
    app, door = build_doors_app(served.settings)
    door.desk.close()
    routes = [route for route in app.routes if isinstance(route, Route) and route.path not in OPEN]
    assert len(routes) > 7
    values = {"form": "kt-district-quarter", "period": PERIOD, "unit": UNIT, "event": "1", "delivery": "1", "rest": "x"}
    for route in routes:
        path = re.sub(r"{(\w+)(:\w+)?}", lambda match: values[match[1]], route.path)
        for method in METHODS:
            status, answer = ask(served, Asked(method, path.encode(), [], b"", ""), {})
            is_sent_to_sign_in = status == 303 and b"location: /dang-nhap\r\n" in answer.lower()
            assert is_sent_to_sign_in or status in {401, 405, 400}, (method, path, answer)
