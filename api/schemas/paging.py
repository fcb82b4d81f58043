"""How much of a list to give."""

from typing import Annotated

from pydantic import Field

LARGEST_PAGE = 200
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Entries on a page.")]
