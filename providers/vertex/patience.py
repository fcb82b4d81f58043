"""Wait for a result that is announced before it can be seen."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

from domain.clock import boot_time
from domain.failures import ErrorCode
from domain.provider import ProviderError, ResultGoneError

SECONDS = 60.0
"""Whether Google writes a clip before it says that it is done is not documented; a minute covers either."""


@asynccontextmanager
async def opened(
    stream: Callable[[], AsyncGenerator[bytes]], patience: float
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Give the bytes of ``stream()``, begun again while it raises ``ResultGoneError`` at its first byte.

    Raises:
        ResultGoneError: after ``patience`` seconds.
        ProviderError: the stream failed, or gives nothing.
    """
    first, chunks = await _begun(stream, patience)
    try:
        yield _joined(first, chunks)
    finally:
        await chunks.aclose()


async def _begun(
    stream: Callable[[], AsyncGenerator[bytes]], patience: float
) -> tuple[bytes, AsyncGenerator[bytes]]:
    deadline, wait = boot_time() + patience, min(1.0, patience / 4)
    while True:
        chunks = stream()
        try:
            return await anext(chunks), chunks
        except StopAsyncIteration:
            raise ProviderError(ErrorCode.DOWNLOAD_FAILED, raw="no bytes") from None
        except ResultGoneError:
            left = deadline - boot_time()
            if left <= 0:
                raise
        await asyncio.sleep(min(wait, left))
        wait *= 2


async def _joined(first: bytes, chunks: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
