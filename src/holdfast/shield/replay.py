"""A recorded stream judged line by line. Whatever is wrong with a line is said, and the rest is judged.

Nothing here grows with the file: contacts are judged as they are read, and ids are remembered for a while only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.shield.evidence import Decision, DeclaredTopic, Evidence, MinuteReport
from holdfast.shield.judge import Judge

LONGEST_LINE = 1_000_000
"""Bytes. A longer line is refused without being read into memory."""
_IDS = 100_000
_LATE = timedelta(minutes=2)
_GAP = timedelta(hours=6)
_AGREEING = 3
"""Contacts in a row from which a jump of all clocks is believed."""
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 500


class LineError(Exception):
    """What is wrong with a line, in a sentence; with the field, where it is one."""

    def __init__(self, sentence: str, *, field: str | None = None, id: str | None = None) -> None:
        super().__init__(sentence)
        self.field, self.id = field, id


@dataclass(frozen=True, slots=True)
class Wrong:
    """An error line of the output."""

    line: int
    error: str
    id: str | None = None
    field: str | None = None


Out = Decision | MinuteReport | Wrong


def replay(lines: Iterable[bytes | None], *, judge: Judge | None = None) -> Iterator[Out]:
    """Judge the lines of a file; `None` stands for one that was too long. Gives decisions, minutes and errors in order.

    A wrong value of one field is told and taken as unknown; a contact without its id, time or text is told only.
    """
    yield from _Replay(judge or Judge()).run(lines)


def lines_of(stream: Any) -> Iterator[bytes | None]:
    """Give the lines of a binary stream, `None` for one longer than `LONGEST_LINE`; no more of it is held at a time."""
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            yield None
        else:
            yield line


def to_json(out: Out) -> str:
    """Return one line of the output."""
    if isinstance(out, Decision):
        plain: dict[str, Any] = {
            "id": out.id,
            "band": out.band,
            "score": out.score,
            "friction": out.friction.value,
            "reasons": out.reasons,
        }
    elif isinstance(out, MinuteReport):
        plain = {
            "minute": out.minute.isoformat(),
            "rate": out.rate,
            "expected": out.expected,
            "surge": out.surge,
            "flood_share": out.flood_share,
            "reasons": out.reasons,
        }
    else:
        plain = {name: value for name, value in asdict(out).items() if value is not None}
    return json.dumps(plain, ensure_ascii=False)


class _Replay:
    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._ids: dict[str, None] = {}
        self._now: datetime | None = None
        self._elsewhere: list[datetime] = []

    def run(self, lines: Iterable[bytes | None]) -> Iterator[Out]:
        for number, line in enumerate(lines, start=1):
            if line is not None and not line.strip():
                continue
            yield from self._line(number, line)
        if self._now is not None:
            self._judge.pass_time(self._now + timedelta(minutes=1))
            yield from self._judge.reports()

    def _line(self, number: int, line: bytes | None) -> Iterator[Out]:
        try:
            given = _object(line)
            if "declared_topics" in given:
                self._declare(given["declared_topics"])
                if "text" not in given and "at" not in given:
                    return
            evidence, faults = _evidence(given)
            yield from (Wrong(number, str(fault), id=evidence.id, field=fault.field) for fault in faults)
            self._know(evidence.id)
            odd = self._pass_time(evidence)
        except LineError as error:
            yield Wrong(number, str(error), id=error.id, field=error.field)
            return
        yield from self._judge.reports()
        if odd:
            yield Wrong(number, odd, id=evidence.id, field="at")
        yield self._judge.judge_now(evidence)

    def _declare(self, given: object) -> None:
        topics = given if isinstance(given, list) else [given]
        for topic in topics:
            self._judge.declare(_topic(topic))

    def _know(self, id: str) -> None:
        if id in self._ids:
            raise LineError("This id came before; the contact is not judged a second time.", field="id", id=id)
        self._ids[id] = None
        if len(self._ids) > _IDS:
            del self._ids[next(iter(self._ids))]

    def _pass_time(self, evidence: Evidence) -> str:
        """Move the clock; return what is to be said about this contact's own.

        A clock that is hours away from the others is not believed until three in a row agree on it: one that is far
        in the future would close thousands of minutes, and make everybody after it late.
        """
        if self._now is None:
            self._now = evidence.at
            self._judge.pass_time(self._now)
        ahead = evidence.at - self._now
        if abs(ahead) > _GAP:
            if self._elsewhere and abs(evidence.at - self._elsewhere[0]) > _GAP:
                self._elsewhere.clear()
            self._elsewhere.append(evidence.at)
            if len(self._elsewhere) < _AGREEING:
                return "This clock is hours away from the others; the contact is judged at the time of those before it."
            self._now = min(self._elsewhere)
            self._judge.skip_to(self._now)
        elif ahead > timedelta(0):
            self._now = evidence.at
            self._judge.pass_time(self._now)
        self._elsewhere.clear()
        if -_GAP <= ahead < -_LATE:
            return "This clock is behind those before it; the contact is judged at their time."
        return ""


def _object(line: bytes | None) -> Mapping[str, Any]:
    if line is None:
        raise LineError(f"This line is longer than {LONGEST_LINE:,} bytes.")
    try:
        given = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise LineError("This line is not UTF-8.") from None
    except (ValueError, RecursionError) as error:
        where = f" (column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise LineError(f"This line is not JSON{where}.") from None
    if not isinstance(given, dict):
        raise LineError("A line must be a JSON object, beginning with { and ending with }.")
    return given


def _evidence(given: Mapping[str, Any]) -> tuple[Evidence, list[LineError]]:
    """Read a contact: what it cannot do without, and as much of the rest as is well-formed."""
    id = _id(given)
    at = _moment(given.get("at"), field="at", id=id)
    text = given.get("text")
    if not isinstance(text, str):
        raise LineError("A contact needs its text, as a string (an empty one will do).", field="text", id=id)
    faults: list[LineError] = []
    known: dict[str, Any] = {}
    for field, read in _FIELDS.items():
        try:
            known[field] = read(given.get(field), field)
        except LineError as fault:
            faults.append(fault)
    known["channel"] = known.get("channel") or "unknown"
    known["verification"] = known.get("verification") or 0
    return Evidence(id=id, at=at, text=text, **known), faults


def _id(given: Mapping[str, Any]) -> str:
    id = given.get("id")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not id:
        raise LineError("A contact needs an id, as a string.", field="id")
    if len(id) > _LONGEST_NAME:
        raise LineError(f"An id has at most {_LONGEST_NAME} characters.", field="id")
    return id


def _moment(value: object, *, field: str, id: str | None = None) -> datetime:
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            at = datetime.fromtimestamp(value, UTC)
        else:
            raise LineError(
                "A time is a string such as 2026-03-10T09:00:00Z, or seconds since 1970.", field=field, id=id
            )
        # Without a zone it is taken as UTC.
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise LineError(f"{_shown(value)} is no time; write 2026-03-10T09:00:00Z.", field=field, id=id) from None
    if not _EARLIEST <= at <= _LATEST:
        raise LineError(f"{_shown(value)} is not between the years 1990 and 2200.", field=field, id=id)
    return at


def _name(value: object, field: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise LineError(f"{field} is a string of at most {_LONGEST_NAME} characters; taken as unknown.", field=field)
    return value


def _yes_or_no(value: object, field: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise LineError(f"{field} is true, false or null, not {_shown(value)}; taken as unknown.", field=field)


def _level(value: object, field: str) -> int:
    if value is None:
        return 0
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2:
        return value
    raise LineError(f"{field} is 0, 1 or 2, not {_shown(value)}; taken as 0.", field=field)


def _days(value: object, field: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 100_000:
        return int(value)
    raise LineError(f"{field} is a number of days, not {_shown(value)}; taken as unknown.", field=field)


def _challenge(value: object, field: str) -> str | None:
    if value is None or (isinstance(value, str) and value in ("pass", "fail")):
        return value
    raise LineError(f"{field} is pass, fail or null, not {_shown(value)}; taken as unknown.", field=field)


_FIELDS = {
    "channel": _name,
    "account": _name,
    "verification": _level,
    "operator": _name,
    "source": _name,
    "region": _name,
    "tenure_days": _days,
    "open_case": _yes_or_no,
    "need": _yes_or_no,
    "challenge": _challenge,
    "intent": _name,
    "language": _name,
}


def _topic(given: object) -> DeclaredTopic:
    field = "declared_topics"
    if isinstance(given, str):
        given = {"id": given, "words": [given]}
    if not isinstance(given, dict):
        raise LineError("A declared topic is an object with id and words.", field=field)
    words, accounts = given.get("words"), given.get("accounts") or []
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise LineError("A declared topic needs words, a list of strings.", field=field)
    if not isinstance(accounts, list) or not all(isinstance(account, str | int) for account in accounts):
        raise LineError("accounts of a declared topic are a list of strings.", field=field)
    since, until = (
        None if given.get(name) is None else _moment(given[name], field=field) for name in ("since", "until")
    )
    return DeclaredTopic(
        id=str(given.get("id") or words[0])[:_LONGEST_NAME],
        words=tuple(words),
        accounts=frozenset(map(str, accounts)),
        since=since,
        until=until,
    )


def _shown(value: object) -> str:
    """A wrong value, short. It stands in a field with few right ones, so it is no customer's."""
    shown = json.dumps(value, ensure_ascii=True, default=str)
    return shown if len(shown) <= 40 else shown[:37] + "..."
