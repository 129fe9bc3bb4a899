"""Account numbers that look like those of a country and are nobody's: at a bank that does not exist.

The forms are those of the IBAN registry (ISO 13616): a bank that is all zeros or X, digits behind it, right check
digits. Digits that some countries check within the account are not right.
"""

from __future__ import annotations

import secrets

_LETTERS = {chr(ord("A") + place): str(10 + place) for place in range(26)}
# Country: the bank, how many digits of an account, and what stands at the end.
_FORMS: dict[str, tuple[str, int, str]] = {
    "AT": ("00000", 11, ""),
    "BE": ("000", 9, ""),
    "BR": ("00000000", 15, "P1"),
    "CH": ("00000", 12, ""),
    "CZ": ("0000000000", 10, ""),
    "DE": ("00000000", 10, ""),
    "DK": ("0000", 10, ""),
    "ES": ("00000000", 12, ""),
    "FI": ("000", 11, ""),
    "FR": ("0000000000", 13, ""),
    "GB": ("XXXX000000", 8, ""),
    "IE": ("XXXX000000", 8, ""),
    "IT": ("X0000000000", 12, ""),
    "LU": ("000", 13, ""),
    "NL": ("XXXX", 10, ""),
    "NO": ("0000", 7, ""),
    "PL": ("00000000", 16, ""),
    "PT": ("00000000", 13, ""),
    "SE": ("000", 17, ""),
}
COUNTRIES = frozenset(_FORMS)


def account(country: str) -> str:
    """Return a made-up account number of this country; where accounts have no such form here, ten digits."""
    if country not in _FORMS:
        return f"{secrets.randbelow(10**10):010}"
    bank, digits, end = _FORMS[country]
    number = f"{bank}{secrets.randbelow(10**digits):0{digits}}{end}"
    written = "".join(_LETTERS.get(character, character) for character in f"{number}{country}00")
    return f"{country}{98 - int(written) % 97:02}{number}"
