"""How sealed fields are called where people read them; the log has short names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "iban": "account number",
        "birth_date": "date of birth",
        "identity": "address or number on file",
        "raw": "source of a message",
    }
)


def in_words(field: str) -> str:
    """Return a field of the log in words, without the id some carry (`identity-…`)."""
    name = field.partition("-")[0]
    return FIELDS.get(name, name.replace("_", " "))


def named_by(text: str) -> str:
    """Return the log's name of the field somebody wrote in words, or their text as it is."""
    wanted = text.strip().lower()
    return next((name for name, words in FIELDS.items() if len(wanted) > 3 and wanted in words), text)
