"""A witness of a second organisation over real HTTP, and every way a log can try to make it sign what is not so."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from pytest_django.live_server_helper import LiveServer
from tests.guard.ledger.conftest import House

from holdfast.guard.ledger import acts, command, merkle, proofs, sequencer, signing, succession, witness, witnesses
from holdfast.guard.ledger.models import Cosignature
from holdfast.guard.ledger.notes import Checkpoint, Note, Signer
from holdfast.kit import clock as house_clock

NAME = "auditor.example/w2"
LOG = Signer.log(origin="log.example/ledger", seed=b"an honest log")


@dataclass
class Log:
    """A log in memory that can be made to lie."""

    entries: list[bytes] = field(default_factory=list)
    taken: list[tuple[int, str]] = field(default_factory=list)
    signer: Signer = LOG
    away: bool = False
    successions: str = ""

    def grow(self, count: int, *, tag: str = "entry") -> None:
        self.entries += [f"{tag} {len(self.entries) + each}".encode() for each in range(count)]

    def node(self, level: int, index: int) -> bytes:
        hashes = [merkle.leaf_hash(entry) for entry in self.entries[index << level : (index + 1) << level]]
        return merkle.folded(hashes)

    def note(self) -> str:
        checkpoint = Checkpoint(self.signer.name, len(self.entries), merkle.root(len(self.entries), self.node))
        return str(Note(checkpoint, self.signer.sign(checkpoint, at=house_clock.now())))

    def ask(self, path: str) -> str:
        if path == "checkpoint":
            return self.note()
        if path == "successions":
            return self.successions
        old, size = (int(part.split("=")[1]) for part in path.partition("?")[2].split("&"))
        return "".join(f"{base64.b64encode(each).decode()}\n" for each in merkle.consistency(old, size, self.node))

    def tell(self, size: int, lines: str) -> None:
        if self.away:
            raise witness.Unreachable("The log does not answer.")
        self.taken.append((size, lines))


@pytest.fixture
def log() -> Log:
    log = Log()
    log.grow(5)
    return log


@pytest.fixture
def one(log: Log, tmp_path: Path) -> witness.Witness:
    return witness.Witness(folder=tmp_path / "w", name=NAME, origin=LOG.name, keys=LOG.keys, ask=log.ask, tell=log.tell)


def refused(one: witness.Witness, log: Log, why: str) -> None:
    """The witness says no, signs nothing, keeps what it had, and keeps the evidence."""
    kept, signed = (one.folder / "checkpoint").read_text(), list(log.taken)
    before = set(one.folder.glob("refused-*"))
    with pytest.raises(witness.Refused, match=why):
        one.look()
    assert log.taken == signed
    assert (one.folder / "checkpoint").read_text() == kept
    (evidence,) = set(one.folder.glob("refused-*")) - before
    told = json.loads(evidence.read_text())
    assert told["kept"] == kept
    assert told["shown"]


def test_it_signs_what_only_grew(one: witness.Witness, log: Log) -> None:
    assert one.look() == witness.Seen(5, 0)
    log.grow(300)
    assert one.look() == witness.Seen(305, 5)
    assert one.look() == witness.Seen(305, 305)  # again, for its time
    keys = witness.signer(one.folder, NAME).keys
    for size, lines in log.taken:
        note = Note.parse(f"{log.note().partition('— ')[0]}{lines}") if size == 305 else None
        assert note is None or len(note.verified(keys)) == 2


def test_a_rollback_is_refused_loudly(one: witness.Witness, log: Log) -> None:
    log.grow(10)
    one.look()
    del log.entries[-3:]
    refused(one, log, "ROLLBACK: the log had 15 entries and shows 12")


def test_an_old_checkpoint_played_again_is_a_rollback(one: witness.Witness, log: Log) -> None:
    one.look()
    log.grow(1)
    one.look()
    log.entries.pop()
    refused(one, log, "ROLLBACK")


@pytest.mark.parametrize("more", [0, 1, 100])
def test_a_fork_is_refused_loudly(one: witness.Witness, log: Log, more: int) -> None:
    one.look()
    log.entries[2] = b"forged"
    log.grow(more)
    refused(one, log, "FORK")


def test_another_log_or_another_key_is_not_signed(one: witness.Witness, log: Log) -> None:
    one.look()
    log.signer = Signer.log(origin=LOG.name, seed=b"stolen name")
    refused(one, log, "not signed with the key of this log")
    log.signer = Signer.log(origin="other.example/ledger", seed=b"an honest log")
    refused(one, log, "calls itself other.example/ledger")


def test_a_change_of_key_is_followed_and_not_undone(one: witness.Witness, log: Log) -> None:
    one.look()
    new = Signer.log(origin=LOG.name, seed=b"the next key")
    log.successions = succession.written(old=LOG, new=new, checkpoint=Note.parse(log.note()).checkpoint)
    log.signer = new
    log.grow(3)
    assert one.look() == witness.Seen(8, 5)
    log.grow(1)
    log.signer = LOG  # stolen, after it was put away
    refused(one, log, "not signed with the key of this log")
    thief = Signer.log(origin=LOG.name, seed=b"a thief")
    log.signer = thief
    log.successions = succession.written(old=LOG, new=thief, checkpoint=Note.parse(log.note()).checkpoint)
    refused(one, log, "not signed with the key of this log")


def test_a_log_that_is_away_is_no_fault(one: witness.Witness, log: Log) -> None:
    one.look()
    log.grow(2)
    log.away = True
    with pytest.raises(witness.Unreachable):
        one.look()
    log.away = False
    assert one.look() == witness.Seen(7, 7)  # it remembered before it told, so nothing can be signed twice


def test_a_witness_that_lost_its_memory_signs_nothing(one: witness.Witness, log: Log) -> None:
    one.look()
    kept = one.folder / "checkpoint"
    text = kept.read_text()
    kept.unlink()
    (one.folder / ".checkpoint.1").write_text("half a file of a process that died")
    with pytest.raises(witness.Refused, match="is gone, though this witness signed before"):
        one.look()
    kept.write_text(text[:30])
    with pytest.raises(witness.Refused, match="is damaged"):
        one.look()
    kept.write_text(text)
    (one.folder / "key").unlink()
    log.grow(1)
    with pytest.raises(witness.Refused, match="key is gone"):
        one.look()


def test_a_second_organisation_signs_a_running_house(
    transactional_db: None, live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts.record(kind="export", details="for this test")
    while sequencer.step():
        pass
    folder = ["--name", NAME, "--folder", str(tmp_path / "w")]
    assert command.main(["witness", *folder, "--show"]) == 0
    vkeys = capsys.readouterr().out.split()
    where = ["--url", f"{live_server.url}/ledger/", "--origin", signing.origin()]
    where += [part for key in signing.signer().keys for part in ("--key", str(key))]
    assert command.main(["witness", *folder, *where, "--once"]) == 1
    assert "not by a witness that is trusted" in capsys.readouterr().err.replace("None of these signatures is", "not")
    assert command.main(["trust", *vkeys]) == 0
    assert witnesses.standings()[0].late
    while sequencer.step():
        pass
    assert command.main(["witness", *folder, *where, "--once"]) == 0
    assert "Signed 3 entries" in capsys.readouterr().err
    found = Note.parse(httpx.get(f"{live_server.url}/ledger/checkpoint").text)
    assert {key.name for key in found.verified([*signing.signer().keys, *witnesses_keys()])} == {
        signing.origin(),
        NAME,
    }
    assert not any(each.late for each in witnesses.standings())
    with time_machine.travel(house_clock.now() + timedelta(minutes=3)):
        assert all(each.late for each in witnesses.standings())


def witnesses_keys() -> list[object]:
    from holdfast.guard.ledger.notes import VerifierKey

    return [VerifierKey.parse(key) for each in witnesses.standings() for key in each.vkeys]


def test_cosignatures_are_taken_from_trusted_witnesses_only(house: House) -> None:
    house.day()
    size, note = sequencer.size(), Note.parse(proofs.latest())
    stranger = Signer.witness(name="stranger.example/w", seed=b"stranger")
    for signer, at, why in (
        (stranger, house.now, "None of these signatures"),
        (Signer.witness(name="auditor.example/w1", seed=b"another"), house.now, "None of these"),
    ):
        lines = "".join(map(str, signer.sign(note.checkpoint, at=at)))
        with pytest.raises(witnesses.NotTaken, match=why):
            witnesses.take(size=size, text=lines)
    from tests.guard.ledger.conftest import WITNESS

    other = Checkpoint(note.checkpoint.origin, size, bytes(32))
    with pytest.raises(witnesses.NotTaken, match="is wrong"):
        witnesses.take(size=size, text="".join(map(str, WITNESS.sign(other, at=house.now))))
    ahead = house.now + timedelta(minutes=5)
    with pytest.raises(witnesses.NotTaken, match="ahead of ours"):
        witnesses.take(size=size, text="".join(map(str, WITNESS.sign(note.checkpoint, at=ahead))))
    with pytest.raises(witnesses.NotTaken, match="No checkpoint of size 999"):
        witnesses.take(size=999, text="")
    house.cosign()
    house.later(30)
    house.cosign()
    assert {row.at for row in Cosignature.objects.all()} == {house.now}
    house.later(-30)
    house.cosign()  # an older one again changes nothing
    assert {row.at for row in Cosignature.objects.all()} == {house.now + timedelta(seconds=30)}
    witnesses.distrust("auditor.example/w1")
    assert witnesses.standings() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", NAME], "needs --url, --origin and --key"),
        (["--name", NAME, "--key", "nonsense"], "A key is written"),
        (
            ["--name", NAME, "--url", "x", "--origin", "y", "--key", str(LOG.keys[0]), "--every", "90"],
            "1 to 60 seconds",
        ),
        (
            ["--name", NAME, "--url", "http://127.0.0.1:9", "--origin", "y", "--key", str(LOG.keys[0]), "--once"],
            "Not signed: The log does not answer",
        ),
    ],
)
def test_what_a_witness_was_told_wrong_is_said(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["witness", "--folder", str(tmp_path / "w"), *arguments]) == 1
    assert sentence in capsys.readouterr().err
