"""Only the value that was sealed for this row and column opens."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from holdfast.guard.fields import Sealed, seal, stored
from holdfast.guard.keys import KeyRing, blind_index, normalise
from holdfast.guard.opening import CannotOpen, opened

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
subjects = st.from_regex(r"[a-z_]{1,20}\.[a-z_]{1,20}\.[0-9a-f-]{1,36}", fullmatch=True)


@given(value=texts, subject=subjects)
def test_what_was_sealed_opens_again(value: str, subject: str) -> None:
    sealed = seal(subject, value, mask="hidden")
    assert opened(sealed) == value
    assert opened(stored(sealed.token, subject)) == value


def test_a_lone_surrogate_is_stored_as_a_question_mark() -> None:
    assert opened(seal("t.c.1", "a\ud800b", mask="hidden")) == "a?b"


@settings(max_examples=300)
@given(value=texts, data=st.data())
def test_no_altered_token_opens(value: str, data: st.DataObject) -> None:
    token = seal("t.c.1", value, mask="name").token
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCZabcz0189-_.=~ \x00é"))
    assume(token[place] != other)
    with pytest.raises(CannotOpen):
        opened(Sealed(token[:place] + other + token[place + 1 :], "•••", "t.c.1"))


@given(value=texts, bit=st.integers(0, 7), data=st.data())
def test_no_flipped_bit_opens(value: str, bit: int, data: st.DataObject) -> None:
    token = bytearray(seal("t.c.1", value, mask="hidden").token.encode())
    token[data.draw(st.integers(0, len(token) - 1))] ^= 1 << bit
    with pytest.raises(CannotOpen):
        opened(Sealed(token.decode("latin-1"), "•••", "t.c.1"))


@given(value=texts, subject=subjects, other=subjects)
def test_no_value_opens_in_another_row_or_column(value: str, subject: str, other: str) -> None:
    assume(subject != other)
    sealed = seal(subject, value, mask="hidden")
    with pytest.raises(CannotOpen):
        opened(Sealed(sealed.token, sealed.mask, other))


@given(token=st.text(max_size=80))
def test_any_stored_text_is_a_sealed_value_and_none_opens(token: str) -> None:
    sealed = stored(token, "t.c.1")
    assert str(sealed) == sealed.mask
    if token:
        with pytest.raises(CannotOpen):
            opened(sealed)


def test_equal_values_never_look_equal() -> None:
    assert len({seal("t.c.1", "same", mask="hidden").token for _ in range(50)}) == 50


@pytest.mark.parametrize("text", ["", "a", "a:short", "a:" + "!" * 43, "b-1:" + "A" * 43 + "="])
def test_a_bad_key_ring_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="HOLDFAST_SEAL_KEYS"):
        KeyRing.parse(text)


def test_the_first_key_seals_and_all_open(monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    from holdfast.guard import fields, opening

    old, new = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    ring = KeyRing.parse(f"old:{old}")
    monkeypatch.setattr(fields, "key_ring", lambda: ring)
    monkeypatch.setattr(opening, "key_ring", lambda: ring)
    before = seal("t.c.1", "kept", mask="hidden")
    ring = KeyRing.parse(f"new:{new},old:{old}")
    after = seal("t.c.1", "kept", mask="hidden")
    assert (opened(before), opened(after)) == ("kept", "kept")
    assert after.token.split(".")[1] == "new"
    ring = KeyRing.parse(f"new:{new}")
    with pytest.raises(CannotOpen):
        opened(before)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", " Ayu@Example.COM", "ayu@example.com"),
        ("email", "a@bücher.example", "a@xn--bcher-kva.example"),
        ("phone", "0062 812-3456", "+62 812 3456"),
        ("iban", "nl91 abna 0417 1643 00", "NL91ABNA0417164300"),
    ],
)
def test_spellings_of_one_value_share_an_index(kind: str, one: str, other: str) -> None:
    assert normalise(kind, one) == normalise(kind, other)
    assert blind_index(kind, one) == blind_index(kind, other)


def test_an_index_is_of_its_kind_only() -> None:
    assert blind_index("email", "x@y.example") != blind_index("other", "x@y.example")
    assert len(blind_index("email", "x@y.example")) == 16
