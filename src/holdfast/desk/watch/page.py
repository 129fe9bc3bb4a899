"""What the pages about watching show: people under an alias until they may be named, and one's own budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from holdfast.guard.watching import budgets, notices, restraints
from holdfast.guard.watching.budgets import HOUSE, Asked
from holdfast.guard.watching.models import Canary, Report
from holdfast.guard.watching.notices import Dossier, Notice
from holdfast.guard.watching.restraints import Restrained
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role, Vendor
from holdfast.people.queries import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS = {
    "unexplained": "Openings no case explains",
    "values": "More values than usual",
    "peers": "More values than colleagues",
    "surprise": "Cases the line did not bring",
    "outside": "Customers unusual for their queues",
    "off_shift": "Openings outside of shifts",
    "approvals": "Approvals for one person",
    "searches": "Searches by attribute",
    "rhythm": "A steady beat",
    "denials": "Many refusals",
    "marks": "Marks that were not there",
    "honey": "Made-up cases opened",
    "canary": "Made-up customers asked for",
    "contact": "An address or number only they saw",
    "reports": "What customers report",
    "machines": "Far more for machines than usual",
}
SOURCES = {
    "reveals": "openings",
    "approvals": "approvals",
    "searches": "searches",
    "rhythm": "times of openings",
    "denials": "refusals",
    "marks": "marks on pages",
    "canaries": "made-up customers",
    "contacts": "made-up addresses",
    "reports": "customers' reports",
    "machines": "what machines were given",
}
RESTRAINTS = {
    "half": "Half the budget",
    "second": "A second approver for each further customer",
    "masked": "Values stay masked",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list. `who` is an alias, or the name once a person decided so."""

    alias: str
    who: str
    named: bool
    independent: int
    kinds: tuple[str, ...]
    first: str
    since: datetime
    less: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The list, requests for more, and what the house looked at."""

    lines: tuple[Line, ...]
    asked: tuple[Request, ...]
    reports: int
    canaries: int


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for more; `mine`: the reader may decide it."""

    asked: Asked
    who: str
    vendor: str
    mine: bool


@dataclass(frozen=True, slots=True)
class OneNotice:
    """A signal in words."""

    notice: Notice
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class OneDecision:
    """A decision in words."""

    what: str
    words: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Everything open about one person, for security."""

    dossier: Dossier
    who: str
    notices: tuple[OneNotice, ...]
    decisions: tuple[OneDecision, ...]
    less: tuple[Restrained, ...]
    words: dict[str, str]
    before: tuple[OneNotice, ...]


@dataclass(frozen=True, slots=True)
class Meter:
    """Used of what may be."""

    label: str
    used: int
    most: int


@dataclass(frozen=True, slots=True)
class Own:
    """One's own budget: what is used, what is less and why, what was asked, and what one may decide for others."""

    meters: tuple[Meter, ...]
    new: bool
    less: tuple[tuple[str, str, datetime], ...]
    asked: tuple[Asked, ...]
    to_decide: tuple[Request, ...]


def home(reader: Agent) -> Home:
    """Return the list for security."""
    found = notices.dossiers()
    names = names_of([each.agent_id for each in found if each.named])
    less = restraints.in_force([each.agent_id for each in found])
    return Home(
        lines=tuple(
            Line(
                alias=each.alias,
                who=_who(each, names),
                named=each.named,
                independent=each.independent,
                kinds=tuple(KINDS[notice.kind] for notice in each.notices),
                first=each.notices[0].sentence,
                since=min(notice.at for notice in each.notices),
                less=tuple(RESTRAINTS[row.kind] for row in less if row.agent_id == each.agent_id),
            )
            for each in found
        ),
        asked=requests_for(reader),
        reports=Report.objects.filter(happened_on__gte=now().date() - timedelta(days=84)).count(),
        canaries=Canary.objects.count(),
    )


def person(alias: str) -> Person | None:
    """Return the page about the person behind an alias."""
    found = notices.dossier(alias)
    if found is None:
        return None
    names = names_of([found.agent_id, *(each.by for each in found.decisions)])
    verdicts = {"explained": "Explained", "watched": "To be watched further", "named": "The name may be seen"}
    return Person(
        dossier=found,
        who=_who(found, names),
        notices=tuple(OneNotice(each, KINDS[each.kind], SOURCES[each.source]) for each in found.notices),
        decisions=tuple(
            OneDecision(
                " · ".join(filter(None, [verdicts[each.verdict], KINDS.get(each.kind, "")])),
                each.words,
                names.get(each.by, "?"),
                each.at,
            )
            for each in found.decisions
        ),
        less=tuple(restraints.in_force([found.agent_id])),
        words=RESTRAINTS,
        before=tuple(
            OneNotice(each, KINDS[each.kind], SOURCES[each.source]) for each in notices.before(found.agent_id)
        ),
    )


def _who(found: Dossier, names: Mapping[int, str]) -> str:
    if found.of_machines:
        return "The house’s machines"
    return names.get(found.agent_id, "?") if found.named else f"Person {found.alias}"


def own(reader: Agent) -> Own:
    """Return the reader's own budget page."""
    used, most = budgets.used(reader.id), budgets.allowance()
    new = reader.created_at > now() - timedelta(days=28)
    less = restraints.in_force([reader.id])
    share = 0 if any(each.kind != "half" for each in less) else 50 if new or less else 100
    return Own(
        meters=(
            Meter("Customers this hour", used.customers_hour, most.customers_hour * share // 100),
            Meter("Customers today", used.customers_day, most.customers_day * share // 100),
            Meter("Values this hour", used.values_hour, most.values_hour * share // 100),
            Meter("Values today", used.values_day, most.values_day * share // 100),
        ),
        new=new,
        less=tuple((RESTRAINTS[each.kind], each.why, each.until) for each in less),
        asked=tuple(budgets.requests(agents=[reader.id], limit=5)),
        to_decide=requests_for(reader),
    )


def vendor_of(agent: Agent) -> int | None:
    """Return who employs somebody; `None` for the house itself."""
    return agent.team.vendor_id if agent.team is not None else None


def requests_for(reader: Agent) -> tuple[Request, ...]:
    """Return the open requests that somebody may see: leads, admins and security, of other organisations to decide."""
    if reader.role == Role.AGENT:
        return ()
    return tuple(_request(each, reader) for each in _named(budgets.requests(open_only=True)))


def _named(asked: Sequence[Asked]) -> list[tuple[Asked, str, str]]:
    names = names_of([each.asked_by for each in asked])
    vendors = dict(Vendor.objects.values_list("id", "name"))
    return [(each, names.get(each.asked_by, "?"), vendors.get(each.vendor_id, "The house")) for each in asked]


def _request(row: tuple[Asked, str, str], reader: Agent) -> Request:
    asked, who, vendor = row
    mine = (vendor_of(reader) or HOUSE) != asked.vendor_id and reader.id not in {asked.asked_by, asked.agent_id}
    return Request(asked, who, vendor, mine)


def reports_by_week() -> list[tuple[date, int]]:
    """Return the weeks in which somebody reported something and how many did, the newest first, of two years."""
    counts: dict[date, int] = {}
    for day in Report.objects.order_by("-happened_on").values_list("happened_on", flat=True):
        monday = day - timedelta(days=day.weekday())
        counts[monday] = counts.get(monday, 0) + 1
    return list(counts.items())[:52]
