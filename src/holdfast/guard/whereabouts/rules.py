"""Rules: kept, removed, tried without being kept; and what stands against a session now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from ipaddress import ip_network
from uuid import UUID
from zoneinfo import available_timezones

from django.db import connection, transaction

from holdfast.guard.gate import session_mark
from holdfast.guard.ledger import acts
from holdfast.guard.whereabouts.errors import Refused
from holdfast.guard.whereabouts.models import Rule
from holdfast.kit.clock import now

MOST_NETWORKS = 40
SENTENCES = {
    "elsewhere": (
        "Values open only from the networks you work in, and you are not in one of them. A lead of another organisation"
        " can let you for a while."
    ),
    "off_hours": ("Values open only in your working hours. A lead of another organisation can let you for a while."),
    "new_machine": (
        "This machine is not known as yours yet. Prove it with your second factor, and values open here as usual."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From when to when, on which days (1 is Monday), in which zone; over midnight where it ends before it begins."""

    days: tuple[int, ...]
    opens: time
    closes: time
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A rule: for whom, and what it asks. Of networks and hours a person has those of the narrowest rule that has any:
    their team's, else their employer's, else their role's, else everybody's."""

    scope: str
    target: str
    networks: tuple[str, ...] = ()
    hours: Hours | None = None
    known_machine: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule in force."""

    id: UUID
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Stopped:
    """Somebody who is signed in and whom a rule would keep from opening values now; `why` is a key of `SENTENCES`."""

    agent_id: int
    address: str
    why: str


def networks_in(text: str) -> tuple[str, ...]:
    """Read networks, one a line or with commas. Raises `Refused` with the one that is none."""
    found: list[str] = []
    for said in text.replace(",", " ").split():
        try:
            found.append(str(ip_network(said)))
        except ValueError as error:
            raise Refused(
                f"“{said[:43]}” is no network. Write one like 203.0.113.0/24, with zeros after the /24."
            ) from error
    if len(found) > MOST_NETWORKS:
        raise Refused(f"At most {MOST_NETWORKS} networks fit one rule.")
    return tuple(dict.fromkeys(found))


def keep(wanted: Wanted, *, by: int) -> None:
    """Put a rule in force from the next value on, in place of the one for the same people. On record. `Refused`."""
    with transaction.atomic():
        _put(wanted, by=by)
        acts.record(kind="work_rule_kept", actor_id=by, details=f"{wanted.scope}={wanted.target} {_counts(wanted)}")


def remove(rule_id: UUID, *, by: int) -> None:
    """End a rule. On record. Raises `Refused` when it has ended."""
    with transaction.atomic():
        row = Rule.objects.select_for_update().filter(pk=rule_id).first()
        if row is None:
            raise Refused("This rule has ended already.")
        row.delete()
        acts.record(kind="work_rule_removed", actor_id=by, details=f"{row.scope}={row.target}")


def try_out(wanted: Wanted, *, by: int) -> list[Stopped]:
    """Return whom a rule would keep from opening values at this moment, of those signed in. Nothing is changed."""
    with transaction.atomic():
        _put(wanted, by=by)
        found = stopped()
        transaction.set_rollback(True)
    return found


def rules() -> list[Kept]:
    """Return the rules in force, the widest first."""
    order = {scope: place for place, scope in enumerate(Rule.Scope.values)}
    return sorted((_kept(row) for row in Rule.objects.all()), key=lambda k: (order[k.wanted.scope], k.wanted.target))


def stopped() -> list[Stopped]:
    """Return who is signed in and kept from opening values now. One query over all seats there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.agent_id, coalesce(host(s.address), ''), guard_whereabouts_ruling(s.agent_id, s.session, %s)"
            " FROM guard_whereabouts_seat s ORDER BY s.agent_id, s.at DESC",
            [now()],
        )
        return [Stopped(*row) for row in cursor.fetchall() if row[2] is not None]


def why_not(*, agent_id: int, session_key: str) -> str:
    """Return what stands against opening something in this session now (a key of `SENTENCES`); empty: nothing does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT guard_whereabouts_ruling(%s, %s, %s)", [agent_id, session_mark(session_key), now()])
        return cursor.fetchone()[0] or ""


def _put(wanted: Wanted, *, by: int) -> None:
    hours = wanted.hours
    if not (wanted.networks or hours or wanted.known_machine):
        raise Refused("A rule needs networks, hours, or that machines are known.")
    if hours and (not hours.days or not set(hours.days) <= set(range(1, 8))):
        raise Refused("Choose the days on which values are opened.")
    if hours and hours.zone not in available_timezones():
        raise Refused("Name a time zone like Asia/Jakarta.")
    Rule.objects.update_or_create(
        scope=wanted.scope,
        target=wanted.target,
        defaults={
            "networks": list(wanted.networks) or None,
            "days": list(hours.days) if hours else None,
            "opens": hours.opens if hours else None,
            "closes": hours.closes if hours else None,
            "zone": hours.zone if hours else "",
            "known_machine": wanted.known_machine,
            "at": now(),
            "by_id": by,
        },
    )


def _kept(row: Rule) -> Kept:
    hours = None
    if row.days is not None and row.opens is not None and row.closes is not None:
        hours = Hours(days=tuple(row.days), opens=row.opens, closes=row.closes, zone=row.zone)
    wanted = Wanted(
        scope=row.scope,
        target=row.target,
        networks=tuple(row.networks or ()),
        hours=hours,
        known_machine=row.known_machine,
    )
    return Kept(row.pk, wanted)


def _counts(wanted: Wanted) -> str:
    return f"networks={len(wanted.networks)} hours={int(wanted.hours is not None)} machines={int(wanted.known_machine)}"
