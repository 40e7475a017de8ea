"""The OpenAPI 3.1 document of a table of endpoints: parameters, bodies and answers from their pydantic models.

Pure. Every status that an endpoint of a form can give is named, so that a program can be written against the document
alone. Must not know what the endpoints do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from station.access.roles import Role
from station.api.endpoint import JSON, Endpoint
from station.api.refusal import ErrorAnswer

Json = dict[str, Any]
Refs = Mapping[tuple[type[BaseModel], JsonSchemaMode], Json]
_REF: Final = "#/components/schemas/{model}"
_CSRF_HEADER: Final = "X-CSRF-Token"
_MEANS: Final = {
    400: "It could not be read.",
    401: "Nobody is signed in, and this needs somebody.",
    403: "This person may not do it, or the CSRF token is missing or wrong.",
    404: "There is no such thing.",
    408: "The body took too long.",
    409: "It cannot be done as things are now.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    421: "The station is not called by the name in the header Host.",
    422: "It does not fit: which field, what was expected, what was found.",
    429: "Too often; come again later.",
    503: "Too much to do at the moment; come again after Retry-After.",
}


def openapi_of(endpoints: Sequence[Endpoint], title: str, version: str, cookie: str) -> Json:
    """The document, ready for JSON. `cookie`: name of the session's cookie."""
    refs, definitions = _schemas(endpoints)
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": "What the page of the station uses, and all that it uses. Roles: viewer, technician, "
            "engineer; each may do what the ones before it may.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie,
                    "description": "The cookie that POST /api/session sets.",
                },
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": _CSRF_HEADER,
                    "description": "What GET /api/session gives as csrf; needed for everything that changes something.",
                },
            },
        },
    }


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[Refs, Json]:
    """References to the models of bodies and answers, and what they refer to."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ErrorAnswer, "serialization"): None}
    for endpoint in endpoints:
        if endpoint.body is not None:
            wanted[endpoint.body, "validation"] = None
        for model in (endpoint.answer, *endpoint.also.values()):
            if model is not None:
                wanted[model, "serialization"] = None
    found, document = models_json_schema(list(wanted), ref_template=_REF)
    refs = {key: found[key] for key in wanted}
    return refs, document.get("$defs", {})


def _operation(endpoint: Endpoint, refs: Refs) -> Json:
    operation: Json = {
        "summary": endpoint.summary,
        "description": f"For: {'anybody' if endpoint.role is Role.NONE else endpoint.role.value}.",
        "operationId": _name(endpoint),
        "tags": [endpoint.path.split("/")[2].partition(".")[0]],
        "responses": _responses(endpoint, refs),
    }
    parameters = [*_parameters(endpoint.params, "path"), *_parameters(endpoint.query, "query")]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        content: Json = {JSON: {"schema": refs[endpoint.body, "validation"]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.accepts:
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in endpoint.accepts}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.method != "GET":
        operation["security"] = [{"session": [], "csrf": []}, {"csrf": []}]
    elif endpoint.role is not Role.NONE:
        operation["security"] = [{"session": []}, {}]
    return operation


def _name(endpoint: Endpoint) -> str:
    words = [word.strip("{}") for word in endpoint.path.split("/")[2:]]
    return "_".join([endpoint.method.lower(), *words]).replace(".", "_").replace("-", "_")


def _parameters(model: type[BaseModel] | None, where: str) -> list[Json]:
    if model is None:
        return []
    schema = model.model_json_schema(mode="validation")
    required = set(schema.get("required", ()))
    return [
        {
            "name": name,
            "in": where,
            "required": name in required or where == "path",
            "description": field.pop("description", ""),
            "schema": _plain(field),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _plain(schema: Json) -> Json:
    """A parameter's schema: nobody can send null in a path or query, and a missing one is no default."""
    kept = {key: value for key, value in schema.items() if key not in {"title", "anyOf"} and value is not None}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept


def _responses(endpoint: Endpoint, refs: Refs) -> Json:
    content: Json = {kind: {} for kind in endpoint.gives}
    if endpoint.answer is not None:
        content[JSON] = {"schema": refs[endpoint.answer, "serialization"]}
    done: Json = {"description": HTTPStatus(endpoint.status).phrase}
    if content:
        done["content"] = content
    answers: Json = {str(endpoint.status): done}
    for status, model in endpoint.also.items():
        schema = refs[model, "serialization"]
        answers[str(status)] = {"description": HTTPStatus(status).phrase, "content": {JSON: {"schema": schema}}}
    for status in sorted(statuses_of(endpoint) - {int(known) for known in answers}):
        answer: Json = {"description": _MEANS[status]}
        answer["content"] = {JSON: {"schema": refs[ErrorAnswer, "serialization"]}}
        if status in (429, 503):
            answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
        answers[str(status)] = answer
    return answers


def statuses_of(endpoint: Endpoint) -> set[int]:
    """The statuses by which an endpoint of this form can refuse."""
    found = {421, *endpoint.refuses}
    if endpoint.role is not Role.NONE:
        found |= {401, 403, 429}
    if endpoint.method != "GET":
        found |= {403, 429}
    if endpoint.params is not None:
        found |= {422}
    if endpoint.query is not None:
        found |= {400, 422}
    if endpoint.takes:
        found |= {400, 408, 413, 415}
    if endpoint.body is not None:
        found |= {422}
    return found
