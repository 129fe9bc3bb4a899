"""Cutting off a vendor, a site, a team or a person: who is out, where their customers go, and who lets them back in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Place
from holdfast.desk import cut_off_command, cutting_off
from holdfast.desk.cutting_off import Kind, Refused, Scope, Target, What
from holdfast.desk.erasing import OnHold, erase
from holdfast.desk.models import Queue
from holdfast.guard.cutoff import queries, states
from holdfast.guard.ledger.models import Act
from holdfast.guard.models import Grant
from holdfast.guard.watching import searches
from holdfast.guard.watching.models import Search
from holdfast.intake import tokens
from holdfast.kit.clock import now
from holdfast.people import accounts, standing, teams
from holdfast.people import cutting_off as ends
from holdfast.people.models import Agent, Role, Site, Team, Vendor
from holdfast.people.queries import absent, answers, colleagues

from .conftest import Desk

SignIn = Callable[[Agent], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor(desk: Desk) -> Vendor:
    """An outsourcer with one site and one team, which alone serves the queue of payments; Bob is in it."""
    made = Vendor.objects.create(name="Vendor T")
    site = Site.objects.create(name="Harbour", vendor=made)
    team = Team.objects.create(name="Evening", vendor=made, site=site)
    Agent.objects.filter(pk=desk.bob.pk).update(team=team)
    desk.payments.teams.set([team])
    desk.bob.refresh_from_db()
    return made


def cut(target: Target, desk: Desk, **more: Any) -> int:
    given = {"why": "Photographs of screens", "by": desk.security.pk} | more
    return cutting_off.cut_off(target=target, **given).number


def everything(desk: Desk, vendor: Vendor) -> list[Target]:
    team = Team.objects.get(vendor=vendor)
    assert team.site_id is not None
    return [
        Target(Scope.VENDOR, vendor.pk),
        Target(Scope.SITE, team.site_id),
        Target(Scope.TEAM, team.pk),
        Target(Scope.AGENT, desk.bob.pk),
    ]


@pytest.mark.parametrize("which", range(4))
def test_whatever_is_cut_off_its_people_are_out_and_nobody_else_is(
    desk: Desk, vendor: Vendor, sign_in: SignIn, which: int
) -> None:
    bob, ana = sign_in(desk.bob), sign_in(desk.ana)
    session = bob.session.session_key
    right = standing.standing_of(session=session, agent=desk.bob.pk)
    assert right is not None
    cut(everything(desk, vendor)[which], desk)
    assert bob.get("/desk/").url.startswith("/accounts/login/")
    assert ana.get("/desk/").status_code == 200
    assert standing.in_force([right]) == set()
    assert standing.standing_of(session=session, agent=desk.bob.pk) is None
    assert not answers(desk.bob.pk)
    assert desk.bob.pk in absent()
    assert desk.bob.pk not in [each.id for each in colleagues()]
    assert answers(desk.ana.pk)


def test_a_dry_run_says_who_what_and_which_customers_and_changes_nothing(
    desk: Desk, vendor: Vendor, sign_in: SignIn
) -> None:
    case, waiting = desk.talk(queue=desk.payments), desk.talk("and me", queue=desk.payments)
    assign(conversation_id=case.pk, to=desk.bob.pk, by=None)
    tokens.create(name="their-dialler", scopes=["metrics:read"], employer_id=vendor.pk)
    sign_in(desk.bob)
    before = (Grant.objects.filter(closed_at=None).count(), Act.objects.count())
    found = cutting_off.dry_run(Target(Scope.VENDOR, vendor.pk))
    assert (found.meant.label, found.meant.names, found.meant.sessions) == ("Vendor T", ("Bob Test",), 1)
    assert (found.meant.grants, found.meant.tokens) == (1, ("their-dialler",))
    assert (found.held.cases, found.held.waiting, [each.number for each in found.cases]) == (1, 1, [case.number])
    assert [(line.name, line.waiting) for line in found.stranded] == [("Payments", 1)]
    assert found.meant.others == ("Ada Test", "Sig Test")
    assert waiting.assignee_id is None
    assert (Grant.objects.filter(closed_at=None).count(), Act.objects.count()) == before
    assert answers(desk.bob.pk)


def test_the_cases_go_to_the_surge_pool_by_when_each_customer_began_to_wait(desk: Desk, vendor: Vendor) -> None:
    early = desk.talk("first", queue=desk.payments, at=now() - timedelta(hours=3))
    late = desk.talk("second", queue=desk.payments, at=now() - timedelta(hours=1))
    left = desk.talk("nobody has me", queue=desk.payments)
    for case in (late, early):
        assign(conversation_id=case.pk, to=desk.bob.pk, by=None)
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    assert cutting_off.settle(number=number) == 2
    assert cutting_off.settle(number=number) == 0
    pool = Queue.objects.get(slug=cutting_off.SURGE)
    line = Place.objects.filter(queue_id=pool.pk, left_at=None).order_by("band", "fair_at", "id")
    assert [place.conversation_id for place in line] == [early.pk, late.pk]
    assert [place.joined_at for place in line] == [early.waiting_since, late.waiting_since]
    kept = queries.cut_off(number)
    assert kept is not None
    assert (kept.moved, kept.settled_at is not None) == (2, True)
    # The line nobody is left for is served by who serves the pool; who waits there keeps their place.
    assert Place.objects.get(conversation_id=left.pk, left_at=None).queue_id == desk.payments.pk
    assert set(desk.payments.teams.values_list("name", flat=True)) == {"Evening", "One"}


def test_without_a_pool_the_cases_go_back_to_their_own_lines(desk: Desk, vendor: Vendor) -> None:
    case = desk.talk(queue=desk.payments)
    assign(conversation_id=case.pk, to=desk.bob.pk, by=None)
    cutting_off.settle(number=cut(Target(Scope.AGENT, desk.bob.pk), desk, pool=None))
    case.refresh_from_db()
    assert (case.assignee_id, case.queue_id) == (None, desk.payments.pk)
    assert Place.objects.get(conversation_id=case.pk, left_at=None).joined_at == case.waiting_since


def test_tokens_of_the_employer_end_for_good_and_those_of_others_do_not(desk: Desk, vendor: Vendor) -> None:
    theirs = tokens.create(name="theirs", scopes=["metrics:read"], employer_id=vendor.pk)
    ours = tokens.create(name="ours", scopes=["metrics:read"])
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    assert tokens.known(theirs, scope="metrics:read") is None
    assert tokens.known(ours, scope="metrics:read") is not None
    _let_back_in(number, desk)
    assert tokens.known(theirs, scope="metrics:read") is None


def test_who_is_cut_off_cannot_sign_in_and_a_link_of_before_stays_dead(desk: Desk, vendor: Vendor) -> None:
    desk.bob.set_password("tern gannet petrel fulmar")
    desk.bob.save()
    fresh = accounts.create_agent(email="eva@t.example", name="Eva", team=desk.bob.team)
    link = accounts.invitation_link("", fresh).split("/")[-2]
    assert accounts.read_link(link) is not None
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    given = {"login": desk.bob.email, "password": "tern gannet petrel fulmar"}
    client = Client()
    assert client.post("/accounts/login/", given).url == "/accounts/inactive/"
    assert client.get("/desk/").status_code == 302
    assert accounts.read_link(link) is None
    _let_back_in(number, desk)
    assert accounts.read_link(link) is None
    assert client.post("/accounts/login/", given).url == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_moving_to_another_team_lets_nobody_out_and_moving_in_lets_nobody_stay(
    desk: Desk, vendor: Vendor, sign_in: SignIn
) -> None:
    evening = desk.bob.team_id
    cut(Target(Scope.VENDOR, vendor.pk), desk)
    teams.move(agent_id=desk.bob.pk, team_id=desk.ana.team_id, by=desk.admin.pk)
    assert states.state_of(desk.bob.pk).is_out
    ana = sign_in(desk.ana)
    case = desk.talk()
    assign(conversation_id=case.pk, to=desk.ana.pk, by=None)
    teams.move(agent_id=desk.ana.pk, team_id=evening, by=desk.admin.pk)
    assert ana.get("/desk/").status_code == 302
    assert not Grant.objects.filter(agent_id=desk.ana.pk, closed_at=None).exists()


def test_reading_masked_means_pages_of_cases_and_nothing_that_acts_or_hands_out(
    desk: Desk, vendor: Vendor, sign_in: SignIn
) -> None:
    case = desk.talk(queue=desk.payments)
    before = sign_in(desk.bob)
    cut(Target(Scope.TEAM, desk.bob.team_id or 0), desk, kind=Kind.MASKED)
    assert before.get("/desk/").status_code == 302, "what was open before is over; they sign in again"
    bob = sign_in(Agent.objects.get(pk=desk.bob.pk))
    assert bob.get("/desk/").status_code == 200
    assert bob.get(f"/desk/c/{case.number}/").status_code == 200
    for path in ("/desk/?q=maren@post.example", "/desk/search/?q=TW-1", f"/desk/c/{case.number}/facts/", "/bridge/"):
        assert bob.get(path).status_code == 403, path
    for path in (f"/desk/c/{case.number}/reveal/iban/", f"/desk/c/{case.number}/messages/", "/desk/next/"):
        refused = bob.post(path, {"purpose": "payment"}, headers={"hx-request": "true"})
        assert (refused.status_code, b"reads only" in refused.content) == (403, True), path
    assert not answers(desk.bob.pk)
    assert bob.post("/accounts/logout/").status_code == 302


def test_two_people_let_back_in_and_none_of_them_can_be_two(desk: Desk, vendor: Vendor, sign_in: SignIn) -> None:
    old = sign_in(desk.bob)
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    with pytest.raises(Refused, match="Nobody has asked"):
        cutting_off.agree(number=number, what=What.UNDO, by=desk.admin.pk)
    with pytest.raises(Refused, match="admin or a security officer"):
        ends.ask_back(number=number, what=What.UNDO, why="They are needed", by=desk.lead.pk)
    ends.ask_back(number=number, what=What.UNDO, why="The person left the vendor", by=desk.admin.pk)
    with pytest.raises(Refused, match="two people"):
        cutting_off.agree(number=number, what=What.UNDO, by=desk.admin.pk)
    puppet = accounts.create_agent(email="new@desk.example", name="New", role=Role.ADMIN)
    with pytest.raises(Refused, match="newer than this cut-off"):
        cutting_off.agree(number=number, what=What.UNDO, by=puppet.pk)
    assert states.state_of(desk.bob.pk).is_out
    cutting_off.agree(number=number, what=What.UNDO, by=desk.security.pk)
    assert states.state_of(desk.bob.pk).mode == ""
    assert old.get("/desk/").status_code == 302, "a session of before does not come back to life"
    assert sign_in(Agent.objects.get(pk=desk.bob.pk)).get("/desk/").status_code == 200
    assert set(desk.payments.teams.values_list("name", flat=True)) == {"Evening"}, "lent teams went back"
    said = list(Act.objects.order_by("at").values_list("kind", "actor_id"))
    assert said == [
        ("cut_off", desk.security.pk),
        ("cut_off_undo_asked", desk.admin.pk),
        ("cut_off_undo", desk.security.pk),
    ]


def test_the_database_itself_ends_nothing_for_one_person(desk: Desk, vendor: Vendor) -> None:
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    for attack in (
        "UPDATE guard_cutoff_cut SET ended_at = now()",
        "UPDATE guard_cutoff_cut SET hold_lifted_at = now()",
        "UPDATE guard_cutoff_cut SET target_id = 0",
        "DELETE FROM guard_cutoff_covered",
        "DELETE FROM guard_cutoff_cut",
        "INSERT INTO guard_cutoff_asked (cut_id, what, why, by_id, at, agreed_by_id, agreed_at)"
        f" VALUES ({number}, 'undo', 'x', 1, now(), 1, now())",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
    assert states.state_of(desk.bob.pk).is_out


def test_nobody_cuts_off_themselves_nor_twice_nor_without_a_reason_nor_as_a_lead(desk: Desk, vendor: Vendor) -> None:
    target = Target(Scope.VENDOR, vendor.pk)
    for more, sentence in (
        ({"why": " "}, "why"),
        ({"by": desk.lead.pk}, "admin or a security officer"),
        ({"pool": 999_999}, "no such queue"),
    ):
        with pytest.raises(Refused, match=sentence):
            cut(target, desk, **more)
    with pytest.raises(Refused, match="yourself"):
        cut(Target(Scope.AGENT, desk.security.pk), desk)
    with pytest.raises(Refused, match="nobody of that kind"):
        cut(Target(Scope.SITE, 999_999), desk)
    assert answers(desk.bob.pk)
    cut(target, desk)
    with pytest.raises(Refused, match="already"):
        cut(target, desk)


def test_evidence_is_frozen_and_what_it_rests_on_is_erased_by_nobody_until_two_lift_the_hold(
    desk: Desk, vendor: Vendor
) -> None:
    case = desk.talk(queue=desk.payments)
    assign(conversation_id=case.pk, to=desk.bob.pk, by=None)
    searches.note(agent_id=desk.bob.pk, text="#7")
    number = cut(Target(Scope.VENDOR, vendor.pk), desk)
    cutting_off.settle(number=number)
    Search.objects.update(at=now() - timedelta(days=900))
    assert searches.forget_old() == 0
    for rows in ("guard_watching_search", "guard_grant"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {rows}")
    frozen = queries.evidence_of(number)
    assert frozen is not None
    assert b'"cases":1' in frozen[2]
    assert Act.objects.filter(kind="evidence_frozen", details__contains=frozen[1]).exists()
    with pytest.raises(OnHold, match=f"cut-off {number}"):
        erase(reference="TW-1")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT guard_destroy_keys(ARRAY[%s]::uuid[])", [desk.customer.pk])
    _let_back_in(number, desk)
    with pytest.raises(OnHold):
        erase(reference="TW-1")
    ends.ask_back(number=number, what=What.LIFT_HOLD, why="Counsel released it", by=desk.admin.pk)
    cutting_off.agree(number=number, what=What.LIFT_HOLD, by=desk.security.pk)
    assert searches.forget_old() == 1
    assert erase(reference="TW-1").customers == 1


def test_the_terminal_looks_first_then_cuts_off_and_its_operator_may_be_the_second_of_two(
    desk: Desk, vendor: Vendor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cut_off_command.main(["now", "vendor", "Vendor T"]) == 2
    assert "Nobody would be left in Payments" in capsys.readouterr().out
    assert answers(desk.bob.pk)
    assert cut_off_command.main(["now", "vendor", "Vendor X", "--why", "x", "--yes"]) == 1
    assert cut_off_command.main(["now", "vendor", "Vendor T", "--yes"]) == 1
    assert "Say in a few words why" in capsys.readouterr().err
    assert cut_off_command.main(["now", "vendor", "Vendor T", "--why", "Photographs", "--yes"]) == 0
    number = states.state_of(desk.bob.pk).epoch
    assert cut_off_command.main(["agree", str(number)]) == 1
    ends.ask_back(number=number, what=What.UNDO, why="Cleared", by=desk.admin.pk)
    assert cut_off_command.main(["agree", str(number)]) == 0
    assert cut_off_command.main(["list"]) == 0
    assert "Vendor T  out  1 people" in capsys.readouterr().out
    assert answers(desk.bob.pk)


def _let_back_in(number: int, desk: Desk) -> None:
    ends.ask_back(number=number, what=What.UNDO, why="Cleared", by=desk.admin.pk)
    cutting_off.agree(number=number, what=What.UNDO, by=desk.security.pk)
