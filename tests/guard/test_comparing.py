"""What somebody says fits a value or not, however they say it."""

from __future__ import annotations

import pytest

from holdfast.guard.comparing import KINDS, TooShort, fits


@pytest.mark.parametrize(
    ("kind", "value", "typed", "same"),
    [
        ("last_four", "NL91ABNA0417164300", "43-00", True),
        ("last_four", "NL91ABNA0417164300", "4301", False),
        ("last_four", "NL91ABNA0417164300", "ABNA0417164300", False),
        ("date", "1990-05-17", "17.5.1990", True),
        ("date", "1990-05-17", "17/05/1990", True),
        ("date", "1990-05-17", "19900517", True),
        ("date", "1990-05-17", "1990-05-18", False),
        ("date", "1990-05-17", "17 May", False),
        ("postcode", "Jl. Braga 10, 40111 Bandung", "40111", True),
        ("postcode", "12 Mill Lane, Leeds LS1 4AB", "ls1 4ab", True),
        ("postcode", "Damrak 1, 1012 LG Amsterdam", "1012LG", True),
        ("postcode", "Jl. Braga 10, 40111 Bandung", "40112", False),
        ("postcode", "Jl. Braga", "", False),
        ("whole", "Zoë Müller", "zoe muller", True),
        ("whole", "ayu@example.com", "ayu@example.org", False),
    ],
)
def test_what_is_said_fits(kind: str, value: str, typed: str, same: bool) -> None:
    assert fits(kind, value, typed) is same


def test_nothing_said_never_fits() -> None:
    assert not any(fits(kind, "12345678", "") for kind in KINDS)


def test_a_short_value_is_not_compared_by_its_end() -> None:
    with pytest.raises(TooShort):
        fits("last_four", "1234567", "4567")
