"""The web door: small pages rendered here, Vietnamese, without a script; for a phone first.

A unit signs in, sees what is due, gets the form, sends the file, reads the verdict, fetches the returned workbook.
Every page but sign-in, guide and health needs a session; every POST its token. What is shown is read anew each time.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from etl.catalog import Catalogue
from etl.core.instance import load_settings_and_catalogue
from etl.doors.accounts import UnitAccount, find_account
from etl.doors.door_keeper import DoorKeeper, Entry
from etl.doors.door_pages import FOLDER_NAME, render_page
from etl.doors.request_limits import RequestLimits, build_body_limits
from etl.doors.session_key import ensure_session_key
from etl.doors.unit_desk import DownloadedFile, find_answer, list_due_forms, read_answer, read_form
from etl.doors.uploads import SentFile, UploadDesk, UploadOutcome, list_waiting_names
from etl.errors import StorageError, TongketError, WarehouseError
from etl.messages import load_messages
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.connect import build_engine
from etl.warehouse.door_store import fetch_answers, fetch_uploads

if TYPE_CHECKING:
    from sqlalchemy import Engine

SIGN_IN, SEND = "/dang-nhap", "/gui"
_SESSION_SECONDS = 8 * 3600
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ANSWERS_SHOWN = 15
_UPLOADS_AT_ONCE = 4
_LARGEST_NUMBER = 2**31 - 1  # of a delivery in the database; no event comes near it
_log = logging.getLogger(__name__)
Page = Callable[["WebDoor", Request, UnitAccount], Awaitable[Response]]


@dataclass
class WebDoor:
    """What the pages share. `clock` gives the present moment; it is asked once a request."""

    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    keeper: DoorKeeper = field(default_factory=DoorKeeper)
    desk: UploadDesk = field(init=False)
    upload_threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_UPLOADS_AT_ONCE))

    def __post_init__(self) -> None:
        """The desk takes files by the door's own connections."""
        self.desk = UploadDesk(self.engine)

    def get_today(self) -> date:
        """The day in Viet Nam."""
        return self.clock().astimezone(VIETNAM_ZONE).date()

    def render_answer(self, request: Request, name: str, status: int = 200, **slots: object) -> Response:
        """A page with the session's token in its forms."""
        token = request.session.setdefault("csrf", secrets.token_urlsafe(24))
        page = render_page(self.settings, name, csrf=token, wording=load_messages(self.settings.templates), **slots)
        return HTMLResponse(page, status)


def build_web_app(settings: Settings, clock: Callable[[], datetime]) -> tuple[Starlette, WebDoor]:
    """The web door as an ASGI application, and what it shares with the other doors of its process."""
    door = WebDoor(settings, build_engine(settings, "door"), clock)
    secure = settings.door_address.startswith("https://")
    sessions: dict[str, Any] = {
        "secret_key": ensure_session_key(settings), "session_cookie": "tongket", "max_age": _SESSION_SECONDS,
        "same_site": "lax", "https_only": secure,
    }  # fmt: skip
    limits = build_body_limits(int(settings.max_file_mb * 1_000_000), (SEND, "/dav"))
    app = Starlette(
        routes=_build_routes(door),
        middleware=[
            Middleware(RequestLimits, get_max_body=limits, secure=secure),
            Middleware(SessionMiddleware, **sessions),
        ],
        exception_handlers={TongketError: _build_trouble_page(door), 404: _build_missing_page(door)},
    )
    return app, door


