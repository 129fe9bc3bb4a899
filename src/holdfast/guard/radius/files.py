"""A report as files: JSON for machines and the verifier, CSV for people, and a note that signs the hashes of both."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from holdfast.guard.ledger import signing
from holdfast.guard.radius.contract import PROVABLE, Class, Radius
from holdfast.guard.radius.statement import sentences

FORM = "holdfast.radius/v1"
_HEAD = ("account", "place", "customer", "how", "field", "first", "last", "times", "cases")
_RUN = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = re.compile(r'[",\r\n]')
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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
    accounts: Mapping[str, str],
    places: Mapping[str, str],
    cases: Mapping[str, int],
    agents: Mapping[int, str],
) -> Files:
    """Write a report. `agents` are the names of the accounts asked about; what is missing is an id, or empty.

    `accounts` (references of customers) and `cases` (numbers) go by their ids as text, `places` (jurisdictions) by
    the reference.
    `customers` in the JSON is the form that `holdfast-verify blast --report` holds against the log.
    """
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
        "customers": {str(kind): radius.named[kind] for kind in PROVABLE},
        "unproven": {str(kind): radius.named[kind] for kind in Class if kind not in PROVABLE},
    }
    persons, lines = _lines(radius, accounts, places, cases)
    as_json = f'{_json(told)[:-1]},"people":[{",".join(persons)}]}}'.encode()
    as_csv = "".join(lines).encode()
    return Files(as_json, as_csv, _note(radius, report_id, as_json, as_csv))


def _lines(
    radius: Radius, accounts: Mapping[str, str], places: Mapping[str, str], cases: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """Everybody as JSON, and the table. Put together from text, in one pass: a library's writer takes longer."""
    persons, lines = [], [",".join(_HEAD) + "\r\n"]
    numbers: dict[str, tuple[str, str]] = {}  # what a person's classes mostly share
    for own, touches in groupby(radius.touches, key=itemgetter(0)):
        account = accounts.get(own, "")
        place = places.get(account, "")
        begin = f"{_cell(account)},{_cell(place)},{own}"
        told = []
        for _, kind, field, first, last, times, held in touches:
            if held not in numbers:
                numbers[held] = _numbers([cases.get(case) or case for case in held.split()])
            (how_json, how), (cases_json, which) = _words(kind, field), numbers[held]
            told.append(f'{how_json},"first":"{first}","last":"{last}","times":{times},"cases":[{cases_json}]}}')
            lines.append(f"{begin},{how},{first},{last},{times},{which}\r\n")
        who = f'"customer":"{own}","account":{_json(account)},"place":{_json(place)}'
        persons.append(f'{{{who},"touches":[{",".join(told)}]}}')
    return persons, lines


def _numbers(cases: Sequence[str | int]) -> tuple[str, str]:
    """Cases as they stand in the JSON and in the table."""
    return ",".join([f'"{each}"' if isinstance(each, str) else str(each) for each in cases]), " ".join(map(str, cases))


@lru_cache(maxsize=256)
def _words(kind: str, field: str) -> tuple[str, str]:
    """What a class and a field begin with in the JSON, and are in the table."""
    return f'{{"how":"{kind}","field":{_json(field)}', f"{kind},{_cell(field)}"


def _cell(text: str) -> str:
    """A cell of the table. Nothing in it begins with a character that a spreadsheet runs."""
    if text[:1] in _RUN:
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


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
