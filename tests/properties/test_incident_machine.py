"""Whatever people, workers and the clock do in any order: one next word per open incident, and page and words agree."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from holdfast.incidents import (
    causes,
    commitments,
    components,
    declaring,
    facts,
    holding,
    queries,
    states,
    updates,
    worded,
    wording,
)
from holdfast.incidents.contract import ENDED_STATES, UpdateView
from holdfast.incidents.errors import IncidentError
from holdfast.incidents.models import ComponentChange, Fact, Incident, Update
from holdfast.incidents.words import approvals, library, signatories
from holdfast.incidents.words.errors import WordsError
from holdfast.kit.clock import now, set_source
from holdfast.people.models import Agent
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind
from holdfast.promises.models import Promise
from holdfast.promises.watch import Watch

STATES = st.sampled_from(["investigating", "identified", "monitoring", "resolved", "postmortem"])
STATUSES = st.sampled_from(["operational", "degraded_performance", "major_outage"])
PEOPLE = st.integers(0, 2)
DUE = st.sampled_from([None, 1, 6, 15, 45, 60 * 30])


class Incidents(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        set_source(lambda: self.at)
        unique = uuid.uuid4().hex[:10]
        names = ("Lea", "Mara", "Noor")
        self.people = [Agent.objects.create_user(f"{n}{unique}@desk.example", name=n, role="lead").pk for n in names]
        self.lead = self.people[0]
        for person in self.people:
            signatories.name(agent_id=person, role="communications", jurisdiction="", by=self.lead)
        self.hands: set[int] = set()  # who had a hand in the draft's text
        self.asked: dict[uuid.UUID, set[int]] = {}  # and in what is asked about
        self.parts = [components.add(name=f"{name} {unique}", by=self.lead).id for name in ("Cards", "App")]
        self.incident = declaring.declare(
            title="It is broken", by=self.lead, components={self.parts[0]: "major_outage"}, severity=1
        )
        self.seen: UpdateView | None = None
        self.watch = Watch({Kind.UPDATE: holding.publish_holding})

    def teardown(self) -> None:
        set_source(None)

    @rule(minutes=st.sampled_from([1, 4, 11, 31, 90]))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(minutes=st.integers(1, 5))
    def the_clock_is_put_back(self, minutes: int) -> None:
        self.at -= timedelta(minutes=minutes)

    @rule(status=STATES, due=DUE, give=st.none() | STATUSES, part=st.integers(0, 1), who=PEOPLE)
    def somebody_writes(self, status: str, due: int | None, give: str | None, part: int, who: int) -> None:
        """From what they have on screen, which may be old."""
        fields = {
            "by": self.people[who],
            "status": status,
            "texts": {"en": f"It is {status}. We are sorry."},
            "next_update_due": None if due is None else now() + timedelta(minutes=due),
            "components": {} if give is None else {self.parts[part]: give},
        }
        before = queries.draft_of(self.incident)
        with suppress(IncidentError):
            if self.seen is None or self.seen.state != "draft":
                self.seen = updates.draft(incident_id=self.incident, **fields)  # type: ignore[arg-type]
            else:
                self.seen = updates.edit(update_id=self.seen.id, version=self.seen.version, **fields)  # type: ignore[arg-type]
            if before is None or before.texts != self.seen.texts:
                self.hands = {self.people[who]} | (self.hands if before else set())

    @rule()
    def another_edits_meanwhile(self) -> None:
        draft = queries.draft_of(self.incident)
        if draft is not None:
            updates.edit(
                update_id=draft.id, version=draft.version, by=self.lead, status=draft.status, texts={"en": "Theirs."},
                next_update_due=draft.next_update_due, components={},
            )  # fmt: skip
            self.hands |= {self.lead} if draft.texts != {"en": "Theirs."} else set()

    @rule(who=PEOPLE)
    def somebody_asks_for_approval(self, who: int) -> None:
        draft, incident = queries.draft_of(self.incident), queries.incident_of_id(self.incident)
        assert incident is not None
        if draft is None:
            return
        with suppress(IncidentError):
            worded.ask(incident, draft, by=self.people[who])
            for each in library.asks():
                if each.subject == self.subject and each.text == draft.texts["en"]:
                    self.asked.setdefault(each.id, {each.asked_by_id}).update(self.hands)

    @rule(who=PEOPLE)
    def somebody_approves(self, who: int) -> None:
        """Whoever asked or had a hand in the words never does; whoever has not may."""
        person = self.people[who]
        for each in library.asks(agent_id=person):
            if each.subject != self.subject:
                continue
            try:
                approvals.approve(ask_id=each.id, by=person, expires_in=timedelta(minutes=20))
            except WordsError:
                assert person in self.asked[each.id]
            else:
                assert person not in self.asked[each.id]

    @rule()
    def it_is_looked_at_again(self) -> None:
        self.seen = queries.draft_of(self.incident)

    @rule()
    def somebody_publishes(self) -> None:
        if self.seen is None:
            return
        may = updates.check(self.seen.id).may_go
        current = queries.draft_of(self.incident)
        try:
            said = updates.publish(update_id=self.seen.id, version=self.seen.version, by=self.lead)
        except IncidentError:
            assert not may or current is None or current.version != self.seen.version
        else:
            assert may
            assert current is not None
            assert said.texts == current.texts
            self.seen = None

    @rule(minutes=st.integers(1, 60))
    def the_next_word_is_moved(self, minutes: int) -> None:
        due = promises.open_promise(kind=Kind.UPDATE, subject=self.subject)
        with suppress(IncidentError):
            updates.sooner(incident_id=self.incident, due=now() + timedelta(minutes=minutes), by=self.lead)
            after = promises.open_promise(kind=Kind.UPDATE, subject=self.subject)
            assert due is not None
            assert after is not None
            assert after.due <= due.due

    @rule(known=st.booleans())
    def the_cause_is_said(self, known: bool) -> None:
        causes.say(incident_id=self.incident, known=known, cause="A cable." if known else "", by=self.lead)

    @rule()
    def something_is_committed(self) -> None:
        due = now() + timedelta(days=7)
        commitments.promise(incident_id=self.incident, what="Two cables.", owner=self.lead, due=due, by=self.lead)

    @rule(back=st.integers(0, 30))
    def a_fact_is_stated(self, back: int) -> None:
        with suppress(IncidentError):
            facts.state(
                incident_id=self.incident, text=f"{back} % fail.", source="Monitoring", by=self.lead, public=True,
                as_of=now() - timedelta(minutes=back), key="share",
            )  # fmt: skip

    @rule(part=st.integers(0, 1))
    def a_component_is_taken_away(self, part: int) -> None:
        with suppress(IncidentError):
            components.remove(component_id=self.parts[part])
            assert not Incident.objects.filter(
                affected__component_id=self.parts[part], resolved_at=None
            ).exists()  # fmt: skip

    @rule()
    def the_watch_looks(self) -> None:
        self.watch.look()

    @property
    def subject(self) -> str:
        return queries.subject_of(self.incident)

    @property
    def said(self) -> list[UpdateView]:
        return list(reversed(queries.updates_of(self.incident)))

    @invariant()
    def words_follow_each_other_and_the_incident_stands_where_the_last_one_says(self) -> None:
        said = self.said
        assert [each.number for each in said] == list(range(1, len(said) + 1))
        before = "investigating"
        for each in said:
            assert each.status in states.FOLLOWS[before]
            before = each.status
        incident = Incident.objects.get(pk=self.incident)
        assert incident.status == before
        assert (incident.resolved_at is not None) == (before in ENDED_STATES)

    @invariant()
    def resolved_has_cause_prevention_and_working_components(self) -> None:
        incident = Incident.objects.get(pk=self.incident)
        if incident.resolved_at is not None:
            assert incident.cause_known is not None
            assert [each for each in queries.commitments(incident_id=self.incident) if each.prevention]
            touched = incident.affected.filter(component__removed_at=None).values_list("component__status", flat=True)
            assert set(touched) <= {"operational"}

    @invariant()
    def exactly_one_next_word_is_owed_or_was_broken(self) -> None:
        found = Promise.objects.filter(kind=Kind.UPDATE, subject=self.subject)
        open_ones = [each for each in found if each.state == "open"]
        incident, said = Incident.objects.get(pk=self.incident), self.said
        if incident.resolved_at is not None:
            assert open_ones == []
        else:
            newest = max(found, key=lambda each: each.pk)  # ids go by the real clock, which nobody puts back
            assert [each.pk for each in open_ones] == ([newest.pk] if newest.state == "open" else [])
            assert newest.state in {"open", "broken"}
            if said:
                assert newest.due == said[-1].next_update_due
        assert found.count() == 1 + sum(each.next_update_due is not None for each in said)

    @invariant()
    def at_most_three_holding_texts_stand_in_a_row(self) -> None:
        row = 0
        for each in self.said:
            row = row + 1 if each.holding else 0
            assert row <= holding.IN_A_ROW

    @invariant()
    def a_component_has_the_status_of_its_last_change(self) -> None:
        for part in self.parts:
            last = ComponentChange.objects.filter(component_id=part).order_by("pk").last()
            assert last is not None
            assert last.component.status == last.status

    @invariant()
    def one_fact_at_most_stands_about_a_matter(self) -> None:
        standing = Fact.objects.filter(incident_id=self.incident, superseded_by=None, withdrawn_at=None)
        assert standing.count() <= 1
        assert Update.objects.filter(incident_id=self.incident, state="draft").count() <= 1


def _holding(asked: wording.HoldingAsked) -> wording.Texts:
    return {"en": wording.HoldingText(f"No change. Next update {asked.next_update_due:%H:%M}.", "holding/1")}


@pytest.mark.django_db(transaction=True)
def test_words_states_components_and_promises_agree_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_checks", [])  # what words may say is tested where it is decided
    monkeypatch.setattr(wording, "_holding", [_holding])
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Incidents,
        settings=settings(
            max_examples=12,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
