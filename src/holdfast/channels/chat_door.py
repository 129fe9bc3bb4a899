"""The chat's way in and its live notices: raw ASGI, so that a message is acknowledged by the door's own commit.

The widget runs on other origins than ours. Nothing here uses cookies: the token in the request is the only key, so any
origin may ask (CORS `*`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from holdfast.channels.chat_sessions import CHANNEL, SOURCE, begin, contact_key, session_of
from holdfast.intake.accept import Intake, Overloaded, Unstorable
from holdfast.intake.contact import Accepted, Incoming
from holdfast.intake.problems import Fault, Problem, unspeakable
from holdfast.kit.streams import Listening

MAX_BODY = 64 * 1024
MAX_TEXT = 8_000
KEY = r"^[A-Za-z0-9_-]{8,64}$"
_BODY_SECONDS = 20
_JSON = (b"content-type", b"application/json")
CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type, last-event-id"),
    (b"access-control-max-age", b"86400"),
]
_SESSION_ENDED = "This chat session has ended. Begin a new one."
_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known.",
    "string_type": "This must be a string.",
    "string_too_long": f"This has at most {MAX_TEXT} characters.",
    "model_type": "This must be a JSON object.",
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Said(BaseModel):
    """What the widget posts. `key` is made in the browser: posting it again is the same message."""

    model_config = ConfigDict(extra="forbid")

    token: str
    key: Annotated[str, StringConstraints(pattern=KEY)]
    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{0,20}$")] = ""


async def listening_of(scope: Message) -> Listening | None:
    """Return what a request for `/chat/events` may hear: its own session and nothing else."""
    token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    session = session_of(token)
    return Listening(frozenset({f"chat:{session}"})) if session else None


class ChatDoor:
    """`POST /chat/session`, `/chat/messages` and `/chat/person`; `/chat/events` goes to `events` with CORS headers.

    None of them needs the database or one of the threads that pages run on, so a chat begins also while those hang.
    """

    def __init__(self, *, intake: Intake, events: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._intake = intake
        self._events = events

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await _answer(send, 204, b"")
            return
        try:
            if scope["path"] == "/chat/events":
                await self._listen(scope, receive, send)
            else:
                await self._post(scope, receive, send)
        except Problem as problem:
            headers = [(b"content-type", b"application/problem+json"), *problem.headers]
            await _answer(send, problem.status, problem.body(), headers)

    async def _listen(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET" and await listening_of(scope) is None:
            raise Problem(401, _SESSION_ENDED)
        await self._events(scope, receive, _with_cors(send))

    async def _post(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise Problem(405, "Only POST is answered here.", headers=[(b"allow", b"POST, OPTIONS")])
        if scope["path"] == "/chat/session":
            session, token = begin()
            await _answer(send, 201, json.dumps({"session": session, "token": token}).encode(), [_JSON])
            return
        said = _read(await _body(receive))
        accepted = await self._accept(said, wants_person=scope["path"] == "/chat/person")
        body = {"receipt": str(accepted.receipt), "accepted_at": accepted.accepted_at.isoformat()}
        await _answer(send, 202, json.dumps(body).encode(), [_JSON])

    async def _accept(self, said: Said, *, wants_person: bool) -> Accepted:
        session = session_of(said.token)
        if session is None:
            raise Problem(401, _SESSION_ENDED)
        if not said.text.strip() and not wants_person:
            raise Problem(422, "The message is empty.", [Fault("text", "Write something first.")])
        try:
            return await self._intake.accept(_incoming(said, session, wants_person=wants_person))
        except Overloaded:
            raise Problem(
                503, "Very many people write at once. Please send it again.", headers=[(b"retry-after", b"2")]
            ) from None
        except Unstorable:
            raise Problem(
                422, "This message cannot be kept.", [Fault("text", "Please write it differently.")]
            ) from None


def _incoming(said: Said, session: str, *, wants_person: bool) -> Incoming:
    return Incoming(
        channel=CHANNEL,
        source=SOURCE,
        sender={"chat": session},
        text=said.text,
        key=contact_key(session, said.key),
        locale=said.locale,
        payload={
            "kind": "person_request" if wants_person else "message",
            "thread": [f"chat:{session}"],
            "thread_own": [f"chat:{session}"],
            "client_key": said.key,
        },
    )


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Problem(400, "The connection ended before the message was complete.")
                body += message.get("body", b"")
                if len(body) > MAX_BODY:
                    raise Problem(413, f"A chat message has at most {MAX_TEXT} characters.", close=True)
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        raise Problem(408, "The message did not arrive in time. Send it again.", close=True) from None


def _read(body: bytes) -> Said:
    try:
        said = Said.model_validate_json(body)
    except ValidationError as error:
        raise _malformed(body, error) from None
    if faults := unspeakable(said.model_dump()):
        raise Problem(422, "The message holds characters that cannot be kept.", faults)
    return said


def _malformed(body: bytes, error: ValidationError) -> Problem:
    items = error.errors(include_url=False, include_input=False, include_context=False)
    if any(item["type"] == "json_invalid" for item in items):
        try:
            # Python reads what pydantic refuses (half a surrogate pair), so the field that holds it can be named.
            faults = unspeakable(json.loads(body, strict=False))
        except (ValueError, RecursionError):
            faults = []
        if faults:
            return Problem(422, "The message holds characters that cannot be kept.", faults)
        return Problem(400, "The body is not JSON.", [Fault("body", "This must be a JSON object, in UTF-8.")])
    faults = [
        Fault(
            str(item["loc"][0])[:60] if item["loc"] else "body",
            _SENTENCES.get(item["type"], f"{item['msg'].rstrip('.')}."),
        )
        for item in items[:10]
    ]
    return Problem(422, "The message was not accepted: some fields are wrong.", faults)


def _with_cors(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *CORS]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    own = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"), *CORS]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})
