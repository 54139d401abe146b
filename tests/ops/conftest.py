"""A stand-in for Airflow's API on the loopback interface, and settings in a folder of the test's own."""

from __future__ import annotations

import dataclasses
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from etl import settings as etl_settings
from etl.settings import Settings

Answer = tuple[int, Any]


class FakeAirflow:
    """Answers by method and path; writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[tuple[str, str], Callable[[], Answer]] = {}
        self.address = ""
        self.on("POST", "/auth/token", {"access_token": "t"}, code=201)

    def on(self, method: str, path: str, *bodies: Any, code: int = 200) -> None:
        """Gives these bodies one after the other, the last one for ever. An integer is an error code."""
        queue = list(bodies)

        def answer() -> Answer:
            body = queue.pop(0) if len(queue) > 1 else queue[0]
            return (body, {"detail": "said so"}) if isinstance(body, int) else (code, body)

        self.answers[method, path] = answer

    def count(self, method: str, path: str) -> int:
        return sum(1 for m, p, _ in self.asked if (m, p) == (method, path))


@pytest.fixture
def fake() -> Iterator[FakeAirflow]:
    state = FakeAirflow()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            path = self.path.split("?")[0]
            sent = self.rfile.read(size).decode()
            is_form = self.headers.get("Content-Type") == "application/x-www-form-urlencoded"
            body = (urllib.parse.parse_qs(sent) if is_form else json.loads(sent)) if size else None
            state.asked.append((self.command, path, body))
            code, said = state.answers.get((self.command, path), lambda: (404, {"detail": path}))()
            data = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(etl_settings.load_settings(), var=tmp_path / "var", database_url="")
