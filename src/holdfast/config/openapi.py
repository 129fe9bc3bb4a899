"""One OpenAPI 3.1 description of everything here that speaks JSON to other programs: `GET /v1/openapi.json`.

The door describes itself (`intake.openapi`); the others are said here, because no lower room knows all of them. What is
for browsers only, pages and their fragments, is not in it. `tests/security/test_described.py` holds every answer of the
running house against it.
"""

from __future__ import annotations

import json
from typing import Any

from holdfast.channels.chat_door import KEY, MAX_TEXT
from holdfast.intake import openapi as door
from holdfast.intake.openapi import answer, as_json, problem, ref

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_TIME: Json = {"type": "string", "format": "date-time"}
_TOKEN: Json = {"type": "string", "description": "Of this chat, from `POST /chat/session`."}
_CHAT_KEY: Json = {"type": "string", "pattern": KEY, "description": "Made by the client; the same for a repeat."}


def _record(required: str, **fields: Json) -> Json:
    return {"type": "object", "required": required.split(), "properties": fields}


def _closed(required: str, **fields: Json) -> Json:
    return {**_record(required, **fields), "additionalProperties": False}


def _maybe(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "null"}]}


_SCHEMAS: Json = {
    "ChatSession": _record("session token", session=_TEXT, token=_TEXT),
    "ChatMessage": _closed(
        "token key",
        token=_TOKEN,
        key=_CHAT_KEY,
        text={"type": "string", "maxLength": MAX_TEXT},
        locale={"type": "string", "pattern": "^[A-Za-z0-9-]{0,20}$"},
    ),
    "ChatAccepted": _record("receipt accepted_at", receipt={"type": "string", "format": "uuid"}, accepted_at=_TIME),
    "ChatState": _record(
        "number state person messages line kept",
        number=_maybe({"type": "integer"}),
        messages={"type": "array", "items": _record("id kind text at", id=_TEXT, kind=_TEXT, text=_TEXT, at=_TIME)},
        line=_maybe({"type": "object"}),
        kept={"type": "array", "items": _TEXT},
    ),
    "ChatWish": _closed("token", token=_TOKEN, starts_at=_maybe(_TIME)),
    "ChatWord": _closed("token", token=_TOKEN),
    "ChatCallback": _record("callback", callback=_maybe({"type": "object"})),
    "ChatAnswered": _record("answered", answered={"type": "boolean"}),
    "Redemption": _closed(
        "code key",
        code={"type": "string", "minLength": 1, "maxLength": 200},
        key={"type": "string", "minLength": 1, "maxLength": 200, "description": "The same for a repeat."},
    ),
    "Redeemed": _record(
        "offer amount currency redeemed_at repeat test",
        offer=_TEXT,
        amount={"type": "string", "pattern": r"^\d+(\.\d+)?$"},
        currency=_TEXT,
        redeemed_at=_TIME,
        repeat={"type": "boolean"},
        test={"type": "boolean"},
    ),
    "Alive": _record("process", process={"enum": ["ok", "stopping"]}),
    "Ready": _record("database door", database=_TEXT, door={"enum": ["ok", "spooling", "stopped"]}),
    "StatusPage": _record("id name url updated_at", id=_TEXT, name=_TEXT, url=_TEXT, updated_at=_TIME),
    "StatusDocument": _record(
        "page",
        page=ref("StatusPage"),
        status=_record("indicator description", indicator=_TEXT, description=_TEXT),
        **{name: {"type": "array", "items": {"type": "object"}} for name in ("components", "incidents")},
        scheduled_maintenances={"type": "array", "items": {"type": "object"}},
    ),
}
_STATUS = {
    "summary": "Everything in one document.",
    "status": "How bad it is, in one word.",
    "components": "Every service and how it works.",
    "incidents": "The latest incidents with their updates.",
    "incidents/unresolved": "Incidents that go on.",
    "scheduled-maintenances": "The latest planned work.",
    "scheduled-maintenances/upcoming": "Work that is planned.",
    "scheduled-maintenances/active": "Work that is under way.",
}
_SIZE = {"name": "size", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
_INDEX = {**_SIZE, "name": "index"}


def document(*, public_url: str) -> bytes:
    """Return the description as JSON."""
    paths, schemas = door.described()
    paths |= _chat() | _goodwill() | _status() | _log() | _process()
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Holdfast", "version": "1", "license": {"name": "Apache-2.0"}},
            "servers": [{"url": public_url}],
            "paths": paths,
            "components": {
                "schemas": schemas | _SCHEMAS,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
        }
    ).encode()


