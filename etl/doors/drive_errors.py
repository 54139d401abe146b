"""What stops a request on the drive, said as the web door says it: by its status, and in one line of the log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from wsgidav.dav_error import (
    HTTP_BAD_REQUEST,
    HTTP_INSUFFICIENT_STORAGE,
    HTTP_INTERNAL_ERROR,
    HTTP_MEDIATYPE_NOT_SUPPORTED,
    HTTP_NOT_IMPLEMENTED,
    HTTP_SERVICE_UNAVAILABLE,
    DAVError,
)
from wsgidav.mw.base_mw import BaseMiddleware

from etl.doors.request_limits import BodyError
from etl.errors import StorageError, TongketError

_log = logging.getLogger(__name__)
logging.getLogger("wsgidav").setLevel(logging.CRITICAL)  # it tells each of these with a trace; here a line is said


class DriveErrors(BaseMiddleware):  # type: ignore[misc]
    """Stands beneath WsgiDAV's own printer of errors, which calls whatever it does not know 500 and shows it."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        try:
            yield from self.next_app(environ, start_response)
        except Exception as error:
            raise _translate_error(environ["PATH_INFO"], error) from None


def _translate_error(path: str, error: Exception) -> DAVError:
    """What WsgiDAV is to say: its own refusals as they are, without the exception that it would print."""
    cause = error
    if isinstance(error, DAVError):
        cause, error.src_exception = error.src_exception or error, None
        if error.value == HTTP_NOT_IMPLEMENTED:  # a Content-Encoding, which is the sender's affair
            return DAVError(HTTP_MEDIATYPE_NOT_SUPPORTED)
        if error.value != HTTP_INTERNAL_ERROR:
            return error
    if isinstance(cause, BodyError):  # the limits of requests answer it, and log it
        return DAVError(HTTP_BAD_REQUEST)
    if isinstance(cause, TongketError):
        _log.error("%s: %s", path, cause)
        return DAVError(HTTP_INSUFFICIENT_STORAGE if isinstance(cause, StorageError) else HTTP_SERVICE_UNAVAILABLE)
    _log.error("%s: not foreseen", path, exc_info=cause)
    return DAVError(HTTP_INTERNAL_ERROR)
