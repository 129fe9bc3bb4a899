"""An audience becomes the people of a campaign by a job: everybody once, whatever is killed, and nobody too early."""

from __future__ import annotations

from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.incidents.audiences.test_freezing import add, freeze
from tests.incidents.conftest import House

from holdfast.incidents import components
from holdfast.incidents.audiences import handing, queries
from holdfast.incidents.audiences.errors import Refused
from holdfast.incidents.audiences.models import HandOver
from holdfast.incidents.errors import Refused as IncidentRefused
from holdfast.notify.campaigns import adding, campaigns, dry_running
from holdfast.notify.campaigns.contract import Refused as CampaignRefused
from holdfast.notify.campaigns.models import Campaign, Recipient
from holdfast.people.choosing import Choice
from holdfast.people.models import Customer

pytestmark = pytest.mark.usefixtures("unchecked")
WORDS = {
    "affected": {"en": "{reference}, you were charged twice {sic}."},
    "unaffected": {"en": "You are not affected."},
}


def handed(house: House, incident: UUID, **said: dict[str, str]) -> UUID:
    update = house.publish(incident, segments=said or WORDS)
    return handing.hand_over(
        incident_id=incident, audience_id=freeze(house, incident), update_id=update.id, stream="incident", by=house.lead
    )


def test_a_campaign_gets_everybody_once_with_the_words_for_their_group(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "Charged twice", lines=["TW-11", "TW-13", "TW-14"])
    add(house, incident, "The rest", "unaffected")
    campaign = handed(house, incident)
    job = ProcrastinateJob.objects.get(task_name="holdfast.incidents.audiences.tasks.fill")
    assert (job.queue_name, job.args) == ("bulk", {"campaign": str(campaign)})
    handing.fill(campaign)
    dry = dry_running.dry_run(campaign)
    assert sum(each.number for each in dry.counts if each.segment == "unaffected") == 2
    assert sum(each.number for each in dry.counts if each.segment == "affected") == 2
    words = {(each.segment, each.body) for each in dry.samples}
    assert any("TW-11, you were charged twice (sic)." in body for segment, body in words if segment == "affected")
    assert all("not affected" in body for segment, body in words if segment == "unaffected")
    audience = queries.audiences_of(incident)[0]
    (there,) = audience.handed
    assert (there.state, there.passed, there.added, there.no_address) == ("done", 5, 4, 1)
    with pytest.raises(Refused, match="twice"):
        handing.hand_over(
            incident_id=incident,
            audience_id=audience.id,
            update_id=there.update_id,
            stream="incident",
            by=house.lead,
        )
    assert Campaign.objects.count() == 1


def test_a_draft_is_handed_to_nobody(house: House, incident: UUID, people: dict[str, UUID]) -> None:
    add(house, incident, "Charged twice", lines=["TW-11"])
    frozen, draft = freeze(house, incident), house.draft(incident)
    with pytest.raises(Refused, match="published"):
        handing.hand_over(
            incident_id=incident, audience_id=frozen, update_id=draft.id, stream="incident", by=house.lead
        )
    assert not Campaign.objects.exists()


def test_a_job_that_dies_midway_goes_on_where_it_stood_and_nobody_approves_before_the_end(
    house: House, incident: UUID, people: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(house, incident, "Charged twice", lines=["TW-11", "TW-12"])
    add(house, incident, "The rest", "unaffected")
    campaign = handed(house, incident)
    monkeypatch.setattr(handing, "_BLOCK", 2)
    whole, calls = adding.add_recipients, 0

    def dies(*args: object) -> object:
        nonlocal calls
        calls += 1
        done = whole(*args)  # type: ignore[arg-type]
        if calls == 2:
            raise RuntimeError("killed before the commit")
        return done

    monkeypatch.setattr(adding, "add_recipients", dies)
    with pytest.raises(RuntimeError):
        handing.fill(campaign)
    row = HandOver.objects.get()
    assert (row.state, row.passed, Recipient.objects.count()) == ("filling", 2, 2)
    with pytest.raises(CampaignRefused, match="still being added, 2 so far"):
        campaigns.approve(campaign_id=campaign, by=house.desk.lead.pk)
    handing.fill(campaign)
    handing.fill(campaign)
    row.refresh_from_db()
    assert (row.state, row.passed, row.added) == ("done", 5, 4)
    assert Recipient.objects.values("person_key").distinct().count() == Recipient.objects.count() == 4
    assert not Campaign.objects.get().filling


def test_a_campaign_that_was_cancelled_takes_nobody_more_and_the_update_can_be_handed_over_anew(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "Charged twice", lines=["TW-11"])
    campaign = handed(house, incident)
    campaigns.cancel(campaign_id=campaign, by=house.lead)
    handing.fill(campaign)
    audience = queries.audiences_of(incident)[0]
    (stopped,) = audience.handed
    assert (stopped.state, stopped.added) == ("stopped", 0)
    assert "being written" in stopped.why
    again = handing.hand_over(
        incident_id=incident, audience_id=audience.id, update_id=stopped.update_id, stream="incident", by=house.lead
    )
    handing.fill(again)
    assert Recipient.objects.filter(campaign_id=again).count() == 1


def test_somebody_without_a_name_is_left_out_by_name_of_the_variable_and_the_others_go(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    Customer.objects.filter(reference="TW-12").update(name="")
    add(house, incident, "Private bank", choice=Choice(tier="private"))
    campaign = handed(house, incident, affected={"en": "Dear {name}, you were charged twice."})
    handing.fill(campaign)
    dry = dry_running.dry_run(campaign)
    assert (dry.total, dry.reached) == (2, 1)
    (excluded,) = dry.excluded
    assert (excluded.reason, excluded.some) == ("No value for {name}.", (f"customer:{people['TW-12']}",))


def test_a_component_that_is_deleted_mid_incident_stays_and_so_does_what_was_frozen(
    house: House, incident: UUID, people: dict[str, UUID]
) -> None:
    add(house, incident, "Charged twice", lines=["TW-11"])
    freeze(house, incident)
    with pytest.raises(IncidentRefused):
        components.remove(component_id=house.cards.id)
    assert queries.audiences_of(incident)[0].total == 1
