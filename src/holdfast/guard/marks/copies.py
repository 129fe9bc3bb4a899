"""Marks in files that leave the house: whose copy it is, for a file that turns up somewhere whole.

A PDF gets a comment after its end, a zip (and so the newer office documents) its archive comment, a text characters
without width at ends of lines. Nothing of the content changes for who opens it. All of it is easily taken out by
somebody who knows: it finds the careless, the log names everybody who had a copy.
"""

from __future__ import annotations

import re

from holdfast.guard.marks.codes import ALPHABET, LENGTH, is_well_formed

_COMMENT = b"copy:"
_COMMENTED = re.compile(rb"copy:([0-9A-Z]{%d})" % LENGTH)
# Base 4, two and a half digits a symbol: no width, no joining of letters, left alone by editors and messengers.
_DIGITS = "\u200b\u200c\u200d\u2060"
_WITHOUT_WIDTH = re.compile(f"[{_DIGITS}]{{{LENGTH * 5 // 2}}}")
_EVERY = 12  # lines
_ZIP, _ZIP_END, _ZIP_END_SIZE = b"PK\x03\x04", b"PK\x05\x06", 22
_STRUCTURED = ("{", "[", "<")
"""A text that begins so is read by machines, which a character more would trouble."""


def marked(content: bytes, code: str) -> bytes:
    """Return `content` with `code` in it where its kind has a place for one, else as it is."""
    comment = _COMMENT + code.encode()
    if content.startswith(b"%PDF-"):
        return content + b"\n%" + comment + b"\n"
    if content.startswith(_ZIP):
        end = len(content) - _ZIP_END_SIZE
        plain = content[end:].startswith(_ZIP_END) and content.endswith(b"\0\0")  # it has no comment yet
        return content[:-2] + len(comment).to_bytes(2, "little") + comment if plain else content
    text = _as_text(content)
    return content if text is None or text.lstrip("\ufeff \t\r\n").startswith(_STRUCTURED) else _written(text, code)


def codes_in(content: bytes) -> list[str]:
    """Return the well-formed codes in a file that turned up, or in a text that was pasted, each once."""
    found = [code.decode() for code in _COMMENTED.findall(content)]
    text = _as_text(content) or ""
    found += [_read(run.group()) for run in _WITHOUT_WIDTH.finditer(text)]
    return [code for code in dict.fromkeys(found) if is_well_formed(code)]


def without_width(code: str) -> str:
    """Return `code` in characters that nobody sees."""
    number = 0
    for symbol in code:
        number = number << 5 | ALPHABET.index(symbol)
    return "".join(_DIGITS[number >> 2 * place & 3] for place in range(LENGTH * 5 // 2 - 1, -1, -1))


def _read(run: str) -> str:
    number = 0
    for digit in run:
        number = number << 2 | _DIGITS.index(digit)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))


def _written(text: str, code: str) -> bytes:
    """A part of the text that is passed on takes a mark along when it is a dozen lines long, or holds the first."""
    mark = without_width(code)
    lines = text.splitlines(keepends=True)
    for place in range(0, len(lines), _EVERY):
        words = lines[place].rstrip("\r\n")
        lines[place] = words + mark + lines[place][len(words) :]
    return "".join(lines).encode()


def _as_text(content: bytes) -> str | None:
    try:
        return None if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return None
