"""Witnesses that are pushed to, over real HTTP: the house knocks, the witness checks, a log that lies gets nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from tests.guard.ledger.conftest import House
from tests.guard.ledger.test_witness import LOG, NAME, Log

from holdfast.guard.ledger import command, proofs, pushing, sequencer, signing, witness, witness_door, witnesses
from holdfast.guard.ledger.models import Cosignature
from holdfast.guard.ledger.notes import Note, Signer, VerifierKey


@contextmanager
def listening(door: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.server_address[1]}"
    finally:
        door.shutdown()
        thread.join()
        door.server_close()


@dataclass
class Door:
    """A witness behind its own door, and a log that knocks."""

    one: witness.Witness
    url: str
    log: Log

    def post(self, body: str | bytes, path: str = witness_door.PATH) -> httpx.Response:
        content = body.encode() if isinstance(body, str) else body
        return httpx.post(self.url + path, content=content, timeout=20, trust_env=False)

    def bring(self, old: int, *, proven: int | None = None, note: str = "") -> httpx.Response:
        """Bring the log as it is now, with the proof from `proven` (or `old`) entries."""
        size = len(self.log.entries)
        proof = self.log.ask(f"consistency?old={old if proven is None else proven}&size={size}")
        return self.post(f"old {old}\n{proof}\n{note or self.log.note()}")

    @property
    def kept(self) -> str:
        return (self.one.folder / "checkpoint").read_text()

    @property
    def evidence(self) -> int:
        return len(list(self.one.folder.glob("refused-*")))


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    log = Log()
    log.grow(5)
    one = witness.Witness(folder=tmp_path / "w", name=NAME, origin=LOG.name, keys=LOG.keys, ask=log.ask)
    with listening(witness_door.serving(one, host="127.0.0.1", port=0)) as url:
        yield Door(one, url, log)


def test_it_signs_what_only_grew(door: Door) -> None:
    first = door.bring(0)
    assert first.status_code == 200
    door.log.grow(300)
    grown = door.bring(5)
    again = door.bring(305)
    for answer in (grown, again):
        note = Note.parse(f"{door.log.note().partition('— ')[0]}{answer.text}")
        assert len(note.verified(witness.signer(door.one.folder, NAME).keys)) == 2
    assert Note.parse(door.kept).checkpoint.size == 305
    assert door.one.look() == witness.Seen(305, 305), "it may come by itself as well: one memory"


def test_it_says_what_it_saw_last(door: Door) -> None:
    assert door.bring(3).text == "0\n"
    door.bring(0)
    door.log.grow(2)
    late = door.bring(0)
    assert (late.status_code, late.text) == (409, "5\n")
    assert late.headers["content-type"] == "text/x.tlog.size"


def test_a_rollback_is_refused(door: Door) -> None:
    door.log.grow(10)
    door.bring(0)
    kept = door.kept
    del door.log.entries[-3:]
    assert (door.bring(0).status_code, door.bring(0).text) == (409, "15\n")
    assert door.post(f"old 15\n\n{door.log.note()}").status_code == 400
    assert door.bring(12).status_code == 409
    assert door.kept == kept


@pytest.mark.parametrize("more", [0, 1, 100])
def test_a_fork_is_refused_and_kept_once(door: Door, more: int) -> None:
    door.bring(0)
    kept = door.kept
    door.log.entries[2] = b"forged"
    door.log.grow(more)
    answers = [door.bring(5), door.bring(5)]
    assert [each.status_code for each in answers] == [409 if more == 0 else 422] * 2
    assert all("— " not in each.text for each in answers)
    assert door.kept == kept
    assert door.evidence == 1


def test_two_at_once_never_roll_it_back(door: Door) -> None:
    door.bring(0)
    older, sizes = door.log.note(), []
    for _ in range(6):
        door.log.grow(1)
        size = len(door.log.entries)
        sizes.append((size, f"old 5\n{door.log.ask(f'consistency?old=5&size={size}')}\n{door.log.note()}"))
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda body=body: answers.append(door.post(body).status_code)) for _, body in sizes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, *[409] * 5], "whoever was first; the others are told its size"
    assert door.kept != older


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 0\n\n", 400),
        (b"old -1\n\nx", 400),
        (b"old 00\n\nx", 400),
        (b"\xff\xfe", 400),
        (b"old 0\n" + b"A" * 43 + b"=\n" * 70 + b"\nx", 400),
        (b"old 0\nnot base64!\n\nx", 400),
        (b"old 0\nAAAA\n\nx", 400),
    ],
)
def test_what_is_no_request_is_told_so(door: Door, body: bytes, status: int) -> None:
    assert door.post(body).status_code == status


def test_another_log_another_key_and_a_proof_too_many(door: Door) -> None:
    other = Signer.log(origin="other.example/ledger", seed=b"an honest log")
    door.log.signer = other
    assert door.bring(0).status_code == 404
    door.log.signer = Signer.log(origin=LOG.name, seed=b"stolen name")
    assert door.bring(0).status_code == 403
    door.log.signer = LOG
    assert door.bring(0, proven=3).status_code == 422, "from nothing there is nothing to prove"
    assert door.post(b"x" * 70_000).status_code == 400
    assert door.post("old 0\n\n", path="/elsewhere").status_code == 404
    assert not (door.one.folder / "checkpoint").exists()


def test_a_witness_that_lost_its_memory_signs_nothing(door: Door) -> None:
    door.bring(0)
    (door.one.folder / "checkpoint").unlink()
    assert door.bring(0).status_code == 503


@dataclass
class Told:
    """A house that trusts a witness behind a door and pushes to it."""

    house: House
    one: witness.Witness
    known: dict[str, int]

    def push(self) -> int:
        with httpx.Client(trust_env=False) as client:
            return pushing.push_all(client, self.known)


@pytest.fixture
def told(house: House, tmp_path: Path) -> Iterator[Told]:
    house.day()
    one = witness.Witness(
        folder=tmp_path / "w", name=NAME, origin=signing.origin(), keys=signing.signer().keys, ask=witness.nobody
    )
    with listening(witness_door.serving(one, host="127.0.0.1", port=0)) as url:
        for key in witness.signer(one.folder, NAME).keys:
            witnesses.trust(str(key))
        witnesses.push_to(NAME, url, inside=True)
        house.sequence()
        yield Told(house, one, {})


def test_the_house_pushes_and_keeps_what_was_signed(told: Told) -> None:
    assert told.push() == 1
    told.house.reveal()
    told.house.sequence()
    told.known.clear()  # another worker, or this one after a restart
    assert told.push() == 1
    told.house.later(40)
    assert told.push() == 1, "nothing new: signed again, for its time"
    signed = Note.parse(proofs.latest()).verified(
        [VerifierKey.parse(key) for each in witnesses.standings() if each.name == NAME for key in each.vkeys]
    )
    assert set(signed.values()) == {int(told.house.now.timestamp())}
    assert not any(each.late for each in witnesses.standings() if each.name == NAME)


def test_a_witness_that_remembers_more_than_the_house_thinks_is_caught_up_with(told: Told) -> None:
    told.push()
    Cosignature.objects.all().delete()
    told.known.clear()
    assert told.push() == 1


def test_a_house_whose_log_was_rolled_back_or_forked_is_told(told: Told) -> None:
    from holdfast.guard.ledger.models import Checkpoint

    told.push()
    (to,) = witnesses.pushed()
    early = Checkpoint.objects.order_by("size")[0]
    with httpx.Client(trust_env=False) as client:
        back = pushing.Latest(early.size, f"{early.body}\n{early.signatures}")
        with pytest.raises(pushing.Disputed, match=rf"has seen {sequencer.size()} entries of this log, and it has"):
            pushing.push(to, back, {}, client)
        body = proofs.latest().split("\n")
        from holdfast.guard.ledger.notes import Checkpoint as Signed

        fork = Signed(body[0], int(body[1]), bytes(32))
        lines = "".join(map(str, signing.signer().sign(fork, at=told.house.now)))
        with pytest.raises(pushing.Disputed, match="another log of"):
            pushing.push(to, pushing.Latest(fork.size, f"{fork.body}\n{lines}"), {}, client)


class _Odd(BaseHTTPRequestHandler):
    """No witness: it answers what the test says."""

    says: tuple[int, dict[str, str], bytes] = (200, {}, b"")

    def do_POST(self) -> None:
        status, headers, body = self.says
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ((200, {}, b"hello\n"), "A signature line is a dash"),
        ((200, {}, b"\xe2\x80\x94 stranger.example/w aGVsbG8gaGVsbG8=\n"), "None of these signatures"),
        ((409, {}, b"5\n"), "without the size"),
        ((409, {"Content-Type": "text/x.tlog.size"}, b"-5\n"), "without the size"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "answers 302"),
        ((200, {}, b"x" * 100_000), "more than signatures need"),
    ],
)
def test_whatever_answers_instead_of_a_witness_is_not_believed(
    told: Told, says: tuple[int, dict[str, str], bytes], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Odd, "says", says)
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), _Odd)) as url, httpx.Client(trust_env=False) as client:
        witnesses.push_to(NAME, url, inside=True)
        (to,) = witnesses.pushed()
        latest = pushing.Latest(sequencer.size(), proofs.latest())
        with pytest.raises(pushing.NotSigned, match=sentence):
            pushing.push(to, latest, {}, client)


def test_a_private_address_is_not_asked_unless_it_may(told: Told) -> None:
    (to,) = witnesses.pushed()
    witnesses.push_to(NAME, to.url)
    assert told.push() == 0
    assert command.main(["push", NAME, to.url, "--own-network"]) == 0
    assert told.push() == 1
    assert command.main(["push", NAME]) == 0
    assert witnesses.pushed() == []
    assert command.main(["push", "nobody.example/w", to.url]) == 1
    assert command.main(["push", NAME, "ftp://w.example/"]) == 1


def test_our_own_witness_waits_behind_a_door_without_a_database(tmp_path: Path) -> None:
    log = Log()
    log.grow(5)
    arguments = ["--name", NAME, "--folder", str(tmp_path / "w"), "--origin", LOG.name, "--listen", "127.0.0.1:0"]
    arguments += [part for key in LOG.keys for part in ("--key", str(key))]
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@/nowhere?host=/nonexistent"}
    process = subprocess.Popen(
        [sys.executable, "-m", "holdfast", "guard", "witness", *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert said.startswith(f"Waiting for checkpoints of {LOG.name} at 127.0.0.1:"), said
        url = f"http://{said.rpartition(' at ')[2].strip().rstrip('.')}"
        answer = httpx.post(url, content=f"old 0\n\n{log.note()}", trust_env=False)
        assert answer.status_code == 200
        assert answer.text.startswith(f"— {NAME} ")
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.parametrize("listen", ["8790", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:http"])
def test_where_to_listen_has_to_be_said(listen: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--name", NAME, "--folder", str(tmp_path / "w"), "--origin", LOG.name, "--key", str(LOG.keys[0])]
    assert command.main(["witness", *arguments, "--listen", listen]) == 1
    assert "as HOST:PORT" in capsys.readouterr().err
