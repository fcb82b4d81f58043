"""What all wire models have in common."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

REF = "#/components/schemas/{model}"
"""Where a model stands in the OpenAPI document."""


class Asked(BaseModel):
    """Something a caller sends: no unknown field, nothing converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Queried(BaseModel):
    """A query string, where everything is text; no unknown parameter."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answered(BaseModel):
    """Something a caller gets; it has exactly the documented fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul_character", "must not contain the NUL character")
    return text


def said(text: str) -> str:
    """Refuse a text that says nothing."""
    if not text.strip():
        raise PydanticCustomError("blank", "must not be empty")
    return _storable(text)


LONGEST_TITLE = 200
LONGEST_TEXT = 8_000

Title = Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(said)]
"""A name for people."""
Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_storable)]
"""A prompt or a narration."""
Name = Annotated[str, Field(max_length=LONGEST_TITLE), AfterValidator(said)]
"""A provider, a model, an id."""


def _number(cost: object) -> object:
    return float(cost) if isinstance(cost, Decimal) else cost


Cost = Annotated[float, BeforeValidator(_number), Field(description="USD.")]
"""Money leaves as a JSON number; inside it is exact."""
