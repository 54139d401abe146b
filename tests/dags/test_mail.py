"""Airflow's SMTP connection, through its own hook, to a real mail server: handed over once, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.imap_server import ImapServer
from tests.mailbox import LOST, SENDER, Mailbox

PLANS = {"taken": "", "lost": LOST, "later": "451 later", "refused": "554 spam", "nameless": "", "away": ""}
Sent = tuple[dict[str, Any], dict[str, Mailbox]]


PLANTED = "planted-secret-of-a-connection"


class _Parrot(Mailbox):
    """A mail server that repeats the password as it refuses it."""

    @contextmanager
    def open(self) -> Iterator[None]:
        def refuse(*asked: Any) -> AuthResult:
            said = asked[-1].password.decode()
            return AuthResult(success=False, handled=False, message=f"535 5.7.8 not {said}")

        with_login = {"authenticator": refuse, "auth_require_tls": False}
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **with_login)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


class _TurnDown(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_error(403, f"not {self.path}")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """What became of a letter by each connection, and the mail server that each leads to."""
    home = tmp_path_factory.mktemp("airflow-home")
    boxes = {name: Mailbox(plan) for name, plan in PLANS.items()}
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "TONGKET"))}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "_AIRFLOW_PROCESS_CONTEXT": "client"}
    for name, box in boxes.items():
        sender = "" if name == "nameless" else SENDER
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": sender, "timeout": 10, "retry_limit": 5}
        uri = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        env[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(uri)
    imap = ImapServer()
    box, hook = _Parrot(), HTTPServer(("127.0.0.1", 0), _TurnDown)
    hooks = {
        "refused": f"http://127.0.0.1:{hook.server_port}/",
        "broken": "http://127.0.0.1/a b/",
        "away": "http://127.0.0.1:1/",
    }
    for name, address in hooks.items():
        env[f"AIRFLOW_CONN_HOOK_{name.upper()}"] = json.dumps({"conn_type": "http", "host": f"{address}{PLANTED}"})
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": SENDER, "timeout": 10, "retry_limit": 1}
    uri = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": box.port,
        "login": "a",
        "password": PLANTED,
        "extra": extra,
    }
    env["AIRFLOW_CONN_PARROT"] = json.dumps(uri)
    asked = [
        *boxes,
        "unknown",
        "imap_right",
        "imap_wrong",
        "imap_unknown",
        "parrot",
        *(f"hook_{name}" for name in hooks),
    ]
    command = [sys.executable, str(Path(__file__).with_name("posting.py")), *asked]
    with ExitStack() as servers:
        servers.enter_context(imap.open())
        servers.enter_context(box.open())
        servers.enter_context(hook)
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        servers.callback(hook.shutdown)
        for name, password in {"right": imap.password, "wrong": PLANTED}.items():
            extra = {"use_ssl": False, "authserv_id": "mx.vi-du.test"}
            uri = {"conn_type": "imap", "host": "127.0.0.1", "port": imap.port, "login": imap.login, "extra": extra}
            env[f"AIRFLOW_CONN_IMAP_{name.upper()}"] = json.dumps({**uri, "password": password})
        for name, box in boxes.items():
            if name != "away":
                servers.enter_context(box.open())
        done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PLANTED not in done.stdout + done.stderr, "no secret is said, whoever repeats it"
    return json.loads(done.stdout.splitlines()[-1]), boxes


def test_a_message_goes_out_by_the_connection(sent: Sent) -> None:
    ended, boxes = sent
    assert ended["taken"] == {"outcome": "sent", "said": "250 taken"}
    (message,) = boxes["taken"].messages
    assert (message["From"], message["Subject"], boxes["taken"].to) == (SENDER, "Báo cáo quý I", ["b@vi-du.test"])


@pytest.mark.parametrize(("name", "outcome"), [("lost", "unsure"), ("later", "not_sent"), ("refused", "refused")])
def test_the_hooks_own_retries_send_nothing_twice(sent: Sent, name: str, outcome: str) -> None:
    ended, boxes = sent
    assert ended[name]["outcome"] == outcome
    assert len(boxes[name].raw) == (name == "lost")


def test_a_server_that_is_away_is_a_connection_that_failed(sent: Sent) -> None:
    assert "OSError" in sent[0]["away"]["error"]


def test_no_such_connection_is_no_post_office(sent: Sent) -> None:
    assert sent[0]["unknown"] == {"post": None}


def test_a_connection_without_a_sender_fails_at_once_and_says_so(sent: Sent) -> None:
    said = sent[0]["nameless"]
    assert said["error"][0] == "AirflowFailException" and "from_email" in said["said"]


def test_the_mailbox_is_opened_by_its_connection(sent: Sent) -> None:
    assert sent[0]["imap_right"] == {"select": "OK", "server": "mx.vi-du.test"}
    assert "error" in sent[0]["imap_wrong"]
    assert sent[0]["imap_unknown"] == {"mailbox": None}


def test_no_secret_of_a_connection_is_said_whatever_fails(sent: Sent) -> None:
    """The fixture looks through all that was printed; here: each of these did fail, by its secret or at its address."""
    ended = sent[0]
    assert "refuses the login (535)" in ended["parrot"]["said"]
    assert "refuses the login" in ended["imap_wrong"]["said"]
    said = {name: ended[f"hook_{name}"] for name in ("refused", "broken", "away")}
    assert {answer["error"] for answer in said.values()} == {"MailError"}
    assert "HTTP 403" in said["refused"]["said"] and "InvalidURL" in said["broken"]["said"]
