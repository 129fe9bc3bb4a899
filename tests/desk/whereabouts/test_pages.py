"""Rules are tried before they hold, what does not open leads to where one asks, and files leave from work only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from holdfast.guard.whereabouts import leaves, rules
from holdfast.guard.whereabouts.models import Leave, Rule
from holdfast.guard.whereabouts.rules import Wanted
from holdfast.people.models import Agent, Role, Team, Vendor

HOME, OWN = "/security/whereabouts/", "/security/whereabouts/own/"
TYPED = {"who": "everybody:", "networks": "203.0.113.0/24", "zone": "Asia/Jakarta"}
pytestmark = pytest.mark.django_db


def who(role: Role, *, vendor: str = "", name: str = "") -> Client:
    team = None
    if vendor:
        team, _ = Team.objects.get_or_create(name="Cards", vendor=Vendor.objects.get_or_create(name=vendor)[0])
    agent = Agent.objects.create(email=f"{name or role}@desk.example", name=name or role.title(), role=role, team=team)
    client = Client()
    client.force_login(agent)
    client.get("/welcome/here/")
    return client


def test_a_rule_is_tried_first_then_holds_and_its_admin_can_always_end_it(settings: Any) -> None:
    settings.STEP_UP_MINUTES = 0
    who(Role.AGENT, name="Ben Okafor")
    admin = who(Role.ADMIN)
    tried = admin.post(f"{HOME}rules/", TYPED).content.decode()
    assert "Nothing would open for 2 of those signed in" in tried
    assert 'Ben Okafor</strong> <span class="t3">outside the networks, at 127.0.0.1' in tried
    assert not Rule.objects.exists()
    hours = {"days": ["1", "2"], "opens": "22:00", "closes": "06:00", "known_machine": "on", "keep": "yes"}
    kept = admin.post(f"{HOME}rules/", TYPED | hours, follow=True).content.decode()
    for said in ("from 203.0.113.0/24", "Mon, Tue 22:00 to 06:00, Asia/Jakarta", "on known machines", "In force for"):
        assert said in kept, said
    assert "Nothing opens now for" in admin.get(HOME).content.decode()
    rule = Rule.objects.get()
    assert admin.post(f"{HOME}rules/{rule.pk}/removal/").status_code == 302, "outside every network, and still theirs"
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"networks": "the office"}, "is no network"),
        ({"networks": ""}, "needs networks, hours"),
        ({"days": ["1"], "opens": "08:00"}, "Hours need days"),
        ({"days": ["1"], "opens": "08:00", "closes": "17:00", "zone": "Mars"}, "time zone"),
        ({"who": "team:99"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_changes_nothing(
    settings: Any, typed: dict[str, Any], sentence: str
) -> None:
    settings.STEP_UP_MINUTES = 0
    answer = who(Role.ADMIN).post(f"{HOME}rules/", TYPED | typed | {"keep": "yes"})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Rule.objects.exists()


def test_security_sees_rules_and_sets_none(settings: Any) -> None:
    rules.keep(Wanted(scope="everybody", target="", known_machine=True), by=1)
    page = who(Role.SECURITY).get(HOME).content.decode()
    assert ("on known machines" in page, "Another rule" in page, "End it" in page) == (True, False, False)


def test_leave_is_asked_on_ones_own_page_and_given_by_another_organisation() -> None:
    rules.keep(Wanted(scope="everybody", target="", networks=("203.0.113.0/24",)), by=1)
    ben = who(Role.AGENT, vendor="Northwind", name="Ben Okafor")
    assert "Values open only from the networks you work in" in ben.get(OWN).content.decode()
    asked = ben.post(OWN, {"hours": "4", "reason": "Flood at the office"}, follow=True).content.decode()
    assert ("Asked. A lead" in asked, "not decided" in asked) == (True, True)
    own_lead, other_lead = who(Role.LEAD, vendor="Northwind", name="Lea"), who(Role.LEAD, vendor="Eastgate", name="Eli")
    assert "Asked by others" not in own_lead.get(OWN).content.decode()
    assert "Flood at the office" in other_lead.get(OWN).content.decode()
    leave = Leave.objects.get()
    own_lead.post(f"/security/whereabouts/leave/{leave.pk}/", {"give": "yes"})
    assert not Leave.objects.get().given
    other_lead.post(f"/security/whereabouts/leave/{leave.pk}/", {"give": "yes"})
    assert "Values open here and now" in ben.get(OWN).content.decode()
    assert leaves.requests(open_only=True) == []


def test_a_file_leaves_from_work_only(settings: Any) -> None:
    settings.STEP_UP_MINUTES = 0
    security = who(Role.SECURITY)
    files = ("/security/cut-off/1/evidence.json", "/ledger/customers/00000000-0000-0000-0000-000000000001/for-them/")
    assert [security.get(file).status_code for file in files] == [404, 404]
    rules.keep(Wanted(scope="role", target="security", networks=("203.0.113.0/24",)), by=1)
    for file in files:
        answer = security.get(file)
        assert (answer.status_code, "does not leave from here" in answer.content.decode()) == (403, True), file
    assert security.get("/desk/reveals/").status_code == 200
