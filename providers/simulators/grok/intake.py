"""The submissions: who is let in, what is refused, what is written down and charged."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request

from providers.simulators.account import Standing
from providers.simulators.grok import rules
from providers.simulators.grok.faults import Fault, FaultError, Faults, of_prompt, parse
from providers.simulators.grok.knobs import Knobs
from providers.simulators.grok.ledger import Accepted, Ledger, Work
from providers.simulators.grok.refusals import (
    RefusedError,
    invalid,
    no_credentials,
    no_such_model,
    openai,
    scripted,
    too_fast,
    wrong_key,
)

_EDITED = "grok-imagine-video"
"""The one model that edits and extends."""
_EDIT_TICKS = 5 * 7 * rules.TICKS // 100
"""Five seconds at 720p: what is edited is not fetched, so its length is not known."""
_EXTENSION_SECONDS = 6
_SHORTEST_EXTENSION, _LONGEST_EXTENSION = 2, 10
_SPOILT = {Standing.NO_CREDITS: Fault.NO_CREDITS, Standing.FORBIDDEN: Fault.FORBIDDEN}
_FREE = (Fault.FAILED, Fault.EXPIRED)
"""Ends that are not charged. What the content rules stop is (xAI's pricing page)."""


class Intake:
    """Decides about submissions."""

    def __init__(self, knobs: Knobs, ledger: Ledger, now: Callable[[], float]) -> None:
        self.faults = parse(knobs.faults)
        self.standing = Standing.GOOD
        self._knobs = knobs
        self._ledger = ledger
        self._now = now
        self._last: dict[str, float] = {}

    def let_in(self, request: Request) -> None:
        """Check the key.

        Raises:
            RefusedError: there is none, or another one.
        """
        given = request.headers.get("authorization", "")
        if not given:
            raise no_credentials()
        if given != f"Bearer {self._knobs.api_key}" or self.standing is Standing.REVOKED:
            raise wrong_key()

    async def body(self, request: Request) -> dict[str, Any]:
        """Read a JSON object.

        Raises:
            RefusedError: it is something else; forms are not taken.
        """
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise RefusedError(415, {"error": "Expected request with `Content-Type: application/json`"})
        try:
            read = json.loads(await request.body())
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise RefusedError(422, {"error": "Failed to parse the request body as JSON"})
        return read

    def accept(self, work: Work, body: dict[str, Any]) -> Accepted:
        """Accept a submission, and charge it.

        Raises:
            RefusedError: nothing was accepted.
        """
        faults = self.faults_of(body)
        self._refuse(work, body, faults)
        now = self._now()
        if self._knobs.late_validation and work is not Work.IMAGE:
            late = next(_problems(work, body), None)
            if late is not None:
                faults = Faults({**faults.values, Fault.FAILED: "invalid_argument"})
        delay = 0.0 if work is Work.IMAGE else float(faults.text(Fault.DELAY, str(self._knobs.delay_seconds)))
        return self._ledger.accept(
            work, body, faults, ticks=self._ticks(work, body, faults), at=now, ready_at=now + delay
        )

    def _ticks(self, work: Work, body: dict[str, Any], faults: Faults) -> int:
        if any(fault in faults for fault in _FREE):
            return 0
        if work is Work.IMAGE:
            return rules.image_ticks(body)
        if work is Work.EDIT:
            return _EDIT_TICKS
        given = {"duration": _EXTENSION_SECONDS, **body} if work is Work.EXTENSION else body
        return rules.video_ticks(given, self._knobs.price_per_second)

    def plays(self, fault: Fault, faults: Faults, scope: str) -> bool:
        """Tell whether a fault is due now, and count it."""
        return fault in faults and self._ledger.plays(scope, fault, faults.limit(fault))

    def faults_of(self, body: dict[str, Any]) -> Faults:
        """Read the faults that a submission plays.

        Raises:
            RefusedError: its prompt asks for one that there is not.
        """
        try:
            return of_prompt(str(body.get("prompt") or ""), self.faults)
        except FaultError as error:
            raise invalid(error.message) from error

    def _refuse(self, work: Work, body: dict[str, Any], faults: Faults) -> None:
        model = body.get("model")
        known = model in rules.IMAGE_MODELS if work is Work.IMAGE else rules.video_model(model) is not None
        if not known or (work in {Work.EDIT, Work.EXTENSION} and model != _EDITED):
            raise no_such_model(model)
        if not self._knobs.late_validation or work is Work.IMAGE:
            wrong = next(_problems(work, body), None)
            if wrong is not None:
                raise invalid(wrong)
        spoilt = _SPOILT.get(self.standing)
        refusal = None if spoilt is None else scripted(spoilt)
        if refusal is not None:
            raise refusal
        self._scripted(body, faults)
        self._in_time(str(model))

    def _scripted(self, body: dict[str, Any], faults: Faults) -> None:
        scope = str(body.get("prompt"))
        for fault in faults.values:
            refusal = scripted(fault)
            wanted = fault is not Fault.ZERO_RETENTION or not (body.get("output") or {}).get("upload_url")
            if refusal is not None and wanted and self.plays(fault, faults, scope):
                raise refusal

    def _in_time(self, model: str) -> None:
        rate, now = self._knobs.requests_per_second, self._now()
        if rate and now - self._last.get(model, float("-inf")) < 1 / rate:
            raise too_fast()
        self._last[model] = now


def _problems(work: Work, body: dict[str, Any]) -> Iterator[str]:
    if work is Work.IMAGE:
        yield from rules.image_problems(body)
        return
    if work is Work.VIDEO:
        yield from rules.video_problems(body)
        return
    if not body.get("video"):
        yield "video is required."
    if not str(body.get("prompt") or "").strip():
        yield "Prompt cannot be empty. Please provide a prompt."
    seconds = body.get("duration", _EXTENSION_SECONDS)
    fits = isinstance(seconds, int) and _SHORTEST_EXTENSION <= seconds <= _LONGEST_EXTENSION
    if work is Work.EXTENSION and not fits:
        yield "Duration must be between 2 and 10 seconds."


def late_refusal(fault: Fault) -> RefusedError:
    """Give what a poll answers for an input that the submit let in, or for a key that is not one any more."""
    if fault is Fault.POLL_WRONG_KEY:
        return wrong_key()
    return RefusedError(400, openai("Invalid image: could not be decoded.", "invalid_request_error"))
