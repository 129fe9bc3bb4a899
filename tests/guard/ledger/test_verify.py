"""What an auditor finds out with one file, and what nobody can find out."""

from __future__ import annotations

import ast
import base64
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.guard.ledger.conftest import CUSTOMERS, START, Bundle, House, bundled, verify

from holdfast.guard.ledger import entries, holdfast_verify, notes, proofs, sequencer
from holdfast.guard.ledger.notes import Signer

FILE = Path(holdfast_verify.__file__)


@pytest.fixture
def seen(house: House, tmp_path: Path) -> Path:
    """What the auditor's own witness kept, half-way through the day."""
    for customer in CUSTOMERS[:3]:
        house.reveal(customer=customer)
    house.sequence()
    house.later(5)
    path = tmp_path / "seen"
    path.write_text(house.cosign())
    return path


@pytest.fixture
def bundle(seen: Path, house: House, keys: Path, tmp_path: Path) -> Bundle:
    house.later(60)
    house.day()
    house.cosign()
    return bundled(tmp_path / "bundle", keys)


def test_an_honest_log_passes_whole(bundle: Bundle, seen: Path) -> None:
    code, said = bundle.full("--seen", seen)
    assert (code, "WRONG" in said) == (0, False), said
    assert "auditor.example/w1 saw it" in said
    code, said = bundle.verify("broker", bundle.path)
    assert code == 0, said
    assert "9 releases were held" in said.replace("list of 9 releases was held", "9 releases were held")


def test_it_is_one_file_that_needs_nothing_of_ours() -> None:
    tree = ast.parse(FILE.read_text())
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert roots - set(sys.stdlib_module_names) == {"cryptography"}


