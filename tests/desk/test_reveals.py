"""Seeing a sealed value from the desk, and the log of it. These tests commit: the gate has a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation, Message
from holdfast.guard.gate import session_mark
from holdfast.guard.models import RevealLog
from holdfast.guard.whereabouts import by_hand
from holdfast.guard.whereabouts.models import Seat
from holdfast.intake.models import Contact
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent

from .conftest import Desk, make_desk

SignIn = Callable[[Agent], Client]
IBAN = "IE29AIBK93115212345678"
BEST_TYPIST = by_hand.KEY  # before the tests may ask at any pace


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return make_desk()


def reveal(client: Client, case: Conversation, field: str = "iban", **form: str) -> object:
    return client.post(f"/desk/c/{case.number}/reveal/{field}/", {"purpose": "payment"} | form)


def outcomes() -> list[tuple[str, str, str]]:
    return list(RevealLog.objects.order_by("at").values_list("field", "purpose", "outcome"))


def test_the_card_shows_masks_and_offers_to_ask(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    response = sign_in(desk.ana).get(f"/desk/c/{case.number}/")
    card = response.context["conversation"].customer
    assert {line.label: str(line.value) for line in (*card.identities, *card.values)} == {
        "Email": "m•••@p•••.•••",
        "Full name": "Maren O.",
        "Address": "•••, •••",
        "Account": "IBAN •• 5678",
    }
    assert all(line.reveal_url for line in card.values)
    page = response.content.decode()
    for secret in (IBAN, "Okafor", "maren@post.example", "Quay Street"):
        assert secret not in page


def test_a_value_is_shown_to_who_has_the_case_after_it_is_logged(
    desk: Desk, case: Conversation, sign_in: SignIn
) -> None:
    client = sign_in(desk.ana)
    form = client.get(f"/desk/c/{case.number}/reveal/iban/")
    assert IBAN not in form.content.decode()
    assert [choice.value for choice in form.context["form"].purposes][:2] == ["identify", "contact"]
    response = reveal(client, case)
    assert IBAN in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert response.context["revealed"].seconds == 60
    assert outcomes() == [("iban", "payment", "allowed")]
    again = client.get(response.context["revealed"].again_url)
    assert IBAN not in again.content.decode()
    assert "5678" in again.content.decode()


def test_an_identity_is_asked_for_by_its_own_name(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    line = client.get(f"/desk/c/{case.number}/").context["conversation"].customer.identities[0]
    response = client.post(line.reveal_url, {"purpose": "contact"})
    assert "maren@post.example" in response.content.decode()


def test_a_colleague_and_even_a_lead_are_refused_and_logged(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    for agent in (desk.ben, desk.lead, desk.admin):
        client = sign_in(agent)
        assert client.get(f"/desk/c/{case.number}/").context["conversation"].customer.values[0].reveal_url == ""
        response = reveal(client, case)
        assert response.status_code == 403
        assert "not assigned to you" in response.content.decode()
        assert IBAN not in response.content.decode()
    assert [outcome for _, _, outcome in outcomes()] == ["no_grant"] * 3


def test_giving_the_case_away_ends_the_right_to_ask(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    assign(conversation_id=case.pk, to=None, by=desk.ana.pk)
    assert reveal(client, case).status_code == 403


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"purpose": ""}, ("purpose",)),
        ({"purpose": "curiosity"}, ("purpose",)),
        ({"purpose": "other", "reason": " "}, ("reason",)),
    ],
)
def test_without_a_purpose_or_reason_the_form_comes_back(
    desk: Desk, case: Conversation, sign_in: SignIn, form: dict[str, str], fields: tuple[str, ...]
) -> None:
    response = reveal(sign_in(desk.ana), case, **form)
    assert response.status_code == 422
    assert response.context["problem"].fields == fields
    assert IBAN not in response.content.decode()


@pytest.mark.parametrize("field", ["password", "identity-nonsense", f"identity-{UUID(int=7)}", "reference", "name__x"])
def test_fields_that_are_not_listed_do_not_exist(desk: Desk, case: Conversation, sign_in: SignIn, field: str) -> None:
    assert reveal(sign_in(desk.ana), case, field).status_code == 404
    assert outcomes() == []


def test_the_source_of_a_mail_is_a_reveal_too(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    digest = BlobStore(settings.BLOB_DIR).put(b"From: maren@post.example\r\n\r\nHello")
    contact = Contact.objects.create(
        id=uuid7(),
        source="smtp",
        channel="email",
        sender='{"email": "maren@post.example"}',
        raw=digest,
        at=now(),
        accepted_at=now(),
    )
    message = Message.objects.get(conversation=case)
    message.contact_id = contact.pk
    message.save(update_fields=["contact_id"])
    path = f"/desk/c/{case.number}/raw/{message.pk}/"
    client = sign_in(desk.ana)
    assert client.get(f"/desk/c/{case.number}/").context["conversation"].messages[0].raw_url == path
    assert client.get(path).status_code == 200
    shown = client.post(path, {"purpose": "protect"})
    assert "From: maren@post.example" in shown.content.decode()
    assert sign_in(desk.lead).post(path, {"purpose": "protect"}).status_code == 403
    assert outcomes() == [("raw", "protect", "allowed"), ("raw", "protect", "no_grant")]


def test_the_log_is_read_by_each_as_far_as_it_is_theirs(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    reveal(sign_in(desk.ana), case)
    reveal(sign_in(desk.lead), case)
    theirs = desk.talk(queue=desk.payments)
    assign(conversation_id=theirs.pk, to=desk.bob.pk, by=desk.bob.pk)
    reveal(sign_in(desk.bob), theirs)

    def agents(reader: Agent, query: str = "") -> list[str]:
        response = sign_in(reader).get(f"/desk/reveals/{query}")
        assert IBAN not in response.content.decode()
        return [entry.agent for entry in response.context["log"].entries]

    assert agents(desk.ana) == ["Ana Test"]
    assert agents(desk.bob) == ["Bob Test"]
    assert agents(desk.lead) == ["Lea Test", "Ana Test"], "a lead reads their own team's"
    assert agents(desk.admin) == agents(desk.security) == ["Bob Test", "Lea Test", "Ana Test"]
    assert agents(desk.security, f"?q=%23{theirs.number}") == ["Bob Test"]
    assert agents(desk.security, "?q=no_grant") == ["Lea Test"]
    assert agents(desk.security, "?q=nothing-like-it") == []
    assert agents(desk.security, "?q=Account+number") == agents(desk.security), "as the page calls it"
    entry = sign_in(desk.ana).get("/desk/reveals/").context["log"].entries[0]
    assert (entry.field, entry.purpose, entry.outcome, entry.granted) == (
        "account number",
        "Trace or return a payment",
        "Shown",
        True,
    )


def test_a_long_log_comes_in_pages(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    entry = {"session": "s", "conversation_id": case.pk, "subject": "x", "field": "iban", "outcome": "allowed"}
    at = now()
    RevealLog.objects.bulk_create([RevealLog(at=at, agent_id=desk.ana.pk, **entry) for _ in range(120)])
    client, seen, path = sign_in(desk.ana), 0, "/desk/reveals/"
    while path:
        log = client.get(path).context["log"]
        seen, path = seen + len(log.entries), log.next_url
    assert seen == 120
    assert client.get("/desk/reveals/?after=nonsense").status_code == 200


def test_quicker_than_by_hand_is_asked_once_more_and_a_confirmation_waits_a_moment_and_opens_this_value_only(
    desk: Desk, case: Conversation, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign(conversation_id=case.id, to=desk.ana.id, by=desk.ana.id)
    client = sign_in(desk.ana)
    assert timedelta(seconds=0.08) == BEST_TYPIST
    monkeypatch.setattr(by_hand, "KEY", timedelta(minutes=5))  # this machine is slower than the best typist
    assert [reveal(client, case).status_code for _ in range(4)] == [200, 200, 200, 422]  # type: ignore[attr-defined]
    asked = reveal(client, case, "name")
    page = asked.content.decode()  # type: ignore[attr-defined]
    assert ("quicker than by hand" in page, "Maren Okafor" in page) == (True, False)
    token = page.split('name="unhurried" value="')[1].split('"')[0]
    assert reveal(client, case, "name", unhurried=token).status_code == 422, "a script sends it at once"  # type: ignore[attr-defined]
    monkeypatch.setattr(by_hand, "THOUGHT", timedelta(0))
    assert reveal(client, case, "iban", unhurried=token).status_code == 422, "it is for the name"  # type: ignore[attr-defined]
    assert "Maren Okafor" in reveal(client, case, "name", unhurried=token).content.decode()  # type: ignore[attr-defined]
    assert [outcome for _, _, outcome in outcomes()].count("too_quick") == 4
    monkeypatch.setattr(by_hand, "KEY", timedelta(0))
    assert reveal(client, case).status_code == 200, "who is slower than that is never asked"  # type: ignore[attr-defined]


def test_asks_that_are_sent_at_once_are_counted_one_after_the_other(
    desk: Desk, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(desk.ana)
    client.get("/desk/")
    key = client.session.session_key or ""

    def ask(_: int) -> bool:
        try:
            return by_hand.note(key)
        finally:
            connection.close()

    monkeypatch.setattr(by_hand, "KEY", timedelta(minutes=5))
    with ThreadPoolExecutor(12) as pool:
        hurried = list(pool.map(ask, range(12)))
    assert hurried.count(False) == 3
    assert Seat.objects.filter(session=session_mark(key)).values_list("lately__len", flat=True)[0] == 4
