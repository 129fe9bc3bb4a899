"""What signatures prove, without a server: names of directories, members of Signature-Agent, nonces in bounds."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.signing import AGENT, AUTHORITY, COVERED, Signer, digest_of

from holdfast.intake import jwk
from holdfast.intake.operators import Keyring, KnownOperator
from holdfast.intake.proof import Proof, Prover
from holdfast.intake.web_bot_auth import WELL_KNOWN, address_of

BODY = b'{"text": "Where is my card?"}'


def prover_for(signer: Signer, *, enabled: bool = True, most_nonces: int = 100, **key: Any) -> Prover:
    ring = Keyring()
    read = jwk.read(signer.jwk | key)
    ring.replace({AGENT: KnownOperator("alexa", enabled, {read.thumbprint: read})})
    return Prover(operators=ring, public_url=f"https://{AUTHORITY}", most_nonces=most_nonces)


def prove(prover: Prover, headers: dict[str, str], body: bytes = BODY, *, keyed: bool = False) -> Proof:
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"method": "POST", "path": "/v1/contacts", "headers": [(b"host", b"elsewhere.example"), *lines]}
    return prover.prove(scope, body, keyed_by_body=keyed)


def said(proof: Proof) -> str:
    assert proof.operator == ""
    (warning,) = proof.warnings
    return warning.detail


def test_the_desks_own_name_counts_whatever_the_header_host_says() -> None:
    signer = Signer()
    assert prove(prover_for(signer), signer.headers(BODY)).operator == "alexa"
    elsewhere = Signer(private=signer.private, authority="elsewhere.example")
    assert "does not fit" in said(prove(prover_for(signer), elsewhere.headers(BODY)))


@pytest.mark.parametrize("public_url", ["https://Desk.example:443", "https://desk.example/", "https://desk.example"])
def test_the_desks_name_is_written_in_one_way(public_url: str) -> None:
    signer, ring = Signer(), Keyring()
    key = jwk.read(signer.jwk)
    ring.replace({AGENT: KnownOperator("alexa", True, {key.thumbprint: key})})
    assert prove(Prover(operators=ring, public_url=public_url), signer.headers(BODY)).operator == "alexa"


def test_the_older_form_of_signature_agent_is_understood() -> None:
    signer = Signer()
    covered = ('"@authority"', '"signature-agent"', '"content-digest"')
    older = signer.headers(BODY, covered=covered, agent_header='"https://assistant.example"')
    assert prove(prover_for(signer), older).operator == "alexa"


@pytest.mark.parametrize(
    "agent_header",
    [
        'sig1="http://assistant.example"',
        'sig1="https://a:b@assistant.example"',
        "sig1=assistant",
        'sig1=("https://assistant.example")',
        f'sig1="{AGENT}";q=1',
        f'sig2="{AGENT}"',
        '"https://assistant.example"',
        "",
    ],
)
def test_a_signature_agent_that_names_nobody_proves_nothing(agent_header: str) -> None:
    signer = Signer()
    assert said(prove(prover_for(signer), signer.headers(BODY, agent_header=agent_header)))


def test_a_key_counts_only_under_the_address_that_publishes_it() -> None:
    """Were keys known by thumbprint alone, one operator could sign in another's name."""
    alexa, siri, ring = Signer(), Signer(agent="https://other.example/keys"), Keyring()
    keys = [jwk.read(each.jwk) for each in (alexa, siri)]
    ring.replace(
        {
            AGENT: KnownOperator("alexa", True, {keys[0].thumbprint: keys[0]}),
            "https://other.example/keys": KnownOperator("siri", True, {keys[1].thumbprint: keys[1]}),
        }
    )
    prover = Prover(operators=ring, public_url=f"https://{AUTHORITY}")
    pretending = Signer(private=siri.private)
    assert "no key with this keyid" in said(prove(prover, pretending.headers(BODY)))
    assert prove(prover, siri.headers(BODY, agent_header=f'sig1="{siri.agent}"')).operator == "siri"


def test_a_key_counts_only_in_its_time() -> None:
    signer, at = Signer(), int(time.time())
    assert prove(prover_for(signer, nbf=at - 10, exp=at + 10), signer.headers(BODY)).operator == "alexa"
    assert "not in force" in said(prove(prover_for(signer, exp=at - 120), signer.headers(BODY)))
    assert "not in force" in said(prove(prover_for(signer, nbf=at + 120), signer.headers(BODY)))


