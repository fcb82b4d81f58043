"""The tree of errors that Rushes raises itself.

::

    RushesError
    ├── ConfigurationError       a setting stops the start: name, value, what is allowed
    ├── InvalidRequestError      a request cannot be served as it stands: one Problem per field
    ├── NotAuthenticatedError    nobody we know
    ├── NotAllowedError          somebody we know, who may not do this
    ├── NotFoundError            no such thing, or not yours
    ├── ConflictError            the thing's state does not allow this now
    │   └── InvalidTransitionError   a move the table does not have
    ├── InsufficientCreditsError the project's credits, or its budget, do not go for this
    ├── UnavailableError         a dependency is out of reach; trying again later may help
    │   ├── DatabaseUnavailableError
    │   ├── FetchFailedError     see ``domain.fetching``
    │   └── StorageError
    ├── PoisonedError            one row's values cannot be stored; the row fails alone
    ├── MediaError               a file is not the clip it should be
    │   └── UnfitClipError           one of several clips, by its number
    ├── FrameError               what was given for a frame is none, see ``domain.frames``
    ├── UrlRefusedError          an address may not be fetched, see ``domain.fetching``
    └── ProviderError            see ``domain.provider``

The docstring of a class is its default message.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class RushesError(Exception):
    """Something went wrong in Rushes."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def message(self) -> str:
        """The sentence for a person."""
        return str(self.args[0])


class ConfigurationError(RushesError):
    """A setting is wrong."""

    def __init__(self, setting: str, value: str | None, allowed: str) -> None:
        shown = "is not set" if value is None else f"is {value!r}"
        super().__init__(f"{setting} {shown}; {allowed}")
        self.setting = setting
        self.value = value
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a request: which field, which value, and what is allowed instead."""

    field: str
    value: object
    allowed: str
    where: str | None = None
    """A label a person knows, such as the shot ``1A``."""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.field} is {self.value!r}; {self.allowed}"


class InvalidRequestError(RushesError):
    """The request cannot be served as it stands."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


class NotAuthenticatedError(RushesError):
    """Say who you are."""


class NotAllowedError(RushesError):
    """This key does not allow that."""


class NotFoundError(RushesError):
    """There is no such thing here."""


class ConflictError(RushesError):
    """The state of this thing does not allow that now."""

    def __init__(self, message: str = "", code: str = "conflict", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = tuple(problems)
        """What exactly is in the way, where there is more than one thing."""


class InvalidTransitionError(ConflictError):
    """A job cannot move like that."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"a {source} job cannot become {target}", "invalid_transition")
        self.source = source
        self.target = target


class InsufficientCreditsError(RushesError):
    """The project's credits do not go for this."""

    def __init__(
        self, message: str = "", code: str = "insufficient_credits", problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.problems = tuple(problems)
        """What is missing, where it is one of several things to be told together."""


class UnavailableError(RushesError):
    """A service that Rushes depends on cannot be reached."""


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be reached."""


class StorageError(UnavailableError):
    """The storage refused or could not be reached."""


class PoisonedError(RushesError):
    """These values cannot be stored."""


class MediaError(RushesError):
    """This file is not a usable clip."""


class UnfitClipError(MediaError):
    """One of these clips cannot be used."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(message)
        self.number = number
        """Which one, counted from 0."""
