"""What the house itself knows to have got out, held against a report without anybody bringing a file.

Customers who reported that somebody knew them; addresses and telephone numbers of made-up customers that only one
viewer was ever shown and that somebody outside used; photographs, files and codes that were read. The second are proof
of a way out, the third evidence of one, so a list that lacks one of them has a gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.guard.marks import traces
from holdfast.guard.marks.traces import Kept
from holdfast.guard.radius import keeping
from holdfast.guard.radius.contract import Class
from holdfast.guard.radius.reconciling import Held, Source, held, named_in
from holdfast.guard.watching import canaries, numbers
from holdfast.guard.watching.models import Report, ViewerAddress, ViewerNumber

_TRACES = ("photograph, file or code", "photographs, files and codes")
_CONTACTS = ("made-up address or number", "made-up addresses or numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Addresses and numbers made up for one viewer that somebody outside used. Each of `used` is in one other field.

    `confirmed`: one of the report's accounts was shown it, and the list has it. `missing`: likewise, and the list
    lacks it. `others`: it was shown to an account that was not asked about. `apart`: not asked about either, by the
    time it was shown at or by the fields.
    """

    used: int = 0
    confirmed: int = 0
    missing: int = 0
    others: int = 0
    apart: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """Photographs, files and codes whose marks name an account. Each of `read` is in one other field.

    `confirmed`: it names one of the report's accounts, and the list has a customer it may be of. `missing`: likewise,
    and the list has none. `others`: it names an account that was not asked about, within the interval. `apart`: not
    asked about, by the time it was shown at.
    """

    read: int = 0
    confirmed: int = 0
    missing: int = 0
    others: int = 0
    apart: int = 0
    own: tuple[Kept, ...] = ()
    """Those that name one of the report's accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known by now. It grows: look again later, the report stays."""

    reported: Held
    proven: Proven
    traced: Traced

    @property
    def gaps(self) -> tuple[str, ...]:
        """What these show that the list lacks, in sentences."""
        return tuple(_gaps(self))


def known(report: keeping.Kept, as_json: bytes) -> Known:
    """Hold a report (its JSON) against what the house knows by now. Reads no value, and names no viewer."""
    named = named_in(as_json)
    happened = Report.objects.filter(happened_on__gte=report.since.date())
    reported = {str(each) for each in happened.values_list("customer_id", flat=True)}
    return Known(
        reported=held(Source.REPORTED, reported, {each: _ways(each, named) for each in reported}),
        proven=_proven(report, named[Class.RELEASED]),
        traced=_traced(report, named[Class.RELEASED]),
    )


def _ways(customer: str, named: Mapping[Class, Collection[str]]) -> set[str]:
    return {str(kind) for kind, ids in named.items() if customer in ids}


def _proven(report: keeping.Kept, released: Collection[str]) -> Proven:
    rows = list(_used())
    if not rows:
        return Proven()
    made_up: dict[bytes, str] = {canaries.tag(each.customer_id): str(each.customer_id) for each in canaries.planted()}
    any_of_them = not set(released).isdisjoint(made_up.values())
    confirmed = missing = others = apart = 0
    for agent_id, tag, shown_at in rows:
        if agent_id not in report.agents:
            others += 1
        elif not report.since <= shown_at < report.until or (report.fields and "identity" not in report.fields):
            apart += 1
        elif made_up.get(tag) in released if tag else any_of_them:
            confirmed += 1
        else:
            missing += 1
    return Proven(used=len(rows), confirmed=confirmed, missing=missing, others=others, apart=apart)


def _traced(report: keeping.Kept, released: Collection[str]) -> Traced:
    confirmed = missing = others = apart = 0
    own = []
    for each in traces.naming():
        first, last = each.shown_first, each.shown_last
        within = first is not None and last is not None and first < report.until and last >= report.since
        if each.agent_id not in report.agents:
            others += within
            continue
        own.append(each)
        if within and any(str(customer) in released for customer in each.customers):
            confirmed += 1
        elif not within or report.fields:
            apart += 1
        else:
            missing += 1
    read = confirmed + missing + others + apart
    return Traced(read=read, confirmed=confirmed, missing=missing, others=others, apart=apart, own=tuple(own))


def _used() -> Iterator[tuple[int, bytes, datetime]]:
    """Whose own address or number was used, of which made-up customer, and when it was first shown.

    A number stands for all made-up customers whom one viewer opens, so it has none.
    """
    written = ViewerAddress.objects.filter(written_to_at__isnull=False)
    for agent_id, tag, shown_at in written.values_list("agent_id", "canary_id", "shown_at"):
        yield agent_id, bytes(tag), shown_at
    called = ViewerNumber.objects.filter(heard__gte=numbers.ENOUGH).exclude(agent_id=numbers.NOBODY)
    for agent_id, shown_at in called.values_list("agent_id", "shown_at"):
        yield agent_id, b"", shown_at


def _gaps(found: Known) -> Iterator[str]:
    proven, reported = found.proven, found.reported
    if proven.missing:
        yield (
            f"The list lacks {_many(proven.missing, 'made-up customer')} whose address or number only one of these"
            " accounts was shown, and whom somebody got in touch with. Do not rely on it before it is known"
            " why: check the log."
        )
    if proven.others:
        yield (
            f"{_many(proven.others, *_CONTACTS)} that somebody outside used {_were(proven.others)}"
            " shown to another account only. Data left another way as well: count for more accounts."
        )
    if proven.apart:
        yield (
            f"{_many(proven.apart, *_CONTACTS)} that somebody outside used {_were(proven.apart)} shown"
            " to these accounts outside of this interval, or in a field that was left out. Count again, wider."
        )
    traced = found.traced
    if traced.missing:
        yield (
            f"{_many(traced.missing, *_TRACES)} {_were(traced.missing)} read as being of these accounts, and the list"
            " has nobody it may be of. Do not rely on it before it is known why: check the log."
        )
    if traced.others:
        yield (
            f"{_many(traced.others, *_TRACES)} {_were(traced.others)} read as being of another account, shown in this"
            " time. Data left another way as well: count for more accounts."
        )
    if traced.apart:
        yield (
            f"{_many(traced.apart, *_TRACES)} {_were(traced.apart)} read as being of these accounts, shown outside of"
            " this interval or perhaps in a field that was left out. Count again, wider."
        )
    if reported.elsewhere:
        yield (
            f"{_many(reported.elsewhere, 'customer')} of {reported.known:,} who reported that somebody knew them"
            " never came near these accounts: by chance, another way, or from before the log."
        )


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
