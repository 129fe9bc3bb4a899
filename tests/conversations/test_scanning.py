"""A virus scanner before files: found, clean, away, and back again. It speaks clamd's INSTREAM over a real socket."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.config import what_is_off
from holdfast.config.options import Options
from holdfast.conversations import scanning
from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Attachment, Conversation, FileVerdict
from holdfast.guard.models import RevealLog
from holdfast.intake.models import Contact
from holdfast.kit import virus_scanner
from holdfast.kit.blobs import BlobStore
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

PDF = b"%PDF-1.4\nA statement\n%%EOF\n"
BAD = b"%PDF-1.4\nX5O!P%@AP made-up virus\n%%EOF\n"


@dataclass
class Clamd:
    """A scanner that finds what has `made-up virus` in it, and remembers what it was shown."""

    address: str
    seen: list[bytes] = field(default_factory=list)
    says: bytes | None = None


def handler_of(clamd: Clamd) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            command = b""
            while not command.endswith(b"\0"):
                command += self.rfile.read(1)
            if command == b"zPING\0":
                self.wfile.write(b"PONG\0")
                return
            assert command == b"zINSTREAM\0"
            content = b""
            while length := struct.unpack("!L", self.rfile.read(4))[0]:
                content += self.rfile.read(length)
            clamd.seen.append(content)
            found = b"Made-Up.Virus FOUND" if b"made-up virus" in content else b"OK"
            self.wfile.write((clamd.says or b"stream: " + found) + b"\0")

    return Handler


@pytest.fixture
def clamd(tmp_path: Path, settings: Any) -> Iterator[Clamd]:
    made = Clamd(f"unix:{tmp_path / 'clamd'}")
    with socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd"), handler_of(made)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.CLAMD = made.address
        yield made
        server.shutdown()


@pytest.fixture
def desk(db: None, settings: Any, tmp_path: Path) -> Desk:
    settings.BLOB_DIR = tmp_path / "blobs"
    return make_desk()


@pytest.fixture
def case(desk: Desk) -> Conversation:
    made = desk.talk(channel="email")
    assign(conversation_id=made.pk, to=desk.ana.pk, by=None)
    return made


def sent(case: Conversation, content: bytes, settings: Any) -> Attachment:
    digest = BlobStore(settings.BLOB_DIR).put(content)
    message = case.messages.all()[0]
    return Attachment.objects.create(message=message, name="a.pdf", type="application/pdf", size=9, digest=digest)


def ask(desk: Desk, case: Conversation, file: Attachment) -> Any:
    client = Client()
    client.force_login(desk.ana, BACKEND)
    return client.get(f"/desk/c/{case.number}/file/{file.pk}/", headers={"hx-request": "true"})


def test_what_is_clean_is_asked_for_as_ever_and_what_is_not_stays_closed(
    desk: Desk, case: Conversation, clamd: Clamd, settings: Any
) -> None:
    assert ask(desk, case, sent(case, PDF, settings)).status_code == 200
    bad = sent(case, BAD, settings)
    for _ in range(2):
        refused = ask(desk, case, bad)
        assert refused.status_code == 422
        assert "The virus scanner found “Made-Up.Virus” in this file" in refused.content.decode()
    assert clamd.seen == [PDF, BAD], "each once"
    assert not RevealLog.objects.exists(), "nobody was shown anything"
    with time_machine.travel(now() + timedelta(hours=25)):
        assert scanning.why_held(bad.digest, BAD) != ""
    assert clamd.seen[2:] == [BAD], "a day later what is known by then is asked for"


def test_while_the_scanner_is_away_files_are_kept_and_held_and_it_is_said(
    desk: Desk, case: Conversation, clamd: Clamd, settings: Any
) -> None:
    file = sent(case, PDF, settings)
    settings.CLAMD = f"{clamd.address}-gone"
    held = ask(desk, case, file)
    assert (held.status_code, "the virus scanner does not answer" in held.content.decode()) == (422, True)
    assert scanning.look_through() == 0
    assert (False, "The virus scanner does not answer: files of customers are held.") in what_is_off.findings()
    settings.CLAMD, clamd.says = clamd.address, b"INSTREAM size limit exceeded. ERROR"
    assert ask(desk, case, file).status_code == 422, "not looked through is not clean"
    clamd.says = None
    assert BlobStore(settings.BLOB_DIR).get(file.digest) == PDF
    assert ask(desk, case, file).status_code == 200
    assert (True, "The virus scanner answers.") in what_is_off.findings()


def test_what_an_agent_attaches_is_looked_through_before_it_is_kept(
    desk: Desk, case: Conversation, clamd: Clamd, settings: Any
) -> None:
    def answer(content: bytes, key: str) -> Any:
        client = Client()
        client.force_login(desk.ana, BACKEND)
        file = SimpleUploadedFile("terms.pdf", content, content_type="application/pdf")
        given = {"kind": "reply", "text": "See the file.", "client_key": key, "files": [file]}
        return client.post(f"/desk/c/{case.number}/messages/", given)

    refused = answer(BAD, "one")
    assert refused.status_code == 422
    assert "The virus scanner found “Made-Up.Virus” in “terms.pdf”, so it cannot be sent" in refused.content.decode()
    settings.CLAMD = f"{clamd.address}-gone"
    away = answer(PDF, "two")
    assert (away.status_code, "send your words without it" in away.content.decode()) == (422, True)
    assert not list(settings.BLOB_DIR.glob("**/*.*")), "nothing was kept"
    assert not Attachment.objects.exists()
    settings.CLAMD = clamd.address
    assert answer(PDF, "three").status_code == 201
    kept = Attachment.objects.get()
    assert BlobStore(settings.BLOB_DIR).get(kept.digest) == PDF
    assert clamd.seen == [BAD, PDF]


def test_a_message_as_it_arrived_is_held_like_the_files_in_it(
    desk: Desk, case: Conversation, clamd: Clamd, settings: Any
) -> None:
    store = BlobStore(settings.BLOB_DIR)
    for content, status in ((b"From: a@b.example\n\nHello", 200), (b"From: a@b.example\n\nmade-up virus", 422)):
        contact = Contact.objects.create(
            id=uuid7(), channel="email", source="mail", sender=json.dumps({"email": "a@b.example"}), text="Hello",
            at=now(), accepted_at=now(), raw=store.put(content),
        )  # fmt: skip
        message = case.messages.create(author="customer", text="Hello", contact_id=contact.pk, created_at=now())
        client = Client()
        client.force_login(desk.ana, BACKEND)
        path = f"/desk/c/{case.number}/raw/{message.pk}/"
        assert client.get(path).status_code == status
    assert client.post(path, {"purpose": "identify"}).status_code == 422
    assert not RevealLog.objects.exists(), "what is held is not even asked for"


def test_a_job_looks_through_what_came_each_file_once(
    desk: Desk, case: Conversation, clamd: Clamd, settings: Any
) -> None:
    for content in (PDF, BAD, PDF):
        sent(case, content, settings)
    Attachment.objects.create(message=case.messages.all()[0], name="b.exe", type="x", size=1, refused="type")
    gone = sent(case, b"gone", settings)
    BlobStore(settings.BLOB_DIR).path(gone.digest).unlink()
    assert scanning.look_through() == 2
    assert scanning.look_through() == 0
    assert sorted(clamd.seen) == sorted([PDF, BAD])
    assert dict(FileVerdict.objects.values_list("found", "digest")).keys() == {"", "Made-Up.Virus"}


def test_without_one_everything_is_as_if_there_were_none(desk: Desk, case: Conversation, settings: Any) -> None:
    assert ask(desk, case, sent(case, BAD, settings)).status_code == 200
    assert scanning.look_through() == 0
    assert any("No virus scanner" in sentence for _, sentence in what_is_off.findings())


@given(content=st.binary(max_size=200_000))
def test_any_bytes_arrive_whole(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("scanner") / "s"
    made = Clamd(f"unix:{path}")
    with socketserver.ThreadingUnixStreamServer(str(path), handler_of(made)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        virus_scanner.scan(content, address=made.address)
        server.shutdown()
    assert made.seen == [content]


@pytest.mark.parametrize("wrong", ["clamd", "unix:clamd", "localhost:", ":3310", "localhost:99999", "localhost:port"])
def test_an_address_that_is_none_stops_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError, match="HOLDFAST_CLAMD"):
        Options(clamd=wrong)
    assert Options(clamd="127.0.0.1:3310").clamd == "127.0.0.1:3310"
