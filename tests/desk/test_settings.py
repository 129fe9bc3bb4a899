"""Leads keep canned replies and admins keep queues, on pages of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.desk import routing
from holdfast.desk.models import CannedReply, Queue
from holdfast.desk.queue_keeping import keywords_in
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]


@pytest.fixture(autouse=True)
def _fresh_routing() -> None:
    routing.forget()


def typed(desk: Desk, **changed: Any) -> dict[str, Any]:
    """What the form of a new queue for lost cards sends."""
    return {
        "name": "Lost cards",
        "slug": "lost-cards",
        "icon": "credit-card",
        "position": "4",
        "takes": "keywords",
        "teams": [str(desk.ben.team_id)],
        "keywords_en": "Lost Card, stolen\n  my  wallet ,lost card, !!",
        "keywords_id": "kartu hilang",
    } | changed


def test_keywords_are_read_from_commas_and_lines_once_each() -> None:
    assert keywords_in("Lost Card, stolen\n  my  wallet ,lost card, !!,\x00") == ["lost card", "stolen", "my wallet"]


def test_a_new_queue_takes_what_its_keywords_name_and_its_team_sees_it(
    desk: Desk, sign_in: SignIn, django_capture_on_commit_callbacks: Any
) -> None:
    before = routing.place_in_queue(["I lost my wallet: my wallet is gone"])
    with django_capture_on_commit_callbacks(execute=True):
        done = sign_in(desk.admin).post(reverse("settings:queue-new"), typed(desk))
    assert (done.status_code, done["Location"]) == (302, reverse("settings:queues"))
    queue = Queue.objects.get(slug="lost-cards")
    assert queue.keywords == {"en": ["lost card", "stolen", "my wallet"], "id": ["kartu hilang"]}
    assert before == [desk.other.pk]
    assert routing.place_in_queue(["I lost my wallet: my wallet is gone", "Kartu hilang"]) == [queue.pk, queue.pk]
    assert "Lost cards" in sign_in(desk.ben).get("/desk/").content.decode()
    assert "Lost cards" not in sign_in(desk.bob).get("/desk/").content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slug": "cards"}, "slug"),
        ({"slug": "lost cards"}, "slug"),
        ({"name": "  "}, "name"),
        ({"icon": "skull"}, "icon"),
        ({"position": "-1"}, "position"),
        ({"takes": "everything"}, "takes"),
        ({"teams": ["999999"]}, "teams"),
        ({"keywords_en": ",".join(f"word {n}" for n in range(301))}, "keywords_en"),
    ],
)
def test_a_queue_that_cannot_be_is_refused_at_its_field(
    desk: Desk, sign_in: SignIn, changed: dict[str, Any], field: str
) -> None:
    refused = sign_in(desk.admin).post(reverse("settings:queue-new"), typed(desk, **changed))
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {field}
    assert Queue.objects.count() == 3


def test_what_fits_nowhere_moves_from_queue_to_queue_and_is_never_given_up(desk: Desk, sign_in: SignIn) -> None:
    admin = sign_in(desk.admin)
    given_up = admin.post(reverse("settings:queue", args=[desk.other.pk]), typed(desk, name="Everything else"))
    assert "Some queue has to take this" in given_up.content.decode()
    moved = admin.post(reverse("settings:queue", args=[desk.cards.pk]), typed(desk, name="Cards", takes="fallback"))
    assert moved.status_code == 302
    assert list(Queue.objects.filter(fallback=True)) == [desk.cards]


def test_a_queue_keeps_its_short_name_and_words_of_languages_switched_off(desk: Desk, sign_in: SignIn) -> None:
    Queue.objects.filter(pk=desk.cards.pk).update(keywords={"sw": ["kadi"], "en": ["card"]})
    sign_in(desk.admin).post(reverse("settings:queue", args=[desk.cards.pk]), typed(desk, slug="other-name"))
    desk.cards.refresh_from_db()
    assert desk.cards.slug == "cards"
    assert desk.cards.keywords["sw"] == ["kadi"]
    assert "card" not in desk.cards.keywords["en"]


def test_the_page_of_a_queue_shows_what_it_holds(desk: Desk, sign_in: SignIn) -> None:
    Queue.objects.filter(pk=desk.cards.pk).update(keywords={"en": ["card", "lost <b>"]}, icon="holdfast")
    page = sign_in(desk.admin).get(reverse("settings:queue", args=[desk.cards.pk])).content.decode()
    assert "card, lost &lt;b&gt;" in page
    assert 'value="holdfast"' in page, "an icon that a script set stays"
    assert "One, Tidewater" in page


SAID = {
    "title": "Late payment",
    "shortcut": "late",
    "locale": "en",
    "queue": "",
    "body": "Hello {{ customer.given_name }},\r\nit comes today.",
}


def test_a_lead_keeps_a_reply_and_agents_have_it_at_hand(desk: Desk, sign_in: SignIn) -> None:
    assert sign_in(desk.lead).post(reverse("settings:canned-new"), SAID).status_code == 302
    conversation = desk.talk()
    found = sign_in(desk.ana).get(f"/desk/canned/?q=late&c={conversation.number}").context["canned"]
    assert [reply.body for reply in found] == ["Hello Maren,\nit comes today."]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"body": "Dear {{ customer.iban }}"}, "body", "customer.iban"),
        ({"body": "{{}} and {{ A.b }}"}, "body", "Not a variable"),
        ({"shortcut": "taken"}, "shortcut", "Another reply"),
        ({"shortcut": "two words"}, "shortcut", ""),
        ({"locale": "xx"}, "locale", ""),
        ({"queue": "999999"}, "queue", ""),
    ],
)
def test_a_reply_that_would_not_work_is_refused_at_its_field(
    desk: Desk, sign_in: SignIn, changed: dict[str, str], field: str, words: str
) -> None:
    CannedReply.objects.create(shortcut="taken", title="Taken", body="x")
    refused = sign_in(desk.lead).post(reverse("settings:canned-new"), SAID | changed)
    assert refused.status_code == 422
    assert words in str(refused.context["form"].errors[field])
    assert CannedReply.objects.count() == 1


def test_who_saves_over_words_they_have_not_seen_is_told_so(desk: Desk, sign_in: SignIn) -> None:
    reply = CannedReply.objects.create(shortcut="late", title="Late", body="Soon.")
    address, lead = reverse("settings:canned-reply", args=[reply.pk]), sign_in(desk.lead)
    seen = lead.get(address).context["form"]["seen"].value()
    assert lead.post(address, SAID | {"seen": seen, "body": "Today."}).status_code == 302
    late = lead.post(address, SAID | {"seen": seen, "body": "Tomorrow."})
    assert late.status_code == 422
    assert "Somebody changed this reply" in late.content.decode()
    assert "Tomorrow." in late.content.decode(), "what was typed stays"
    reply.refresh_from_db()
    assert reply.body == "Today."


def test_a_deleted_reply_is_gone_and_the_list_finds_what_is_left(desk: Desk, sign_in: SignIn) -> None:
    gone, kept = (CannedReply.objects.create(shortcut=name, title=name.title(), body="x") for name in ("late", "soon"))
    lead = sign_in(desk.lead)
    lead.post(reverse("settings:canned-removal", args=[gone.pk]))
    assert list(CannedReply.objects.all()) == [kept]
    assert lead.get(reverse("settings:canned"), {"q": "SOON"}).context["replies"] == [kept]
    assert lead.get(reverse("settings:canned"), {"q": "late"}).context["replies"] == []
    assert lead.get(reverse("settings:canned"), {"locale": "pt-br"}).context["replies"] == []


def test_the_preview_fills_in_a_made_up_customer_and_runs_nothing(desk: Desk, sign_in: SignIn) -> None:
    body = "Hi {{ customer.given_name }}, I am {{ agent.first_name }}. <script>x</script> {{ customer.iban }}"
    shown = sign_in(desk.lead).post(reverse("settings:canned-preview"), {"body": body}).content.decode()
    assert "Hi Maren, I am Lea." in shown
    assert "<script>" not in shown
    assert "“customer.iban” is not a variable" in shown


@pytest.mark.parametrize("who", ["ana", "security"])
@pytest.mark.parametrize("name", ["canned-new", "canned-preview", "queue-new"])
def test_agents_and_security_keep_nothing(desk: Desk, sign_in: SignIn, who: str, name: str) -> None:
    sent = SAID if "canned" in name else typed(desk)
    assert sign_in(getattr(desk, who)).post(reverse(f"settings:{name}"), sent).status_code == 403
    assert (CannedReply.objects.count(), Queue.objects.count()) == (0, 3)


def test_leads_keep_words_and_only_admins_keep_queues(desk: Desk, sign_in: SignIn) -> None:
    lead = sign_in(desk.lead)
    assert lead.post(reverse("settings:queue-new"), typed(desk)).status_code == 403
    assert lead.post(reverse("settings:queue", args=[desk.cards.pk]), typed(desk)).status_code == 403
    assert "Queues</a>" not in lead.get(reverse("settings:canned")).content.decode()
    assert "Settings" not in sign_in(desk.ana).get("/desk/").content.decode()
