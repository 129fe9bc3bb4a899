"""The made-up bank's past: complete in three languages, as the verbs would have left it, and told to nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from holdfast.drills.tidewater.around_incidents import write_around_incidents
from holdfast.drills.tidewater.content import LOCALES
from holdfast.drills.tidewater.house import write_house
from holdfast.drills.tidewater.past_incidents import write_incidents
from holdfast.incidents import queries, states
from holdfast.incidents.status import care
from holdfast.incidents.status.models import Subscriber
from holdfast.kit import clock
from holdfast.kit.models import OutboxEvent
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 14, 19, tzinfo=UTC)


def test_readers_are_subscribed_promises_were_kept_and_late_and_a_report_is_still_owed() -> None:
    write_house(at=AT)
    write_incidents(at=AT)
    clock.set_source(lambda: AT)
    try:
        assert write_around_incidents(at=AT) == Subscriber.objects.exclude(confirmed_at=None).count()
        owed = promises.open_promises(kinds=[Kind.LEGAL])
        assert [AT < each.due < AT + timedelta(days=31) for each in owed] == [True], [each.about for each in owed]
        public = promises.tally(kinds=[Kind.UPDATE])
        assert (public.kept > 0, public.late > 0, public.broken) == (True, True, 0)
        assert promises.tally(kinds=[Kind.LEGAL]).broken == 0
        assert care.line()
    finally:
        clock.set_source(None)


def test_two_incidents_and_planned_work_are_there_once() -> None:
    write_house(at=AT)
    assert [write_incidents(at=AT), write_incidents(at=AT)] == [3, 0]
    past, planned = queries.past_incidents(), queries.maintenances()
    assert ([each.cause_known for each in past], len(planned)) == ([True, True], 1)
    assert queries.current_incidents() == []
    assert {each.status for each in queries.components()} == {"operational"}
    assert [each.name for each in queries.components() if each.is_group] == ["Payments"]
    for incident in [*past, *planned]:
        assert all(set(update.texts) == set(LOCALES) for update in incident.updates)
        said = [update.status for update in reversed(incident.updates)]
        assert all(after in states.FOLLOWS[before] for before, after in pairwise(said))
        assert incident.components
    for incident in past:
        kept = promises.tally(subject=queries.subject_of(incident.id))
        assert (kept.open, kept.broken) == (0, 0)
        assert queries.commitments(incident_id=incident.id)
    assert not OutboxEvent.objects.exists()
