"""Clocks of an incident: started, counted by acts, corrected, paused on paper, done with a reference."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from tests.incidents.conftest import House
from tests.promises.conftest import NOON, Clock

from holdfast.incidents import queries as incidents
from holdfast.incidents import roles
from holdfast.incidents.legal import acts, clocks, queries
from holdfast.incidents.legal.errors import NotFound, Refused
from holdfast.incidents.legal.models import Act
from holdfast.incidents.legal.queries import ClockView
from holdfast.incidents.legal.regimes import Event
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind, PromiseView, State
from holdfast.promises.watch import Watch


def clock(leak: UUID, name: str) -> ClockView:
    slug, _, key = name.partition("/")
    return next(each for each in queries.clocks_of(leak) if (each.regime, each.terms.key) == (slug, key))


def promise(found: ClockView) -> PromiseView | None:
    return promises.open_promise(kind=Kind.LEGAL, subject=clocks.subject_of(found.id))


def aware(leak: UUID, house: House, at: datetime) -> int:
    return acts.declare(
        incident_id=leak, event=Event.AWARE, at=at, evidence="Mail of the provider, 11:40", by=house.lead
    )


def test_one_incident_starts_several_clocks_and_the_shortest_is_first(leak: UUID, house: House) -> None:
    assert clocks.start(incident_id=leak, slugs=["eu-gdpr", "eu-nis2", "in-cert"], by=house.lead) == 8
    assert clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead) == 0
    aware(leak, house, NOON)
    due = [(each.title, each.due) for each in queries.clocks_of(leak) if each.due is not None]
    assert due == [
        ("Notice of the incident", NOON + timedelta(hours=6)),
        ("Early warning", NOON + timedelta(hours=24)),
        ("Notice of the breach", NOON + timedelta(hours=72)),
        ("Incident notification", NOON + timedelta(hours=72)),
    ]
    assert [each.due for each in promises.open_promises(kinds=[Kind.LEGAL])] == [each for _, each in due]


def test_nothing_runs_before_somebody_declares_it(leak: UUID, house: House, time: Clock) -> None:
    clocks.start(incident_id=leak, slugs=["us-sec-8k", "eu-gdpr"], by=house.lead)
    aware(leak, house, NOON)
    waiting = clock(leak, "us-sec-8k/filing")
    assert (waiting.due, waiting.waits_for) == (None, "It was determined to be material")
    time.on(days=2)
    acts.declare(incident_id=leak, event=Event.MATERIAL, at=time.at, evidence="Board, minutes of 22 Nov", by=house.lead)
    assert clock(leak, "us-sec-8k/filing").due is not None


def test_the_owner_of_a_clock_is_who_has_the_legal_role(leak: UUID, house: House) -> None:
    roles.give(incident_id=leak, role="legal", agent_id=house.desk.ana.pk, by=house.lead)
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    aware(leak, house, NOON)
    found = promise(clock(leak, "eu-gdpr/authority"))
    assert found is not None
    assert found.owner == house.desk.ana.pk


def test_an_act_that_is_dated_back_shortens_and_the_earlier_one_stays_to_be_read(
    leak: UUID, house: House, time: Clock
) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    act = aware(leak, house, NOON)
    made = promise(clock(leak, "eu-gdpr/authority"))
    time.on(hours=2)
    earlier = NOON - timedelta(hours=20)
    acts.correct(act_id=act, incident_id=leak, at=earlier, evidence="The log of 15:58 shows it", by=house.lead)
    shortened = promise(clock(leak, "eu-gdpr/authority"))
    assert made is not None
    assert shortened is not None
    assert (shortened.id, shortened.due) == (made.id, earlier + timedelta(hours=72))
    (standing,) = queries.acts_of(leak)
    assert (standing.at, [each.at for each in standing.earlier]) == (earlier, [NOON])


def test_an_act_that_is_corrected_to_later_gives_the_promise_up_with_the_reason_and_makes_another(
    leak: UUID, house: House, time: Clock
) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    act = aware(leak, house, NOON)
    subject = clocks.subject_of(clock(leak, "eu-gdpr/authority").id)
    time.on(hours=5)
    later = NOON + timedelta(hours=4)
    acts.correct(
        act_id=act, incident_id=leak, at=later, evidence="The first report was of another matter", by=house.lead
    )
    first, second = promises.history(subject)
    assert (first.state, first.why) == (State.CANCELLED, "We became aware of it: corrected.")
    assert (second.state, second.due) == (State.OPEN, later + timedelta(hours=72))


def test_an_act_that_is_taken_back_stops_its_clocks_and_can_be_declared_again(leak: UUID, house: House) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    act = aware(leak, house, NOON)
    back = acts.correct(
        act_id=act, incident_id=leak, at=NOON, evidence="It was a drill of the provider", by=house.lead, holds=False
    )
    assert clock(leak, "eu-gdpr/authority").due is None
    assert not promises.open_promises(kinds=[Kind.LEGAL])
    acts.correct(act_id=back, incident_id=leak, at=NOON, evidence="It was not a drill", by=house.lead)
    assert clock(leak, "eu-gdpr/authority").due == NOON + timedelta(hours=72)


def test_acts_are_declared_once_corrected_once_each_and_never_for_the_future(
    leak: UUID, house: House, time: Clock
) -> None:
    act = aware(leak, house, NOON)
    with pytest.raises(Refused, match="declared before"):
        aware(leak, house, NOON)
    with pytest.raises(Refused, match="future"):
        acts.declare(
            incident_id=leak, event=Event.MATERIAL, at=NOON + timedelta(seconds=1), evidence="Minutes", by=house.lead
        )
    with pytest.raises(Refused, match="evidence"):
        acts.declare(incident_id=leak, event=Event.MATERIAL, at=NOON, evidence=" \x00 ", by=house.lead)
    with pytest.raises(Refused, match="own clock"):
        acts.declare(incident_id=leak, event=Event.NOTIFIED, at=NOON, evidence="Sent", by=house.lead)
    acts.correct(act_id=act, incident_id=leak, at=NOON, evidence="Another log", by=house.lead)
    with pytest.raises(Refused, match="meantime"):
        acts.correct(act_id=act, incident_id=leak, at=NOON, evidence="A third log", by=house.lead)
    with pytest.raises(NotFound):
        acts.correct(act_id=act + 1000, incident_id=leak, at=NOON, evidence="Log", by=house.lead)


@pytest.mark.parametrize("how", ["update", "delete"])
def test_the_database_itself_keeps_every_act(leak: UUID, house: House, how: str) -> None:
    act = Act.objects.filter(pk=aware(leak, house, NOON))
    with transaction.atomic(), pytest.raises(IntegrityError, match="kept as it was declared"):
        act.update(evidence="Something else") if how == "update" else act.delete()


def test_follow_up_stages_run_from_the_notice_before_them(leak: UUID, house: House, time: Clock) -> None:
    clocks.start(incident_id=leak, slugs=["eu-nis2"], by=house.lead)
    aware(leak, house, NOON)
    assert clock(leak, "eu-nis2/final").waits_for == "notice given: incident notification"
    sent = time.on(hours=40)
    found = clock(leak, "eu-nis2/notification")
    clocks.done(clock_id=found.id, incident_id=leak, reference="BSI 2026-4711", at=sent, by=house.lead)
    done = clock(leak, "eu-nis2/notification")
    assert (done.state, done.settled_at, done.why) == ("done", sent, "BSI 2026-4711")
    final = clock(leak, "eu-nis2/final").due
    assert final is not None
    assert final.date() == datetime(2026, 12, 22).date()  # noqa: DTZ001
    assert promises.tally(kinds=[Kind.LEGAL]).kept == 1
    with pytest.raises(Refused, match="settled already"):
        clocks.done(clock_id=found.id, incident_id=leak, reference="BSI 2026-4711", at=sent, by=house.lead)


def test_of_several_regimes_each_follows_its_own_notice(leak: UUID, house: House) -> None:
    clocks.start(incident_id=leak, slugs=["eu-nis2", "eu-cra"], by=house.lead)
    aware(leak, house, NOON)
    found = clock(leak, "eu-nis2/notification")
    clocks.done(clock_id=found.id, incident_id=leak, reference="BSI 1", at=NOON, by=house.lead)
    assert clock(leak, "eu-nis2/final").due is not None
    assert clock(leak, "eu-cra/final-incident").due is None


def test_a_missed_clock_is_broken_and_a_late_notice_mends_it(leak: UUID, house: House, time: Clock) -> None:
    clocks.start(incident_id=leak, slugs=["in-cert"], by=house.lead)
    aware(leak, house, NOON)
    time.on(hours=6, seconds=1)
    Watch({}).look()
    assert [each.title for each in queries.overdue()] == ["Notice of the incident"]
    found = clock(leak, "in-cert/notice")
    assert found.over
    clocks.done(clock_id=found.id, incident_id=leak, reference="CERT-In 7", at=time.at, by=house.lead)
    (broken,) = promises.history(clocks.subject_of(found.id))
    assert (broken.state, broken.mended_at) == (State.BROKEN, time.at)
    assert not queries.overdue()


def test_a_clock_that_was_over_when_it_was_declared_is_shown_as_over(leak: UUID, house: House) -> None:
    clocks.start(incident_id=leak, slugs=["in-cert"], by=house.lead)
    aware(leak, house, NOON - timedelta(hours=7))
    assert clock(leak, "in-cert/notice").over
    assert [each.incident_id for each in queries.overdue()] == [leak]


def test_legal_may_decide_that_no_notice_is_needed_and_says_why(leak: UUID, house: House) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    aware(leak, house, NOON)
    found = clock(leak, "eu-gdpr/authority")
    with pytest.raises(Refused, match="why legal decided"):
        clocks.not_needed(clock_id=found.id, incident_id=leak, why="", by=house.lead)
    clocks.not_needed(clock_id=found.id, incident_id=leak, why="A risk to people is unlikely: encrypted", by=house.lead)
    assert clock(leak, "eu-gdpr/authority").state == "not_needed"
    assert promise(found) is None
    acts.correct(act_id=queries.acts_of(leak)[0].id, incident_id=leak, at=NOON, evidence="Another log", by=house.lead)
    assert promise(found) is None


def test_a_pause_needs_a_document_and_a_regime_that_knows_one(leak: UUID, house: House, time: Clock) -> None:
    clocks.start(incident_id=leak, slugs=["us-sec-8k", "eu-gdpr"], by=house.lead)
    aware(leak, house, NOON)
    acts.declare(incident_id=leak, event=Event.MATERIAL, at=NOON, evidence="Board, minutes", by=house.lead)
    filing, notice = clock(leak, "us-sec-8k/filing"), clock(leak, "eu-gdpr/authority")
    until = NOON + timedelta(days=30)

    def pause(found: ClockView, document: str = "Letter of 20 Nov 2026", until: datetime = until) -> None:
        clocks.pause(
            clock_id=found.id,
            incident_id=leak,
            authority="Attorney General",
            document=document,
            until=until,
            by=house.lead,
        )

    with pytest.raises(Refused, match="document"):
        pause(filing, document=" ")
    with pytest.raises(Refused, match="no pause"):
        pause(notice)
    with pytest.raises(Refused, match="past"):
        pause(filing, until=NOON)
    pause(filing)
    paused = clock(leak, "us-sec-8k/filing")
    assert (paused.due, paused.paused_until) == (until, until)
    assert paused.documents == ["Attorney General: Letter of 20 Nov 2026"]
    assert [each.state for each in promises.history(clocks.subject_of(filing.id))] == [State.CANCELLED, State.OPEN]
    time.on(days=10)
    clocks.resume(clock_id=filing.id, incident_id=leak, by=house.lead)
    resumed = clock(leak, "us-sec-8k/filing")
    assert (resumed.due, resumed.paused_until) == (time.at, None)
    assert resumed.over


def test_what_was_done_stands_on_the_timeline(leak: UUID, house: House) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    aware(leak, house, NOON)
    lines = [each.what for each in incidents.timeline_of(leak)]
    assert "Declared for legal clocks: We became aware of it." in lines
    assert "Legal clocks started: General Data Protection Regulation." in lines


def test_a_regime_there_is_none_of_is_refused(leak: UUID, house: House) -> None:
    for slugs in ([], ["atlantis"], ["eu-gdpr", "atlantis"]):
        with pytest.raises(Refused, match="from the list"):
            clocks.start(incident_id=leak, slugs=slugs, by=house.lead)
    assert not queries.clocks_of(leak)


def test_terms_stay_as_they_were_when_the_clock_was_started(
    leak: UUID, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks.start(incident_id=leak, slugs=["eu-gdpr"], by=house.lead)
    monkeypatch.setattr("holdfast.incidents.legal.queries.regimes", dict)
    aware(leak, house, NOON)
    assert clock(leak, "eu-gdpr/authority").due == NOON + timedelta(hours=72)
