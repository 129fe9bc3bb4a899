"""Taking values out of what people write, before it is kept where others read, search, quote and forward it.

Card numbers, bank accounts, US social security numbers, telephone numbers and recovery phrases, wherever they stand;
and what is known of this customer (name, addresses, numbers, birth date) as it is written in their own record. A typed
mask takes their place. Names and addresses of others in prose are not found, nor are their mail addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from holdfast.guard.masks import masked
from holdfast.guard.redaction import iban_holds, luhn_holds
from holdfast.guard.seed_phrases import seed_phrases

# Bounded repeats and no nesting: a hostile text of any length costs linear time.
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,8}\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w.:-])[2-6]\d{3}(?:[ .-]?\d){9,15}(?![\w:-])")
_SSN = re.compile(r"(?<![\w.-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_SSN_AFTER = re.compile(r"(?i:\b(?:ssn|social security(?: number| no\.?)?)\b[^\d\n]{0,12})(\d{9})(?!\d)")
_PHONE = re.compile(
    r"(?<![\w.:/+-])(?:"
    r"(?:\+|00)[ (]{0,2}[1-9](?:[ ()/.-]{0,2}\d){6,14}"  # with its country
    r"|\(\d{2,5}\)[ -]?\d(?:[ /.-]?\d){5,9}"  # with its area in brackets
    r"|0[1-9](?:[ /.-]?\d){7,10}"  # as it is dialled within a country
    r"|[2-9]\d{2}[-. ][2-9]\d{2}[-. ]\d{4}"  # North America
    r")(?![\w:/-])"
)
_PHONE_AFTER = re.compile(
    r"(?i:\b(?:phone|mobile|cell|tel(?:ephone)?|whatsapp|call me (?:at|on)|telepon|hp|nomor hp|celular|telefone)\b"
    r"[^\d\n+]{0,20})(\d(?:[ .-]?\d){6,13})(?!\d)"
)
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text without values, and which kinds were in it, in the order of looking."""

    text: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A value of this customer's own record and its kind: name, email, phone, iban, address, birth_date, account."""

    kind: str
    value: str


