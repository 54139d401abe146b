"""WebDAV at the web door's address: three folders that Windows shows as a network drive. WsgiDAV speaks the protocol.

*Send*, *Forms*, *Answers* of the unit that signed in, and nothing else: every request finds its account anew and lists
what is that account's. A file that is put is taken when it is whole, as at any door; one that was cut off is not taken.
Each unit has a WsgiDAV of its own, so that nobody's lock holds up another.
"""

from __future__ import annotations

import base64
import binascii
import io
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from wsgidav.dav_error import HTTP_FORBIDDEN, DAVError
from wsgidav.dav_provider import DAVCollection, DAVNonCollection, DAVProvider, _DAVResource
from wsgidav.error_printer import ErrorPrinter
from wsgidav.request_resolver import RequestResolver
from wsgidav.wsgidav_app import WsgiDAVApp

from etl.catalog import Catalogue
from etl.core.instance import load_settings_and_catalogue
from etl.doors.accounts import UnitAccount
from etl.doors.drive_errors import DriveErrors
from etl.doors.unit_desk import DownloadedFile, list_due_forms, read_answer, read_form
from etl.doors.uploads import SentFile, list_waiting_names
from etl.doors.web_app import WebDoor
from etl.messages import load_messages
from etl.model.reason import Reason
from etl.warehouse.door_store import fetch_answers

DRIVE = "/dav"
_MOST_UNITS = 500
_MOST_ANNOUNCED = 50
_MOST_ANSWERS = 200
_VISIT = "tongket.visit"
_CONFIG: dict[str, Any] = {
    "mount_path": DRIVE,
    "http_authenticator": {"accept_basic": False, "accept_digest": False, "default_to_digest": False},  # done before it
    "middleware_stack": [ErrorPrinter, DriveErrors, RequestResolver],
    "property_manager": True,  # Windows stores times and attributes with a file, and gives up where it may not
    "lock_storage": True,
    "verbose": 1,
    "logging": {"enable": False},
    "suppress_version_info": True,
}


@dataclass(frozen=True)
class Visit:
    """One request of a unit: what its folders are listed from."""

    door: WebDoor
    catalogue: Catalogue
    account: UnitAccount


class WebDavDoor:
    """The WSGI application: HTTP Basic by the keeper of the door, then the unit's own WsgiDAV."""

    def __init__(self, door: WebDoor) -> None:
        self._door = door
        self._apps: OrderedDict[int, WsgiDAVApp] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        visit = self._find_visit(environ)
        if visit is None:
            headers = [("WWW-Authenticate", 'Basic realm="tongket", charset="UTF-8"'), ("Content-Length", "0")]
            start_response("401 Unauthorized", headers)
            return [b""]
        environ[_VISIT] = visit
        environ["wsgidav.auth.user_name"] = visit.account.unit.code
        answer: Iterable[bytes] = self._get_app(visit.account.account_id)(environ, start_response)
        return answer

    def _find_visit(self, environ: WSGIEnvironment) -> Visit | None:
        code, secret = _parse_basic(environ.get("HTTP_AUTHORIZATION", ""))
        if not code:
            return None
        _, catalogue = load_settings_and_catalogue()
        address = environ.get("REMOTE_ADDR", "")
        with self._door.engine.begin() as conn:
            entry = self._door.keeper.authenticate_unit(conn, catalogue, code, secret, address, self._door.clock())
        return Visit(self._door, catalogue, entry.account) if entry.account else None

    def _get_app(self, account_id: int) -> WsgiDAVApp:
        with self._lock:
            if account_id not in self._apps:
                self._apps[account_id] = WsgiDAVApp({**_CONFIG, "provider_mapping": {"/": UnitDrive()}})
            self._apps.move_to_end(account_id)
            if len(self._apps) > _MOST_UNITS:
                self._apps.popitem(last=False)
            return self._apps[account_id]


def _parse_basic(header: str) -> tuple[str, str]:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        code, _, secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return code, secret