def _build_routes(door: WebDoor) -> list[Route]:
    css = door.settings.templates / FOLDER_NAME / "style.css"

    async def send_style(_: Request) -> Response:
        return FileResponse(css, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    async def tell_health(_: Request) -> Response:
        await run_in_threadpool(_test_warehouse, door)
        return PlainTextResponse("ok")

    async def show_guide(request: Request) -> Response:
        has_drive, address = "webdav" in door.settings.doors, door.settings.door_address
        return door.render_answer(request, "guide", webdav=has_drive, address=address)

    async def sign_in(request: Request) -> Response:
        return await _sign_in(door, request)

    return [
        Route("/style.css", send_style),
        Route("/khoe", tell_health),
        Route("/huong-dan", show_guide),
        Route(SIGN_IN, sign_in, methods=["GET", "POST"]),
        Route("/", _guard_page(door, _show_desk)),
        Route("/dang-xuat", _guard_page(door, _sign_out), methods=["POST"]),
        Route("/bieu-mau/{form}/{period}/{unit}", _guard_page(door, _send_form)),
        Route(SEND, _guard_page(door, _take_upload), methods=["POST"]),
        Route("/da-gui/{event:int}", _guard_page(door, _show_upload)),
        Route("/ket-qua/{delivery:int}", _guard_page(door, _send_answer)),
    ]


def _test_warehouse(door: WebDoor) -> None:
    with door.engine.connect() as conn:
        conn.exec_driver_sql("SELECT 1")


def _build_trouble_page(door: WebDoor) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Says that nothing was taken and what to do; what happened is for the log."""

    async def show_trouble(request: Request, error: Exception) -> Response:
        _log.error("%s: %s", request.url.path, error)
        full = isinstance(error, StorageError)
        slots = {"storage": full, "away": isinstance(error, WarehouseError)}
        return door.render_answer(request, "trouble", 507 if full else 503, **slots)

    return show_trouble


def _build_missing_page(door: WebDoor) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def show_missing(request: Request, _: Exception) -> Response:
        return door.render_answer(request, "missing", 404)

    return show_missing


def _guard_page(door: WebDoor, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """A page that needs a session of an account that still stands; a POST also the session's token."""

    @wraps(page)
    async def guarded(request: Request) -> Response:
        account = await run_in_threadpool(_find_session_account, door, request)
        if account is None:
            request.session.clear()
            return RedirectResponse(SIGN_IN, 303)
        async with _open_form(request) as is_ours:
            if request.method == "POST" and not is_ours:
                return door.render_answer(request, "missing", 403)
            return await page(door, request, account)

    return guarded


@asynccontextmanager
async def _open_form(request: Request) -> AsyncIterator[bool]:
    """The form of a POST, whose files are let go of afterwards; whether it carries the session's token."""
    try:
        form = await request.form(max_files=1, max_fields=8) if request.method == "POST" else FormData()
        kept = str(request.session.get("csrf", ""))
        yield bool(kept) and hmac.compare_digest(str(form.get("csrf", "")).encode(), kept.encode())
    finally:
        await request.close()


def _find_session_account(door: WebDoor, request: Request) -> UnitAccount | None:
    code, number = request.session.get("unit"), request.session.get("account")
    if not code:
        return None
    _, catalogue = load_settings_and_catalogue()
    with door.engine.connect() as conn:
        found = find_account(conn, catalogue, code, door.get_today())
    # Another number: the secret was rotated since, and the sessions that the old one opened end with it.
    return found[0] if found and found[0].account_id == number else None


async def _sign_in(door: WebDoor, request: Request) -> Response:
    if request.method != "POST":
        return door.render_answer(request, "sign_in", unit="", reason="")
    async with _open_form(request) as is_ours:
        if not is_ours:
            return door.render_answer(request, "sign_in", 403, unit="", reason="token")
        form = await request.form()
        unit, secret = str(form.get("unit", "")), str(form.get("secret", ""))
    entry = await run_in_threadpool(_enter, door, unit, secret, _read_client_address(request))
    if entry.account is None:
        status = 429 if entry.reason == "blocked" else 401
        return door.render_answer(request, "sign_in", status, unit=unit, reason=entry.reason)
    request.session.clear()  # nothing of before the sign-in lasts
    request.session.update(unit=entry.account.unit.code, account=entry.account.account_id)
    return RedirectResponse("/", 303)


def _enter(door: WebDoor, unit: str, secret: str, address: str) -> Entry:
    _, catalogue = load_settings_and_catalogue()
    with door.engine.begin() as conn:
        entry = door.keeper.authenticate_unit(conn, catalogue, unit, secret, address, door.clock())
        if entry.account:
            journal.record_event(conn, "door_entered", unit=entry.account.unit.code, door="web", address=address)
    return entry


def _read_client_address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _sign_out(_door: WebDoor, request: Request, _account: UnitAccount) -> Response:
    request.session.clear()
    return RedirectResponse(SIGN_IN, 303)


async def _show_desk(door: WebDoor, request: Request, account: UnitAccount, refusal: str = "") -> Response:
    slots = await run_in_threadpool(_load_desk, door, account)
    return door.render_answer(request, "desk", 422 if refusal else 200, account=account, refusal=refusal, **slots)


def _load_desk(door: WebDoor, account: UnitAccount) -> dict[str, Any]:
    _, catalogue = load_settings_and_catalogue()
    with door.engine.connect() as conn:
        due = list_due_forms(conn, catalogue, account, door.get_today())
        answers = fetch_answers(conn, account.folders, most=_ANSWERS_SHOWN)
    return {
        "missing": [one for one in due if not one.is_done],
        "done": [one for one in due if one.is_done],
        "answers": [(one, one.received_at.astimezone(VIETNAM_ZONE)) for one in answers],
        "waiting": list_waiting_names(door.settings, account.folders),
        "several": len(account.folders) > 1,
        "megabytes": f"{door.settings.max_file_mb:g}",
    }


async def _send_form(door: WebDoor, request: Request, account: UnitAccount) -> Response:
    file = await run_in_threadpool(_find_form, door, account, request.path_params)
    return _build_download(file) if file else door.render_answer(request, "missing", 404)


def _find_form(door: WebDoor, account: UnitAccount, wanted: dict[str, Any]) -> DownloadedFile | None:
    """What is asked for is looked up among what the account owes; nothing of the address becomes a path."""
    _, catalogue = load_settings_and_catalogue()
    key = (wanted["form"], wanted["period"], wanted["unit"])
    with door.engine.begin() as conn:
        due = list_due_forms(conn, catalogue, account, door.get_today())
        found = next((one for one in due if (one.owed.form, one.owed.period, one.owed.unit) == key), None)
        if found is None:
            return None
        journal.record_event(conn, "door_fetched", unit=account.unit.code, door="web", file=found.file_name)
    return read_form(door.settings, catalogue, found)


async def _take_upload(door: WebDoor, request: Request, account: UnitAccount) -> Response:
    form = await request.form()
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        wording = load_messages(door.settings.templates)
        return await _show_desk(door, request, account, wording.texts["door.no_file"])
    file = SentFile(sent.filename, await sent.read(), "web")
    with door.desk.hold_turn(account) as refusal:
        # Files wait for their check in a queue of their own: pages need the other threads.
        outcome = (
            UploadOutcome(refusal=refusal)
            if refusal
            else await to_thread.run_sync(_take_file, door, account, file, limiter=door.upload_threads)
        )
    if outcome.refusal:
        return await _show_desk(
            door, request, account, load_messages(door.settings.templates).describe(outcome.refusal)
        )
    return RedirectResponse(f"/da-gui/{outcome.event_id}", 303)


def _take_file(door: WebDoor, account: UnitAccount, file: SentFile) -> UploadOutcome:
    _, catalogue = load_settings_and_catalogue()
    return door.desk.take_file(door.settings, catalogue, account, file, door.clock())


async def _show_upload(door: WebDoor, request: Request, account: UnitAccount) -> Response:
    slots = await run_in_threadpool(_load_upload, door, account, int(request.path_params["event"]))
    if slots is None:
        return door.render_answer(request, "missing", 404)
    return door.render_answer(request, "upload", account=account, **slots)


def _load_upload(door: WebDoor, account: UnitAccount, event: int) -> dict[str, Any] | None:
    _, catalogue = load_settings_and_catalogue()
    if event > _LARGEST_NUMBER:
        return None
    with door.engine.connect() as conn:
        upload = next(iter(fetch_uploads(conn, account.unit.code, event_id=event)), None)
    if upload is None:
        return None
    sent_at = upload.sent_at.astimezone(VIETNAM_ZONE)
    key = str(upload.detail.get("period", ""))
    day = Period.parse(key).end if Period.is_key(key) else sent_at.date()  # the unit as it was in what it reports
    folder_name = catalogue.find_unit_name(str(upload.detail["folder"]), day)
    about = _describe_form(catalogue, upload.detail)
    return {"upload": upload, "sent_at": sent_at, "about": about, "folder_name": folder_name}


def _describe_form(catalogue: Catalogue, detail: Any) -> str:
    form = catalogue.forms.get(str(detail.get("form", "")))
    return f"{form.symbol} ({form.title})" if form else ""


async def _send_answer(door: WebDoor, request: Request, account: UnitAccount) -> Response:
    file = await run_in_threadpool(_find_answer_file, door, account, int(request.path_params["delivery"]))
    return _build_download(file) if file else door.render_answer(request, "missing", 404)


def _find_answer_file(door: WebDoor, account: UnitAccount, delivery: int) -> DownloadedFile | None:
    if delivery > _LARGEST_NUMBER:
        return None
    with door.engine.begin() as conn:
        answer = find_answer(conn, account.folders, delivery)
        if answer is None:
            return None
        journal.record_event(conn, "door_fetched", unit=account.unit.code, door="web", file=answer.answer)
    return read_answer(door.settings, answer)


def _build_download(file: DownloadedFile) -> Response:
    """A file to be saved; browsers know its Vietnamese name by RFC 6266."""
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name)}"
    return Response(file.data, media_type=_EXCEL, headers={"Content-Disposition": named})
