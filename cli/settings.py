"""Settings, read once from the environment and ``.env``; a wrong one is named as people set it."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from domain.errors import ConfigurationError

S = TypeVar("S", bound=BaseSettings)

_SECRET = re.compile(r"secret|token|password|api_key|database_url", re.IGNORECASE)
"""What a setting is called whose value is never shown, whatever its type."""
_BOUNDS: dict[type, str] = {Ge: "at least", Gt: "more than", Le: "at most", Lt: "less than"}
_TYPES: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    bool: "true or false",
    str: "text",
    Path: "a path",
    SecretStr: "text, never shown",
    timedelta: "seconds such as 10, or a duration such as PT10S",
}


def load(kind: type[S]) -> S:
    """Read one class of settings.

    Raises:
        ConfigurationError: the first wrong setting: its name, its value unless secret, what is allowed.
    """
    try:
        return kind()
    except ValidationError as error:
        raise _explained(kind, error)[0] from None


def wrong_in(kind: type[BaseSettings]) -> list[ConfigurationError]:
    """List everything that is wrong with one class of settings, each setting once."""
    found: list[ConfigurationError] = []
    mended: dict[str, Any] = {}
    while True:
        try:
            kind(**mended)
        except ValidationError as error:
            new = _explained(kind, error)
        except ConfigurationError as error:
            new = [error]
        else:
            return found
        found += new
        # A validator of ours that refuses hides the others: they are looked at with its default in its place.
        keys = [
            key for key, field in kind.model_fields.items() for one in new if one.setting in names(key, field)
        ]
        if mended.keys() >= set(keys):
            return found
        mended |= {key: kind.model_fields[key].default for key in keys}


def _explained(kind: type[BaseSettings], error: ValidationError) -> list[ConfigurationError]:
    found = {}
    for wrong in error.errors(include_url=False):
        name = str(wrong["loc"][0]) if wrong["loc"] else ""
        field = next((f for key, f in kind.model_fields.items() if name in {key, *_aliases(key, f)}), None)
        if field is None:
            raise error
        shown = "(not shown)" if is_secret(name) else str(wrong["input"])
        found[name] = ConfigurationError(name.upper(), shown, f"allowed: {allowed(field)}")
    return list(found.values())


def is_secret(name: str) -> bool:
    """Tell whether the value of a setting must not be shown."""
    return _SECRET.search(name) is not None


def names(key: str, field: FieldInfo) -> Sequence[str]:
    """Give the environment variables that set a field, the usual one first."""
    return [name.upper() for name in _aliases(key, field)]


def _aliases(key: str, field: FieldInfo) -> Sequence[str]:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [str(alias or key)]


def allowed(field: FieldInfo) -> str:
    """Say which values a field takes."""
    return f"{_allowed(field.annotation)}{_within(field.metadata)}"


def _allowed(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(map(str, get_args(annotation)))
    if origin in {Union, UnionType}:
        return " or ".join(_allowed(part) for part in get_args(annotation) if part is not NoneType)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return ", ".join(annotation)
    if hasattr(annotation, "__metadata__"):
        return f"{_allowed(annotation.__origin__)}{_within(annotation.__metadata__)}"
    return _TYPES.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _within(metadata: Sequence[Any]) -> str:
    """Say the limits, if there are any."""
    found = {kind: bound for entry in _flat(metadata) for kind, bound in _bound(entry)}
    if Ge in found and Le in found:
        return f" from {found[Ge]} to {found[Le]}"
    return "".join(f", {words} {found[kind]}" for kind, words in _BOUNDS.items() if kind in found)


def _bound(entry: object) -> Iterator[tuple[type, str]]:
    for kind in _BOUNDS:
        if isinstance(entry, kind):
            yield kind, _plain(getattr(entry, kind.__name__.lower()))


def _flat(metadata: Sequence[Any]) -> Iterator[Any]:
    """Give all entries; pydantic keeps those of a ``Field`` inside an ``Annotated`` one level deeper."""
    for entry in metadata:
        yield from _flat(entry.metadata) if isinstance(entry, FieldInfo) else (entry,)


def _plain(bound: object) -> str:
    if isinstance(bound, timedelta):
        return f"{bound.total_seconds():g} s"
    return f"{bound:g}" if isinstance(bound, float) else str(bound)