class UnitDrive(DAVProvider):  # type: ignore[misc]
    """The drive of a unit. `announced` are names that a client made empty before it sends what is in them."""

    def __init__(self) -> None:
        super().__init__()
        self.announced: OrderedDict[str, None] = OrderedDict()

    def custom_request_handler(self, environ: Mapping[str, Any], start_response: StartResponse, method: Any) -> Any:
        """Nothing on the drive is copied, moved or renamed there, whatever its destination is called."""
        if environ["REQUEST_METHOD"] in ("COPY", "MOVE"):
            raise DAVError(HTTP_FORBIDDEN)
        return super().custom_request_handler(environ, start_response, method)

    def get_resource_inst(self, path: str | None, environ: Mapping[str, Any]) -> Any:
        """What lies at a path, or None: found by listing, never by building a path of the disk."""
        if path is None:  # the folder above the drive
            return None
        resource: Any = RootFolder("/", environ)
        for name in path.strip("/").split("/"):
            if name and resource is not None:
                resource = resource.get_member(name) if resource.is_collection else None
        return resource


class _Kept(_DAVResource):  # type: ignore[misc]
    """What cannot be deleted."""

    def handle_delete(self) -> bool:
        """Refuses."""
        raise DAVError(HTTP_FORBIDDEN)


class RootFolder(_Kept, DAVCollection):  # type: ignore[misc]
    """The three folders."""

    def get_member_names(self) -> list[str]:
        """Their names, as the office words them."""
        return list(self._list_folders())

    def get_member(self, name: str) -> Any:
        """One of them, or None."""
        folder = self._list_folders().get(name)
        return folder(f"/{name}", self.environ) if folder else None

    def _list_folders(self) -> dict[str, type[DAVCollection]]:
        texts = load_messages(self.environ[_VISIT].door.settings.templates).texts
        return {
            texts["door.folder_send"]: SendFolder,
            texts["door.folder_forms"]: FormsFolder,
            texts["door.folder_answers"]: AnswersFolder,
        }


class SendFolder(_Kept, DAVCollection):  # type: ignore[misc]
    """Where a unit drops its files. What lies here waits for the intake, which takes it away."""

    def get_member_names(self) -> list[str]:
        """What waits, and what a client has announced."""
        visit: Visit = self.environ[_VISIT]
        waiting = list_waiting_names(visit.door.settings, visit.account.folders)
        return list(dict.fromkeys([*waiting, *self.provider.announced]))

    def get_member(self, name: str) -> Any:
        """A file that waits or was announced, or None."""
        return SentWorkbook(f"{self.path}/{name}", self.environ) if name in self.get_member_names() else None

    def create_empty_resource(self, name: str) -> Any:
        """Announces a file; its content comes with the same or the next request."""
        if name.startswith((".", "~$")):  # what systems leave beside a file: locks, resource forks
            raise DAVError(HTTP_FORBIDDEN)
        announced = self.provider.announced
        announced[name] = None
        if len(announced) > _MOST_ANNOUNCED:
            announced.popitem(last=False)
        return SentWorkbook(f"{self.path}/{name}", self.environ)


