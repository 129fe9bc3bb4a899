"""Canned replies, palette, saved views, presence, preferences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from holdfast.desk import presence
from holdfast.desk.canned import VARIABLES, given_name, render
from holdfast.desk.models import CannedReply, SavedView
from holdfast.kit import clock, streams
from holdfast.kit.clock import now
from holdfast.kit.models import OutboxEvent
from holdfast.knowledge import retrieval
from holdfast.knowledge.models import Article
from holdfast.people.models import Agent

from .conftest import Desk

SignIn = Callable[[Agent], Client]


@pytest.fixture
def canned(desk: Desk) -> CannedReply:
    CannedReply.objects.create(shortcut="pay", title="Payment late", body="Later.", queue=desk.payments)
    CannedReply.objects.create(shortcut="ola", title="Olá", body="Olá {{ customer.given_name }}", locale="pt-br")
    return CannedReply.objects.create(
        shortcut="hello",
        title="Hello",
        body="Hello {{ customer.given_name }}, I am {{agent.first_name}}: {{ conversation.number }}, {{ case.hue }}.",
        queue=desk.cards,
    )


def test_a_canned_reply_is_filled_in_for_the_conversation(desk: Desk, sign_in: SignIn, canned: CannedReply) -> None:
    conversation = desk.talk()
    found = sign_in(desk.ana).get(f"/desk/canned/?q=hello&c={conversation.number}").context["canned"]
    assert [reply.shortcut for reply in found] == ["hello"]
    assert found[0].body == f"Hello Maren, I am Ana: {conversation.number}, {{{{ case.hue }}}}."
    assert found[0].missing == ("case.hue",)


def test_canned_replies_come_in_the_customers_language_first(desk: Desk, sign_in: SignIn, canned: CannedReply) -> None:
    conversation = desk.talk()
    conversation.locale = "pt"
    conversation.save(update_fields=["locale"])
    found = sign_in(desk.ana).get(f"/desk/canned/?c={conversation.number}").context["canned"]
    assert [reply.shortcut for reply in found] == ["ola", "hello"], "and not those of other queues"


def test_a_canned_reply_for_a_conversation_out_of_reach_stays_unfilled(
    desk: Desk, sign_in: SignIn, canned: CannedReply
) -> None:
    hidden = desk.talk(queue=desk.payments)
    body = sign_in(desk.ana).get(f"/desk/canned/?q=hello&c={hidden.number}").context["canned"][0].body
    assert "Maren" not in body
    assert "{{ customer.given_name }}" in body


@given(st.text(), st.dictionaries(st.sampled_from(VARIABLES), st.text()))
def test_rendering_never_fails_and_text_without_variables_is_untouched(body: str, values: dict[str, str]) -> None:
    rendered = render(body, values=values)
    if "{{" not in body:
        assert rendered.text == body
        assert rendered.missing == ()


@given(st.text(min_size=1))
def test_a_value_is_never_rendered_again(value: str) -> None:
    tricky = value + "{{ agent.name }}"
    rendered = render("{{ customer.given_name }}", values={"customer.given_name": tricky, "agent.name": "Ana"})
    assert rendered.text == tricky


@pytest.mark.parametrize(
    ("mask", "name"), [("Maren O.", "Maren"), ("Kofi", "Kofi"), ("", ""), ("•••", ""), ("m•••@p", "")]
)
def test_the_given_name_is_what_the_mask_shows(mask: str, name: str) -> None:
    assert given_name(mask) == name


def test_the_palette_offers_places_deeds_and_answers(desk: Desk, sign_in: SignIn, canned: CannedReply) -> None:
    conversation, client = desk.talk(), sign_in(desk.ana)

    def labels(query: str) -> dict[str, list[str]]:
        groups = client.get(f"/desk/palette/?{query}").context["groups"]
        return {group.title: [entry.label for entry in group.entries] for group in groups}

    everything = labels("")
    assert {"With me", "Cards", "Everything else"} <= set(everything["Go to"])
    assert "Payments" not in everything["Go to"]
    assert "Reply" not in everything["Do"], "there is nothing to reply to"
    assert "Reply" in labels(f"c={conversation.number}")["Do"]
    assert labels(f"q=hello&c={conversation.number}")["Answers"] == ["Hello"]
    assert labels("q=%2312")["Go to"][0] == "Conversation 12"
    assert labels("q=snoo")["Go to"] == ["Search for “snoo”", "Snoozed"]


def test_the_palette_finds_articles_and_puts_their_words_into_a_reply(desk: Desk, sign_in: SignIn) -> None:
    retrieval.forget()
    Article.objects.create(slug="lost", locale="en", title="A lost card", body="Freeze it in the **app**.", asks=[])
    Article.objects.create(slug="fees", locale="en", title="What a transfer costs", body="Nothing in euro.", asks=[])
    conversation, client = desk.talk(), sign_in(desk.ana)

    def articles(query: str) -> list[tuple[str, str, str]]:
        groups = client.get(f"/desk/palette/?{query}").context["groups"]
        return [(e.label, e.url, e.text) for group in groups if group.title == "Articles" for e in group.entries]

    assert articles("q=lost+card") == [("A lost card", "/help/en/lost/", "")]
    ((_, _, words),) = articles(f"q=lost+card&c={conversation.number}")
    assert words == f"Freeze it in the app.\n\n{settings.PUBLIC_URL}/help/en/lost/"
    assert articles("q=zebra") == articles("q=") == []


def test_a_filter_is_kept_under_a_name_and_found_again(desk: Desk, sign_in: SignIn) -> None:
    urgent, _ = desk.talk("urgent one"), desk.talk("another one")
    client = sign_in(desk.ana)
    client.post(f"/desk/c/{urgent.number}/tags/", {"name": "urgent"})
    kept = client.post("/desk/views/", {"name": "Urgent cards", "queue": "cards", "tag": "urgent"})
    assert kept.status_code == 201
    link = kept.context["nav"].views[0]
    assert (link.name, link.current, link.shared) == ("Urgent cards", True, False)
    page = client.get(link.url).context["page"]
    assert page.title == "Urgent cards"
    assert [row.number for group in page.groups for row in group.rows] == [urgent.number]
    assert sign_in(desk.ben).get("/desk/nav/").context["nav"].views == ()
    assert sign_in(desk.ben).delete(f"/desk/views/{link.id}/").status_code == 404
    assert client.delete(link.delete_url).status_code == 204
    assert not SavedView.objects.exists()


def test_saving_a_view_again_under_its_name_replaces_it(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    client.post("/desk/views/", {"name": "Mine", "view": "mine"})
    client.post("/desk/views/", {"name": " Mine ", "view": "closed"})
    assert SavedView.objects.get().query == {"view": "closed"}


@pytest.mark.parametrize(
    "form", [{"name": "", "view": "mine"}, {"name": "Nothing"}, {"name": "Odd", "view": "nonsense"}]
)
def test_a_view_needs_a_name_and_a_filter(desk: Desk, sign_in: SignIn, form: dict[str, str]) -> None:
    assert sign_in(desk.ana).post("/desk/views/", form).status_code == 422


def test_leads_share_views_and_agents_do_not(desk: Desk, sign_in: SignIn) -> None:
    form = {"name": "For all", "view": "closed", "shared": "1"}
    assert sign_in(desk.ana).post("/desk/views/", form).status_code == 403
    assert sign_in(desk.lead).post("/desk/views/", form).status_code == 201
    link = sign_in(desk.ana).get("/desk/nav/").context["nav"].views[0]
    assert (link.shared, link.delete_url) == (True, "")
    assert sign_in(desk.ana).delete(f"/desk/views/{link.id}/").status_code == 404
    assert sign_in(desk.lead).delete(f"/desk/views/{link.id}/").status_code == 204


def test_a_saved_view_holds_a_search(desk: Desk, sign_in: SignIn) -> None:
    found, _ = desk.talk("a pelican"), desk.talk("a pelican", queue=desk.other)
    client = sign_in(desk.ana)
    client.post("/desk/views/", {"name": "Pelicans", "q": "pelican", "queue": "cards"})
    page = client.get(f"/desk/?view={SavedView.objects.get().pk}").context["page"]
    assert [row.number for group in page.groups for row in group.rows] == [found.number]


def test_others_see_who_is_here_and_who_writes(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    path = f"/desk/c/{conversation.number}/presence/"
    assert sign_in(desk.ana).post(path, {"typing": "0"}).context["here"] == ()
    here = sign_in(desk.ben).post(path, {"typing": "1"}).context["here"]
    assert [(view.name, view.typing) for view in here] == [("Ana Test", False)]
    row = sign_in(desk.ana).get("/desk/").context["page"].groups[0].rows[0]
    assert [(view.name, view.typing) for view in row.here] == [("Ben Test", True)]


def test_a_heartbeat_that_changes_nothing_tells_nobody(desk: Desk) -> None:
    conversation = desk.talk()

    def beat(typing: bool) -> int:
        presence.be_here(conversation_id=conversation.pk, agent_id=desk.ana.pk, typing=typing)
        return OutboxEvent.objects.filter(topic="presence").count()

    assert [beat(False), beat(False), beat(True), beat(True), beat(False)] == [1, 1, 2, 2, 3]


def test_presence_ends_after_thirty_seconds_or_when_somebody_leaves(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk()
    presence.be_here(conversation_id=conversation.pk, agent_id=desk.ana.pk, typing=True)
    presence.be_here(conversation_id=conversation.pk, agent_id=desk.lead.pk, typing=False)
    seen = presence.present(conversation_ids=[conversation.pk], but=desk.ben.pk)[conversation.pk]
    assert [view.name for view in seen] == ["Ana Test", "Lea Test"], "who writes comes first"
    path = f"/desk/c/{conversation.number}/presence/"
    assert sign_in(desk.lead).post(path, {"gone": "1"}).status_code == 204
    assert len(presence.present(conversation_ids=[conversation.pk], but=desk.ben.pk)[conversation.pk]) == 1
    later = now() + timedelta(seconds=31)
    clock.set_source(lambda: later)
    try:
        assert presence.present(conversation_ids=[conversation.pk], but=desk.ben.pk) == {}
    finally:
        clock.set_source(None)


def test_preferences_are_kept_and_only_what_is_posted_changes(desk: Desk, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    assert client.post("/desk/preferences/", {"theme": "dark"}).status_code == 204
    assert client.post("/desk/preferences/", {"single_keys": "0"}).status_code == 204
    assert client.post("/desk/preferences/", {"density": "huge"}).status_code == 422
    desk.ana.refresh_from_db()
    assert (desk.ana.theme, desk.ana.density, desk.ana.single_keys) == ("dark", "comfortable", False)
    assert 'data-theme="dark"' in client.get("/desk/").content.decode()


def test_the_page_carries_a_ticket_for_the_agents_topics(desk: Desk, sign_in: SignIn) -> None:
    stream = sign_in(desk.ana).get("/desk/").context["stream"]
    listening = streams.from_ticket(stream.removeprefix("/events?ticket="))
    assert listening is not None
    assert set(listening.topics) == {"desk", "presence", "posture", "approval"}
