"""A campaign in a browser: looked at before, approved by somebody else, watched while it goes, stopped."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.kit import database
from holdfast.notify.campaigns import adding, campaigns, claiming, minding, suppression
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.notify.campaigns.models import Recipient as Row

pytestmark = pytest.mark.browser
BODY = "Dear {name},\n\nyour card works again. Nothing was taken. Your reference is {reference}.\n\nNext word at 13:00."
TEXTS = {
    ("en", "affected"): Text(subject="Card payments work again", body=BODY),
    ("id", "affected"): Text(subject="Pembayaran kartu pulih", body="Halo {name}, kartu Anda berfungsi lagi."),
    ("en", ""): Text(subject="Card payments: you are not affected", body="Dear {name}, your card worked all the time."),
}


def _campaign(desk: Desk, people: int = 240) -> UUID:
    campaign = campaigns.create(name="Card payments, 2 March", stream="incident", by=desk.lead.pk, thread="incident-12")
    campaigns.set_texts(campaign_id=campaign, texts=TEXTS, by=desk.lead.pk)
    everybody = [
        Recipient(
            person_key=f"customer:{number}",
            channel="sms" if number % 6 == 0 else "email",
            address="+62 812 555 0123" if number % 6 == 0 else f"person{number}@people.example",
            locale="id" if number % 3 == 1 else "en",
            segment="affected" if number % 4 else "",
            values={"name": "Ayu Wijaya"} | ({"reference": f"TW-{number}"} if number % 37 else {}),
        )
        for number in range(people)
    ]
    adding.add_recipients(campaign, everybody)
    suppression.suppress(channel="email", address="person5@people.example", reason="bounce")
    suppression.hold(person_key="customer:7", why="The managing director calls.", by=desk.lead.pk)
    return campaign


def _some_leave(campaign: UUID) -> None:
    """As a sender would: some are sent, some are not reached, of some it is not known."""
    with database.connect(name="test") as other:
        leased = claiming.lease(other, channel="email")
        assert leased is not None
        rows = claiming.waiting(other, leased)[:120]
        granted = claiming.step(other, leased, settled=[], wanted=[row.id for row in rows]).granted
        ends = [("sent", ""), ("sent", ""), ("sent", ""), ("failed", "The mail server refused this address (550).")]
        ends += [("unknown", "The connection broke while it was being handed over.")]
        settled = [claiming.Settled(each, *ends[place % 5]) for place, each in enumerate(sorted(granted))]
        claiming.step(other, leased, settled=settled, wanted=[])
        claiming.release(other, leased)
    minding.tick()


def test_one_writes_another_approves_and_both_watch_it_go(desk: Desk, visitors: Visitors) -> None:
    campaign = _campaign(desk)
    writer, second = visitors.page(desk.lead), visitors.page(desk.admin)
    writer.goto("/settings/campaigns/")
    writer.get_by_role("link", name="Card payments, 2 March").click()
    expect(writer.get_by_role("heading", name="If it were started now")).to_be_visible()
    expect(writer.get_by_text("No value for {reference}.")).to_be_visible()
    writer.get_by_role("button", name="Approve").click()
    expect(writer.get_by_text("You wrote it, and it goes to more than 100 people.")).to_be_visible()

    second.goto(f"/settings/campaigns/{campaign}/")
    expect(second.locator(".preview").first).to_contain_text("Ayu W.")
    second.get_by_role("button", name="Approve").click()
    second.get_by_role("button", name="Start sending").click()
    expect(second.get_by_role("heading", name="Being sent")).to_be_visible()

    _some_leave(campaign)
    expect(second.locator(".sum")).to_contain_text("not known")
    unknown = Row.objects.filter(campaign_id=campaign, state="unknown").count()
    expect(second.get_by_role("heading", name=f"Not known {unknown}")).to_be_visible()
    second.get_by_role("button", name="Pause").click()
    expect(second.get_by_role("heading", name="Paused")).to_be_visible()
    second.get_by_text(f"Send again to these {unknown}").click()
    second.get_by_role("button", name="Send again").click()
    expect(second.get_by_text(f"Sent once more to {unknown}.")).to_be_visible()
    second.get_by_text("Cancel it").click()
    second.get_by_role("button", name="Cancel for good").click()
    expect(second.get_by_role("heading", name="Cancelled")).to_be_visible()


def _is_fit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert breaches(page) == [], address
    wider = page.evaluate("document.querySelector('.page').scrollWidth - document.querySelector('.page').clientWidth")
    assert wider <= 0, address


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_campaigns_are_fit_for_everybody(desk: Desk, visitors: Visitors, scheme: str, width: int) -> None:
    page = visitors.page(
        desk.admin, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    waiting, campaign = _campaign(desk), _campaign(desk)
    campaigns.approve(campaign_id=campaign, by=desk.admin.pk)
    campaigns.start(campaign_id=campaign, by=desk.admin.pk)
    _some_leave(campaign)
    for address in ("", f"{waiting}/", f"{campaign}/"):
        _is_fit(page, f"/settings/campaigns/{address}")
