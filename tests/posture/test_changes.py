"""Who changes the posture, what is proposed, and how it ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from holdfast.kit import clock
from holdfast.kit.clock import now
from holdfast.kit.models import OutboxEvent
from holdfast.people.models import Agent, Role
from holdfast.posture import changes, queries
from holdfast.posture import current as reading
from holdfast.posture.current import Current, current
from holdfast.posture.effects import CALM, Name
from holdfast.posture.errors import Refused, Stale
from holdfast.posture.models import Posture, Proposal, StepDone


def test_before_anybody_changed_it_it_is_calm_and_changes_nothing(db: None) -> None:
    assert (current().name, current().version, current().effects) == (Name.CALM, 0, CALM)


def test_a_change_says_who_why_and_since_when_and_tells_the_screens(lead: Agent) -> None:
    changes.change(to=Name.SURGE, by=lead.pk, why="  Payments\nfail. ", playbook="payments-degraded")
    found = current()
    assert (found.name, found.version, found.by_id, found.why) == (Name.SURGE, 1, lead.pk, "Payments fail.")
    assert found.effects.queue_priority == {"payments": 10, "cards": 5}
    assert OutboxEvent.objects.filter(topic="posture").count() == 1


@pytest.mark.parametrize("why", ["", "   ", "x" * 281])
def test_a_change_needs_a_reason_of_one_line(lead: Agent, why: str) -> None:
    with pytest.raises(Refused, match="one line"):
        changes.change(to=Name.SURGE, by=lead.pk, why=why)


def test_of_two_who_saw_the_same_posture_one_is_stale(lead: Agent) -> None:
    changes.change(to=Name.WATCH, by=lead.pk, why="Something is odd.", seen_version=0)
    with pytest.raises(Stale) as raised:
        changes.change(to=Name.SIEGE, by=lead.pk, why="Something is odd.", seen_version=0)
    assert raised.value.current_version == 1


def test_accepting_a_proposal_changes_the_posture_and_declining_does_not(lead: Agent) -> None:
    first = changes.propose(to=Name.SURGE, evidence=["310 a minute against 6 to 9 usual."])
    assert first is not None
    assert changes.propose(to=Name.SURGE, evidence=["330 a minute against 6 to 9 usual."]) is None
    (waiting,) = queries.open_proposals()
    assert waiting.evidence == ["330 a minute against 6 to 9 usual."]
    assert changes.decide(proposal_id=first.pk, by=lead.pk, accept=False).name == Name.CALM
    with pytest.raises(Refused, match="decided already"):
        changes.decide(proposal_id=first.pk, by=lead.pk, accept=True)
    second = changes.propose(to=Name.SURGE, evidence=["400 a minute against 6 to 9 usual."])
    assert second is not None
    assert changes.decide(proposal_id=second.pk, by=lead.pk, accept=True).name == Name.SURGE
    assert changes.propose(to=Name.SURGE, evidence=["Still."]) is None


def test_what_ended_by_itself_stops_nobody_who_saw_it_end(lead: Agent) -> None:
    moment = now()
    clock.set_source(lambda: moment)
    changes.change(to=Name.SIEGE, by=lead.pk, why="A flood.", expires_in=timedelta(minutes=5))
    moment += timedelta(minutes=6)
    seen = current()
    assert (seen.name, seen.version) == (Name.CALM, 1)
    assert changes.change(to=Name.WATCH, by=lead.pk, why="Again.", seen_version=seen.version).version == 3
    assert [each.name for each in queries.changes()] == ["watch", "calm", "siege"]


def test_of_many_at_the_same_moment_one_changes_the_posture_and_the_others_are_told(
    transactional_db: None,
) -> None:
    lead = Agent.objects.create(email="lea@desk.example", name="Lea", role=Role.LEAD)
    proposal = changes.propose(to=Name.SIEGE, evidence=["44 of 71 a minute are not explained."])
    assert proposal is not None
    verbs: list[Callable[[], Current]] = [
        partial(changes.change, to=Name.SIEGE, by=lead.pk, why="So.", seen_version=0),
        partial(changes.decide, proposal_id=proposal.pk, by=lead.pk, accept=True),
    ]

    def attempt(verb: Callable[[], Current]) -> int | None:
        try:
            return verb().version
        except (Stale, Refused):
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        made = [version for version in pool.map(attempt, 4 * verbs) if version is not None]
    assert sorted(made) == [1]
    assert queries.open_proposals() == []


def test_a_step_is_done_once_and_may_change_the_posture(lead: Agent) -> None:
    changes.change(to=Name.WATCH, by=lead.pk, why="Something is odd.")
    changes.do_step(step="look", by=lead.pk)
    changes.do_step(step="look", by=lead.pk)
    assert list(queries.steps_done(1)) == ["look"]
    with pytest.raises(Refused, match="no such step"):
        changes.do_step(step="answer-together", by=lead.pk)
    assert changes.do_step(step="declare", by=lead.pk).name == Name.SURGE
    assert StepDone.objects.count() == 2


def test_a_database_that_cannot_be_read_leaves_what_was_known(
    lead: Agent, monkeypatch: pytest.MonkeyPatch, django_db_blocker: object
) -> None:
    changes.change(to=Name.SIEGE, by=lead.pk, why="A flood.")
    reading.forget()
    assert current().name == Name.SIEGE
    monkeypatch.setattr(reading, "KEPT_FOR", 0.0)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE posture_posture RENAME TO elsewhere")
        connection.set_rollback(True)
        assert current().name == Name.SIEGE
        connection.set_rollback(False)
        cursor.execute("ALTER TABLE elsewhere RENAME TO posture_posture")


class Postures(RuleBasedStateMachine):
    """Whatever order the verbs come in: versions have no gaps, one posture is in force, and an end is kept."""

    @initialize()
    def begin(self) -> None:
        Posture.objects.all().delete()
        Proposal.objects.all().delete()
        self.lead = Agent.objects.get_or_create(email="m@desk.example", defaults={"name": "M", "role": Role.LEAD})[0]
        self.moment = now()
        clock.set_source(lambda: self.moment)
        self.name: Name = Name.CALM
        self.ends: datetime | None = None
        self.versions = 0

    def settle(self) -> None:
        if self.ends is not None and self.moment >= self.ends:
            self.name, self.ends, self.versions = Name.CALM, None, self.versions + 1

    @rule(to=st.sampled_from(Name), minutes=st.none() | st.integers(1, 90), behind=st.integers(0, 1))
    def change(self, to: Name, minutes: int | None, behind: int) -> None:
        ends = timedelta(minutes=minutes) if minutes else None
        seen = self.versions - behind
        try:
            changes.change(to=to, by=self.lead.pk, why="So.", expires_in=ends, seen_version=seen)
        except Stale:
            assert behind
            return
        assert not behind
        self.settle()
        self.ends = self.moment + ends if ends is not None and to != Name.CALM else None
        self.name, self.versions = to, self.versions + 1

    @rule(minutes=st.integers(1, 60))
    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @rule()
    def the_clock_strikes(self) -> None:
        over = self.ends is not None and self.moment >= self.ends
        assert changes.expire_due() is over
        self.settle()

    @rule(to=st.sampled_from([Name.SURGE, Name.SIEGE]), accept=st.none() | st.booleans())
    def propose(self, to: Name, accept: bool | None) -> None:
        changes.propose(to=to, evidence=["Because."])
        self.settle()
        waiting = Proposal.objects.filter(to=to, decided_at=None).first()
        if waiting is not None and accept is not None:
            changes.decide(proposal_id=waiting.pk, by=self.lead.pk, accept=accept)
            if accept:
                self.name, self.ends, self.versions = to, None, self.versions + 1

    @invariant()
    def one_is_in_force(self) -> None:
        reading.forget()
        over = self.ends is not None and self.moment >= self.ends
        assert current().name == (Name.CALM if over else self.name)
        assert sorted(Posture.objects.values_list("version", flat=True)) == list(range(1, self.versions + 1))
        if current().name == Name.CALM:
            assert current().effects == CALM


def test_the_posture_as_a_state_machine(db: None) -> None:
    run_state_machine_as_test(
        Postures,
        settings=settings(
            max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
