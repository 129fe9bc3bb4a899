"""The care line: where people in need are heard at once while an incident is open, as the public page says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.incidents.errors import Refused
from holdfast.incidents.status.models import CareLine
from holdfast.incidents.status.words import locales
from holdfast.kit.clock import now
from holdfast.people.queries import name_of

LONGEST = 200  # characters of the sentence


@dataclass(frozen=True, slots=True)
class Care:
    """What the page says of it, by language, and the number; both empty: there is none."""

    words: Mapping[str, str]
    phone: str
    updated_at: datetime | None = None
    updated_by: str = ""

    def __bool__(self) -> bool:
        return bool(self.phone and self.words)


def line() -> Care:
    """Return the care line."""
    row = CareLine.objects.first()
    if row is None:
        return Care({}, "")
    return Care(row.words, row.phone, row.updated_at, name_of(row.updated_by_id))


def keep(*, words: Mapping[str, str], phone: str, by: int) -> None:
    """Keep it, or end it with nothing in any field. It stands on the page within 15 seconds. Raises `Refused`."""
    said = {each: " ".join(words.get(each, "").split()) for each in locales()}
    said, phone = {each: text for each, text in said.items() if text}, phone.strip()
    if any(len(text) > LONGEST for text in said.values()):
        raise Refused(f"Say for whom it is in at most {LONGEST} characters.")
    if bool(said) != bool(phone):
        raise Refused("A care line has a number and a sentence that says for whom it is. Leave both empty to end it.")
    if phone and (len(phone) > 30 or not set(phone) <= set("+0123456789 ()-/") or sum(map(str.isdigit, phone)) < 3):
        raise Refused("Write the number as people dial it: digits, spaces, and + for the country.")
    if said and locales()[0] not in said:
        raise Refused("Write the sentence in the house’s own language: whoever reads none of the others gets that one.")
    CareLine.objects.update_or_create(
        pk=1, defaults={"words": said, "phone": phone, "updated_at": now(), "updated_by_id": by}
    )
