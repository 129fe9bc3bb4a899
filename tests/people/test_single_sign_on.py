"""Signing in at a real OpenID Connect provider, which is written here: discovery, authorize, token, keys, details."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from pydantic import ValidationError
from tests.intake.serving import WebProcess, database_url, web_process
from tests.people.identity_provider import SECRET, Provider

from holdfast.config.options import Options
from holdfast.people import accounts
from holdfast.people.models import Agent
from holdfast.runtime.postgres import EmbeddedPostgres

PASSWORD = "tern gannet petrel fulmar"


@pytest.fixture
def agents(transactional_db: None) -> list[Agent]:
    """Somebody with a password, somebody invited who has none, somebody who has left."""
    ana = accounts.create_agent(email="ana@desk.example", name="Ana Ruiz", password=PASSWORD)
    ben = accounts.create_agent(email="ben@desk.example", name="Ben Okafor")
    gone = accounts.create_agent(email="gone@desk.example", name="Gone Away")
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    return [ana, ben, gone]


@pytest.fixture
def web(agents: list[Agent], provider: Provider, tmp_path: Path) -> Iterator[WebProcess]:
    """A web process with single sign-on, on a database of its own: it has more tables than the other tests'."""
    name = f"single_sign_on_{os.getpid()}"
    known = connection.settings_dict
    with psycopg.connect(host=known["HOST"], user=known["USER"], dbname="postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            environment = {
                "DATABASE_URL": database_url().replace(f"/{known['NAME']}?", f"/{name}?"),
                "HOLDFAST_SECRET_KEY": settings.SECRET_KEY,
                "HOLDFAST_OIDC_ISSUER": provider.url,
                "HOLDFAST_OIDC_CLIENT_ID": "desk",
                "HOLDFAST_OIDC_CLIENT_SECRET": SECRET,
                "HOLDFAST_OIDC_NAME": "Tidewater",
                "HOLDFAST_OIDC_ACR": "silver, gold",
                "HOLDFAST_OIDC_AMR": "mfa, hwk",
            }
            _fill(environment)
            with web_process(tmp_path / "web", **environment) as running:
                yield running
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _fill(environment: dict[str, str]) -> None:
    tools, known = EmbeddedPostgres(data=settings.DATA_DIR).binaries.directory, connection.settings_dict
    source = [str(tools / "pg_dump"), "-h", known["HOST"], "-U", known["USER"], known["NAME"]]
    dump = subprocess.run(source, check=True, capture_output=True).stdout
    into = [str(tools / "psql"), "-q", "-v", "ON_ERROR_STOP=1", environment["DATABASE_URL"]]
    subprocess.run(into, check=True, input=dump, stdout=subprocess.DEVNULL)
    migrate = [sys.executable, "-m", "holdfast", "manage", "migrate", "-v0"]
    subprocess.run(migrate, check=True, env=os.environ | environment)


def sign_in(web: WebProcess, provider: Provider, **person: Any) -> httpx.Response:
    """Press the button as a new browser whose person the provider knows, and follow to the end."""
    provider.person = {"sub": uuid4().hex, "email_verified": True, "acr": "gold", "amr": ["pwd", "mfa"]} | person
    with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", follow_redirects=True, timeout=15) as browser:
        link = re.search(r'href="(/accounts/oidc/[^"]+)"[^>]*>.*?Continue with Tidewater', _login(browser), re.S)
        assert link is not None
        return browser.get(link[1].replace("&amp;", "&"))


def _login(browser: httpx.Client) -> str:
    return browser.get("/accounts/login/").text


