"""A small IMAP server on loopback (RFC 3501, as far as a client that empties a mailbox needs it), in a thread."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from typing import Any

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')


@dataclass
class ImapServer:
    """Folders of messages by UID. `drop_after`: hang up after so many commands, once."""

    login: str = "bao-cao"
    password: str = "mat-khau"  # noqa: S105
    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    deleted: set[int] = field(default_factory=set)
    fetched: list[tuple[int, str]] = field(default_factory=list)
    drop_after: int = 0
    port: int = 0
    server: str = ""
    _next: int = 1

    def put(self, message: bytes) -> None:
        self.folders["INBOX"][self._next] = message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        self._next += 1

    @contextmanager
    def open(self) -> Iterator[None]:
        handler = type("Handler", (_Session,), {"mailbox": self})
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
            server.daemon_threads = True
            self.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()

    @contextmanager
    def mailbox(self) -> Iterator[tuple[IMAP4, str]]:
        """What the steps are given to read by."""
        client = IMAP4("127.0.0.1", self.port, timeout=120)
        try:
            client.login(self.login, self.password)
            yield client, self.server
        finally:
            with suppress(IMAP4.error, OSError):
                client.logout()
            with suppress(OSError):
                client.shutdown()


class _Session(socketserver.StreamRequestHandler):
    mailbox: ImapServer

    def handle(self) -> None:
        self.state, self.commands = "out", 0
        self._say("* OK IMAP4rev1 ready")
        while line := self.rfile.readline():
            self.commands += 1
            if self.mailbox.drop_after and self.commands > self.mailbox.drop_after:
                self.mailbox.drop_after = 0
                return
            tag, name, *words = [(q or w) for q, w in _QUOTED.findall(line.strip())]
            command = name.decode().upper()
            if command == "UID":
                command = f"UID {words.pop(0).decode().upper()}"
            rest = b" ".join(words).decode()
            self._say(f"{tag.decode()} {self._answer(command, words, rest)}")
            if command == "LOGOUT":
                return

    def _answer(self, command: str, words: list[bytes], rest: str) -> str:
        box = self.mailbox
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif command == "LOGIN":
            if [w.decode() for w in words] != [box.login, box.password]:
                return f"NO [AUTHENTICATIONFAILED] not {b' '.join(words).decode()}"  # as some do
            self.state = "in"
        elif command == "LOGOUT":
            self._say("* BYE")
        elif self.state == "out":
            return "BAD sign in first"
        elif command == "SELECT":
            self._say(f"* {len(box.folders['INBOX'])} EXISTS")
            self.state = "selected"
        elif command == "CREATE":
            if rest in box.folders:
                return "NO [ALREADYEXISTS] it is there"
            box.folders[rest] = {}
        elif self.state != "selected":
            return "BAD select first"
        else:
            return self._answer_selected(command, words, rest)
        return "OK done"

    def _answer_selected(self, command: str, words: list[bytes], rest: str) -> str:
        box, inbox = self.mailbox, self.mailbox.folders["INBOX"]
        if command == "UID SEARCH":
            self._say(f"* SEARCH {' '.join(str(uid) for uid in inbox if uid not in box.deleted)}".rstrip())
        elif command == "EXPUNGE":
            for uid in [uid for uid in inbox if uid in box.deleted]:
                self._say("* 1 EXPUNGE")
                del inbox[uid]
        elif command == "UID FETCH":
            uid = int(words[0])
            self._fetch(uid, inbox[uid], rest.partition(" ")[2].strip("()"))
        elif command == "UID COPY":
            if words[1].decode() not in box.folders:
                return "NO [TRYCREATE] no such folder"
            box.folders[words[1].decode()][int(words[0])] = inbox[int(words[0])]
        elif command == "UID STORE" and r"\Deleted" in rest:
            box.deleted.add(int(words[0]))
        else:
            return "BAD what?"
        return "OK done"

    def _fetch(self, uid: int, message: bytes, item: str) -> None:
        self.mailbox.fetched.append((uid, item))
        if item == "RFC822.SIZE":
            self._say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(message)})")
            return
        content = message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in item else message
        said = item.replace(".PEEK", "")
        self.wfile.write(f"* {uid} FETCH (UID {uid} {said} {{{len(content)}}}\r\n".encode() + content + b")\r\n")

    def _say(self, line: str) -> Any:
        self.wfile.write(f"{line}\r\n".encode())
