"""The real web process: its doors, its streams, its metrics and its own log, with a reveal as the positive control."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from tests.security import world as worlds
from tests.security.conftest import QUICK
from tests.security.world import World

from holdfast.conversations.messages import post_note
from holdfast.guard.models import RevealLog
from holdfast.intake import tokens


@dataclass
class Running:
    """A web process on the test's own database."""

    base: str
    log: Path
    world: World

    def client(self, role: str) -> httpx.Client:
        signed_in = Client()
        signed_in.force_login(self.world.agents[role])
        cookies = {name: morsel.value for name, morsel in signed_in.cookies.items()}
        return httpx.Client(base_url=self.base, cookies=cookies, timeout=20, headers={"hx-request": "true"})


@pytest.fixture
def running(transactional_db: None, settings: Any, tmp_path: Path, unused_port: int) -> Iterator[Running]:
    for name, value in QUICK.items():
        setattr(settings, name, value)
    world, log = worlds.build(), tmp_path / "web.log"
    base = f"http://127.0.0.1:{unused_port}"
    database = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
        "HOLDFAST_PORT": str(unused_port),
        "HOLDFAST_DATA": str(django_settings.DATA_DIR),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "holdfast", "web"], env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
        try:
            _wait_until_ready(base, process, log)
            yield Running(base, log, world)
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"The web process ended: {log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{base}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"Not ready within a minute: {log.read_text()[-3000:]}")


def _forms_token(client: httpx.Client, number: int) -> str:
    page = client.get(f"/desk/c/{number}/", headers={"hx-request": "false"}).text
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)|"x-csrftoken":\s*"([^"]+)|data-csrf="([^"]+)', page, re.I)
    return next(filter(None, found.groups())) if found else client.cookies.get("csrftoken", "")


def _reveal(running: Running, role: str, state: str) -> httpx.Response:
    number = running.world.conversations[state].number
    with running.client(role) as client:
        headers = {"x-csrftoken": _forms_token(client, number), "referer": running.base}
        return client.post(f"/desk/c/{number}/reveal/iban/", data={"purpose": "payment"}, headers=headers)


def test_a_value_leaves_by_a_reveal_and_by_nothing_else(running: Running) -> None:
    world, iban = running.world, running.world.planted[0].values["iban"]
    shown = _reveal(running, "own", "mine")
    assert (shown.status_code, iban in shown.text) == (200, True), shown.text[:500]
    assert "no-store" in shown.headers["cache-control"]
    assert [leak for leak in world.leaks("", shown.text) if "iban of customer 31" not in leak] == []
    for role, state in [
        ("lead", "mine"),
        ("own", "waiting"),
        ("other", "mine"),
        ("security", "mine"),
        ("own", "closed"),
    ]:
        refused = _reveal(running, role, state)
        assert refused.status_code in {302, 403, 404}, (role, state)
        assert world.leaks(f"{role} {state}", refused.text) == []
    mine = world.conversations["mine"].pk
    logged = list(RevealLog.objects.filter(conversation_id=mine, purpose="payment").order_by("at"))
    assert [(row.agent_id, row.outcome) for row in logged][-2:] == [
        (world.agents["own"].pk, "allowed"),
        (world.agents["lead"].pk, "no_grant"),
    ]

    leaks = _machine_doors(running) + _stream(running)
    assert leaks == []
    assert world.leaks("log of the process", running.log.read_text()) == []


def _machine_doors(running: Running) -> list[str]:
    world, planted = running.world, running.world.planted[1].values
    token = tokens.create(name="crawl", scopes=["contacts:write", "receipts:read", "metrics:read"])
    leaks: list[str] = []
    with httpx.Client(base_url=running.base, headers={"authorization": f"Bearer {token}"}, timeout=20) as client:
        good = {"channel": "web", "from": {"email": planted["email"], "phone": planted["phone"]}, "text": "Hello"}
        wrong: list[dict[str, Any]] = [
            good | {"nonsense": planted["iban"]},
            good | {"channel": planted["email"]},
            good | {"from": {"email": planted["email"] * 40}},
            good | {"at": planted["birth_date"]},
            good | {"from": planted["email"]},
        ]
        accepted = client.post("/v1/contacts", json=good)
        assert accepted.status_code == 202, accepted.text
        answers = [accepted, *(client.post("/v1/contacts", json=body) for body in wrong)]
        assert {answer.status_code for answer in answers[1:]} <= {400, 422}
        answers += [client.post("/v1/contacts", content=f'{{"from": "{planted["email"]}"')]
        receipts = [*world.receipts, accepted.json()["receipt"]]
        answers += [client.get(f"/v1/receipts/{receipt}") for receipt in receipts]
        answers += [client.get(path) for path in ("/metrics", "/readyz", "/healthz", "/v1/openapi.json", "/v1/x")]
        for answer in answers:
            leaks += world.leaks(f"{answer.request.method} {answer.url}", answer.text + str(answer.headers))
    with httpx.Client(base_url=running.base, timeout=20) as stranger:
        assert stranger.get(f"/v1/receipts/{world.receipts[0]}").status_code == 401
    return leaks


def _stream(running: Running) -> list[str]:
    world, case = running.world, running.world.conversations["mine"]
    with running.client("own") as client:
        page = client.get("/desk/", headers={"hx-request": "false"})
        found = re.search(r'data-stream="([^"]+)"', page.text)
        assert found, "the desk's page names its stream"
        heard = ""
        with client.stream("GET", found[1].replace("&amp;", "&"), timeout=20) as events:
            assert events.status_code == 200
            post_note(conversation_id=case.pk, by=world.agents["own"].pk, text="Called the shop.", client_key="n1")
            for line in events.iter_lines():
                heard += line + "\n"
                if "note" in line:
                    break
    assert str(case.pk) in heard
    assert httpx.get(f"{running.base}/events", params={"ticket": "made-up"}, timeout=10).status_code in {401, 403}
    return world.leaks("stream", heard)
