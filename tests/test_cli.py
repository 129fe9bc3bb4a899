"""The command line as a person meets it: what it prints, its exit codes, and sentences instead of stack traces."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def call(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "holdfast", *arguments]
    return subprocess.run(command, input=stdin, env=kept | env, capture_output=True, timeout=60, check=False)


def test_help_lists_the_commands_a_person_starts() -> None:
    text = call().stdout.decode()
    for name in ("up", "doctor", "token", "reconcile", "parse-mail", "replay", "bench"):
        assert f"    {name}" in text
    assert "prepare" not in text


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"From: a@b.example\n\nhello", b"A: " + b"x" * 100_000])
def test_parse_mail_answers_with_one_json_object_for_any_bytes(raw: bytes) -> None:
    done = call("parse-mail", "-", "--json", stdin=raw)
    assert done.returncode == 0
    assert {"from", "subject", "text", "kind", "warnings"} <= json.loads(done.stdout).keys()


def test_a_command_before_the_first_start_says_what_to_do(tmp_path: Path) -> None:
    done = call("token", "--data", str(tmp_path), "list")
    assert done.returncode == 1
    assert b"There is no database in" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", [["up"], ["doctor"], ["migrate"]])
def test_a_wrong_setting_is_named(command: list[str], tmp_path: Path) -> None:
    done = call(*command, HOLDFAST_DATA=str(tmp_path), HOLDFAST_PORT="eighty")
    assert done.returncode == 1
    assert b"A setting is wrong: port:" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = call("up", "--data", str(tmp_path / "file" / "data"), "--port", "0")
    assert done.returncode == 1
    assert b"cannot be used as the data directory: Not a directory." in done.stdout
    assert b"Traceback" not in done.stderr


def test_a_database_of_ones_own_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    done = call("migrate", HOLDFAST_DATA=str(tmp_path), DATABASE_URL=away)
    assert done.returncode == 1
    assert b"The database cannot be reached:" in done.stderr
    assert b"Traceback" not in done.stderr


def test_an_unknown_benchmark_is_answered_with_those_there_are() -> None:
    done = call("bench", "nothing")
    assert done.returncode == 1
    assert b"Name one of the benchmarks:" in done.stderr