class Scrubber:
    """Scrubs texts of one customer. Made once for several texts: what is known becomes patterns here."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._known = [pattern for each in known for pattern in _patterns(each)]

    def scrubbed(self, text: str) -> Scrubbed:
        """Return `text` with typed masks in place of values. Scrubbing twice changes nothing."""
        kinds: list[str] = []
        for kind, pattern, mask in self._known:
            text, count = pattern.subn(mask.replace("\\", r"\\"), text)
            if count:
                kinds.append(kind)
        for kind, scrub in _EVERYBODYS:
            clean = scrub(text)
            if clean != text:
                kinds.append(kind)
                text = clean
        return Scrubbed(text, tuple(dict.fromkeys(kinds)))


def _seeds(text: str) -> str:
    for start, end in reversed(list(seed_phrases(text))):
        text = f"{text[:start]}[recovery phrase]{text[end:]}"
    return text


def _ibans(text: str) -> str:
    return _IBAN.sub(_iban, text)


def _iban(found: re.Match[str]) -> str:
    """The pattern runs on into the next word, so every end at a space is tried, longest first."""
    written = found.group()
    end = len(written)
    while end > 0:
        if iban_holds(written[:end].replace("-", "")):
            return f"[{masked('iban', written[:end].upper())}]{written[end:]}"
        end = max(written.rfind(" ", 0, end), written.rfind("-", 0, end))
    return written


def _cards(text: str) -> str:
    return _CARD.sub(_card, text)


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    return f"[card •• {digits[-4:]}]" if 13 <= len(digits) <= 19 and luhn_holds(digits) else found.group()


def _ssns(text: str) -> str:
    text = _SSN.sub("[social security number]", text)
    return _SSN_AFTER.sub(lambda found: found.group().removesuffix(found[1]) + "[social security number]", text)


def _phones(text: str) -> str:
    text = _PHONE.sub(lambda found: f"[phone {masked('phone', found.group())}]", text)
    return _PHONE_AFTER.sub(
        lambda found: f"{found.group().removesuffix(found[1])}[phone {masked('phone', found[1])}]", text
    )


_EVERYBODYS: Sequence[tuple[str, Callable[[str], str]]] = (
    ("recovery phrase", _seeds),
    ("IBAN", _ibans),
    ("card number", _cards),
    ("social security number", _ssns),
    ("phone number", _phones),
)


def _patterns(known: Known) -> list[tuple[str, re.Pattern[str], str]]:
    value = " ".join(known.value.split())
    if len(value) < 4:
        return []
    made = {"name": _of_name, "address": _of_address, "birth_date": _of_birth, "email": _of_email}.get(known.kind)
    if made is not None:
        return made(value)
    if known.kind in {"phone", "iban", "account"}:
        return _of_number(known.kind, value)
    return []


def _of_name(value: str) -> list[tuple[str, re.Pattern[str], str]]:
    """The whole name however it is capitalised, then the family name alone as it is written: May is also a month."""
    words = value.split()
    mask = masked("name", value)
    found = [("name", _literal(value, re.IGNORECASE), mask)] if len(words) > 1 else []
    family = words[-1]
    if len(words) > 1 and len(family) >= 4 and family.lower() not in MONTHS:
        found.append(("name", _literal(family), f"{family[0]}."))
    return found


def _of_email(value: str) -> list[tuple[str, re.Pattern[str], str]]:
    return [("email address", _literal(value, re.IGNORECASE), masked("email", value))]


def _of_address(value: str) -> list[tuple[str, re.Pattern[str], str]]:
    """The whole address, and its first line where that has a number in it."""
    first = value.partition(",")[0].strip()
    lines = [value] + ([first] if len(first) >= 8 and any(c.isdigit() for c in first) else [])
    return [("address", _literal(line, re.IGNORECASE), "[address]") for line in dict.fromkeys(lines)]


def _of_birth(value: str) -> list[tuple[str, re.Pattern[str], str]]:
    try:
        born = date.fromisoformat(value)
    except ValueError:
        return []
    y, m, d = born.year, rf"0?{born.month}", rf"0?{born.day}"
    month = MONTHS[born.month - 1]
    name = rf"(?:{month}|{month[:3]}\.?)"
    ways = rf"{y}[-./ ]?{m}[-./ ]?{d}|{d}[-./ ]{m}[-./ ]{y}|{m}[-./ ]{d}[-./ ]{y}|{d}(?:st|nd|rd|th)? {name},? {y}"
    ways += rf"|{name} {d}(?:st|nd|rd|th)?,? {y}"
    return [("birth date", re.compile(rf"(?<!\w)(?:{ways})(?!\w)", re.IGNORECASE), f"[{masked('birth_date', value)}]")]


def _of_number(kind: str, value: str) -> list[tuple[str, re.Pattern[str], str]]:
    """A number in any grouping; a phone number also without its country."""
    signs = [c for c in value.upper() if c.isalnum()]
    if len(signs) < 6:
        return []
    mask = {"phone": f"[phone {masked('phone', value)}]", "iban": f"[{masked('iban', value)}]"}.get(kind, "[account]")
    spellings = [signs] + ([signs[-9:]] if kind == "phone" and len(signs) > 10 else [])
    label = {"phone": "phone number", "iban": "IBAN"}.get(kind, "account number")
    before = r"(?<![\w+])\+?0?" if kind == "phone" else r"(?<!\w)"
    return [
        (label, re.compile(before + r"[ ()/.-]{0,2}".join(map(re.escape, each)) + r"(?!\w)", re.IGNORECASE), mask)
        for each in spellings
    ]


def _literal(value: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, value.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", flags)
