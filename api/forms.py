"""Forms with a file, as some clients send what others send as JSON."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.errors import RefusedError
from domain.errors import InvalidRequestError, Problem

_MOST_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, and its files, by name."""

    fields: Mapping[str, str]
    files: Mapping[str, bytes]


def is_form(content_type: str) -> bool:
    """Tell whether a body of this type is a form."""
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


class _Parser(MultiPartParser):
    """A parser that knows whether it saw the end; the library takes a torn form for a shorter one."""

    ended = False

    def on_end(self) -> None:
        """Note the end."""
        self.ended = True


async def read_form(content_type: str, body: bytes) -> Form:
    """Read a form that has been received as a whole, and with that is not too large.

    Raises:
        RefusedError: it is none.
        InvalidRequestError: a field is sent twice.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = _Parser(
        Headers({"content-type": content_type}),
        stream(),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=len(body),
    )
    # Nothing of it is written to a disk: it is in memory already.
    parser.spool_max_size = len(body) + 1
    try:
        sent = await parser.parse()
    except MultiPartException as error:
        raise _malformed(error.message) from error
    try:
        if not parser.ended:
            raise _malformed("it ends before its last boundary")
        names = [name for name, _ in sent.multi_items()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidRequestError([Problem(name, None, "may be sent once") for name in twice])
        fields = {name: value for name, value in sent.items() if isinstance(value, str)}
        files = {name: await value.read() for name, value in sent.items() if isinstance(value, UploadFile)}
    finally:
        await sent.close()
    return Form(fields, files)


def _malformed(reason: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "malformed_form", f"the body is not a form: {reason}")
