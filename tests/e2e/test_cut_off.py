"""Cutting off in a browser: the dry run, the keyboard, and what becomes of a desk that is open elsewhere."""

from __future__ import annotations

import io
import re
import threading
import time

import httpx
import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Attachment, Conversation
from holdfast.desk import cutting_off
from holdfast.guard import reveals
from holdfast.guard.cutoff import states
from holdfast.guard.models import RevealLog
from holdfast.intake import tokens
from holdfast.kit import streams
from holdfast.kit.blobs import BlobStore
from holdfast.people.models import Agent, Site, Team, Vendor

pytestmark = pytest.mark.browser


def test_one_click_ends_an_open_desk_within_seconds_and_two_people_let_back_in(desk: Desk, visitors: Visitors) -> None:
    vendor = Vendor.objects.create(name="Vendor T")
    team = Team.objects.create(name="Evening", vendor=vendor, site=Site.objects.create(name="Harbour", vendor=vendor))
    Agent.objects.filter(pk=desk.ana.pk).update(team=team)
    desk.cards.teams.add(team)
    case = desk.talk("My card was declined at the shop")
    assign(conversation_id=case.pk, to=desk.ana.pk, by=None)

    open_desk = visitors.page(desk.ana)
    open_desk.goto(f"/desk/c/{case.number}/")
    expect(open_desk.get_by_text("My card was declined at the shop").first).to_be_visible()
    (cookie,) = [each["value"] for each in open_desk.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME]
    theirs = httpx.Client(base_url=visitors.server.url, cookies={settings.SESSION_COOKIE_NAME: cookie}, timeout=20)
    token = tokens.create(name="their-dialler", scopes=["receipts:read"], employer_id=vendor.pk)
    unused, link = _granted(case, desk.ana.pk, cookie)
    listening, over = _listen(theirs, desk.ana.pk)
    assert listening.wait(10)
    assert (_status(theirs, "/desk/"), _receipt(visitors, token)) == (200, 404)
    visitors.forgive("status of 401")
    visitors.forgive("status of 403")  # its stream asks once more and is not let in

    page = visitors.page(desk.security, color_scheme="dark", reduced_motion="reduce")
    page.goto("/security/cut-off/")
    assert breaches(page) == []
    page.get_by_role("link", name=re.compile("^Vendor T")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cut off Vendor T")
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    assert breaches(page) == []
    page.get_by_label("Why").fill("Screens were photographed")
    page.get_by_role("button", name="Cut off Vendor T now").press("Enter")
    began = time.monotonic()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vendor T")
    open_desk.wait_for_url("**/accounts/login/**", timeout=5_000)
    assert over.wait(5)
    gone = [_status(theirs, "/desk/"), _status(theirs, f"/desk/c/{case.number}/"), _status(theirs, link)]
    assert (gone, _receipt(visitors, token)) == ([302, 302, 302], 401)
    with pytest.raises(reveals.Denied):
        reveals.redeem(ticket=unused, agent_id=desk.ana.pk, session_key=cookie, sealed=desk.customer.iban)
    took = time.monotonic() - began
    assert took < 5
    assert isinstance(_ask(case, desk.ana.pk, cookie), reveals.Denied)
    assert RevealLog.objects.order_by("-id")[0].outcome == "cut_off"
    expect(open_desk.get_by_text("My card was declined at the shop")).to_have_count(0)
    assert breaches(page) == []

    cutting_off.settle(number=states.state_of(desk.ana.pk).epoch)
    expect(page.get_by_text("All open cases went on")).to_be_visible()
    page.get_by_label("Why").first.fill("Looked into")
    page.get_by_role("button", name=re.compile("^Ask for it.*Let them back in")).click()
    expect(page.get_by_text("A second person agrees within 24 hours")).to_be_visible()
    second = visitors.page(desk.admin, viewport={"width": 390, "height": 844})
    second.goto(page.url)
    assert second.evaluate("document.querySelector('.page').scrollWidth <= document.querySelector('.page').clientWidth")
    second.get_by_role("button", name=re.compile("^Agree.*Let them back in")).click()
    expect(second.get_by_text("Done, by the two of you.")).to_be_visible()
    assert states.state_of(desk.ana.pk).mode == ""

    second.get_by_role("link", name=re.compile("^Blast radius whose data")).click()
    expect(second.get_by_text("Filled in from cut-off")).to_be_visible()
    expect(second.get_by_label(desk.ana.name, exact=True)).to_be_checked()
    assert breaches(second) == []
    assert second.evaluate("document.querySelector('.page').scrollWidth <= document.querySelector('.page').clientWidth")
    second.get_by_role("button", name="Count").click()
    expect(second.get_by_role("heading", name="Whom 1 account could know")).to_be_visible()


def _granted(case: Conversation, agent_id: int, session: str) -> tuple[reveals.Ticket, str]:
    """A request that was granted and not used yet, and the link to a picture that a page got the same way."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#88aacc").save(out, "PNG")
    message = case.messages.first()
    assert message is not None
    picture = Attachment.objects.create(
        message=message,
        name="card.png",
        type="image/png",
        size=len(out.getvalue()),
        digest=BlobStore(settings.BLOB_DIR).put(out.getvalue()),
    )
    shown = _ask(case, agent_id, session, sealed=reveals.File(f"conversations_attachment.digest.{picture.pk}"))
    unused = _ask(case, agent_id, session)
    assert isinstance(shown, reveals.Ticket)
    assert isinstance(unused, reveals.Ticket)
    return unused, f"/desk/attachments/{picture.pk}/shown/{shown.id}/"


def _ask(
    case: Conversation, agent_id: int, session: str, sealed: reveals.File | None = None
) -> reveals.Ticket | reveals.Denied:
    assert case.customer is not None
    return reveals.request(
        agent_id=agent_id,
        session_key=session,
        conversation_id=case.pk,
        customer_id=case.customer_id,
        sealed=sealed or case.customer.iban,
        field="picture" if sealed else "iban",
        purpose="identify",
    )


def _listen(client: httpx.Client, agent_id: int) -> tuple[threading.Event, threading.Event]:
    """Listen to live notices as a page does; tell when they come, and when the server ended them."""
    begun, over = threading.Event(), threading.Event()
    ticket = streams.ticket(agent=agent_id, topics=["desk"])

    def listen() -> None:
        with client.stream("GET", "/events", params={"ticket": ticket}) as response:
            for _ in response.iter_raw():
                begun.set()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    return begun, over


def _status(client: httpx.Client, path: str) -> int:
    return client.get(path).status_code


def _receipt(visitors: Visitors, token: str) -> int:
    """Ask for a receipt that is not there: 404 with a token in force, 401 without."""
    address = f"{visitors.server.url}/v1/receipts/01900000-0000-7000-8000-000000000000"
    return httpx.get(address, headers={"authorization": f"Bearer {token}"}, timeout=20).status_code
