"""The status page in a browser without script: on every width, in both themes; subscribing and leaving."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.incidents import components, declaring, updates
from holdfast.incidents.status import subscribing
from holdfast.incidents.status.models import Subscriber
from holdfast.kit.clock import now

pytestmark = pytest.mark.browser


def tell(desk: Desk) -> None:
    by = desk.lead.pk
    cards = components.add(name="Card payments", by=by)
    components.add(name="App and website", by=by)
    incident_id = declaring.declare(
        title="Card payments are declined", by=by, severity=1, components={cards.id: "partial_outage"}
    )
    for status in ("investigating", "identified"):
        said = updates.draft(
            incident_id=incident_id,
            by=by,
            status=status,
            texts={"en": "We are looking into it. We are sorry."},
            next_update_due=now() + timedelta(minutes=30),
            components={cards.id: "partial_outage"},
        )
        updates.publish(update_id=said.id, version=said.version, by=by)


def opened(page: Page, address: str, words: str) -> None:
    """Open it once the web process has rendered what was told."""
    for _ in range(40):
        page.goto(address)
        if words in page.locator("main").inner_text():
            return
        page.wait_for_timeout(250)
    pytest.fail(f"{address} never said {words}")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_is_whole_without_script_and_fits(desk: Desk, visitors: Visitors, scheme: str, width: int) -> None:
    tell(desk)
    size = {"width": width, "height": 900}
    page = visitors.page(viewport=size, color_scheme=scheme, java_script_enabled=False)
    opened(page, "/status/", "Card payments are declined")
    expect(page.locator(".promise")).to_contain_text("Next update by")
    expect(page.locator(".comps")).to_contain_text("App and website")
    seen = visitors.page(viewport=size, color_scheme=scheme)  # axe needs a script of its own
    for address in ("/status/", "/status/history/", page.locator("h1 a").get_attribute("href") or ""):
        seen.goto(address)
        assert breaches(seen) == []
        assert seen.evaluate("document.documentElement.scrollWidth") <= width


def test_somebody_subscribes_to_one_service_agrees_and_leaves_without_script(desk: Desk, visitors: Visitors) -> None:
    tell(desk)
    page = visitors.page(java_script_enabled=False)
    opened(page, "/status/", "Card payments are declined")
    page.get_by_role("radio", name="Webhook").check()
    expect(page.get_by_label("Address of your webhook")).to_be_visible()
    expect(page.get_by_label("Your email")).to_be_hidden()
    page.get_by_role("radio", name="Email").check()
    page.get_by_label("Your email").fill("ada@people.example")
    page.locator(".subs summary").click()
    page.get_by_role("checkbox", name="Card payments").check()
    page.get_by_role("button", name="Send me updates").click()
    expect(page.locator("h1")).to_have_text("Look into your mailbox")
    row = Subscriber.objects.get()
    assert len(row.components) == 1
    token = mailed_link(row)
    page.goto(f"/status/link/{token}/")
    page.get_by_role("button", name="Yes, send me updates").click()
    expect(page.locator("h1")).to_have_text("You are on the list")
    page.goto(f"/status/unsubscribe/{subscribing.unsubscribe_token(row.pk)}/")
    page.get_by_role("button", name="End these updates").click()
    expect(page.locator("h1")).to_have_text("Ended")
    assert Subscriber.objects.get().ended_at is not None


def mailed_link(row: Subscriber) -> str:
    """What the worker mails, for there is none here."""
    from django.core import mail

    subscribing.send_link(row.pk)
    found = re.search(r"/status/link/([^/]+)/", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]
