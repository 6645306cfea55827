"""What every request passes before and after the routes: token, host, size, time limits, counts.

The body is read whole before a route sees the request, so a slow or broken sender occupies nothing but its
connection and the bytes it has sent. Answers of the guard itself are JSON `{"detail": ...}` like those of the routes.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from rewards.service.limits import RETRY_SECONDS, Busy, Lag, Room
from rewards.service.metrics import Metrics
from rewards.service.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OPEN = ("/healthz", "/readyz")  # asked by what starts and stops the service, which has no token
ABORT = "openk15.abort"  # of the scope: cuts the connection
DISCARD_TIMES = 8  # so many times the limit of a body is read and thrown away, for its sender to see the refusal


class Refused(Exception):
    def __init__(self, code: int, detail: str, **headers: str):
        super().__init__(code, detail, headers)
        self.code, self.detail = code, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class ClientGone(Exception):
    """Nobody is there to answer."""


class Guard:
    def __init__(self, app: App, settings: Settings, held: Room, lag: Lag, metrics: Metrics, routes: frozenset[str]):
        self._app, self._settings, self._held, self._lag, self._metrics, self._routes = app, settings, held, lag, metrics, routes
        self._hosts = {"localhost", "127.0.0.1", "[::1]", settings.host, f"[{settings.host}]"}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = scope["path"] if scope["path"] in self._routes else "other"
        answer = _Answer(send, scope.get(ABORT, lambda: None), self._settings.client_seconds)
        taken = 0
        begun = time.perf_counter()
        try:
            try:
                refusal = self._refusal(scope)
                body, taken = await self._body(scope, receive, keep=refusal is None)
                if refusal is not None:  # only now: a client that is still sending would not read it
                    raise refusal
                begun = time.perf_counter()
                async with asyncio.timeout(self._settings.request_seconds):
                    await self._app(scope, _replay(body), answer.send)
            except Refused as refused:
                await answer.refuse(refused)
            except Busy as busy:
                await answer.refuse(Refused(503, str(busy), retry_after=str(RETRY_SECONDS)))
            except TimeoutError:
                detail = f"no answer within {self._settings.request_seconds:g} s"
                await answer.refuse(Refused(504, detail, retry_after=str(RETRY_SECONDS)))
        except ClientGone:
            self._metrics.lost.labels(route).inc()
        finally:
            self._held.give(taken)
            if answer.code:
                self._metrics.requests.labels(route, answer.code).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - begun)

    def _refusal(self, scope: Message) -> Refused | None:
        """Why this request is not for us, whatever its body says."""
        headers = dict(scope["headers"])
        token = self._settings.token
        if scope["path"] in OPEN:
            return None
        if token is None:
            # A page in a browser on this machine may point a name of its own at this address: such a name is no business of ours.
            host = headers.get(b"host", b"").decode("latin-1").lower()
            name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
            return None if name in self._hosts else Refused(421, f"host {host[:100]!r} is not served; call it {self._settings.host}")
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), token.encode()):
            return None
        if scheme.lower() == b"bearer" and given.strip():
            return Refused(401, "the bearer token is not the one this service was started with", www_authenticate="Bearer")
        return Refused(401, "a bearer token is required: Authorization: Bearer TOKEN", www_authenticate="Bearer")

    async def _body(self, scope: Message, receive: Receive, *, keep: bool) -> tuple[bytes, int]:
        """The whole body, and how many bytes of room it holds; with `keep` off it is read and thrown away."""
        limit = self._settings.max_body
        length = dict(scope["headers"]).get(b"content-length", b"")
        declared = int(length) if length.isdigit() and len(length) < 20 else 0
        parts = bytearray()
        size, more = 0, True
        due = time.monotonic() + self._settings.client_seconds - self._lag.seconds
        try:
            while more and size <= limit * DISCARD_TIMES:
                message = await self._next(receive, due)
                if message["type"] == "http.disconnect":
                    raise ClientGone
                more = message.get("more_body", False)
                part = message.get("body", b"")
                size += len(part)
                if keep and max(size, declared) <= limit:
                    self._held.take(len(part))
                    parts += part
        except TimeoutError:
            self._held.give(len(parts))
            raise Refused(408, f"the body did not arrive within {self._settings.client_seconds:g} s", connection="close") from None
        except BaseException:
            self._held.give(len(parts))
            raise
        if keep and max(size, declared) > limit:
            self._held.give(len(parts))
            raise Refused(413, f"a body of more than {limit} bytes; send smaller batches", connection="close")
        return bytes(parts), len(parts)

    async def _next(self, receive: Receive, due: float) -> Message:
        """The client's next message; TimeoutError when it is not here at `due`, by a clock that stands still while we lag."""
        while True:
            try:
                async with asyncio.timeout(max(Lag.TICK, due + self._lag.seconds - time.monotonic())):
                    return await receive()
            except TimeoutError:
                if time.monotonic() >= due + self._lag.seconds:
                    raise


class _Answer:
    """Sends an answer with a deadline for its reader, and knows whether it has begun."""

    def __init__(self, send: Send, abort: Callable[[], None], seconds: float):
        self._send, self._abort, self._seconds = send, abort, seconds
        self.code = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.code = message["status"]
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(message)
        except TimeoutError:
            self._abort()
            raise ClientGone from None

    async def refuse(self, refused: Refused) -> None:
        if self.code:  # half an answer is out: cut it, or it would be taken for a whole one
            self._abort()
            raise ClientGone
        body = json.dumps({"detail": refused.detail}).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body)), **refused.headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": refused.code, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})


def _replay(body: bytes) -> Receive:
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()  # a route that asks again waits to be told that the client left; it is told by its deadline
        raise AssertionError("unreachable")

    return receive
