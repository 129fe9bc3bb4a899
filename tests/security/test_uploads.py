"""Files made to be more than they seem: whatever comes in, no browser runs it and nothing here unfolds it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from tests.desk.conftest import BACKEND, Desk, make_desk

from holdfast.channels.mail_html import read
from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Attachment, Conversation
from holdfast.desk import pictures
from holdfast.guard.marks import tasks
from holdfast.kit.blobs import BlobStore

POLICY = "Content-Security-Policy"
SCRIPT = b"<script>alert('ZQRAN')</script>"


def _picture(kind: str, **given: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "#336699").save(out, kind, **given)
    return out.getvalue()


def _png(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def _zip_bomb() -> bytes:
    """20 MB of nothing in 20 KB, inside an archive that looks like a letter."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"\0" * 20_000_000)
    return out.getvalue()


# Name, what it says it is, and its bytes. Those that begin as pictures do are drawn anew or refused; others are saved.
CORPUS: dict[str, tuple[str, str, bytes]] = {
    "a page": ("page.html", "text/html", b"<!doctype html>" + SCRIPT),
    "a page that says it is a picture": ("cat.jpg", "image/jpeg", b"<html>" + SCRIPT),
    "a drawing with a script": (
        "logo.svg",
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    ),
    "XML that unfolds": (
        "lol.svg",
        "image/svg+xml",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;&b;</svg>',
    ),
    "an XSLT sheet": ("a.xml", "text/xml", b'<?xml-stylesheet type="text/xsl" href="#s"?><x>' + SCRIPT + b"</x>"),
    "a PDF with a script": ("a.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"),
    "an archive that unfolds": ("letter.docx", "application/zip", _zip_bomb()),
    "a GIF that is a script": ("a.gif", "image/gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert('ZQRAN')//"),
    "a JPEG with a page in its comment": ("a.jpg", "image/jpeg", _picture("JPEG", comment=SCRIPT)),
    "a PNG with an archive behind it": ("a.png", "image/png", _picture("PNG") + _zip_bomb()),
    "a BMP with a page behind it": ("a.bmp", "image/bmp", _picture("BMP") + SCRIPT),
    "a flood of pixels": ("flood.png", "image/png", _png(60_000, 60_000)),
    "a PNG with most of it missing": ("half.png", "image/png", _png(4_000, 4_000)),
    "a TIFF that is something else": ("a.tif", "image/tiff", b"II*\x00" + b"\xff" * 64),
    "a name with a header in it": ("a\r\nContent-Type: text/html\r\n\r\nx.txt", "text/plain", b"words " + SCRIPT),
    "a name that reads backwards": ("invoice\u202etxt.lmth", "text/html", SCRIPT),
    "a name that is a path": ("../../etc/passwd", "text/plain", SCRIPT),
}


@pytest.fixture
def desk(transactional_db: None, settings: Any, tmp_path: Path) -> Desk:
    settings.BLOB_DIR = tmp_path
    return make_desk()


def _kept(case: Conversation, name: str, kind: str, content: bytes) -> Attachment:
    digest = BlobStore(settings.BLOB_DIR).put(content)
    message = case.messages.filter(author="customer")[0]
    return Attachment.objects.create(message=message, name=name, type=kind, size=len(content), digest=digest)


def _ways(client: Client, case: Conversation, file: Attachment) -> list[Any]:
    """Every answer that this file can come out by."""
    answers = [client.get(f"/desk/attachments/{file.pk}/blurred/")]
    for kind in ("file", "picture"):
        asked = client.post(f"/desk/c/{case.number}/{kind}/{file.pk}/", {"purpose": "payment"})
        answers.append(asked)
        links = re.findall(rf"/desk/attachments/{file.pk}/[a-z]+/[0-9a-f-]{{36}}/", asked.content.decode())
        answers += [client.get(link) for link in dict.fromkeys(links)]
    return answers


