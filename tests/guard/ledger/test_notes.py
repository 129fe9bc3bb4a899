"""Checkpoints, keys and signatures, against published examples where there are any."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from holdfast.guard.ledger import notes
from holdfast.guard.ledger.notes import BadNote, Checkpoint, Line, Note, Signer, VerifierKey

# The example of Go's golang.org/x/mod/sumdb/note, whose format C2SP took over.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
# The example of c2sp.org/tlog-cosignature.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2\
q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ\
qhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHECKPOINT = Checkpoint("log.example/ledger", 7, bytes(range(32)))
LOG = Signer.log(origin="log.example/ledger", seed=b"log seed")
WITNESS = Signer.witness(name="witness.example/w1", seed=b"witness seed")


def test_a_published_key_and_signature_are_read_as_others_read_them() -> None:
    key, line = VerifierKey.parse(PETER), Line.parse(SIGNED)
    assert str(key) == PETER
    assert line.id == key.id
    assert f"{line}" == SIGNED + "\n"
    Ed25519PublicKey.from_public_bytes(key.raw).verify(line.signature, SAID.encode())


def test_the_published_checkpoint_is_read_and_written_alike() -> None:
    note = Note.parse(EXAMPLE)
    assert str(note) == EXAMPLE
    assert (note.checkpoint.origin, note.checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert len(note.lines[1].signature) == 8 + 64


def test_log_and_witness_sign_with_both_kinds_of_key() -> None:
    note = Note(CHECKPOINT, (*LOG.sign(CHECKPOINT, at=MOMENT), *WITNESS.sign(CHECKPOINT, at=MOMENT)))
    found = Note.parse(str(note)).verified([*LOG.keys, *WITNESS.keys])
    moment = int(MOMENT.timestamp())
    assert notes.ML_DSA, "this environment is expected to have ML-DSA-44"
    assert {(key.name, key.type): at for key, at in found.items()} == {
        ("log.example/ledger", 1): None,
        ("log.example/ledger", 6): moment,
        ("witness.example/w1", 4): moment,
        ("witness.example/w1", 6): moment,
    }


@pytest.mark.parametrize("signer", [LOG, WITNESS])
@pytest.mark.parametrize(
    "other",
    [
        Checkpoint("log.example/ledger", 8, CHECKPOINT.root),
        Checkpoint("log.example/ledger", 7, bytes(32)),
        Checkpoint("other.example/ledger", 7, CHECKPOINT.root),
    ],
)
def test_a_signature_is_good_for_its_own_checkpoint_only(signer: Signer, other: Checkpoint) -> None:
    for line, key in zip(signer.sign(CHECKPOINT, at=MOMENT), signer.keys, strict=True):
        notes.verify(CHECKPOINT, line, key)
        with pytest.raises(BadNote, match="is wrong"):
            notes.verify(other, line, key)


def test_the_time_of_a_cosignature_is_signed_too() -> None:
    for line, key in zip(WITNESS.sign(CHECKPOINT, at=MOMENT), WITNESS.keys, strict=True):
        later = Line(line.name, line.id, (int.from_bytes(line.signature[:8]) + 60).to_bytes(8) + line.signature[8:])
        with pytest.raises(BadNote, match="is wrong"):
            notes.verify(CHECKPOINT, later, key)


def test_strangers_signatures_are_left_aside_and_wrong_ones_refused() -> None:
    stranger = Signer.log(origin="log.example/ledger", seed=b"another seed")
    note = Note(CHECKPOINT, stranger.sign(CHECKPOINT, at=MOMENT))
    assert note.verified(LOG.keys) == {}
    forged = Note(CHECKPOINT, (Line(LOG.name, LOG.keys[0].id, b"\0" * 64),))
    with pytest.raises(BadNote, match="is wrong"):
        forged.verified(LOG.keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        "log\n07\n" + "A" * 43 + "=\n\n— log AAAAAAAA\n",
        "log\n7\nAAAA\n\n— log AAAAAAAA\n",
        "a log\n7\n" + "A" * 43 + "=\n\n— log AAAAAAAA\n",
        "log\n7\n" + "A" * 43 + "=\nextension\n\n— log AAAAAAAA\n",
        "log\n7\n" + "A" * 43 + "=\n\n- log AAAAAAAA\n",
        "log\n7\n" + "A" * 43 + "=\n\n— log !!!!\n",
        "log\n7\n" + "A" * 43 + "=\n\n",
        "log\n7\n" + "A" * 43 + "=\n\n" + "— log AAAAAAAA\n" * 65,
    ],
)
def test_what_is_no_checkpoint_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadNote, match=r"\.$"):
        Note.parse(text)


@pytest.mark.parametrize("text", ["", "x", PETER[:-4], PETER.replace("c74f20a3", "c74f20a4"), "a b" + PETER])
def test_what_is_no_key_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadNote, match=r"\.$"):
        VerifierKey.parse(text)