def test_invited_agents_get_in_by_a_verified_address_and_nobody_else(web: WebProcess, provider: Provider) -> None:
    for address in ("ana@desk.example", "ben@desk.example", "Ana@Desk.Example"):
        assert sign_in(web, provider, email=address).url.path == "/desk/", address
    assert provider.asked == {}, "every code was used"

    strangers: list[dict[str, Any]] = [
        {"email": "eve@desk.example"},
        {"email": "ana@desk.example", "email_verified": False},
        {"email": "ana@desk.example", "email_verified": "false"},
        {"email": "ana@desk.example", "email_verified": None},
        {"name": "Ana Ruiz"},
    ]
    for person in strangers:
        refused = sign_in(web, provider, **person)
        assert (refused.status_code, "nobody has invited" in refused.text) == (403, True), person
    assert sign_in(web, provider, email="gone@desk.example").url.path == "/accounts/inactive/"

    weak: list[dict[str, Any]] = [{"acr": "bronze"}, {"acr": None}, {"amr": ["pwd"]}, {"amr": None}, {"amr": "mfa"}]
    for said in weak:
        refused = sign_in(web, provider, email="ana@desk.example", **said)
        assert (refused.status_code, "did not ask for enough" in refused.text) == (403, True), said
    assert provider.prompts == []
    with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", follow_redirects=True, timeout=15) as browser:
        browser.get("/accounts/oidc/company/login/?process=login&auth_params=prompt%3Dlogin")
    assert provider.prompts == ["login"], "so whoever has no password here proves it there, see people/step_up.py"

    provider.details = {"sub": "another", "email": "ana@desk.example", "email_verified": True}
    assert sign_in(web, provider, email="eve@desk.example").status_code == 403
    provider.details = None
    provider.token_for = "another desk"
    assert "did not work" in sign_in(web, provider, email="ana@desk.example").text
    provider.token_for = "desk"

    assert "eve@desk.example" not in web.log()
    with psycopg.connect(web.env["DATABASE_URL"]) as database:
        rows = database.execute("SELECT (SELECT count(*) FROM people_agent), count(*) FROM socialaccount_socialaccount")
        assert rows.fetchone() == (3, 0), "nobody was signed up, and no link is kept"


def test_who_signs_out_there_is_out_here_with_their_stream_and_who_signs_out_here_is_out_there(
    web: WebProcess, provider: Provider
) -> None:
    provider.person = {"sub": "ana", "sid": "one", "email": "ana@desk.example", "email_verified": True}
    provider.person |= {"acr": "gold", "amr": ["mfa"]}
    with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", follow_redirects=True, timeout=15) as browser:
        press = "/accounts/oidc/company/login/?process=login"
        desk = browser.get(press)
        stream = re.search(r'data-stream="([^"]+)"', desk.text)
        assert stream is not None
        with browser.stream("GET", stream[1].replace("&amp;", "&")) as live:
            lines = live.iter_lines()
            assert any(line == "event: ready" for line in lines)
            told = httpx.post(
                f"http://127.0.0.1:{web.port}/welcome/provider/signed-out/",
                data={"logout_token": provider.logout_token(sid="one")},
            )
            assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
            assert "event: resync" in list(lines), "and then the stream is over"
        assert browser.get("/desk/").url.path == "/accounts/login/"

        provider.person |= {"sid": "two"}
        assert browser.get(press).url.path == "/desk/"
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        page = browser.post("/accounts/logout/", data=form)
        assert (page.url.path, "signed out here" in page.text) == ("/welcome/signed-out/", True)
        there = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
        assert there is not None
        sent = urlsplit(browser.get(there[1].replace("&amp;", "&"), follow_redirects=False).headers["location"])
        back = browser.get(f"{sent.path}?{sent.query}")
        assert (back.url.path, "Here and at Tidewater" in back.text) == ("/welcome/signed-out/", True)
        assert browser.get("/desk/").url.path == "/accounts/login/"
    (query,) = provider.left
    hint = jwt.decode(query["id_token_hint"][0], provider.key.public_key(), ["RS256"], audience="desk")
    assert (hint["sid"], query["client_id"], query["realm"]) == ("two", ["desk"], ["staff"])
    assert query["id_token_hint"][0] not in web.log()


def test_a_provider_in_trouble_leaves_the_other_ways_in(web: WebProcess, provider: Provider) -> None:
    provider.broken = True
    failed = sign_in(web, provider, email="ana@desk.example")
    assert "did not work" in failed.text
    assert "/accounts/login/" in failed.text
    callback = "/accounts/oidc/company/login/callback/?code=stolen&state=made-up"
    assert httpx.get(f"http://127.0.0.1:{web.port}{callback}", follow_redirects=True).url.path != "/desk/"
    provider.configuration = lambda: None  # type: ignore[method-assign, assignment, return-value]
    away = sign_in(web, provider, email="ana@desk.example")
    assert (away.status_code, "did not work" in away.text) == (503, True)


def test_without_its_settings_there_is_none(client: Any, db: None) -> None:
    assert client.get("/accounts/oidc/company/login/").status_code == 404
    assert b"Continue with Tidewater" not in client.get("/accounts/login/").content


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"ISSUER": "https://login.example.com", "CLIENT_ID": "desk"}, "belong together"),
        ({"ISSUER": "http://login.example.com", "CLIENT_ID": "desk", "CLIENT_SECRET": "s"}, "https://"),
    ],
)
def test_settings_that_would_not_hold_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], fault: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"HOLDFAST_OIDC_{name}", value)
    with pytest.raises(ValidationError, match=fault):
        Options()
