"""Values open only where, when and on what machine the rules say; leave comes from another organisation."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.granted import granted
from tests.guard.conftest import Case

from holdfast.guard import reveals
from holdfast.guard.gate import Outcome
from holdfast.guard.ledger.models import Act
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.guard.whereabouts import leaves, rules, seats
from holdfast.guard.whereabouts.errors import Refused
from holdfast.guard.whereabouts.models import Leave, Rule, Seat
from holdfast.guard.whereabouts.rules import Hours, Wanted
from holdfast.people.models import Agent, Role, Team, Vendor

OFFICE = Wanted(scope="everybody", target="", networks=("203.0.113.0/24", "2001:db8::/48"))
SHIFT = Hours(days=(1, 2, 3, 4, 5), opens=time(9), closes=time(17), zone="Asia/Jakarta")
pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db: None) -> Agent:
    team = Team.objects.create(name="Cards", vendor=Vendor.objects.create(name="Northwind"))
    return Agent.objects.create(email="ben@desk.example", name="Ben Okafor", team=team)


def at(agent: Agent, address: str, *, known: bool = False, session: str = "s") -> str:
    seats.take(session_key=session, agent_id=agent.pk, address=address, known=known)
    return rules.why_not(agent_id=agent.pk, session_key=session)


def test_without_a_rule_everything_opens_and_with_one_only_in_its_networks(agent: Agent) -> None:
    assert rules.why_not(agent_id=agent.pk, session_key="never noted") == ""
    rules.keep(OFFICE, by=1)
    assert rules.why_not(agent_id=agent.pk, session_key="never noted") == "elsewhere"
    for address, why in {
        "203.0.113.7": "",
        "::ffff:203.0.113.7": "",
        "2001:db8::1": "",
        "203.0.114.7": "elsewhere",
        "2001:db9::1": "elsewhere",
        "": "elsewhere",
        "no address": "elsewhere",
    }.items():
        assert at(agent, address) == why, address
    other = Agent.objects.create(email="eve@desk.example", name="Eve")
    at(agent, "203.0.113.7")
    assert rules.why_not(agent_id=other.pk, session_key="s") == "elsewhere", "another's session proves nothing"
    rules.remove(rules.rules()[0].id, by=1)
    assert at(agent, "203.0.114.7") == ""
    assert [act.kind for act in Act.objects.order_by("at", "id")] == ["work_rule_kept", "work_rule_removed"]


def test_networks_and_hours_are_those_of_the_narrowest_rule_that_has_any(agent: Agent) -> None:
    team, vendor = agent.team_id, agent.team.vendor_id if agent.team else 0
    rules.keep(OFFICE, by=1)
    rules.keep(Wanted(scope="vendor", target=str(vendor), networks=("198.51.100.0/24",)), by=1)
    assert (at(agent, "203.0.113.7"), at(agent, "198.51.100.7")) == ("elsewhere", "")
    rules.keep(Wanted(scope="team", target=str(team), hours=SHIFT), by=1)
    with time_machine.travel("2026-03-02 03:00:00+00:00", tick=False):  # Monday, ten o'clock in Jakarta
        assert at(agent, "198.51.100.7") == "", "the team's rule has hours and leaves the employer's networks"
    with time_machine.travel("2026-03-02 11:00:00+00:00", tick=False):
        assert at(agent, "198.51.100.7") == "off_hours"
    rules.keep(Wanted(scope="role", target="lead", known_machine=True), by=1)
    with time_machine.travel("2026-03-02 03:00:00+00:00", tick=False):
        assert at(agent, "198.51.100.7") == ""
        Agent.objects.filter(pk=agent.pk).update(role=Role.LEAD)
        assert at(agent, "198.51.100.7") == "new_machine"
        assert at(agent, "198.51.100.7", known=True) == ""
        at(agent, "198.51.100.7")
        seats.prove(session_key="s", agent_id=agent.pk)
        assert rules.why_not(agent_id=agent.pk, session_key="s") == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    minute=st.integers(0, 7 * 1440 - 1), opens=st.integers(0, 1439), closes=st.integers(0, 1439), day=st.integers(1, 7)
)
def test_hours_hold_over_midnight_and_over_the_end_of_a_week(
    db: None, minute: int, opens: int, closes: int, day: int
) -> None:
    """Against counting minutes of one week: a shift that begins on `day` at `opens` and lasts until `closes`."""
    agent, _ = Agent.objects.get_or_create(email="hours@desk.example", defaults={"name": "Hours"})
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=minute)  # a Monday
    as_time = lambda of_day: time(of_day // 60, of_day % 60)  # noqa: E731
    hours = Hours(days=(day,), opens=as_time(opens), closes=as_time(closes), zone="UTC")
    rules.keep(Wanted(scope="everybody", target="", hours=hours), by=1)
    begins = (day - 1) * 1440 + (opens if opens != closes else 0)
    lasts = (closes - opens) % 1440 or 1440
    with time_machine.travel(moment, tick=False):
        open_ = rules.why_not(agent_id=agent.pk, session_key="s") == ""
    assert open_ == ((minute - begins) % (7 * 1440) < lasts)


def test_trying_a_rule_says_whom_it_would_stop_now_and_changes_nothing(agent: Agent) -> None:
    lead = Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)
    at(agent, "203.0.113.7", session="here")
    at(agent, "192.0.2.4", session="there")
    at(lead, "192.0.2.5")
    found = rules.try_out(OFFICE, by=1)
    assert {(each.agent_id, each.address, each.why) for each in found} == {
        (agent.pk, "192.0.2.4", "elsewhere"),
        (lead.pk, "192.0.2.5", "elsewhere"),
    }
    assert (rules.rules(), rules.stopped(), Act.objects.count()) == ([], [], 0)
    assert [each.agent_id for each in rules.try_out(Wanted(scope="role", target="lead", known_machine=True), by=1)] == [
        lead.pk
    ]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (Wanted(scope="everybody", target=""), "needs networks, hours"),
        (
            Wanted(scope="everybody", target="", hours=Hours(days=(), opens=time(9), closes=time(17), zone="UTC")),
            "days",
        ),
        (
            Wanted(scope="everybody", target="", hours=Hours(days=(8,), opens=time(9), closes=time(9), zone="UTC")),
            "days",
        ),
        (
            Wanted(scope="everybody", target="", hours=Hours(days=(1,), opens=time(9), closes=time(9), zone="Mars")),
            "zone",
        ),
    ],
)
def test_a_rule_that_says_nothing_or_cannot_be_read_is_refused(wanted: Wanted, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.keep(wanted, by=1)
    assert sentence in refused.value.sentence
    assert not Rule.objects.exists()


def test_networks_are_read_as_people_write_them_and_what_is_none_is_named() -> None:
    assert rules.networks_in(" 203.0.113.0/24,\n198.51.100.7 2001:db8::/48 203.0.113.0/24") == (
        "203.0.113.0/24",
        "198.51.100.7/32",
        "2001:db8::/48",
    )
    for wrong in ("203.0.113.7/24", "office", "203.0.113.0/33", "'; drop table"):
        with pytest.raises(Refused, match="is no network"):
            rules.networks_in(wrong)
    with pytest.raises(Refused, match="At most 40"):
        rules.networks_in(" ".join(f"198.51.100.{n}" for n in range(41)))


def test_leave_comes_from_another_organisation_for_some_hours_and_lifts_every_rule(agent: Agent) -> None:
    vendor = agent.team.vendor_id if agent.team else 0
    rules.keep(Wanted(scope="everybody", target="", networks=("203.0.113.0/24",), known_machine=True), by=1)
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        assert at(agent, "192.0.2.4") == "elsewhere"
        asked = leaves.ask(agent_id=agent.pk, vendor_id=vendor, hours=8, reason="Flood at the office")
        with pytest.raises(Refused, match="asked already"):
            leaves.ask(agent_id=agent.pk, vendor_id=vendor, hours=8, reason="Flood at the office")
        for by, of_vendor in ((agent.pk, None), (99, vendor)):
            with pytest.raises(Refused, match="another organisation"):
                leaves.decide(asked, by=by, of_vendor=of_vendor, give=True)
        with pytest.raises(IntegrityError), transaction.atomic():
            Leave.objects.filter(pk=asked).update(
                given=True, decided_at=datetime.now(UTC), decided_by_id=99, decider_vendor_id=vendor
            )
        leaves.decide(asked, by=99, of_vendor=None, give=True)
        assert at(agent, "192.0.2.4") == ""
        with pytest.raises(Refused, match="decided already"):
            leaves.decide(asked, by=98, of_vendor=None, give=False)
        clock.shift(8 * 3600)
        assert at(agent, "192.0.2.4") == "elsewhere"
    assert Act.objects.filter(kind="work_leave_given").count() == 1
    for hours, reason in ((0, "long enough"), (13, "long enough"), (8, "so")):
        with pytest.raises(Refused):
            leaves.ask(agent_id=agent.pk, vendor_id=vendor, hours=hours, reason=reason)


def test_the_gate_itself_refuses_records_and_spends_nothing_and_comparing_goes_on(case: Case) -> None:
    granted(**case.grant)
    agent = Agent.objects.create(pk=case.agent_id, email="ben@desk.example", name="Ben Okafor")
    rules.keep(OFFICE, by=1)
    for answer in (case.ask(), case.reveal()):
        assert isinstance(answer, reveals.Denied)
        assert (answer.outcome, answer.sentence) == (Outcome.ELSEWHERE, rules.SENTENCES["elsewhere"])
    assert case.compare("4300") is True
    assert case.outcomes()[:2] == ["elsewhere", "elsewhere"]
    assert not RevealTicket.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM guard_watching_spent")
        assert cursor.fetchone() == (0,), "what is refused takes nothing of a budget"
    seats.take(session_key=case.session_key, agent_id=agent.pk, address="203.0.113.7", known=False)
    assert isinstance(case.reveal(), reveals.Value)
    assert RevealLog.objects.filter(outcome="allowed").count() == 1


def test_seats_of_sessions_long_over_are_forgotten_and_networks_are_told_roughly(agent: Agent) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        at(agent, "192.0.2.4", session="old")
        clock.shift(25 * 3600)
        at(agent, "192.0.2.4", session="new")
        assert seats.forget() == 1
    assert Seat.objects.count() == 1
    assert [seats.about(a) for a in ("192.0.2.77", "2001:db8:1:2::3", "")] == ["192.0.2.0/24", "2001:db8:1::/48", ""]
