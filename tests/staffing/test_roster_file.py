"""A roster file: every line is a shift or has a fault that says what to do; nothing else comes out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.staffing import roster_file
from holdfast.staffing.roster_file import Sheet, Unreadable

ZONE = ZoneInfo("Europe/Dublin")
PEOPLE = {"ana@desk.example": 1, "ben@desk.example": 2}


def read(*lines: str, head: str = "agent,start,end,skills") -> Sheet:
    return roster_file.read(
        "\n".join([head, *lines]), zone=ZONE, people=PEOPLE, skills={"cards", "payments"}, working={}
    )


def test_a_line_is_a_shift_where_the_house_stands() -> None:
    sheet = read("Ana@Desk.example,2026-07-06T09:00,2026-07-06T17:00,cards; payments")
    (shift,) = sheet.shifts
    assert (shift.agent_id, shift.skills) == (1, ("cards", "payments"))
    assert shift.begins.isoformat() == "2026-07-06T09:00:00+01:00"
    assert (sheet.people, sheet.hours, sheet.faults) == (1, 8.0, ())


@pytest.mark.parametrize("head", ["email;from;until", "mail\tstart\tends", "\ufeffE-Mail,Begins,End"])
def test_other_names_of_columns_and_other_separators_are_read(head: str) -> None:
    between = next(sign for sign in ";\t," if sign in head)
    line = between.join(["ana@desk.example", "2026-07-06 09:00", "2026-07-06T15:00:00Z"])
    (shift,) = read(line, head=head).shifts
    assert shift.ends - shift.begins == timedelta(hours=7)


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("who@else.example,2026-07-06T09:00,2026-07-06T17:00", "unknown", "Nobody here signs in as who@else.example"),
        (",2026-07-06T09:00,2026-07-06T17:00", "wrong", "names no agent"),
        ("ana@desk.example,09:00,17:00", "wrong", "is not a time such as"),
        ("ana@desk.example,2026-07-06,2026-07-07", "wrong", "is not a time such as"),
        ("ana@desk.example,0001-01-01T00:00Z,9999-12-31T23:59Z", "wrong", "is not a time such as"),
        ("ana@desk.example,2026-07-06T09:00", "wrong", "has no end"),
        ("ana@desk.example,2026-07-06T17:00,2026-07-06T09:00", "wrong", "ends before it begins"),
        ("ana@desk.example,2026-07-06T09:00,2026-07-07T09:00", "wrong", "longer than 16 hours"),
        ("ana@desk.example,2026-07-06T09:00,2026-07-06T17:00,loans", "wrong", "There is no queue loans"),
        ("ana@desk.example,2026-07-06T12:00,2026-07-06T20:00", "overlap", "overlaps line 2"),
    ],
)
def test_what_cannot_be_loaded_is_named_with_its_line(line: str, kind: str, words: str) -> None:
    sheet = read("ana@desk.example,2026-07-06T09:00,2026-07-06T16:00,", line)
    (fault,) = sheet.faults
    assert (fault.line, fault.kind) == (3, kind)
    assert words in fault.sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("agent,start\nana@desk.example,x", "end is missing"),
        ("agent,start,end\n\n", "no shifts"),
        ("agent,start,end\n" + "a,b,c\n" * 5001, "at most 5,000"),
        ("x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_no_roster_says_why(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        roster_file.emails(text)


MOMENTS = st.integers(0, 96).map(lambda half: f"2026-07-{6 + half // 48:02}T{half % 48 // 2:02}:{30 * (half % 2):02}")
LINES = st.tuples(
    st.sampled_from([*PEOPLE, "nobody@x.example", ""]), MOMENTS, MOMENTS | st.text("0123456789-T:Z +x", max_size=20)
)


@given(st.lists(LINES.map(",".join), min_size=1, max_size=20))
def test_every_line_is_either_a_shift_or_a_fault_and_nobody_works_twice_at_once(lines: list[str]) -> None:
    try:
        sheet = read(*lines)
    except Unreadable:  # every line was empty
        return
    assert len(sheet.shifts) + len(sheet.faults) <= len(lines)
    assert len({each.line for each in (*sheet.shifts, *sheet.faults)}) == len(sheet.shifts) + len(sheet.faults)
    own = sorted((shift.agent_id, shift.begins, shift.ends) for shift in sheet.shifts)
    assert all(one != other or ends <= begins for (one, _, ends), (other, begins, _) in pairwise(own))


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        sheet = roster_file.read(text, zone=ZONE, people=PEOPLE, skills=None, working={})
    except Unreadable:
        return
    assert sheet.shifts == ()
