"""Declaring and telling: words, state, components and the promise of the next word change together or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from tests.incidents.conftest import House, in_minutes

from holdfast.incidents import commitments, components, declaring, facts, queries, roles, timeline, updates
from holdfast.incidents.contract import IncidentView, Problem
from holdfast.incidents.errors import Refused, Stale
from holdfast.incidents.models import Component
from holdfast.incidents.wording import Outgoing, _checks
from holdfast.kit.clock import now
from holdfast.kit.models import OutboxEvent
from holdfast.posture.current import current, forget
from holdfast.posture.effects import Name
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind

Read = Callable[[UUID], IncidentView]
pytestmark = pytest.mark.usefixtures("unchecked")


def test_a_declared_incident_owes_a_first_word_and_shows_the_public_nothing(house: House, read: Read) -> None:
    incident_id = house.declare(severity=1)
    assert [part.role for part in queries.parts_of(incident_id)] == ["commander"]
    word = queries.open_public_promise()
    assert word is not None
    incident = read(incident_id)
    assert (word.due - incident.declared_at, word.number) == (timedelta(minutes=15), incident.number)
    assert queries.public_incidents() == []
    assert Component.objects.get(pk=house.cards.id).status == "operational"


def test_a_published_update_moves_state_components_and_promise_at_once(house: House, read: Read) -> None:
    incident_id = house.declare()
    due = in_minutes(30)
    said = house.publish(
        incident_id,
        "The reason is known.",
        status="identified",
        next_update_due=due,
        components={house.cards.id: "partial_outage"},
    )
    incident = read(incident_id)
    assert (said.number, incident.status, incident.next_update_due) == (1, "identified", due)
    assert [(each.old_status, each.new_status) for each in said.components] == [("operational", "partial_outage")]
    assert queries.components()[0].status == "partial_outage"
    assert promises.tally(subject=queries.subject_of(incident_id)).kept == 1
    word = queries.open_public_promise()
    assert word is not None
    assert word.due == due
    events = OutboxEvent.objects.filter(topic="incident", payload__kind="published")
    assert events.get().payload == {"kind": "published", "incident": str(incident_id), "update": str(said.id)}
    assert [each.number for each in queries.public_incidents()] == [incident.number]


def test_of_two_editors_the_second_is_stale_and_what_the_first_wrote_stays(house: House) -> None:
    incident_id = house.declare()
    drafted = house.draft(incident_id, "Ours")
    fields = {"status": "investigating", "next_update_due": in_minutes(30), "components": {}, "by": house.lead}
    updates.edit(update_id=drafted.id, version=drafted.version, texts={"en": "First"}, **fields)
    with pytest.raises(Stale) as stale:
        updates.edit(update_id=drafted.id, version=drafted.version, texts={"en": "Second"}, **fields)
    assert stale.value.current_version == 1
    with pytest.raises(Stale):
        updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)
    kept = queries.draft_of(incident_id)
    assert kept is not None
    assert kept.texts == {"en": "First"}
    with pytest.raises(Stale):
        house.draft(incident_id, "A third who saw no draft")


def test_a_published_word_never_changes(house: House) -> None:
    said = house.publish(house.declare())
    fields = {"status": "identified", "next_update_due": in_minutes(30), "components": {}, "by": house.lead}
    with pytest.raises(Refused, match="public already"):
        updates.edit(update_id=said.id, version=said.version, texts={"en": "No"}, **fields)
    with pytest.raises(Refused, match="public already"):
        updates.publish(update_id=said.id, version=said.version, by=house.lead)


def test_resolved_is_refused_until_cause_prevention_and_components_are_there(house: House, read: Read) -> None:
    incident_id = house.declare()
    house.publish(incident_id, components={house.cards.id: "major_outage"})
    drafted = house.draft(incident_id, "Over.", status="resolved", next_update_due=None)
    found = {each.rule for each in updates.check(drafted.id).problems if not each.advice}
    assert found == {"cause", "prevention", "components"}
    with pytest.raises(Refused) as refused:
        updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)
    assert len(refused.value.problems) == 3
    updates.discard(update_id=drafted.id, version=drafted.version, by=house.lead)
    assert read(incident_id).status == "investigating"
    house.resolve(incident_id)
    incident = read(incident_id)
    assert (incident.status, incident.is_open, incident.cause_known) == ("resolved", False, True)
    assert queries.open_public_promise() is None
    owed = promises.open_promises(kinds=[Kind.COMMITMENT])
    assert [each.owner for each in owed] == [house.lead]
    assert queries.components()[0].status == "operational"


def test_an_update_without_the_time_of_the_next_one_does_not_go_out(house: House) -> None:
    incident_id = house.declare()
    for due, said in ((None, "even when there is no news"), (in_minutes(1), "at least 5"), (in_minutes(2000), "24")):
        drafted = house.draft(incident_id, next_update_due=due)
        with pytest.raises(Refused, match=said):
            updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)
        updates.discard(update_id=drafted.id, version=drafted.version, by=house.lead)


def test_a_promise_is_shortened_but_never_lengthened_in_silence(house: House, read: Read) -> None:
    incident_id = house.declare()
    house.publish(incident_id, next_update_due=in_minutes(60))
    updates.sooner(incident_id=incident_id, due=(soon := in_minutes(20)), by=house.lead)
    assert read(incident_id).next_update_due == soon
    with pytest.raises(Refused, match="not made longer"):
        updates.sooner(incident_id=incident_id, due=in_minutes(50), by=house.lead)
    assert read(incident_id).next_update_due == soon


def test_a_component_of_an_open_incident_cannot_be_removed_or_set_by_hand(house: House) -> None:
    incident_id = house.declare()
    with pytest.raises(Refused, match="is open and touches Card payments"):
        components.remove(component_id=house.cards.id)
    with pytest.raises(Refused, match="with the next update"):
        components.set_status(component_id=house.cards.id, status="operational", by=house.lead)
    components.remove(component_id=house.app.id)
    with pytest.raises(Refused, match="not on the page any more"):
        house.draft(incident_id, components={house.app.id: "major_outage"})
    house.resolve(incident_id)
    components.remove(component_id=house.cards.id)
    assert queries.components() == []


def test_a_component_removed_after_the_draft_was_written_stops_the_update(house: House) -> None:
    incident_id = house.declare()
    drafted = house.draft(incident_id, components={house.app.id: "degraded_performance"})
    components.remove(component_id=house.app.id)
    with pytest.raises(Refused, match="App and website is not on the page any more"):
        updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)
    assert queries.updates_of(incident_id) == []
    kept = queries.draft_of(incident_id)
    assert kept is not None
    assert kept.texts["en"] == "We are looking into it."


def test_facts_are_never_changed_and_the_newest_about_a_matter_stands(house: House) -> None:
    incident_id = house.declare()

    def say(text: str, minutes: float) -> int:
        return facts.state(
            incident_id=incident_id, text=text, source="Monitoring", as_of=in_minutes(minutes), by=house.lead,
            public=True, key="declined-share",
        ).id  # fmt: skip

    first = say("38 % of payments are declined.", -20)
    second = say("12 % of payments are declined.", -5)
    with pytest.raises(Refused, match="What is known is newer"):
        say("40 % of payments are declined.", -10)
    assert [each.id for each in queries.facts_of(incident_id, public_only=True)] == [second]
    with pytest.raises(Refused, match="does not stand"):
        facts.withdraw(fact_id=first, why="Wrong", by=house.lead)
    facts.withdraw(fact_id=second, why="The dashboard was stuck.", by=house.lead)
    assert queries.facts_of(incident_id, public_only=True) == []
    assert len(queries.facts_of(incident_id)) == 2
    with pytest.raises(Refused, match="in the future"):
        say("Soon none.", 30)


def test_the_communicator_owes_the_next_word(house: House) -> None:
    incident_id = house.declare()
    roles.give(incident_id=incident_id, role="communicator", agent_id=house.desk.ana.pk, by=house.lead)
    (owed,) = promises.open_promises(kinds=[Kind.UPDATE])
    assert owed.owner == house.desk.ana.pk  # the word that was promised before, too
    house.publish(incident_id)
    word = queries.open_public_promise()
    assert word is not None
    assert word.owner == house.desk.ana.name
    roles.relieve(incident_id=incident_id, role="communicator", by=house.lead)
    assert [each.owner for each in promises.open_promises(kinds=[Kind.UPDATE])] == [house.lead]
    with pytest.raises(Refused, match="always has a commander"):
        roles.relieve(incident_id=incident_id, role="commander", by=house.lead)


def test_a_check_that_falls_over_keeps_the_words_in_the_house(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    incident_id = house.declare()
    drafted = house.draft(incident_id)

    def broken(outgoing: Outgoing) -> list[Problem]:
        raise LookupError(outgoing.incident.title)

    monkeypatch.setattr("holdfast.incidents.wording._checks", [*_checks, broken])
    with pytest.raises(Refused, match="could not be checked"):
        updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)


def test_advice_is_shown_and_stops_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Problem(rule="reading", sentence="Shorter sentences are read sooner.", advice=True)
    monkeypatch.setattr("holdfast.incidents.wording._checks", [lambda outgoing: [said]])
    drafted = house.draft(house.declare())
    checked = updates.check(drafted.id)
    assert (checked.problems, checked.may_go) == ((said,), True)
    updates.publish(update_id=drafted.id, version=drafted.version, by=house.lead)


def test_commitments_are_followed_to_their_end(house: House) -> None:
    incident_id = house.declare()
    soon = now() + timedelta(days=3)
    kept = commitments.promise(incident_id=incident_id, what="Watch it", owner=house.lead, due=soon, by=house.lead)
    given_up = commitments.promise(incident_id=incident_id, what="Move it", owner=house.lead, due=soon, by=house.lead)
    commitments.done(commitment_id=kept.id, outcome="It is watched.", by=house.lead)
    commitments.drop(commitment_id=given_up.id, why="The supplier is left instead.", by=house.lead)
    assert {each.what: each.state for each in queries.commitments(incident_id=incident_id)} == {
        "Watch it": "done",
        "Move it": "dropped",
    }
    with pytest.raises(Refused, match="settled already"):
        commitments.done(commitment_id=kept.id, outcome="Again", by=house.lead)
    subjects = [commitments.subject_of(each.id) for each in (kept, given_up)]
    assert [promises.history(subject)[0].state for subject in subjects] == ["kept", "cancelled"]


def test_maintenance_goes_through_its_own_states(house: House, read: Read) -> None:
    begins = in_minutes(60 * 24 * 3)
    incident_id = declaring.schedule_maintenance(
        title="New card system",
        by=house.lead,
        scheduled_for=begins,
        scheduled_until=begins + timedelta(hours=2),
        components=[house.cards.id],
    )
    house.publish(incident_id, status="scheduled", next_update_due=begins)
    for status in ("in_progress", "verifying"):
        house.publish(incident_id, status=status, components={house.cards.id: "under_maintenance"})
    assert [each.number for each in queries.maintenances()] == [read(incident_id).number]
    house.publish(incident_id, status="completed", next_update_due=None, components={house.cards.id: "operational"})
    assert not read(incident_id).is_open
    with pytest.raises(Refused, match="After completed comes nothing"):
        house.publish(incident_id, status="verifying")


def test_declaring_may_change_the_posture_and_all_of_it_fails_together(house: House) -> None:
    house.declare(posture=Name.SURGE, playbook="payments-degraded")
    forget()
    assert (current().name, current().playbook) == ("surge", "payments-degraded")
    before = len(queries.current_incidents())
    with pytest.raises(Refused):
        house.declare(posture=Name.SIEGE, playbook="no-such-book")
    assert len(queries.current_incidents()) == before


def test_the_timeline_tells_what_happened_in_order(house: House) -> None:
    incident_id = house.declare()
    timeline.note(incident_id=incident_id, by=house.lead, what="The supplier called back.", at=in_minutes(-2))
    house.publish(incident_id)
    kinds = [each.kind for each in queries.timeline_of(incident_id)]
    assert kinds == ["update", "declared", "note"]
