"""What the copilot shows is counted by what became of it: once, by the agent it was shown to, without its words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client import REGISTRY

from holdfast.assistant.learning import suggestions
from holdfast.assistant.learning.models import Suggested
from holdfast.assistant.learning.suggestions import Kind, KindCount, counts, ended, shown
from holdfast.conversations.models import Conversation
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.people.models import Agent, Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Agent:
    return Agent.objects.create_user("ana@desk.example", name="Ana", role=Role.AGENT)


@pytest.fixture
def case() -> Conversation:
    moment = now()
    return Conversation.objects.create(channel="chat", locale="en", last_message_at=moment, created_at=moment)


def of(kind: Kind) -> KindCount:
    return next(each for each in counts() if each.kind == kind)


def show(case: Conversation, agent: Agent, kind: Kind = Kind.REPLY, *, by_model: bool = False) -> int:
    return shown(kind=kind, conversation_id=case.pk, about=uuid7(), agent_id=agent.pk, by_model=by_model)


def test_a_case_opened_again_shows_the_same_suggestion(case: Conversation, ana: Agent) -> None:
    about, other = uuid7(), Agent.objects.create_user("ben@desk.example", name="Ben")
    key = {"kind": Kind.REPLY, "conversation_id": case.pk, "about": about}
    before = REGISTRY.get_sample_value("holdfast_suggestions_total", {"kind": "reply", "outcome": "shown"}) or 0
    first = shown(**key, agent_id=ana.pk)
    assert shown(**key, agent_id=ana.pk, by_model=True) == first
    assert shown(**key, agent_id=other.pk) != first
    assert (of(Kind.REPLY).shown, of(Kind.REPLY).by_model, of(Kind.REPLY).open) == (2, 1, 2)
    after = REGISTRY.get_sample_value("holdfast_suggestions_total", {"kind": "reply", "outcome": "shown"})
    assert after == before + 2


@pytest.mark.parametrize(
    ("share", "column"),
    [(0.0, "used"), (0.01, "little"), (0.1, "little"), (0.11, "some"), (0.4, "some"), (0.41, "much"), (1.0, "much")],
)
def test_what_was_sent_is_counted_by_how_much_of_it_changed(
    case: Conversation, ana: Agent, share: float, column: str
) -> None:
    assert ended({show(case, ana): share}, conversation_id=case.pk, agent_id=ana.pk) == 1
    assert getattr(of(Kind.REPLY), column) == 1
    assert of(Kind.REPLY).open == 0


def test_answering_without_it_is_ignoring_it_and_what_came_first_counts(case: Conversation, ana: Agent) -> None:
    number = show(case, ana, Kind.NEXT)
    assert ended({number: None}, conversation_id=case.pk, agent_id=ana.pk) == 1
    assert ended({number: 0.0}, conversation_id=case.pk, agent_id=ana.pk) == 0
    assert (of(Kind.NEXT).ignored, of(Kind.NEXT).used) == (1, 0)


def test_nobody_else_and_no_other_case_ends_it(case: Conversation, ana: Agent) -> None:
    number = show(case, ana)
    assert ended({number: 0.0}, conversation_id=uuid7(), agent_id=ana.pk) == 0
    assert ended({number: 0.0}, conversation_id=case.pk, agent_id=ana.pk + 1) == 0
    assert of(Kind.REPLY).open == 1


def test_what_is_only_read_is_over_with_that(case: Conversation, ana: Agent) -> None:
    show(case, ana, Kind.SUMMARY)
    show(case, ana, Kind.TRANSLATION, by_model=True)
    assert set(Suggested.objects.values_list("outcome", flat=True)) == {"viewed"}
    assert of(Kind.SUMMARY).only_read


def test_what_is_older_than_thirty_days_is_not_counted(case: Conversation, ana: Agent) -> None:
    show(case, ana)
    Suggested.objects.update(shown_at=now() - suggestions.SPAN - timedelta(minutes=1))
    assert of(Kind.REPLY).shown == 0


@given(share=some.floats() | some.none())
def test_every_share_has_one_bucket(share: float | None) -> None:
    outcome, bucket = suggestions._outcome(share)
    assert (bucket is None) == (outcome == "ignored")
    assert (bucket == 0) == (outcome == "used")


def test_the_page_shows_what_became_of_them(case: Conversation, ana: Agent, client: Client) -> None:
    lead = Agent.objects.create_user("dara@desk.example", name="Dara", role=Role.LEAD)
    ended({show(case, ana): 0.0, show(case, ana): 0.2, show(case, ana): None}, conversation_id=case.pk, agent_id=ana.pk)
    client.force_login(lead, backend="holdfast.people.signed_in.SignedIn")
    page = client.get(reverse("learning:home")).content.decode()
    assert "What was suggested to people" in page
    row = page.split("A reply")[1].split("</tr>")[0]
    assert [cell.split("</td>")[0].split("</span>")[-1].strip() for cell in row.split('<td class="n">')[1:]] == [
        "3", "1", "0", "1", "0", "1", "0"
    ]  # fmt: skip
