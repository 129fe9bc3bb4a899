"""One line of a recorded stream read: a contact, or what is wrong with it in a sentence."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from holdfast.shield.evidence import DeclaredTopic, Evidence

LONGEST_LINE = 1_000_000
"""Bytes. A longer line is refused without being read into memory."""
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 500


class LineError(Exception):
    """What is wrong with a line, in a sentence; with the field, where it is one."""

    def __init__(self, sentence: str, *, field: str | None = None, id: str | None = None) -> None:
        super().__init__(sentence)
        self.field, self.id = field, id


def object_of(line: bytes | None) -> Mapping[str, Any]:
    """Read a line, `None` for one that was too long. Raises `LineError`."""
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


def evidence_of(given: Mapping[str, Any]) -> tuple[Evidence, list[LineError]]:
    """Read a contact and what is wrong with it. Raises `LineError` where it lacks what it cannot do without."""
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


def topic_of(given: object) -> DeclaredTopic:
    """Read a declared topic; a text alone is its own word. Raises `LineError`."""
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
