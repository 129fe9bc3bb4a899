"""A report as files: JSON for machines and the verifier, CSV for people, and a note that signs the hashes of both."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from holdfast.guard.ledger import signing
from holdfast.guard.marks.traces import Kept
from holdfast.guard.radius.contract import PROVABLE, Class, Person, Radius
from holdfast.guard.radius.statement import sentences

FORM = "holdfast.radius/v1"
_HEAD = ("account", "place", "customer", "how", "field", "first", "last", "times", "cases")
_RUN = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = re.compile(r'[",\r\n]')
_FAST = 1  # of 9: ids hardly pack, and level 3 saves 2 % more in nearly twice the time
_GZIP = 31  # zlib's word for gzip's form with the largest window
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of a report, two of them packed (gzip). `note` is a signed note (c2sp.org/signed-note) in the
    name of the log.
    """

    packed_json: bytes
    packed_csv: bytes
    note: str

    @property
    def as_json(self) -> bytes:
        """The JSON as it was signed."""
        return gzip.decompress(self.packed_json)

    @property
    def as_csv(self) -> bytes:
        """The table as it was signed."""
        return gzip.decompress(self.packed_csv)

    @property
    def digest(self) -> str:
        """SHA-256 of the JSON, in hex, as the note says it."""
        return self.note.split("\n", 4)[3].removeprefix("json ")


class Writer:
    """Writes a report while the database still counts: what is there is packed and hashed by a thread for each file.

    `places` (jurisdictions) go by the account reference; `agents` are the names of the accounts asked about.
    `customers` in the JSON is the form that `holdfast-verify blast --report` holds against the log.
    """

    def __init__(self, *, report_id: UUID, places: Mapping[str, str], agents: Mapping[int, str]) -> None:
        self._report_id, self._places, self._agents = report_id, places, agents
        self._json, self._csv = _Packed(), _Packed()
        self._json.put(f'{{"form":"{FORM}","report":"{report_id}","people":[')
        self._csv.put(",".join(_HEAD) + "\r\n")
        self._between = ""

    def add(self, people: Sequence[Person]) -> None:
        """Write more of the people. Put together from text, in one pass: a library's writer takes longer."""
        persons, lines = [], []
        for own, reference, touches, table in people:
            account = reference or ""
            place = self._places.get(account, "")
            who = f'"customer":"{own}","account":{_json(account)},"place":{_json(place)}'
            persons.append(f'{{{who},"touches":[{touches}]}}')
            lines.append(table.replace("\t", f"{_cell(account)},{_cell(place)},{own},"))
        if persons:
            self._json.put(self._between + ",".join(persons))
            self._csv.put("".join(lines))
            self._between = ","

    def finish(self, radius: Radius) -> Files:
        """Write what is only known at the end, and sign."""
        told = {
            "made_at": _at(radius.made_at),
            "accounts": {str(each): self._agents.get(each, "") for each in radius.question.agents},
            "from": _at(radius.question.since),
            "to": _at(radius.question.until),
            "fields": list(radius.question.fields),
            "statement": list(sentences(radius)),
            "log": {"origin": radius.log.origin, "size": radius.log.size, "root": radius.log.root},
            "totals": {str(kind): number for kind, number in radius.totals.items()},
            "customers": {str(kind): radius.named[kind] for kind in PROVABLE},
            "unproven": {str(kind): radius.named[kind] for kind in Class if kind not in PROVABLE},
            "traces": [_traced(each) for each in radius.traces],
        }
        self._json.put(f"],{_json(told)[1:]}")
        (as_json, json_digest), (as_csv, csv_digest) = self._json.end(), self._csv.end()
        return Files(as_json, as_csv, _note(radius, self._report_id, json_digest, csv_digest))


class _Packed:
    """One file as it grows: packed and hashed beside the interpreter, which others need meanwhile."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP)
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1)
        self._parts: list[Future[bytes]] = []

    def put(self, text: str) -> None:
        self._parts.append(self._thread.submit(self._pack, text))

    def end(self) -> tuple[bytes, str]:
        """The packed file, and the hash of what was packed, in hex."""
        packed = b"".join([part.result() for part in self._parts]) + self._packer.flush()
        self._thread.shutdown()
        return packed, self._digest.hexdigest()

    def _pack(self, text: str) -> bytes:
        data = text.encode()
        self._digest.update(data)
        return self._packer.compress(data)


def _cell(text: str) -> str:
    """A cell of the table. Nothing in it begins with a character that a spreadsheet runs."""
    if text[:1] in _RUN:
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _note(radius: Radius, report_id: UUID, json_digest: str, csv_digest: str) -> str:
    body = "\n".join(
        [
            FORM,
            radius.log.origin,
            str(report_id),
            f"json {json_digest}",
            f"csv {csv_digest}",
            f"log {radius.log.size} {radius.log.root or '-'}",
            "",
        ]
    )
    return f"{body}\n{signing.signer().vouch(body)}"


def _traced(each: Kept) -> dict[str, object]:
    """What was read as being of one of these accounts, with what a reader needs to judge it."""
    return {
        "trace": str(each.id),
        "read_at": _at(each.at),
        "what": each.what,
        "sha256": each.sha256,
        "account": each.agent_id,
        "session": each.session,
        "shown_from": _at(each.shown_first) if each.shown_first else None,
        "shown_to": _at(each.shown_last) if each.shown_last else None,
        "customers": [str(customer) for customer in each.customers],
        "z": round(each.z, 2),
        "gap": round(each.gap, 2),
        "compared": each.compared,
        "says": each.sentence,
    }


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
