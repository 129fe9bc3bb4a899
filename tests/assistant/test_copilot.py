"""What an agent is offered beside a case: near articles in their own words, a next step, a summary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.assistant import conftest as models
from tests.assistant.llm.fake_endpoint import FakeEndpoint, hangs_up
from tests.desk import conftest as desks
from tests.desk.conftest import Desk, make_customer, make_desk

from holdfast.assistant import spending
from holdfast.assistant.copilot.next_action import asked_for
from holdfast.assistant.copilot.reading import Case, look
from holdfast.assistant.copilot.suggesting import CLOSE, NEAR, Suggestion, suggestion
from holdfast.assistant.llm.contract import MACHINE_WRITTEN
from holdfast.conversations.assignments import assign
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation, Message
from holdfast.knowledge import search
from holdfast.knowledge.models import Article
from holdfast.people.models import Agent

pytestmark = pytest.mark.django_db
fresh_client, service, sign_in, fake = desks.fresh_client, desks.service, desks.sign_in, models.fake
SignIn = Callable[[Agent], Client]

FREEZE = "A card that is lost can be frozen at once.\n\nOpen **Cards** and choose **Freeze**."
ARTICLES = [
    ("freeze-card", "Freeze a card", ["how do I freeze my card", "I lost my card, freeze it"], FREEZE),
    ("pin", "Change your PIN", ["how can I change my PIN"], "Change the PIN at any cash machine."),
    ("fees", "What a transfer costs", ["how much is a bank transfer"], "Transfers in euro are free."),
    ("address", "Change your address", ["I moved house"], "Tell us the new street in your profile."),
]


@pytest.fixture(autouse=True)
def articles(db: None) -> Iterator[None]:
    Article.objects.bulk_create(
        Article(slug=slug, locale="en", title=title, topic="cards", asks=asks, body=body, summary=title)
        for slug, title, asks, body in ARTICLES
    )
    search.forget()
    search.article_index()
    cache.clear()
    yield
    search.forget()


@pytest.fixture
def desk() -> Desk:
    return make_desk()


def seen(agent: Agent, conversation: Conversation) -> Case:
    case = look(agent, conversation.number)
    assert case is not None
    return case


def suggested(agent: Agent, conversation: Conversation) -> Suggestion | None:
    return suggestion(seen(agent, conversation), search.article_index())


def fragment(client: Client, conversation: Conversation, name: str = "copilot", **data: str) -> str:
    address = reverse(f"assistant:{name}", args=[conversation.number])
    response = client.post(address, data) if data else client.get(address)
    assert response.status_code in {200, 204}
    return response.content.decode().strip()


def test_a_near_article_is_suggested_in_its_own_words_with_exact_places(desk: Desk) -> None:
    made = suggested(desk.ana, desk.talk("How do I freeze my card? I lost it"))
    assert made is not None
    assert (made.title, made.nearness, made.findings) == ("Freeze a card", CLOSE, ())
    body = Article.objects.get(slug="freeze-card").body
    for source in made.sources:
        quoted = body[source.citation.start : source.citation.end].replace("**", "")
        assert quoted == source.text
        assert quoted in made.text
        assert source.citation.version == 1


def test_what_is_less_near_is_labelled_so_and_what_is_near_nothing_brings_nothing(desk: Desk) -> None:
    less = suggested(desk.ana, desk.talk("PIN, address and card: what now?"))
    assert less is not None
    assert less.nearness == NEAR
    for words in ("Thanks", "hello, are you there?", "👍👍", "Will it rain in Lisbon on Sunday?"):
        assert suggested(desk.ana, desk.talk(words)) is None, words


def test_the_wish_for_a_person_does_not_hide_the_matter(desk: Desk) -> None:
    made = suggested(desk.ana, desk.talk("How do I freeze my card?", "Let me speak to a person"))
    assert made is not None
    assert made.title == "Freeze a card"
    assert suggested(desk.ana, desk.talk("Let me speak to a person")) is None


def test_an_article_the_customer_has_been_quoted_already_is_not_suggested_again(desk: Desk) -> None:
    conversation = desk.talk("How do I freeze my card?")
    details = {"citations": [{"article_id": Article.objects.get(slug="freeze-card").pk, "title": "Freeze a card"}]}
    Message.objects.create(
        conversation=conversation,
        author="assistant",
        text=FREEZE,
        version=0,
        details=details,
        created_at=conversation.created_at,
    )
    made = suggested(desk.ana, conversation)
    assert made is None or made.title != "Freeze a card"


def test_nothing_is_offered_once_answered_or_in_a_colleagues_case(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk("How do I freeze my card?")
    assert "Use it" in fragment(sign_in(desk.ana), conversation)
    assign(conversation_id=conversation.pk, to=desk.ben.pk, by=desk.ben.pk)
    assert fragment(sign_in(desk.ana), conversation) == ""
    assert "Use it" in fragment(sign_in(desk.ben), conversation)
    post_reply(conversation_id=conversation.pk, by=desk.ben.pk, text="It is frozen.", client_key="1")
    assert fragment(sign_in(desk.ben), conversation) == ""


NAMES = ("copilot", "copilot-draft", "copilot-next", "copilot-summary", "copilot-translation")


@pytest.mark.parametrize("name", NAMES)
def test_a_case_out_of_reach_is_not_found(desk: Desk, sign_in: SignIn, name: str) -> None:
    conversation = desk.talk("How do I freeze my card?")
    address = reverse(f"assistant:{name}", args=[conversation.number])
    for agent in (desk.bob, desk.security):
        assert sign_in(agent).get(address).status_code == 404
    assert sign_in(desk.ana).get(reverse(f"assistant:{name}", args=[10**15])).status_code == 404
    assert Client().get(address).status_code == 302


def test_the_page_names_the_address_and_asks_nothing_more_of_the_database(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk("How do I freeze my card?")
    page = sign_in(desk.ana).get(f"/desk/c/{conversation.number}/").content.decode()
    address = reverse("assistant:copilot", args=[conversation.number])
    assert f'hx-get="{address}" hx-trigger="load, ' in page
    post_reply(conversation_id=conversation.pk, by=desk.ana.pk, text="It is frozen.", client_key="1")
    page = sign_in(desk.ana).get(f"/desk/c/{conversation.number}/").content.decode()
    assert f'hx-get="{address}" hx-trigger="holdfast:said' in page


def test_a_suggestion_takes_few_questions_however_long_the_case(
    desk: Desk,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    conversation = desk.talk(*(f"How do I freeze my card? {number}" for number in range(80)))
    client = sign_in(desk.ana)
    fragment(client, conversation)
    with django_assert_max_num_queries(8):
        assert "Sum up the case" in fragment(client, conversation)


def test_without_an_index_the_screen_comes_back_for_it_a_few_times(
    desk: Desk,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from holdfast.assistant.copilot import views

    monkeypatch.setattr(views, "index_at_hand", lambda: None)
    conversation, client = desk.talk("How do I freeze my card?"), sign_in(desk.ana)
    assert "?try=1" in fragment(client, conversation)
    address = reverse("assistant:copilot", args=[conversation.number])
    assert "?try=8" in client.get(f"{address}?try=7").content.decode()
    for last in ("8", "99", "-1", "x", "9" * 5_000, "²"):
        assert "?try=9" not in client.get(f"{address}?try={last}").content.decode()


def test_the_summary_quotes_what_they_want_what_was_tried_and_what_is_open(desk: Desk, sign_in: SignIn) -> None:
    conversation = desk.talk("I lost my card. It was on the bus.", "Will a new one cost me?")
    Message.objects.create(
        conversation=conversation,
        author="assistant",
        text=FREEZE,
        version=0,
        details={"citations": [{"article_id": 1, "title": "Freeze a card"}]},
        created_at=conversation.created_at,
    )
    told = fragment(sign_in(desk.ana), conversation, "copilot-summary")
    assert "“I lost my card.”" in told
    assert "Quoted “Freeze a card”." in told
    assert "“Will a new one cost me?”" in told


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("Please unfreeze my card, I found it", "unfreeze_card"),
        ("I can't find my card, can you block it?", "freeze_card"),
        ("where is my refund??", "refund_status"),
        ("My card was declined at the till.", "payment_lookup"),
        ("What is the weather in Lisbon", ""),
        ("Hi, still waiting for my new card, three weeks now", ""),
        ("Thank you", ""),
    ],
)
def test_what_is_asked_for_goes_by_the_examples_of_the_actions(desk: Desk, words: str, action: str) -> None:
    assert asked_for(seen(desk.ana, desk.talk(words))) == action


@pytest.mark.usefixtures("fresh_client")
def test_a_frozen_card_is_offered_to_be_unfrozen_by_the_desks_own_question(
    desk: Desk,
    sign_in: SignIn,
    service: str,
    settings: LazySettings,
) -> None:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = service, "for-tests"
    customer = make_customer(email="ayu@post.example", reference="TW-100006")
    conversation = desk.talk("I found my card, unfreeze it please", customer=customer)
    client = sign_in(desk.ana)
    assert fragment(client, conversation, "copilot-next") == "", "only in their own case"
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    assert fragment(client, conversation, "copilot-next") == "", "no card is frozen"
    headers = {"authorization": "Bearer for-tests", "idempotency-key": str(uuid4())}
    for act in ("freeze", "unfreeze"):
        headers["idempotency-key"] = str(uuid4())
        httpx.post(f"{service}/v1/cards/TW-100006-C1/{act}", headers=headers, trust_env=False).raise_for_status()
        offered = fragment(client, conversation, "copilot-next")
        opens = reverse("desk:card", args=[conversation.number, "TW-100006-C1"])
        assert (f'hx-get="{opens}"' in offered) == (act == "freeze")
        assert ("Unfreeze the card ending" in offered) == (act == "freeze")


@pytest.mark.usefixtures("fresh_client")
def test_systems_that_are_away_take_nothing_but_their_own_line(
    desk: Desk,
    sign_in: SignIn,
    settings: LazySettings,
) -> None:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = "http://127.0.0.1:9", "for-tests"
    conversation = desk.talk("I lost my card, freeze it")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = sign_in(desk.ana)
    assert "Use it" in fragment(client, conversation)
    assert fragment(client, conversation, "copilot-next") == ""


def written(*sentences: tuple[str, list[str]]) -> str:
    return json.dumps({"sentences": [{"text": text, "passages": ids} for text, ids in sentences]})


@pytest.fixture
def own(desk: Desk) -> Conversation:
    conversation = desk.talk("How do I freeze my card? I am Maren Okafor, maren@post.example")
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    return conversation


def test_a_models_draft_is_shown_only_when_all_of_it_holds_and_paid_for_once(
    desk: Desk,
    own: Conversation,
    sign_in: SignIn,
    fake: FakeEndpoint,
) -> None:
    client, held = sign_in(desk.ana), "A card that is lost can be frozen at once."
    fake.says(written((held, ["P1"])))
    assert reverse("assistant:copilot-draft", args=[own.number]) in fragment(client, own)
    assert len(fake.asked) == 0, "the line itself waits for no model"
    shown = fragment(client, own, "copilot-draft")
    assert held in shown
    assert MACHINE_WRITTEN in shown
    assert "version 1" in shown
    assert fragment(client, own, "copilot-draft") == shown
    assert len(fake.asked) == 1
    assert "maren@post.example" not in fake.wire
    assert "Okafor" not in fake.wire


@pytest.mark.parametrize("said", ["A lost card costs 99 euros.", "nonsense"])
def test_what_does_not_hold_leaves_the_articles_own_words(
    desk: Desk,
    own: Conversation,
    sign_in: SignIn,
    fake: FakeEndpoint,
    said: str,
) -> None:
    fake.says(written(("A card that is lost can be frozen at once.", ["P1"]), (said, ["P1"])))
    client = sign_in(desk.ana)
    assert fragment(client, own, "copilot-draft") == ""
    assert fragment(client, own, "copilot-draft") == ""
    assert len(fake.asked) == 1
    assert "Use it" in fragment(client, own)


def test_no_model_is_asked_about_a_case_that_is_only_looked_at(
    desk: Desk,
    sign_in: SignIn,
    fake: FakeEndpoint,
) -> None:
    conversation, client = desk.talk("How do I freeze my card?"), sign_in(desk.ana)
    assert "copilot/draft/" not in fragment(client, conversation)
    assert fragment(client, conversation, "copilot-draft") == ""
    assert fake.asked == []


def test_translations_go_both_ways_and_only_where_a_model_is(
    desk: Desk,
    sign_in: SignIn,
    fake: FakeEndpoint,
    settings: LazySettings,
) -> None:
    conversation = desk.talk("Halo, kartu saya hilang, bagaimana cara membekukan kartu saya?")
    client = sign_in(desk.ana)
    assert "Translate my reply" in fragment(client, conversation)
    fake.says("My card is lost, how do I freeze my card?")
    shown = fragment(client, conversation, "copilot-translation")
    assert "My card is lost" in shown
    assert MACHINE_WRITTEN in shown
    fake.says("Kartu Anda sudah dibekukan.")
    shown = fragment(client, conversation, "copilot-translation", text="Your card is frozen.")
    assert 'data-suggest="Kartu Anda sudah dibekukan." data-instead' in shown
    fake.behave = hangs_up
    assert "No translation came" in fragment(client, conversation, "copilot-translation", text="Your card is frozen.")
    assert "Translate" not in fragment(client, desk.talk("How do I freeze my card?"))
    settings.LLM_URL = ""
    from holdfast.assistant.llm.client import _made

    _made.cache_clear()
    assert "Translate" not in fragment(client, conversation)


def test_a_summary_by_a_model_is_marked_and_falls_back(
    desk: Desk,
    own: Conversation,
    sign_in: SignIn,
    fake: FakeEndpoint,
) -> None:
    fake.says("They lost a card and want it frozen.")
    shown = fragment(sign_in(desk.ana), own, "copilot-summary")
    assert "want it frozen" in shown
    assert MACHINE_WRITTEN in shown
    fake.behave = hangs_up
    assert "Wants" in fragment(sign_in(desk.ana), own, "copilot-summary")


def test_the_limit_of_a_conversation_holds_over_all_its_calls(
    desk: Desk, own: Conversation, sign_in: SignIn, fake: FakeEndpoint, settings: LazySettings
) -> None:
    client = sign_in(desk.ana)
    fake.says("They lost a card and want it frozen.")
    fragment(client, own, "copilot-summary")
    settings.LLM_MAX_COST = spending.spent_on(own.pk).cost + 1e-6
    assert spending.spent_on(own.pk).cost > 0
    assert "Wants" in fragment(client, own, "copilot-summary")
    assert fragment(client, own, "copilot-draft") == ""
    assert len(fake.asked) == 1
