"""The door when something behind it fails, and when the body comes slowly. The application itself, without a server."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from holdfast.intake.accept import Accepted, Incoming, Overloaded, Unstorable
from holdfast.intake.door import Door, Limits
from holdfast.intake.operators import Keyring
from holdfast.intake.proof import Prover
from holdfast.intake.telling import Told
from holdfast.intake.tokens import KnownToken, TokenCache, digest_of
from holdfast.kit.blobs import BlobStore

CONTACT = {"channel": "web", "from": {"email": "ana@customer.example"}, "text": "My card is lost."}


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def accept(self, incoming: Incoming) -> Accepted:
        raise self.error


async def nobody(receipt_id: UUID) -> Told | None:
    return None


async def nothing() -> None: ...


async def at_ease(token: KnownToken, scope: str) -> int:
    return 0


def post(
    *,
    error: Exception,
    blobs: Path,
    pieces: list[bytes] | None = None,
    body: Any = CONTACT,
    limits: Limits | None = None,
) -> tuple[int, dict[bytes, bytes], Any]:
    """Post to a door whose intake raises `error`; with `pieces`, more is promised and never comes."""
    sent: list[Any] = []

    async def scenario() -> None:
        tokens = TokenCache()
        digest = digest_of(b"hf_x")
        tokens.replace({digest: KnownToken("shop", digest, frozenset({"contacts:write"}), None)})
        door = Door(
            intake=Failing(error),
            tokens=tokens,
            refresh_tokens=nothing,
            tell=nobody,
            pace=at_ease,
            prover=Prover(operators=Keyring(), public_url="http://localhost"),
            blobs=BlobStore(blobs),
            public_url="http://localhost",
            limits=limits or Limits(),
        )
        coming = list(pieces) if pieces is not None else [json.dumps(body).encode()]

        async def receive() -> dict[str, Any]:
            if not coming:
                await asyncio.Event().wait()
            piece = coming.pop(0)
            return {"type": "http.request", "body": piece, "more_body": pieces is not None}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"authorization", b"Bearer hf_x"), (b"content-type", b"application/json")]
        await door({"path": "/v1/contacts", "method": "POST", "headers": headers}, receive, send)

    asyncio.run(scenario())
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])


def test_too_much_at_once_is_503_and_says_when_to_come_back(tmp_path: Path) -> None:
    status, headers, problem = post(error=Overloaded(), blobs=tmp_path)
    assert (status, headers[b"retry-after"]) == (503, b"2")
    assert "not accepted" in problem["detail"]


def test_a_contact_no_database_can_keep_is_422(tmp_path: Path) -> None:
    assert post(error=Unstorable(), blobs=tmp_path)[0] == 422


def test_a_fault_of_our_own_is_a_problem_document_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, headers, problem = post(error=RuntimeError("ana@customer.example"), blobs=tmp_path)
    assert (status, headers[b"content-type"]) == (500, b"application/problem+json")
    assert "ana@" not in json.dumps(problem)
    logged = capsys.readouterr()
    assert "RuntimeError" in logged.out + logged.err
    assert "ana@" not in logged.out + logged.err


def test_attachments_that_cannot_be_written_are_not_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("no directory")
    file = {"name": "a.txt", "content": base64.b64encode(b"a").decode()}
    status, headers, problem = post(
        error=Overloaded(), blobs=tmp_path / "blobs", body={**CONTACT, "attachments": [file]}
    )
    assert (status, headers[b"retry-after"]) == (503, b"2")
    assert "attachments" in problem["detail"]


def test_a_body_that_stops_in_the_middle_is_408(tmp_path: Path) -> None:
    limits = Limits(body_seconds=0.05)
    status, headers, _ = post(error=Overloaded(), blobs=tmp_path, pieces=[b'{"channel"'], limits=limits)
    assert (status, headers[b"connection"]) == (408, b"close")
