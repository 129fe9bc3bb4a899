"""A log with a bit of everything in it, its bundle, and the auditor's file run on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction

from holdfast.guard.ledger import acts, bundle, holdfast_verify, merkle, notes, proofs, sequencer, signing, witnesses
from holdfast.guard.ledger.notes import Checkpoint, Signer
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.kit import clock
from holdfast.kit.ids import uuid7

WITNESS = Signer.witness(name="auditor.example/w1", seed=b"the witness of these tests")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CUSTOMERS = [UUID(int=1000 + number) for number in range(6)]
LABELS = ("actor", "customer")


@dataclass
class House:
    """Writes rows as the gate does, in time that moves when told to."""

    now: datetime = START
    tickets: list[RevealTicket] = field(default_factory=list)

    def ask(
        self, *, agent: int = 7, customer: UUID = CUSTOMERS[0], outcome: str = "allowed", field: str = "iban"
    ) -> RevealLog:
        row = RevealLog.objects.create(
            at=self.now,
            agent_id=agent,
            session="s" * 16,
            conversation_id=uuid7(),
            customer_id=customer,
            subject=f"people_customer.iban.{customer}",
            field=field,
            purpose="payment",
            outcome=outcome,
        )
        if outcome == "allowed":
            expires = self.now + timedelta(seconds=60)
            self.tickets.append(RevealTicket.objects.create(log=row, expires_at=expires))
        return row

    def redeem(self, ticket: RevealTicket) -> None:
        RevealTicket.objects.filter(pk=ticket.pk).update(redeemed_at=self.now)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def reveal(self, *, agent: int = 7, customer: UUID = CUSTOMERS[0]) -> None:
        self.ask(agent=agent, customer=customer)
        self.later(3)
        self.redeem(self.tickets[-1])

    def sequence(self) -> None:
        while sequencer.step():
            pass

    def cosign(self) -> str:
        """The witness signs what is published; returns what it keeps."""
        note = notes.Note.parse(proofs.latest())
        lines = "".join(map(str, WITNESS.sign(note.checkpoint, at=self.now)))
        witnesses.take(size=note.checkpoint.size, text=lines)
        return proofs.latest()

    def day(self) -> None:
        """Six customers seen by two agents, a denial, a comparison, an export; sequenced and signed along the way."""
        for number, customer in enumerate(CUSTOMERS):
            self.reveal(agent=7 if number < 4 else 8, customer=customer)
            self.ask(agent=9, customer=customer, outcome="no_grant")
            self.sequence()
            self.later(20)
        self.ask(agent=8, customer=CUSTOMERS[0], outcome="compared")
        self.ask(agent=8, customer=CUSTOMERS[0], outcome="matched")
        acts.record(kind="export", actor_id=8, details="12 rows")
        self.sequence()


@dataclass
class Bundle:
    """A bundle on disk, and who would forge it: somebody with the log's own key."""

    path: Path
    keys: Path

    @property
    def entries(self) -> list[str]:
        return (self.path / "entries").read_text().splitlines()

    def verify(self, *arguments: object, keys: bool = True) -> tuple[int, str]:
        command, *rest = map(str, arguments)
        return verify(command, *rest, *(("--keys", str(self.keys)) if keys else ()))

    def full(self, *more: object) -> tuple[int, str]:
        return self.verify("full", self.path, *more)

    def forge(self, entries: list[str], *, renumber: bool = True) -> None:
        """Write `entries` instead, with a checkpoint over them signed by the log, and no other checkpoint beside it."""
        if renumber:
            entries = [" ".join(["e1", str(at), *entry.split(" ")[2:]]) for at, entry in enumerate(entries)]
        hashes = [merkle.leaf_hash(entry.encode()) for entry in entries]

        def node(level: int, index: int) -> bytes:
            return merkle.folded(hashes[index << level : (index + 1) << level])

        signer = signing.signer()
        checkpoint = Checkpoint(signer.name, len(entries), merkle.root(len(entries), node))
        note = notes.Note(checkpoint, signer.sign(checkpoint, at=START))
        (self.path / "entries").write_text("".join(f"{entry}\n" for entry in entries))
        (self.path / "checkpoint").write_text(str(note))
        (self.path / "checkpoints").write_text(str(note))


def verify(*arguments: str) -> tuple[int, str]:
    """Run the auditor's file; return its exit code and everything it says."""
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = holdfast_verify.main(["--json", *arguments])
    found = json.loads(said.getvalue())
    assert found["code"] == code
    return code, "\n".join(f"{each['state']}: {each['text']}" for each in found["findings"])


@pytest.fixture
def house(db: None) -> Iterator[House]:
    house = House()
    clock.set_source(lambda: house.now)
    for key in WITNESS.keys:
        witnesses.trust(str(key))
    yield house
    clock.set_source(None)


@pytest.fixture
def keys(tmp_path: Path, house: House) -> Path:
    path = tmp_path / "keys"
    path.write_text("".join(f"{key}\n" for key in (*signing.signer().keys, *WITNESS.keys)))
    return path


def bundled(folder: Path, keys: Path, *, opened: tuple[str, ...] = LABELS) -> Bundle:
    bundle.write(folder, opened=opened)
    return Bundle(folder, keys)


@pytest.fixture(autouse=True)
def _an_empty_log(request: pytest.FixtureRequest) -> None:
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
        emptied()


def emptied() -> None:
    """Take away what earlier tests left: the gate commits on a connection of its own, so its rows outlive them."""
    with transaction.atomic(), superuser(), connection.cursor() as cursor:
        for table in ("revealticket", "reveallog", "ledger_pending", "ledger_leaf", "ledger_tile", "ledger_checkpoint"):
            cursor.execute(f"DELETE FROM guard_{table}")


@contextmanager
def superuser() -> Iterator[None]:
    """What somebody with the database's own superuser can do: no trigger stops them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
