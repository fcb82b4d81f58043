"""Vertex AI on loopback: Veo's two methods, Gemini images, tokens and a bucket.

Both API versions, no GET on operations, Bearer tokens or 401: what the real surface has, and no more.
"""

import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from providers.simulators.account import Standing
from providers.simulators.chat import ChatFault, fault_in
from providers.simulators.veo import images, texts
from providers.simulators.veo.admin import Admin
from providers.simulators.veo.answers import error, unauthenticated, unknown_model
from providers.simulators.veo.bills import Bills
from providers.simulators.veo.buckets import Buckets
from providers.simulators.veo.connections import drop, half_of, hang
from providers.simulators.veo.ledger import Ledger, Submit
from providers.simulators.veo.operations import Operations
from providers.simulators.veo.refusals import SPOILT, refusal, spoilt
from providers.simulators.veo.script import Fault, Plays, Script
from providers.simulators.veo.tokens import Tokens
from providers.simulators.veo.validation import MODELS, fault
from providers.simulators.watching import note


@dataclass(slots=True)
class Simulator:
    """One simulated Vertex AI; ``app.state.simulator`` of the application that serves it."""

    ledger: Ledger
    tokens: Tokens
    buckets: Buckets
    operations: Operations
    plays: Plays
    faults: str
    standing: Standing = Standing.GOOD
    chat: ChatFault | None = None
    """A fault that every question to a language model plays."""

    def script(self, prompt: str) -> Script:
        """Give the faults of a prompt; they win over those of every prompt."""
        return Script({**Script.read(self.faults).values, **Script.read(prompt).values})

    def stand(self, standing: Standing) -> None:
        """Let the account stand so from now on."""
        self.standing = standing
        self.tokens.revoked = standing is Standing.REVOKED

    async def model_method(self, request: Request) -> Response:
        """Answer ``models/{model}:{method}``."""
        model, _, method = request.path_params["call"].partition(":")
        if not self.tokens.accepts(request):
            return unauthenticated(array=Fault.ARRAY in Script.read(self.faults))
        if self.standing in SPOILT:
            return spoilt(self.standing)
        body = await _json(request)
        if model not in _offered(method):
            return unknown_model(request.path_params["project"], request.path_params["location"], model)
        if method == "predictLongRunning":
            return await self._submit(request, model, body)
        if method == "generateContent":
            answer = self._text if model in texts.MODELS else self._image
            return await answer(request, model, body)
        return self._free(request, method, body)

    def _free(self, request: Request, method: str, body: Any) -> Response:
        """Answer what costs nothing."""
        if method == "fetchPredictOperation":
            return self._poll(request, body)
        if method == "countTokens":
            return JSONResponse({"totalTokens": 1, "totalBillableCharacters": 5})
        return error(404, "NOT_FOUND", f"Method {method} is not found.")

    async def _submit(self, request: Request, model: str, body: Any) -> Response:
        wrong = fault(body)
        instances = body.get("instances") if isinstance(body, dict) else None
        prompt = str(instances[0].get("prompt", "")) if instances and not wrong else ""
        submit = self._noted(request, model, body)
        if wrong:
            return error(400, "INVALID_ARGUMENT", wrong)
        script = self.script(prompt)
        key = submit.labels.get("job", prompt)
        refused = await refusal(request, submit, script, self.plays, key)
        if refused:
            return refused
        parent = request.url.path.partition("/projects/")[2].partition(":")[0]
        operation = self.operations.accept(f"projects/{parent}", body, script)
        self.ledger.accepted.append(submit)
        note(request, f"accepted: {model}, {prompt[:60]!r}")
        lost = await self._lost(request, script, key)
        return lost or JSONResponse({"name": operation.name})

    async def _lost(self, request: Request, script: Script, key: str) -> Response | None:
        """Give what an accepted submit is answered with instead of its name."""
        if self.plays.due(script, Fault.DROP_AFTER_ACCEPT, key):
            return await drop(request)
        if self.plays.due(script, Fault.HANG_AFTER_ACCEPT, key):
            return await hang(request)
        if self.plays.due(script, Fault.ERROR_AFTER_ACCEPT, key):
            return error(500, "INTERNAL", "Internal error encountered.", array=Fault.ARRAY in script)
        return Response(b"", 200) if self.plays.due(script, Fault.EMPTY_200, key) else None

    def _noted(self, request: Request, model: str, body: Any) -> Submit:
        given = body if isinstance(body, dict) else {}
        submit = Submit(
            path=request.url.path,
            model=model,
            labels=given.get("labels") or {},
            storage_uri=(given.get("parameters") or {}).get("storageUri"),
            body=given,
            headers=dict(request.headers),
        )
        self.ledger.submits.append(submit)
        return submit

    def _poll(self, request: Request, body: Any) -> Response:
        name = body.get("operationName") if isinstance(body, dict) else None
        if not isinstance(name, str):
            return error(400, "INVALID_ARGUMENT", "operationName is required.")
        self.ledger.polls[name] += 1
        operation = self.operations.running.get(name)
        if operation is None:
            return error(404, "NOT_FOUND", f"The Operation {name} was not found.")
        script = operation.script
        if self.plays.due(script, Fault.POLL_ERROR, name):
            return error(500, "INTERNAL", "Internal error encountered.", array=Fault.ARRAY in script)
        forgotten = Fault.FORGOTTEN in script or (Fault.EXPIRED in script and operation.told_inline)
        forgotten = forgotten and self.operations.done(operation)
        if forgotten or self.plays.due(script, Fault.POLL_MISSING, name):
            return error(404, "NOT_FOUND", f"The Operation {name} was not found.")
        told = operation.told_inline
        answer = self.operations.poll(operation)
        if told and self.plays.due(script, Fault.DOWNLOAD_ERROR, name):
            content = json.dumps(answer).encode()
            headers = {"content-length": str(len(content))}
            return StreamingResponse(half_of(request, content), 200, headers, "application/json")
        return JSONResponse(answer)

    async def _image(self, request: Request, model: str, body: Any) -> Response:
        wrong = images.fault(body)
        submit = self._noted(request, model, body)
        if wrong:
            return error(400, "INVALID_ARGUMENT", wrong)
        prompt = images.prompt(body)
        script = self.script(prompt)
        key = submit.labels.get("job", prompt)
        refused = await refusal(request, submit, script, self.plays, key)
        if refused:
            return refused
        self.ledger.accepted.append(submit)
        note(request, f"accepted: {model}, {prompt[:60]!r}")
        answer = await images.answer(body, script, self.ledger)
        return await self._lost(request, script, key) or JSONResponse(answer)

    async def _text(self, request: Request, model: str, body: Any) -> Response:
        if wrong := texts.fault(body):
            return error(400, "INVALID_ARGUMENT", wrong)
        asked = texts.question(body)
        fault = fault_in(asked, self.chat)
        if fault is ChatFault.ERROR:
            return error(503, "UNAVAILABLE", "The service is currently unavailable.")
        self.ledger.texts += 1
        note(request, f"answered: {model}")
        if fault is ChatFault.HANG:
            return await hang(request)
        if fault is ChatFault.GARBAGE:
            return Response(b"<html>", media_type="text/html")
        return JSONResponse(texts.answer(body, fault))


