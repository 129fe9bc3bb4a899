"""The front door over real HTTP: what is accepted, what is told, and what is refused with which words."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.intake.serving import WebProcess, read_answer
from tests.opened import token_of

from holdfast.intake import receipts, tokens
from holdfast.intake.models import Contact, Receipt
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now


def a_contact(**changes: Any) -> dict[str, Any]:
    return {"channel": "web", "from": {"email": "ana@customer.example"}, "text": "My card is lost.", **changes}


def test_a_contact_is_stored_before_it_is_acknowledged(web: WebProcess, token: str) -> None:
    answer = web.post(token, a_contact(subject="Card", locale="pt-BR", at="2026-01-05T10:00:00+07:00"))
    assert answer.status == 202, answer
    contact = Contact.objects.get(pk=answer.json["receipt"])
    assert (contact.channel, contact.source, contact.subject) == ("web", "shop", "Card")
    assert contact.text == "My card is lost."
    assert contact.at.isoformat() == "2026-01-05T03:00:00+00:00"
    assert contact.accepted_at.isoformat() == answer.json["accepted_at"]
    assert answer.json["status_url"].endswith(f"/v1/receipts/{contact.pk}")
    assert Receipt.objects.get(pk=contact.pk).state == "accepted"


def test_where_a_contact_came_from_is_believed_of_a_token_that_may_state_it(web: WebProcess, token: str) -> None:
    origin = {"source": "as64500", "region": "ID-JK", "operator": "assistant.example"}
    refused = web.post(token, a_contact(origin=origin))
    assert refused.status == 403
    assert "origin:state" in refused.json["detail"]
    assert not Contact.objects.exists()
    trusted = tokens.create(name="edge", scopes=["contacts:write", "origin:state"])
    answer = web.post(trusted, a_contact(origin=origin))
    assert answer.status == 202, answer
    assert Contact.objects.get(pk=answer.json["receipt"]).payload["origin"] == origin
    wrong = web.post(trusted, a_contact(origin={"source": "a\nb", "verified": "yes"}))
    assert wrong.status == 422
    assert {error["field"] for error in wrong.json["errors"]} == {"origin.source", "origin.verified"}


def test_the_sender_is_sealed_in_the_database(web: WebProcess, token: str) -> None:
    answer = web.post(token, a_contact())
    contact = Contact.objects.get(pk=answer.json["receipt"])
    assert "ana" not in token_of(contact.sender)
    assert str(contact.sender).startswith("a•••@")


def test_a_receipt_tells_what_became_of_the_contact(web: WebProcess, token: str) -> None:
    posted = web.post(token, a_contact()).json
    path = f"/v1/receipts/{posted['receipt']}"
    told = web.get(path, token).json
    assert told == {
        "receipt": posted["receipt"],
        "channel": "web",
        "accepted_at": posted["accepted_at"],
        "state": "waiting",
        "reason": None,
        "conversation": None,
        "settled_at": None,
    }
    receipts.settle([UUID(posted["receipt"])], state="parked", reason="Nobody could read it.")
    told = web.get(path, token).json
    assert (told["state"], told["reason"]) == ("parked", "Nobody could read it.")
    assert told["settled_at"] is not None


def test_a_token_that_may_only_write_sees_only_its_own_receipts(web: WebProcess, token: str) -> None:
    receipt = web.post(token, a_contact()).json["receipt"]
    other = tokens.create(name="other", scopes=["contacts:write"])
    reader = tokens.create(name="reader", scopes=["receipts:read"])
    assert web.get(f"/v1/receipts/{receipt}", other).status == 404
    assert web.get(f"/v1/receipts/{receipt}", reader).status == 200


@pytest.mark.parametrize("receipt", [str(UUID(int=7)), "nothing", "", "0" * 5000])
def test_an_unknown_receipt_is_404(web: WebProcess, token: str, receipt: str) -> None:
    assert web.get(f"/v1/receipts/{receipt}", token).status == 404


def test_fifty_concurrent_posts_with_one_key_give_one_receipt(web: WebProcess, token: str) -> None:
    with ThreadPoolExecutor(50) as pool:
        posts = [pool.submit(web.post, token, a_contact(text=f"{n}"), idempotency_key="order-7") for n in range(50)]
        answers = [post.result() for post in posts]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["receipt"] for answer in answers}) == 1
    assert len({answer.json["accepted_at"] for answer in answers}) == 1
    assert Contact.objects.count() == Receipt.objects.count() == 1


def test_the_key_counts_in_the_body_too_and_per_token(web: WebProcess, token: str) -> None:
    other = tokens.create(name="other", scopes=["contacts:write"])
    first = web.post(token, a_contact(idempotency_key="7")).json["receipt"]
    assert web.post(token, a_contact(), idempotency_key="7").json["receipt"] == first
    assert web.post(token, a_contact(), idempotency_key='"7"').json["receipt"] == first
    assert web.post(token, a_contact(idempotency_key="8")).json["receipt"] != first
    assert web.post(other, a_contact(idempotency_key="7")).json["receipt"] != first
    differing = web.post(token, a_contact(idempotency_key="7"), idempotency_key="8")
    assert (differing.status, differing.fields) == (422, ["idempotency_key"])


def test_a_repeated_header_that_matters_is_refused(web: WebProcess, token: str) -> None:
    body = json.dumps(a_contact()).encode()
    head = f"POST /v1/contacts HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    head += f"idempotency-key: a\r\nidempotency-key: b\r\ncontent-length: {len(body)}\r\n\r\n"
    answer = web.raw(head.encode() + body)
    assert (answer.status, answer.fields) == (400, ["idempotency-key"])


def test_attachments_are_kept_by_content_and_programs_only_listed(web: WebProcess, token: str) -> None:
    content = base64.b64encode(b"%PDF-1.7 statement").decode()
    program = base64.b64encode(b"MZ\x90\x00").decode()
    files = [
        {"name": "statement.pdf", "type": "application/pdf", "content": content},
        {"name": "invoice.pdf.exe", "type": "application/pdf", "content": content},
        {"name": "photo.jpg", "type": "image/jpeg", "content": program},
    ]
    answer = web.post(token, a_contact(text="", attachments=files))
    assert answer.status == 202, answer
    kept = Contact.objects.get(pk=answer.json["receipt"]).payload["attachments"]
    assert [(file["name"], file["size"], bool(file["refused"])) for file in kept] == [
        ("statement.pdf", 18, False),
        ("invoice.pdf.exe", 18, True),
        ("photo.jpg", 4, True),
    ]
    assert BlobStore(web.data / "blobs").get(kept[0]["digest"]) == b"%PDF-1.7 statement"
    assert not kept[1]["digest"]


def test_a_large_attachment_is_accepted_and_one_too_large_is_named(web: WebProcess, token: str) -> None:
    def file(size: int) -> dict[str, str]:
        return {"name": "scan.png", "type": "image/png", "content": base64.b64encode(bytes(size)).decode()}

    assert web.post(token, a_contact(attachments=[file(6 * 2**20)])).status == 202
    answer = web.post(token, a_contact(attachments=[file(10), file(10 * 2**20 + 1)]))
    assert (answer.status, answer.fields) == (413, ["attachments[1].content"])
    answer = web.post(token, a_contact(attachments=[file(1)] * 11))
    assert (answer.status, answer.fields) == (422, ["attachments"])
    bad = web.post(token, a_contact(attachments=[{"name": "a", "content": "@@"}]))
    assert (bad.status, bad.fields) == (422, ["attachments[0].content"])


WRONG: list[tuple[Any, int, list[str]]] = [
    (b"{", 400, ["body"]),
    (b"not json", 400, ["body"]),
    (b"[]", 422, ["body"]),
    (b'"text"', 422, ["body"]),
    (b'{"text": "caf\xe9"}', 400, ["body"]),
    (json.dumps(a_contact()).encode("utf-16"), 400, ["body"]),
    (b"[" * 100_000, 400, ["body"]),
    (b'{"a":' * 50_000, 400, ["body"]),
    (a_contact(text="a\x00b"), 422, ["text"]),
    (a_contact(**{"from": {"email": "a\x00b@x.example"}}), 422, ["from.email"]),
    (b'{"channel":"web","from":{"email":"a@b.c"},"text":"half \\ud800 of it"}', 422, ["text"]),
    (b'{"channel":"web","from":{"email":"a@b.c\\udc00"},"text":"x"}', 422, ["from.email"]),
    (a_contact(colour="red"), 422, ["colour"]),
    (a_contact(text=5), 422, ["text"]),
    (a_contact(text=""), 422, ["text"]),
    (a_contact(text="  \n"), 422, ["text"]),
    (a_contact(channel="No channel"), 422, ["channel"]),
    (a_contact(channel=""), 422, ["channel"]),
    (a_contact(**{"from": {}}), 422, ["from"]),
    (a_contact(**{"from": "ana"}), 422, ["from"]),
    (a_contact(**{"from": {"email": ""}}), 422, ["from.email"]),
    (a_contact(**{"from": {"E mail": "x"}}), 422, ["from.E mail"]),
    (a_contact(at="yesterday"), 422, ["at"]),
    (a_contact(at="2026-01-05T10:00:00"), 422, ["at"]),
    (a_contact(at=1767600000), 422, ["at"]),
    (a_contact(at="0001-01-01T00:00:00+14:00"), 422, ["at"]),
    (a_contact(at="9999-12-31T23:59:59-14:00"), 422, ["at"]),
    (a_contact(subject="s" * 1001), 422, ["subject"]),
    (a_contact(locale="not a locale"), 422, ["locale"]),
    (a_contact(idempotency_key=""), 422, ["idempotency_key"]),
    ({"text": "x"}, 422, ["channel", "from"]),
    (a_contact(text="é" * 600_000), 413, ["text"]),
    (a_contact(text="x" * 10_000_000), 413, ["text"]),
]


@pytest.mark.parametrize(("body", "status", "fields"), WRONG, ids=[repr(body)[:40] for body, _, _ in WRONG])
def test_bad_input_is_refused_naming_the_field(
    web: WebProcess, token: str, body: Any, status: int, fields: list[str]
) -> None:
    answer = web.post(token, body)
    assert (answer.status, answer.fields) == (status, fields), answer
    assert Contact.objects.count() == 0


def test_a_refusal_never_repeats_what_the_customer_wrote(web: WebProcess, token: str) -> None:
    answer = web.post(token, a_contact(text={"secret": "4929-1111"}, **{"from": {"email": ["ana@x.example"]}}))
    assert answer.status == 422
    assert b"4929" not in answer.body
    assert b"ana@" not in answer.body


def test_a_clock_a_year_ahead_is_named_and_a_year_behind_is_believed(web: WebProcess, token: str) -> None:
    ahead = web.post(token, a_contact(at=(now() + timedelta(days=365)).isoformat()))
    assert (ahead.status, ahead.fields) == (422, ["at"])
    assert web.post(token, a_contact(at=(now() - timedelta(days=365)).isoformat())).status == 202


def test_tokens_decide(web: WebProcess, token: str) -> None:
    nobody = web.request("POST", "/v1/contacts", {"content-type": "application/json"}, b"{}")
    assert (nobody.status, nobody.headers["www-authenticate"]) == (401, 'Bearer realm="holdfast"')
    unknown = web.post("hf_unknown", a_contact())
    assert unknown.status == 401
    assert 'error="invalid_token"' in unknown.headers["www-authenticate"]
    reader = tokens.create(name="reader", scopes=["receipts:read"])
    forbidden = web.post(reader, a_contact())
    assert forbidden.status == 403
    assert 'scope="contacts:write"' in forbidden.headers["www-authenticate"]
    over = tokens.create(name="over", scopes=["contacts:write"], expires_at=now() - timedelta(seconds=1))
    assert web.post(over, a_contact()).status == 401
    assert Contact.objects.count() == 0


def test_a_revoked_token_is_refused_at_once(web: WebProcess, token: str) -> None:
    assert web.post(token, a_contact()).status == 202
    tokens.revoke("shop")
    deadline = time.monotonic() + 0.5  # notices take milliseconds; without them it would be two seconds
    while web.post(token, a_contact()).status == 202:
        assert time.monotonic() < deadline
    assert web.post(token, a_contact()).status == 401


def test_methods_types_and_addresses(web: WebProcess, token: str) -> None:
    wrong = web.get("/v1/contacts", token)
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert web.request("DELETE", f"/v1/receipts/{uuid4()}").headers["allow"] == "GET"
    assert web.post(token, a_contact(), content_type="text/plain").status == 415
    assert web.post(token, a_contact(), content_type="application/json; charset=utf-8").status == 202
    squeezed = web.post(token, b"\x1f\x8b" + bytes(100), content_encoding="gzip")
    assert (squeezed.status, squeezed.fields) == (415, ["content-encoding"])


def test_a_length_beyond_all_limits_is_refused_before_it_is_sent(web: WebProcess, token: str) -> None:
    head = f"POST /v1/contacts HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    answer = web.raw(f"{head}content-length: 999999999999\r\n\r\n".encode())
    assert (answer.status, answer.fields, answer.headers["connection"]) == (413, ["body"], "close")


def chunked_head(token: str) -> bytes:
    head = f"POST /v1/contacts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    return (head + "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").encode()


def test_a_chunked_contact_is_accepted(web: WebProcess, token: str) -> None:
    body = json.dumps(a_contact()).encode()
    with web.connect() as connection:
        connection.sendall(chunked_head(token))
        for start in range(0, len(body), 10):
            piece = body[start : start + 10]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert read_answer(connection).status == 202


def test_a_chunked_body_without_end_is_cut_at_the_limit(web: WebProcess, token: str) -> None:
    piece = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    answer = web.raw(chunked_head(token) + piece * 500)
    assert (answer.status, answer.fields) == (413, ["body"])


def test_headers_without_end_are_cut_off(web: WebProcess) -> None:
    lines = b"".join(b"x-line-%d: %s\r\n" % (number, b"y" * 50) for number in range(100_000))
    answer = web.raw(b"POST /v1/contacts HTTP/1.1\r\n" + lines)
    assert (answer.status, answer.fields) == (431, ["headers"])
    assert web.get("/healthz").status == 200


def test_a_client_that_leaves_in_the_middle_leaves_nothing(web: WebProcess, token: str) -> None:
    with web.connect() as connection:
        connection.sendall(chunked_head(token) + b"5\r\nhello\r\n")
    assert web.post(token, a_contact()).status == 202
    assert Contact.objects.count() == 1
    assert "door fault" not in web.log()


def test_the_door_describes_itself(web: WebProcess) -> None:
    document = web.get("/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    contact = document["components"]["schemas"]["Contact"]
    assert set(contact["required"]) == {"channel", "from", "text"}
    assert "AttachmentIn" in document["components"]["schemas"]
    assert {"/v1/contacts", "/v1/receipts/{id}"} <= set(document["paths"])


def test_no_answer_names_the_server_and_no_log_holds_words(web: WebProcess, token: str) -> None:
    answer = web.post(token, a_contact(text="MARKER-WORDS"))
    web.post(token, a_contact(text="MARKER-WORDS", colour="MARKER-WORDS"))
    assert "server" not in answer.headers
    assert "MARKER" not in web.log()
