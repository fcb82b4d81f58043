"""Connections that can be cut, which ASGI has no word for."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(slots=True)
class Wires:
    """The open connections of a server, by the client's address."""

    open: dict[tuple[str, int], asyncio.Transport] = field(default_factory=dict)

    def protocol(self) -> type[H11Protocol]:
        """Give an HTTP protocol for uvicorn whose connections are listed here."""
        listed = self.open

        class Listed(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
                super().connection_made(transport)
                listed[self._peer(transport)] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                listed.pop(self._peer(self.transport), None)
                super().connection_lost(exc)

            @staticmethod
            def _peer(transport: asyncio.Transport) -> tuple[str, int]:
                return cast("tuple[str, int]", tuple(transport.get_extra_info("peername")[:2]))

        return Listed

    async def cut(self, request: Request) -> None:
        """Reset the connection that a request came by; returns when it is gone."""
        assert request.client is not None
        wire = self.open.get((request.client.host, request.client.port))
        if wire is None:
            raise ConnectionAbortedError("served by another server than ours, which cannot be cut")
        wire.abort()
        await hung_up(request)


async def hung_up(request: Request) -> None:
    """Wait until the client or we have closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
