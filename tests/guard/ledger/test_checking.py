"""The house's own look, and forgetting a customer in a log that forgets nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction
from tests.granted import granted
from tests.guard.conftest import Case
from tests.guard.ledger.conftest import CUSTOMERS, LABELS, House, bundled, superuser

from holdfast.guard import reveals
from holdfast.guard.ledger import bundle, erasing, sequencer
from holdfast.guard.ledger.checking import check, missing
from holdfast.guard.ledger.entries import committed
from holdfast.guard.ledger.models import Leaf
from holdfast.guard.models import RevealLog
from holdfast.kit.ids import uuid7


def execute(statement: str, *parameters: object) -> None:
    with superuser(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def test_an_untouched_log_has_no_fault(house: House) -> None:
    house.day()
    house.later(60)
    assert (check().faults, check().leaves) == ([], 23)  # two of them: whose cosignatures are taken


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE guard_reveallog SET agent_id = 99", "changed afterwards (actor)"),
        ("UPDATE guard_reveallog SET outcome = 'allowed' WHERE outcome = 'no_grant'", "changed afterwards (outcome)"),
        ("UPDATE guard_reveallog SET customer_id = NULL", "changed afterwards (customer)"),
        ("UPDATE guard_reveallog SET reason = 'A better one'", "changed afterwards (reason)"),
        ("DELETE FROM guard_reveallog WHERE outcome = 'no_grant'", "its row is gone"),
        ("UPDATE guard_revealticket SET redeemed_at = NULL", "its row is gone"),
        ("DELETE FROM guard_ledger_leaf WHERE index = 22", "the end is gone"),
        ("DELETE FROM guard_ledger_leaf WHERE index = 2", "Entry 2 is missing"),
        ("UPDATE guard_ledger_leaf SET entry = replace(entry, 'iban', 'name')", "does not cover the entries"),
        ("UPDATE guard_ledger_tile SET hashes = overlay(hashes PLACING '\\x00'::bytea FROM 9)", "tiles of the tree"),
        ("UPDATE guard_ledger_checkpoint SET signatures = ''", "Checkpoint"),
    ],
)
def test_whatever_is_changed_with_all_rights_is_found(house: House, statement: str, fault: str) -> None:
    house.day()
    execute(statement)
    assert fault in "\n".join(check().faults)


def test_a_row_that_never_got_to_the_log_is_counted(house: House) -> None:
    house.day()
    with superuser():
        house.ask()  # nothing notes it, as no trigger fires
    assert missing() == 0  # it has ten seconds
    house.later(11)
    house.sequence()
    assert missing() == 1
    assert "1 requests, releases or acts" in check().faults[0]


def test_a_rollback_of_the_caller_leaves_its_entries(case: Case) -> None:
    granted(**case.grant)
    with transaction.atomic():
        ticket = case.ask()
        assert isinstance(ticket, reveals.Ticket)
        assert case.redeem(ticket)
        transaction.set_rollback(True)
    sequencer.step()
    assert [leaf.kind for leaf in Leaf.objects.order_by("index")] == ["asked", "released"]


def test_an_erased_customer_is_forgotten_and_the_log_still_proves(house: House, keys: Path, tmp_path: Path) -> None:
    house.day()
    before = {leaf.index: leaf for leaf in Leaf.objects.all()}
    gone = CUSTOMERS[2]
    count = erasing.destroy_salts(customer_id=gone, actor_id=1)
    house.sequence()
    assert count == 3  # the request, the release, the denial
    done = bundled(tmp_path / "bundle", keys)
    code, said = done.full()
    assert code == 0, said
    told = (done.path / "openings").read_text()
    assert str(gone) not in told
    assert str(CUSTOMERS[1]) in told
    assert Leaf.objects.exclude(customer_salt=None).count() == Leaf.objects.count() - 3
    assert Leaf.objects.latest("index").entry.split()[7] == "salts_destroyed"
    assert check().faults == []
    # Whoever kept the old salt could still tell: so it is destroyed in backups when those run out, and nowhere kept.
    kept = next(leaf for leaf in before.values() if leaf.source_id == RevealLog.objects.filter(customer_id=gone)[0].pk)
    assert committed(b"guess", str(gone)) not in kept.entry


def test_a_bundle_tells_nothing_unless_asked_to(house: House, keys: Path, tmp_path: Path) -> None:
    house.day()
    done = bundled(tmp_path / "bundle", keys, opened=())
    text = "".join(path.read_text() for path in done.path.iterdir())
    assert not any(str(customer) in text or customer.hex in text for customer in CUSTOMERS)
    assert (done.path / "openings").read_text() == ""
    assert done.full()[0] == 0
    house.sequence()
    assert Leaf.objects.latest("index").entry.split()[7] == "export"


def test_a_bundle_is_refused_in_a_sentence(house: House, tmp_path: Path) -> None:
    with pytest.raises(bundle.NotWritten, match="no checkpoint yet"):
        bundle.write(tmp_path / "one")
    house.day()
    with pytest.raises(bundle.NotWritten, match="nothing called colour"):
        bundle.write(tmp_path / "two", opened=["colour"])
    (tmp_path / "file").write_text("")
    with pytest.raises(bundle.NotWritten, match="is not empty"):
        bundle.write(tmp_path, opened=LABELS)
    with pytest.raises(bundle.NotWritten, match="cannot be written"):
        bundle.write(tmp_path / "file" / "inside")


def test_what_nobody_opened_stays_closed(house: House) -> None:
    house.ask(customer=uuid7())
    house.sequence()
    entry = Leaf.objects.latest("index").entry.split(" ")
    assert entry[13] != "-"  # the case is there as a hash, and differs from entry to entry
    house.ask()
    house.sequence()
    assert Leaf.objects.latest("index").entry.split(" ")[10] != entry[10]
