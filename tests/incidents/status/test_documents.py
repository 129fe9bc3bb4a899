"""The JSON has Statuspage's shape, says what is public, and nothing that is not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from tests.incidents.conftest import House, in_minutes
from tests.incidents.status.shape import DOCUMENTS

from holdfast.incidents import components, declaring, updates
from holdfast.incidents.status.documents import documents
from holdfast.incidents.status.picture import look
from holdfast.incidents.status.site import site
from holdfast.kit.clock import now


def read(name: str) -> Any:
    return json.loads(documents(look())[f"/api/v2/{name}.json"])


def fill(house: House) -> None:
    group = components.add(name="Payments", by=house.lead)
    components.move(component_id=house.cards.id, position=1, group_id=group.id)
    ended = house.declare("App sign-in was slow")
    house.publish(ended, "We are looking into it.")
    house.resolve(ended)
    open_one = house.declare()
    house.publish(open_one, "We see declined cards.", components={house.cards.id: "partial_outage"})
    house.publish(open_one, "The reason is known.", status="identified")
    planned = declaring.schedule_maintenance(
        title="New card system",
        components={house.app.id: "under_maintenance"},
        scheduled_for=now() + timedelta(days=2),
        scheduled_until=now() + timedelta(days=2, hours=3),
        by=house.lead,
    )
    house.publish(planned, "On Sunday night.", status="scheduled")


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("full", [False, True])
def test_every_document_has_the_published_shape(house: House, name: str, full: bool) -> None:
    if full:
        fill(house)
    jsonschema.Draft202012Validator(DOCUMENTS[name]).validate(read(name))


def test_each_document_has_what_its_name_says(house: House) -> None:
    fill(house)
    assert [each["name"] for each in read("incidents")["incidents"]] == [
        "Card payments are declined",
        "App sign-in was slow",
    ]
    unresolved = read("incidents/unresolved")["incidents"]
    assert [each["name"] for each in unresolved] == ["Card payments are declined"]
    assert [each["status"] for each in unresolved[0]["incident_updates"]] == ["identified", "investigating"]
    assert unresolved[0]["x_next_update_due"] is not None
    assert [each["name"] for each in read("scheduled-maintenances/upcoming")["scheduled_maintenances"]] == [
        "New card system"
    ]
    assert read("scheduled-maintenances/active")["scheduled_maintenances"] == []
    assert read("status")["status"] == {"indicator": "major", "description": "Partial System Outage"}
    by_name = {each["name"]: each for each in read("components")["components"]}
    assert by_name["Payments"]["group"]
    assert by_name["Payments"]["components"] == [by_name["Card payments"]["id"]]


def test_words_for_some_readers_and_drafts_and_drills_are_nowhere_on_the_site(house: House) -> None:
    breach = house.declare("Some data was seen by others", harm="data")
    house.draft(breach, "DRAFT-OF-A-BREACH", segments={"affected": {"en": "ONLY-FOR-AFFECTED"}})
    drill = house.declare("A-DRILL", drill=True)
    house.publish(drill, "TEXT-OF-A-DRILL")
    told = house.declare()
    said = house.draft(told, "We are on it.", segments={"high_value": {"en": "ONLY-FOR-THE-RICH"}})
    updates.publish(update_id=said.id, version=said.version, by=house.lead)
    house.draft(told, "NEXT-DRAFT")
    everything = b"\n".join(file.body for file in site(look()).values()).decode()
    assert "We are on it." in everything
    for hidden in ("DRAFT-OF-A-BREACH", "ONLY-FOR", "A-DRILL", "TEXT-OF", "NEXT-DRAFT", "Some data was seen"):
        assert hidden not in everything


def test_a_promise_that_comes_sooner_is_what_the_public_reads(house: House) -> None:
    told = house.declare()
    house.publish(told, next_update_due=in_minutes(60))
    sooner = in_minutes(20)
    updates.sooner(incident_id=told, due=sooner, by=house.lead)
    due = read("summary")["incidents"][0]["x_next_update_due"]
    assert due == sooner.isoformat(timespec="milliseconds").replace("+00:00", "Z")
