"""Taking personal values out of text that is kept for machines and operators: log lines, error reports, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

# Bounded repeats and no nesting: a hostile line of any length costs linear time.
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{1,4}){3,8}\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.:-])\+?\(?\d(?:[ ()/.-]{0,2}\d){6,18}(?![\w:-])")
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
        if _is_iban(written[:end]):
            return "[iban]" + written[end:]
        end = written.rfind(" ", 0, end)
    return written


def _number(found: re.Match[str]) -> str:
    written = found.group()
    digits = re.sub(r"\D", "", written)
    if 13 <= len(digits) <= 19 and luhn_holds(digits):
        return "[card]"
    if 7 <= len(digits) <= 15 and _looks_like_phone(written, digits):
        return "[phone]"
    return written


def _looks_like_phone(written: str, digits: str) -> bool:
    """A plus, a leading zero or grouping tells a phone number from a count, a duration or a time stamp."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written) or re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", written):
        return False
    if re.fullmatch(r"\d+\.\d+", written):
        return False
    return written.startswith(("+", "0", "(")) or bool(re.search(r"\d[ ()/.-]+\d", written)) or len(digits) in {10, 11}


def luhn_holds(digits: str) -> bool:
    """Return whether the check digit of `digits` is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _is_iban(written: str) -> bool:
    compact = written.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34:
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
