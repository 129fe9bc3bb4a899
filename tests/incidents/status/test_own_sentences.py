"""What works and what does not stands on the page in people's own sentences, checked as every word; and who helps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from tests.incidents.conftest import House, in_minutes

from holdfast.incidents import queries, screens, updates
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import Update, UpdateText
from holdfast.incidents.status import care
from holdfast.incidents.status.documents import documents
from holdfast.incidents.status.pages import pages
from holdfast.incidents.status.picture import look

LISTS = {
    "works": {"en": "You can still pay by card\nCash machines", "id": "Anda tetap dapat membayar dengan kartu"},
    "not_working": {"en": "Transfers arrive hours late. Please do not send twice."},
}


def page(locale: str = "en") -> str:
    return pages(look())[f"/status/{locale}/"]


@pytest.mark.usefixtures("unchecked")
def test_the_newest_word_says_what_works_in_each_language_and_a_holding_text_does_not_take_it_away(
    house: House,
) -> None:
    incident_id = house.declare()
    house.publish(incident_id)
    assert "App and website" in page(), "without sentences the components are named"
    said = house.publish(incident_id, segments={**LISTS, "affected": {"en": "Only for you."}})
    assert said.lists["works"]["en"].splitlines() == ["You can still pay by card", "Cash machines"]
    assert set(said.segments) == {"affected"}, "lists are no kind of reader"
    for shown in (page(), page("pt-br")):
        assert "You can still pay by card" in shown
        assert "Please do not send twice." in shown
        assert "Only for you" not in shown
    assert "Anda tetap dapat membayar" in page("id")
    row = Update.objects.create(
        incident_id=incident_id, state="published", number=3, status="investigating", holding=True,
        published_at=said.published_at, created_at=said.created_at, updated_at=said.updated_at,
    )  # fmt: skip
    UpdateText.objects.create(update=row, locale="en", text="No change.")
    assert "You can still pay by card" in page()
    found = json.loads(documents(look())["/api/v2/incidents.json"])["incidents"][0]["incident_updates"]
    assert found[1]["x_works"] == {
        "en": ["You can still pay by card", "Cash machines"],
        "id": ["Anda tetap dapat membayar dengan kartu"],
    }
    assert "x_works" not in found[2]


@pytest.mark.usefixtures("unchecked")
def test_the_composer_begins_with_the_sentences_that_are_public_now(house: House) -> None:
    incident_id = house.declare()
    house.publish(incident_id, segments=LISTS)
    shown = queries.incident_of_id(incident_id)
    assert shown is not None
    begun = {
        each.segment: {one.locale: one.text for one in each.texts} for each in screens.composer(shown, None, None).lists
    }
    assert begun["works"]["en"] == LISTS["works"]["en"]
    assert begun["not_working"]["id"] == ""


@pytest.mark.parametrize("wrong", ["x" * 161, "\n".join(["a line"] * 13), "Dear {name}"])
def test_a_list_is_short_and_the_same_for_everybody(house: House, wrong: str) -> None:
    with pytest.raises(Refused, match="Say what works"):
        house.draft(house.declare(), segments={"works": {"en": wrong}})


def test_the_sentences_are_held_against_the_facts_and_owe_no_apology(house: House) -> None:
    incident_id = house.declare(severity=1, harm="money")
    drafted = house.draft(incident_id, segments={"works": {"en": "8 in 10 card payments work"}})
    found = [each for each in updates.check(drafted.id).problems if each.where == "texts:en:works"]
    assert {each.rule for each in found if not each.advice} == {"facts"}
    fixed = updates.edit(
        update_id=drafted.id, version=drafted.version, by=house.lead, status="investigating",
        texts={"en": "We are looking into it. We are sorry."}, next_update_due=in_minutes(30), components={},
        segments={"works": {"en": "Card payments work"}},
    )  # fmt: skip
    assert not [each for each in updates.check(fixed.id).problems if each.where == "texts:en:works"]


@pytest.mark.usefixtures("unchecked")
def test_the_care_line_stands_on_the_page_while_an_incident_is_open(house: House, client: Client) -> None:
    client.force_login(house.desk.lead)
    given: dict[str, Any] = {"phone": "020 915 0100", "words:en": "Stuck without medicine?", "words:id": "Butuh obat?"}
    assert client.post("/incidents/care/", given).status_code == 302
    assert "020 915 0100" in client.get("/incidents/care/").content.decode()
    assert "915 0100" not in page(), "on a calm day the usual ways are enough"
    incident_id = house.declare()
    house.publish(incident_id)
    assert 'href="tel:0209150100"' in page()
    assert "Butuh obat?" in page("id")
    assert "Stuck without medicine?" in page("pt-br"), "no words in that language"
    house.resolve(incident_id)
    assert "915 0100" not in page()
    for wrong in (
        {"phone": "020"},
        {"words:en": "Who?"},
        {**given, "phone": "<b>1</b>"},
        {"phone": "112", "words:id": "x"},
    ):
        assert client.post("/incidents/care/", wrong).status_code == 422
    assert client.post("/incidents/care/", {}).status_code == 302
    assert not care.line()
    client.force_login(house.desk.ana)
    assert client.get("/incidents/care/").status_code == 403
