"""What the bridge lists of customers is noted once a day and reader, as what the desk lists is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.conversations import personal
from holdfast.guard.radius.models import Sighting
from holdfast.kit.clock import now
from holdfast.posture import current as posture
from holdfast.shield import queries as shield


@pytest.fixture
def desk(db: None) -> Desk:
    posture.forget()
    return make_desk()


def test_a_case_in_a_list_of_the_bridge_is_a_sighting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    promised, unclear = desk.talk("When?"), desk.talk("What is this?")
    personal.promise(conversation_id=promised.pk, by=desk.ana.pk, due=now() + timedelta(hours=1))
    monkeypatch.setattr(shield, "not_explained", lambda: [(unclear.pk, ["Nothing we hold explains it."])])

    def seen_by(who: Any, path: str) -> tuple[int, set[Any]]:
        client = Client()
        client.force_login(who, BACKEND)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        noted = sum("INSERT INTO guard_radius_sighting" in each["sql"] for each in asked)
        rows = Sighting.objects.filter(agent_id=who.pk, how="listed").values_list("conversation_id", "customer_id")
        return noted, set(rows)

    case = (promised.pk, desk.customer.pk)
    assert seen_by(desk.ana, "/bridge/") == (1, {case})
    assert seen_by(desk.ana, "/bridge/owed/") == (0, {case})
    assert seen_by(desk.lead, "/bridge/promises/") == (1, {case})
    assert seen_by(desk.lead, "/bridge/unexplained/") == (1, {case, (unclear.pk, desk.customer.pk)})
    assert seen_by(desk.ben, "/bridge/unexplained/") == (1, {(unclear.pk, desk.customer.pk)})
