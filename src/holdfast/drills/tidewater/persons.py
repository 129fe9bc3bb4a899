"""Synthetic people, computed from the seed and their index. Only values that reach nobody.

Mail domains of RFC 2606; telephone numbers kept free for fiction (ComReg: 020 91x xxxx, Ofcom: 07700 900xxx);
IBANs with right check digits (ISO 13616, ISO 7064 MOD 97-10) at a bank code that no bank has.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from holdfast.drills.tidewater.bank import cast, lexicon, reference

BANK_CODE = "ZZTW"
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example")
UK_CITIES = frozenset({"Belfast", "Derry", "London", "Manchester", "Leeds", "Glasgow", "Cardiff", "Bristol"})
# The youngest and oldest customers are fixed in the calendar, so that the same seed gives the same birthdays.
BIRTHS = (date(1938, 1, 1), date(2008, 10, 31))
JOINED = (date(2017, 2, 1), date(2026, 9, 30))
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans("łøđ ", "lod.")
_IRISH_NUMBERS = 90_000
_UK_NUMBERS = 1_000


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic customer. Empty `phone`: none on file."""

    index: int
    ref: str
    name: str
    email: str
    phone: str
    iban: str
    address: str
    city: str
    birth_date: date
    locale: str
    since: datetime
    tier: str
    in_app: bool

    @property
    def given(self) -> str:
        """What they are called; a company by its whole name."""
        return self.name if self.tier == "business" else self.name.split(" ")[0]


def person(seed: int, index: int) -> Person:
    """Return the customer with this index. The first ones are the named cast."""
    dice = random.Random(f"{seed}:person:{index}")  # noqa: S311 (synthetic data, not a secret)
    words = lexicon()
    cultures = words["culture"]
    shares = list(accumulate(culture["weight"] for culture in cultures))
    culture = dice.choices(cultures, cum_weights=shares)[0]
    name = f"{dice.choice(culture['given'])} {dice.choice(culture['family'])}"
    city, locale = dice.choice(words["places"]["cities"]), culture["locale"]
    since = _between(dice, *JOINED)
    tier = dice.choices(("standard", "plus"), weights=(84, 16))[0]
    local = f"{_plain(name)}.{index}"
    if index < len(cast()):
        known = cast()[index]
        name, city, locale, since = known["name"], known["city"], known["locale"], known["since"]
        tier = "business" if known.get("company") else tier
        local = _plain(name)
    street = dice.choice(words["places"]["streets"])
    return Person(
        index=index,
        ref=reference(index),
        name=name,
        email=f"{local}@{dice.choice(MAIL_DOMAINS)}",
        phone=_phone(index, city) if dice.random() < 0.85 or index < len(cast()) else "",
        iban=iban(index),
        address=f"{dice.randint(1, 180)} {street}, {city}",
        city=city,
        birth_date=_between(dice, *BIRTHS),
        locale=locale,
        since=datetime(since.year, since.month, since.day, 9, tzinfo=UTC),
        tier=tier,
        in_app=dice.random() < 0.35,
    )


def iban(index: int) -> str:
    """Return an Irish-shaped IBAN for this index; 48271 has no factor in common with 10**8, so none repeats."""
    account = f"{BANK_CODE}990000{(index * 48_271 + 12_345_678) % 10**8:08d}"
    digits = "".join(str(int(character, 36)) for character in f"{account}IE00")
    return f"IE{98 - int(digits) % 97:02d}{account}"


def _phone(index: int, city: str) -> str:
    if city in UK_CITIES and index < _UK_NUMBERS:
        return f"+447700900{index:03d}"
    return f"+3532091{10_000 + index:05d}" if index < _IRISH_NUMBERS else ""


def _between(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randint(0, (last - first).days))


def _plain(name: str) -> str:
    swapped = name.lower().translate(_LETTERS)
    return unicodedata.normalize("NFKD", swapped).encode("ascii", "ignore").decode()
