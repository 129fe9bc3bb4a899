"""Whose copy a file is: marks in PDFs, zips and texts that change nothing for who opens them."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.guard.marks import codes, copies

CODE = codes.code_for(session="0123456789abcdef", minute=29_000_000)
OTHER = codes.code_for(session="fedcba9876543210", minute=29_000_000)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"


def a_zip(comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:p>Zuurmarker</w:p>")
        archive.comment = comment
    return out.getvalue()


@pytest.mark.parametrize("content", [PDF, a_zip(), "Liebe Ayu,\r\nZürich\r\n".encode(), b"one line", b"a,b\n1,2\n"])
def test_a_copy_says_whose_it_is(content: bytes) -> None:
    copy = copies.marked(content, CODE)
    assert copy != content
    assert copies.codes_in(copy) == [CODE]
    assert copies.codes_in(content) == []


def test_a_marked_document_opens_as_before() -> None:
    with zipfile.ZipFile(io.BytesIO(copies.marked(a_zip(), CODE))) as archive:
        assert archive.testzip() is None
        assert archive.read("word/document.xml") == b"<w:p>Zuurmarker</w:p>"
    assert copies.marked(PDF, CODE).startswith(PDF)


@pytest.mark.parametrize(
    "content",
    [b"", b'{"a": 1}', b"<html></html>", b"\x00\x01\x02", "ü".encode("latin-1"), a_zip(b"mine"), b"PK\x03\x04"],
)
def test_what_has_no_place_for_a_mark_stays_as_it_is(content: bytes) -> None:
    assert copies.marked(content, CODE) == content


def test_a_part_that_is_passed_on_still_says_it() -> None:
    copy = copies.marked("".join(f"line {n}\n" for n in range(100)).encode(), CODE).decode().splitlines()
    assert copies.codes_in("\n".join(copy[40:53]).encode()) == [CODE]


def test_copies_of_two_that_were_put_together_name_both() -> None:
    both = copies.marked(b"first\n", CODE) + copies.marked(b"second\n", OTHER)
    assert copies.codes_in(both) == [CODE, OTHER]


@given(st.text())
def test_nothing_but_characters_without_width_is_added(text: str) -> None:
    copy = copies.marked(text.encode("utf-8", "ignore"), CODE).decode(errors="ignore")
    mark = copies.without_width(CODE)
    assert copy.replace(mark, "") == text.encode("utf-8", "ignore").decode().replace(mark, "")


@given(st.binary())
def test_whatever_turns_up_is_read_without_a_fault(content: bytes) -> None:
    assert all(codes.is_well_formed(code) for code in copies.codes_in(content))