def _chat() -> Json:
    ended = {"401": problem("This chat is not known.")}
    faulty = {"400": problem("Not JSON."), "413": problem("Too large."), "422": problem("A field is wrong.")} | ended
    later = {"503": problem("It can be kept nowhere at the moment. See `Retry-After`.")}
    accepted = {"202": answer("It is on disk.", "ChatAccepted")} | faulty | later
    query = {"name": "token", "in": "query", "required": True, "schema": _TOKEN}
    keys = {"name": "keys", "in": "query", "schema": _TEXT, "description": "Of messages sent and not seen since."}
    booked = {"200": answer("Given up.", "ChatCallback"), "201": answer("Booked.", "ChatCallback")}
    refused = {"409": problem("Not now, and why."), "422": problem("A field is wrong.")} | ended
    return {
        "/chat/session": {"post": _operation("Begin a chat.", {"201": answer("Begun.", "ChatSession")})},
        "/chat/messages": {"post": _operation("Say something.", accepted, body="ChatMessage")},
        "/chat/person": {"post": _operation("Ask for a person.", accepted, body="ChatMessage")},
        "/chat/state": {
            "get": _operation(
                "What the chat shows.", {"200": answer("All of it.", "ChatState")} | ended | later, of=[query, keys]
            )
        },
        "/chat/callback": {"post": _operation("Choose a time to be written back.", booked | refused, body="ChatWish")},
        "/chat/answered": {
            "post": _operation(
                "Say that a first text was enough.",
                {"200": answer("Noted.", "ChatAnswered")} | refused,
                body="ChatWord",
            )
        },
    }


def _goodwill() -> Json:
    answers = {
        "200": answer("What it is good for.", "Redeemed"),
        "400": problem("Not JSON."),
        "401": problem("No token in force with this scope."),
        "404": problem("There is no such code."),
        "409": problem("It was used before."),
        "410": problem("The offer is over."),
        "413": problem("Too large."),
        "422": problem("A field is wrong; it is named."),
        "429": problem("Too often for this token; see `Retry-After`."),
    }
    asked = _operation("Redeem a code.", answers, body="Redemption", scope="goodwill:redeem")
    return {"/v1/goodwill/redemptions": {"post": asked}}


def _status() -> Json:
    given = {"200": answer("As it is now.", "StatusDocument")}
    return {f"/api/v2/{name}.json": {"get": _operation(about, given)} for name, about in _STATUS.items()}


def _log() -> Json:
    """The public log of reveals speaks text: checkpoints and proofs as its auditors' tools read them."""
    text = {"description": "Lines of text.", "content": as_json(_TEXT, "text/plain")}
    sentence = as_json(_TEXT, "text/plain") | as_json(_TEXT, "text/html")  # a page, where the address itself is none
    none = {"description": "There is none, in a sentence.", "content": sentence}
    closed = {"description": "No token with this scope.", "content": as_json(_TEXT, "text/plain")}
    sizes = [{"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0}} for name in ("old", "size")]
    start = {"name": "from", "in": "query", "schema": {"type": "integer", "minimum": 0}}
    often = {"description": "Too often for this token.", "content": as_json(_TEXT, "text/plain")}
    read, audited = {"200": text, "404": none}, {"200": text, "401": closed, "404": none, "429": often}
    return {
        "/ledger/checkpoint": {"get": _operation("The latest signed checkpoint.", read)},
        "/ledger/checkpoint/{size}": {"get": _operation("A checkpoint that was kept.", read, of=[_SIZE])},
        "/ledger/consistency": {"get": _operation("The proof from one size to another.", read, of=sizes)},
        "/ledger/keys": {"get": _operation("The log's public keys.", read)},
        "/ledger/entries": {"get": _operation("Entries from `from` on.", audited, of=[start], scope="ledger:read")},
        "/ledger/inclusion/{index}": {
            "get": _operation("The proof of one entry.", audited, of=[_INDEX], scope="ledger:read")
        },
    }


def _process() -> Json:
    closed = {"403": {"description": "From elsewhere, without a token.", "content": as_json({"type": "object"})}}
    often = {"429": {"description": "Too often for this token.", "content": as_json({"type": "object"})}}
    text = {"200": {"description": "Prometheus' format.", "content": as_json(_TEXT, "text/plain")}}
    return {
        "/healthz": {"get": _operation("Can it take contacts?", _either("Alive"))},
        "/readyz": {"get": _operation("Can it do its work?", _either("Ready"))},
        "/metrics": {"get": _operation("What it has done.", text | closed | often, scope="metrics:read")},
    }


def _either(name: str) -> Json:
    return {"200": answer("Yes.", name), "503": answer("No.", name)}


def _operation(summary: str, responses: Json, *, body: str = "", of: list[Json] | None = None, scope: str = "") -> Json:
    made: Json = {"summary": summary, "responses": responses}
    if body:
        made["requestBody"] = {"required": True, "content": as_json(ref(body))}
    if of:
        made["parameters"] = of
    if scope:
        made["security"] = [{"token": [scope]}]
    return made
