"""The bridge in a browser: live in every window, and without a breach of WCAG 2.2 AA that a machine can find."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.desk.conftest import Desk
from tests.e2e.conftest import LOOKS, Visitors
from tests.e2e.test_desk_accessibility import breaches

from holdfast.bridge import asking
from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.posture.changes import change, propose
from holdfast.posture.effects import Name
from holdfast.shield.model import CALM
from holdfast.shield.models import Minute
from holdfast.staffing import reserve
from holdfast.staffing.models import Shift

pytestmark = pytest.mark.browser


def minutes(number: int, *, flood: bool = False) -> None:
    """Close minutes as the scorer would: synthetic, the last third with a flood in it."""
    start = now().replace(second=0, microsecond=0) - timedelta(minutes=number)
    for n in range(number):
        storm = flood and n > 2 * number / 3
        Minute.objects.create(
            version=n + 1,
            minute=start + timedelta(minutes=n),
            rate=70 if storm else 9,
            expected=9,
            surge=storm,
            flood_share=0.6 if storm else 0.0,
            low=0.5 if storm else 0.0,
            high=0.7 if storm else 0.0,
            reasons=["118 of the last 131 used almost the same words."] if storm else [],
            model=CALM.to_json(),
        )
    outbox.publish([("minute", {"kind": "minute"})])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_bridge_has_no_breach_in_calm_and_in_a_siege(
    desk: Desk, visitors: Visitors, scheme: str, width: int
) -> None:
    page = visitors.page(
        desk.lead, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page.goto("/bridge/")
    expect(page.locator("h1")).to_have_text("Nothing out of the ordinary")
    assert breaches(page) == []
    minutes(30, flood=True)
    change(to=Name.SIEGE, by=desk.lead.pk, why="Many contacts are not explained.")
    propose(to=Name.RECOVERY, evidence=["9 contacts a minute against 9 usual."])
    desk.talk("My card was declined")
    page.goto("/bridge/")
    expect(page.locator("h1")).to_have_text("Many contacts are not explained.")
    page.locator("details.change > summary").click()
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".band, .people-marks").evaluate_all("each => each.map(one => one.getBoundingClientRect())")
    assert boxes[0]["height"] < 60, "the band has one line, whatever other pages call their parts"
    assert all(each["y"] >= boxes[0]["height"] for each in boxes[1:]), "people's marks are not over the band"


def test_a_change_of_posture_is_seen_in_every_window_at_once(desk: Desk, visitors: Visitors) -> None:
    at_desk = visitors.page(desk.ana)
    at_desk.goto("/desk/")
    bridge = visitors.page(desk.lead)
    bridge.goto("/bridge/")
    expect(at_desk.locator(".band")).to_have_attribute("data-posture", "calm")
    bridge.get_by_text("Change posture").click()
    bridge.get_by_role("radio", name="Surge").check()
    bridge.get_by_label("Why, in one line").fill("Payments fail.")
    bridge.get_by_role("button", name="Change it").click()
    expect(bridge.locator("h1")).to_have_text("Payments fail.")
    expect(at_desk.locator(".band")).to_have_attribute("data-posture", "surge")
    expect(at_desk.locator(".band")).to_contain_text("Many people write at once")


def test_a_closed_minute_appears_by_itself_and_leaves_a_half_written_form_alone(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.lead)
    page.goto("/bridge/")
    expect(page.locator("#deck")).to_contain_text("first minutes are being counted")
    page.get_by_text("Change posture").click()
    page.get_by_label("Why, in one line").fill("I am still wri")
    minutes(5)
    expect(page.locator("#deck svg.chart")).to_be_visible()
    change(to=Name.WATCH, by=None, why="Somebody else was faster.")
    expect(page.locator(".band")).to_have_attribute("data-posture", "watch")
    expect(page.get_by_label("Why, in one line")).to_have_value("I am still wri")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody changed the posture")
    visitors.forgive("409")


def test_nothing_moves_under_the_pointer_and_what_waited_comes_when_it_leaves(desk: Desk, visitors: Visitors) -> None:
    change(to=Name.WATCH, by=desk.lead.pk, why="Something is odd.")
    page = visitors.page(desk.lead)
    page.goto("/bridge/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Done: Look at twenty of the new contacts").hover()
    with page.expect_response("**/bridge/deck/"):
        propose(to=Name.SURGE, evidence=["310 contacts a minute against 9 usual."])
    assert not any(url.endswith("/bridge/owed/") for url in asked)
    page.mouse.move(5, 5)
    expect(page.locator(".proposal")).to_contain_text("310 contacts a minute")


def test_what_cannot_be_fetched_is_shown_with_its_age(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.lead)
    page.goto("/bridge/")
    expect(page.locator("#deck")).to_contain_text("first minutes are being counted")
    page.route("**/bridge/deck/", lambda route: route.abort())
    minutes(5)
    expect(page.locator("#stale")).to_contain_text("No answer since")
    expect(page.locator("#deck")).to_contain_text("first minutes are being counted")
    page.unroute("**/bridge/deck/")
    outbox.publish([("minute", {"kind": "minute"})])
    expect(page.locator("#deck svg.chart")).to_be_visible()
    expect(page.locator("#stale")).to_be_hidden()
    visitors.forgive("ERR_FAILED")


def test_every_page_follows_the_posture_and_two_keys_lead_to_the_bridge(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.lead)
    page.goto("/bridge/playbooks/")
    change(to=Name.SIEGE, by=desk.lead.pk, why="Many contacts are not explained.", drill=True)
    expect(page.locator(".band")).to_have_attribute("data-posture", "siege")
    expect(page.locator(".band")).to_contain_text("DRILL")
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("h1")).to_have_text("Many contacts are not explained.")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(f"{visitors.server.url}/desk/")
    page.locator("#rows").wait_for()
    page.wait_for_load_state("load")  # a key pressed before the scripts are there is nobody's
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page).to_have_url(f"{visitors.server.url}/bridge/")


def test_a_declared_matter_appears_in_every_window(desk: Desk, visitors: Visitors) -> None:
    minutes(30, flood=True)
    other = visitors.page(desk.ana)
    other.goto("/bridge/")
    page = visitors.page(desk.lead)
    page.goto("/bridge/")
    page.get_by_text("This is wrong").click()
    page.get_by_label("Words or phrases").fill("saltmarsh loan, price list")
    assert breaches(page) == []
    page.get_by_role("button", name="Declare it").click()
    expect(other.locator(".matters")).to_contain_text("saltmarsh loan, price list")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("address", ["/bridge/what-if/", "/bridge/roster/", "/bridge/reserve/"])
def test_the_pages_beside_the_bridge_have_no_breach(
    desk: Desk, visitors: Visitors, address: str, scheme: str, width: int
) -> None:
    begins = now() + timedelta(hours=1)
    Shift.objects.create(agent=desk.ana, begins_at=begins, ends_at=begins + timedelta(hours=8), skills=["cards"])
    reserve.join(agent_id=desk.ben.pk, skills=["cards"], notice=timedelta(minutes=30))
    page = visitors.page(desk.lead, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address)
    for summary in page.locator("details.call > summary, details.edit > summary").all():
        summary.click()
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_if_answers_while_one_types_and_by_keyboard_alone(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.ana)
    page.goto("/bridge/what-if/?contacts=300&minutes=6&people=10")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Staffing cannot solve this")
    page.get_by_label("People added").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("40")
    expect(answer).to_contain_text("the people who are there are enough")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("120")
    expect(answer.get_by_role("alert")).to_contain_text("between 0 and 100")


def test_what_if_answers_without_script(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.ana, java_script_enabled=False)
    page.goto("/bridge/what-if/")
    page.get_by_label("Contacts in an hour").fill("300")
    page.get_by_label("People there").fill("50")
    page.get_by_role("button", name="Reckon").click()
    expect(page.locator("#answer")).to_contain_text("the people who are there are enough")


def test_a_roster_is_checked_and_loaded_in_the_browser(desk: Desk, visitors: Visitors) -> None:
    day = f"{now() + timedelta(days=1):%Y-%m-%d}"
    text = f"agent,start,end\n{desk.ana.email},{day}T09:00,{day}T17:00\nno@x.example,{day}T09:00,{day}T17:00\n"
    page = visitors.page(desk.lead)
    page.goto("/bridge/roster/")
    page.get_by_label("Load a roster").set_input_files(
        {"name": "week.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".checked")).to_contain_text("Nobody here signs in as no@x.example")
    assert breaches(page) == []
    page.get_by_label("Leave out the 1 line").check()
    page.get_by_role("button", name="Load 1 shift").click()
    expect(page.locator(".week").first).to_contain_text("09:00–17:00")


def test_topics_come_to_every_open_bridge_once_they_are_added_up(desk: Desk, visitors: Visitors) -> None:
    page = visitors.page(desk.ana)
    page.goto("/bridge/")
    for _ in range(4):
        desk.talk("Where is my transfer of Monday?")
    asking.forget()
    asking.add_up()
    expect(page.locator("#deck .about")).to_contain_text("Where is my transfer of Monday")
