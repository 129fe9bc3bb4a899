"""The browsers somebody signs in with: known by a cookie, new ones told, proven with a factor older than they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from holdfast.guard.whereabouts import rules
from holdfast.guard.whereabouts.rules import Wanted
from holdfast.people import accounts
from holdfast.people.models import Agent, Machine, Role, SignIn

PASSWORD = "tern gannet petrel fulmar"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db: None) -> Agent:
    return accounts.create_agent(email="ben@desk.example", name="Ben Okafor", password=PASSWORD)


@pytest.fixture
def clock(db: None) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as moved:
        yield moved


def sign_in(
    agent: Agent, client: Client | None = None, *, address: str = "203.0.113.7", password: str = PASSWORD
) -> Client:
    client = client or Client(headers={"User-Agent": FIREFOX})
    form = {"login": agent.email, "password": password}
    client.post("/accounts/login/", form, REMOTE_ADDR=address)
    return client


def against(client: Client, agent: Agent) -> str:
    return rules.why_not(agent_id=agent.pk, session_key=client.session.session_key or "")


def code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, next(iter(yield_hotp_counters_from_time())))))


def add_factor(agent: Agent) -> None:
    TOTP.activate(agent, SECRET)


def test_the_first_machine_is_ones_own_and_the_next_is_told_until_its_cookie_is_known(agent: Agent) -> None:
    first = sign_in(agent)
    cookie = first.cookies["machine"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert mail.outbox == []
    (row,) = SignIn.objects.all()
    assert (row.agent, row.succeeded, row.method, row.network, row.new) == (
        agent,
        True,
        "password",
        "203.0.113.0/24",
        "",
    )
    second = sign_in(agent)
    (told,) = mail.outbox
    assert told.to == [agent.email]
    assert "machine that was not used before: Firefox on Linux, about 203.0.113.0/24" in told.body
    assert cookie.value not in told.body
    second.post("/accounts/logout/")
    sign_in(agent, second)
    first.post("/accounts/logout/")
    sign_in(agent, first)
    assert len(mail.outbox) == 1, "both are known now"
    assert Machine.objects.count() == 2
    forged = Client(headers={"User-Agent": FIREFOX})
    forged.cookies["machine"] = f"{cookie.value[:-3]}abc"
    sign_in(agent, forged)
    assert Machine.objects.count() == 3, "a cookie that was altered is none"


def test_a_known_machine_in_a_new_network_is_told_once_and_mail_that_is_down_keeps_nobody_out(
    agent: Agent, settings: Any
) -> None:
    browser = sign_in(agent)
    for address, told in (("203.0.113.99", 0), ("198.51.100.7", 1), ("198.51.100.8", 1), ("203.0.113.7", 1)):
        browser.post("/accounts/logout/")
        sign_in(agent, browser, address=address)
        assert len(mail.outbox) == told, address
    assert "from a network that was not used before" in mail.outbox[0].body
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    other = sign_in(agent)
    assert other.get("/welcome/sessions/").status_code == 200
    assert SignIn.objects.filter(new="machine").count() == 1


def test_a_new_machine_opens_values_only_after_a_factor_that_is_older_than_it(
    agent: Agent, clock: time_machine.Coordinates
) -> None:
    rules.keep(Wanted(scope="everybody", target="", known_machine=True), by=1)
    first = sign_in(agent)
    assert against(first, agent) == ""
    clock.shift(3600)
    thief = sign_in(agent)  # has the password, and makes a factor with it
    assert against(thief, agent) == "new_machine"
    add_factor(agent)
    clock.shift(60)
    thief.post("/accounts/2fa/reauthenticate/", {"code": code()})
    page = thief.get("/welcome/machines/proof/")
    assert "no second factor that is older" in page.content.decode()
    assert against(thief, agent) == "new_machine"

    clock.shift(3600)
    later = Client(headers={"User-Agent": FIREFOX})
    stage = later.post("/accounts/login/", {"login": agent.email, "password": PASSWORD})
    assert stage.url.startswith("/accounts/2fa/authenticate/")
    clock.shift(60)
    later.post("/accounts/2fa/authenticate/", {"code": code()})
    assert against(later, agent) == "", "who signs in with the factor has proven it with that"
    assert SignIn.objects.order_by("-id")[0].method == "password+totp"


def test_a_machine_is_proven_once_by_the_factor_one_has_and_removing_it_signs_out_there(
    agent: Agent, clock: time_machine.Coordinates
) -> None:
    rules.keep(Wanted(scope="role", target=Role.AGENT, known_machine=True), by=1)
    first = sign_in(agent)
    add_factor(agent)
    clock.shift(3600)
    agent_machine = Machine.objects.get()
    new = Client(headers={"User-Agent": FIREFOX})
    new.force_login(agent)
    session = new.session
    other = Machine.objects.create(
        agent=agent,
        digest=b"x" * 32,
        name="Firefox on Linux",
        first_at=agent_machine.first_at,
        last_at=agent_machine.last_at,
    )
    Machine.objects.filter(pk=other.pk).update(
        first_at=Authenticator.objects.get(type="totp").created_at.replace(year=2027)
    )
    session["seat"] = {"address": "elsewhere", "machine": str(other.pk)}
    session.save()
    page = new.get("/welcome/machines/proof/").content.decode()
    assert "/accounts/2fa/reauthenticate/?next=/welcome/machines/proof/" in page
    assert against(new, agent) == "new_machine"
    done = new.post("/accounts/2fa/reauthenticate/?next=/welcome/machines/proof/", {"code": code()})
    assert done.url == "/welcome/machines/proof/"
    assert "known as yours" in new.get(done.url).content.decode()
    assert against(new, agent) == ""

    assert "Not proven" not in first.get("/welcome/sessions/").content.decode()
    mine = first.post(f"/welcome/machines/{agent_machine.pk}/removal/")
    assert mine.url.endswith("removed=this")
    assert first.post(f"/welcome/machines/{other.pk}/removal/").url.endswith("removed=out")
    assert new.get("/welcome/sessions/").status_code == 302, "signed out there"
    assert first.get("/welcome/sessions/").status_code == 200
    stranger = accounts.create_agent(email="eve@desk.example", name="Eve", password=PASSWORD)
    sign_in(stranger).post(f"/welcome/machines/{agent_machine.pk}/removal/")
    assert Machine.objects.get(pk=agent_machine.pk).removed_at is None


def test_an_address_that_changes_in_a_session_is_noted_once_and_staying_costs_no_query(
    agent: Agent, django_assert_num_queries: Any
) -> None:
    rules.keep(Wanted(scope="everybody", target="", networks=("203.0.113.0/24",)), by=1)
    browser = sign_in(agent)
    assert against(browser, agent) == ""
    browser.get("/welcome/here/", REMOTE_ADDR="192.0.2.4")
    assert against(browser, agent) == "elsewhere"
    with django_assert_num_queries(2):  # the session, and whose it is
        browser.get("/welcome/here/", REMOTE_ADDR="192.0.2.4")
    browser.get("/welcome/here/", REMOTE_ADDR="203.0.113.8")
    assert against(browser, agent) == ""
    direct = Client()
    direct.force_login(agent)  # a session from before this was kept
    direct.get("/welcome/here/", REMOTE_ADDR="203.0.113.8")
    assert against(direct, agent) == ""


def test_ones_own_sign_ins_are_listed_everybodys_for_admins_and_security_and_never_what_was_typed(agent: Agent) -> None:
    browser = sign_in(agent)
    sign_in(agent, password="a wrong password of ben")
    Client().post("/accounts/login/", {"login": "nobody@desk.example", "password": "something else typed"})
    own = browser.get("/welcome/sign-ins/").content.decode()
    assert "Did not get in" in own.split("<tbody>")[1]
    asked = browser.get("/welcome/sign-ins/?who=all").content.decode()
    assert "Nobody here" not in asked, "an agent sees their own whatever they ask"
    boss = accounts.create_agent(email="ann@desk.example", name="Ann", password=PASSWORD, role=Role.SECURITY)
    all_of_them = sign_in(boss).get("/welcome/sign-ins/?who=all").content.decode()
    assert ("Ben Okafor" in all_of_them, "Nobody here" in all_of_them) == (True, True)
    failed = sign_in(boss).get("/welcome/sign-ins/?who=all&kind=failed").content.decode()
    assert "New machine</" not in failed
    for text in (own, all_of_them, failed):
        for typed in ("a wrong password", "something else typed", "nobody@desk.example", PASSWORD):
            assert typed not in text
    SignIn.objects.bulk_create(
        SignIn(at=agent.created_at, agent=agent, succeeded=True, browser=f"Number {n:03}") for n in range(60)
    )
    newest = browser.get("/welcome/sign-ins/").content.decode()
    after = newest.split("after=")[1].split('"')[0]
    older = browser.get(f"/welcome/sign-ins/?after={after}").content.decode()
    assert ("Number 059" in newest, "Number 009" in newest, "Number 009" in older) == (True, False, True)
