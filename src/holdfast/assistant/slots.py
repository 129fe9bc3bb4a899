"""Reading the values a form needs out of what a customer wrote: digits, amounts, dates, references, yes and no.

Patterns and checks, no model. In doubt nothing is read, and the form asks again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from holdfast.assistant.acting_words import MONTHS, every
from holdfast.kit.plain_text import folded, plain_text

T = TypeVar("T")

_LONGEST = 2_000  # characters that are looked at
_MOST = 5

_LONG_NUMBER = re.compile(r"(?<![\w.,])(?:\d[ -]?){12,18}\d(?![\w])")
_REFERENCE = re.compile(r"(?<![\w-])[A-Z]{2,4}-?\d{4,10}-[A-Z]\d{1,6}(?![\w-])", re.IGNORECASE)
_FOUR = re.compile(r"(?<![\w.,/:@-])\d{4}(?![\w@]|[.,:/-]\d)")
_AFTER_MARK = re.compile(r"(?:[*•x.…]{2,}|\b[xX]{2,})[ -]?(\d{4})(?!\w)")
_CURRENCY = r"(?:eur|euros?|usd|dollars?|dolar|idr|brl|gbp|pounds?|reais|real|rupiah|rp|r\$|us\$|€|\$|£)"
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d{1,9}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(
    rf"(?:{_CURRENCY}\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?{_CURRENCY}(?!\w)|(?<![\w.,/:-])(?P<c>\d{{1,7}}[.,]\d{{2}})(?![\w]|[.,:/-]\d))",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
# With dots only when the year is there: 27.07 is as likely a price.
_DAY_FIRST = re.compile(r"(?<![\d.,/])(\d{1,2})(?:/(\d{1,2})(?:/(\d{4}|\d{2}))?|\.(\d{1,2})\.(\d{4}|\d{2}))(?![\d/])")
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[ ().-]{0,2}\d){6,14}(?!\w)")
_SIX = re.compile(r"(?<![\w.,@-])\d{3}[ -]?\d{3}(?![\w@]|[.,-]\d)")
_ACCOUNT = re.compile(r"(?<![\w@.+-])(?:[A-Za-z]{1,6}-?)?\d{4,12}(?![\w@-]|\.\w)")
_URL = re.compile(r"https?:|www\.|<|>", re.IGNORECASE)
_MONTH_NAMES = {name: number for names in MONTHS for number, name in names}
_MONTH = "|".join(sorted(_MONTH_NAMES, key=lambda name: -len(name)))
_NAMED = re.compile(
    rf"(?<!\w)(?:(\d{{1,2}})(?:st|nd|rd|th|º)?(?: (?:de|of))? ({_MONTH})|({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?)(?!\w)"
)
_NAMED_WITH_YEAR = re.compile(rf"{_NAMED.pattern}(?:,? (?:de )?\d{{4}})?")
_LEADS = re.compile(
    f"(?:{'|'.join(re.escape(lead) for lead in sorted(every('address_leads'), key=lambda lead: -len(lead)))})"
    r"\s*[:,-]?\s*"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a text says about a record. Amounts are in minor units (cents), newest reading only."""

    last4: tuple[str, ...] = ()
    amounts: tuple[int, ...] = ()
    days: tuple[date, ...] = ()
    references: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.last4 or self.amounts or self.days or self.references)


def hints_of(text: str, *, today: date) -> Hints:
    """Read everything that may tell a card, a payment or a transfer from others."""
    text = _digits(text)
    return Hints(last4_of(text), amounts_of(text), days_of(text, today=today), references_of(text))


def last4_of(text: str) -> tuple[str, ...]:
    """Return the last four digits of cards: said after a mark or alone. Of a whole card number only those are kept."""
    text = _digits(text)
    whole = [re.sub(r"\D", "", found)[-4:] for found in _LONG_NUMBER.findall(text)]
    text = _LONG_NUMBER.sub(" ", text)
    marked = _AFTER_MARK.findall(text)
    rest = _without_dates_and_amounts(_AFTER_MARK.sub(" ", text))
    return _some([*whole, *marked, *_FOUR.findall(rest)])


def amounts_of(text: str) -> tuple[int, ...]:
    """Return amounts of money in minor units: `€12.50`, `1.234,56`, `Rp 50.000`, `30 euros`, `12,50`."""
    text = _digits(text)
    found = []
    for match in _AMOUNT.finditer(_DAY_FIRST.sub(" ", text)):
        written = match["a"] or match["b"] or match["c"]
        found.append(_minor(written))
    return _some([amount for amount in found if amount])


def _minor(written: str) -> int:
    """Read a number in either way of writing it: the last mark with one or two digits behind it parts the cents."""
    parts = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", written)
    if parts is None:
        return 0
    return int(re.sub(r"\D", "", parts[1]) or 0) * 100 + int((parts[2] or "").ljust(2, "0"))


def days_of(text: str, *, today: date) -> tuple[date, ...]:
    """Return the days a text names, none of them to come: `2026-11-12`, `12/11`, `12 November`, yesterday."""
    text = _digits(text)
    plain = folded(text)
    found = [_day(int(y), int(m), int(d)) for y, m, d in _ISO.findall(text)]
    for day, month, year, dotted, its_year in _DAY_FIRST.findall(_ISO.sub(" ", text)):
        found.append(_past(int(day), int(month or dotted), _year(year or its_year), today))
    for day_first, month, month_first, day in _NAMED.findall(plain):
        number = _MONTH_NAMES[month or month_first]
        found.append(_past(int(day_first or day), number, None, today))
    words = f" {plain_text(text)} "
    for name, days in (("today", 0), ("yesterday", 1), ("day_before", 2)):
        found += [today - timedelta(days) for word in every(name) if f" {word} " in words]
    return _some([day for day in found if day is not None and day <= today])


