from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.intake import tokens
from holdfast.intake.models import ApiToken
from holdfast.intake.tokens import TokenCache, TokenError
from holdfast.kit.clock import now

pytestmark = pytest.mark.django_db


def fresh() -> TokenCache:
    cache = TokenCache()
    cache.replace(tokens.in_force())
    return cache


def test_only_the_digest_of_a_token_is_kept() -> None:
    token = tokens.create(name="shop", scopes=["contacts:write"])
    assert token.startswith("hf_")
    assert token.encode() not in bytes(ApiToken.objects.get().digest)
    known = fresh().find(token.encode())
    assert known is not None
    assert (known.name, known.scopes) == ("shop", frozenset({"contacts:write"}))
    assert fresh().find(b"hf_other") is None


def test_a_token_knows_for_whom_it_speaks_and_who_holds_it() -> None:
    token = tokens.create(name="t", scopes=["contacts:write"], customer="TW-100042", operator="alexa")
    known = fresh().find(token.encode())
    assert known is not None
    assert (known.customer, known.operator) == ("TW-100042", "alexa")
    assert [(each.customer, each.operator) for each in tokens.listed()] == [("TW-100042", "alexa")]


def test_revoked_and_expired_tokens_are_not_found() -> None:
    revoked = tokens.create(name="a", scopes=["contacts:write"])
    expired = tokens.create(name="b", scopes=["contacts:write"], expires_at=now() + timedelta(seconds=5))
    cache = fresh()
    assert cache.find(expired.encode()) is not None
    tokens.revoke("a")
    assert fresh().find(revoked.encode()) is None
    ApiToken.objects.filter(name="b").update(expires_at=now())
    assert fresh().find(expired.encode()) is None


def test_a_rotated_token_replaces_the_older_one_of_its_name() -> None:
    old = tokens.rotate(name="replay", scopes=["contacts:write"])
    new = tokens.rotate(name="replay", scopes=["contacts:write"])
    assert fresh().find(old.encode()) is None
    assert fresh().find(new.encode()) is not None
    assert [token.name for token in tokens.listed()] == ["replay"]


def test_mistakes_are_said_in_a_sentence() -> None:
    tokens.create(name="a", scopes=["contacts:write"])
    tokens.revoke("a")
    with pytest.raises(TokenError, match="already"):
        tokens.create(name="a", scopes=["contacts:write"])
    with pytest.raises(TokenError, match="contacts:all"):
        tokens.create(name="b", scopes=["contacts:all"])
    with pytest.raises(TokenError, match="scopes"):
        tokens.create(name="b", scopes=[])
    with pytest.raises(TokenError, match="name"):
        tokens.create(name=" ", scopes=["contacts:write"])
    with pytest.raises(TokenError, match="contacts:write only"):
        tokens.create(name="b", scopes=["contacts:write", "receipts:read"], customer="TW-1")
    with pytest.raises(TokenError, match="Name the customer"):
        tokens.create(name="b", scopes=["contacts:write"], operator="alexa")
    with pytest.raises(TokenError, match="40 characters"):
        tokens.create(name="b", scopes=["contacts:write"], customer="T" * 41)
    with pytest.raises(TokenError, match="no token"):
        tokens.revoke("a")
