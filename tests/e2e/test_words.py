"""What is said of data is written by one person, approved by others beside the facts, and then published."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.e2e.test_incidents import picture

from holdfast.incidents import components, declaring, facts, queries
from holdfast.incidents.models import Incident
from holdfast.incidents.words import signatories, templates
from holdfast.kit.clock import now
from holdfast.people.models import Agent, Role

pytestmark = pytest.mark.browser
SAID = "Some statements reached the wrong people. We are sorry: you trusted us with them. We write to each of you."


def _signing(desk: Desk) -> Agent:
    admin = Agent.objects.create_user("signs@desk.example", "a passphrase", name="Ruth Signs", role=Role.ADMIN)
    for role in ("legal", "security", "communications"):
        signatories.name(agent_id=admin.pk, role=role, jurisdiction="", by=admin.pk)
    return admin


def test_a_text_is_asked_about_approved_beside_the_facts_and_published(desk: Desk, visitors: Visitors) -> None:
    signs = _signing(desk)
    cards = components.add(name="Statements", by=desk.lead.pk)
    incident_id = declaring.declare(
        title="Statements were sent to others", harm="data", by=desk.lead.pk, components={cards.id: "partial_outage"}
    )
    number = Incident.objects.values_list("number", flat=True).get(pk=incident_id)
    facts.state(
        incident_id=incident_id, text="9,600 statements were put into wrong envelopes.", source="Print shop",
        as_of=now(), by=desk.lead.pk, public=False,
    )  # fmt: skip
    writes = visitors.page(desk.lead)
    writes.goto(f"/incidents/{number}/")
    writes.get_by_label("English", exact=True).fill(SAID)
    expect(writes.locator("#checked")).to_contain_text("Legal has not approved this text")
    picture(writes, "words-lacking")
    writes.get_by_role("button", name="Ask for approval").click()
    expect(writes.get_by_role("status").filter(has_text="Asked for 3 approvals.")).to_be_visible()
    approves = visitors.page(signs)
    approves.goto("/incidents/")
    approves.get_by_role("link", name="Approvals").first.click()
    expect(approves.locator(".asks")).to_contain_text("9,600 statements were put into wrong envelopes.")
    picture(approves, "approvals")
    assert breaches(approves) == []
    for left in (2, 1, 0):
        approves.get_by_role("button", name="Approve these words").first.click()
        expect(approves.get_by_role("button", name="Approve these words")).to_have_count(left)
    writes.reload()
    expect(writes.locator("#checked")).to_contain_text("Nothing stands in its way.")
    picture(writes, "words-approved")
    assert breaches(writes) == []
    writes.get_by_role("button", name="Publish").click()
    expect(writes.get_by_role("status").filter(has_text="Update 1 is public.")).to_be_visible()
    shown = queries.incident(number)
    assert shown is not None
    assert shown.updates[0].texts == {"en": SAID}


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_pages_of_words_read_at_every_width(desk: Desk, visitors: Visitors, width: int) -> None:
    signs = _signing(desk)
    templates.take_seeds(by=desk.lead.pk)
    page = visitors.page(signs, viewport={"width": width, "height": 900})
    for address in ("", "template/holding/en/", "signatories/", "forbidden/"):
        page.goto(f"/settings/words/{address}")
        expect(page.locator("h1")).to_be_visible()
        picture(page, f"words-{address.replace('/', '-')}{width}")
        assert breaches(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
