"""Driver errors in the words of the domain, translated in one place."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.errors import ConflictError, DatabaseUnavailableError, PoisonedError

_AGAIN = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.InsufficientResources,
    psycopg.errors.OperatorIntervention,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.TransactionTimeout,
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises into ``DatabaseUnavailableError``, ``ConflictError`` or ``PoisonedError``.

    Mistakes of ours (a wrong statement, a missing table) pass through: no retry mends them.
    """
    try:
        yield
    except (PoolTimeoutError, TimeoutError) as error:
        raise DatabaseUnavailableError("the database did not answer in time") from error
    except (InterfaceError, psycopg.InterfaceError) as error:
        raise DatabaseUnavailableError(f"the database connection broke: {_first_line(error)}") from error
    except UnicodeEncodeError as error:
        # A lone surrogate in text, met before it is sent.
        raise PoisonedError(f"text that is not Unicode: {error.reason}") from error
    except (DBAPIError, psycopg.Error) as error:
        raise _translate(error) from error


def _translate(error: DBAPIError | psycopg.Error) -> Exception:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, _AGAIN) or isinstance(error, OperationalError | psycopg.OperationalError):
        return DatabaseUnavailableError(f"the database is not available: {_first_line(cause)}")
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return ConflictError(_first_line(cause), "duplicate")
    if isinstance(cause, psycopg.DataError | psycopg.IntegrityError):
        return PoisonedError(_first_line(cause))
    return error


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]
