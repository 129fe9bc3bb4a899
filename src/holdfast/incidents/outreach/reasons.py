"""Why somebody is called, as sentences made of what was counted. Pure; nothing in them names a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from holdfast.incidents.outreach.contract import Standing

BY_HAND = "Added by hand, by account reference."
_HIGH_VALUE = "high_value"


def sentences(standing: Standing, *, version: int | None, touches: Sequence[str], at: datetime) -> tuple[str, ...]:
    """Return why this person stands where they stand: value, tenure, severity, open case. `version`: the audience's."""
    found = [_value(standing, version), _tenure(standing), _severity(standing, version, touches), _case(standing, at)]
    return tuple(each for each in found if each)


def _value(standing: Standing, version: int | None) -> str:
    if standing.segment == _HIGH_VALUE:
        return f"Of high value, by audience {version}."
    everybody = standing.others + 1
    if standing.tier and standing.of_tier < everybody:
        return f"Tier {standing.tier}, which {standing.of_tier:,} of {everybody:,} have."
    return ""


def _tenure(standing: Standing) -> str:
    if standing.since is None:
        return ""
    said = f"A customer since {standing.since:%Y}"
    if not standing.came_later:
        return f"{said}."
    return f"{said}; {standing.came_later:,} of {standing.others:,} others came later."


def _severity(standing: Standing, version: int | None, touches: Sequence[str]) -> str:
    what = f": {_listed(touches)}" if touches else ""
    if standing.segment:
        return f"Affected, by audience {version}{what}."
    return f"Wrote about it, and is in no frozen audience{what}."


def _case(standing: Standing, at: datetime) -> str:
    if standing.oldest_since is None:
        return ""
    age = _age(at - standing.oldest_since)
    if standing.open_cases > 1:
        return f"{standing.open_cases} open cases, the oldest (#{standing.oldest_case}) for {age}."
    return f"Case #{standing.oldest_case} has been open for {age}."


def _age(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    if hours < 1:
        minutes = max(1, int(length.total_seconds() // 60))
        return f"{minutes} minute{'s' if minutes != 1 else ''}"
    if hours < 48:
        return f"{hours} hour{'s' if hours != 1 else ''}"
    return f"{hours // 24} days"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
