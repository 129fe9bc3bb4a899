"""Reading a file of contacts: CSV, JSON lines, or mbox. One row is one contact, or one raw mail."""

from __future__ import annotations

import csv
import hashlib
import json
import mailbox
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

# The first header of each line that a file has is taken, whatever its case.
_TEXT = ("text", "message", "body", "content", "question", "utterance", "query", "complaint")
_SUBJECT = ("subject", "title")
_AT = ("at", "date", "timestamp", "created_at", "time")
_LOCALE = ("locale", "language", "lang")
_IDENTITIES = {
    "email": ("email", "e-mail", "from", "sender", "from_email"),
    "phone": ("phone", "phone_number", "msisdn"),
    "account": ("account", "account_number", "customer_id"),
    "name": ("name", "customer_name"),
}


class FileError(Exception):
    """The file cannot be replayed. The text is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Row:
    """One contact of the file. `mail` is set for mbox, `contact` (the door's JSON) for everything else."""

    number: int
    at: datetime | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    mail: bytes = b""
    synthetic_sender: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file of contacts. `digest` is the start of its SHA-256: it makes senders and keys the same on every run."""

    path: Path
    kind: str
    digest: str
    channel: str

    def rows(self, *, limit: int | None = None) -> Iterator[Row]:
        """Read the rows in order, at most `limit`. Raises `FileError` naming the row that cannot be read."""
        reading = {"csv": self._csv, "jsonl": self._jsonl, "mbox": self._mbox}[self.kind]()
        for number, row in enumerate(reading):
            if limit is not None and number >= limit:
                return
            yield row

    def _csv(self) -> Iterator[Row]:
        csv.field_size_limit(sys.maxsize)
        with self.path.open(newline="", encoding="utf-8-sig") as file:
            try:
                dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(file.read(65536), ",;\t|")
                dialect.doublequote = True
            except csv.Error:
                dialect = csv.excel
            file.seek(0)
            for number, record in enumerate(csv.DictReader(file, dialect=dialect), 1):
                yield self._row(number, {str(key).strip(): value or "" for key, value in record.items()})

    def _jsonl(self) -> Iterator[Row]:
        with self.path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise FileError(f"Line {number} of {self.path.name} is not JSON: {error}") from None
                if not isinstance(record, dict):
                    raise FileError(f"Line {number} of {self.path.name} is not a JSON object.")
                if isinstance(record.get("from"), dict):
                    contact = {"channel": self.channel, **record}
                    yield Row(number, _moment(str(record.get("at") or "")), contact)
                else:
                    yield self._row(number, {key: str(value) for key, value in record.items() if value is not None})

    def _mbox(self) -> Iterator[Row]:
        box = mailbox.mbox(self.path, create=False)
        try:
            for number, key in enumerate(box.keys(), 1):
                raw = box.get_bytes(key)
                yield Row(number, _mail_date(raw), mail=raw)
        finally:
            box.close()

    def _row(self, number: int, record: Mapping[str, str]) -> Row:
        lowered = {key.lower(): value for key, value in record.items()}

        def first(names: tuple[str, ...]) -> str:
            return next((lowered[name] for name in names if lowered.get(name)), "")

        text_column = next((name for name in _TEXT if name in lowered), None)
        if text_column is None:
            raise FileError(f"{self.path.name} has no column for the text. One of these is needed: {', '.join(_TEXT)}.")
        sender = {kind: value for kind, names in _IDENTITIES.items() if (value := first(names))}
        known = bool(sender.keys() - {"name"})
        if not known:
            # RFC 2606 keeps `.example` for this: nobody can own it, so nobody is ever written to by mistake.
            sender["email"] = f"row-{number}.{self.digest[:8]}@replay.example"
        contact = {"channel": self.channel, "from": sender, "text": lowered[text_column]}
        contact |= {name: value for name, value in (("subject", first(_SUBJECT)), ("locale", first(_LOCALE))) if value}
        at = _moment(first(_AT))
        if at is not None:
            contact["at"] = at.isoformat()
        return Row(number, at, contact, synthetic_sender=not known)


def source(path: Path, *, channel: str) -> Source:
    """Recognise a file by its ending, else by its first bytes. Raises `FileError`."""
    if not path.is_file():
        raise FileError(f"There is no file {path}.")
    with path.open("rb") as file:
        start = file.read(1024)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    kinds = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".mbox": "mbox", ".mbx": "mbox"}
    guessed = "mbox" if start.startswith(b"From ") else "jsonl" if start.lstrip().startswith(b"{") else "csv"
    return Source(path, kinds.get(path.suffix.lower(), guessed), digest, channel)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _mail_date(raw: bytes) -> datetime | None:
    head = raw.partition(b"\n\n")[0].decode("latin-1")
    for line in head.split("\n"):
        if line.lower().startswith("date:"):
            try:
                moment = parsedate_to_datetime(line[5:].strip())
            except ValueError:
                return None
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
