"""The description says everything that can be called, and nothing else."""

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from api.endpoints import PREFIXES
from api.errors import CODES
from cli.openapi import description
from domain.access import Scope
from domain.events import EventType


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    response = await client.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert isinstance(found, dict)
    return found


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_it_can_be_had_without_a_server(document: dict[str, Any]) -> None:
    assert json.loads(description()) == document


def test_every_type_of_event_has_a_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    told = schemas["EventMessage"]["allOf"]
    of = {kind: one["then"]["properties"]["data"]["$ref"] for one in told for kind in _types(one)}
    assert set(of) == set(EventType)
    assert {ref.rpartition("/")[2] for ref in of.values()} <= set(schemas)
    assert of["credits.short"] == "#/components/schemas/CreditsShort"
    event = {"sequence": 1, "project_id": str(uuid4()), "scene_id": None, "job_id": None}
    event |= {"created_at": "2026-11-25T00:00:00Z", "type": "credits.changed"}
    figures = {"balance": 0.6, "held": 0.4, "spent": 0, "owed": 0, "moved": {"hold": 0.4}}
    message = Draft202012Validator({**schemas["EventMessage"], "components": document["components"]})
    assert message.is_valid({**event, "data": figures})
    assert not message.is_valid({**event, "data": {**figures, "moved": {"gift": 1}}})
    assert not message.is_valid({**event, "type": "job.queued", "data": figures})
    assert message.is_valid({**event, "type": "of.tomorrow", "data": {"any": "thing"}})


def _types(told: dict[str, Any]) -> list[str]:
    kinds: list[str] = told["if"]["properties"]["type"]["enum"]
    return kinds


def test_every_route_is_in_it(document: dict[str, Any], app: Starlette) -> None:
    served = set()
    for route in app.routes:
        if isinstance(route, Mount):
            assert route.path == "/assets", "files of the studio's page are no operations"
            continue
        assert isinstance(route, Route | WebSocketRoute)
        path = re.sub(r":\w+\}", "}", route.path)
        if path.startswith(PREFIXES[1]) and not path.startswith(PREFIXES[0]):
            # The second name of every operation of the first.
            path = PREFIXES[0] + path.removeprefix(PREFIXES[1])
        methods = route.methods or set() if isinstance(route, Route) else {"GET"}
        served |= {(path, method.lower()) for method in methods - {"HEAD"}}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == served


def test_both_prefixes_serve_the_same(app: Starlette) -> None:
    paths = {route.path for route in app.routes if isinstance(route, Route)}
    first = {path.removeprefix(PREFIXES[0]) for path in paths if path.startswith(PREFIXES[0] + "/")}
    second = {
        path.removeprefix(PREFIXES[1])
        for path in paths
        if path.startswith(PREFIXES[1] + "/") and not path.startswith(PREFIXES[0] + "/")
    }
    assert first == second != set()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(operation["summary"] for _, _, operation in operations(document))


def test_every_change_takes_an_idempotency_key_and_a_key_that_may_spend(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
        changes = method in {"post", "patch"} and not path.endswith("/session")
        assert ("Idempotency-Key" in headers) == changes, path
        if changes:
            # Rendering spends credits; making some is for those who answer for the money.
            assert operation["x-scope"] == (Scope.ADMIN if "/credits" in path else Scope.RENDER)
            assert operation["security"] == [{"key": []}, {"session": []}]


def test_every_path_parameter_is_described(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        described = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert described == set(re.findall(r"\{(\w+)\}", path))


def test_every_code_is_explained(document: dict[str, Any]) -> None:
    assert document["x-problem-codes"] == CODES
    for _, _, operation in operations(document):
        assert set(operation.get("x-codes", ())) <= set(CODES)


def concrete(path: str) -> str:
    """Give a path whose ids lead nowhere."""
    return re.sub(r"\{\w+\}", str(uuid4()), path)


async def test_what_is_asked_is_what_is_read(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        if "101" in operation["responses"]:
            continue  # A WebSocket: its handshake has tests of its own.
        if "requestBody" in operation:
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            described = list(schemas[name.rpartition("/")[2]]["properties"])
            response = await client.request(method, concrete(path), json={"surprise": 1})
        elif described := [one["name"] for one in operation["parameters"] if one["in"] == "query"]:
            response = await client.request(method, concrete(path), params={"surprise": 1})
        else:
            continue
        answer = response.json()
        if path.startswith("/v1/"):
            assert f"surprise is 1; there is no such field; allowed: {', '.join(described)}" in unquoted(
                answer
            )
            continue
        surprises = [entry for entry in answer["problems"] if entry["field"] == "surprise"]
        assert [entry["allowed"].rpartition("allowed: ")[2] for entry in surprises] == [", ".join(described)]


def unquoted(answer: dict[str, Any]) -> str:
    """Give what an error in OpenAI's shape says; a query's values are text there, a body's numbers."""
    return str(answer["error"]["message"]).replace("'1'", "1")