@pytest.mark.parametrize(
    ("digest", "fits"),
    [
        (digest_of(BODY, "sha-512"), True),
        (f"{digest_of(BODY)}, {digest_of(BODY, 'sha-512')}", True),
        (f"{digest_of(BODY)}, md5=:AAAA:", True),
        (f"{digest_of(BODY)}, {digest_of(b'other', 'sha-512')}", False),
        ("md5=:AAAA:", False),
        ('sha-256="AAAA"', False),
        ("sha-256=:AAAA:", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_every_digest_that_is_understood_has_to_fit(digest: str, fits: bool) -> None:
    signer = Signer()
    proof = prove(prover_for(signer), signer.headers(BODY, digest=digest))
    assert (proof.operator == "alexa") == fits, proof


@pytest.mark.parametrize("missing", ["created", "expires", "keyid", "tag"])
def test_a_parameter_that_is_missing_is_named(missing: str) -> None:
    signer = Signer()
    assert missing in said(prove(prover_for(signer), signer.headers(BODY, **{missing: None})))


def test_a_part_of_the_digest_does_not_bind_the_body() -> None:
    signer = Signer()
    covered = (*COVERED[:2], '"content-digest";key="sha-256"')
    assert "content-digest" in said(prove(prover_for(signer), signer.headers(BODY, covered=covered)))


def test_nonces_are_remembered_in_bounds_and_given_back_when_nothing_was_kept() -> None:
    signer = Signer()
    prover = prover_for(signer, most_nonces=3)
    first = signer.headers(BODY, nonce="0")
    kept = prove(prover, first)
    assert kept.operator == "alexa"
    assert "used before" in said(prove(prover, first))
    prover.give_back(kept)
    assert prove(prover, first).operator == "alexa"
    for n in range(1, 4):
        assert prove(prover, signer.headers(BODY, nonce=str(n))).operator == "alexa"
    assert len(prover._nonces) == 3
    assert "used before" in said(prove(prover, signer.headers(BODY, nonce="3")))
    assert prove(prover, first).operator == "alexa", "of more nonces than fit the oldest is forgotten"
    for _ in range(2):
        assert prove(prover, signer.headers(BODY, nonce="0"), keyed=True).operator == "alexa"
    assert "longer" in said(prove(prover, signer.headers(BODY, nonce="n" * 201)))


def test_a_signed_idempotency_key_makes_a_repeat_harmless_and_an_unsigned_one_does_not() -> None:
    signer = Signer()
    prover = prover_for(signer)
    covering = signer.headers(BODY, covered=(*COVERED, '"idempotency-key"'), more={"idempotency-key": "k-1"}, nonce="a")
    assert [prove(prover, covering).operator for _ in range(2)] == ["alexa", "alexa"]
    beside = signer.headers(BODY, more={"idempotency-key": "k-1"}, nonce="b")
    assert [prove(prover, beside).operator for _ in range(2)] == ["alexa", ""]


def test_a_keyring_that_breaks_is_no_reason_to_refuse() -> None:
    class Broken:
        def at(self, address: str) -> KnownOperator | None:
            raise RuntimeError("away")

    prover = Prover(operators=Broken(), public_url=f"https://{AUTHORITY}")
    assert "a fault here" in said(prove(prover, Signer().headers(BODY)))


@given(
    st.dictionaries(st.sampled_from(["signature", "signature-input", "signature-agent", "content-digest"]), st.binary())
)
def test_no_header_ever_breaks_the_door(headers: dict[str, bytes]) -> None:
    scope = {"method": "POST", "path": "/v1/contacts", "headers": [(k.encode(), v) for k, v in headers.items()]}
    proof = prover_for(Signer()).prove(scope, BODY, keyed_by_body=False)
    assert "a fault here" not in said(proof)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    for url in (text, f"https://{text}"):
        address = address_of(url)
        assert address is None or address_of(address) == address


def test_addresses_are_compared_in_one_form() -> None:
    plain = f"https://assistant.example{WELL_KNOWN}"
    for url in ("https://assistant.example", "https://Assistant.example:443/", f"{plain}?a=b", f"{plain}#c"):
        assert address_of(url) == plain
    assert address_of("https://[2001:DB8::1]:8443/k") == "https://[2001:db8::1]:8443/k"
    for url in (
        "http://a.example",
        "a.example",
        "https://",
        "https://u@a.example",
        "https://a.example:x",
        "https://a b",
    ):
        assert address_of(url) is None
