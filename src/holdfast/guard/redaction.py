"""Taking personal values out of text that is kept for machines and operators: log lines, error reports, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

# Bounded repeats and no nesting: a hostile line of any length costs linear time.
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Not after a hyphen behind a hexadecimal digit: there a UUID goes on.
_IBAN = re.compile(r"(?<!\w)(?<![0-9A-F]-)[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{1,4}){3,8}\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.:-])\+?\(?\d(?:[ ()/.-]{0,2}\d){6,18}(?![\w:-])")
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"\(?(?:{_YEAR}([-/.]?){_MONTH}\1{_DAY}(?: [0-2]\d(?:[0-5]\d){{0,2}})?"
    rf"|(?:{_DAY}[-/.]{_MONTH}|{_MONTH}/{_DAY})[-/.]{_YEAR})"
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?: \d{1,5})?")
_DECIMAL = re.compile(r"\d+\.\d+")
_PORTS = re.compile(r"\bports?[ =:]{1,2}$", re.IGNORECASE)
_UNIT = re.compile(r" ?(?:[nuµm]?s|seconds|[kMG]i?B|B|bytes|rows|contacts)\b")
_LONGEST = 200_000


def redact(text: str) -> str:
    """Return `text` with e-mail addresses, IBANs, payment cards and phone numbers replaced by `[kind]`.

    A net under the logging rules, not a licence to log: names and addresses in prose are not found. Card numbers are
    told by the Luhn check (ISO/IEC 7812-1), IBANs by their check digits (ISO 13616). Text beyond 200,000 characters is
    cut, since nobody has looked at it.
    """
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + " [cut]"
    text = _EMAIL.sub("[email]", text)
    text = _IBAN.sub(_account, text)
    return _DIGITS.sub(_number, text)


def redact_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: redact every text of an event. It stands last before the renderer, after tracebacks.

    Only texts, and before they become JSON: redacting a rendered line would also hit its numbers.
    """
    for key in event:
        event[key] = _redacted(event[key])
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _account(found: re.Match[str]) -> str:
    """The pattern runs on into the next word, so every end at a space is tried, longest first."""
    written = found.group()
    end = len(written)
    while end > 0:
        if iban_holds(written[:end]):
            return "[iban]" + written[end:]
        end = written.rfind(" ", 0, end)
    return written


def _number(found: re.Match[str]) -> str:
    written = found.group()
    digits = re.sub(r"\D", "", written)
    if 13 <= len(digits) <= 19 and digits[0] not in "01" and luhn_holds(digits):
        return "[card]"  # a moment in milliseconds or finer begins with 1, no payment card does
    if 7 <= len(digits) <= 15 and _looks_like_phone(written, digits) and not _is_measured(found):
        return "[phone]"
    return written


def _is_measured(found: re.Match[str]) -> bool:
    """Words around a number tell a duration, a size or a list of ports."""
    before = found.string[max(found.start() - 8, 0) : found.start()]
    return bool(_PORTS.search(before) or _UNIT.match(found.string, found.end()))


def _looks_like_phone(written: str, digits: str) -> bool:
    """A plus, a leading zero or grouping tells a phone number from a count, a duration or a time stamp."""
    if _DATE.fullmatch(written) or _ADDRESS.fullmatch(written) or _DECIMAL.fullmatch(written):
        return False
    if written.startswith(("+", "0", "(")) or re.search(r"\d[ ()/.-]+\d", written):
        return True
    # Ten bare digits that begin with 1 are seconds since 1970: no national number is written so.
    return len(digits) == 11 or (len(digits) == 10 and digits[0] != "1")


def luhn_holds(digits: str) -> bool:
    """Return whether the check digit of `digits` is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def iban_holds(written: str) -> bool:
    """Return whether `written` has the length and the check digits of an IBAN (ISO 13616); spaces are allowed."""
    compact = written.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34:
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
