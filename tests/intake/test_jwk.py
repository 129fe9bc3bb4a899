"""Public keys of operators: what can be used, what is refused and why, and what a key is called."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.signing import Signer

from holdfast.intake import jwk
from holdfast.intake.jwk import KeyRefused

# RFC 7638, 3.1, and RFC 8037, A.3: keys and their thumbprints.
RFC_7638 = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "PS512",
    "kid": "2011-04-29",
}
RFC_8037 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_9421_P256 = {  # B.1.3
    "kty": "EC",
    "crv": "P-256",
    "x": "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
    "y": "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
}


def test_thumbprints_are_those_of_the_rfcs() -> None:
    assert jwk.read(RFC_7638).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert jwk.read(RFC_8037).thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_example_keys_of_the_rfc_are_refused_since_everybody_has_their_private_half() -> None:
    ed25519 = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
    keys, refused = jwk.read_set(json.dumps({"keys": [ed25519, RFC_9421_P256, Signer().jwk]}))
    assert len(keys) == 1
    assert [sentence[:20] for sentence in refused] == ["Key 1 cannot be used", "Key 2 cannot be used"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"d": "AAAA"}, "private key"),
        ({"kty": "oct", "k": "AAAA"}, "private key"),
        ({"kty": "oct"}, "kind"),
        ({"kty": ["OKP"]}, "kind"),
        ({"crv": "Ed448"}, "curve"),
        ({"x": None}, "x is missing"),
        ({"x": "AAAA"}, "32 bytes"),
        ({"x": "ä" * 43}, "base64url"),
        ({"use": "enc"}, "not for signatures"),
        ({"alg": "RS256"}, "alg"),
        ({"alg": ["EdDSA"]}, "alg"),
        ({"exp": "tomorrow"}, "exp"),
        ({"nbf": True}, "nbf"),
        ({"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}, "not on the curve"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "2048"),
        ({"kty": "RSA", "n": RFC_7638["n"], "e": "_" * 10}, "small exponent"),
        ({"kty": "RSA", "n": RFC_7638["n"], "e": "Ag"}, "no RSA key"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(KeyRefused, match=said):
        jwk.read(Signer().jwk | changed)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", "{}", '{"keys": {}}', '{"keys": []}', '{"keys": [1]}', "[" * 60_000, " " * 70_000),
        json.dumps({"keys": [RFC_8037] * 33}),
        '{"keys": [' + "9" * 5000 + "]}",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_key_set_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(KeyRefused, match=r"\.$"):
        jwk.read_set(text)


def test_a_kept_key_is_the_same_key_when_read_again() -> None:
    for given_key in (RFC_7638, Signer().jwk | {"nbf": 5, "exp": 10, "kid": "x", "junk": [1]}):
        key = jwk.read(given_key)
        (kept,) = jwk.in_store([key])
        again = jwk.read(json.loads(json.dumps(kept)))
        assert (again.thumbprint, again.algorithm) == (key.thumbprint, key.algorithm)
        assert (again.not_before, again.not_after) == (key.not_before, key.not_after)
        assert "junk" not in kept


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "exp", "keys"]), inner, max_size=6
        )
    ),
    max_leaves=12,
)


@given(_json)
def test_any_json_is_a_key_or_refused(document: Any) -> None:
    for attempt in (lambda: jwk.read(document), lambda: jwk.read_set(json.dumps({"keys": [document]}))):
        with suppress(KeyRefused):
            attempt()
