"""A row that was read has masks only. Writing it back keeps what is stored, in this very row and no other."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from tests.opened import opened

from holdfast.guard.fields import Sealed
from holdfast.kit.ids import uuid7
from holdfast.people.models import Customer

NAME, IBAN = "Ayu Zuurmarker", "NL91ABNA0417164300"


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(name=NAME, iban=IBAN, city="Bandung")


def _read(customer: Customer) -> Customer:
    return Customer.objects.get(pk=customer.pk)


def test_a_row_that_is_read_has_masks_and_no_ciphertext(customer: Customer) -> None:
    row = _read(customer)
    assert (row.iban.mask, row.iban.token) == ("IBAN •• 4300", "")
    assert row.iban.subject == f"people_customer.iban.{row.pk}"
    assert bool(row.iban)
    assert not row.address


def _save(row: Customer) -> None:
    row.city = "Yogyakarta"
    row.save()


def _save_some(row: Customer) -> None:
    row.city = "Yogyakarta"
    row.save(update_fields=["city", "iban"])


def _refresh(row: Customer) -> None:
    row.refresh_from_db()
    _save(row)


def _pickle(row: Customer) -> None:
    _save(pickle.loads(pickle.dumps(row)))


def _defer(row: Customer) -> None:
    _save(Customer.objects.only("city").get(pk=row.pk))


def _defer_and_look(row: Customer) -> None:
    found = Customer.objects.only("city").get(pk=row.pk)
    assert str(found.iban) == "IBAN •• 4300"
    _save(found)


def _assign(row: Customer) -> None:
    row.iban = row.iban  # noqa: PLW0127 - it is a descriptor
    _save(row)


@pytest.mark.parametrize(
    "write",
    [
        _save,
        _save_some,
        _refresh,
        _pickle,
        _defer,
        _defer_and_look,
        _assign,
        lambda row: Customer.objects.bulk_update([row], ["city", "iban", "name"]),
        lambda row: Customer.objects.filter(pk=row.pk).update(iban=row.iban),
        lambda row: Customer.objects.update_or_create(pk=row.pk, defaults={"city": "Yogyakarta", "iban": row.iban}),
    ],
)
def test_writing_a_row_that_was_read_keeps_its_values(customer: Customer, write: Callable[[Customer], object]) -> None:
    write(_read(customer))
    found = _read(customer)
    assert (opened(found.name), opened(found.iban)) == (NAME, IBAN)


def test_a_new_value_beside_those_that_were_read_is_stored(customer: Customer) -> None:
    row = _read(customer)
    row.name = "Ayu Baru"
    row.save()
    found = _read(customer)
    assert (opened(found.name), opened(found.iban)) == ("Ayu Baru", IBAN)
    row.iban = ""
    row.save()
    assert not _read(customer).iban


def test_what_was_stored_meanwhile_is_kept_by_a_row_read_before(customer: Customer) -> None:
    before = _read(customer)
    Customer.objects.filter(pk=customer.pk).update(iban="")
    _save(before)
    assert not _read(customer).iban


def test_refreshing_takes_the_new_mask(customer: Customer) -> None:
    row, other = _read(customer), _read(customer)
    other.iban = "DE89370400440532013000"
    other.save()
    row.refresh_from_db()
    assert str(row.iban) == "IBAN •• 3000"


@pytest.mark.parametrize("fresh", [False, True])
def test_a_value_of_another_row_is_refused_on_save(customer: Customer, fresh: bool) -> None:
    name = customer.name if fresh else _read(customer).name
    for other in (Customer(id=uuid7()), Customer.objects.create(name="Budi Santoso")):
        other.name = name
        with pytest.raises(FieldError, match="another row"):
            other.save()


def _copy_in_bulk(row: Customer, name: Sealed) -> None:
    row.name = name
    Customer.objects.bulk_update([row], ["name"])


@pytest.mark.parametrize(
    "copy_to", [lambda row, name: Customer.objects.filter(pk=row.pk).update(name=name), _copy_in_bulk]
)
def test_the_table_refuses_to_keep_what_was_read_elsewhere(
    customer: Customer, copy_to: Callable[[Customer, Sealed], object]
) -> None:
    other = Customer.objects.create(name="Budi Santoso")
    with pytest.raises(IntegrityError, match="another row"), transaction.atomic():
        copy_to(other, _read(customer).name)
    assert opened(_read(other).name) == "Budi Santoso"


def test_a_new_row_stores_no_value_that_was_only_read(customer: Customer) -> None:
    again = _read(customer)
    Customer.objects.all().delete()
    with pytest.raises(FieldError, match="only a mask"), transaction.atomic():
        again.save()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_customer (id, name, address, birth_date, iban, city, locale, tier, created_at)"
            " VALUES (%s, %s, '', '', '', '', '', '', now())",
            [again.pk, again.name.written()],
        )


def test_a_value_read_without_its_row_is_not_stored(customer: Customer) -> None:
    (loose,) = Customer.objects.values_list("name", flat=True)
    with pytest.raises(FieldError, match="without its row"):
        _read(customer).name = loose
    with pytest.raises(FieldError, match="without its row"):
        Customer.objects.update(name=loose)


def test_a_pickle_keeps_no_new_value(db: None) -> None:
    made = pickle.loads(pickle.dumps(Customer(name=NAME)))
    with pytest.raises(FieldError, match="only a mask"):
        made.save()
