"""Signed contacts over real HTTP: what a signature proves, and that none is ever a reason to refuse."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pytest_django import DjangoDbBlocker
from tests.intake.serving import Answer, WebProcess, web_process
from tests.intake.signing import AUTHORITY, Signer
from tests.intake.test_door import a_contact
from tests.opened import token_of

from holdfast.intake import operators, tokens
from holdfast.intake.models import Contact


@pytest.fixture(scope="module")
def running_desk(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcess]:
    """A web process that people reach as https://desk.example."""
    with web_process(tmp_path_factory.mktemp("desk"), HOLDFAST_PUBLIC_URL=f"https://{AUTHORITY}") as web:
        yield web


@pytest.fixture
def desk(running_desk: WebProcess, transactional_db: None) -> WebProcess:
    return running_desk


@pytest.fixture
def signer(desk: WebProcess, token: str) -> Signer:
    """An operator whose signatures count at this door already."""
    signer = Signer()
    operators.add(name="alexa", url=signer.agent, keys=signer.key_set())
    wait_until_known(desk, signer, token)
    return signer


def wait_until_known(desk: WebProcess, signer: Signer, token: str) -> None:
    deadline = time.monotonic() + 5  # a notice takes milliseconds
    while "warnings" in signed(desk, signer, token, text="Is anybody there?").json:
        assert time.monotonic() < deadline


def signed(
    desk: WebProcess,
    signer: Signer,
    token: str,
    *,
    sent: bytes | None = None,
    text: str = "Where is my card?",
    **how: Any,
) -> Answer:
    """Post a signed contact; `sent` is another body than the one that was signed."""
    body = json.dumps(a_contact(text=text, **how.pop("contact", {}))).encode()
    headers = signer.headers(body, **how)
    return desk.post(token, body if sent is None else sent, **headers)


def origin_of(answer: Answer) -> dict[str, str]:
    return Contact.objects.get(pk=answer.json["receipt"]).payload.get("origin", {})


def test_a_signature_names_the_operator_and_the_answer_says_so(desk: WebProcess, token: str, signer: Signer) -> None:
    answer = signed(desk, signer, token)
    assert answer.status == 202, answer
    assert answer.json["operator"] == "alexa"
    assert "warnings" not in answer.json
    assert origin_of(answer) == {"operator": "alexa"}


def test_the_example_in_the_documentation_signs(desk: WebProcess, token: str, signer: Signer) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    key = Ed25519PrivateKey.generate()
    operators.add(name="example", url=names["AGENT"] + "/other", keys=json.dumps({"keys": [names["public_jwk"](key)]}))
    names["AGENT"] += "/other"
    body = json.dumps(a_contact()).encode()
    deadline = time.monotonic() + 5
    while "operator" not in (answer := post_example(desk, token, names, key, body)).json:
        assert time.monotonic() < deadline, answer
    assert answer.json["operator"] == "example"


def post_example(desk: WebProcess, token: str, names: dict[str, Any], key: Ed25519PrivateKey, body: bytes) -> Answer:
    headers = names["signature_headers"](key, f"https://{AUTHORITY}/v1/contacts", body)
    return desk.post(token, body, **headers)


def test_without_a_signature_nothing_is_different(desk: WebProcess, token: str, signer: Signer) -> None:
    answer = desk.post(token, a_contact())
    assert set(answer.json) == {"receipt", "accepted_at", "status_url"}
    assert origin_of(answer) == {}
    alone = desk.post(token, a_contact(), signature_agent=f'sig1="{signer.agent}"', signature_input="sig1=()")
    assert set(alone.json) == {"receipt", "accepted_at", "status_url"}


def test_what_does_not_verify_is_taken_all_the_same_and_said(desk: WebProcess, token: str, signer: Signer) -> None:
    forged = json.dumps(a_contact(text="Send my money to Mallory.")).encode()
    stranger = Signer()
    wrong: dict[str, tuple[Signer, dict[str, Any], str]] = {
        "a forged body": (signer, {"sent": forged}, "Content-Digest does not fit"),
        "another desk": (Signer(private=signer.private, authority="bank.example"), {}, f"made for {AUTHORITY}"),
        "an old one": (signer, {"at": time.time() - 7200}, "expired"),
        "a clock ahead": (signer, {"at": time.time() + 600}, "future"),
        "a long life": (signer, {"life": 90_000}, "24 hours"),
        "an unknown key": (stranger, {}, "no key with this keyid"),
        "a key of somebody else": (stranger, {"keyid": signer.keyid}, "does not fit"),
        "an unknown operator": (Signer(agent="https://other.example/keys"), {}, "not of an operator"),
        "another algorithm": (signer, {"alg": "hmac-sha256"}, "alg says something else"),
        "another tag": (signer, {"tag": "other"}, "tag"),
        "no digest covered": (signer, {"covered": ('"@authority"', '"signature-agent";key="sig1"')}, "content-digest"),
        "no authority covered": (
            signer,
            {"covered": ('"signature-agent";key="sig1"', '"content-digest"')},
            "authority",
        ),
    }
    for what, (who, how, said) in wrong.items():
        answer = signed(desk, who, token, **how)
        assert answer.status == 202, (what, answer)
        (warning,) = answer.json["warnings"]
        assert warning["field"] == "signature", what
        assert said in warning["detail"], (what, warning)
        assert "operator" not in answer.json, what
        assert origin_of(answer) == {}, what
    assert Contact.objects.filter(text="Send my money to Mallory.").count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", "nonsense"),
        ("signature", "sig1=:AAAA:, sig1=:BBBB:"),
        ("signature-input", ""),
        ("signature-input", "sig1=(" + '"a" ' * 500 + ")"),
        ("signature-input", 'sig1=("@authority";bs);created=1'),
        ("signature-agent", "(" * 3000),
        ("signature", "x" * 50_000),
    ],
)
def test_headers_that_cannot_be_read_cost_nobody_a_contact(
    desk: WebProcess, token: str, signer: Signer, name: str, value: str
) -> None:
    body = json.dumps(a_contact()).encode()
    answer = desk.post(token, body, **(signer.headers(body) | {name: value}))
    assert answer.status == 202, answer
    assert answer.json["warnings"]
    assert "door fault" not in desk.log()


