"""Hard conversations in a row: what counts as hard, what ends a row, and that nobody is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from holdfast.bridge import hard
from holdfast.conversations.models import Assignment, Closure, Conversation, Message, Transfer
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role, Team, Vendor
from holdfast.staffing import ahead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    hard.forget()
    ahead.forget()
    yield
    hard.forget()
    ahead.forget()


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Dublin", vendor=Vendor.objects.create(name="Own", internal=True))


def person(team: Team, name: str, role: Role = Role.AGENT) -> Agent:
    return Agent.objects.create(email=f"{name}@desk.example", name=f"{name} One", role=role, team=team)


def talk(
    agent: Agent, *, ago: float, says: str = "Where is my card", took: float = 2, kind: str = "matter"
) -> Conversation:
    """Somebody answers a customer `ago` minutes ago, `took` minutes after they took the case."""
    at = now() - timedelta(minutes=ago)
    began = at - timedelta(minutes=took)
    case = Conversation.objects.create(channel="chat", kind=kind, queue_id=1, created_at=began, last_message_at=at)
    Message.objects.create(conversation=case, author="customer", text=says, created_at=began)
    Assignment.objects.create(conversation=case, agent=agent, epoch=1, by=agent, started_at=began)
    Message.objects.create(conversation=case, author="agent", agent=agent, text="Here it is.", created_at=at)
    return case


def row(agent: Agent, usual: dict[int, float] | None = None) -> int | None:
    hard.forget()
    return hard.rows(usual or {}).in_a_row.get(agent.pk)


@pytest.mark.parametrize(
    "says",
    ["I am so WORRIED about it", "Das ist eine Frechheit!", "saya sangat kecewa", "Estoy muy preocupada", "J'ai peur"],
)
def test_words_of_worry_and_anger_are_hard_in_every_language_of_the_list(team: Team, says: str) -> None:
    ana = person(team, "ana")
    talk(ana, ago=1, says=says)
    assert row(ana) == 1


def test_ordinary_words_are_not_hard_and_end_the_row(team: Team) -> None:
    ana = person(team, "ana")
    for ago in (16, 13, 10):
        talk(ana, ago=ago, says="I am worried")
    assert row(ana) == 3
    talk(ana, ago=7, says="Where is the crypto boost of my card?")
    assert row(ana) == 0
    talk(ana, ago=4, says="I am angry")
    talk(ana, ago=1, says="I am angry")
    assert row(ana) == 2


def test_a_break_of_twenty_minutes_begins_the_row_anew(team: Team) -> None:
    ana = person(team, "ana")
    for ago in (60, 57, 54):
        talk(ana, ago=ago, says="This is a scandal")
    talk(ana, ago=5, says="This is a scandal")
    assert row(ana) == 1
    lately = now() - timedelta(minutes=30)
    Assignment.objects.filter(started_at__gte=lately).update(started_at=now() - timedelta(minutes=26))
    Message.objects.filter(author="agent", created_at__gte=lately).update(created_at=now() - timedelta(minutes=25))
    assert row(ana) is None
    assert hard.rows({}).resting == {ana.pk}


def test_what_somebody_else_passed_on_is_hard_for_who_gets_it(team: Team) -> None:
    ana, ben = person(team, "ana"), person(team, "ben")
    case = talk(ben, ago=1)
    Transfer.objects.create(
        conversation=case, by=ana, to_agent=ben, summary="Wants it back.", at=now() - timedelta(minutes=5)
    )
    assert row(ben) == 1
    assert row(ana) is None or row(ana) == 0


def test_what_takes_twice_the_usual_is_hard_where_the_usual_is_known(team: Team) -> None:
    ana = person(team, "ana")
    talk(ana, ago=1, took=9)
    assert row(ana) == 0
    assert row(ana, {1: 4.0}) == 1
    assert row(ana, {1: 5.0}) == 0


def test_bounces_count_for_nothing_and_closing_is_an_act(team: Team) -> None:
    ana = person(team, "ana")
    case = talk(ana, ago=12, says="I am worried")
    talk(ana, ago=11, kind="machine")
    Closure.objects.create(conversation=case, by=ana, at=now() - timedelta(minutes=1))
    assert row(ana) == 1


def test_the_bridge_shows_how_many_and_a_hint_and_no_name(team: Team) -> None:
    ana, ben = person(team, "ana"), person(team, "ben")
    person(team, "cy")
    for ago in (16, 13, 10):
        talk(ana, ago=ago, says="I am worried")
    for ago in range(18, 0, -3):
        talk(ben, ago=ago, says="I am furious")
    lead, agent = Client(), Client()
    lead.force_login(person(team, "lead", Role.LEAD))
    agent.force_login(person(team, "dee"))
    seen = lead.get("/bridge/")
    people = seen.context["people"]
    assert (people.few, people.some, people.many) == (2, 1, 1)
    page = seen.content.decode()
    assert "2 people have had three or more hard ones in a row" in page
    assert "You may offer a break" in page
    assert "A lead may offer a break" in agent.get("/bridge/").content.decode()
    part = page[page.index('data-block="people"') :].split("</section>")[0]
    assert not any(name in part for name in ("ana", "ben One", "cy One"))
