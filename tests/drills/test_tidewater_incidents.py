"""The made-up bank's past: complete in three languages, as the verbs would have left it, and told to nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from holdfast.drills.tidewater.content import LOCALES
from holdfast.drills.tidewater.house import write_house
from holdfast.drills.tidewater.past_incidents import write_incidents
from holdfast.incidents import queries, states
from holdfast.kit.models import OutboxEvent
from holdfast.promises import queries as promises

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 14, 19, tzinfo=UTC)


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
