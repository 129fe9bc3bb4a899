"""Numbers, shares, durations, times and dates in a text of any of our languages, made comparable. Pure.

“4 in 10”, “4 dari 10” and “40 %” are one share; “9,600” in English is “9.600” in Indonesian and Portuguese; “14:30”,
“14.30” (Indonesian), “14h30” and “2:30 pm” are one time. A time that names its zone is turned into that of the text.
Addresses and links are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Final

_ZONES: Final = {
    "utc": 0, "gmt": 0, "wib": 7, "wita": 8, "wit": 9, "brt": -3, "cet": 1, "cest": 2, "sgt": 8,
    "est": -5, "edt": -4, "pst": -8, "pdt": -7,
}  # fmt: skip
_NUMBER_WORDS: Final = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "id": "dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas -",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze",
    "pt-f": "duas - - - - - - - - - -",
}
_WORDS: Final = {
    word: str(value)
    for line in _NUMBER_WORDS.values()
    for value, word in enumerate(line.split(), start=2)
    if word != "-"
}
_HALVES: Final = re.compile(r"\b(?:half of|separuh|setengah dari|metade d[aeo]s?)(?!\w)", re.IGNORECASE)
_SCALES: Final = {
    **dict.fromkeys(("thousand", "ribu", "mil"), 1_000),
    **dict.fromkeys(("million", "millions", "juta", "milhão", "milhões"), 1_000_000),
    **dict.fromkeys(("billion", "miliar", "bilhão", "bilhões"), 1_000_000_000),
}
_UNITS: Final = {
    **dict.fromkeys(("second", "seconds", "detik", "segundo", "segundos"), Fraction(1, 60)),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "menit", "minuto", "minutos"), Fraction(1)),
    **dict.fromkeys(("h", "hour", "hours", "jam", "hora", "horas"), Fraction(60)),
    **dict.fromkeys(("day", "days", "hari", "dia", "dias"), Fraction(1440)),
    **dict.fromkeys(("week", "weeks", "minggu", "semana", "semanas"), Fraction(10080)),
}
_MONTH_WORDS: Final = (
    ("january", "jan", "januari", "janeiro"), ("february", "feb", "februari", "fevereiro", "fev"),
    ("march", "mar", "maret", "março"), ("april", "apr", "abril", "abr"), ("may", "mei", "maio"),
    ("june", "jun", "juni", "junho"), ("july", "jul", "juli", "julho"),
    ("august", "aug", "agustus", "agosto"), ("september", "sep", "sept", "setembro"),
    ("october", "oct", "oktober", "okt", "outubro"), ("november", "nov", "novembro"),
    ("december", "dec", "desember", "des", "dezembro", "dez"),
)  # fmt: skip
_MONTHS: Final = {word: number for number, words in enumerate(_MONTH_WORDS, start=1) for word in words}
_MONTH: Final = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR: Final = r"(?:,?\s+(?:de\s+)?(?P<year>[12]\d{3})(?![\d-]))?"
_NOT_READ: Final = re.compile(r"https?://\S+|\b[\w.+-]+@[\w-]+\.[\w.]+|\bwww\.\S+", re.IGNORECASE)
_ISO: Final = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<m>\d{2})-(?P<day>\d{2})(?!\d)")
_DAY_FIRST: Final = re.compile(
    rf"(?<![\d.,])(?P<day>\d{{1,2}})(?:st|nd|rd|th|º)?\s+(?:of\s+|de\s+)?{_MONTH}(?!\w){_YEAR}", re.IGNORECASE
)
_MONTH_FIRST: Final = re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]){_YEAR}", re.IGNORECASE)
_ZONE: Final = r"(?:\s*\(?(?P<zone>" + "|".join(_ZONES) + r")\b\)?)?"
_TIME: Final = re.compile(
    r"(?<![\d.,:])(?P<hour>[01]?\d|2[0-4])(?P<mark>[:.hH])(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d%])(?![.,:]\d)"
    rf"(?:\s?(?P<half>[ap])\.?m\b\.?)?{_ZONE}",
    re.IGNORECASE,
)
_HOUR: Final = re.compile(rf"(?<![\d.,:])(?P<hour>1[0-2]|0?[1-9])\s?(?P<half>[ap])\.?m\b\.?{_ZONE}", re.IGNORECASE)
_NUM: Final = r"\d+(?:[.,\u00a0\u202f\u2009 ]\d{3}(?!\d))*(?:[.,]\d+)?"
_VALUE: Final = rf"(?:{_NUM}|{'|'.join(_WORDS)})"
_RATIO: Final = re.compile(
    rf"(?<![\w.,])(?P<part>{_VALUE})\s+(?:in(?:\s+every)?|out\s+of|of\s+every|dari(?:\s+setiap)?|(?:em|de)\s+cada|em)"
    rf"\s+(?P<whole>{_VALUE})(?!\w)(?!\s*(?:{'|'.join(_UNITS)})\b)",
    re.IGNORECASE,
)
_SHARE: Final = re.compile(
    rf"(?<![\w.,])(?P<part>{_VALUE})[\s\u00a0\u202f\u2009]*(?:%|percent\b|per cent\b|persen\b|por cento\b)",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(  # what hangs on a name is no number: us-east-1
    rf"(?<![\w.,])(?<![^\W\d]-)(?P<part>{_VALUE})(?![\w])(?:[\s\u00a0]*(?P<scale>{'|'.join(_SCALES)})\b)?"
    rf"(?:[\s\u00a0]*(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a text: `kind` is count, share, time, date or duration (minutes); `said` is as it stands there.

    Two are the same when kind and value are. Times are minutes of the day in the zone of the text; a date is month and
    day as a number such as 303 for the third of March.
    """

    kind: str
    value: Fraction
    said: str

    @property
    def key(self) -> tuple[str, Fraction]:
        """What is compared."""
        return self.kind, self.value


