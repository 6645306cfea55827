"""HTTP connections with deadlines that uvicorn leaves open: for a request's head, and for taking what was sent."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from rewards.service.guard import ABORT

MAX_HEAD = 1 << 16  # bytes of request line and headers


class GuardedProtocol(HttpToolsProtocol):
    client_seconds = 15.0
    _timer: asyncio.TimerHandle | None = None
    _head = 0  # bytes of a head that is not complete

    @classmethod
    def patient_for(cls, seconds: float) -> type[GuardedProtocol]:
        return type(cls.__name__, (cls,), {"client_seconds": seconds})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        waiting = self.cycle is None or self.cycle.response_complete
        if waiting:
            self._expect_head()
            self._head += len(data)
        super().data_received(data)
        if waiting and self._head > MAX_HEAD and not self.transport.is_closing():
            self._leave()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._head = 0
        self.scope[ABORT] = self.transport.abort  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._leave()

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.client_seconds, self._leave)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave(self) -> None:
        """Close; a peer that does not take what was sent is cut off a little later."""
        self._stop_timer()
        self.transport.close()
        self.loop.call_later(self.client_seconds, self.transport.abort)
