"""How people get in, and how they are kept out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from tests.granted import granted

from holdfast.guard.models import Grant
from holdfast.kit.ids import uuid7
from holdfast.people import accounts, cutting_off
from holdfast.people.cut_off_targets import Target
from holdfast.people.cutting_off import Kind, Scope
from holdfast.people.models import Agent, Role

PASSWORD = "tern gannet petrel fulmar"
BASE = "http://testserver"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def own_address(settings: Any) -> None:
    settings.PUBLIC_URL = BASE
    settings.STEP_UP_MINUTES = 0  # here people are simply there; tests/people/test_step_up.py has them prove it


@pytest.fixture
def admin(db: None) -> Agent:
    return accounts.create_agent(email="ada@desk.example", name="Ada Moor", password=PASSWORD, role=Role.ADMIN)


@pytest.fixture
def agent(db: None) -> Agent:
    return accounts.create_agent(email="ben@desk.example", name="Ben Okafor", password=PASSWORD)


def _sign_in(client: Client, email: str, password: str = PASSWORD, **extra: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def _is_in(client: Client) -> bool:
    return client.get("/accounts/2fa/").status_code == 200


def _path(link: str | None) -> str:
    assert link is not None
    assert link.startswith(f"{BASE}/welcome/")
    return link.removeprefix(BASE)


# The first admin


@pytest.mark.django_db
def test_the_first_admin_comes_in_by_a_link_that_works_once(client: Client) -> None:
    path = _path(accounts.first_admin_link(BASE + "/"))
    other = _path(accounts.first_admin_link(BASE))
    assert client.get(path).status_code == 200
    answer = client.post(path, {"name": "Ada", "email": "Ada@Desk.example", "password": PASSWORD})
    assert (answer.status_code, answer.url) == (302, "/accounts/2fa/")
    assert b"passkey" in client.get("/accounts/2fa/").content
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200, "no second password prompt right away"
    made = Agent.objects.get()
    assert (made.email, made.role) == ("ada@desk.example", Role.ADMIN)
    for void in (path, other):
        assert Client().get(void).status_code == 410
        assert Client().post(void, {"name": "E", "email": "e@x.example", "password": PASSWORD}).status_code == 410
    assert accounts.first_admin_link(BASE) is None


@pytest.mark.django_db
def test_the_link_lasts_a_day_and_no_other_text_is_a_link(client: Client) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        path = _path(accounts.first_admin_link(BASE))
        assert client.get(path[:-2] + ("A/" if path[-2] != "A" else "B/")).status_code == 410
        assert client.get("/welcome/not-a-token/").status_code == 410
        clock.shift(24 * 3600)
        assert client.get(path).status_code == 200
        clock.shift(2)
        assert client.get(path).status_code == 410


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "adaadaada@desk.example"])
def test_a_weak_password_is_refused_in_words(client: Client, password: str) -> None:
    path = _path(accounts.first_admin_link(BASE))
    answer = client.post(path, {"name": "Ada", "email": "adaadaada@desk.example", "password": password})
    assert answer.status_code == 422
    assert b'class="wrong"' in answer.content
    assert not Agent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_the_first_link_at_once_one_becomes_admin() -> None:
    token = _path(accounts.first_admin_link(BASE)).split("/")[2]
    start = threading.Barrier(4)

    def try_it(number: int) -> bool:
        start.wait()
        try:
            accounts.accept_link(token, email=f"a{number}@x.example", name="A", password=PASSWORD)
        except accounts.Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(4))) == 1
    assert Agent.objects.count() == 1


# Invitations and the team page


def test_an_invited_agent_chooses_a_password_once(client: Client, admin: Agent) -> None:
    client.force_login(admin)
    page = client.post(
        reverse("people:invitations"), {"name": "Cy Reyes", "email": "cy@desk.example", "role": "lead", "team": ""}
    )
    assert page.status_code == 201
    path = _path(page.context["link"])
    assert page.context["link"] in page.content.decode()
    assert page.context["link"] not in client.get(reverse("people:team")).content.decode(), "shown once"
    guest = Client()
    assert guest.post(path, {"name": "Cy R", "email": "evil@x.example", "password": PASSWORD}).status_code == 302
    invited = Agent.objects.get(name="Cy R")
    assert (invited.email, invited.role) == ("cy@desk.example", Role.LEAD)
    assert _is_in(guest)
    assert Client().get(path).status_code == 410


def test_a_new_link_voids_the_last_and_all_age(client: Client, admin: Agent) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        invited = accounts.create_agent(email="cy@desk.example", name="Cy")
        first = _path(accounts.invitation_link(BASE, invited))
        second = _path(accounts.invitation_link(BASE, invited))
        assert client.get(first).status_code == 410
        assert client.get(second).status_code == 200
        clock.shift(7 * 86400 + 1)
        assert client.get(second).status_code == 410


def test_nobody_gets_a_link_into_an_account_in_use(client: Client, admin: Agent, agent: Agent) -> None:
    client.force_login(admin)
    answer = client.post(reverse("people:link", args=[agent.pk]))
    assert answer.status_code == 409
    assert answer.context["link"] == ""
    assert Client().login(email=agent.email, password=PASSWORD)


def test_a_deactivated_invitation_is_void(client: Client, admin: Agent) -> None:
    invited = accounts.create_agent(email="cy@desk.example", name="Cy")
    path = _path(accounts.invitation_link(BASE, invited))
    accounts.deactivate(agent_id=invited.pk, by=admin.pk)
    assert client.get(path).status_code == 410


def test_one_address_is_one_agent(client: Client, admin: Agent, agent: Agent) -> None:
    client.force_login(admin)
    answer = client.post(
        reverse("people:invitations"), {"name": "B", "email": "BEN@desk.example", "role": "agent", "team": ""}
    )
    assert answer.status_code == 422
    assert Agent.objects.count() == 2


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD, Role.SECURITY])
def test_only_admins_reach_the_team_page(client: Client, agent: Agent, role: Role) -> None:
    agent.role = role
    agent.save()
    client.force_login(agent)
    assert client.get(reverse("people:team")).status_code == 403
    for name in ("link", "standing", "reactivation", "team-name", "team-removal"):
        answer = client.post(reverse(f"people:{name}", args=[agent.pk]), {"role": "admin"})
        assert answer.status_code == 403
    for name in ("invitations", "teams"):
        assert client.post(reverse(f"people:{name}"), {"name": "x", "vendor": "y"}).status_code == 403
    agent.refresh_from_db()
    assert (agent.role, agent.is_active) == (role, True)


def test_deactivation_ends_everything_at_once(client: Client, admin: Agent, agent: Agent) -> None:
    theirs = Client()
    theirs.force_login(agent)
    assert _is_in(theirs)
    granted(agent_id=agent.pk, conversation_id=uuid7(), customer_id=uuid7())
    client.force_login(admin)
    client.post(reverse("settings:leaving", args=[agent.pk]))
    assert not _is_in(theirs)
    assert not Grant.objects.filter(closed_at=None).exists()
    _sign_in(theirs, agent.email)
    assert not _is_in(theirs)
    client.post(reverse("people:reactivation", args=[agent.pk]))
    assert not _is_in(theirs), "an old session does not come back to life"
    _sign_in(theirs, agent.email)
    assert _is_in(theirs)


def test_being_inactive_alone_ends_a_session(agent: Agent) -> None:
    theirs = Client()
    theirs.force_login(agent)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    assert not _is_in(theirs)


def test_the_last_admin_stays(client: Client, admin: Agent, agent: Agent) -> None:
    client.force_login(admin)
    client.post(reverse("settings:leaving", args=[admin.pk]))
    client.post(reverse("people:standing", args=[admin.pk]), {"role": "agent"})
    admin.refresh_from_db()
    assert (admin.is_active, admin.role) == (True, Role.ADMIN)
    client.post(reverse("people:standing", args=[agent.pk]), {"role": "admin"})
    client.post(reverse("people:standing", args=[admin.pk]), {"role": "agent"})
    assert client.get(reverse("people:team")).status_code == 403, "a role changes from the next request on"


def test_an_admin_who_is_cut_off_keeps_no_accounts_so_the_last_who_can_stays(admin: Agent, agent: Agent) -> None:
    other = accounts.create_agent(email="abe@desk.example", name="Abe", role=Role.ADMIN)
    security = accounts.create_agent(email="sig@desk.example", name="Sig", role=Role.SECURITY)
    cutting_off.begin(target=Target(Scope.AGENT, other.pk), kind=Kind.MASKED, why="A test", by=security.pk)
    for leaves in (
        lambda: accounts.deactivate(agent_id=admin.pk, by=security.pk),
        lambda: accounts.change_role(agent_id=admin.pk, role=Role.AGENT, by=admin.pk),
    ):
        with pytest.raises(accounts.Refused, match="only admin who is let in"):
            leaves()
    last = {"target": Target(Scope.AGENT, admin.pk), "kind": Kind.OUT, "why": "A test"}
    with pytest.raises(cutting_off.Refused, match="Nobody would be left who keeps accounts"):
        cutting_off.begin(**last, by=security.pk)
    accounts.change_role(agent_id=agent.pk, role=Role.ADMIN, by=admin.pk)
    cutting_off.begin(**last, by=security.pk)
    accounts.deactivate(agent_id=security.pk, by=agent.pk)
    with pytest.raises(cutting_off.Refused, match="Nobody would be left to let them back in"):
        cutting_off.begin(target=Target(Scope.AGENT, agent.pk), kind=Kind.OUT, why="A test", by=None)
    assert accounts.first_admin_link(BASE) is None, "a first admin's link of before opens nothing"


# Signing in


def test_the_oldest_session_ends_when_one_more_begins_than_somebody_may_have(agent: Agent, settings: Any) -> None:
    settings.SESSIONS_AT_ONCE = 3
    browsers = []
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        for _ in range(4):
            browsers.append(Client())
            _sign_in(browsers[-1], agent.email)
            clock.shift(60)
        assert [_is_in(each) for each in browsers] == [False, True, True, True]
        assert b"with 3 browsers" in browsers[3].get("/welcome/sessions/").content
        settings.SESSIONS_AT_ONCE = 0
        browsers.append(Client())
        _sign_in(browsers[-1], agent.email)
        assert [_is_in(each) for each in browsers[1:]] == [True] * 4


def test_signing_in_makes_a_new_session_and_signing_out_kills_it(client: Client, agent: Agent) -> None:
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[django_settings.SESSION_COOKIE_NAME] = planted
    _sign_in(client, agent.email)
    key = client.session.session_key
    assert _is_in(client)
    assert key != planted
    assert not Session.objects.filter(pk=planted).exists()
    assert client.get("/accounts/logout/").status_code == 200
    assert _is_in(client), "a link cannot sign anybody out"
    client.post("/accounts/logout/")
    client.cookies[django_settings.SESSION_COOKIE_NAME] = key
    assert not _is_in(client)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_signing_in_leads_nowhere_else(client: Client, agent: Agent, target: str) -> None:
    answer = client.post(LOGIN, {"login": agent.email, "password": PASSWORD, "next": target})
    assert (answer.status_code, answer.url) == (302, "/desk/")


def test_nobody_signs_up(client: Client, db: None) -> None:
    answer = client.post("/accounts/signup/", {"email": "eve@x.example", "password1": PASSWORD, "password2": PASSWORD})
    assert not Agent.objects.exists()
    assert b"<form" not in answer.content or answer.status_code in {302, 403}


def test_an_unknown_address_looks_like_a_wrong_password(agent: Agent) -> None:
    known = _sign_in(Client(), agent.email, "wrong")
    unknown = _sign_in(Client(), "nobody@desk.example", "wrong")
    strip = [
        page.content.decode().replace(agent.email, "X").replace("nobody@desk.example", "X") for page in (known, unknown)
    ]
    shown = [text.split("<form", 1)[1].split("csrfmiddlewaretoken")[1][100:] for text in strip]
    assert known.status_code == unknown.status_code
    assert shown[0] == shown[1]


def test_a_forgotten_password_tells_nobody_who_works_here(agent: Agent) -> None:
    answers = [Client().post("/accounts/password/reset/", {"email": who}) for who in (agent.email, "no@x.example")]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, "/accounts/password/reset/done/")}
    assert [message.to for message in mail.outbox] == [[agent.email]]


def test_an_inactive_agent_is_told_only_with_the_right_password(agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    wrong = _sign_in(Client(), agent.email, "wrong")
    right = _sign_in(Client(), agent.email)
    assert wrong.status_code == 200
    assert (right.status_code, right.url) == (302, "/accounts/inactive/")


def test_five_wrong_passwords_for_one_address_close_it_for_five_minutes(agent: Agent) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        for number in range(5):
            _sign_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), agent.email, "wrong")
        client = Client(REMOTE_ADDR="198.51.100.99")
        assert _sign_in(client, agent.email).status_code == 200, "also with the right password"
        assert not _is_in(client)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM holdfast_cache")
            assert cursor.fetchone()[0] > 0, "the count is in the database, where every process sees it"
        clock.shift(301)
        _sign_in(client, agent.email)
        assert _is_in(client)


def test_ten_wrong_passwords_a_minute_from_one_place_close_the_door_to_it(agent: Agent) -> None:
    for number in range(10):
        _sign_in(Client(REMOTE_ADDR="198.51.100.7"), f"u{number}@desk.example", "wrong")
    client = Client(REMOTE_ADDR="198.51.100.7")
    _sign_in(client, agent.email)
    assert not _is_in(client)
    elsewhere = Client(REMOTE_ADDR="198.51.100.8", headers={"x-forwarded-for": "198.51.100.7"})
    _sign_in(elsewhere, agent.email)
    assert _is_in(elsewhere), "a header anybody can send does not say where they are"


@pytest.mark.parametrize(
    "path", [LOGIN, "/accounts/logout/", "/welcome/team/invitations/", "/accounts/password/change/"]
)
def test_no_form_works_without_its_token(admin: Agent, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.post(path, {"login": admin.email, "password": PASSWORD}).status_code == 403


def test_changing_the_password_signs_other_sessions_out(agent: Agent) -> None:
    here, there = Client(), Client()
    _sign_in(here, agent.email)
    _sign_in(there, agent.email)
    fresh = "another gannet on the sill"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})
    assert _is_in(here)
    assert not _is_in(there)


# Second factors


def _code(secret: str, at: float | None = None) -> str:
    return format_hotp_value(hotp_value(secret, int((at or time.time()) // 30)))


def _with_totp(client: Client, agent: Agent) -> str:
    _sign_in(client, agent.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/")
    secret: str = page.context["form"].secret
    answer = client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})
    assert answer.status_code == 302
    return secret


def test_a_second_factor_is_asked_for_and_its_code_works_once(client: Client, agent: Agent) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        secret = _with_totp(client, agent)
        assert client.get("/accounts/2fa/recovery-codes/").status_code == 200
        clock.shift(60)
        first, second = Client(), Client()
        for one in (first, second):
            assert _sign_in(one, agent.email).url == "/accounts/2fa/authenticate/"
            assert not _is_in(one)
        first.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
        assert _is_in(first)
        second.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
        assert not _is_in(second), "the same code again is a replay"
        clock.shift(30)
        second.post("/accounts/2fa/authenticate/", {"code": _code(secret, time.time() - 60)})
        assert not _is_in(second), "an old code"
        second.post("/accounts/2fa/authenticate/", {"code": _code(secret)})
        assert _is_in(second)


def test_second_factors_are_sealed_in_the_database(client: Client, agent: Agent) -> None:
    secret = _with_totp(client, agent)
    kept = Authenticator.objects.filter(user=agent)
    assert kept.count() == 2
    assert all(secret not in str(row.data) for row in kept)
    assert str(kept.get(type="totp").data["secret"]).startswith("1.")
    codes = kept.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(code not in str(row.data) for code in codes for row in kept)


def test_a_recovery_code_works_once(client: Client, agent: Agent) -> None:
    _with_totp(client, agent)
    code = Authenticator.objects.get(user=agent, type="recovery_codes").wrap().get_unused_codes()[0]
    for expected in (True, False):
        one = Client()
        _sign_in(one, agent.email)
        one.post("/accounts/2fa/authenticate/", {"code": code})
        assert _is_in(one) is expected


def test_passkeys_can_be_added_and_used_to_sign_in(client: Client, agent: Agent) -> None:
    challenge = Client().get("/accounts/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"}).json()
    assert challenge["request_options"]["publicKey"]["challenge"]
    _sign_in(client, agent.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/webauthn/add/")
    assert page.status_code == 200
    assert b"publicKey" in page.content


def test_adding_a_passkey_asks_for_the_password_again(client: Client, agent: Agent) -> None:
    with time_machine.travel("2026-03-02 09:00:00+00:00", tick=False) as clock:
        _sign_in(client, agent.email)
        answer = client.get("/accounts/2fa/webauthn/add/")
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/accounts/reauthenticate/")
        assert client.post(answer.url, {"password": PASSWORD}).status_code == 302
        assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
        clock.shift(301)
        assert client.get("/accounts/2fa/webauthn/add/").status_code == 302


def test_an_agent_made_in_bulk_can_confirm_a_password_too(client: Client, db: None) -> None:
    bulk = Agent(email="dee@desk.example", name="Dee")
    bulk.set_password(PASSWORD)
    Agent.objects.bulk_create([bulk])
    _sign_in(client, "dee@desk.example")
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


# Cookies

_UNDER_HTTPS = """
import django; django.setup()
from django.test import Client
from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path
import types, sys
def page(request):
    request.session["x"] = 1
    get_token(request)
    return HttpResponse("ok")