def test_whatever_comes_in_nothing_of_it_runs_and_nothing_unfolds(desk: Desk) -> None:
    case = desk.talk(channel="email")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=desk.ana.pk)
    client = Client(raise_request_exception=False)
    client.force_login(desk.ana, BACKEND)
    wrong, saved, drawn = [], 0, 0
    for about, (name, kind, content) in CORPUS.items():
        file = _kept(case, name, kind, content)
        for answer in _ways(client, case, file):
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            said = answer.headers.get("Content-Type", "")
            policy = answer.headers.get("Content-Security-Policy", "")
            good = answer.status_code < 500 and answer.headers.get("X-Content-Type-Options") == "nosniff"
            if said.startswith("image/"):
                drawn += 1
                good &= said == "image/jpeg" and b"ZQRAN" not in body and b"PK\x03\x04" not in body
                good &= Image.open(io.BytesIO(body)).format == "JPEG"
            elif answer.status_code == 200 and not said.startswith("text/html"):
                saved += 1
                good &= said == "application/octet-stream" and "sandbox" in policy
                good &= answer.headers["Content-Disposition"].startswith("attachment") and len(body) < 100_000
            else:
                good &= SCRIPT not in body and "default-src 'none'" in policy
            if not good:
                wrong.append(f"{about}: {answer.request['PATH_INFO']} {answer.status_code} {said} {policy[:60]}")
    assert "\n".join(wrong) == ""
    assert saved >= 7, "files that are no pictures came out to be saved"
    assert drawn >= 4, "and pictures as drawn anew"


def test_whatever_is_brought_to_be_read_for_marks_is_read_or_refused_and_comes_out_only_to_be_saved(desk: Desk) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(desk.security, BACKEND)
    wrong, came_out = [], 0
    for about, (name, kind, content) in CORPUS.items():
        file = SimpleUploadedFile(" ".join(name.split()), content, kind)  # no browser sends a name with lines in it
        sent = client.post("/security/radius/traces/", {"file": file, "keep": "1"})
        if sent.status_code != 302:
            assert sent.status_code == 422, about
            continue
        id_ = sent["Location"].rstrip("/").rpartition("/")[2]
        tasks.read_photograph(reading_id=id_)
        page, out = client.get(sent["Location"]), client.get(f"{sent['Location']}file/")
        good = page.status_code == 200 and SCRIPT not in page.content
        if out.status_code == 200:
            came_out += 1
            good &= out.headers["Content-Type"] == "application/octet-stream" and out.content == content
            good &= out.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in out.headers[POLICY]
            good &= out.headers["Content-Disposition"] == f'attachment; filename="trace-{id_}"'
        if not good:
            wrong.append(f"{about}: {page.status_code} {out.status_code} {out.headers}")
    assert "\n".join(wrong) == ""
    assert came_out >= 10


def test_a_flood_of_pixels_is_not_even_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    (tmp_path / "file").write_bytes(_png(60_000, 60_000))
    with pytest.raises(pictures.NotShowable):
        pictures.blurred(tmp_path / "file")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        '<form action="https://evil.example"><input name=password></form>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<base href="https://evil.example/">',
        '<link rel=stylesheet href="https://evil.example/a.css">',
        '<p style="background:url(https://evil.example/seen)">x</p>',
        '<img src="https://evil.example/pixel.gif">',
        "<template><script>alert(1)</script></template>",
        '<object data="https://evil.example/x.swf"></object>',
    ],
)
def test_a_mail_brings_no_script_no_form_and_calls_nobody(html: str) -> None:
    clean = (read(f"<p>Hello</p>{html}").safe or "hello").lower()
    assert "hello" in clean
    for word in ("<script", "onerror", "onbegin", "javascript:", "data:text", "<form", "<iframe", "<meta", "<base"):
        assert word not in clean
    assert not re.search(r"<(?:link|object|style|svg|math|template)", clean)
    assert not re.search(r"""(?:src|style|background)\s*=\s*["'][^"']*evil""", clean)


def test_a_made_up_ticket_gives_nothing(desk: Desk) -> None:
    case = desk.talk(channel="email")
    file = _kept(case, "a.txt", "text/plain", b"words")
    client = Client()
    client.force_login(desk.ana, BACKEND)
    assert client.get(f"/desk/attachments/{file.pk}/taken/{UUID(int=1)}/").status_code == 404