def quantities(text: str, *, locale: str, zone: tzinfo, at: datetime) -> list[Quantity]:
    """Return every number, share, duration, time and date of `text`, in no particular order.

    `zone` is that of times without one, `at` the moment whose offset counts.
    """
    left = _NOT_READ.sub(_blank, text)
    found: list[Quantity] = []
    for reader in (_dates, _times, _ratios, _shares, _halves, _plain):
        here = list(reader(left, locale, zone, at))
        found += [each for each, _ in here]
        for _, (start, end) in here:
            left = left[:start] + " " * (end - start) + left[end:]
    return found


def keys(found: list[Quantity]) -> frozenset[tuple[str, Fraction]]:
    """Return what is compared of each."""
    return frozenset(each.key for each in found)


def of_moment(moment: datetime, *, zone: tzinfo) -> list[Quantity]:
    """Return how a moment may be named in a text: by its time and by its date, in the zone of the text."""
    local = moment.astimezone(zone)
    time = Quantity("time", Fraction(local.hour * 60 + local.minute), f"{local:%H:%M}")
    return [time, _date(local.date(), f"{local:%Y-%m-%d}")]


def number(said: str, *, locale: str) -> Fraction:
    """Return the value of a number as it is written in `locale`: marks of thousands and of decimals are told apart.

    A mark before exactly three digits is one of thousands where the language has it so; spaces always are.
    """
    if said.lower() in _WORDS:
        return Fraction(_WORDS[said.lower()])
    plain = re.sub(r"[\u00a0\u202f\u2009 ]", "", said)
    thousands = "," if locale.split("-")[0] == "en" else "."
    whole = re.fullmatch(rf"\d{{1,3}}(?:[{thousands}]\d{{3}})+(?P<rest>[.,]\d+)?|\d+(?P<other>[.,]\d+)?", plain)
    if whole is None:  # marks as no language of ours has them: every one of them but the last groups digits
        head, _, tail = plain.replace(",", ".").rpartition(".")
        return Fraction(f"{head.replace('.', '')}.{tail}")
    rest = whole["rest"] or whole["other"] or ""
    digits = re.sub(r"[.,]", "", plain.removesuffix(rest))
    return Fraction(digits + rest.replace(",", "."))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


Found = Iterator[tuple[Quantity, tuple[int, int]]]


def _date(day: date, said: str) -> Quantity:
    return Quantity("date", Fraction(day.month * 100 + day.day), said)


def _dates(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    taken: list[tuple[int, int]] = []
    for pattern in (_ISO, _DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            named = match.groupdict()
            month = int(named["m"]) if named.get("m") else _MONTHS[named["month"].lower()]
            try:
                day = date(int(named.get("year") or 2000), month, int(named["day"]))
            except ValueError:
                continue
            taken.append(match.span())
            yield _date(day, match.group().strip(" .,")), match.span()


def _times(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    dots = locale.split("-")[0] == "id"
    for match in _TIME.finditer(text):
        hour, minute, mark = int(match["hour"]), int(match["minute"]), match["mark"]
        if (hour == 24 and minute) or (mark == "." and not (dots or match["half"])):
            continue
        if match["half"] and hour > 12:
            continue
        yield _time(hour, minute, match, zone, at), match.span()
    for match in _HOUR.finditer(text):
        if not any(match.start() >= other.start() and match.end() <= other.end() for other in _TIME.finditer(text)):
            yield _time(int(match["hour"]), 0, match, zone, at), match.span()


def _time(hour: int, minute: int, match: re.Match[str], zone: tzinfo, at: datetime) -> Quantity:
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    minutes = hour * 60 + minute
    if match["zone"]:
        offset = at.astimezone(zone).utcoffset() or timedelta()
        minutes += int(offset.total_seconds() // 60) - 60 * _ZONES[match["zone"].lower()]
    return Quantity("time", Fraction(minutes % 1440), match.group().strip())


def _ratios(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    for match in _RATIO.finditer(text):
        whole = number(match["whole"], locale=locale)
        if whole:
            yield Quantity("share", number(match["part"], locale=locale) / whole, match.group()), match.span()


def _shares(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    for match in _SHARE.finditer(text):
        yield Quantity("share", number(match["part"], locale=locale) / 100, match.group()), match.span()


def _halves(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    for match in _HALVES.finditer(text):
        yield Quantity("share", Fraction(1, 2), match.group()), match.span()


def _plain(text: str, locale: str, zone: tzinfo, at: datetime) -> Found:
    for match in _PLAIN.finditer(text):
        value = number(match["part"], locale=locale) * _SCALES.get((match["scale"] or "").lower(), 1)
        if unit := match["unit"]:
            yield Quantity("duration", value * _UNITS[unit.lower()], match.group()), match.span()
        else:
            yield Quantity("count", value, match.group()), match.span()
