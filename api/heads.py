"""A deadline for the head of a request: a client that dribbles one costs a connection, for so long only."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""From a connection's first moment, or from the first byte of a later request, to the end of its head."""


class HeadDeadline(H11Protocol):
    """HTTP/1.1 that hangs up when a head takes too long; uvicorn itself waits for ever.

    Bodies have a deadline where they are read, and idle connections one of uvicorn's.
    """

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Expect a head."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Go on expecting one, or be content."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._expect()
        else:
            self._content()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._content()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _content(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
