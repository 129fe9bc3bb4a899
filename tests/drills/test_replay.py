"""Replaying files: what is read from them, and that each row is accounted for through the real door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.intake.serving import WebProcess, database_url, web_process

from holdfast.drills.replay_files import FileError, Row, source
from holdfast.intake import tokens
from holdfast.intake.models import ApiToken, Contact
from holdfast.triage import loop

CSV = "text,category\nI am still waiting on my card?,card_arrival\nWhere is my refund?,refund\n"
MAIL = """From alice@customer.example Mon Jan  5 10:00:00 2026
From: Alice <alice@customer.example>
To: support@desk.example
Subject: Card %d
Message-ID: <%d@customer.example>
Date: Mon, 05 Jan 2026 10:00:%02d +0000

My card is lost.

"""


def rows(tmp_path: Path, name: str, text: str, *, limit: int | None = None) -> list[Row]:
    path = tmp_path / name
    path.write_text(text)
    return list(source(path, channel="web").rows(limit=limit))


def test_a_csv_without_senders_gets_synthetic_distinct_ones(tmp_path: Path) -> None:
    first, second = rows(tmp_path, "a.csv", CSV)
    assert first.contact["text"] == "I am still waiting on my card?"
    assert first.contact["channel"] == "web"
    assert first.synthetic_sender
    assert first.contact["from"] != second.contact["from"]
    assert first.contact == rows(tmp_path, "a.csv", CSV)[0].contact


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    text = "Message;E-Mail;Title;Date;Lang\nHello;ana@x.example;Card;2026-01-05T10:00:00Z;id\n"
    (row,) = rows(tmp_path, "a.csv", text)
    assert row.contact == {
        "channel": "web",
        "from": {"email": "ana@x.example"},
        "text": "Hello",
        "subject": "Card",
        "locale": "id",
        "at": "2026-01-05T10:00:00+00:00",
    }
    assert not row.synthetic_sender


def test_json_lines_may_be_contacts_or_flat(tmp_path: Path) -> None:
    lines = [{"from": {"phone": "+62811"}, "text": "a", "channel": "app"}, {"body": "b", "email": "x@y.example"}]
    whole, flat = rows(tmp_path, "a.jsonl", "\n\n".join(json.dumps(line) for line in lines))
    assert whole.contact == {"channel": "app", "from": {"phone": "+62811"}, "text": "a"}
    assert flat.contact == {"channel": "web", "from": {"email": "x@y.example"}, "text": "b"}


def test_an_mbox_is_mail_by_mail_and_limits_hold(tmp_path: Path) -> None:
    text = "".join(MAIL % (n, n, n) for n in range(3))
    mails = rows(tmp_path, "a.mbox", text)
    assert [mail.mail.count(b"Subject: Card") for mail in mails] == [1, 1, 1]
    assert [mail.at.second for mail in mails if mail.at] == [0, 1, 2]
    assert len(rows(tmp_path, "a", text, limit=2)) == 2


@pytest.mark.parametrize(("name", "text"), [("a.csv", "colour\nred\n"), ("a.jsonl", "{"), ("a.jsonl", "[1]")])
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(FileError, match=r"^(Line 1 of|a\.csv has no column)"):
        rows(tmp_path, name, text)
    with pytest.raises(FileError, match="no file"):
        source(tmp_path / "none", channel="web")


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    with web_process(tmp_path / "web", HOLDFAST_SMTP_PORT="0") as running:
        yield running


@pytest.fixture
def triage(transactional_db: None) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(20)
    connection.close()


def replay(web: WebProcess, file: Path, *options: str) -> tuple[int, dict[str, Any]]:
    environment = os.environ | {"DATABASE_URL": database_url(), "HOLDFAST_DATA": str(web.data)}
    command = [sys.executable, "-m", "holdfast", "replay", str(file), "--json", "--wait", "30", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_every_row_is_accounted_for_and_a_second_run_meets_the_first(
    web: WebProcess, triage: None, tmp_path: Path
) -> None:
    file = tmp_path / "questions.jsonl"
    texts = [f"Question {n}, please." for n in range(40)]
    lines = [{"text": text} for text in [*texts, "\x00"]]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    code, report = replay(web, file, "--rate", "200", "--connections", "8")
    assert (code, report["rows"], report["accepted"], report["refused"], report["lost"]) == (0, 41, 40, 1, 0)
    assert report["waiting"] + report["answered"] + report["parked"] == 40
    assert report["not_triaged_yet"] == 0
    assert report["sending_seconds"] >= 0.19
    assert report["accept_to_visible_p95_seconds"] >= report["accept_to_visible_p50_seconds"] >= 0
    assert list(report["refusals"]) == ["422 text: This contains the character NUL (U+0000)."]
    assert Contact.objects.count() == 40
    assert ApiToken.objects.filter(revoked_at=None).count() == 0

    assert replay(web, file)[1]["accepted"] == 40
    assert Contact.objects.count() == 40
    token = tokens.create(name="elsewhere", scopes=["contacts:write"])
    code, report = replay(web, file, "--again", "--url", f"http://127.0.0.1:{web.port}", "--token", token)
    assert (code, report["accepted"], report["not_triaged_yet"]) == (0, 40, 0)
    assert Contact.objects.count() == 80


def test_an_mbox_goes_over_smtp(transactional_db: None, triage: None, tmp_path: Path) -> None:
    file = tmp_path / "mail.mbox"
    file.write_text("".join(MAIL % (n, n, n) for n in range(5)))
    with web_process(tmp_path / "web", HOLDFAST_SMTP_PORT=str(free_port())) as web:
        code, report = replay(web, file, "--speed-up", "20")
    assert (code, report["accepted"], report["lost"], report["not_triaged_yet"]) == (0, 5, 0, 0)
    assert report["sending_seconds"] >= 0.19
    assert set(Contact.objects.values_list("channel", "subject")) == {("email", f"Card {n}") for n in range(5)}


def test_a_token_that_is_not_accepted_ends_it_with_a_sentence(web: WebProcess, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(CSV)
    environment = os.environ | {"DATABASE_URL": database_url(), "HOLDFAST_DATA": str(web.data)}
    command = [sys.executable, "-m", "holdfast", "replay", str(file), "--token", "hf_wrong"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "answers 401" in done.stderr
    assert "Traceback" not in done.stderr


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
