"""Structured fields of HTTP headers (RFC 9651): the part that signatures are made of, both ways.

Dictionaries of items and inner lists; strings, integers, tokens, byte sequences and booleans. What else there is
(decimals, dates, display strings) is malformed here, and so is a key given twice: RFC 9651 lets the last one win, and
a signature must not mean one thing to a proxy and another to us.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 8192
"""Bytes of one field that are read."""

_MOST = 64  # members of a dictionary, items of a list, parameters of an item

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_INTEGER = re.compile(r"(-?[0-9]{1,15})(?![0-9.])")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")


class Malformed(ValueError):
    """The field cannot be read. The text says where, in a few words."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word without quotes."""

    word: str


Bare = str | int | bool | bytes | Token
Parameters = Mapping[str, Bare]


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its parameters."""

    value: Bare
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in parentheses, with parameters of the list's own."""

    items: tuple[Item, ...]
    parameters: Parameters = field(default_factory=dict)


Member = Item | InnerList


def dictionary(field_value: bytes) -> dict[str, Member]:
    """Read a dictionary (RFC 9651, 4.2.2). Raises `Malformed`, whatever the bytes are."""
    if len(field_value) > LONGEST:
        raise Malformed(f"it is longer than {LONGEST} bytes")
    try:
        reader = _Reader(field_value.decode("ascii").strip(" "))
    except UnicodeDecodeError:
        raise Malformed("it is not ASCII") from None
    return reader.dictionary()


def a_string(field_value: bytes) -> str | None:
    """Read a field that is one string without parameters, `None` when it is none."""
    found = _STRING.fullmatch(field_value.decode("latin-1").strip(" ")) if len(field_value) <= LONGEST else None
    return _plain(found[1]) if found else None


def written(member: Member) -> str:
    """Write a member as RFC 9651, 4.1 prescribes, which is how it goes into a signature's base."""
    if isinstance(member, InnerList):
        return f"({' '.join(map(written, member.items))}){_parameters(member.parameters)}"
    return _bare(member.value) + _parameters(member.parameters)


def _bare(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, Token):
        return value.word
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parameters(parameters: Parameters) -> str:
    return "".join(f";{name}" if value is True else f";{name}={_bare(value)}" for name, value in parameters.items())


def _plain(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted) if "\\" in quoted else quoted


class _Reader:
    """Reads from the left; `_at` is where it stands."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        while self._at < len(self._text):
            self._once(key := self._key(), members)
            members[key] = self._member() if self._takes("=") else Item(True, self._read_parameters())
            self._skip(" \t")
            if self._at == len(self._text):
                break
            if not self._takes(","):
                raise Malformed(f"a comma is expected at {self._at}")
            self._skip(" \t")
            if self._at == len(self._text):
                raise Malformed("it ends with a comma")
        return members

    def _member(self) -> Member:
        return self._inner_list() if self._takes("(") else self._item()

    def _inner_list(self) -> InnerList:
        items: list[Item] = []
        while True:
            self._skip(" ")
            if self._takes(")"):
                return InnerList(tuple(items), self._read_parameters())
            if len(items) == _MOST:
                raise Malformed(f"a list has more than {_MOST} items")
            items.append(self._item())
            if not self._text.startswith((" ", ")"), self._at):
                raise Malformed(f"a space or parenthesis is expected at {self._at}")

    def _item(self) -> Item:
        return Item(self._value(), self._read_parameters())

    def _read_parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self._takes(";"):
            self._skip(" ")
            self._once(key := self._key(), found)
            found[key] = self._value() if self._takes("=") else True
        return found

    def _value(self) -> Bare:
        text, at = self._text, self._at
        if found := _STRING.match(text, at):
            value: Bare = _plain(found[1])
        elif found := _INTEGER.match(text, at):
            value = int(found[1])
        elif found := _BYTES.match(text, at):
            value = _decoded(found[1])
        elif found := _TOKEN.match(text, at):
            value = Token(found[0])
        elif text.startswith(("?0", "?1"), at):
            self._at += 2
            return text[at + 1] == "1"
        else:
            raise Malformed(f"no value can be read at {at}")
        self._at = found.end()
        return value

    def _key(self) -> str:
        found = _KEY.match(self._text, self._at)
        if found is None:
            raise Malformed(f"a key is expected at {self._at}")
        self._at = found.end()
        return found[0]

    def _once(self, key: str, among: Mapping[str, object]) -> None:
        if key in among:
            raise Malformed(f"{key} is given twice")
        if len(among) == _MOST:
            raise Malformed(f"it has more than {_MOST} members")

    def _takes(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        return True

    def _skip(self, signs: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in signs:
            self._at += 1


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Malformed("a byte sequence is not base64") from None
