"""Files that are no pictures: asked for, in the log, downloaded once, with whose copy it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from holdfast.conversations.models import Attachment, Conversation
from holdfast.guard.grants import close_grants
from holdfast.guard.marks import copies
from holdfast.guard.marks.queries import unmarked
from holdfast.guard.models import RevealLog
from holdfast.incidents.radius import trace_command as tracing
from holdfast.kit.blobs import BlobStore
from holdfast.people.models import Agent

from .conftest import Desk, make_desk

SignIn = Callable[[Agent], Client]
PDF = b"%PDF-1.4\nZuurmarker, IBAN NL91ABNA0417164300\n%%EOF\n"


@pytest.fixture
def desk(transactional_db: None, settings: Any, tmp_path: Path) -> Desk:
    settings.BLOB_DIR = tmp_path
    return make_desk()


@pytest.fixture
def statement(case: Conversation) -> Attachment:
    digest = BlobStore(settings.BLOB_DIR).put(PDF)
    message = case.messages.filter(author="customer")[0]
    return Attachment.objects.create(
        message=message, name="statement.pdf", type="application/pdf", size=len(PDF), digest=digest
    )


def ask(client: Client, case: Conversation, file: Attachment, **given: str) -> Any:
    return client.post(f"/desk/c/{case.number}/file/{file.pk}/", {"purpose": "payment", **given})


def outcomes() -> list[str]:
    return list(RevealLog.objects.order_by("id").values_list("outcome", flat=True))


def test_a_file_is_a_reveal_taken_once(desk: Desk, case: Conversation, statement: Attachment, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    page = client.get(f"/desk/c/{case.number}/").content.decode()
    assert f'hx-get="/desk/c/{case.number}/file/{statement.pk}/"' in page
    assert f"/desk/attachments/{statement.pk}/" not in page, "no way to it without asking"
    assert list(RevealLog.objects.values_list("field", "outcome", "purpose")) == []
    offered = ask(client, case, statement)
    assert PDF[9:19] not in offered.content
    url = offered.context["file"].url
    taken = client.get(url)
    content = b"".join(taken)  # type: ignore[call-overload]
    assert content.startswith(PDF)
    assert taken["Content-Disposition"].startswith("attachment")
    assert taken["Content-Type"] == "application/octet-stream"
    assert taken["X-Content-Type-Options"] == "nosniff"
    assert taken["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in taken["Cache-Control"]
    assert client.get(url).status_code == 404, "once"
    row = RevealLog.objects.order_by("id")[0]
    assert (row.field, row.purpose, row.subject) == (
        "file",
        "payment",
        f"conversations_attachment.digest.{statement.pk}",
    )
    assert outcomes() == ["allowed", "used"]
    with time_machine.travel(row.at + timedelta(minutes=2)):
        assert unmarked(since=row.at) == [], "its mark is in it: no page is waited for"


def test_a_copy_that_turns_up_is_traced_to_its_session(
    desk: Desk,
    case: Conversation,
    statement: Attachment,
    sign_in: SignIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = sign_in(desk.ana)
    leaked = tmp_path / "leaked.pdf"
    leaked.write_bytes(b"".join(client.get(ask(client, case, statement).context["file"].url)))
    assert tracing.main([str(leaked), "--case", str(case.number)]) == 0
    assert desk.ana.name in capsys.readouterr().out
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(copies.marked(PDF, "0" * 10))
    assert tracing.main([str(forged)]) == 2
    assert "Nobody is named" in capsys.readouterr().out
    bare = tmp_path / "bare.pdf"
    bare.write_bytes(PDF)
    assert tracing.main([str(bare)]) == 2
    assert "carries no mark" in capsys.readouterr().out


def test_refusals_are_recorded_and_explained(
    desk: Desk, case: Conversation, statement: Attachment, sign_in: SignIn
) -> None:
    client, lead = sign_in(desk.ana), sign_in(desk.lead)
    assert ask(client, case, statement, purpose="curious").status_code == 422
    refused = ask(lead, case, statement)
    assert refused.status_code == 403
    assert "not assigned to you" in refused.content.decode()
    url = ask(client, case, statement).context["file"].url
    assert lead.get(url).status_code == 404, "another session's ticket"
    close_grants(conversation_id=case.pk)
    assert client.get(url).status_code == 404, "the case was taken away meanwhile"
    assert outcomes() == ["no_purpose", "no_grant", "allowed", "other_session", "no_grant"]


def test_a_file_of_another_case_is_not_asked_for_here(
    desk: Desk, case: Conversation, statement: Attachment, sign_in: SignIn
) -> None:
    elsewhere = desk.talk(channel="email")
    assert ask(sign_in(desk.ana), elsewhere, statement).status_code == 404
    statement.refused, statement.digest = "type", ""
    statement.save()
    assert ask(sign_in(desk.ana), case, statement).status_code == 404
    assert not RevealLog.objects.exists()
