"""The command line as a person meets it: what it prints, its exit codes, and sentences instead of stack traces."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest


def call(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "holdfast", *arguments]
    return subprocess.run(command, input=stdin, env=kept | env, capture_output=True, timeout=60, check=False)


def test_help_lists_the_commands_a_person_starts() -> None:
    text = call().stdout.decode()
    for name in ("up", "doctor", "admin-link", "token", "operator", "reconcile", "parse-mail", "replay", "bench"):
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


def _on_the_test_database(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    from django.db import connection

    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return call(*arguments, DATABASE_URL=url)


@pytest.mark.django_db(transaction=True)
def test_the_link_of_the_first_admin_is_printed_until_there_is_one() -> None:
    from holdfast.people.models import Agent, Role

    done = _on_the_test_database("admin-link", "--public-url", "https://help.example")
    assert (done.returncode, done.stdout.startswith(b"https://help.example/welcome/")) == (0, True)
    admin = Agent(email="ada@desk.example", name="Ada", role=Role.ADMIN)
    admin.set_password("a long enough phrase")
    admin.save()
    done = _on_the_test_database("admin-link")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"There is an admin already." in done.stderr


@pytest.mark.django_db
def test_doctor_tells_about_mail(settings: Any) -> None:
    from holdfast.channels.models import Mailbox
    from holdfast.config import doctor

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    Mailbox.objects.create(name="help@mail.example/INBOX", error="The password was refused.")
    Mailbox.objects.create(name="info@mail.example/INBOX")
    (good, about), (first, refused), (second, _) = doctor.mail()
    assert good
    assert about.startswith("Outgoing mail is not set up; 0 replies wait to be sent.")
    assert (first, second) == (False, True)
    assert refused == "The mailbox help@mail.example/INBOX cannot be read: The password was refused."
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert next(doctor.mail()) == (True, "Outgoing mail is set up; 0 replies wait to be sent.")
