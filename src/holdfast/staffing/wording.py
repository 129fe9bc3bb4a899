"""Durations and shares, as people write them and as they are written for people."""

from __future__ import annotations

import math
import re
from typing import Final

_UNITS: Final = {"s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(sec|min|[smhd]?)", re.IGNORECASE)


def seconds(text: str, *, bare: str = "s") -> float:
    """Read a duration: `180`, `180s`, `3m`, `1h30m`, `2.5 min`. Raises `ValueError` with a sentence.

    `bare` is the unit of a number without one.
    """
    wrong = ValueError(f"{text!r} is not a duration; write 180, 180s, 3m or 1h30m.")
    stripped = text.replace(" ", "")
    parts = list(_DURATION.finditer(stripped))
    if not parts or "".join(part.group() for part in parts) != stripped:
        raise wrong
    units = [part.group(2).lower() for part in parts]
    if len(parts) > 1 and not all(units):
        raise wrong
    return sum(float(part.group(1)) * _UNITS[unit or bare] for part, unit in zip(parts, units, strict=True))


def share(text: str) -> float:
    """Read a share: `0.8`, `80%`, or `80` (more than one is taken as per cent). Raises `ValueError` with a sentence."""
    wrong = ValueError(f"{text!r} is not a share; write 0.8 or 80%.")
    stripped = text.strip()
    try:
        value = float(stripped.removesuffix("%"))
    except ValueError:
        raise wrong from None
    if stripped.endswith("%") or value > 1:
        value /= 100
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise wrong
    return value


def duration(value: float) -> str:
    """Write seconds for people: `20 s`, `3 min`, `1 h 30 min`."""
    if value < 60 or (value < 600 and value % 60):
        return f"{value:.3g} s" if value < 60 else f"{value / 60:.1f} min"
    minutes = round(value / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def percent(value: float) -> str:
    """Write a share for people: whole per cents, one decimal where that would hide something."""
    scaled = 100 * value
    whole = abs(scaled - round(scaled)) < 0.05 or 10 <= scaled <= 90
    return f"{scaled:.0f} %" if whole else f"{scaled:.1f} %"


def counted(value: float, one: str, many: str | None = None) -> str:
    """Write a number with its noun: `1 hour`, `1,740 hours`; under ten with a decimal where there is one."""
    text = f"{value:,.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")
    return f"{text} {one if text == '1' else many or one + 's'}"
