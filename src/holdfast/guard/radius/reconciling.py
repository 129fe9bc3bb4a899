"""Holding a report against what is known from elsewhere: a sample that surfaced, canaries, what customers report."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from holdfast.guard.radius.contract import Class, Refused

MOST = 1_000_000


class Source(StrEnum):
    """Where the references come from."""

    SAMPLE = "sample"  # records that were offered, posted or sent
    CANARY = "canary"  # made-up records of ours that somebody used
    REPORTED = "reported"  # customers who were approached by somebody who knew too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Account references that are known to have got out, and from where that is known."""

    source: Source
    accounts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a report says of them. Each of `known` is in exactly one of the next four.

    `elsewhere` are in the report's log but not of these accounts, or in no log: another path, or from before.
    """

    source: Source
    known: int
    shown: int
    masked: int
    refused: int
    elsewhere: int
    examples: tuple[str, ...]

    @property
    def share(self) -> float:
        """Which part of them the report explains by values that were shown, from 0 to 1."""
        return self.shown / self.known if self.known else 0.0


def reconcile(as_json: bytes, evidence: Sequence[Evidence]) -> tuple[Held, ...]:
    """Hold a report (its JSON) against evidence, one after the other."""
    by_account = _by_account(as_json)
    return tuple(held(each.source, each.accounts, by_account) for each in evidence)


def named_in(as_json: bytes) -> dict[Class, frozenset[str]]:
    """Return the customers of each class by id. Only the end of the JSON is read, which has no touches."""
    end = as_json.rfind(b'],"made_at":')  # in a reference the quotes would stand behind a backslash
    told = json.loads(b"{" + as_json[end + 2 :])
    return {kind: frozenset((told["customers"] | told["unproven"])[kind]) for kind in Class}


def references(text: str) -> frozenset[str]:
    """Read a CSV of account references, first column, with or without a heading. Raises `Refused`."""
    try:
        rows = [row[0].strip() for row in csv.reader(io.StringIO(text.replace("\x00", ""))) if row]
    except csv.Error as error:
        raise Refused("The file cannot be read. Save it as CSV, one account reference on each line.") from error
    found = frozenset(each[:40] for each in rows if each and each.lower() not in ("reference", "account"))
    if not found:
        raise Refused("There is no reference in it. Put one account reference on each line.")
    if len(found) > MOST:
        raise Refused(f"That is more than {MOST:,} references. Give them in parts.")
    return found


def _by_account(as_json: bytes) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for person in json.loads(as_json)["people"]:
        if person["account"]:
            found.setdefault(person["account"], set()).update(touch["how"] for touch in person["touches"])
    return found


def held(source: Source, references: Collection[str], ways: Mapping[str, Collection[str]]) -> Held:
    """Tell how many of these references (of any kind) were come near how, by the ways of each."""
    shown, masked, refused, elsewhere = 0, 0, 0, []
    for reference in sorted(references):
        how = ways.get(reference, ())
        if Class.RELEASED in how:
            shown += 1
        elif _any(how, (Class.CASE, Class.OPENED, Class.FOUND, Class.LISTED, Class.COMPARED, Class.GRANTED)):
            masked += 1
        elif _any(how, (Class.REFUSED, Class.ACTED)):
            refused += 1
        else:
            elsewhere.append(reference)
    return Held(
        source=source,
        known=len(references),
        shown=shown,
        masked=masked,
        refused=refused,
        elsewhere=len(elsewhere),
        examples=tuple(elsewhere[:10]),
    )


def _any(how: Collection[str], kinds: Iterable[Class]) -> bool:
    return any(kind in how for kind in kinds)
