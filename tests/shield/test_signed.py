"""Machine customers stand in the same room with the same right: in a siege, need counts, not who wrote it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import pytest
from tests.shield.conftest import Day

from holdfast.conversations.models import Place
from holdfast.intake.accept import accept_now
from holdfast.intake.contact import Incoming
from holdfast.people.models import Customer
from holdfast.posture.changes import change
from holdfast.posture.effects import Name
from holdfast.shield import assess, published, scorer
from holdfast.shield.models import Assessment

SIGNED = {"origin": {"operator": "alexa"}}
"""What the door notes of a contact whose signature verified."""
SPOKEN_FOR = {**SIGNED, "verified": True, "machine": True}
"""What it notes of one that came by a token for one customer."""
PROTEST = "Stop the harbour loan at once"


def customers(prefix: str, count: int) -> list[str]:
    references = [f"{prefix}-{n}" for n in range(count)]
    Customer.objects.bulk_create([Customer(reference=reference) for reference in references])
    return references


def write(whose: str, text: str, payload: Mapping[str, Any] | None = None) -> UUID:
    incoming = Incoming(channel="web", source="shop", sender={"account": whose}, text=text, payload=payload or {})
    return accept_now([incoming])[0].receipt


def test_a_signed_assistant_with_need_stands_in_the_band_of_a_person_with_need_while_its_operator_floods(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the crowd comes through the very operator whose assistant speaks for the customer in need."""
    needy, crowd = iter(customers("TW", 200)), iter(customers("CR", 700))

    def needs(references: Iterable[str]) -> dict[str, bool]:
        return {reference: reference.startswith("TW") for reference in references}

    monkeypatch.setattr(assess, "needs", needs)
    for minute in range(27):
        for n in range(5):
            write(next(needy), f"My card {n} was declined at the bakery", SIGNED if n == 0 else None)
        for n in range(55 if minute >= 18 else 0):
            write(next(crowd), f"{PROTEST} {n}", SIGNED if n % 2 else None)
        day.assess()
        day.pass_time(minutes=1)
        scorer.tick()
        published.forget()
    assert published.model().alarm == "flood"
    change(to=Name.SIEGE, by=day.lead.pk, why="A flood.", playbook="flood")

    question = "I was charged twice at the bakery"
    person, machine = write(next(needy), question), write(next(needy), question, SIGNED)
    known, spoken_for = write(next(needy), question, {"verified": True}), write(next(needy), question, SPOKEN_FOR)
    protester, protesting = write(next(crowd), PROTEST), write(next(crowd), PROTEST, SIGNED)
    day.assess()
    rows = {row.pk: row for row in Assessment.objects.filter(at=day.moment)}
    assert (rows[machine].traits or {}) != (rows[person].traits or {})
    assert rows[spoken_for].level == 2
    assert rows[spoken_for].is_machine
    assert {rows[each].band for each in (person, machine, known, spoken_for)} == {0}
    assert min(rows[protester].band, rows[protesting].band) > 0
    assert {rows[each].friction for each in (person, machine, known, spoken_for)} == {"none"}
    bands = dict(Place.objects.filter(left_at=None).values_list("conversation_id", "band"))
    for one, other in ((person, machine), (known, spoken_for)):
        assert bands[rows[one].conversation_id] == bands[rows[other].conversation_id]


def test_the_operator_that_signed_is_among_what_is_kept_of_a_contact(day: Day) -> None:
    customers("TW", 1)
    contact = write("TW-0", "Where is my card?", SIGNED)
    day.assess()
    row = Assessment.objects.get(pk=contact)
    assert row.traits["operator"] == "alexa"
    assert row.band == 0