urls = types.ModuleType("urls"); urls.urlpatterns = [path("", page)]; sys.modules["urls"] = urls
settings.ROOT_URLCONF = "urls"
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
answer = Client().get("/", secure=True, HTTP_HOST="help.example.com")
for cookie in answer.cookies.values(): print(cookie.OutputString())
print(answer.headers["Strict-Transport-Security"])
"""


def test_cookies_under_https_are_bound_to_the_host() -> None:
    environment = os.environ | {"HOLDFAST_PUBLIC_URL": "https://help.example.com"}
    ran = subprocess.run(
        [sys.executable, "-c", _UNDER_HTTPS], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    session, csrf, hsts = sorted(ran.stdout.strip().splitlines(), key=lambda line: "Host-csrf" in line or "max" in line)
    assert session.startswith("__Host-session=")
    assert csrf.startswith("__Host-csrf=")
    assert hsts == "max-age=31536000"
    for cookie in (session, csrf):
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
    assert "HttpOnly" in session


def test_cookies_in_the_open_are_still_out_of_scripts_reach(client: Client, agent: Agent) -> None:
    _sign_in(client, agent.email)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == "", "it ends with the browser"


@pytest.mark.parametrize(
    ("asked", "role", "led"),
    [
        ("nobody", Role.ADMIN, False),
        ("leads", Role.AGENT, False),
        ("leads", Role.LEAD, True),
        ("leads", Role.SECURITY, True),
        ("everybody", Role.AGENT, True),
    ],
)
def test_who_must_have_a_second_factor_makes_one_before_anything_opens(
    settings: Any, agent: Agent, client: Client, asked: str, role: Role, led: bool
) -> None:
    settings.SECOND_FACTOR = asked
    Agent.objects.filter(pk=agent.pk).update(role=role)
    _sign_in(client, agent.email)
    assert _is_in(client), "where a factor is made is open"
    for path in ("/desk/", "/help/", "/security/budget/"):
        answer = client.get(path)
        assert (answer.status_code == 302 and answer["Location"] == "/accounts/2fa/?needed=1") is led, path
    part = client.get("/desk/", headers={"HX-Request": "true"})
    assert (part.status_code == 403 and part["HX-Redirect"] == "/accounts/2fa/?needed=1") is led
    assert "nothing else opens without one" in client.get("/accounts/2fa/?needed=1").content.decode()
    Authenticator.objects.create(user=agent, type=Authenticator.Type.TOTP, data={"secret": "made up"})
    assert client.get("/security/budget/").status_code == 200
    assert "nothing else opens" not in client.get("/accounts/2fa/?needed=1").content.decode()


def test_one_sees_where_one_is_signed_in_and_ends_the_others_only(agent: Agent, admin: Agent) -> None:
    here, there, hers = Client(), Client(), Client()
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
    _sign_in(there, agent.email, headers={"User-Agent": windows})
    _sign_in(here, agent.email, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"})
    _sign_in(hers, admin.email)
    page = here.get("/welcome/sessions/").content.decode()
    assert page.index("Chrome on Linux") < page.index("This browser") < page.index("Firefox on Windows")
    ended = here.post("/welcome/sessions/", follow=True).content.decode()
    assert "One other session has ended." in ended
    assert "<h2>Firefox on Windows" not in ended
    assert (_is_in(here), _is_in(there), _is_in(hers)) == (True, False, True)


def test_where_one_is_signed_in_is_for_who_is_signed_in() -> None:
    assert Client().get("/welcome/sessions/").status_code == 302
