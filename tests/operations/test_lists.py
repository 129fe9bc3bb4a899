"""Lists of the demo bank, over real HTTP: whole, in pages, and never half."""

from __future__ import annotations

import pytest
from tests.operations.bank import RunningBank

from holdfast.operations import lists
from holdfast.operations.client import OperationsUnavailable, UnknownRecord, operations


def test_a_list_is_read_in_pages_to_its_end(bank: RunningBank, monkeypatch: pytest.MonkeyPatch) -> None:
    client = operations()
    assert client is not None
    assert [each.name for each in client.lists()] == ["declined", "debited-twice", "salary-late", "care"]
    monkeypatch.setattr(lists, "PAGE", 400)
    care = lists.everybody(client, "care")
    found = list(care.entries)
    assert (care.total, len({each.ref for each in found})) == (500, 500)
    assert {each.jurisdiction for each in found} <= {"IE", "PT", "ID", "BR", "US-CA"}


def test_a_list_that_is_not_there_and_systems_that_fail_are_told_apart(bank: RunningBank) -> None:
    client = operations()
    assert client is not None
    with pytest.raises(UnknownRecord):
        lists.everybody(client, "nobody")
    bank.faults(error_rate=1.0, only="/v1/lists")
    with pytest.raises(OperationsUnavailable):
        lists.everybody(client, "care")


def test_all_pages_together_have_one_deadline(bank: RunningBank, monkeypatch: pytest.MonkeyPatch) -> None:
    client = operations()
    assert client is not None
    monkeypatch.setattr(lists, "PAGE", 50)
    slow = lists.everybody(client, "care", within=0.5)
    bank.faults(latency_ms=120)
    with pytest.raises(OperationsUnavailable):
        list(slow.entries)
