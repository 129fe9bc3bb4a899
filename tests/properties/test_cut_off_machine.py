"""Cutting off, letting back in, moving, giving cases, asking, signing in, in any order: nothing is left to who is out.

The model knows who is meant by which cut that stands. After each step no value, page, stream, token, grant or link is
good for any of them, no reply of theirs leaves that had not, its customer waits again, and no cut has ended but by two
people.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session as Browser
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from tests.granted import granted

from holdfast.conversations.messages import post_reply
from holdfast.conversations.models import Conversation, Message
from holdfast.conversations.models import Place as InLine
from holdfast.desk.models import Queue
from holdfast.guard import reveals
from holdfast.guard.cutoff import states
from holdfast.guard.cutoff.models import Asked, Cut
from holdfast.guard.models import Grant
from holdfast.guard.reveals import Ticket, Value
from holdfast.intake import tokens
from holdfast.intake.models import ApiToken
from holdfast.kit import clock
from holdfast.kit.ids import uuid7
from holdfast.notify import deliveries
from holdfast.notify.models import Delivery
from holdfast.people import accounts, cutting_off, idle, standing, teams
from holdfast.people.admins import able_admins
from holdfast.people.cut_off_targets import Target
from holdfast.people.cutting_off import Kind, Scope, What
from holdfast.people.models import Agent, Customer, Role, Site, Team, Vendor
from holdfast.people.queries import colleagues
from holdfast.people.sessions import LONGEST
from holdfast.promises import queries
from holdfast.promises.contract import Kind as Promised

IBAN = "IE29AIBK93115212345678"
PASSWORD = "tern gannet petrel fulmar"
PEOPLE = ("ana", "ben", "lea", "ally", "ada", "abe", "sig")
KEEPERS = ("ally", "ada", "abe", "sig")  # may cut off, as long as they are let in themselves
WHO, KEEPER = st.sampled_from(PEOPLE), st.sampled_from(KEEPERS)
NTH = st.integers(0, 5)


@dataclass
class Place:
    """A cut that stands: whom it meant when it was made, and who has asked for it to be taken back."""

    target: Target
    kind: Kind
    at: datetime
    covered: set[str]
    asked: tuple[str, datetime] | None = None


@dataclass
class Session:
    """A browser that was signed in, and the right to live notices that it had then."""

    who: str
    browser: Client
    right: standing.Standing
    began: datetime
    over: bool = False


@dataclass
class Asking:
    """A ticket that was given and not spent."""

    who: str
    session: str
    ticket: Ticket
    until: datetime
    over: bool = False


@dataclass
class Told:
    """What the model knows."""

    cuts: dict[int, Place] = field(default_factory=dict)
    sessions: list[Session] = field(default_factory=list)
    tickets: list[Asking] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)  # those in force, with their employer
    grants: set[str] = field(default_factory=set)
    dead: list[tuple[str, UUID | str]] = field(default_factory=list)
    queued: list[tuple[str, UUID]] = field(default_factory=list)  # replies that have not left, with who wrote them
    held: set[UUID] = field(default_factory=set)


class CuttingOff(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        clock.set_source(lambda: self.at)
        Agent.objects.update(is_active=False)  # of the examples before
        Browser.objects.all().delete()
        ApiToken.objects.all().delete()
        mark = uuid7().hex[-12:]
        self.vendors = [Vendor.objects.create(name=f"{name} {mark}") for name in ("Tide", "Reef")]
        self.site = Site.objects.create(name="Harbour", vendor=self.vendors[0])
        spots = ((self.vendors[0], self.site), (self.vendors[0], None), (self.vendors[1], None))
        self.teams = [Team.objects.create(name=f"T{n}", vendor=v, site=s) for n, (v, s) in enumerate(spots)]
        sits: dict[str, tuple[Role, Team | None]] = {
            "ana": (Role.AGENT, self.teams[0]),
            "ben": (Role.AGENT, self.teams[1]),
            "lea": (Role.LEAD, self.teams[0]),
            "ally": (Role.ADMIN, self.teams[2]),
            "ada": (Role.ADMIN, None),
            "abe": (Role.ADMIN, None),
            "sig": (Role.SECURITY, None),
        }
        self.people = {
            name: Agent.objects.create_user(
                f"{name}-{mark}@desk.example", PASSWORD, name=name, role=role, team=team, created_at=self.at
            )
            for name, (role, team) in sits.items()
        }
        self.at += timedelta(days=30)
        self.customer = Customer.objects.create(iban=IBAN)
        self.case = uuid7()
        self.line = Queue.objects.create(slug=f"line-{mark}", name="Line")
        self.told = Told()
        self.made = 0
        for name in PEOPLE:
            self.give_the_case(name)

    def teardown(self) -> None:
        clock.set_source(None)

    # What the model says.

    def _within(self, name: str, target: Target) -> bool:
        team = self.people[name].team
        places = {Scope.AGENT: self.people[name].pk}
        if team is not None:
            places |= {Scope.TEAM: team.pk, Scope.VENDOR: team.vendor_id, Scope.SITE: team.site_id or 0}
        return places.get(target.scope) == target.id

    def _meant(self, team: Team, cut: Place) -> bool:
        places = {Scope.TEAM: team.pk, Scope.VENDOR: team.vendor_id, Scope.SITE: team.site_id or 0, Scope.AGENT: 0}
        return places[cut.target.scope] == cut.target.id

    def _mode(self, name: str) -> str:
        meant = {c.kind for c in self.told.cuts.values() if name in c.covered or self._within(name, c.target)}
        return "out" if Kind.OUT in meant else "masked" if meant else ""

    def _able(self, name: str) -> bool:
        return self.people[name].is_active and not self._mode(name)

    def _ends(self, names: set[str]) -> None:
        for session in self.told.sessions:
            session.over |= session.who in names
        for asking in self.told.tickets:
            asking.over |= asking.who in names
        self.told.grants -= names

    # What people do.

    @rule(who=WHO)
    def sign_in(self, who: str) -> None:
        browser, person = Client(), self.people[who]
        answer: Any = browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert (answer.url == "/desk/") == (person.is_active and self._mode(who) != "out")
        if answer.url == "/desk/":
            right = standing.standing_of(session=browser.session.session_key or "", agent=person.pk)
            assert right is not None
            self.told.sessions.append(Session(who, browser, right, self.at))

    @rule(nth=NTH)
    @precondition(lambda self: self.told.sessions)
    def open_a_page(self, nth: int) -> None:
        session = self.told.sessions[-1 - nth % len(self.told.sessions)]
        reads = session.browser.get("/bridge/band/").status_code
        does = session.browser.get("/welcome/sessions/").status_code
        mode = self._mode(session.who)
        if session.over or mode == "out":
            assert does == 302
            assert reads in {302, 401}
            session.over = True
        else:
            assert (reads, does) == (200, 403 if mode else 200)

    @rule(who=WHO)
    def give_to(self, who: str) -> None:
        self.give_the_case(who)

    def give_the_case(self, who: str) -> None:
        granted(agent_id=self.people[who].pk, conversation_id=self.case, customer_id=self.customer.pk)
        if not self._mode(who):
            self.told.grants.add(who)

    @rule(who=WHO, at_once=st.booleans())
    def ask(self, who: str, at_once: bool) -> None:
        asking: dict[str, Any] = {
            "agent_id": self.people[who].pk,
            "session_key": who,
            "conversation_id": self.case,
            "customer_id": self.customer.pk,
            "sealed": self.customer.iban,
            "field": "iban",
            "purpose": "payment",
        }
        may = who in self.told.grants
        if at_once:
            assert isinstance(reveals.reveal(**asking), Value) == may
            return
        given = reveals.request(**asking)
        assert isinstance(given, Ticket) == may
        if isinstance(given, Ticket):
            self.told.tickets.append(Asking(who, who, given, self.at + timedelta(seconds=60)))

    @rule(who=WHO)
    def write_a_reply_that_waits_for_the_mail_server(self, who: str) -> None:
        if self._able(who):
            waits = Conversation.objects.create(
                customer=self.customer, channel="email", queue_id=self.line.pk, created_at=self.at,
                waiting_since=self.at, last_message_at=self.at, version=1,
            )  # fmt: skip
            Message.objects.create(conversation=waits, author="customer", text="Where?", version=1, created_at=self.at)
            reply = post_reply(conversation_id=waits.pk, by=self.people[who].pk, text="Here.", client_key=str(uuid7()))
            queued = Delivery.objects.create(
                message=reply, channel="email", recipient="maren@post.example", not_before=self.at, created_at=self.at
            )
            self.told.queued.append((who, queued.pk))

    @rule()
    @precondition(lambda self: self.told.queued)
    def the_mail_server_is_back(self) -> None:
        deliveries.send_due()
        for who, pk in self.told.queued:
            state = Delivery.objects.get(pk=pk).state
            assert state == (Delivery.State.HELD if self._mode(who) else Delivery.State.SENT)
            if self._mode(who):
                self.told.held.add(pk)
        self.told.queued.clear()

    @rule(nth=NTH)
    @precondition(lambda self: self.told.tickets)
    def redeem(self, nth: int) -> None:
        asking = self.told.tickets[-1 - nth % len(self.told.tickets)]
        good = not asking.over and self.at < asking.until
        shown = ""
        with suppress(reveals.Denied):
            agent = self.people[asking.who].pk
            shown = reveals.redeem(
                ticket=asking.ticket, agent_id=agent, session_key=asking.session, sealed=self.customer.iban
            )
        assert shown == (IBAN if good else "")
        asking.over = True

    @rule(which=st.integers(0, 1))
    def make_a_token(self, which: int) -> None:
        self.made += 1
        vendor, name = self.vendors[which], f"{self.vendors[which].name} {self.made}"
        cut = any(c.target == Target(Scope.VENDOR, vendor.pk) for c in self.told.cuts.values())
        try:
            tokens.create(name=name, scopes=["metrics:read"], employer_id=vendor.pk)
        except tokens.TokenError:
            assert cut
        else:
            assert not cut
            self.told.tokens[name] = vendor.pk

    @rule(who=WHO, team=st.integers(-1, 2))
    def move(self, who: str, team: int) -> None:
        to = self.teams[team] if team >= 0 else None
        teams.move(agent_id=self.people[who].pk, team_id=to.pk if to else None, by=0)
        self.people[who].team = to
        if self._mode(who):
            self._ends({who})

    @rule(nth=NTH, holder=NTH)
    @precondition(lambda self: self.told.grants and any(c.target.scope != Scope.AGENT for c in self.told.cuts.values()))
    def move_who_has_the_case_to_where_it_is_cut_off(self, nth: int, holder: int) -> None:
        cut = [n for n, team in enumerate(self.teams) if any(self._meant(team, c) for c in self.told.cuts.values())]
        holders = sorted(self.told.grants)
        self.move(who=holders[holder % len(holders)], team=cut[nth % len(cut)])

    @rule(who=WHO)
    def keep_out_or_let_in(self, who: str) -> None:
        person = self.people[who]
        if not person.is_active:
            accounts.reactivate(agent_id=person.pk, by=0)
            person.is_active = True
            return
        others = [n for n in KEEPERS if n != who and self.people[n].role == Role.ADMIN and self._able(n)]
        try:
            accounts.deactivate(agent_id=person.pk, by=0)
        except accounts.Refused:
            assert person.role == Role.ADMIN
            assert not others
        else:
            assert person.role != Role.ADMIN or others
            person.is_active = False
            self._ends({who})

    @rule(seconds=st.sampled_from([20, 50, 3600, 20 * 3600]))
    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        for session in self.told.sessions:
            session.over |= session.began + LONGEST <= self.at
        idle.end_idle()

    # Cutting off, and taking it back.

    @rule(
        scope=st.sampled_from([Scope.VENDOR, Scope.SITE, Scope.TEAM, Scope.AGENT, Scope.AGENT]),
        nth=st.integers(0, 6),
        kind=st.sampled_from([Kind.OUT, Kind.OUT, Kind.MASKED]),
        by=st.one_of(KEEPER, st.none()),
    )
    def cut_off(self, scope: Scope, nth: int, kind: Kind, by: str | None) -> None:
        ids = {
            Scope.VENDOR: [each.pk for each in self.vendors],
            Scope.SITE: [self.site.pk],
            Scope.TEAM: [each.pk for each in self.teams],
            Scope.AGENT: [each.pk for each in self.people.values()],
        }[scope]
        target = Target(scope, ids[nth % len(ids)])
        meant = {name for name in PEOPLE if self._within(name, target)}
        twice = any(c.target == target and c.kind in {Kind.OUT, kind} for c in self.told.cuts.values())
        able = {name for name in KEEPERS if self._able(name)}
        admins = able - {"sig"}
        stuck = not able - meant or (by is not None and admins and not admins - meant)
        allowed = not twice and not stuck and (by is None or by in able - meant)
        try:
            begun = cutting_off.begin(
                target=target, kind=kind, why="Looked away", by=self.people[by].pk if by else None
            )
        except cutting_off.Refused:
            assert not allowed
            return
        assert allowed
        self.told.cuts[begun.number] = Place(target, kind, self.at, meant)
        self._ends(meant)
        if scope == Scope.VENDOR:
            self.told.tokens = {name: v for name, v in self.told.tokens.items() if v != target.id}

    def _standing(self, nth: int) -> tuple[int, Place]:
        numbers = sorted(self.told.cuts)
        return numbers[nth % len(numbers)], self.told.cuts[numbers[nth % len(numbers)]]

    def _is_asked(self, cut: Place) -> bool:
        return cut.asked is not None and self.at <= cut.asked[1] + timedelta(hours=24)

    @rule(nth=NTH, by=WHO)
    @precondition(lambda self: self.told.cuts)
    def ask_back(self, nth: int, by: str) -> None:
        number, cut = self._standing(nth)
        allowed = by in KEEPERS and self._able(by) and not self._is_asked(cut)
        try:
            cutting_off.ask_back(number=number, what=What.UNDO, why="Cleared", by=self.people[by].pk)
        except cutting_off.Refused:
            assert not allowed
        else:
            assert allowed
            cut.asked = (by, self.at)

    @rule(nth=NTH, by=KEEPER)
    @precondition(lambda self: self.told.cuts)
    def withdraw(self, nth: int, by: str) -> None:
        number, cut = self._standing(nth)
        with suppress(cutting_off.Refused):
            cutting_off.withdraw(number=number, what=What.UNDO, by=self.people[by].pk)
            assert self._able(by)
            cut.asked = None

    @rule(nth=NTH, by=st.one_of(WHO, st.none(), st.just("new")))
    @precondition(lambda self: self.told.cuts)
    def agree(self, nth: int, by: str | None) -> None:
        number, cut = self._standing(nth)
        if by == "new":  # an admin who was made a moment ago, by whoever wants a second person
            self.made += 1
            mail = f"new{self.made}-{self.people['ana'].email}"
            puppet = Agent.objects.create_user(mail, name="New", role=Role.ADMIN, created_at=self.at)
            who, able = puppet.pk, False
        else:
            who, able = (self.people[by].pk, by in KEEPERS and self._able(by)) if by else (None, True)
        allowed = able and self._is_asked(cut) and cut.asked is not None and cut.asked[0] != by
        try:
            cutting_off.agree(number=number, what=What.UNDO, by=who)
        except cutting_off.Refused:
            assert not allowed
        else:
            assert allowed
            del self.told.cuts[number]
            self._ends(cut.covered)
        if by == "new":
            Agent.objects.filter(pk=who).delete()

    # What holds after each step.

    @invariant()
    def who_is_out_is_out_everywhere_and_nobody_else_is(self) -> None:
        found = states.states_of([each.pk for each in self.people.values()])
        assert {name: found[each.pk].mode for name, each in self.people.items()} == {
            name: self._mode(name) for name in PEOPLE
        }
        cut = {self.people[name].pk for name in PEOPLE if self._mode(name)}
        assert not cut & {each.id for each in colleagues()}
        assert not cut & set(able_admins())
        assert not Grant.objects.filter(agent_id__in=cut, closed_at=None).exists()

    @invariant()
    def who_was_to_get_what_is_held_waits_for_somebody_else(self) -> None:
        waits = Conversation.objects.filter(messages__deliveries__in=self.told.held)
        assert waits.count() == len(self.told.held)
        for case in waits:
            assert (case.state, case.assignee_id) == ("open", None)
            assert InLine.objects.filter(conversation=case, left_at=None).exists()
            assert queries.owed(kind=Promised.PERSONAL, subject=f"conversation:{case.pk}")

    @invariant()
    def no_stream_lives_that_is_over(self) -> None:
        over = {each.right for each in self.told.sessions if each.over or self._mode(each.who) == "out"}
        assert not standing.in_force(over)

    @invariant()
    def tokens_in_force_are_those_of_employers_who_stayed(self) -> None:
        names = {each.name for each in tokens.in_force().values()}
        assert {name for name in names if name.startswith((self.vendors[0].name, self.vendors[1].name))} == set(
            self.told.tokens
        )

    @invariant()
    def each_cut_that_ended_has_the_names_of_two(self) -> None:
        for cut in Cut.objects.exclude(ended_at=None):
            agreed = Asked.objects.get(cut=cut, what=What.UNDO, agreed_at__isnull=False)
            assert agreed.by_id != agreed.agreed_by_id
        standing_now = Cut.objects.filter(ended_at=None, pk__gte=min(self.told.cuts, default=0), label__isnull=False)
        assert set(self.told.cuts) <= set(standing_now.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_to_whoever_a_standing_cut_means_and_two_people_end_it(settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ACCOUNT_RATE_LIMITS, settings.IDLE_MINUTES, settings.SESSIONS_AT_ONCE = False, 0, 0
    run(CuttingOff, settings=quick)


quick = settings(max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