def test_without_cryptography_it_says_what_it_did_not_check(bundle: Bundle, tmp_path: Path) -> None:
    alone = tmp_path / "holdfast-verify"
    alone.write_text(FILE.read_text())
    run = subprocess.run(
        [sys.executable, "-I", "-S", alone, "full", bundle.path, "--keys", bundle.keys],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    assert run.returncode == 3, run.stdout + run.stderr
    assert "not checked The checkpoint: Ed25519 signatures" in run.stdout
    assert "Good as far as it was checked." in run.stdout
    (bundle.path / "entries").write_text("\n".join(bundle.entries[:-1]) + "\n")
    run = subprocess.run([sys.executable, "-I", "-S", alone, "full", bundle.path], capture_output=True, check=False)
    assert run.returncode == 1


def test_without_keys_signatures_prove_nothing_and_that_is_said(bundle: Bundle) -> None:
    code, said = bundle.verify("full", bundle.path, keys=False)
    assert code == 3
    assert "no --keys given" in said


def test_an_edited_entry_is_found(bundle: Bundle) -> None:
    lines = bundle.entries
    at = next(index for index, line in enumerate(lines) if " no_grant " in line)
    lines[at] = lines[at].replace(" no_grant ", " allowed ")
    (bundle.path / "entries").write_text("\n".join(lines) + "\n")
    code, said = bundle.full()
    assert code == 1
    assert "its root is not that of the first" in said


@pytest.mark.parametrize("attack", ["edit", "delete", "swap", "insert"])
def test_rewriting_history_with_the_logs_own_key_is_found_by_who_saw_it(
    bundle: Bundle, seen: Path, attack: str
) -> None:
    lines = bundle.entries
    if attack == "edit":
        lines[3] = lines[3].replace("iban", "name")
    elif attack == "delete":
        del lines[2:4]
    elif attack == "swap":
        lines[0], lines[2] = lines[2], lines[0]
    else:
        lines.insert(3, lines[2].replace("asked", "act"))
    bundle.forge(lines)
    code, said = bundle.full("--seen", seen)
    assert code == 1
    assert "They were changed, or it is a fork" in said


def test_entries_out_of_order_are_no_log(bundle: Bundle) -> None:
    lines = bundle.entries
    lines[3], lines[4] = lines[4], lines[3]
    bundle.forge(lines, renumber=False)
    code, said = bundle.full()
    assert code == 2
    assert "out of order" in said


def test_cutting_off_what_a_witness_saw_is_found_and_the_tail_after_it_is_the_limit(bundle: Bundle, seen: Path) -> None:
    lines, covered = bundle.entries, notes.Note.parse(seen.read_text()).checkpoint.size
    bundle.forge(lines[: covered - 1])
    code, said = bundle.full("--seen", seen)
    assert code == 1
    assert "the end was cut off" in said
    bundle.forge(lines[:covered])  # everything since the witness looked is gone, and nobody can know
    code, said = bundle.full("--seen", seen)
    assert code == 0, said
    assert "you would not know" in said


def test_a_fork_of_the_same_size_is_found(bundle: Bundle, tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text((bundle.path / "checkpoint").read_text())
    bundle.forge([*bundle.entries[:-1], bundle.entries[-1].replace(" export ", " nothing ")])
    code, said = bundle.full("--seen", real)
    assert code == 1
    assert "fork" in said


def test_an_old_log_played_again_is_found_by_its_age(bundle: Bundle) -> None:
    code, said = bundle.full("--fresh", 600)  # the day of these tests is long over
    assert code == 1
    assert "played again" in said


def test_an_entry_put_in_with_an_old_date_contradicts_the_witness(bundle: Bundle, seen: Path) -> None:
    old = entries.microseconds(START - timedelta(days=7))
    words = bundle.entries[0].split(" ")
    words[2], words[3], words[5] = str(old), str(old), "f" * 32
    bundle.forge([*bundle.entries, " ".join(words)])
    code, said = bundle.full("--seen", seen)
    assert code == 1
    assert "dated before auditor.example/w1 signed a log without them" in said


def test_a_clock_that_jumps_is_told_and_changes_no_order(house: House, keys: Path, tmp_path: Path) -> None:
    house.reveal()
    house.sequence()
    house.later(86_400)
    house.reveal()
    house.sequence()
    house.later(-86_400)
    house.reveal()
    house.sequence()
    code, said = bundled(tmp_path / "bundle", keys).full()
    assert code == 0, said
    assert "the clock was put back" in said


def test_a_worker_that_was_down_is_told_as_late(house: House, keys: Path, tmp_path: Path) -> None:
    house.reveal()
    house.later(3600)
    house.sequence()
    code, said = bundled(tmp_path / "bundle", keys).full()
    assert code == 0
    assert "4 entries got their place more than 60 s after" in said


def test_another_key_is_no_signature(bundle: Bundle, house: House) -> None:
    other = Signer.log(origin=notes.Note.parse(proofs.latest()).checkpoint.origin, seed=b"not this log")
    bundle.keys.write_text("".join(f"{key}\n" for key in other.keys))
    code, said = bundle.full()
    assert code == 1
    assert "none of your keys" in said
    note = (bundle.path / "checkpoint").read_text()
    size = str(sequencer.size())
    (bundle.path / "checkpoint").write_text(note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n", 1))
    bundle.keys.write_text("".join((bundle.path / "keys").read_text()))
    code, said = bundle.full()
    assert code == 1
    assert "signature of" in said


def test_a_release_needs_one_earlier_request_of_its_own(house: House, keys: Path, tmp_path: Path) -> None:
    house.day()
    bundle = bundled(tmp_path / "bundle", keys)
    lines = bundle.entries
    granted = next(line for line in lines if " allowed " in line)
    released = next(line for line in lines if line.split(" ")[6] == granted.split(" ")[5])

    def without(line: str) -> None:
        bundle.forge([each for each in lines if each != line])

    without(granted)
    code, said = bundle.verify("broker", bundle.path)
    assert (code, "without an earlier granted request" in said) == (1, True)
    without(released)
    code, said = bundle.verify("broker", bundle.path)
    assert (code, "the log does not have it" in said) == (1, True)
    bundle.forge([*lines, released.replace(released.split(" ")[5], "e" * 32, 1)])
    code, said = bundle.verify("broker", bundle.path)
    assert (code, "that was used before" in said) == (1, True)
    bundle.forge([*lines, granted])
    code, said = bundle.full()
    assert (code, "repeats an earlier one" in said) == (1, True)
    late = released.split(" ")
    late[3] = str(int(late[3]) + 90_000_000)
    bundle.forge([" ".join(late) if each == released else each for each in lines])
    code, said = bundle.full()
    assert (code, "later than a minute" in said) == (1, True)


def blast(bundle: Bundle, *more: object, actor: str = "7") -> tuple[int, str]:
    end = START + timedelta(hours=2)
    times = ("--from", START.isoformat(), "--to", end.isoformat())
    return bundle.verify("blast", bundle.path, "--actor", actor, *times, *more)


def test_a_blast_report_is_recomputed_from_the_entries(bundle: Bundle, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    four = [str(customer) for customer in CUSTOMERS[:4]]
    report.write_text(json.dumps({"customers": {"released": four}}))
    code, said = blast(bundle, "--report", report)
    assert code == 0, said
    assert "exactly those in the log" in said
    report.write_text(json.dumps({"customers": {"released": four[1:]}}))
    code, said = blast(bundle, "--report", report)
    assert (code, f"leaves out 1 customers of released: {four[0]}" in said) == (1, True)
    report.write_text(json.dumps({"customers": {"released": [*four, "made-up"]}}))
    code, said = blast(bundle, "--report", report)
    assert (code, "not in the log: made-up" in said) == (1, True)
    code, said = blast(bundle, "--list", actor="9")
    assert "refused: 6 customers" in said
    assert f"refused {CUSTOMERS[5]}" in said


def test_what_is_told_of_an_entry_must_be_what_was_hashed(bundle: Bundle) -> None:
    path = bundle.path / "openings"
    told = path.read_text()
    path.write_text(told.replace('"8"', '"7"'))  # another agent's reveals are put on this one
    code, said = blast(bundle)
    assert (code, "is not what was hashed" in said) == (1, True)
    path.write_text("".join(line for line in told.splitlines(keepends=True) if not line.startswith("2 actor")))
    code, said = blast(bundle)
    assert (code, "1 entries of that time do not say whose they are: 2" in said) == (3, True)


def test_one_entry_and_one_step_are_proved_alone(bundle: Bundle, seen: Path, tmp_path: Path) -> None:
    for index in (0, 7, sequencer.size() - 2):
        path = tmp_path / f"{index}.tlog-proof"
        path.write_text(str(proofs.inclusion(index)))
        code, said = bundle.verify("inclusion", path)
        assert (code, f"Entry {index} is one of the" in said) == (0, True), said
        entry = proofs.inclusion(index).entry
        words = entry.split(" ")
        forged = " ".join([*words[:7], "forged", *words[8:]])
        path.write_text(path.read_text().replace(*(base64.b64encode(e.encode()).decode() for e in (entry, forged))))
        code, said = bundle.verify("inclusion", path)
        assert (code, "does not lead" in said) == (1, True)
    newest, proof, old = tmp_path / "new", tmp_path / "proof", notes.Note.parse(seen.read_text()).checkpoint
    newest.write_text(proofs.latest())
    size = notes.Note.parse(proofs.latest()).checkpoint.size
    proof.write_text(proofs.as_lines(proofs.consistency(old=old.size, size=size)))
    code, said = bundle.verify("consistency", seen, newest, proof)
    assert code == 0, said
    code, said = bundle.verify("consistency", newest, seen, proof)
    assert (code, "rolled back" in said) == (1, True)
    proof.write_text("".join(proof.read_text().splitlines(keepends=True)[1:]))
    code, said = bundle.verify("consistency", seen, newest, proof)
    assert (code, "does not go on" in said) == (1, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("checkpoint", "nothing\n"),
        ("entries", "e1 zero\n"),
        ("entries", "e1 0 1 1 asked " + "0" * 32 + " - allowed iban payment - - - - - - -"),
        ("keys", "a+b+c\n"),
    ],
)
def test_bad_input_is_told_in_a_sentence(bundle: Bundle, name: str, text: str) -> None:
    (bundle.keys if name == "keys" else bundle.path / name).write_text(text)
    code, said = bundle.full()
    assert code == 2
    assert said.splitlines()[-1].startswith("WRONG: ")
    assert verify("full", "/nowhere")[0] == 2
