"""A report as files: JSON for machines and the verifier, CSV for people, and a note that signs the hashes of both."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from holdfast.guard.ledger import signing
from holdfast.guard.radius.contract import PROVABLE, Class, Radius, Touch, Touched
from holdfast.guard.radius.statement import sentences

FORM = "holdfast.radius/v1"
_HEAD = ("account", "place", "customer", "how", "field", "first", "last", "times", "cases")


@dataclass(frozen=True, slots=True)
class Known:
    """What the rooms above know of a customer: the account's reference and, where a list says, its jurisdiction."""

    account: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of a report. `note` is a signed note (c2sp.org/signed-note) in the name of the log."""

    as_json: bytes
    as_csv: bytes
    note: str


def make(
    radius: Radius,
    *,
    report_id: UUID,
    people: Mapping[UUID, Known],
    cases: Mapping[UUID, int],
    agents: Mapping[int, str],
) -> Files:
    """Write a report. `agents` are the names of the accounts, `cases` the numbers of cases; what is missing is an id.

    `customers` in the JSON is the form that `holdfast-verify blast --report` holds against the log.
    """
    named = _by_class(radius)
    told = {
        "form": FORM,
        "report": str(report_id),
        "made_at": _at(radius.made_at),
        "accounts": {str(each): agents.get(each, "") for each in radius.question.agents},
        "from": _at(radius.question.since),
        "to": _at(radius.question.until),
        "fields": list(radius.question.fields),
        "statement": list(sentences(radius)),
        "log": {"origin": radius.log.origin, "size": radius.log.size, "root": radius.log.root},
        "totals": {str(kind): number for kind, number in radius.totals.items()},
        "customers": {str(kind): named[kind] for kind in PROVABLE},
        "unproven": {str(kind): named[kind] for kind in Class if kind not in PROVABLE},
        "people": [_person(one, people.get(one.customer_id, Known()), cases) for one in radius.people],
    }
    as_json = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    as_csv = _csv(radius, people, cases)
    return Files(as_json, as_csv, _note(radius, report_id, as_json, as_csv))


def _by_class(radius: Radius) -> dict[Class, list[str]]:
    """The ids in each class. People come in the order of their ids, which is that of the ids as text."""
    named: dict[Class, list[str]] = {kind: [] for kind in Class}
    for one in radius.people:
        own = str(one.customer_id)
        for kind in {touch.kind for touch in one.touches}:
            named[kind].append(own)
    return named


def _person(one: Touched, known: Known, cases: Mapping[UUID, int]) -> dict[str, Any]:
    return {
        "customer": str(one.customer_id),
        "account": known.account,
        "place": known.place,
        "touches": [
            {
                "how": str(touch.kind),
                "field": touch.field,
                "first": _at(touch.first),
                "last": _at(touch.last),
                "times": touch.times,
                "cases": [cases.get(case) or str(case) for case in touch.cases],
            }
            for touch in one.touches
        ],
    }


def _csv(radius: Radius, people: Mapping[UUID, Known], cases: Mapping[UUID, int]) -> bytes:
    """A line for each customer, class and field. Nothing in it begins with a character that a spreadsheet runs."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    for one in radius.people:
        known, own = people.get(one.customer_id, Known()), str(one.customer_id)
        writer.writerows(_line(own, touch, known, cases) for touch in one.touches)
    return out.getvalue().encode()


def _line(own: str, touch: Touch, known: Known, cases: Mapping[UUID, int]) -> tuple[str | int, ...]:
    numbers = " ".join(str(cases.get(case) or case) for case in touch.cases)
    first, last = _at(touch.first), _at(touch.last)
    return (
        _plain(known.account), _plain(known.place), own, str(touch.kind), _plain(touch.field),
        first, last, touch.times, numbers,
    )  # fmt: skip


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _note(radius: Radius, report_id: UUID, as_json: bytes, as_csv: bytes) -> str:
    body = "\n".join(
        [
            FORM,
            radius.log.origin,
            str(report_id),
            f"json {hashlib.sha256(as_json).hexdigest()}",
            f"csv {hashlib.sha256(as_csv).hexdigest()}",
            f"log {radius.log.size} {radius.log.root or '-'}",
            "",
        ]
    )
    return f"{body}\n{signing.signer().vouch(body)}"


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
