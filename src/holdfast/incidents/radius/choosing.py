"""Whose accounts: by vendor, by team, by person; of those who left as well."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min

from holdfast.guard.cutoff import queries as cut_offs
from holdfast.guard.models import Grant, RevealLog
from holdfast.guard.radius.contract import Refused
from holdfast.people.models import Agent

FIELDS = ("name", "identity", "address", "birth_date", "iban", "picture", "file", "raw")
"""Fields of a customer as the log names them; an identity is a mail address, a number or an account."""
_UNRECORDED = timedelta(days=90)  # asked about of people of whom nothing was recorded


@dataclass(frozen=True, slots=True)
class Account:
    """One account that can be asked about."""

    id: int
    name: str
    here: bool


@dataclass(frozen=True, slots=True)
class TeamOf:
    """A team with its accounts."""

    id: int | None
    name: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class VendorOf:
    """An employer with its teams."""

    id: int | None
    name: str
    teams: tuple[TeamOf, ...]


def everybody() -> Sequence[VendorOf]:
    """Return all accounts by employer and team."""
    rows = Agent.objects.order_by("team__vendor__name", "team__name", "name", "id").values_list(
        "team__vendor_id", "team__vendor__name", "team_id", "team__name", "id", "name", "is_active"
    )
    vendors: dict[int | None, tuple[str, dict[int | None, tuple[str, list[Account]]]]] = {}
    for vendor_id, vendor, team_id, team, id_, name, active in rows:
        teams = vendors.setdefault(vendor_id, (vendor or "The house itself", {}))[1]
        teams.setdefault(team_id, (team or "Without a team", []))[1].append(Account(id_, name, active))
    return [
        VendorOf(vendor_id, name, tuple(TeamOf(team_id, team, tuple(own)) for team_id, (team, own) in teams.items()))
        for vendor_id, (name, teams) in vendors.items()
    ]


def chosen(*, vendors: Collection[int] = (), teams: Collection[int] = (), agents: Collection[int] = ()) -> list[int]:
    """Return the ids of these accounts together, in order."""
    found = Agent.objects.filter(team__vendor_id__in=vendors) | Agent.objects.filter(team_id__in=teams)
    found |= Agent.objects.filter(pk__in=agents)
    return list(found.distinct().order_by("id").values_list("id", flat=True))


def named(words: Iterable[str]) -> list[int]:
    """Return the accounts somebody named: ids, sign-in addresses, `vendor:NAME` or `team:NAME`. Raises `Refused`."""
    found: set[int] = set()
    for word in (each.strip() for each in words):
        if not word:
            continue
        kind, _, name = word.partition(":")
        if word.isascii() and word.isdigit() and len(word) < 19:
            rows = Agent.objects.filter(pk=int(word))
        elif kind == "vendor":
            rows = Agent.objects.filter(team__vendor__name__iexact=name)
        elif kind == "team":
            rows = Agent.objects.filter(team__name__iexact=name)
        else:
            rows = Agent.objects.filter(email__iexact=word)
        ids = list(rows.values_list("id", flat=True))
        if not ids:
            raise Refused(f"Nobody is known as {word}. Give an id, a sign-in address, vendor:NAME or team:NAME.")
        found.update(ids)
    return sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a cut-off (`number`) leads to ask about: its people, from what was first recorded of them until it.

    Or a trace: the account it names, while its session showed what was asked of.
    """

    number: int | None = None
    trace: UUID | None = None
    label: str
    agents: tuple[int, ...]
    since: datetime
    until: datetime


def meant_by_cut_off(number: int) -> Meant | None:
    """Return the question that follows from a cut-off, to whole minutes; `None` when there is no such number."""
    cut = cut_offs.cut_off(number)
    if cut is None:
        return None
    agents = tuple(cut_offs.covered(number))
    firsts = [
        RevealLog.objects.filter(agent_id__in=agents).aggregate(first=Min("at"))["first"],
        Grant.objects.filter(agent_id__in=agents).aggregate(first=Min("opened_at"))["first"],
    ]
    until = cut.at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    first = min((each for each in firsts if each is not None), default=cut.at - _UNRECORDED)
    return Meant(
        number=number, label=cut.label, agents=agents, since=first.replace(second=0, microsecond=0), until=until
    )
