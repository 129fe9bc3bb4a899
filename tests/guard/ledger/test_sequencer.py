"""What is committed at the gate gets one leaf each, in one order, whoever commits when; and a signed proof."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from tests.granted import granted
from tests.guard.conftest import Case

from holdfast.guard import reveals, roles
from holdfast.guard.ledger import acts, entries, merkle, notes, proofs, reading, sequencer, signing, standing, tiles
from holdfast.guard.ledger.entries import Kind
from holdfast.guard.ledger.models import Checkpoint, Leaf, Pending, Tile
from holdfast.guard.models import RevealLog
from holdfast.kit import database
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7


def asked(outcome: str = "no_grant", **columns: object) -> RevealLog:
    given_ = {"agent_id": 7, "session": "s" * 16, "conversation_id": uuid7(), "subject": "t.c.1", "field": "iban"}
    return RevealLog.objects.create(at=now(), purpose="payment", outcome=outcome, **{**given_, **columns})


def verified_checkpoint() -> notes.Checkpoint:
    note = notes.Note.parse(proofs.latest())
    assert len(note.verified(signing.signer().keys)) == 2
    return note.checkpoint


def test_each_request_denial_comparison_and_release_has_its_leaf(case: Case) -> None:
    case.ask()  # nobody has the case yet
    granted(**case.grant)
    ticket = case.ask()
    assert isinstance(ticket, reveals.Ticket)
    case.redeem(ticket)
    case.compare("4300")
    act = acts.record(kind="export", actor_id=7, details="12 rows")
    while Pending.objects.exists():
        sequencer.step()
    leaves = list(Leaf.objects.order_by("index"))
    told = [(leaf.entry.split()[4], leaf.entry.split()[7]) for leaf in leaves]
    assert told == [
        ("asked", "no_grant"),
        ("asked", "allowed"),
        ("released", "shown"),
        ("asked", "compared"),
        ("asked", "matched"),
        ("act", "export"),
    ]
    assert leaves[2].entry.split()[6] == ticket.id.hex  # the release cites its request
    assert leaves[-1].source_id == act
    checkpoint = verified_checkpoint()
    assert checkpoint.size == 6
    for leaf in leaves:
        proof = proofs.inclusion(leaf.index)
        assert merkle.includes(
            index=leaf.index,
            size=checkpoint.size,
            leaf=merkle.leaf_hash(proof.entry.encode()),
            path=proof.path,
            root=checkpoint.root,
        )
    assert reading.without_leaf(since=RevealLog.objects.earliest("at").at, until=now()) == []


def test_an_entry_proves_without_telling(case: Case) -> None:
    granted(**case.grant)
    case.ask(purpose="other", reason="Called from the hospital")
    sequencer.step()
    entry = Leaf.objects.get().entry
    row = RevealLog.objects.get()
    for secret in (
        str(row.conversation_id),
        str(row.customer_id),
        row.customer_id.hex,
        row.session,
        "hospital",
        "people_",
    ):
        assert secret not in entry
    words = entry.split(" ")
    assert len(words) == 17
    assert words[8:10] == ["iban", "other"]


def test_whoever_commits_late_is_read_late_and_never_skipped(transactional_db: None) -> None:
    with database.connect(name="slow", statement_timeout=10) as slow:
        with slow.transaction():
            slow.execute(
                "INSERT INTO guard_reveallog (id, at, agent_id, session, conversation_id, subject, field, purpose,"
                " reason, outcome) VALUES (%s, now(), 1, 's', %s, 't.c.1', 'iban', 'payment', '', 'allowed')",
                [uuid7(), uuid7()],
            )
            later = asked()
            assert sequencer.step() == 1
            assert Leaf.objects.get().source_id == later.pk
        assert sequencer.step() == 1
    assert Leaf.objects.count() == 2
    assert verified_checkpoint().size == 2


def test_what_was_rolled_back_never_happened(transactional_db: None) -> None:
    with transaction.atomic():
        asked()
        transaction.set_rollback(True)
    assert sequencer.step() == 0
    assert not Leaf.objects.exists()


def test_only_one_sequencer_is_at_it(transactional_db: None) -> None:
    asked()
    with database.connect(name="other", statement_timeout=10) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [sequencer._LOCK])
        assert sequencer.step() == 0
        other.execute("SELECT pg_advisory_unlock(%s)", [sequencer._LOCK])
        assert sequencer.step() == 1


@pytest.mark.django_db
def test_a_row_noted_twice_has_one_leaf() -> None:
    row = asked()
    Pending.objects.create(kind="asked", source_id=row.pk)
    sequencer.step()
    Pending.objects.create(kind="asked", source_id=row.pk)
    sequencer.step()
    assert Leaf.objects.count() == 1
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_a_row_taken_away_before_it_was_read_is_on_record_as_gone() -> None:
    Pending.objects.create(kind="asked", source_id=UUID(int=5))
    sequencer.step()
    assert Leaf.objects.get().entry.split()[7] == "gone"


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_tiles_hold_the_same_tree_however_it_grew(batches: list[int]) -> None:
    with transaction.atomic():
        hashes = [merkle.leaf_hash(str(number).encode()) for number in range(sum(batches))]
        done = 0
        for batch in batches:
            tiles.append(done, hashes[done : done + batch])
            done += batch
        node = tiles.reader()

        def memory(level: int, index: int) -> bytes:
            return merkle.folded(hashes[index << level : (index + 1) << level])

        for size in {1, done // 2 or 1, done}:
            assert merkle.root(size, node) == merkle.root(size, memory)
            assert merkle.inclusion(size - 1, done, node) == merkle.inclusion(size - 1, done, memory)
            assert merkle.consistency(size, done, node) == merkle.consistency(size, done, memory)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_third_level_of_tiles_is_reached_and_right() -> None:
    count = 256 * 256 + 3
    hashes = [merkle.leaf_hash(str(number).encode()) for number in range(count)]
    tiles.append(0, hashes[:65_000])
    tiles.append(65_000, hashes[65_000:])
    assert Tile.objects.filter(level=2).count() == 1

    def memory(level: int, index: int) -> bytes:
        return merkle.folded(hashes[index << level : (index + 1) << level])

    assert merkle.root(count, tiles.reader()) == merkle.root(count, memory)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM guard_ledger_leaf",
        "UPDATE guard_ledger_leaf SET entry = 'e1 forged'",
        "UPDATE guard_ledger_leaf SET customer_salt = '\\x00'",
        "DELETE FROM guard_ledger_tile",
        "UPDATE guard_ledger_tile SET hashes = '\\x00'",
        "UPDATE guard_ledger_checkpoint SET body = ''",
        "DELETE FROM guard_ledger_act",
        "UPDATE guard_ledger_act SET kind = 'nothing'",
    ],
)
def test_the_database_refuses_to_change_the_log(statement: str) -> None:
    acts.record(kind="export")
    sequencer.step()
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_nothing_is_signed_with_another_key_or_on_top_of_another_log(settings: object) -> None:
    asked()
    sequencer.step()
    first = verified_checkpoint()
    settings.LEDGER_KEY = "another key"  # type: ignore[attr-defined]
    asked()
    with pytest.raises(sequencer.WrongKey, match="keys/ledger"):
        sequencer.step()
    assert Checkpoint.objects.count() == 1
    assert sequencer.size() == 2  # what happened is kept all the same
    settings.LEDGER_KEY = ""  # type: ignore[attr-defined]
    settings.LEDGER_ORIGIN = "elsewhere.example/log"  # type: ignore[attr-defined]
    with pytest.raises(sequencer.WrongKey, match="HOLDFAST_LEDGER_ORIGIN"):
        sequencer.step()
    settings.LEDGER_ORIGIN = ""  # type: ignore[attr-defined]
    with connection.cursor() as cursor:  # somebody with the database's own superuser swaps a hash
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE guard_ledger_tile SET hashes = set_byte(hashes, 4, get_byte(hashes, 4) # 255)")
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(notes.BadNote, match="not the one that was signed"):
        sequencer.step()
    assert Checkpoint.objects.get().size == first.size


@pytest.mark.django_db
def test_checkpoints_that_nobody_cosigned_are_thinned_to_one_an_hour(clock: time_machine.Coordinates) -> None:
    for minute in range(6):
        clock.move_to(f"2026-03-02 {9 + minute // 3}:{minute % 3 * 10:02}:00+00:00")
        asked()
        sequencer.step()
    assert Checkpoint.objects.count() == 6
    clock.move_to("2026-03-02 14:00:00+00:00")
    sequencer.thin()
    assert list(Checkpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 6]


def test_the_encoding_is_the_documented_one() -> None:
    moment = now().replace(year=2026, month=3, day=2, hour=9, minute=0, second=0, microsecond=5)
    happening = entries.Happening(
        Kind.ASKED,
        UUID(int=1),
        moment,
        "allowed",
        "iban",
        "Drop table",
        None,
        entries.Told(actor="7", customer="c"),
    )
    salts = entries.Salts(b"a" * 16, b"c" * 16)
    made = entries.encoded(index=3, sequenced_at=moment, happening=happening, salts=salts)
    actor = entries.committed(entries.opening_key(b"a" * 16, "actor"), "7")
    customer = entries.committed(entries.opening_key(b"c" * 16, "customer"), "c")
    micro = str(entries.microseconds(moment))
    assert micro.endswith("000005")
    assert made.decode() == (
        f"e1 3 {micro} {micro} asked 00000000000000000000000000000001 - allowed iban unlisted"
        f" {actor} - {customer} - - - -"
    )
    assert len(actor) == 43


@pytest.mark.django_db
def test_the_part_of_the_worker_appends_signs_and_measures() -> None:
    asked()
    stop = threading.Event()

    def measure() -> None:
        standing.measure()
        stop.set()

    sequencer.run(stop, measure=measure)
    figures = {
        name: REGISTRY.get_sample_value(f"holdfast_ledger_{name}")
        for name in ("entries", "signed_entries", "waiting", "missing")
    }
    assert figures == {"entries": 1, "signed_entries": 1, "waiting": 0, "missing": 0}


@pytest.fixture
def as_app(case: Case) -> Iterator[Case]:
    """Django and the gate sign in as the application's role, which owns nothing."""
    granted(**case.grant)
    roles.separate()
    owner = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = roles.APP
    try:
        yield case
    finally:
        connection.close()
        connection.settings_dict["USER"] = owner


def test_the_applications_role_keeps_the_log_and_cannot_rewrite_it(as_app: Case) -> None:
    ticket = as_app.ask()
    assert isinstance(ticket, reveals.Ticket)
    as_app.redeem(ticket)
    while sequencer.step():
        pass
    assert [leaf.kind for leaf in Leaf.objects.order_by("index")] == ["asked", "released"]
    assert verified_checkpoint().size == 2
    for attack in (
        "UPDATE guard_ledger_leaf SET entry = ''",
        "DELETE FROM guard_ledger_leaf",
        "TRUNCATE guard_ledger_leaf",
        "DROP TRIGGER guard_ledger_leaf_stays ON guard_ledger_leaf",
        "ALTER TABLE guard_ledger_leaf DISABLE TRIGGER ALL",
        "DROP TRIGGER guard_ledger_note_asked ON guard_reveallog",
    ):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(attack)
