"""That somebody searched is noted without waiting for the disk, and nothing else is."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from holdfast.guard.watching import searches
from holdfast.guard.watching.models import Search


def _waits() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        said: str = cursor.fetchone()[0]
    return said


@pytest.mark.django_db(transaction=True)
def test_a_note_of_a_search_leaves_it_to_whatever_comes_next_to_wait_for_the_disk() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = 'on'")
    searches.note(agent_id=7, text="maren@example.org")
    assert _waits() == "on"
    with transaction.atomic():
        searches.note(agent_id=7, text="#12")
        searches.note(agent_id=7, text="lost card")
        searches.note(agent_id=7, text="   ")
        assert _waits() == "on", "what the same transaction keeps besides is kept"
    assert list(Search.objects.order_by("id").values_list("agent_id", "by")) == [
        (7, "value"),
        (7, "case"),
        (7, "words"),
    ]
