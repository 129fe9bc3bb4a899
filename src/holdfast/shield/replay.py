"""A recorded stream judged line by line. Whatever is wrong with a line is said, and the rest is judged.

Nothing here grows with the file: contacts are judged as they are read, and ids are remembered for a while only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from holdfast.shield.evidence import Decision, Evidence, MinuteReport
from holdfast.shield.judge import Judge
from holdfast.shield.recorded import LONGEST_LINE, LineError, evidence_of, object_of, topic_of

_IDS = 100_000
_LATE = timedelta(minutes=2)
_GAP = timedelta(hours=6)
_AGREEING = 3
"""Contacts in a row from which a jump of all clocks is believed."""


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
    # Half of a surrogate pair is no character; JSON can escape it, UTF-8 cannot carry it.
    return json.dumps(plain, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


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
            given = object_of(line)
            if "declared_topics" in given:
                self._declare(given["declared_topics"])
                if "text" not in given and "at" not in given:
                    return
            evidence, faults = evidence_of(given)
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
            self._judge.declare(topic_of(topic))

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
