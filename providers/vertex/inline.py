"""Read JSON whose largest string is a clip in base64, in constant memory.

Google gives results that have no bucket inline: tens of megabytes of base64 in one string. The payload is
decoded as it arrives; what is around it, a few hundred bytes, is kept and read as JSON in the end.
"""

import binascii
import json
import re
from typing import Any

_LARGEST_REST = 1024 * 1024
_QUOTE_OR_ESCAPE = re.compile(rb'["\\]')
_UNICODE = 6
"""Characters of an escape such as ``\\u003d``, which Google's JSON writes for ``=``."""


class InlineError(ValueError):
    """The JSON or the base64 is broken, or cut."""


class InlineReader:
    """Takes JSON in pieces and gives the first payload's bytes; later payloads are left out."""

    def __init__(self, *names: str) -> None:
        names_there = "|".join(map(re.escape, names)).encode()
        self._key = re.compile(rb'"(?:' + names_there + rb')"\s*:\s*"$')
        self._rest = bytearray()
        self._held = b""
        self._base64 = bytearray()
        self._in_string = self._in_payload = self._ended = False
        self.started = False
        """Whether a payload with at least one character was seen."""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece; give the payload's bytes that it completed.

        Raises:
            InlineError: the base64 is broken, or too much is around it.
        """
        data, self._held = self._held + piece, b""
        at = 0
        while at < len(data):
            at = self._payload(data, at) if self._in_payload else self._around(data, at)
            if at < 0:
                break
            if len(self._rest) > _LARGEST_REST:
                raise InlineError("more than 1 MiB around the payload")
        return self._decoded(whole=self._ended)

    def rest(self) -> Any:
        """Give everything but the payloads, which are empty strings.

        Raises:
            InlineError: the JSON did not end.
        """
        try:
            return json.loads(self._rest)
        except ValueError as error:
            raise InlineError("the JSON is cut or broken") from error

    def _around(self, data: bytes, at: int) -> int:
        """Copy up to the next quote or escape; give where to go on, -1 to wait for more."""
        found = _QUOTE_OR_ESCAPE.search(data, at)
        if found is None:
            self._rest += data[at:]
            return len(data)
        end = found.end()
        if found[0] == b"\\":
            if end == len(data):
                self._rest += data[at : end - 1]
                self._held = data[end - 1 :]
                return -1
            self._rest += data[at : end + 1]
            return end + 1
        self._rest += data[at:end]
        self._in_string = not self._in_string
        # Only what stands right behind the key is looked at: the rest may be long.
        if self._in_string and self._key.search(bytes(self._rest[-64:])):
            self._in_payload = True
        return end

    def _payload(self, data: bytes, at: int) -> int:
        """Take payload up to its quote or the next escape."""
        found = _QUOTE_OR_ESCAPE.search(data, at)
        self._take(data[at : found.start()] if found else data[at:])
        if found is None:
            return len(data)
        if found[0] == b'"':
            self._rest += b'"'
            self._in_string = self._in_payload = False
            self._ended = self._ended or self.started
            return found.end()
        escape = data[found.start() : found.start() + _UNICODE]
        length = _UNICODE if escape[1:2] == b"u" else 2
        if len(escape) < length:
            self._held = data[found.start() :]
            return -1
        try:
            self._take(json.loads(b'"' + escape[:length] + b'"').encode("ascii"))
        except ValueError as error:
            raise InlineError("an escape that is no base64") from error
        return found.start() + length

    def _take(self, text: bytes) -> None:
        if text and not self._ended:
            self.started = True
            self._base64 += text

    def _decoded(self, *, whole: bool) -> bytes:
        usable = len(self._base64) if whole else len(self._base64) // 4 * 4
        text, self._base64 = bytes(self._base64[:usable]), self._base64[usable:]
        try:
            return binascii.a2b_base64(text, strict_mode=True) if text else b""
        except binascii.Error as error:
            raise InlineError("the payload is no base64") from error

    @property
    def ended(self) -> bool:
        """Whether the first payload is complete."""
        return self._ended
