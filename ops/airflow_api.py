"""Airflow's REST API, as far as the scripts here need it: standard library only.

Only `ops` calls this.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

from etl.errors import TongketError

Json = dict[str, Any]
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
TIMEOUT_SECONDS = 30.0
TRIES = 4


class AirflowError(TongketError):
    """Airflow did not answer, or refused; says what it was asked and what it said."""


class AirflowClient:
    """One Airflow, one user. A call is repeated when the server is busy; a refusal raises at once."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address = address
        self._login = {"username": user, "password": password}
        self._token = ""

    def fetch_health(self) -> Json:
        """State of the components by name; empty while the server does not answer yet."""
        try:
            return dict(json.loads(self._send_request("GET", "/api/v2/monitor/health", None, signed=False)))
        except (OSError, ValueError):
            return {}

    def get(self, path: str, **query: str | int | Sequence[str]) -> Json:
        """Reads one resource."""
        return self._call_api("GET", path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""), None)

    def post(self, path: str, body: Json) -> Json:
        """Creates one resource."""
        return self._call_api("POST", path, body)

    def patch(self, path: str, body: Json) -> Json:
        """Changes one resource."""
        return self._call_api("PATCH", path, body)

    def read_page(self, path: str) -> str:
        """Reads a page of HTML."""
        return self._call("GET", path).decode()

    def post_form(self, path: str, fields: Mapping[str, str]) -> str:
        """Sends a page's form, as a browser does; gives the page that answers."""
        return self._call("POST", path, urllib.parse.urlencode(fields).encode(), FORM).decode()

    def trigger_dag_run(self, dag: str, key: str | None = None) -> str:
        """Starts a run, of one partition where a key is given; gives the run's id."""
        run = self.post(f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "partition_key": key})
        return str(run["dag_run_id"])

    def _call_api(self, method: str, path: str, body: Json | None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        content: Json = json.loads(self._call(method, path, data) or b"{}")
        return content

    def _call(self, method: str, path: str, data: bytes | None = None, kind: str = JSON) -> bytes:
        for attempt in range(1, TRIES + 1):
            try:
                return self._send_request(method, path, data, kind, signed=True)
            except urllib.error.HTTPError as refusal:
                if refusal.code == 401 and attempt == 1:
                    self._token = ""
                elif refusal.code < 500 or method != "GET" or attempt == TRIES:
                    raise self._build_refusal_error(method, path, refusal) from refusal
            except OSError as error:
                if method != "GET" or attempt == TRIES:
                    raise AirflowError(
                        f"Airflow does not answer: {error}", where=self.address, fix="see `python -m ops.local status`"
                    ) from error
            time.sleep(0.5 * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _send_request(self, method: str, path: str, data: bytes | None, kind: str = JSON, *, signed: bool) -> bytes:
        headers = {"Content-Type": kind, "Accept": "application/json, text/html"}
        if signed:
            self._token = self._token or self._fetch_token()
            headers["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - our own loopback address
            return bytes(answer.read())

    def _fetch_token(self) -> str:
        login = json.dumps(self._login).encode()
        return str(json.loads(self._send_request("POST", "/auth/token", login, signed=False))["access_token"])

    def _build_refusal_error(self, method: str, path: str, refusal: urllib.error.HTTPError) -> AirflowError:
        body = refusal.read().decode(errors="replace")[:400]
        return AirflowError(
            f"{method} {path} gave {refusal.code}: {body}", where=self.address, fix="read the api-server's log"
        )
