"""What people resolved is scrubbed, looked at by a person, tried beside what is live, taken live and taken back."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from holdfast.assistant.contract import Answer, ForAssistant
from holdfast.assistant.learning import deciding
from holdfast.assistant.learning.deciding import Refused
from holdfast.assistant.learning.drift import drift, z_of_shares
from holdfast.assistant.learning.gathering import SETTLED, gather
from holdfast.assistant.learning.models import Candidate, Release
from holdfast.assistant.models import Turn
from holdfast.assistant.respond import respond
from holdfast.conversations.closures import close, reopen
from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation, Message
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.knowledge import search
from holdfast.knowledge.models import Article, ArticleVersion
from holdfast.people.models import Agent, Role

pytestmark = pytest.mark.django_db
_numbers = count()


@pytest.fixture
def lead() -> Agent:
    return Agent.objects.create_user("dara@desk.example", name="Dara", role=Role.LEAD)


@pytest.fixture(autouse=True)
def articles() -> dict[str, Article]:
    made = {
        slug: Article.objects.create(slug=slug, locale="en", title=title, body=body, asks=asks, topic="cards")
        for slug, title, body, asks in (
            ("frozen", "Freeze or unfreeze a card", "Open the card and press Freeze.", ["how do I freeze my card"]),
            ("pin", "See or change your PIN", "The PIN is shown in the app.", ["what is my pin", "change the pin"]),
            ("abroad", "Using the card abroad", "The card works abroad.", ["does the card work in other countries"]),
        )
    }
    search.forget()
    return made


def resolved(lead: Agent, question: str, answer: str = "I have looked at it, it works again.") -> Conversation:
    """A matter that somebody asked about, a person answered and closed."""
    moment = now()
    conversation = Conversation.objects.create(
        channel="chat", locale="en", last_message_at=moment, created_at=moment, waiting_since=moment
    )
    Message.objects.create(conversation=conversation, author="customer", text=question, created_at=moment)
    post_reply(conversation_id=conversation.pk, by=lead.pk, text=answer, client_key=f"k{next(_numbers)}")
    close(conversation_id=conversation.pk, by=lead.pk)
    return conversation


def gathered() -> int:
    """Gather as the hourly job would, once matters have settled."""
    with time_machine.travel(now() + SETTLED + timedelta(minutes=1), tick=False):
        return gather()


def approved(lead: Agent, question: str, article: Article) -> Candidate:
    resolved(lead, question)
    gathered()
    newest = Candidate.objects.order_by("-pk")[0]
    return deciding.approve(candidate_id=newest.pk, article_id=article.pk, by=lead.pk)


def test_a_resolved_matter_becomes_a_candidate_without_values(lead: Agent) -> None:
    resolved(
        lead,
        "My card 4111 1111 1111 1111 is stuck in a machine, mail maren.quist@example.com",
        "Hello Maren, the card ending 1111 is blocked now, call +353 1 234 5678.",
    )
    assert gathered() == 1
    candidate = Candidate.objects.get()
    assert candidate.state == Candidate.State.NEW
    for value in ("4111", "1111", "maren.quist", "234 5678"):
        assert value not in candidate.question + candidate.answer
    assert "stuck in a machine" in candidate.question


def test_what_is_open_again_unsettled_too_short_or_answered_by_nobody_is_left_out(lead: Agent) -> None:
    again = resolved(lead, "The app shows nothing at all since today")
    reopen(conversation_id=again.pk, by=lead.pk)
    resolved(lead, "hello")
    resolved(lead, "word " * 300)
    silent = resolved(lead, "Something that was closed without a word")
    silent.messages.filter(author="agent").delete()
    assert gathered() == 0
    resolved(lead, "The app shows nothing at all since today")
    assert gather() == 0, "it was closed a moment ago"
    assert gathered() == 1
    assert gathered() == 0, "each matter once"


def test_nearly_the_same_words_are_looked_at_once(lead: Agent) -> None:
    for text in ("How do I freeze my card?", "my tap does nothing in shops", "My tap does nothing in shops!"):
        resolved(lead, text)
    assert gathered() == 1
    assert Candidate.objects.filter(state=Candidate.State.KNOWN).count() == 2


def test_what_is_approved_changes_nothing_before_it_is_live_and_can_be_taken_back(
    lead: Agent, articles: dict[str, Article]
) -> None:
    asked = ForAssistant(conversation_id=uuid7(), text="my plastic was swallowed by an atm", locale="en")
    before = list(Article.objects.values_list("asks", flat=True))
    approved(lead, "my plastic was swallowed by an atm", articles["abroad"])
    release = deciding.try_out(by=lead.pk)
    search.forget()
    assert not isinstance(respond(asked), Answer)
    assert list(Article.objects.values_list("asks", flat=True)) == before
    deciding.take_live(release_id=release.pk, by=lead.pk)
    search.forget()
    answer = respond(asked)
    assert isinstance(answer, Answer)
    assert answer.citations[0].slug == "abroad"
    assert ArticleVersion.objects.filter(article=articles["abroad"]).count() == 2, "what it said before is kept"
    deciding.take_back(release_id=release.pk, by=lead.pk)
    search.forget()
    assert not isinstance(respond(asked), Answer)
    assert list(Article.objects.values_list("asks", flat=True)) == before


def test_every_fifth_measures_and_is_never_taught(lead: Agent, articles: dict[str, Article]) -> None:
    words = ("alpha beach", "bravo cloud", "charlie desk", "delta echo", "foxtrot golf", "hotel india")
    made = [approved(lead, f"what about the {each} rule of mine", articles["pin"]) for each in words]
    assert [each.use for each in made] == ["teach"] * 4 + ["measure", "teach"]
    release = deciding.try_out(by=lead.pk)
    assert release.before["asked"] == release.after["asked"] == 1
    assert release.candidates.count() == 5
    deciding.take_live(release_id=release.pk, by=lead.pk)
    articles["pin"].refresh_from_db()
    assert made[4].question not in articles["pin"].asks
    assert made[5].question in articles["pin"].asks


def test_a_release_with_which_fewer_get_the_right_article_is_not_taken_live(
    lead: Agent, articles: dict[str, Article]
) -> None:
    approved(lead, "totally other words about nothing here", articles["frozen"])
    release = deciding.try_out(by=lead.pk)
    Release.objects.update(
        before={"asked": 9, "answered": 8, "right": 8}, after={"asked": 9, "answered": 9, "right": 7}
    )
    with pytest.raises(Refused, match="fewer questions get the right article"):
        deciding.take_live(release_id=release.pk, by=lead.pk)
    deciding.drop(release_id=release.pk, by=lead.pk)
    assert deciding.try_out(by=lead.pk).candidates.count() == 1, "what was dropped can be tried again"


def test_of_two_releases_and_two_decisions_one_counts(lead: Agent, articles: dict[str, Article]) -> None:
    with pytest.raises(Refused, match="Nothing is approved"):
        deciding.try_out(by=lead.pk)
    candidate = approved(lead, "totally other words about nothing here", articles["frozen"])
    with pytest.raises(Refused, match="decided about this one"):
        deciding.decline(candidate_id=candidate.pk, by=lead.pk)
    release = deciding.try_out(by=lead.pk)
    approved(lead, "yet another thing that people say", articles["frozen"])
    with pytest.raises(Refused, match="on trial already"):
        deciding.try_out(by=lead.pk)
    deciding.take_live(release_id=release.pk, by=lead.pk)
    with pytest.raises(Refused, match="already"):
        deciding.drop(release_id=release.pk, by=lead.pk)


def test_an_article_of_another_language_or_not_published_is_refused(lead: Agent, articles: dict[str, Article]) -> None:
    resolved(lead, "totally other words about nothing here")
    gathered()
    candidate = Candidate.objects.get()
    other = Article.objects.create(slug="pin", locale="id", title="PIN Anda", body="Buka aplikasi.")
    Article.objects.filter(pk=articles["pin"].pk).update(published=False)
    for article, sentence in ((other, "another language"), (articles["pin"], "not published")):
        with pytest.raises(Refused, match=sentence):
            deciding.approve(candidate_id=candidate.pk, article_id=article.pk, by=lead.pk)


def test_a_lead_does_all_of_it_on_the_page_and_an_agent_none(
    client: Client, lead: Agent, articles: dict[str, Article]
) -> None:
    agent = Agent.objects.create_user("ana@desk.example", name="Ana")
    resolved(lead, "my plastic was swallowed by an atm")
    gathered()
    decision = reverse("learning:decision", args=[Candidate.objects.get().pk])
    client.force_login(agent)
    assert client.get(reverse("learning:home")).status_code == 403
    for path in (decision, reverse("learning:trial"), reverse("learning:standing", args=[1])):
        assert client.post(path).status_code == 403
    client.force_login(lead)
    assert "my plastic was swallowed" in client.get(reverse("learning:home")).content.decode()
    assert "not published" in client.post(decision, {"article": "x"}, follow=True).content.decode()
    client.post(decision, {"article": articles["abroad"].pk})
    assert "Tried in" in client.post(reverse("learning:trial"), follow=True).content.decode()
    release = Release.objects.get()
    client.post(reverse("learning:standing", args=[release.pk]), {"to": "live"})
    page = client.post(reverse("learning:standing", args=[release.pk]), {"to": "live"}, follow=True).content.decode()
    assert "decided about this release already" in page
    articles["abroad"].refresh_from_db()
    assert "my plastic was swallowed by an atm" in articles["abroad"].asks
    client.post(reverse("learning:standing", args=[release.pk]), {"to": "back"})
    release.refresh_from_db()
    assert release.state == Release.State.TAKEN_BACK


def test_drift_is_told_beyond_chance_and_not_before(lead: Agent) -> None:
    moment = now()
    for days, number, answered in ((20, 80, 40), (3, 80, 8)):
        for n in range(number):
            at = moment - timedelta(days=days, minutes=n)
            matter = Conversation.objects.create(channel="chat", last_message_at=at, created_at=at)
            author, details = ("assistant", {"citations": []}) if n < answered else ("agent", {})
            Message.objects.create(
                conversation=matter, author=author, text="x", details=details, created_at=at + timedelta(minutes=5)
            )
    seen = drift(until=moment)
    assert [week.began for week in seen.weeks] == [0, 0, 80, 0, 80]
    assert seen.weeks[-1].minutes_to_a_person == pytest.approx(5)
    (sentence,) = seen.sentences
    assert sentence.startswith("10% of 80 matters of the last seven days were answered by the assistant")
    assert drift(until=moment - timedelta(days=4)).sentences == ()


def test_what_a_language_model_cost_stands_beside_how_the_weeks_went(client: Client, lead: Agent) -> None:
    client.force_login(lead)
    assert "Language model" not in client.get(reverse("learning:home")).content.decode()
    moment = now() - timedelta(days=1)
    matter = Conversation.objects.create(channel="chat", last_message_at=moment, created_at=moment)
    for cost in (0.0012, 0.0018):
        Turn.objects.create(
            conversation=matter,
            work="answer",
            version=1,
            since=moment,
            created_at=moment,
            deadline=moment + timedelta(seconds=8),
            ended_at=moment,
            outcome="said",
            tokens_in=400,
            tokens_out=40,
            cost=cost,
        )
    page = client.get(reverse("learning:home")).content.decode()
    assert "Language model, EUR per conversation with one" in page
    assert '0.0030 <span class="t3">in 1</span>' in page, "two turns of one conversation are summed"


def test_two_shares_differ_by_as_much_as_the_table_says() -> None:
    assert z_of_shares(50, 100, 50, 100) == 0
    assert z_of_shares(40, 80, 8, 80) == pytest.approx(-5.52, abs=0.01)
    assert z_of_shares(0, 10, 0, 10) == 0
