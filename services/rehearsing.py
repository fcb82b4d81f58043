"""Do something in a transaction that is given up: what it comes to, and what it is refused for."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from domain.records import Records, Transaction

_T = TypeVar("_T")


class _OverError(Exception):
    """Nothing of this transaction is to stay."""


async def rehearsed(records: Records, act: Callable[[Transaction], Awaitable[_T]]) -> _T:
    """Give what an act gives, and keep nothing of it; it raises what the act raises."""
    done: list[_T] = []
    with suppress(_OverError):
        async with records.transaction() as tx:
            done.append(await act(tx))
            raise _OverError
    return done[0]
