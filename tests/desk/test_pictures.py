"""Pictures that customers sent: blurred, asked for, shown once, marked, without metadata."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image, ImageDraw

from holdfast.conversations.models import Attachment, Conversation
from holdfast.desk import pictures
from holdfast.guard.models import RevealLog
from holdfast.kit.blobs import BlobStore
from holdfast.people.models import Agent

from .conftest import Desk, make_desk

SignIn = Callable[[Agent], Client]


def a_card(kind: str = "JPEG", size: tuple[int, int] = (900, 600), **given: Any) -> bytes:
    """A drawn identity card with letters a camera would read."""
    image = Image.new("RGB", size, "#d8e4ea")
    ImageDraw.Draw(image).text((40, 60), "ZUURMARKER AYU 17.05.1990", fill="black", font_size=48)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (53.0, 20.0, 30.0)}
    image.save(out, kind, exif=exif.tobytes(), **given) if kind in {"JPEG", "PNG", "WEBP"} else image.save(out, kind)
    return out.getvalue()


def kept(case: Conversation, content: bytes, name: str = "card.jpg") -> Attachment:
    message = case.messages.filter(author="customer")[0]
    digest = BlobStore(settings.BLOB_DIR).put(content)
    return Attachment.objects.create(message=message, name=name, type="image/jpeg", size=len(content), digest=digest)


@pytest.fixture
def desk(transactional_db: None, settings: Any, tmp_path: Path) -> Desk:
    settings.BLOB_DIR = tmp_path
    return make_desk()


def outcomes() -> list[str]:
    return list(RevealLog.objects.order_by("id").values_list("outcome", flat=True))


def ask(client: Client, case: Conversation, picture: Attachment, purpose: str = "identify") -> Any:
    return client.post(f"/desk/c/{case.number}/picture/{picture.pk}/", {"purpose": purpose})


def test_a_picture_is_shown_once_marked_and_without_metadata(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    original = a_card()
    assert b"SecretCamera" in original
    picture, client = kept(case, original), sign_in(desk.ana)
    page = client.get(f"/desk/c/{case.number}/").content.decode()
    assert f"/desk/attachments/{picture.pk}/blurred/" in page
    assert f'href="/desk/attachments/{picture.pk}/"' not in page
    assert (
        "what do you need it for" in client.get(f"/desk/c/{case.number}/picture/{picture.pk}/").content.decode().lower()
    )
    asked = ask(client, case, picture)
    shown = client.get(asked.context["shown"].url)
    assert shown["Content-Type"] == "image/jpeg"
    assert "no-store" in shown["Cache-Control"]
    assert b"SecretCamera" not in shown.content
    drawn = Image.open(io.BytesIO(shown.content))
    assert not drawn.getexif()
    assert drawn.size == (900, 600)
    plain = Image.open(io.BytesIO(original)).convert("RGB")
    assert drawn.tobytes() != plain.tobytes(), "the mark is in it"
    assert client.get(asked.context["shown"].url).status_code == 404, "once"
    assert outcomes() == ["allowed", "used"]


def test_the_file_itself_is_not_handed_out(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    picture = kept(case, a_card(), name="report.pdf")
    refused = sign_in(desk.ana).get(f"/desk/c/{case.number}/file/{picture.pk}/")
    assert refused.status_code == 422
    assert b"\xff\xd8\xff" not in refused.content


def test_who_has_not_the_case_sees_a_blur_only(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    picture, lead = kept(case, a_card()), sign_in(desk.lead)
    assert lead.get(f"/desk/attachments/{picture.pk}/blurred/").status_code == 200
    assert ask(lead, case, picture).status_code == 403
    assert outcomes() == ["no_grant"]


def test_a_ticket_is_of_its_session_and_picture(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    picture, other = kept(case, a_card()), kept(case, a_card(size=(300, 200)))
    client = sign_in(desk.ana)
    url = ask(client, case, picture).context["shown"].url
    assert sign_in(desk.lead).get(url).status_code == 404
    assert client.get(url.replace(str(picture.pk), str(other.pk))).status_code == 404
    assert client.get(url).status_code == 200
    assert outcomes() == ["allowed", "other_session", "moved"]


def test_a_picture_of_another_case_is_not_asked_for_here(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    elsewhere = desk.talk(channel="email")
    picture = kept(elsewhere, a_card())
    assert ask(sign_in(desk.ana), case, picture).status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_every_usual_kind_is_known_by_its_bytes(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(a_card(kind))
    assert pictures.is_picture(file)
    assert Image.open(io.BytesIO(pictures.marked(file, text="ABCDE FGHJK 0905"))).format == "JPEG"


def test_a_blur_holds_ten_pixels_of_it(tmp_path: Path) -> None:
    """Two cards that differ in what is written on them only give nearly the same blur."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(a_card())
    image = Image.new("RGB", (900, 600), "#d8e4ea")
    ImageDraw.Draw(image).text((40, 60), "SOMEBODY ELSE 01.01.1971", fill="black", font_size=48)
    image.save(other, "JPEG")
    drawn = [Image.open(io.BytesIO(pictures.blurred(each))).convert("L") for each in (one, other)]
    far = max(abs(a - b) for a, b in zip(drawn[0].tobytes(), drawn[1].tobytes(), strict=True))
    assert far < 24


@pytest.mark.parametrize("damage", ["cut", "flood", "text"])
def test_what_cannot_be_drawn_is_refused(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_bytes({"cut": a_card()[:900], "text": b"\xff\xd8\xffnothing", "flood": a_card()}[damage])
    if damage == "flood":
        monkeypatch.setattr(pictures, "MOST_PIXELS", 1_000)
    with pytest.raises(pictures.NotShowable):
        pictures.marked(file, text="ABCDE")
