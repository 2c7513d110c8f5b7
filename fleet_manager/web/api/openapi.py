"""The document of the API, OpenAPI 3.1, made of the operations and their types."""

import json
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from fleet_manager.web.api import problem
from fleet_manager.web.api.operations import OPERATIONS, Operation
from fleet_manager.web.api.problem import Problem

BASE = "/api/v1"
_REF = "#/components/schemas/{name}"
_ABOUT = (
    "The management centre of a scenic park, for programs. Times are UTC; days are the park's. "
    "Errors are one type, Problem. A token is made with `fleet-manager user token add`."
)


@cache
def document() -> bytes:
    """Return the document as JSON."""
    bodies = [
        kind
        for operation in OPERATIONS
        for name, kind in operation.types.items()
        if name in ("return", "body") and kind is not type(None)
    ]
    _, components = msgspec.json.schema_components([*bodies, Problem], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "scenic-gate", "version": version("scenic-gate"), "description": _ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return json.dumps(whole, ensure_ascii=False).encode()


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.title,
        "description": _needs(operation),
        "tags": [operation.path.split("/")[1]],
        "parameters": [
            *_parameters(operation.types.get("path"), "path"),
            *_parameters(operation.types.get("query"), "query"),
        ],
        "responses": {
            str(int(operation.status)): _success(operation),
            "default": {
                "description": "Refused: nothing was changed.",
                "content": {problem.MEDIA: {"schema": _ref(Problem)}},
            },
        },
    }
    if operation.keyed:
        described["parameters"].append(_KEY)
    if "body" in operation.types:
        body = {"application/json": {"schema": _ref(operation.types["body"])}}
        described["requestBody"] = {"required": True, "content": body}
    return described


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a request under its key: it is done once, and answered as before.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
}


def _success(operation: Operation) -> dict[str, Any]:
    kind = operation.types["return"]
    if kind is type(None):
        return {"description": "Done."}
    return {"description": "Done.", "content": {"application/json": {"schema": _ref(kind)}}}


def _parameters(kind: Any, where: str) -> list[dict[str, Any]]:
    """Return the parameters that are the fields of a type."""
    if kind is None:
        return []
    _, components = msgspec.json.schema_components([kind], ref_template=_REF)
    schema = components[kind.__name__]
    return [
        {
            "name": name,
            "in": where,
            "required": name in schema.get("required", ()),
            "schema": _inlined(field, components),
        }
        for name, field in schema["properties"].items()
    ]


def _inlined(field: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter without a reference: its enumeration stands in it."""
    reference = field.get("$ref", "")
    if not reference:
        return field
    name = reference.rpartition("/")[2]
    return {**components[name], **{key: value for key, value in field.items() if key != "$ref"}}


def _ref(kind: Any) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _needs(operation: Operation) -> str:
    if operation.act is not None:
        return f"Needs the right to do `{operation.act.value}`."
    if operation.view is not None:
        return f"Needs the right to see `{operation.view.value}`."
    return "Needs a token or a session."
