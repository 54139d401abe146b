"""Runs the web door, with WebDAV at `/dav/`, until it is stopped. Several processes of it may serve one address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import uvicorn
from a2wsgi import WSGIMiddleware
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from etl.check import load_great_expectations
from etl.doors.web_app import WebDoor, build_web_app
from etl.doors.webdav import DRIVE, WebDavDoor
from etl.errors import SettingsError
from etl.model.vietnam_time import get_current_time
from etl.settings import Settings

_MOST_CONNECTIONS = 200
_WEBDAV_THREADS = 8


class _DriveMount:
    """Hands a request below the drive's address on, with or without a slash behind it: Windows follows no redirect."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["path"] != DRIVE else f"{DRIVE}/"
        await self._app({**scope, "root_path": DRIVE, "path": path}, receive, send)


def build_doors_app(settings: Settings, clock: Callable[[], datetime] = get_current_time) -> tuple[Starlette, WebDoor]:
    """The doors that are served over HTTP, as one application. `clock` is read once a request.

    Raises:
        SettingsError: neither of them is open.
    """
    if not {"web", "webdav"} & set(settings.doors):
        raise SettingsError("no door is served over HTTP", where="TONGKET_DOORS", fix="add web, or do not start this")
    app, door = build_web_app(settings, clock)
    if "web" not in settings.doors:
        app.router.routes[:] = [route for route in app.router.routes if getattr(route, "path", "") == "/khoe"]
    if "webdav" in settings.doors:
        drive = _DriveMount(cast("Any", WSGIMiddleware(cast("Any", WebDavDoor(door)), workers=_WEBDAV_THREADS)))
        app.router.routes += [Route(DRIVE, drive), Route(f"{DRIVE}/{{rest:path}}", drive)]
    return app, door


def serve_doors(settings: Settings, host: str, port: int) -> None:
    """Serves until the process is told to end. TLS is the affair of the reverse proxy before it."""
    load_great_expectations()  # seconds, which the first unit would wait for
    app, door = build_doors_app(settings)
    try:
        uvicorn.run(
            app, host=host, port=port, log_level="warning", access_log=False, server_header=False,
            limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=15, timeout_graceful_shutdown=10,
        )  # fmt: skip
    finally:
        door.desk.close()
