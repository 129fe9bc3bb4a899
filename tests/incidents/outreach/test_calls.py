"""What came of a call, and a promise made in it: watched, escalated and settled as any other."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from tests.incidents.conftest import House
from tests.incidents.outreach.conftest import take

from holdfast.bridge import ledger as shown_ledger
from holdfast.incidents import facts
from holdfast.incidents import queries as incidents
from holdfast.incidents.outreach import calls, points, queries, taking
from holdfast.incidents.outreach.errors import Refused
from holdfast.incidents.outreach.models import Call
from holdfast.incidents.words import approvals, library, signatories, templates
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role
from holdfast.kit.clock import now
from holdfast.promises import queries as promises
from holdfast.promises import watch
from holdfast.promises.contract import Kind, State
from holdfast.promises.models import Notice


@pytest.fixture
def hand(house: House, incident: UUID, people: dict[str, UUID]) -> UUID:
    return take(incident, people["TW-11"], executive=house.lead, days=1)


def test_a_promise_made_in_a_call_is_in_the_ledger_and_extends_the_hold(
    house: House, incident: UUID, people: dict[str, UUID], hand: UUID
) -> None:
    due = now() + timedelta(days=2)
    calls.note(outreach_id=hand, by=house.lead, outcome="wants", wanted="Her fees back, call +49 170 5551234",
               promised="The fees are back on the account", due=due)  # fmt: skip
    (made,) = promises.open_promises(kinds=[Kind.PERSONAL])
    assert (made.owner, made.due, made.subject) == (house.lead, due, f"outreach:{hand}")
    assert "1234" not in Call.objects.get().wanted
    (line,) = shown_ledger.lines([made])
    assert line.title == "Card payments are declined"
    with pytest.raises(Refused, match="Something is promised to this person"):
        taking.end(outreach_id=hand, by=house.lead)
    with time_machine.travel(due - timedelta(hours=1)):
        assert queries.held([people["TW-11"]])
    assert calls.keep(outreach_id=hand, by=house.lead) == State.KEPT
    taking.end(outreach_id=hand, by=house.lead)
    assert not queries.held([people["TW-11"]])


def test_its_owner_is_warned_and_it_breaks_when_nothing_comes(house: House, hand: UUID) -> None:
    calls.note(outreach_id=hand, by=house.lead, outcome="reached", promised="A word on the fees",
               due=now() + timedelta(minutes=30))  # fmt: skip
    told = Notice.objects.filter(promise__kind=Kind.PERSONAL, promise__owner=house.lead).order_by("at")
    for minutes in (26, 31, 120):
        with time_machine.travel(now() + timedelta(minutes=minutes)):
            watch.Watch({}).look()
    assert list(told.values_list("kind", flat=True)) == ["ahead", "due", "broken"]
    with time_machine.travel(now() + timedelta(hours=3)):
        assert calls.keep(outreach_id=hand, by=house.lead) == State.BROKEN  # and mended


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"outcome": "sang"}, "Choose what came of the call"),
        ({"outcome": "wants"}, "what they want"),
        ({"outcome": "reached", "wanted": "A word"}, "choose that as what came"),
        ({"outcome": "reached", "promised": "A word"}, "A promise has both"),
        ({"outcome": "no_answer", "promised": "A word", "due": timedelta(hours=1)}, "somebody who was reached"),
        ({"outcome": "reached", "promised": "A word", "due": timedelta(hours=-1)}, "That time is past"),
        ({"outcome": "reached", "promised": "A word", "due": timedelta(days=40)}, "within 30 days"),
        ({"outcome": "wants", "wanted": "w" * 281}, "At most 280"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    house: House, hand: UUID, given: dict[str, object], said: str
) -> None:
    asked = {**given, "due": now() + given["due"]} if isinstance(given.get("due"), timedelta) else given
    with pytest.raises(Refused, match=said):
        calls.note(outreach_id=hand, by=house.lead, **asked)  # type: ignore[arg-type]
    assert not Call.objects.exists()
    assert not promises.open_promises(kinds=[Kind.PERSONAL])


def test_only_the_one_who_has_the_person_notes_the_call(house: House, hand: UUID) -> None:
    with pytest.raises(Refused, match="Lea Test has this person"):
        calls.note(outreach_id=hand, by=house.desk.admin.pk, outcome="reached")


def test_a_promise_is_given_up_for_a_reason_that_is_chosen(house: House, hand: UUID) -> None:
    calls.note(outreach_id=hand, by=house.lead, outcome="reached", promised="A word", due=now() + timedelta(hours=3))
    with pytest.raises(Refused, match="Choose why"):
        calls.give_up(outreach_id=hand, by=house.lead, why="She is rude")
    calls.give_up(outreach_id=hand, by=house.desk.admin.pk, why="mistake")
    assert promises.tally(kinds=[Kind.PERSONAL]).cancelled == 1
    with pytest.raises(Refused, match="Nothing is promised"):
        calls.keep(outreach_id=hand, by=house.lead)


def approve(house: House, *roles: Role) -> None:
    for role in roles:
        signatories.name(agent_id=house.desk.admin.pk, role=role, jurisdiction="", by=house.desk.admin.pk)
    (shown,) = [each for each in library.templates() if each.use == "outreach"]
    missing = [
        Missing(text=OutgoingText(locale=locale, text=each.body), need=Need(role=role))
        for locale, each in shown.versions.items()
        for role in roles
    ]
    approvals.ask(subject=f"template:{shown.slug}", about="Points", missing=missing, by=house.desk.ben.pk)
    for ask in library.asks(agent_id=house.desk.admin.pk):
        approvals.approve(ask_id=ask.id, by=house.desk.admin.pk, expires_in=timedelta(days=30))


def test_talking_points_are_those_that_are_approved_and_filled_with_facts(house: House, incident: UUID) -> None:
    def said(locale: str = "pt-br") -> points.Points:
        found = incidents.incident_of_id(incident)
        assert found is not None
        return points.points_for(found, locale=locale)

    templates.take_seeds(by=house.lead)
    assert said().lacking.startswith("No talking points are approved.")
    approve(house, Role.COMMUNICATIONS)
    assert said().lacking.startswith("Talking points are approved, but what they name is not known yet")
    facts.state(incident_id=incident, text="38 % are declined.", source="Monitoring", as_of=now(), by=house.lead,
                public=True)  # fmt: skip
    shown = said()
    assert (shown.lacking, next(iter(shown.texts))) == ("", "pt-br")
    assert "38 % are declined." in shown.texts["en"]


def test_after_data_reached_somebody_legal_and_security_have_to_stand_for_the_points(house: House) -> None:
    breach = house.declare("Data was seen", harm="data")
    found = incidents.incident_of_id(breach)
    assert found is not None
    facts.state(incident_id=breach, text="Addresses were seen.", source="Logs", as_of=now(), by=house.lead, public=True)
    templates.take_seeds(by=house.lead)
    approve(house, Role.COMMUNICATIONS)
    assert points.points_for(found, locale="en").lacking
    approve(house, Role.LEGAL, Role.SECURITY)
    assert points.points_for(found, locale="en").texts