class SentWorkbook(DAVNonCollection):  # type: ignore[misc]
    """A file that is being sent, or waits."""

    def __init__(self, path: str, environ: Mapping[str, Any]) -> None:
        super().__init__(path, environ)
        self._content: io.BytesIO | None = None

    def get_content_length(self) -> int:
        """Bytes."""
        return len(self.get_content().getvalue())

    def get_content(self) -> io.BytesIO:
        """What waits; nothing where it was announced only, or taken meanwhile."""
        path = self._find_path()
        try:
            return io.BytesIO(path.read_bytes() if path else b"")
        except FileNotFoundError:
            return io.BytesIO()

    def get_etag(self) -> None:
        """None: a file that is taken away has none."""

    def support_etag(self) -> bool:
        """It has none."""
        return False

    def begin_write(self, *, content_type: str | None = None) -> io.BytesIO:  # noqa: ARG002 - WsgiDAV's signature
        """Collects what comes; how much that may be is held for every request of the door."""
        self._content = _KeptBuffer()
        return self._content

    def end_write(self, *, with_errors: bool) -> None:
        """Takes the file, if it came whole and has anything in it.

        Raises:
            DAVError: it is not taken; says why.
        """
        data = b"" if self._content is None else self._content.getvalue()
        visit: Visit = self.environ[_VISIT]
        if with_errors:
            self.provider.announced.pop(self.name, None)
        elif data:
            door, sent = visit.door, SentFile(self.name, data, "webdav")
            with door.desk.hold_turn(visit.account) as full:
                taken = full or door.desk.take_file(door.settings, visit.catalogue, visit.account, sent, door.clock())
            refusal = taken if isinstance(taken, Reason) else taken.refusal
            self.provider.announced.pop(self.name, None)
            if refusal:
                raise DAVError(HTTP_FORBIDDEN, load_messages(door.settings.templates).describe(refusal))

    def delete(self) -> None:
        """Takes a file back that waits."""
        path = self._find_path()
        if path:
            path.unlink(missing_ok=True)
        self.provider.announced.pop(self.name, None)

    def _find_path(self) -> Path | None:
        """Where it waits: the name is one of those that the listing gave."""
        visit: Visit = self.environ[_VISIT]
        for folder in visit.account.folders:
            if self.name in list_waiting_names(visit.door.settings, [folder]):
                return Path(visit.door.settings.inbox, folder, str(self.name))
        return None


class _KeptBuffer(io.BytesIO):
    """A buffer that can be read after WsgiDAV has closed it."""

    def close(self) -> None:
        """Keeps what is in it."""


class DownloadFolder(_Kept, DAVCollection):  # type: ignore[misc]
    """A folder of files to fetch; nothing in it can be changed."""

    @abstractmethod
    def list_files(self) -> dict[str, Callable[[], DownloadedFile]]:
        """How each file is read, by its name."""

    def get_member_names(self) -> list[str]:
        """The files' names."""
        return list(self.list_files())

    def get_member(self, name: str) -> Any:
        """One of them, or None."""
        read = self.list_files().get(name)
        return FetchedWorkbook(f"{self.path}/{name}", self.environ, read) if read else None


class FormsFolder(DownloadFolder):
    """The workbooks to fill in."""

    def list_files(self) -> dict[str, Callable[[], DownloadedFile]]:
        """What the unit owes, and what it sent last."""
        visit: Visit = self.environ[_VISIT]
        settings = visit.door.settings
        with visit.door.engine.connect() as conn:
            due = list_due_forms(conn, visit.catalogue, visit.account, visit.door.get_today())
        return {one.file_name: lambda one=one: read_form(settings, visit.catalogue, one) for one in due}  # type: ignore[misc]


class AnswersFolder(DownloadFolder):
    """Receipts and returned workbooks."""

    def list_files(self) -> dict[str, Callable[[], DownloadedFile]]:
        """The last answers; where two have one name, the newer."""
        visit: Visit = self.environ[_VISIT]
        settings = visit.door.settings
        with visit.door.engine.connect() as conn:
            answers = fetch_answers(conn, visit.account.folders, most=_MOST_ANSWERS)
        return {
            Path(one.answer).name: lambda one=one: read_answer(settings, one)  # type: ignore[misc]
            for one in reversed(answers)
        }


class FetchedWorkbook(_Kept, DAVNonCollection):  # type: ignore[misc]
    """A file to fetch."""

    def __init__(self, path: str, environ: Mapping[str, Any], read: Callable[[], DownloadedFile]) -> None:
        super().__init__(path, environ)
        self._read = read

    def get_content_length(self) -> int:
        """Bytes."""
        return len(self._read().data)

    def get_content(self) -> io.BytesIO:
        """The file."""
        return io.BytesIO(self._read().data)

    def get_etag(self) -> None:
        """None: it is read anew each time."""

    def support_etag(self) -> bool:
        """It has none."""
        return False
