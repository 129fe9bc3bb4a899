"""Regimes as data: who must tell whom what by when, from which event on, by which source. One TOML file each.

Nothing here is legal advice. A row that is not marked verified was not read in the official text, and a conflict
between sources is written out rather than settled. `docs/legal-clocks.md` tells how to add one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from django.db import models
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from holdfast.incidents.legal.calendars import Name as Calendar

_HERE = Path(__file__).parent / "regimes"
_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_NOTIFIED = "notified:"

Unit = Literal["minutes", "hours", "days", "business_days", "months", "days_after_year"]
Ground = Literal["official text", "official text in part", "law firms", "secondary", "memory"]
_READ = {"official text", "official text in part"}


class Event(models.TextChoices):
    """What may start a clock. A person declares it, with evidence; the system never decides that it happened."""

    AWARE = "aware", "We became aware of it"
    DISCOVERED = "discovered", "It was discovered, or should have been known"
    BREACH = "breach", "It was determined that personal data was hit"
    MATERIAL = "material", "It was determined to be material"
    CLASSIFIED = "classified", "It was classified as major"
    HIGH_RISK = "high_risk", "A high risk to people was found likely"
    CLIENTS = "clients", "An impact on clients' financial interests was found"
    CHANGE = "change", "A change of a flight's status became known"
    REFUND = "refund", "A refund became due"
    FIXED = "fixed", "A corrective measure became available"
    NOTIFIED = "notified", "A notice was given"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Part):
    """A length from an event. `by` is when the last day ends for this duty; hours and minutes have no such end."""

    start: str
    length: Annotated[int, Field(gt=0, le=1000)]
    unit: Unit
    calendar: Calendar = "none"
    by: time = time(23, 59)

    @field_validator("start")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in set(Event) - {Event.NOTIFIED} and not value.startswith(_NOTIFIED):
            raise ValueError(f"There is no event {value!r}. Known: {', '.join(Event)}, or {_NOTIFIED} and a duty's key")
        return value

    @model_validator(mode="after")
    def _calendar_with_business_days(self) -> Limit:
        if (self.unit == "business_days") != (self.calendar != "none"):
            raise ValueError("Business days need a calendar, and only they have one")
        return self

    @property
    def duty(self) -> str | None:
        """The duty whose notice starts this, if one does."""
        return self.start.removeprefix(_NOTIFIED) if self.start.startswith(_NOTIFIED) else None


class Duty(_Part):
    """One notice. Of several limits the earliest counts; without one it is due without undue delay from `start`."""

    key: _Key
    title: _Line
    whom: _Line
    start: Event | None = None
    limits: tuple[Limit, ...] = ()
    needed: str = ""
    contents: tuple[_Line, ...] = Field(min_length=1)
    citation: _Line
    verified: bool
    ground: Ground
    checked_on: date
    conflicts: tuple[_Line, ...] = ()
    pausable: bool = False

    @model_validator(mode="after")
    def _starts(self) -> Duty:
        if bool(self.limits) == (self.start is not None):
            raise ValueError("A duty has limits, or a start for what is due without undue delay")
        if self.verified and self.ground not in _READ:
            raise ValueError("Only what was read in the official text is verified")
        return self

    @property
    def starts(self) -> tuple[str, ...]:
        """Every event that starts this."""
        return tuple(limit.start for limit in self.limits) if self.start is None else (str(self.start),)


class Regime(_Part):
    """A law, and the notices it wants. `codes`: which jurisdictions fall under it, the word for all of them first."""

    slug: _Key
    title: _Line
    place: _Line
    codes: tuple[_Code, ...] = ()
    who: _Line
    zone: str = "UTC"
    counsel: str = ""
    duties: tuple[Duty, ...] = Field(min_length=1)

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, KeyError):
            raise ValueError(f"{value!r} is no time zone") from None
        return value

    @model_validator(mode="after")
    def _follow_ups(self) -> Regime:
        keys = [duty.key for duty in self.duties]
        if len(set(keys)) < len(keys):
            raise ValueError("The key of a duty is used twice")
        for at, duty in enumerate(self.duties):
            for limit in duty.limits:
                if limit.duty is not None and limit.duty not in keys[:at]:
                    raise ValueError(f"{duty.key} follows {limit.duty}, which is no earlier duty of this regime")
        return self

    def duty(self, key: str) -> Duty | None:
        """Return the duty with this key."""
        return next((duty for duty in self.duties if duty.key == key), None)


class Unreadable(Exception):  # noqa: N818 - said to whoever edits the file
    """A file of a regime cannot be used. The text names the file and what is wrong."""


def parse(text: str, *, name: str) -> Regime:
    """Read one file. Raises `Unreadable` that names the file and each fault."""
    try:
        regime = Regime.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise Unreadable(f"{name}: {error}") from None
    if regime.slug != Path(name).stem:
        raise Unreadable(f"{name}: its slug is {regime.slug}; name the file {regime.slug}.toml.")
    return regime


@cache
def regimes() -> Mapping[str, Regime]:
    """Return every regime by its slug, in the order of their places and titles. Raises `Unreadable`."""
    read = [parse(path.read_text(), name=path.name) for path in sorted(_HERE.glob("*.toml"))]
    return {each.slug: each for each in sorted(read, key=lambda each: (each.place, each.title))}
