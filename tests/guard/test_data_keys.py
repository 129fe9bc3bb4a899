"""Customers' own keys: made once, wrapped by the ring, destroyed for good; rotation that may stop half-way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from tests.guard.conftest import IBAN, NAME, NEW, OLD, OTHER
from tests.opened import opened, token_of

from holdfast.desk import erasing
from holdfast.guard import command, data_keys, key_copies, ring_check, rotating
from holdfast.guard.fields import Sealed, seal, stored
from holdfast.guard.models import DataKey
from holdfast.guard.opening import CannotOpen, Erased, WrongKey
from holdfast.people.models import Customer, Identity


@pytest.fixture
def customer(db: None) -> Customer:
    return _customer()


def _customer() -> Customer:
    made = Customer.objects.create(name=NAME, iban=IBAN)
    Identity.objects.create(customer=made, kind="email", value="ayu@example.com", index=uuid4().bytes)
    return Customer.objects.get(pk=made.pk)


def test_a_customers_values_open_with_their_own_key_only(customer: Customer) -> None:
    token = token_of(customer.iban)
    assert token.startswith(f"2.{customer.pk.hex}.")
    assert opened(customer.iban) == IBAN
    assert DataKey.objects.count() == 1, "one key for all their values"
    other = _customer()
    with pytest.raises(CannotOpen):
        opened(Sealed(token.replace(customer.pk.hex, other.pk.hex), "x", customer.iban.subject))


def test_a_key_that_is_rolled_back_goes_with_what_it_sealed(db: None) -> None:
    with transaction.atomic():
        made = Customer.objects.create(name=NAME)
        transaction.set_rollback(True)
    again = Customer.objects.create(id=made.pk, name=NAME)
    assert opened(Customer.objects.get(pk=again.pk).name) == NAME


def test_erasing_shreds_what_a_backup_holds(customer: Customer) -> None:
    backup = [stored(token_of(each), each.subject) for each in (customer.iban, customer.name)]
    merged = Customer.objects.create(name="Ayu Z.", merged_into=customer)
    done = erasing.erase(reference=str(customer.pk))
    assert (done.customers, done.identities) == (2, 1)
    for sealed in (*backup, stored(merged.name.token, merged.name.subject)):
        with pytest.raises(Erased, match="erased"):
            opened(sealed)
    customer.refresh_from_db()
    assert not customer.name
    assert not Identity.objects.exists()
    with pytest.raises(data_keys.KeyGone):
        data_keys.key_for(customer.pk)


def test_others_values_open_after_somebody_was_erased(customer: Customer) -> None:
    other = _customer()
    erasing.erase(reference=str(customer.pk))
    assert opened(Customer.objects.get(pk=other.pk).iban) == IBAN


def test_the_command_asks_before_it_erases(customer: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    assert erasing.main([str(customer.pk)]) == 2
    assert opened(customer.iban) == IBAN
    assert erasing.main(["nobody", "--yes"]) == 1
    assert erasing.main([str(customer.pk), "--yes"]) == 0
    assert "Erased: 1 customers" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["DELETE FROM guard_datakey", "UPDATE guard_datakey SET wrapped = 'a.b'"])
def test_a_destroyed_key_does_not_come_back(customer: Customer, change: str) -> None:
    data_keys.destroy([customer.pk])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_copies_of_keys_bring_back_all_but_the_erased(customer: Customer, tmp_path: Path) -> None:
    other = _customer()
    data_keys.destroy([customer.pk])
    assert key_copies.export(tmp_path / "keys") == 2
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE guard_datakey")  # the database comes from a backup without the keys' table
    with pytest.raises(WrongKey):
        opened(other.iban)
    assert key_copies.bring_back(tmp_path / "keys") == (1, 1)
    assert opened(other.iban) == IBAN
    with pytest.raises(Erased):
        opened(customer.iban)


@pytest.mark.parametrize("damage", [lambda text: text[:-8], lambda text: "x" + text, lambda text: ""])
def test_half_a_copy_is_refused_and_changes_nothing(
    customer: Customer, tmp_path: Path, damage: Callable[[str], str]
) -> None:
    file = tmp_path / "keys"
    key_copies.export(file)
    file.write_text(damage(file.read_text()))
    assert command.main(["import-keys", str(file)]) == 1


def test_rotation_stops_half_way_and_goes_on(db: None, ring: Callable[[str], None]) -> None:
    ring(f"old:{OLD}")
    people = [_customer() for _ in range(5)]
    unowned = seal(people[0].iban.subject, IBAN, mask="iban")  # as it was sealed before customers had keys
    Customer.objects.filter(pk=people[0].pk).update(iban=unowned)
    ring(f"new:{NEW},old:{OLD}")
    steps = rotating.rotate(batch=2)
    assert next(steps) == rotating.Step("keys", 2)
    steps.close()
    under = {row.wrapped.partition(".")[0] for row in DataKey.objects.all()}
    assert under == {"old", "new"}
    _all_open(people)
    assert [step.done for step in rotating.rotate(batch=2)] == [2, 1, 1], "the keys that were left, then the value"
    ring(f"new:{NEW}")
    _all_open(people)
    assert list(rotating.rotate()) == []


def _all_open(people: list[Customer]) -> None:
    for each in Customer.objects.filter(pk__in=[person.pk for person in people]):
        assert (opened(each.name), opened(each.iban)) == (NAME, IBAN)
        assert opened(each.identities.get().value) == "ayu@example.com"


def test_a_value_that_does_not_open_is_left_and_counted(customer: Customer) -> None:
    broken = seal("people_customer.iban.elsewhere", IBAN, mask="iban")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_customer SET iban = %s", [broken.token])
    assert rotating.Step("people_customer.iban", 0, 1) in list(rotating.rotate())
    assert token_of(Customer.objects.get().iban) == broken.token


def test_keys_that_need_a_missing_ring_key_are_left_and_the_others_go_on(
    db: None, ring: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    ring(f"lost:{OTHER}")
    lost = [_customer() for _ in range(3)]
    ring(f"old:{OLD}")
    people = [_customer() for _ in range(3)]
    ring(f"new:{NEW},old:{OLD}")
    steps = list(rotating.rotate(batch=2))
    assert (sum(step.done for step in steps), sum(step.failed for step in steps)) == (3, 3)
    assert command.main(["rotate"]) == 1
    assert capsys.readouterr().out.endswith(
        "Done: 0. 3 customers' keys do not open with this ring and stay as they are.\n"
    )
    ring(f"new:{NEW}")
    _all_open(people)
    ring(f"lost:{OTHER}")
    _all_open(lost)


def test_a_ring_without_the_key_refuses_clearly(db: None, ring: Callable[[str], None]) -> None:
    ring(f"old:{OLD}")
    person, unowned = _customer(), seal("t.c.1", "v", mask="hidden")
    ring(f"new:{NEW}")
    with pytest.raises(WrongKey, match="'old'"):
        opened(person.iban)
    with pytest.raises(WrongKey, match="no key 'old'"):
        opened(unowned)
    assert [good for good, _ in ring_check.findings()] == [False]


def test_another_key_under_an_old_name_is_noticed_before_it_seals(db: None, ring: Callable[[str], None]) -> None:
    ring(f"one:{OLD}")
    ring_check.note_ring()
    ring(f"one:{OTHER}")
    with pytest.raises(ring_check.WrongRing, match="'one'"):
        ring_check.note_ring()
    assert not ring_check.findings()[0][0]


def test_keys_are_given_out_for_a_thousand_at_once(db: None) -> None:
    owners = [UUID(int=n) for n in range(1, 1002)]
    assert len(data_keys.keys_for(owners)) == 1001
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM guard_keys_for_sealing(%s::uuid[], %s::text[])", [owners, [""] * 1001])
