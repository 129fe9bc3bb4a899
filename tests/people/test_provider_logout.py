"""Somebody signs out at the company's identity provider: exactly their sessions end here; and the other way round."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from tests.people.identity_provider import Provider

from holdfast.people import provider as reading
from holdfast.people import provider_logout
from holdfast.people.models import ProviderLogout

pytestmark = pytest.mark.django_db
ADDRESS = "/welcome/provider/signed-out/"
OTHER_KEY = rsa.generate_private_key(65537, 2048)
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture(autouse=True)
def _known(provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = provider.url, "desk"
    monkeypatch.setattr("holdfast.people.provider._last", None)


@pytest.fixture
def ana(provider: Provider) -> str:
    """A session of Ana that began at the provider."""
    return began(provider, sub="ana", sid="one")


def began(at: Provider, *, sub: str, sid: str) -> str:
    session = SessionStore()
    session["provider"] = {"iss": at.url, "sub": sub, "sid": sid, "hint": ""}
    session[SESSION_KEY] = "1"
    session.create()
    return str(session.session_key)


def tell(token: str) -> Any:
    return Client().post(ADDRESS, {"logout_token": token})


def alive(*keys: str) -> list[bool]:
    return [Session.objects.filter(pk=key).exists() for key in keys]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "another issuer"),
        ({"aud": "another desk"}, "somebody else"),
        ({"aud": None}, "no aud"),
        ({"iat": None}, "no iat"),
        ({"iat": int(time.time()) - 420}, "last five minutes"),
        ({"iat": int(time.time()) + 3600}, "do not hold"),
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"jti": None}, "no jti"),
        ({"jti": ""}, "no name of its own"),
        ({"events": None}, "no events"),
        ({"events": {"https://elsewhere.example/event": {}}}, "about signing out"),
        ({"events": {EVENT: None}}, "about signing out"),
        ({"events": [EVENT]}, "about signing out"),
        ({"nonce": "n"}, "nonce"),
        ({"sid": None}, "neither a session nor a person"),
        ({"sid": 7}, "neither a session nor a person"),
        ({"typ": "JWT"}, "type logout+jwt"),
        ({"typ": None}, "type logout+jwt"),
        ({"kid": "2"}, "a key that the provider does not have"),
        ({"key": OTHER_KEY}, "do not hold"),
    ],
)
def test_a_token_that_is_wrong_in_one_thing_ends_nothing_and_is_told_why(
    provider: Provider, ana: str, changed: dict[str, Any], why: str
) -> None:
    answer = tell(provider.logout_token(**({"sid": "one"} | changed)))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    assert answer.json()["error"] == "invalid_request"
    assert why in answer.json()["error_description"]
    assert alive(ana) == [True]
    assert not ProviderLogout.objects.exists()


def test_what_is_unsigned_or_signed_with_what_both_know_or_no_token_at_all_ends_nothing(
    provider: Provider, ana: str
) -> None:
    head, body, _ = provider.logout_token(sid="one").split(".")
    claims = jwt.decode(f"{head}.{body}.", options={"verify_signature": False})
    typed = {"typ": "logout+jwt", "kid": "1"}
    unsigned = jwt.encode(claims, None, algorithm="none", headers=typed)
    shared = jwt.encode(claims, provider.keys()["keys"][0]["n"], algorithm="HS256", headers=typed)
    for token in (
        unsigned,
        shared,
        f"{head}.{body}.",
        "",
        "a.b.c",
        "x" * 20_000,
        provider.logout_token(sid="one")[:-9],
    ):
        assert tell(token).status_code == 400, token[:40]
    assert Client().get(ADDRESS).status_code == 405
    assert alive(ana) == [True]


def test_a_session_named_ends_alone_and_a_person_named_is_out_of_all_of_theirs(provider: Provider, ana: str) -> None:
    second, ben = began(provider, sub="ana", sid="two"), began(provider, sub="ben", sid="three")
    own = SessionStore()  # with the password, not at the provider
    own[SESSION_KEY] = "1"
    own.create()
    answer = tell(provider.logout_token(sid="one"))
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (200, b"", "no-store")
    assert alive(ana, second, ben, str(own.session_key)) == [False, True, True, True]
    assert tell(provider.logout_token(sid="three", sub="ana")).status_code == 200, "a session, and not of whom it says"
    assert alive(second, ben) == [True, True]
    assert tell(provider.logout_token(sub="ana")).status_code == 200
    assert alive(second, ben, str(own.session_key)) == [False, True, True]


def test_a_token_counts_once_and_again_only_when_what_it_asked_for_was_not_done(provider: Provider, ana: str) -> None:
    token = provider.logout_token(sid="one")
    assert tell(token).status_code == 200
    again = began(provider, sub="ana", sid="one")
    replayed = tell(token)
    assert (replayed.status_code, "used before" in replayed.json()["error_description"]) == (400, True)
    assert alive(again) == [True]
    ProviderLogout.objects.update(done_at=None)  # it died on the way
    assert tell(token).status_code == 200
    assert alive(again) == [False]


def test_a_new_key_of_the_provider_counts_at_once_and_made_up_ones_do_not_have_it_asked_each_time(
    provider: Provider, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = reading._read
    monkeypatch.setattr(reading, "_read", lambda: asked.append("") or read())
    for number in range(5):
        tell(provider.logout_token(sid="one", kid=f"made up {number}"))
    assert len(asked) == 1
    monkeypatch.setattr("holdfast.people.provider._AGAIN", 0.0)
    provider.key, provider.kid = OTHER_KEY, "next"
    assert tell(provider.logout_token(sid="one", kid="next")).status_code == 200
    assert alive(ana) == [False]


def test_while_the_provider_is_away_it_is_told_to_try_again_and_nothing_is_written(
    provider: Provider, ana: str
) -> None:
    provider.configuration = lambda: None  # type: ignore[method-assign, assignment, return-value]
    answer = tell(provider.logout_token(sid="one"))
    assert (answer.status_code, "try again" in answer.json()["error_description"]) == (400, True)
    assert not ProviderLogout.objects.exists()


def test_a_session_that_ended_there_before_it_began_here_does_not_begin(provider: Provider) -> None:
    issued = int(time.time())

    def begins(sid: str, at: int = issued) -> bool:
        request = RequestFactory().get("/")
        request.session = SessionStore()
        claims = {"iss": provider.url, "sub": "ana", "sid": sid, "iat": at}
        return provider_logout.note(request, claims=claims, raw="")

    assert begins("one")
    tell(provider.logout_token(sid="one"))
    assert (begins("one"), begins("later")) == (False, True)
    tell(provider.logout_token(sub="ana"))
    assert (begins("later"), begins("newest", issued + 5)) == (False, True)
    ended = RequestFactory().get("/")
    ended.session = SessionStore()
    ended.session.create()
    Session.objects.filter(pk=ended.session.session_key).delete()  # while the sign-in was under way
    assert not provider_logout.note(ended, claims={"iss": provider.url, "sub": "ben"}, raw="")


def test_without_a_provider_there_is_no_such_address(settings: Any) -> None:
    settings.OIDC_ISSUER = ""
    assert tell("anything").status_code == 404


def test_a_provider_that_calls_itself_otherwise_or_names_an_open_address_is_none(
    provider: Provider, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = provider.configuration()
    for wrong in (
        {"issuer": "https://elsewhere.example"},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": None},
    ):
        monkeypatch.setattr(provider, "configuration", lambda wrong=wrong: right | wrong)
        assert tell(provider.logout_token(sid="one")).status_code == 400, wrong
    assert alive(ana) == [True]


def test_the_way_out_is_walked_once_and_only_who_went_comes_back(provider: Provider) -> None:
    request = RequestFactory().get("/", {"state": "made up"})
    request.session = SessionStore()
    assert provider_logout.way_out(request) is None, "who came by password has nowhere to go"
    request.session["provider"] = {"iss": provider.url, "sub": "ana", "sid": "one", "hint": "a.b.c"}
    way = provider_logout.way_out(request)
    assert way is not None
    assert way["url"].startswith(f"{provider.url}/end?realm=staff&id_token_hint=a.b.c&client_id=desk&")
    provider_logout.leave(request, way)
    assert [provider_logout.next_step(request) for _ in range(2)] == [way["url"], ""]
    assert not provider_logout.is_back(request)
    back = RequestFactory().get("/", {"state": way["state"]})
    back.session = request.session
    assert [provider_logout.is_back(back) for _ in range(2)] == [True, False]


def test_a_provider_that_is_away_or_has_no_such_address_keeps_nobody_from_signing_out_here(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.session["provider"] = {"iss": provider.url, "sub": "ana", "sid": "one", "hint": "a.b.c"}
    right = provider.configuration()
    for said in (None, {**right, "end_session_endpoint": None}, {**right, "end_session_endpoint": "http://x.example"}):
        monkeypatch.setattr("holdfast.people.provider._last", None)
        monkeypatch.setattr(provider, "configuration", lambda said=said: said)
        assert provider_logout.way_out(request) is None
