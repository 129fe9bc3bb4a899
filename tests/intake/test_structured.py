"""Structured fields: what signatures are written in. Whatever the bytes, reading them never breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.intake.structured import Bare, InnerList, Item, Malformed, Member, Token, a_string, dictionary, written

keys = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,12}", fullmatch=True)
strings = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
values: st.SearchStrategy[Bare] = st.one_of(
    strings,
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.booleans(),
    st.binary(max_size=40),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,10}", fullmatch=True).map(Token),
)
parameters = st.dictionaries(keys, values, max_size=4)
items = st.builds(Item, values, parameters)
members: st.SearchStrategy[Member] = st.one_of(
    items, st.builds(InnerList, st.lists(items, max_size=5).map(tuple), parameters)
)


@given(st.dictionaries(keys, members, max_size=5))
def test_what_is_written_reads_as_it_was(given: dict[str, Member]) -> None:
    field = ", ".join(f"{key}={written(member)}" for key, member in given.items())
    assert dictionary(field.encode()) == given


@given(st.one_of(st.binary(max_size=200), st.text('()=,;:"\\ abz*01-?', max_size=200).map(str.encode)))
def test_any_bytes_are_read_or_malformed(field: bytes) -> None:
    try:
        found = dictionary(field)
    except Malformed:
        return
    again = ", ".join(f"{key}={written(member)}" for key, member in found.items())
    assert dictionary(again.encode()) == found
    a_string(field)


@pytest.mark.parametrize(
    "field",
    [
        b"a=1,",
        b"a=1 b=2",
        b"a=",
        b"a=(1 2",
        b"a=(1,2)",
        b"a=1, a=2",
        b"a=1;b;b",
        b"A=1",
        b"a=1.5",
        b"a=@1700000000",
        b"a=:AAA=A:",
        b'a="\xc3\xa9"',
        b'a="open',
        b"a=1234567890123456",
        b"a=?2",
        b"a=" + b"x" * 9000,
        b"a=(" + b"1 " * 65 + b")",
        b", ".join(b"k%d" % n for n in range(65)),
    ],
)
def test_what_has_no_one_meaning_is_malformed(field: bytes) -> None:
    with pytest.raises(Malformed):
        dictionary(field)


def test_other_spellings_are_written_in_the_one_way_that_is_signed() -> None:
    found = dictionary(b'a=(  "x"   "y";p=?1 );  created=1,\tb;q="\\"", c=:aGk:')
    assert {key: written(member) for key, member in found.items()} == {
        "a": '("x" "y";p);created=1',
        "b": '?1;q="\\""',
        "c": ":aGk=:",
    }
