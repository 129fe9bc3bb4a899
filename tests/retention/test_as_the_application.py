"""The worker has the application's role: with its rights a run takes out everything, and nothing goes past the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import ProgrammingError, connection, transaction
from tests.retention.conftest import ago, closed, has_key, known

from holdfast.guard import roles
from holdfast.guard.models import MachineOpening
from holdfast.people.models import Agent
from holdfast.retention import looking, plan, working
from holdfast.retention.models import Openings, Plan


def test_a_run_needs_no_more_than_the_applications_rights(turned_on: Callable[..., Plan], admin: Agent) -> None:
    turned_on()
    customer = known(900)
    closed(customer, days=800)
    MachineOpening.objects.create(at=ago(500), use="scrub", what="people_customer.name", number=3, refused=False)
    roles.separate()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {roles.APP}")
    try:
        looking.look(days=plan.DEFAULT, by=admin.pk)
        went = working.work(seconds=60).went
        for statement in (
            "DELETE FROM guard_machineopening",
            "DELETE FROM retention_openings",
            "INSERT INTO retention_openings SELECT * FROM retention_openings",
            "SELECT guard_destroy_keys(ARRAY[]::uuid[])",
        ):
            with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
    assert (went["cases"], went["customers"], went["openings"]) == (1, 1, 1)
    assert Openings.objects.get().entries == 1
    assert not has_key(customer)
