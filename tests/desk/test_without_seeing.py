"""Comparing and calling: no value comes to the screen, each is in the log, and both need the case."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client

from holdfast.conversations.models import Conversation
from holdfast.guard.models import RevealLog
from holdfast.people.models import Agent, Identity

from .conftest import Desk, make_desk

SignIn = Callable[[Agent], Client]
PHONE = "+353 86 555 0190"


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return make_desk()


@pytest.fixture
def phone(case: Conversation) -> str:
    assert case.customer is not None
    made = Identity.objects.create(customer=case.customer, kind="phone", value=PHONE, index=b"p" * 16)
    return f"identity-{made.pk}"


class Dialler(HTTPServer):
    """Writes down what it is asked and answers as it is told."""

    answer = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialled)
        self.asked: list[dict[str, Any]] = []


class _Dialled(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # noqa: N802
        server = self.server
        assert isinstance(server, Dialler)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server.asked.append({**body, "key": self.headers["authorization"]})
        self.send_response(server.answer)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def dialler(settings: Any) -> Iterator[Dialler]:
    with Dialler() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.DIALLER_URL, settings.DIALLER_KEY = f"http://127.0.0.1:{server.server_port}/", "key"
        yield server
        server.shutdown()


def compare(client: Client, case: Conversation, said: str, field: str = "iban") -> Any:
    return client.post(f"/desk/c/{case.number}/compare/{field}/", {"said": said})


def outcomes() -> list[str]:
    return list(RevealLog.objects.order_by("id").values_list("outcome", flat=True))


def test_what_they_say_is_compared_and_nothing_shown(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    assert "3 of 3 tries" in client.get(f"/desk/c/{case.number}/compare/iban/").content.decode()
    wrong = compare(client, case, "1111").content.decode()
    assert "not the same" in wrong
    assert "2 of 3 tries" in wrong
    right = compare(client, case, "56 78").content.decode()
    assert "Yes, that is the same" in right
    assert "5678" not in right.replace("IBAN •• 5678", "")
    assert outcomes() == ["compared", "differs", "compared", "matched"]


def test_three_tries_and_no_more(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    client = sign_in(desk.ana)
    for said in ("1", "2", "3"):
        compare(client, case, said)
    fourth = compare(client, case, "5678")
    assert fourth.status_code == 403
    assert "No tries are left" in fourth.content.decode()


def test_a_postcode_is_compared_with_the_address(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    assert case.customer is not None
    case.customer.address = "3 Quay Street, D08 X2Y4 Dublin"
    case.customer.save()
    assert "Yes" in compare(sign_in(desk.ana), case, "d08x2y4", "address").content.decode()


def test_who_has_not_the_case_compares_nothing(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    refused = compare(sign_in(desk.lead), case, "5678")
    assert refused.status_code == 403
    assert outcomes() == ["no_grant"]


def test_nothing_typed_takes_no_try(desk: Desk, case: Conversation, sign_in: SignIn) -> None:
    assert compare(sign_in(desk.ana), case, " ").status_code == 422
    assert outcomes() == []


def test_the_dialler_gets_the_number_and_the_agent_does_not(
    desk: Desk, case: Conversation, phone: str, dialler: Dialler, sign_in: SignIn
) -> None:
    client, url = sign_in(desk.ana), f"/desk/c/{case.number}/call/{phone}/"
    assert url in client.get(f"/desk/c/{case.number}/").content.decode()
    answered = client.post(url).content.decode()
    assert "ringing" in answered
    assert "0190" not in answered
    entry = RevealLog.objects.get()
    assert dialler.asked == [
        {"to": PHONE, "agent": desk.ana.email, "case": case.number, "id": str(entry.pk), "key": "Bearer key"}
    ]
    assert (entry.outcome, entry.purpose, entry.reason[:6]) == ("allowed", "contact", "Called")


def test_a_dialler_that_fails_says_so(
    desk: Desk, case: Conversation, phone: str, dialler: Dialler, settings: Any, sign_in: SignIn
) -> None:
    client, url = sign_in(desk.ana), f"/desk/c/{case.number}/call/{phone}/"
    dialler.answer = 302
    assert "it answered 302" in client.post(url).content.decode(), "it is not followed elsewhere"
    settings.DIALLER_URL = "http://127.0.0.1:1/"
    gone = client.post(url)
    assert gone.status_code == 502
    assert "could not be reached" in gone.content.decode()


def test_nobody_is_called_without_the_case(
    desk: Desk, case: Conversation, phone: str, dialler: Dialler, sign_in: SignIn
) -> None:
    assert sign_in(desk.lead).post(f"/desk/c/{case.number}/call/{phone}/").status_code == 403
    assert dialler.asked == []
    assert outcomes() == ["no_grant"]


def test_without_a_dialler_nothing_can_be_called(desk: Desk, case: Conversation, phone: str, sign_in: SignIn) -> None:
    assert sign_in(desk.ana).get(f"/desk/c/{case.number}/call/{phone}/").status_code == 404
