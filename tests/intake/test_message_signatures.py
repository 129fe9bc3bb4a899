"""HTTP Message Signatures: the published vectors, another implementation, and what cannot be had."""

from __future__ import annotations

import base64
import datetime
from dataclasses import replace
from typing import Any

import http_message_signatures as other
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures.resolvers import MappingKeyResolver
from tests.intake.signing import digest_of, encoded

from holdfast.intake import jwk
from holdfast.intake.message_signatures import Request, Signature, Unverified, base_of, signatures_of

# RFC 9421, B.1.4 and B.1.2: public halves.
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
RSA_PSS = {
    "kty": "RSA",
    "e": "AQAB",
    "n": "r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbgg"
    "D4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpi"
    "y6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9"
    "nV5oyc6XI2w",
}
# RFC 9421, B.2: the request of all its examples.
RFC_REQUEST = Request(
    "POST",
    "https",
    "example.com",
    "/foo",
    "param=Value&Pet=dog",
    [
        (b"Host", b"example.com"),
        (b"Date", b"Tue, 20 Apr 2021 02:07:55 GMT"),
        (b"Content-Type", b"application/json"),
        (
            b"Content-Digest",
            b"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        ),
        (b"Content-Length", b"18"),
    ],
)


def with_headers(request: Request, **more: str) -> Request:
    added = [(name.replace("_", "-").encode(), value.encode()) for name, value in more.items()]
    return replace(request, headers=[*request.headers, *added])


def only(request: Request) -> Signature:
    (signature,) = signatures_of(request)
    return signature


def test_the_ed25519_example_of_the_rfc_verifies() -> None:
    given = (
        '("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    value = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    request = with_headers(RFC_REQUEST, signature_input=f"sig-b26={given}", signature=f"sig-b26=:{value}:")
    base = base_of(only(request), request)
    assert base.decode() == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        '"@method": POST\n'
        '"@path": /foo\n'
        '"@authority": example.com\n'
        '"content-type": application/json\n'
        '"content-length": 18\n'
        f'"@signature-params": {given}'
    )
    key = jwk.read(ED25519)
    assert key.signed(only(request).value, base)
    assert not key.signed(only(request).value, base + b" ")
    assert not key.signed(b"", base)


def test_the_minimal_rsa_example_of_the_rfc_verifies() -> None:
    given = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
    value = (
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG"
        "52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVro"
        "gUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ"
        "98Xw9Q=="
    )
    request = with_headers(RFC_REQUEST, signature_input=f"sig-b21={given}", signature=f"sig-b21=:{value}:")
    assert jwk.read(RSA_PSS).signed(only(request).value, base_of(only(request), request))


# draft-ietf-webbotauth-httpsig-protocol, E.2.1 and E.1.1: a member of a dictionary is covered.
AGENT_VECTORS = [
    (
        ED25519,
        '("@authority" "signature-agent";key="agent2");created=1735689600'
        ';keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600'
        ';nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA=="'
        ';tag="web-bot-auth"',
        "RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==",
    ),
    (
        RSA_PSS,
        '("@authority" "signature-agent";key="agent2");created=1735689600'
        ';keyid="oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA";alg="rsa-pss-sha512";expires=4889289600'
        ';nonce="wcfPQPh7SzkvrIVvhD00vNk9PkxJNY2NVbYl2PVBB4zmUoluSwE7W6bPtF60QA3k8g06FU7PPCD+J58YofY1zg=="'
        ';tag="web-bot-auth"',
        "gHzpLNeHaHIO19NaJH9YMW5dcVSi2s0wOMBr6p18vcofS106sfC4KBIS0/szPlBBd1vIcyQ88B6CTEWIhRAiVrb9zfX0mx1aG12CSGWcYkSirHey"
        "TxhbuJvXd27ed6skWoy4PjXItq38936ivUQjfdIwXh1aX6HxkAC3vRnEdSNfntkLWeEuIQ5BLIOBGE39fSwg27Qjq6OVWYas/9/aFUr3HA34MXWY"
        "dp+//cvlEKDp3kRoLOw9ro0AOr6srHrTeEtxon2afcws1aZVSlPdd2fZSEIGmw9HAHLDCEkFTERu1gH2k/zIEqgy7CAYXI9E5slog0cLg/Vc6+f8"
        "gih33g==",
    ),
]


@pytest.mark.parametrize(("key", "given", "value"), AGENT_VECTORS, ids=["ed25519", "rsa-pss-sha512"])
def test_the_examples_of_web_bot_auth_verify(key: dict[str, str], given: str, value: str) -> None:
    request = with_headers(
        Request("GET", "https", "example.com", "/path/to/resource", "", []),
        signature_agent='agent2="https://signature-agent.test"',
        signature_input=f"sig2={given}",
        signature=f"sig2=:{value}:",
    )
    read = jwk.read(key)
    assert only(request).given.parameters["keyid"] == read.thumbprint
    assert only(request).given.parameters["alg"] == read.algorithm
    assert read.signed(only(request).value, base_of(only(request), request))


def _p256(private: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": encoded(numbers.x.to_bytes(32)), "y": encoded(numbers.y.to_bytes(32))}


def _rsa(private: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"kty": "RSA", "n": encoded(numbers.n.to_bytes(256)), "e": "AQAB"}


def _ed25519(private: Ed25519PrivateKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(private.public_key().public_bytes_raw())}


class Message:
    """A request as the other implementation wants it."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = "POST", url, headers


COVERED = ("@authority", "@method", "@path", "@query", "@target-uri", "@scheme", "@request-target", "content-digest")


@pytest.mark.parametrize(
    ("private", "public", "algorithm"),
    [
        (Ed25519PrivateKey.generate(), _ed25519, other.algorithms.ED25519),
        (ec.generate_private_key(ec.SECP256R1()), _p256, other.algorithms.ECDSA_P256_SHA256),
        (rsa.generate_private_key(65537, 2048), _rsa, other.algorithms.RSA_PSS_SHA512),
    ],
    ids=["ed25519", "ecdsa-p256-sha256", "rsa-pss-sha512"],
)
def test_what_another_implementation_signs_verifies_here(private: Any, public: Any, algorithm: Any) -> None:
    body = b'{"text": "Where is my card?"}'
    agent = 'sig1="https://assistant.example/keys"'
    message = Message(
        "https://desk.example/v1/contacts?a=b%20c&d",
        {"Content-Digest": digest_of(body), "Signature-Agent": agent, "X-Odd": "  two   spaces "},
    )
    resolver = MappingKeyResolver(public_keys={}, private_keys={"k": private})
    other.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=resolver).sign(
        message,
        key_id="k",
        label="sig1",
        tag="web-bot-auth",
        nonce='quoted " and \\',
        expires=datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5),
        use_existing_digest=True,
        covered_component_ids=(*COVERED, '"signature-agent";key="sig1"', "x-odd"),
    )
    headers = [(name.encode(), value.encode()) for name, value in message.headers.items()]
    request = Request("POST", "https", "desk.example", "/v1/contacts", "a=b%20c&d", headers)
    key = jwk.read(public(private))
    assert key.algorithm == algorithm.algorithm_id
    assert key.signed(only(request).value, base_of(only(request), request))
    elsewhere = replace(request, authority="bank.example")
    assert not key.signed(only(elsewhere).value, base_of(only(elsewhere), elsewhere))


@pytest.mark.parametrize(
    ("covered", "said"),
    [
        ('"x-not-there"', "does not have"),
        ('"date" "date"', "twice"),
        ('"@method";req', "not understood"),
        ('"@query-param";name="a"', "not understood"),
        ('"@status"', "does not have"),
        ('"date";bs', "not understood"),
        ('"date";key="a"', "cannot be read"),
        ('"content-digest";key="md5"', "a member"),
        ('"content-digest";key="sha-512";sf', "not understood"),
        ("date", "not named by a string"),
        (":aGk=:", "not named by a string"),
        ('"x-odd"', "not printable ASCII"),
    ],
)
def test_a_component_that_cannot_be_had_is_named(covered: str, said: str) -> None:
    odd = [(b"x-odd", b"caf\xe9")]
    request = replace(RFC_REQUEST, headers=[*RFC_REQUEST.headers, *odd])
    request = with_headers(request, signature_input=f"s=({covered})", signature="s=:AAAA:")
    with pytest.raises(Unverified, match=said):
        base_of(only(request), request)


@pytest.mark.parametrize(
    ("inputs", "values", "said"),
    [
        ("", "s=:AAAA:", "empty"),
        ("s=1", "s=:AAAA:", "parentheses"),
        ("s=()", "t=:AAAA:", "no bytes"),
        ("s=()", "s=(:AAAA:)", "no bytes"),
        ("s=()", 's="AAAA"', "no bytes"),
        ("s=(), s=()", "s=:AAAA:", "twice"),
    ],
)
def test_signatures_that_do_not_belong_together_are_told(inputs: str, values: str, said: str) -> None:
    with pytest.raises(Unverified, match=said):
        signatures_of(with_headers(RFC_REQUEST, signature_input=inputs, signature=values))


def test_a_field_given_twice_is_covered_as_one_and_only_four_signatures_are_looked_at() -> None:
    twice = replace(RFC_REQUEST, headers=[(b"a", b" 1 "), (b"b", b"x"), (b"A", b"2")])
    signature = only(with_headers(twice, signature_input='s=("a")', signature="s=:AAAA:"))
    assert base_of(signature, twice).startswith(b'"a": 1, 2\n')
    many = ", ".join(f"s{n}=()" for n in range(9))
    values = ", ".join(f"s{n}=:{base64.b64encode(b'x').decode()}:" for n in range(9))
    assert len(signatures_of(with_headers(RFC_REQUEST, signature_input=many, signature=values))) == 4
