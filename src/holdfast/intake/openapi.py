"""The door's description of itself, from the same model that reads the contacts. `config.openapi` puts it together."""

from __future__ import annotations

from typing import Any

from holdfast.intake.contact import ContactIn

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_ACCEPTED = {
    "type": "object",
    "required": ["receipt", "accepted_at", "status_url"],
    "properties": {
        "receipt": {"type": "string", "format": "uuid"},
        "accepted_at": {"type": "string", "format": "date-time"},
        "status_url": {"type": "string", "format": "uri"},
        "operator": {"type": "string", "description": "Whose assistant sent it, as its signature or the token proves."},
        "warnings": {
            "type": "array",
            "description": "What did not count as evidence, and why. Never a reason to refuse.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_RECEIPT = {
    "type": "object",
    "required": ["receipt", "channel", "accepted_at", "state", "reason", "conversation", "settled_at"],
    "properties": {
        "receipt": {"type": "string", "format": "uuid"},
        "channel": {"type": "string"},
        "accepted_at": {"type": "string", "format": "date-time"},
        "state": {"enum": ["waiting", "answered", "parked", "refused"]},
        "reason": {"type": ["string", "null"]},
        "conversation": {"type": ["integer", "null"], "description": "The number of the conversation it belongs to."},
        "settled_at": {"type": ["string", "null"], "format": "date-time"},
    },
}
_SIGNING = {
    "Signature-Input": "What is signed, and how: RFC 9421, tag `web-bot-auth`.",
    "Signature": "The signatures. Without one nothing is different.",
    "Signature-Agent": "Where the signer's keys are published.",
    "Content-Digest": "The digest of the body (RFC 9530), which the signature has to cover.",
}
_REFUSALS = {
    400: "Not JSON, or not UTF-8.",
    401: "No token, or one that is not in force.",
    403: "The token lacks the scope.",
    405: "Another method is expected; see `Allow`.",
    408: "The body did not arrive in time.",
    413: "Too large; the field and its limit are named.",
    415: "Not `application/json`, or compressed.",
    422: "A field is wrong; it is named.",
    429: "Too often for this token; see `Retry-After`. Handing in contacts is never too often.",
    503: "Not accepted: it can be kept nowhere at the moment. See `Retry-After`.",
}


def described() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the door's paths and the schemas they name, as OpenAPI 3.1 has them."""
    schema = ContactIn.model_json_schema(ref_template="#/components/schemas/{model}")
    attachment = schema.pop("$defs")
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
    signing = [
        {"name": name, "in": "header", "schema": {"type": "string"}, "description": about}
        for name, about in _SIGNING.items()
    ]
    receipt_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    paths = {
        "/v1/contacts": {
            "post": {
                "summary": "Hand in a contact. 202 means it is on disk.",
                "operationId": "postContact",
                "security": [{"token": ["contacts:write"]}],
                "parameters": [key, *signing],
                "requestBody": {"required": True, "content": as_json(ref("Contact"))},
                "responses": {"202": answer("Accepted.", "Accepted"), **_refusals(*(_REFUSALS.keys() - {429}))},
            }
        },
        "/v1/receipts/{id}": {
            "get": {
                "summary": "Ask what became of a contact.",
                "operationId": "getReceipt",
                "security": [{"token": ["receipts:read"]}, {"token": ["contacts:write"]}],
                "parameters": [receipt_id],
                "responses": {
                    "200": answer("What became of it.", "Receipt"),
                    "404": problem("There is no such receipt, or it is not this token's."),
                    **_refusals(401, 403, 405, 429, 503),
                },
            }
        },
    }
    schemas = {"Contact": schema, **attachment, "Accepted": _ACCEPTED, "Receipt": _RECEIPT, "Problem": _PROBLEM}
    return paths, schemas


def as_json(schema: dict[str, Any], media: str = "application/json") -> dict[str, Any]:
    """A body of this schema."""
    return {media: {"schema": schema}}


def ref(name: str) -> dict[str, Any]:
    """Name a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(text: str, name: str) -> dict[str, Any]:
    """An answer with a body."""
    return {"description": text, "content": as_json(ref(name))}


def problem(text: str) -> dict[str, Any]:
    """A refusal: a problem document."""
    return {"description": text, "content": as_json(ref("Problem"), "application/problem+json")}


def _refusals(*codes: int) -> dict[str, Any]:
    return {str(code): problem(_REFUSALS[code]) for code in codes}
