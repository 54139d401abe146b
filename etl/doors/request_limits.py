"""What holds for every request before a page is asked for: length and pace of its body, and the answer's headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SMALL_BODY = 64 * 1024
_GRACE_SECONDS, _LEAST_BYTES_PER_SECOND = 30.0, 2_000
"""A body may take so long, and longer by its bytes at this pace: a poor line is waited for, an idle one is not."""
_log = logging.getLogger(__name__)
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class BodyError(Exception):
    """A body that is not taken; `status` is how that is said, 0 where nobody is there to be told."""

    status = 0


class BodyTooLongError(BodyError):
    """A body that was longer than it may be."""

    status = 413


class BodyTooSlowError(BodyError):
    """A body that came more slowly than any line is."""

    status = 408


class BodyCutOffError(BodyError):
    """The sender went away in the middle of a body. Without this, half of a file would look like the whole."""


class _CountedBody:
    """The body of one request, counted while it comes. `failure` is why it is not taken, once it is not."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._counted, self._is_whole = 0, False
        self._waited = 0.0
        self.failure: BodyError | None = None

    async def receive_part(self) -> Message:
        try:
            if self.failure:
                raise self.failure
            return await self._count_part()
        except BodyError as error:
            self.failure = error
            raise

    async def _count_part(self) -> Message:
        message = await (self._receive() if self._is_whole else self._wait_for_part())
        if message["type"] == "http.disconnect" and not self._is_whole:
            raise BodyCutOffError
        self._counted += len(message.get("body", b""))
        if self._counted > self._most:
            raise BodyTooLongError
        self._is_whole = self._is_whole or not message.get("more_body", False)
        return message

    async def _wait_for_part(self) -> Message:
        """The next part. Only waiting for the sender counts, not what is done here in between."""
        began = asyncio.get_running_loop().time()
        try:
            left = _GRACE_SECONDS + self._counted / _LEAST_BYTES_PER_SECOND - self._waited
            async with asyncio.timeout(left):
                return await self._receive()
        except TimeoutError as error:
            raise BodyTooSlowError from error
        finally:
            self._waited += asyncio.get_running_loop().time() - began


class RequestLimits:
    """Refuses bodies above a limit (413), declared or counted, and those that hardly come (408); adds the headers of
    security to every answer.

    Args:
        app: what answers.
        get_max_body: the longest body by path, in bytes.
        secure: whether the door is reached by TLS.
    """

    def __init__(self, app: ASGIApp, get_max_body: Callable[[str], int], *, secure: bool) -> None:
        self._app, self._get_max_body, self._secure = app, get_max_body, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, headers = self._get_max_body(scope["path"]), Headers(scope=scope)
        body, has_begun = _CountedBody(receive, most), False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if body.failure and not has_begun:
                return  # what an application says of half a body, whichever way it took the error, is no answer
            if message["type"] == "http.response.start":
                has_begun = True
                self._add_headers(MutableHeaders(scope=message))
            await send(message)

        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > most:
            body.failure = BodyTooLongError()
        else:
            with suppress(BodyError):
                await self._app(scope, body.receive_part, send_with_headers)
        if body.failure:
            _log.warning("%s %s: %s", scope["method"], scope["path"], body.failure.__doc__)
        if body.failure and body.failure.status and not has_begun:
            await self._refuse_body(body.failure.status, scope, receive, send)

    async def _refuse_body(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        answer = PlainTextResponse(str(status), status_code=status, headers={"Connection": "close"})
        self._add_headers(answer.headers)
        await answer(scope, receive, send)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"


def build_body_limits(upload_bytes: int, upload_paths: tuple[str, ...]) -> Callable[[str], int]:
    """The longest body by path: room for a workbook where one is sent, little anywhere else."""
    return lambda path: upload_bytes + _SMALL_BODY if path.startswith(upload_paths) else _SMALL_BODY