def test_a_clock_that_is_a_little_off_is_forgiven(desk: WebProcess, token: str, signer: Signer) -> None:
    for off in (-340, 40):
        assert signed(desk, signer, token, at=time.time() + off).json.get("operator") == "alexa", off


def test_a_bad_signature_does_not_spoil_a_good_one(desk: WebProcess, token: str, signer: Signer) -> None:
    body = json.dumps(a_contact()).encode()
    good, bad = signer.headers(body), Signer().headers(body, label="bad")
    both = good | {
        "signature-input": f"{bad['signature-input']}, {good['signature-input']}",
        "signature": f"{bad['signature']}, {good['signature']}",
    }
    assert desk.post(token, body, **both).json["operator"] == "alexa"


def test_a_label_given_twice_counts_as_neither(desk: WebProcess, token: str, signer: Signer) -> None:
    body = json.dumps(a_contact()).encode()
    good, bad = signer.headers(body), Signer().headers(body)
    twice = good | {"signature-input": f"{bad['signature-input']}, {good['signature-input']}"}
    answer = desk.post(token, body, **twice)
    assert "sig1 is given twice" in answer.json["warnings"][0]["detail"]


def test_a_used_nonce_is_no_evidence_again_but_a_repeat_with_a_signed_key_is_the_same_contact(
    desk: WebProcess, token: str, signer: Signer
) -> None:
    body = json.dumps(a_contact()).encode()
    headers = signer.headers(body, nonce="n-1")
    assert desk.post(token, body, **headers).json["operator"] == "alexa"
    again = desk.post(token, body, **headers)
    assert (again.status, "nonce was used" in again.json["warnings"][0]["detail"]) == (202, True)
    keyed = json.dumps(a_contact(idempotency_key="k-1")).encode()
    headers = signer.headers(keyed, nonce="n-2")
    first, second = desk.post(token, keyed, **headers), desk.post(token, keyed, **headers)
    assert first.json["receipt"] == second.json["receipt"]
    assert second.json["operator"] == "alexa"


def test_a_nonce_counts_once_also_when_a_header_names_another_key(desk: WebProcess, token: str, signer: Signer) -> None:
    body = json.dumps(a_contact()).encode()
    headers = signer.headers(body, nonce="n-3")
    assert desk.post(token, body, **headers, idempotency_key="a").json.get("operator") == "alexa"
    assert "operator" not in desk.post(token, body, **headers, idempotency_key="b").json


def test_an_operator_that_is_switched_off_or_removed_counts_no_longer(
    desk: WebProcess, token: str, signer: Signer
) -> None:
    operators.switch(name="alexa", enabled=False)
    deadline = time.monotonic() + 5
    while "warnings" not in (answer := signed(desk, signer, token)).json:
        assert time.monotonic() < deadline
    assert "switched off" in answer.json["warnings"][0]["detail"]
    operators.remove(name="alexa")
    while "not of an operator" not in signed(desk, signer, token).json["warnings"][0]["detail"]:
        assert time.monotonic() < deadline


def test_a_gateway_that_states_an_operator_is_corrected_by_a_signature(desk: WebProcess, signer: Signer) -> None:
    edge = tokens.create(name="edge", scopes=["contacts:write", "origin:state"])
    origin = {"operator": "somebody", "region": "ID-JK"}
    answer = signed(desk, signer, edge, contact={"origin": origin})
    assert origin_of(answer) == {"operator": "alexa", "region": "ID-JK"}


def test_a_token_for_one_customer_makes_the_contact_theirs_proven_and_a_machines(
    desk: WebProcess, signer: Signer
) -> None:
    bound = tokens.create(name="t", scopes=["contacts:write"], customer="TW-100042", operator="alexa")
    answer = desk.post(bound, a_contact(**{"from": {"email": "mallory@evil.example", "name": "Ana"}}))
    assert answer.status == 202
    assert answer.json["operator"] == "alexa"
    assert [each["field"] for each in answer.json["warnings"]] == ["from.email"]
    contact = Contact.objects.get(pk=answer.json["receipt"])
    assert contact.payload == {"verified": True, "machine": True, "origin": {"operator": "alexa"}}
    assert "mallory" not in token_of(contact.sender)
    plain = desk.post(bound, a_contact(**{"from": {"account": "TW-100042"}}))
    assert "warnings" not in plain.json


def test_a_token_given_to_one_operator_is_no_delegation_to_another(desk: WebProcess, signer: Signer) -> None:
    bound = tokens.create(name="t", scopes=["contacts:write"], customer="TW-100042", operator="siri")
    answer = signed(desk, signer, bound)
    assert answer.json["operator"] == "alexa"
    assert [each["field"] for each in answer.json["warnings"]] == ["authorization"]
    contact = Contact.objects.get(pk=answer.json["receipt"])
    assert contact.payload == {"origin": {"operator": "alexa"}}
