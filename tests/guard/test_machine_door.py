"""What the system itself opens: for a closed list of uses, of their columns only, and on record each time."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from tests.guard.conftest import IBAN, NAME

from holdfast.guard import data_keys
from holdfast.guard.fields import NOTHING, Sealed, seal
from holdfast.guard.machine_door import findings, given_out
from holdfast.guard.models import MachineOpening
from holdfast.guard.opening import (
    CannotOpen,
    Erased,
    MachineUse,
    NotGiven,
    opened_all_for_machine,
    opened_for_machine,
    opened_many_for_machine,
)
from holdfast.guard.rotating import sealed_columns
from holdfast.people.models import Customer, Identity

COLUMNS = {f"{f.model._meta.db_table}.{f.column}" for f in sealed_columns()}


@pytest.fixture
def customer(db: None) -> Customer:
    made = Customer.objects.create(name=NAME, iban=IBAN)
    return Customer.objects.get(pk=made.pk)


def _noted() -> list[tuple[str, str, int, bool]]:
    rows = MachineOpening.objects.exclude(use="seal").order_by("id")
    return list(rows.values_list("use", "what", "number", "refused"))


def _listed() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT use_, column_ FROM guard_machine_uses()")
        return set(cursor.fetchall())


def test_a_value_opens_for_a_use_that_is_listed_and_that_is_noted(customer: Customer) -> None:
    assert opened_for_machine(customer.iban, use=MachineUse.SCRUB) == IBAN
    assert _noted() == [("scrub", "people_customer.iban", 1, False)]


def test_many_values_of_several_columns_are_one_query_and_a_note_for_each(
    customer: Customer, django_assert_num_queries: Any
) -> None:
    others = [Customer.objects.create(name=f"Budi {number}", iban=IBAN) for number in range(3)]
    rows = list(Customer.objects.filter(pk__in=[each.pk for each in others]))
    values = [each for row in rows for each in (row.name, row.iban)]
    with django_assert_num_queries(1):
        assert opened_many_for_machine([*values, NOTHING], use=MachineUse.SCRUB).count(IBAN) == 3
    assert sorted(_noted()) == [
        ("scrub", "people_customer.iban", 3, False),
        ("scrub", "people_customer.name", 3, False),
    ]


@pytest.mark.parametrize("use", MachineUse)
def test_no_use_reaches_a_column_that_is_not_its_own(customer: Customer, use: MachineUse) -> None:
    strange = sorted(COLUMNS - {column for of, column in _listed() if of == use})
    for column in strange:
        with pytest.raises(NotGiven):
            opened_for_machine(Sealed("", "•••", f"{column}.{customer.pk}"), use=use)
    assert _noted() == [(str(use), column, 0, True) for column in strange]


def test_every_sealed_column_is_on_the_list_and_nothing_else_is(db: None) -> None:
    assert {column for _, column in _listed()} == COLUMNS
    assert {use for use, _ in _listed()} == {str(use) for use in MachineUse}


@pytest.mark.parametrize(
    ("use", "column"),
    [
        ("scrub", "guard_datakey.wrapped"),
        ("scrub", 'people_customer.iban" FROM people_customer --'),
        ("everything", "people_customer.iban"),
        ("", ""),
        ("scrub", None),
    ],
)
def test_what_is_made_up_is_refused_and_noted(customer: Customer, use: str, column: str | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM guard_sealed_for(%s, %s, %s)", [use, column, [customer.pk]])
        assert cursor.fetchall() == []
    assert [refused for *_, refused in _noted()] == [True]


def test_a_thousand_at_once_and_no_more(customer: Customer) -> None:
    ids = [UUID(int=number) for number in range(1_001)]
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="1,000"), transaction.atomic():
        cursor.execute("SELECT * FROM guard_sealed_for('scrub', 'people_customer.iban', %s)", [ids])


def test_more_are_asked_for_by_the_thousand(customer: Customer) -> None:
    gone = [Sealed("", "•••", f"people_customer.iban.{UUID(int=number)}") for number in range(1_200)]
    found = opened_many_for_machine([*gone, customer.iban], use=MachineUse.SCRUB)
    assert found == [None] * 1_200 + [IBAN]
    assert sum(number for _, _, number, _ in _noted()) == 1
    assert len(_noted()) == 2


def test_what_was_taken_back_leaves_a_gap_in_the_numbers(customer: Customer) -> None:
    """The way past the record: have the values, then roll the row back. Its number is not given again."""
    opened_for_machine(customer.iban, use=MachineUse.SCRUB)
    with transaction.atomic():
        assert opened_for_machine(customer.iban, use=MachineUse.SCRUB) == IBAN
        transaction.set_rollback(True)
    opened_for_machine(customer.iban, use=MachineUse.SCRUB)
    first, last = MachineOpening.objects.exclude(use="seal").order_by("id").values_list("id", flat=True)
    assert last - first == 2


def test_a_value_that_is_not_there_or_not_a_rows_does_not_open(customer: Customer) -> None:
    lost = [
        Sealed("", "•••", f"people_customer.iban.{uuid4()}"),
        Sealed("", "•••", "people_customer.iban.1"),
        Sealed("", "•••"),
    ]
    assert opened_many_for_machine(lost, use=MachineUse.SCRUB) == [None] * 3
    with pytest.raises(CannotOpen):
        opened_all_for_machine([customer.iban, *lost], use=MachineUse.SCRUB)


def test_a_value_moved_to_another_row_does_not_open(customer: Customer) -> None:
    other = Customer.objects.create(iban="DE89370400440532013000")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_customer SET iban = %s WHERE id = %s", [other.iban.token, customer.pk])
    with pytest.raises(CannotOpen, match="moved"):
        opened_for_machine(customer.iban, use=MachineUse.SCRUB)


def test_an_erased_customers_value_says_so(customer: Customer) -> None:
    data_keys.destroy([customer.pk])
    with pytest.raises(Erased):
        opened_for_machine(customer.iban, use=MachineUse.SCRUB)


def test_a_value_sealed_just_now_opens_without_asking(db: None) -> None:
    assert opened_for_machine(seal("t.c.1", "x", mask="hidden"), use=MachineUse.DELIVER) == "x"
    assert _noted() == []


def test_a_key_to_seal_with_is_noted_for_who_has_one(customer: Customer) -> None:
    noted = MachineOpening.objects.filter(use="seal").count()
    Customer.objects.create(id=uuid4()).save()
    data_keys.keys_for([uuid4(), uuid4()])
    assert MachineOpening.objects.filter(use="seal").count() == noted, "new keys are made by who asks"
    Identity.objects.create(customer=customer, kind="email", value="ayu@example.com", index=b"1" * 16)
    last = MachineOpening.objects.filter(use="seal").latest("id")
    assert (last.what, last.number) == ("guard_datakey.wrapped", 1)


@pytest.mark.parametrize("change", ["UPDATE guard_machineopening SET number = 0", "DELETE FROM guard_machineopening"])
def test_what_is_on_record_stays(customer: Customer, change: str) -> None:
    opened_for_machine(customer.iban, use=MachineUse.SCRUB)
    with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_doctor_tells_what_was_given_out(customer: Customer) -> None:
    opened_for_machine(customer.iban, use=MachineUse.SCRUB)
    with pytest.raises(NotGiven):
        opened_for_machine(customer.iban, use=MachineUse.DELIVER)
    assert {(each.use, each.what): (each.number, each.refused) for each in given_out() if each.use != "seal"} == {
        ("scrub", "people_customer.iban"): (1, 0),
        ("deliver", "people_customer.iban"): (0, 1),
    }
    good, sentence = findings()[0]
    assert not good
    assert "1 refused" in sentence
