"""Retention in a browser: off, a look, turned on; a legal hold; what went; for the keyboard and for whom not seeing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.test_desk_accessibility import breaches
from tests.retention.conftest import at, closed, known

from holdfast.conversations.models import Conversation
from holdfast.retention import looking, plan, working

pytestmark = pytest.mark.browser


def test_an_admin_looks_turns_it_on_and_sees_what_went(desk: Desk, visitors: Visitors) -> None:
    cases = [closed(known(900), days=800 + n) for n in range(3)]
    page = visitors.page(desk.admin, reduced_motion="reduce")
    page.goto("/settings/retention/")
    expect(page.get_by_text("Retention is off: nothing runs out.")).to_be_visible()
    page.get_by_label("Case number or account reference").fill(f"#{cases[0].number}")
    page.get_by_label("Why").fill("A claim is open")
    page.get_by_role("button", name="Hold it").press("Enter")
    expect(page.get_by_text("Held. It does not run out until the hold ends.")).to_be_visible()
    visitors.forgive("status of 422")
    page.get_by_label("Closed conversations: Days").fill("30")
    page.get_by_role("button", name="Look what would go").press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Closed conversations: give whole days, from 90 to 3,650.")
    page.get_by_label("Closed conversations: Days").fill("365")
    page.get_by_role("button", name="Look what would go").press("Enter")
    line = page.get_by_role("row", name="Closed conversations")
    expect(line).to_contain_text("1 on a legal hold")
    expect(line.get_by_role("cell").nth(1)).to_contain_text("2")
    assert breaches(page) == []
    page.get_by_role("button", name="Turn it on").press("Enter")
    expect(page.get_by_text("It is on. Nothing goes before")).to_be_visible()
    expect(page.get_by_text("The plan was changed less than a day ago.")).to_be_visible()

    with at(datetime.now(UTC) + timedelta(days=1, minutes=1)):
        assert working.work(seconds=0, limit=1).more
        dark = visitors.page(desk.security, color_scheme="dark", reduced_motion="reduce", viewport=PHONE)
        dark.goto("/settings/retention/")
        expect(dark.get_by_role("heading", name="Going now")).to_be_visible()
        assert breaches(dark) == []
        assert dark.evaluate(
            "document.querySelector('.page').scrollWidth <= document.querySelector('.page').clientWidth"
        )
        working.work(seconds=60)
    expect(dark.get_by_role("heading", name="Going now")).to_have_count(0)
    dark.reload()
    expect(dark.get_by_text("2 conversations, 4 messages, 2 contacts, 2 customers")).to_be_visible()
    assert list(Conversation.objects.filter(state="closed").values_list("pk", flat=True)) == [cases[0].pk]
    with pytest.raises(plan.Refused):
        plan.keep(look_id=looking.look(days={**plan.DEFAULT, "cases": 365}, by=desk.admin.pk), by=desk.admin.pk)
