"""The front door: `POST /v1/contacts` and `GET /v1/receipts/{id}`, as raw ASGI because every microsecond is a contact.

202 is sent only after the contact is on disk. Everything else is a problem document (RFC 9457) that names the field.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from holdfast.guard.watching import numbers
from holdfast.intake import attachments
from holdfast.intake.accept import Accepted, Intake, Overloaded, Unstorable
from holdfast.intake.contact import CONTACTS, ContactIn, Incoming
from holdfast.intake.delegation import spoken_for
from holdfast.intake.pace import too_often
from holdfast.intake.problems import Fault, Problem, malformed, unspeakable
from holdfast.intake.proof import Proof, Prover
from holdfast.intake.telling import Told
from holdfast.intake.tokens import CONTACTS_WRITE, ORIGIN_STATE, RECEIPTS_READ, KnownToken, TokenCache
from holdfast.kit.blobs import BlobStore

_log = structlog.get_logger(__name__)
_refusals = Counter("holdfast_door_refusals", "Requests the door did not accept.", ["status"])

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")
_RECEIPTS = "/v1/receipts/"
_ONCE = (b"authorization", b"idempotency-key", b"content-type", b"content-length", b"content-encoding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    text: int = 1_000_000
    body: int = 2_000_000
    body_with_attachments: int = 30 * 2**20
    body_seconds: float = 20.0


class _Gone(Exception):
    """The client left before it had said all."""


class Door:
    """The ASGI application for everything under `/v1/`."""

    def __init__(
        self,
        *,
        intake: Intake,
        tokens: TokenCache,
        refresh_tokens: Callable[[], Awaitable[None]],
        tell: Callable[[UUID], Awaitable[Told | None]],
        pace: Callable[[KnownToken, str], Awaitable[int]],
        prover: Prover,
        blobs: BlobStore,
        public_url: str,
        limits: Limits,
        openapi: bytes = b"{}",
    ) -> None:
        self._intake = intake
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._tell = tell
        self._pace = pace
        self._prover = prover
        self._blobs = blobs
        self._public_url = public_url
        self._answer = b'{"receipt":"%%s","accepted_at":"%%s","status_url":"%s%s%%s"}' % (
            public_url.encode().replace(b"%", b"%%"),
            _RECEIPTS.encode(),
        )
        self._moment: tuple[datetime | None, bytes] = None, b""
        self._limits = limits
        self._openapi = openapi
        self._large = asyncio.Semaphore(4)  # so that large bodies cannot fill the memory together

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            path = scope["path"]
            if path == CONTACTS:
                await self._contacts(scope, receive, send)
            elif path.startswith(_RECEIPTS):
                await self._receipt(scope, send)
            elif path == "/v1/openapi.json":
                _only(scope, "GET")
                await _respond(send, 200, self._openapi, [_JSON])
            else:
                raise Problem(404, "There is nothing at this address.")
        except _Gone:
            return
        except Problem as problem:
            await _refuse(send, problem)
        except Exception as error:
            # Not the traceback: its values may hold a customer's words.
            _log.error("door fault", error=type(error).__name__, where=_where(error))
            detail = "Something went wrong on this side. The contact was not accepted; post it again."
            await _refuse(send, Problem(500, detail))

    def at_once(self, scope: Message, body: bytes) -> asyncio.Future[Accepted] | None:
        """Take in a post whose whole body is there and with which nothing is wrong; `None` sends it the long way.

        The same steps as `__call__` without a task, an event and two messages for each contact: a third of the cost.
        """
        try:
            headers = _headers_of(scope)
            token = self._tokens.find(_secret_of(headers))
            if token is None or token.customer or len(body) > self._limits.body or b"signature" in headers:
                return None  # who signs, or speaks for a customer, is told more than a receipt
            _checked(headers, self._limits.body)
            _allowed(token)
            contact = self._read(body)
            if contact.attachments:
                return None
            return asyncio.ensure_future(self._intake.accept(_incoming_of(contact, headers, token, {})))
        except (Problem, Overloaded):
            return None

    def answer(self, accepted: Accepted) -> bytes:
        """Return the JSON that acknowledges a contact."""
        receipt = str(accepted.receipt).encode()
        if accepted.accepted_at is not self._moment[0]:  # a batch shares one moment
            self._moment = accepted.accepted_at, accepted.accepted_at.isoformat().encode()
        return self._answer % (receipt, self._moment[1], receipt)

    async def _contacts(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = _headers_of(scope)
        token = await self._authorised(headers)
        _allowed(token)
        length = _checked(headers, self._limits.body_with_attachments)
        if length > self._limits.body:
            async with self._large:
                answer = await self._post(b"", receive, headers, token, self._limits.body_with_attachments, scope)
        else:
            body, complete = await self._body(receive, self._limits.body)
            if complete:
                answer = await self._accept(body, headers, token, scope)
            else:  # a chunked body that says nothing of its length
                async with self._large:
                    answer = await self._post(body, receive, headers, token, self._limits.body_with_attachments, scope)
        await _respond(send, 202, answer, [_JSON])

    async def _post(
        self, start: bytes, receive: Receive, headers: Headers, token: KnownToken, limit: int, scope: Message
    ) -> bytes:
        rest, complete = await self._body(receive, limit - len(start))
        if not complete:
            raise _too_large("body", None, limit)
        return await self._accept(start + rest, headers, token, scope)

    async def _body(self, receive: Receive, limit: int) -> tuple[bytes, bool]:
        """Read the body. Returns what there is, and whether that is all; stops reading beyond `limit`."""
        # A small body is all there at once. The server itself ends a connection whose body does not begin to arrive
        # (`config/serving.py`): a timer here would cost every contact 3 microseconds.
        message = await receive()
        if message["type"] == "http.request" and not message["more_body"] and len(message["body"]) <= limit:
            return message["body"], True
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = bytearray()
                while message["type"] == "http.request":
                    body += message["body"]
                    if not message["more_body"]:
                        return bytes(body), len(body) <= limit
                    if len(body) > limit:
                        return bytes(body), False
                    message = await receive()
        except TimeoutError:
            raise Problem(408, "The body did not arrive in time. Post it again.", close=True) from None
        raise _Gone

    async def _accept(self, body: bytes, headers: Headers, token: KnownToken, scope: Message) -> bytes:
        contact = self._read(body)
        payload: dict[str, Any] = {}
        if contact.attachments:
            try:
                kept = await asyncio.to_thread(attachments.keep, contact.attachments, blobs=self._blobs)
            except OSError:
                raise _unavailable("attachments") from None
            payload = {"kind": "message", "attachments": kept}
        proof = Proof()
        if b"signature" in headers:
            prove = partial(self._prover.prove, scope, body, keyed_by_body=contact.idempotency_key is not None)
            proof = prove() if len(body) <= self._limits.body else await asyncio.to_thread(prove)
        incoming, notes = _incoming_of(contact, headers, token, payload), b""
        if token.customer or b"signature" in headers:
            incoming, notes = _proven(incoming, contact, token, proof)
        try:
            accepted = await self._intake.accept(incoming)
        except Overloaded:
            self._prover.give_back(proof)
            raise _unavailable("contact") from None
        except Unstorable:
            raise Problem(422, "The contact was not accepted: it holds something no database can keep.") from None
        return self.answer(accepted)[:-1] + notes + b"}"

    def _read(self, body: bytes) -> ContactIn:
        try:
            contact = ContactIn.model_validate_json(body)
        except ValidationError as error:
            raise malformed(body, error) from None
        if b"\\u0000" in body:
            faults = unspeakable(contact.model_dump(by_alias=True, exclude={"at"}))
            if faults:
                raise Problem(422, "The contact was not accepted: some characters cannot be stored.", faults)
        text, limit = contact.text, self._limits.text
        if len(text) * 4 > limit and (size := len(text.encode())) > limit:
            raise _too_large("text", size, limit)
        if (not text or text.isspace()) and not contact.attachments:
            fault = Fault("text", "This must not be empty unless there are attachments.")
            raise Problem(422, "The contact was not accepted: it says nothing.", [fault])
        if len(body) > self._limits.body and not contact.attachments:
            raise _too_large("body", len(body), self._limits.body)
        return contact

    async def _receipt(self, scope: Message, send: Send) -> None:
        _only(scope, "GET")
        token = await self._authorised(dict(scope["headers"]))
        if not token.scopes & {RECEIPTS_READ, CONTACTS_WRITE}:
            raise _forbidden(RECEIPTS_READ)
        if wait := await self._pace(token, RECEIPTS_READ):
            raise too_often(RECEIPTS_READ, wait)
        try:
            told = await self._tell(UUID(scope["path"][len(_RECEIPTS) :]))
        except ValueError:
            told = None
        # Ids derived from a key can be guessed, so whoever may only write sees only what it wrote itself.
        if told is None or not (RECEIPTS_READ in token.scopes or told.source == token.name):
            raise Problem(404, "There is no such receipt.")
        await _respond(send, 200, told.body, [_JSON, (b"cache-control", b"no-store")])

    async def _authorised(self, headers: Headers) -> KnownToken:
        secret = _secret_of(headers)
        token = self._tokens.find(secret)
        if token is None:
            await self._refresh_tokens()  # perhaps it was made a moment ago
            token = self._tokens.find(secret)
        if token is None:
            if not self._tokens.loaded:
                raise _unavailable("token")
            challenge = (b"www-authenticate", b'Bearer realm="holdfast", error="invalid_token"')
            raise Problem(401, "The token is not known, was revoked, or has expired.", headers=[challenge])
        return token


def _only(scope: Message, method: str) -> None:
    if scope["method"] != method:
        raise Problem(405, f"Only {method} is answered here.", headers=[(b"allow", method.encode())])


def _headers_of(scope: Message) -> Headers:
    """Return the headers of a post. Raises `Problem` for another method, and for one given twice that may not be."""
    _only(scope, "POST")
    headers: Headers = dict(scope["headers"])
    if len(headers) != len(scope["headers"]):
        _refuse_repeats(scope["headers"])
    return headers


def _secret_of(headers: Headers) -> bytes:
    scheme, _, secret = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer" or not secret:
        challenge = (b"www-authenticate", b'Bearer realm="holdfast"')
        raise Problem(401, "This needs the header `Authorization: Bearer` with a token.", headers=[challenge])
    return secret.strip()


def _allowed(token: KnownToken) -> None:
    if CONTACTS_WRITE not in token.scopes:
        raise _forbidden(CONTACTS_WRITE)


def _incoming_of(contact: ContactIn, headers: Headers, token: KnownToken, payload: dict[str, Any]) -> Incoming:
    if contact.origin is not None:
        if ORIGIN_STATE not in token.scopes:
            raise _forbidden(ORIGIN_STATE)
        payload = {**payload, "origin": contact.origin.model_dump(exclude_none=True)}
    if contact.to is not None and (sent_to := numbers.indexes_of([contact.to])):
        payload = {**payload, "sent_to": sent_to}
    return Incoming(
        channel=contact.channel,
        source=token.name,
        sender=contact.sender,
        text=contact.text,
        subject=contact.subject,
        key=_key(contact.idempotency_key, headers.get(b"idempotency-key")),
        at=contact.at,
        locale=contact.locale,
        payload=payload,
    )


def _proven(incoming: Incoming, contact: ContactIn, token: KnownToken, proof: Proof) -> tuple[Incoming, bytes]:
    """Return the contact with what its signature and its token prove, and what the answer says of that."""
    spoken = spoken_for(contact, token=token, signed_by=proof.operator)
    payload = {**incoming.payload, **spoken.payload}
    notes: dict[str, Any] = {}
    if spoken.operator:
        payload["origin"] = {**payload.get("origin", {}), "operator": spoken.operator}
        notes["operator"] = spoken.operator
    if warnings := [*proof.warnings, *spoken.warnings]:
        notes["warnings"] = [{"field": each.field, "detail": each.detail} for each in warnings]
    more = b"," + json.dumps(notes).encode()[1:-1] if notes else b""
    return incoming._replace(sender=spoken.sender, payload=payload), more


def _refuse_repeats(headers: Sequence[tuple[bytes, bytes]]) -> None:
    names = [name for name, _ in headers]
    for name in _ONCE:
        if names.count(name) > 1:
            fault = Fault(name.decode(), "This header may be given only once.")
            raise Problem(400, "A header is given more than once.", [fault])


def _checked(headers: Headers, longest: int) -> int:
    """Return the length the body is said to have, 0 when that is not said."""
    if not headers.get(b"content-type", b"").lower().startswith(b"application/json"):
        accepts = (b"accept", b"application/json")
        fault = Fault("content-type", "This must be application/json.")
        raise Problem(415, "The body must be JSON.", [fault], headers=[accepts])
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        fault = Fault("content-encoding", "Compressed bodies are not accepted.")
        raise Problem(415, "The body must not be compressed.", [fault], headers=[(b"accept-encoding", b"identity")])
    length = int(headers.get(b"content-length", b"0"))  # the HTTP parser let only digits through
    if length > longest:
        raise _too_large("body", length, longest)
    return length


def _key(in_body: str | None, in_header: bytes | None) -> str | None:
    if in_header is None:
        return in_body
    key = in_header.decode("latin-1").strip().strip('"')
    if not key or len(key) > 200 or not key.isascii():
        fault = Fault("idempotency-key", "This must be 1 to 200 ASCII characters.")
        raise Problem(422, "The header Idempotency-Key cannot be used.", [fault])
    if in_body is not None and in_body != key:
        fault = Fault("idempotency_key", "This differs from the header Idempotency-Key.")
        raise Problem(422, "The idempotency key is given twice, differently.", [fault])
    return key


def _too_large(field: str, size: int | None, limit: int) -> Problem:
    said = f"{size} bytes; the limit" if size is not None else "The limit"
    return Problem(413, "The contact is too large.", [Fault(field, f"{said} is {limit} bytes.")], close=field == "body")


def _forbidden(scope: str) -> Problem:
    challenge = f'Bearer realm="holdfast", error="insufficient_scope", scope="{scope}"'
    return Problem(403, f"The token lacks the scope {scope}.", headers=[(b"www-authenticate", challenge.encode())])


def _unavailable(what: str) -> Problem:
    detail = {
        "contact": "The contact was not accepted: it can be kept nowhere at the moment. Post it again.",
        "attachments": "The contact was not accepted: its attachments cannot be kept at the moment. Post it again.",
        "token": "Tokens cannot be checked at the moment. Try again.",
    }[what]
    return Problem(503, detail, headers=[(b"retry-after", b"2")])


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace is not None else ""


async def _refuse(send: Send, problem: Problem) -> None:
    _refusals.labels(problem.status).inc()
    await _respond(send, problem.status, problem.body(), [_PROBLEM, *problem.headers])


async def _respond(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
