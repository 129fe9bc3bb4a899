"""Another key signs the log: followed by whoever trusts the old one, refused out of turn, explained half-way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.guard.ledger.conftest import START, WITNESS, Bundle, House

from holdfast.guard.keys import key_ring
from holdfast.guard.ledger import bundle, checking, command, merkle, new_key, notes, proofs, sequencer, signing
from holdfast.guard.ledger import succession as keys_in_turn
from holdfast.guard.ledger.models import Act, Checkpoint, Leaf, Succession
from holdfast.guard.ledger.notes import BadNote, Note, Signer

OLD, NEW, THIRD = "the old secret", "the new secret", "the third secret"


@pytest.fixture
def old(house: House, settings: Any) -> Signer:
    settings.LEDGER_KEY = OLD
    house.day()
    return signing.signer()


@pytest.fixture
def changed(old: Signer, house: House, settings: Any) -> Signer:
    """The key was changed, and the log went on."""
    new_key.change(new_secret=NEW)
    settings.LEDGER_KEY = NEW
    house.reveal()
    house.sequence()
    return signing.signer()


def written(tmp_path: Path, *signers: Signer) -> Bundle:
    """A bundle, and the keys of `signers` as an auditor has them."""
    path, keys = tmp_path / "bundle", tmp_path / "keys"
    bundle.write(path)
    keys.write_text("".join(f"{key}\n" for signer in signers for key in (*signer.keys, *WITNESS.keys)))
    return Bundle(path, keys)


@pytest.mark.parametrize("which", ["old", "changed"])
def test_an_auditor_with_either_key_follows_it_over_the_change(
    old: Signer, changed: Signer, house: House, tmp_path: Path, which: str
) -> None:
    house.cosign()
    last = Note.parse(proofs.latest())
    assert last.verified(changed.keys)
    assert not last.verified(old.keys)
    code, said = written(tmp_path, old if which == "old" else changed).full()
    assert code == 0, said
    assert "1 changes of the log's key follow from yours" in said
    assert checking.check().faults == []


def test_an_auditor_with_a_strangers_key_is_not_led_along(old: Signer, changed: Signer, tmp_path: Path) -> None:
    stranger = Signer.log(origin=old.name, seed=b"stranger")
    code, said = written(tmp_path, stranger).full()
    assert code == 1
    assert "none of your keys signed that" in said
    assert "none of your keys of" in said


def test_a_stolen_old_key_signs_nothing_that_counts(old: Signer, changed: Signer, tmp_path: Path) -> None:
    made = written(tmp_path, old)
    hashes = [merkle.leaf_hash(entry.encode()) for entry in made.entries]
    root = merkle.root(len(hashes), lambda level, index: merkle.folded(hashes[index << level : (index + 1) << level]))
    forged = notes.Checkpoint(old.name, len(hashes), root)
    (made.path / "checkpoint").write_text(str(Note(forged, old.sign(forged, at=START))))
    code, said = made.full()
    assert code == 1
    assert "out of its turn" in said


@pytest.mark.parametrize("harm", ["other new key", "no signature of the old", "twice", "nonsense"])
def test_a_tampered_succession_leads_nowhere(old: Signer, changed: Signer, tmp_path: Path, harm: str) -> None:
    made = written(tmp_path, old)
    file = made.path / "successions"
    text = file.read_text()
    stranger = Signer.log(origin=old.name, seed=b"stranger")
    last = keys_in_turn.Succession.parse(text).checkpoint
    body = keys_in_turn.Succession(last, old.keys, stranger.keys).body
    file.write_text(
        {
            "other new key": text.replace(str(changed.keys[0]), str(stranger.keys[0])),
            "no signature of the old": f"{body}\n{stranger.vouch(body)}",
            "twice": f"{text}\n--\n{keys_in_turn.written(old=old, new=stranger, checkpoint=last)}",
            "nonsense": "nothing of the kind\n",
        }[harm]
    )
    with pytest.raises(BadNote):
        keys_in_turn.parsed(file.read_text())
    assert made.full()[0] == 2


def test_half_way_nothing_is_signed_and_nothing_is_lost(old: Signer, house: House, settings: Any) -> None:
    new_key.change(new_secret=NEW)
    signed = Checkpoint.objects.count()
    house.reveal()
    with pytest.raises(sequencer.WrongKey, match=r"was put away after .* Give every worker the new one"):
        sequencer.step()
    assert Checkpoint.objects.count() == signed
    entries = Leaf.objects.count()
    settings.LEDGER_KEY = NEW
    house.sequence()
    assert Leaf.objects.count() == entries, "they were taken in meanwhile"
    assert Note.parse(proofs.latest()).checkpoint.size == entries
    assert checking.check().faults == []


def test_a_new_key_before_its_succession_is_refused_and_told_the_order(
    old: Signer, house: House, settings: Any
) -> None:
    settings.LEDGER_KEY = NEW
    house.reveal()
    with pytest.raises(sequencer.WrongKey, match="run `holdfast guard new-key` with the old one in place"):
        sequencer.step()
    with pytest.raises(new_key.NotChanged, match="Only the key that signs now can name the next one"):
        new_key.change(new_secret=THIRD)
    assert not Succession.objects.exists()


def test_a_line_of_keys_goes_on_and_never_back(old: Signer, changed: Signer, house: House, settings: Any) -> None:
    with pytest.raises(BadNote, match="does not come back"):
        new_key.change(new_secret=OLD)
    new_key.change(new_secret=THIRD)
    settings.LEDGER_KEY = THIRD
    house.reveal()
    house.sequence()
    assert checking.check().faults == []
    assert [turn.until for turn in signing.turns() if turn.key in old.keys] == [Succession.objects.all()[0].size] * 2
    settings.LEDGER_KEY = NEW
    house.reveal()
    with pytest.raises(sequencer.WrongKey, match="was put away"):
        sequencer.step()


def test_in_the_data_directory_it_is_made_and_an_interrupted_change_is_finished(
    house: House, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_ring()  # it is kept in the data directory as well, and stays the same
    settings.DATA_DIR = tmp_path
    house.day()
    before = signing.signer()
    with monkeypatch.context() as broken:
        broken.setattr(new_key, "_put_in_place", lambda old: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            command.main(["new-key"])
    assert signing.signer() == before
    assert command.main(["new-key"]) == 0
    assert Succession.objects.count() == 1
    assert signing.signer() != before
    kept = tmp_path / "keys" / f"ledger-old-{before.keys[0].id.hex()}"
    assert kept.stat().st_mode & 0o777 == 0o600
    house.reveal()
    house.sequence()
    assert Note.parse(proofs.latest()).verified(signing.signer().keys)
    assert Act.objects.filter(kind="key_changed").count() == 1


def test_what_the_operator_has_to_do_is_said(old: Signer, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["new-key"]) == 1
    assert "HOLDFAST_LEDGER_NEW_KEY" in capsys.readouterr().err


@pytest.mark.parametrize("harm", ["UPDATE guard_ledger_succession SET size = 0", "DELETE FROM guard_ledger_succession"])
def test_a_succession_stays(changed: Signer, harm: str) -> None:
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(harm)
