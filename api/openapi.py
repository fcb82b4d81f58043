"""The OpenAPI 3.1 document, built from the table of endpoints and the wire models."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.auth import SESSION_COOKIE
from api.endpoints import PREFIXES, WEBSOCKET, Endpoint
from api.errors import CODES, CONTENT_TYPE
from api.schemas.base import REF
from api.schemas.problems import ProblemDocument

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_UUID = {"type": "string", "format": "uuid"}
_ABOUT = {
    "project_id": ("The project's id or its receipt, such as AF83-0B6D.", {"type": "string"}),
    "scene_id": ("The scene's id.", _UUID),
    "shot_id": ("The shot's id.", _UUID),
    "issue_id": ("The issue's id.", _UUID),
    "job_id": ("The job's id.", _UUID),
    "webhook_id": ("The webhook's id.", _UUID),
    "delivery_id": ("The delivery's id.", _UUID),
    "video_id": ("The video's id.", {"type": "string", "pattern": "^video_[0-9a-f]{32}$"}),
    "key": ("The object's key.", {"type": "string"}),
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same key, the request is not executed again; the first answer is "
    "repeated, with Idempotency-Replayed: true. Keys are remembered for seven days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_INTRODUCTION = f"""The render executor for AI video. Everything is under `{PREFIXES[0]}`, and also under
`{PREFIXES[1]}`. Errors are problem documents (RFC 9457) with a stable `code`. Lists are `data` and `next`;
send `next` as `after` for the next page. Costs are USD, times are UTC."""


def document(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """Build the document."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = _PARAMETER.sub(r"{\1}", endpoint.paths[0])
        method = "get" if endpoint.method == WEBSOCKET else endpoint.method.lower()
        paths.setdefault(path, {})[method] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rushes", "version": version, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": _schemas(endpoints),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key. While there are no keys, everyone on the same machine may "
                    "do everything, and nobody else anything.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": SESSION_COOKIE,
                    "description": "What POST /session sets for a browser.",
                },
            },
        },
        "x-problem-codes": CODES,
    }


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    asked: set[type[BaseModel]] = {endpoint.body for endpoint in endpoints if endpoint.body is not None}
    asked |= {endpoint.form for endpoint in endpoints if endpoint.form is not None}
    failures = {endpoint.failure for endpoint in endpoints if endpoint.failure is not None}
    answered = (
        {ProblemDocument}
        | failures
        | {
            model
            for endpoint in endpoints
            for model in (*endpoint.answers.values(), *endpoint.messages)
            if not isinstance(model, str)
        }
    )
    return _definitions(frozenset(asked), frozenset(answered))


@cache
def _definitions(asked: frozenset[type[BaseModel]], answered: frozenset[type[BaseModel]]) -> dict[str, Any]:
    """Describe the models, which takes a third of a second and is the same for every application."""
    _, schemas = models_json_schema(
        [
            *((model, "validation") for model in sorted(asked, key=str)),
            *((model, "serialization") for model in sorted(answered, key=str)),
        ],
        ref_template=REF,
    )
    return dict(sorted(schemas["$defs"].items()))


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
        "security": [{"key": []}, {"session": []}] if endpoint.scope else [],
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.scope:
        operation["x-scope"] = endpoint.scope.value
    if endpoint.codes:
        operation["x-codes"] = list(endpoint.codes)
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": endpoint.body_needed,
            "content": {"application/json": {"schema": _ref(endpoint.body)}},
        }
    if endpoint.form is not None:
        operation["requestBody"]["content"]["multipart/form-data"] = {"schema": _ref(endpoint.form)}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = []
    for name in _PARAMETER.findall(endpoint.path):
        text, schema = _ABOUT[name]
        found.append({"name": name, "in": "path", "required": True, "description": text, "schema": schema})
    if endpoint.query is not None:
        found.extend(_query_parameters(endpoint.query))
    if endpoint.changes and endpoint.keyed:
        found.append(_IDEMPOTENCY_KEY)
    return found


def _query_parameters(query: type[BaseModel]) -> Iterable[dict[str, Any]]:
    schema = query.model_json_schema()
    definitions = schema.get("$defs", {})
    for name, field in schema["properties"].items():
        shown = _inlined({key: value for key, value in field.items() if key != "description"}, definitions)
        parameter = {"name": name, "in": "query", "required": False, "schema": shown}
        if "description" in field:
            parameter["description"] = field["description"]
        yield parameter


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Replace references into a query model's own definitions: parameters have no place to keep them."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return definitions[schema["$ref"].rpartition("/")[2]]
    return {key: _inlined(value, definitions) for key, value in schema.items()}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, answer in endpoint.answers.items():
        entry: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if isinstance(answer, str):
            if answer:
                schema = {"schema": {"anyOf": [_ref(model) for model in endpoint.messages]}}
                entry["content"] = {answer: schema if endpoint.messages else {}}
        else:
            entry["content"] = {"application/json": {"schema": _ref(answer)}}
        found[str(status.value)] = entry
    kind = "application/json" if endpoint.failure else CONTENT_TYPE
    found["default"] = {
        "description": "What went wrong.",
        "content": {kind: {"schema": _ref(endpoint.failure or ProblemDocument)}},
    }
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}