def _offered(method: str) -> Collection[str]:
    """Give the models that have a method."""
    if method == "generateContent":
        return (*images.MODELS, *texts.MODELS)
    return images.MODELS if method in images.METHODS else MODELS


async def _json(request: Request) -> Any:
    """Give the body, or nothing, which every check refuses."""
    try:
        return json.loads(await request.body())
    except ValueError:
        return None


def create_app(
    *,
    delay_seconds: float = 2.0,
    token_seconds: float = 3600.0,
    faults: str = "",
    resolution: str | None = None,
    price_per_second: Decimal | None = None,
    chat: ChatFault | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Make a simulated Vertex AI.

    Args:
        delay_seconds: how long a generation takes.
        token_seconds: how long an access token lives.
        faults: tags such as ``[sim:rate_limited=1]`` that hold for every prompt.
        resolution: draws every clip in this size, such as ``480p``, to be quick.
        price_per_second: USD that the bill charges for clips, instead of the list's price.
        chat: a fault that every question to a language model plays.
        clock: seconds; tests may stop it.
    """
    ledger, plays = Ledger(), Plays()
    tokens = Tokens(token_seconds, clock)
    buckets = Buckets(clock, tokens, ledger, plays)
    operations = Operations(clock, delay_seconds, resolution, buckets)
    simulator = Simulator(ledger, tokens, buckets, operations, plays, faults, chat=chat)
    bills = Bills(operations, ledger, price_per_second)

    async def token(request: Request) -> Response:
        ledger.tokens += 1
        return await tokens.answer(request)

    model = "projects/{project}/locations/{location}/publishers/google/models/{call}"
    app = Starlette(
        routes=[
            Route("/token", token, methods=["POST"]),
            *(
                Route(f"/{version}/{model}", simulator.model_method, methods=["POST"])
                for version in ("v1", "v1beta1")
            ),
            *buckets.routes(),
            *Admin(simulator, bills).routes(),
        ]
    )
    app.state.simulator, app.state.bills = simulator, bills
    return app
