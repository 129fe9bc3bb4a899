"""Codes that only the server makes, checked and read back; marks as they are drawn."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from holdfast.guard.marks import burning, codes, tiles
from holdfast.guard.marks.codes import ALPHABET, LENGTH, code_for, is_well_formed, nearest, spelled

AT = datetime(2026, 3, 2, 14, 32, 10, tzinfo=UTC)
sessions = st.text("0123456789abcdef", min_size=16, max_size=16)
minutes = st.integers(min_value=0, max_value=2**31)
places = st.integers(min_value=0, max_value=LENGTH - 1)


@given(sessions, minutes)
def test_a_code_is_ten_symbols_with_a_check_and_the_same_each_time(session: str, minute: int) -> None:
    code = code_for(session=session, minute=minute)
    assert is_well_formed(code)
    assert code == code_for(session=session, minute=minute)
    assert code != code_for(session=session, minute=minute + 1)


@given(sessions, minutes, places, st.sampled_from(ALPHABET))
def test_one_wrong_symbol_never_passes_the_check(session: str, minute: int, place: int, other: str) -> None:
    code = code_for(session=session, minute=minute)
    wrong = code[:place] + other + code[place + 1 :]
    assert is_well_formed(wrong) == (wrong == code)


@given(sessions, minutes, places, places)
def test_two_exchanged_symbols_never_pass_the_check(session: str, minute: int, one: int, other: int) -> None:
    symbols = list(code_for(session=session, minute=minute))
    symbols[one], symbols[other] = symbols[other], symbols[one]
    wrong = "".join(symbols)
    assert is_well_formed(wrong) == (wrong == code_for(session=session, minute=minute))


@given(st.text(max_size=30))
def test_whatever_is_typed_is_spelled_or_unreadable(text: str) -> None:
    assert set(spelled(text)) <= set(ALPHABET) | {codes.UNREADABLE}
    assert spelled(spelled(text)) == spelled(text)


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert spelled(" il-oO 7k.3m·u") == "11007K3M?"


TABLE = {code_for(session=f"{n:016x}", minute=29_000_000 + n % 60): n for n in range(5_000)}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(TABLE)), st.sets(places, max_size=2), st.sets(places, max_size=2))
def test_a_reading_with_gaps_and_slips_finds_its_code_among_five_thousand(
    code: str, gaps: set[int], slips: set[int]
) -> None:
    read = list(code)
    for place in slips:
        read[place] = ALPHABET[(ALPHABET.index(read[place]) + 7) % 32]
    for place in gaps:
        read[place] = codes.UNREADABLE
    found = nearest("".join(read), TABLE)
    assert found is not None
    assert found.code == code
    if len(gaps | slips) <= 2:
        assert found.sure


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), min_size=9, max_size=9))
def test_a_forged_code_with_a_right_check_is_nobodys(symbols: list[str]) -> None:
    forged = next(code for last in ALPHABET if is_well_formed(code := "".join([*symbols, last])))
    found = nearest(forged, TABLE)
    assert found is None or found.code == forged or not found.sure


def test_the_code_follows_from_the_key_not_from_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    here = code_for(session="ab" * 8, minute=29_000_000), tiles.faint_bits("ab" * 8)
    monkeypatch.setattr(codes, "marks_key", lambda use: b"another deployment's key, of 32 b")
    assert here != (code_for(session="ab" * 8, minute=29_000_000), tiles.faint_bits("ab" * 8))


def test_every_shown_value_holds_three_copies_and_no_page_has_a_gap_of_more_than_220_pixels() -> None:
    marks = tiles.marks_for(session="ab" * 8, at=AT)
    for size in ((220, 60), (270, 62), (330, 66)):  # the narrowest card of the rail, the usual one, one of a phone
        assert burning.copies(tiles.CARD, marks.card_text, size=size) >= 3
    assert max(tiles.PAGE.width, tiles.PAGE.height) <= 220
    assert burning.copies(tiles.PAGE, marks.text, size=(390, 664)) >= 8


def test_the_faint_pattern_is_balanced_faint_and_the_sessions_own() -> None:
    picture = Image.open(io.BytesIO(tiles.faint_png("ab" * 8)))
    assert picture.size == (tiles.CELLS, tiles.CELLS)
    shades = {shade[0]: (count, shade[3]) for count, shade in picture.convert("RGBA").getcolors() or []}
    assert abs(shades[0][0] - shades[255][0]) < 400
    assert {alpha for _, alpha in shades.values()} == {tiles.ALPHA}
    assert 5 <= tiles.ALPHA <= 8  # +-2.5 to 4 levels
    assert tiles.faint_bits("ab" * 8) != tiles.faint_bits("ab" * 7 + "ac")


def test_the_text_of_a_mark_says_its_minute() -> None:
    marks = tiles.marks_for(session="ab" * 8, at=AT)
    assert marks.text.endswith(" 1432")
    assert marks.text.replace(" ", "")[:LENGTH] == marks.code
    assert tiles.marks_for(session="ab" * 8, at=AT + timedelta(minutes=1)).code != marks.code


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "LA", "1"])
def test_a_burnt_in_mark_changes_the_picture_on_any_ground_and_keeps_its_size(mode: str) -> None:
    for ground in (0, 128, 255):
        picture = Image.new("L", (400, 300), ground).convert(mode)
        burnt = burning.burn(picture, tiles.marks_for(session="ab" * 8, at=AT).text)
        assert burnt.size == picture.size
        low, high = burnt.convert("L").getextrema()
        assert high - low >= 20
    assert burning.copies(tiles.PAGE, "7K3MQ 2X9HD 1432", size=(400, 240)) >= 3


def _contrast(one: float, other: float) -> float:
    """Contrast of two greys (0 to 255), WCAG 2.2. The faintest pair of the tokens, ink-3 when selected, has 4.9."""
    light = [(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) + 0.05 for c in (one / 255, other / 255)]
    return max(light) / min(light)


@pytest.mark.parametrize(("ink", "ground"), [(110, 253), (111, 253), (60, 253), (150, 26), (230, 26)])
def test_the_pattern_leaves_the_faintest_text_of_the_house_above_four_and_a_half(ink: int, ground: int) -> None:
    plain = _contrast(ink, ground)
    for shade in (0, 255):
        covered = [level + tiles.ALPHA / 255 * (shade - level) for level in (ink, ground)]
        assert _contrast(*covered) > 0.9 * plain
        assert _contrast(*covered) > 4.5
