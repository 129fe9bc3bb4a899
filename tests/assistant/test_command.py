"""`holdfast assistant evaluate`: figures for people and machines, and a sentence where it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from holdfast.assistant import command

ROWS = [
    (f"{verb} my {what}", what)
    for what in ("card", "transfer", "pin", "refund")
    for verb in ("where is", "lost", "send", "I need", "stop")
]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    for name, rows in (("train", ROWS), ("test", ROWS[::2])):
        lines = [f"{text},{label}" for text, label in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,category", *lines]))
    return str(tmp_path / "train.csv"), str(tmp_path / "test.csv")


def test_it_learns_from_one_file_and_measures_on_the_other(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", "--train", files[0], "--test", files[1], "--no-semantic", "--json"]
    assert command.main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] == found["macro_f1"] == 1.0
    assert (found["train"], found["test"], found["labels"], found["semantic"]) == (20, 10, 4, False)
    assert 0 < found["turn_ms_p50"] <= found["turn_ms_p95"]
    assert found["texts_per_second"] > 0
    assert found["memory_mb"] > 0
    assert "words_only" not in found


def test_with_few_examples_the_seed_draws_them(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "evaluate",
        "--train",
        files[0],
        "--test",
        files[1],
        "--no-semantic",
        "--shots",
        "1",
        "--seed",
        "7",
        "--json",
    ]
    assert command.main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["train"], found["shots"], found["seed"]) == (4, 1, 7)


def test_what_is_out_of_scope_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clinc.json"
    rows = [list(row) for row in ROWS]
    path.write_text(
        json.dumps({"train": rows, "val": rows[::2], "test": rows[1::2], "oos_test": [["sing a song", "oos"]]})
    )
    assert command.main(["evaluate", "--clinc", str(path), "--no-semantic", "--keep", "90%", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["keep"] == 0.9
    assert found["oos_refused"] == found["auroc"] == 1.0
    assert 0 < found["answered"] <= 1
    assert found["right_of_answered"] == 1.0
    assert command.main(["evaluate", "--clinc", str(path), "--no-semantic"]) == 0
    assert "right of answered: 1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "COMMAND"),
        (["evaluate"], 2, "Name both --train and --test, or --clinc alone."),
        (["evaluate", "--train", "a.csv"], 2, "Name both"),
        (["evaluate", "--train", "a.csv", "--test", "b.csv", "--clinc", "c.json"], 2, "Name both"),
        (["evaluate", "--clinc", "c.json", "--shots", "3"], 2, "--shots goes with --train"),
        (["evaluate", "--clinc", "c.json", "--keep", "0"], 2, "is not a share"),
        (["evaluate", "--train", "a.csv", "--test", "b.csv", "--shots", "none"], 2, "is not a whole number"),
        (["evaluate", "--train", "nowhere.csv", "--test", "b.csv"], 1, "nowhere.csv cannot be read: No such file"),
        (["evaluate", "--clinc", "nowhere.json"], 1, "nowhere.json cannot be read"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert command.main(arguments) == code
    assert said in capsys.readouterr().err