def references_of(text: str) -> tuple[str, ...]:
    """Return references of records, e.g. `TW-100042-T3`."""
    return _some([found.upper() for found in _REFERENCE.findall(_digits(text))])


def email_of(text: str) -> str | None:
    """Return the one e-mail address in a text."""
    found = set(_EMAIL.findall(text[:_LONGEST]))
    return found.pop().rstrip(".") if len(found) == 1 else None


def phone_of(text: str) -> str | None:
    """Return the one phone number in a text that begins with its country, as `+353 87 123 4567` or `00353...`."""
    found = set(_PHONE.findall(_digits(text)[:_LONGEST]))
    return found.pop() if len(found) == 1 else None


def code_of(text: str) -> str | None:
    """Return a six-digit code if the text is little else: a letter that quotes one, to say no, is not an answer."""
    text = _digits(text).strip()
    found = _SIX.findall(text)
    if len(found) != 1 or len(text) > 40 or len(re.findall(r"[^\W\d]+", text)) > 5:
        return None
    if set(plain_text(text).split()) & set(every("no")):
        return None
    return re.sub(r"\D", "", found[0])


def account_of(text: str) -> str | None:
    """Return an account's reference if there is just one: at least four digits, with letters or not, as `TW-100042`."""
    found = _ACCOUNT.findall(_digits(text)[:_LONGEST])
    return found[0].upper() if len(found) == 1 else None


def address_of(text: str, *, asked: bool = False) -> str | None:
    """Return a postal address, on one line. Unless it was asked for, words that lead to one must stand before it."""
    text = " ".join(re.split(r"\s*[\r\n]+\s*", text.strip()[:_LONGEST]))
    if found := _LEADS.search(_folded_same_length(text)):
        text = text[found.end() :]
    elif not asked:
        return None
    text = re.sub(r"\s+", " ", text).strip(" .:;,-")
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 1]
    plausible = (
        10 <= len(text) <= 200
        and any(map(str.isdigit, text))
        and len(words) >= 2
        and "," in text
        and "@" not in text
        and "?" not in text
        and not _URL.search(text)
        and all(map(str.isprintable, text))
    )
    return text if plausible else None


def _folded_same_length(text: str) -> str:
    """Return `text` in lower case without accents, letter for letter, so that places in both agree."""
    return "".join((unicodedata.normalize("NFD", letter.lower()) or letter)[0] for letter in text)


def yes_or_no(text: str, *, also: Collection[str] = ()) -> bool | None:
    """Return what a short answer says, in any of our languages; `None` for everything that is not plainly one.

    A yes has no other words in it than polite ones and those of the question (`also`), so that "yes, but the other
    card" is not a yes. A no may have.
    """
    words = plain_text(_digits(text)[:200]).split()
    line = f" {' '.join(words)} "
    left = _taken_out(line, every("no"))
    no = left != line and len(words) <= 8
    rest = _taken_out(left, every("yes"))
    yes = rest != left and set(rest.split()) <= {*every("polite"), *also}
    if yes and left == line:
        return True
    return False if no and rest == left else None


def _taken_out(line: str, phrases: Collection[str]) -> str:
    for phrase in sorted(phrases, key=lambda each: -len(each)):
        line = line.replace(f" {phrase} ", "  ")
    return line


def stops(text: str) -> bool:
    """Return whether somebody no longer wants what they are being asked about."""
    words = plain_text(text[:200]).split()
    line = f" {' '.join(words)} "
    return len(words) <= 8 and any(f" {phrase} " in line for phrase in every("stop"))


def wants_again(text: str) -> bool:
    """Return whether somebody says that a code did not come, or wants another."""
    line = f" {plain_text(text[:300])} "
    return any(f" {phrase} " in line for phrase in every("again"))


def mentions(text: str, name: str) -> bool:
    """Return whether a text names a shop or a person: one of the longer words of the name stands in it."""
    said = set(plain_text(text[:_LONGEST]).split())
    return any(len(word) >= 4 and word in said for word in plain_text(name).split())


def _digits(text: str) -> str:
    """Return the text with every script's digits and wide forms as plain ones."""
    text = text[:_LONGEST]
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(letter)) if unicodedata.category(letter) == "Nd" else letter
        for letter in unicodedata.normalize("NFKC", text)
    )


def _without_dates_and_amounts(text: str) -> str:
    for pattern in (_REFERENCE, _ISO, _DAY_FIRST, _AMOUNT):
        text = pattern.sub(" ", text)
    return _NAMED_WITH_YEAR.sub(" ", _folded_same_length(text))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _past(day: int, month: int, year: int | None, today: date) -> date | None:
    """Return the day; without a year the latest such day that is not to come. Day before month, as most write it."""
    if year is not None:
        return _day(year, month, day) or _day(year, day, month)
    for swapped in ((month, day), (day, month)):
        found = _day(today.year, *swapped)
        if found is not None:
            return found if found <= today else _day(today.year - 1, *swapped)
    return None


def _year(written: str) -> int | None:
    return None if not written else int(written) + (2000 if len(written) == 2 else 0)


def _some(found: list[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
