"""The page as a web application: routes, their login, headers and errors. Each route calls one function of this room.

Mounted by `plugins/tongket_page.py` under Airflow's own address. Without a login that the mounting side gives, every
route refuses. No script, no outside resource; a form needs its token.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from etl.approval.registry_entry import RegistryEntry
from etl.errors import TongketError, UsageError
from etl.page import board_page, document_page, finding_page, operations_page, scorecard_page
from etl.page.page_login import FormGuard, PageUser, get_page_user
from etl.page.page_rendering import FOLDER_NAME, Language, PageDesk, open_desk, render_error_page
from etl.settings import load_settings
from etl.warehouse.page_views import BoardFilter, FindingFilter, UnitForm

log = logging.getLogger(__name__)
router = APIRouter(default_response_class=HTMLResponse)
_LANGUAGE_COOKIE, _YEAR_SECONDS = "tongket_language", 365 * 24 * 3600
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"
_PAGE_POLICY = f"{_POLICY}; frame-ancestors 'self'"
_DOCUMENT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def get_desk(
    request: Request,
    response: Response,
    user: Annotated[PageUser, Depends(get_page_user)],
    lang: Language | None = None,
) -> PageDesk:
    """What a page starts from; `lang` switches the language of engineers' pages, and the browser keeps it."""
    root, language = f"{request.scope.get('root_path', '')}/", lang or _read_language(request)
    if lang:
        response.set_cookie(
            _LANGUAGE_COOKIE, lang, max_age=_YEAR_SECONDS, path=root, httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
    other = request.url.include_query_params(lang="vi" if language == "en" else "en")
    return open_desk(user, root, language, switch=f"{other.path}?{other.query}")


def _read_language(request: Request) -> Language:
    return "en" if request.cookies.get(_LANGUAGE_COOKIE) == "en" else "vi"


Desk = Annotated[PageDesk, Depends(get_desk)]
_TEXT = r"^[^\x00]*$"  # PostgreSQL keeps no NUL
Page = Annotated[int, Query(ge=1, le=100_000)]
Number = Annotated[int, Path(ge=0, lt=2**31)]  # of a file or document in the database
Key = Annotated[str, Query(max_length=100, pattern=_TEXT)]
RunKey = Annotated[str, Query(max_length=250, pattern=_TEXT)]
Shown = Literal["waiting", "published", "all"]


def build_page_app(
    authenticate: Callable[..., PageUser | Awaitable[PageUser]],
    secret: str,
    find_page_path: Callable[[str, str], str] = lambda _dag, _run: "",
    find_run_path: Callable[[str, datetime], str] = lambda dag, _at: f"dags/{dag}/runs",
) -> FastAPI:
    """The application. `authenticate` is a dependency that gives who is signed in, or refuses with 401 or 403; `secret`
    signs the forms' tokens and is the same on every server that answers for one address; `find_page_path` gives the
    page below this address that shows what a DAG does, or one run of it where it is named; `find_run_path` the page of
    Airflow, below its address, of the run of a DAG that was at work at a moment.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_page_user)])
    app.state.guard = FormGuard(secret)
    app.state.find_page_path, app.state.find_run_path = find_page_path, find_run_path
    app.dependency_overrides[get_page_user] = authenticate
    app.include_router(router)
    app.middleware("http")(_add_headers)
    app.add_exception_handler(StarletteHTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_wrong_address)
    app.add_exception_handler(TongketError, _answer_error)
    return app


# --- routes ----------------------------------------------------------------------------------------------


@router.get("/")
def show_periods(desk: Desk) -> str:
    """Scopes × periods."""
    return board_page.show_periods(desk)


@router.get("/board")
def show_board(
    desk: Desk, scope: Key, period: Key, form: Key = "", state: Key = "", search: Key = "", page: Page = 1
) -> str:
    """A period's units × forms."""
    return board_page.show_board(desk, BoardFilter(scope, period, form, state, search), page)


@router.get("/unit")
def show_unit(desk: Desk, scope: Key, period: Key, form: Key, unit: Key) -> str:
    """A unit's form."""
    return _require_page(board_page.show_unit(desk, UnitForm(scope, period, form, unit)))


@router.get("/returned/{delivery}")
def send_returned_workbook(desk: Desk, delivery: Number) -> Response:
    """The workbook that answered a file."""
    return _send_file(board_page.find_returned_workbook(desk, delivery), inline=False)


@router.get("/runs/{delivery}")
def open_run_of_file(request: Request, desk: Desk, delivery: Number) -> Response:
    """From a file to the run of Airflow that checked it, with its tasks and their logs."""
    checked_at = board_page.find_check_moment(desk, delivery)
    if checked_at is None:
        raise HTTPException(404)
    return RedirectResponse(f"{desk.airflow}{request.app.state.find_run_path('intake', checked_at)}", 303)


@router.get("/documents")
def show_documents(desk: Desk, scope: Key = "", period: Key = "", shown: Shown = "waiting", page: Page = 1) -> str:
    """Drafts and published documents."""
    return document_page.show_documents(desk, scope, period, shown, page)


@router.get("/documents/{report}")
def show_document(request: Request, desk: Desk, report: Number) -> str:
    """One document."""
    return _require_page(document_page.show_document(desk, report, request.app.state.guard))


@router.get("/documents/{report}/changes")
def show_document_changes(desk: Desk, report: Number) -> str:
    """What changed since the document before."""
    return _require_page(document_page.show_document_changes(desk, report))


@router.get("/documents/{report}/files/{name}")
def send_document_file(request: Request, desk: Desk, report: Number, name: str, download: bool = False) -> Response:
    """A document's file, to read or to keep. A browser shows no PDF inside another page, so there it is kept."""
    path = document_page.find_document_file(desk, report, name)
    framed_pdf = name.endswith(".pdf") and request.headers.get("sec-fetch-dest") == "iframe"
    return _send_file(path, inline=not download and not framed_pdf and name.endswith(document_page.READABLE))


def read_registry_entry(
    number: Annotated[str, Form(max_length=5, pattern=_TEXT)] = "",
    date: Annotated[str, Form(max_length=10, pattern=_TEXT)] = "",
    signer: Annotated[str, Form(max_length=120, pattern=_TEXT)] = "",
    title: Annotated[str, Form(max_length=400, pattern=_TEXT)] = "",
) -> RegistryEntry:
    """What the registry filled in beside a decision."""
    return RegistryEntry(number, date, signer, title.splitlines())


@router.post("/documents/{report}")
def decide_document(
    request: Request,
    desk: Desk,
    report: Number,
    decision: Annotated[Literal["approved", "sent_back"], Form()],
    entry: Annotated[RegistryEntry, Depends(read_registry_entry)],
    token: Annotated[str, Form(max_length=1000, pattern=_TEXT)] = "",
    reason: Annotated[str, Form(max_length=2000, pattern=_TEXT)] = "",
) -> Response:
    """A person's decision. Who may not decide, or sends it from elsewhere, is refused before anything is read."""
    guard: FormGuard = request.app.state.guard
    cadence = document_page.find_cadence(desk, report)
    if cadence is None:
        raise HTTPException(404)
    if not desk.user.may_decide(cadence) or not guard.is_valid_token(
        token, desk.user, document_page.build_form_purpose(report)
    ):
        raise HTTPException(403)
    refusal = document_page.decide_document(desk, report, decision, reason, entry)
    if refusal:
        filled = {"number": entry.number, "date": entry.date, "signer": entry.signer, "reason": reason}
        filled["title"] = "\n".join(entry.title)
        return HTMLResponse(_require_page(document_page.show_document(desk, report, guard, refusal, filled)), 409)
    return RedirectResponse(f"{desk.root}documents/{report}", 303)


@router.get("/findings")
def show_findings(
    desk: Desk,
    scope: Key = "",
    period: Key = "",
    code: Key = "",
    unit: Key = "",
    shown: Literal["waiting", "refused", "all"] = "waiting",
    page: Page = 1,
) -> str:
    """Findings by code, unit, level and period."""
    return finding_page.show_findings(desk, FindingFilter(scope, period, code, unit, shown), page)


@router.get("/data-docs")
def show_data_docs(scope: Key, period: Key) -> Response:
    """What every rule said of a period."""
    headers = {"Content-Security-Policy": _DOCUMENT_POLICY}
    return HTMLResponse(finding_page.show_data_docs(scope, period), headers=headers)


@router.get("/operations")
def show_operations(desk: Desk, response: Response) -> str:
    """How the installation does."""
    content, is_whole = operations_page.show_operations(desk)
    response.status_code = 200 if is_whole else 503
    return content


@router.get("/scorecard")
def show_scorecard(
    desk: Desk, scope: Key = "", period: Key = "", plan: Key = "", item: Key = "", page: Page = 1
) -> str:
    """A plan's targets, their paths, the units, and these on a map."""
    return scorecard_page.show_scorecard(desk, scope, period, plan, item, page)


@router.get("/trace")
def show_trace(desk: Desk, scope: Key, period: Key, plan: Key, item: Key, unit: Key = "") -> str:
    """From a number to its cells."""
    return scorecard_page.show_trace(desk, scope, period, plan, item, unit)


@router.get("/of")
def open_page_of_dag(request: Request, desk: Desk, dag: RunKey, run: RunKey = "") -> Response:
    """From a DAG, run or task of Airflow to the page that shows its work."""
    return RedirectResponse(f"{desk.root}{request.app.state.find_page_path(dag, run)}", 303)


@router.get("/page.css")
def send_style() -> Response:
    """The one style sheet."""
    return FileResponse(load_settings().templates / FOLDER_NAME / "page.css", media_type="text/css")


# --- answers ---------------------------------------------------------------------------------------------


def _require_page(page: str | None) -> str:
    if page is None:
        raise HTTPException(404)
    return page


def _send_file(path: FilePath | None, *, inline: bool) -> Response:
    """A file, shown or kept; what is shown has no rights of this page's."""
    if path is None:
        raise HTTPException(404)
    policy = _PDF_POLICY if path.suffix == ".pdf" else _DOCUMENT_POLICY
    return FileResponse(
        path,
        filename=path.name,
        content_disposition_type="inline" if inline else "attachment",
        headers={"Content-Security-Policy": policy},
    )


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer_refusal(request: Request, error: Any) -> Response:
    return HTMLResponse(render_error_page(error.status_code, language=_read_language(request)), error.status_code)


def _answer_wrong_address(request: Request, _error: Any) -> Response:
    return HTMLResponse(render_error_page(422, language=_read_language(request)), 422)


def _answer_error(request: Request, error: Any) -> Response:
    """What stops a page is said on it: what it was, and what to do. A wrong key is the reader's, the rest is ours."""
    status = 404 if isinstance(error, UsageError) else 503
    log.log(logging.INFO if status == 404 else logging.ERROR, "%s", error)
    return HTMLResponse(render_error_page(status, error.what, error.fix, _read_language(request)), status)
