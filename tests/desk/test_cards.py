"""A card is frozen from the case of whoever it belongs to, by who has the case: once, and written down."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx
import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.conversations.models import Conversation
from holdfast.kit.models import OutboxEvent
from holdfast.people.models import Agent

from .conftest import Desk, make_customer

pytestmark = pytest.mark.usefixtures("fresh_client")
SignIn = Callable[[Agent], Client]
CARD = {"id": "TW-100006-C1", "kind": "debit", "state": "active", "last4": "4471", "expires": "2030-01"}


@pytest.fixture
def case(desk: Desk, service: str, settings: LazySettings) -> Conversation:
    """Ana has the case of a customer whom the bank knows."""
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN = service, "for-tests"
    customer = make_customer(email="ayu@post.example", reference="TW-100006")
    conversation = desk.talk("I lost my card", customer=customer)
    assign(conversation_id=conversation.pk, to=desk.ana.pk, by=desk.ana.pk)
    conversation.refresh_from_db()
    return conversation


def state_of(service: str, card_id: str = CARD["id"]) -> str:
    headers = {"authorization": "Bearer for-tests"}
    return str(httpx.get(f"{service}/v1/cards/{card_id}", headers=headers, trust_env=False).json()["state"])


def press(client: Client, case: Conversation, act: str, *, key: object = None, card: str = CARD["id"]) -> HttpResponse:
    return client.post(f"/desk/c/{case.number}/cards/{card}/", {"act": act, "key": key or uuid4()})


def written(case: Conversation) -> list[str]:
    return list(case.messages.filter(details__kind="card").order_by("created_at").values_list("text", flat=True))


def test_who_has_the_case_freezes_and_unfreezes(desk: Desk, case: Conversation, sign_in: SignIn, service: str) -> None:
    client, path = sign_in(desk.ana), f"/desk/c/{case.number}/cards/{CARD['id']}/"
    last4 = client.get(f"/desk/c/{case.number}/facts/").context["facts"].cards[0].last4
    assert f"Freeze the card ending {last4}?" in client.get(path).content.decode().replace("\n", "")
    assert press(client, case, "freeze").status_code == 204
    assert state_of(service) == "frozen"
    page = client.get(f"/desk/c/{case.number}/facts/").content.decode()
    assert "Unfreeze" in page
    assert "Unfreeze the card" in client.get(path).content.decode()
    assert press(client, case, "unfreeze").status_code == 204
    assert state_of(service) == "active"
    assert written(case) == [f"Ana Test froze the card ending {last4}.", f"Ana Test unfroze the card ending {last4}."]
    assert OutboxEvent.objects.filter(topic="desk", payload__conversation=str(case.pk), payload__kind="note").exists()


def test_the_same_key_acts_once_and_is_written_down_once(
    desk: Desk, case: Conversation, sign_in: SignIn, service: str
) -> None:
    client, key = sign_in(desk.ana), uuid4()
    press(client, case, "freeze", key=key)
    press(client, case, "unfreeze")
    assert press(client, case, "freeze", key=key).status_code == 204, "a late repeat of the first press"
    assert state_of(service) == "active"
    assert len(written(case)) == 2
    assert press(client, case, "unfreeze", key=key).status_code == 422, "a key is for one thing"


@pytest.mark.parametrize(
    ("name", "status"), [("ben", 422), ("lead", 422), ("admin", 422), ("bob", 404), ("security", 404)]
)
def test_nobody_else_can_not_even_a_lead(
    desk: Desk, case: Conversation, sign_in: SignIn, service: str, name: str, status: int
) -> None:
    client = sign_in(getattr(desk, name))
    assert client.get(f"/desk/c/{case.number}/cards/{CARD['id']}/").status_code == status
    assert press(client, case, "freeze").status_code == status
    assert state_of(service) == "active"
    assert written(case) == []


def test_a_card_of_another_customer_is_not_found(desk: Desk, case: Conversation, sign_in: SignIn, service: str) -> None:
    assert press(sign_in(desk.ana), case, "freeze", card="TW-100007-C1").status_code == 404
    assert state_of(service, "TW-100007-C1") == "active"


def test_a_form_that_makes_no_sense_is_refused(desk: Desk, case: Conversation, sign_in: SignIn, service: str) -> None:
    client = sign_in(desk.ana)
    assert press(client, case, "sell").status_code == 422
    assert press(client, case, "freeze", key="once").status_code == 422
    assert state_of(service) == "active"


def test_while_the_bank_is_away_a_sentence_says_that_nothing_changed(
    desk: Desk, case: Conversation, sign_in: SignIn, settings: LazySettings
) -> None:
    settings.OPERATIONS_URL = "http://127.0.0.1:1"
    for answer in (
        sign_in(desk.ana).get(f"/desk/c/{case.number}/cards/{CARD['id']}/"),
        press(sign_in(desk.ana), case, "freeze"),
    ):
        assert answer.status_code == 503
        assert "nothing was changed" in answer.content.decode()
    assert written(case) == []


class _HangsUp(BaseHTTPRequestHandler):
    """A bank that tells its cards, and hangs up when one is to be frozen until it is told not to."""

    hangs_up = True
    keys: list[str] = []  # noqa: RUF012 - one server per test, emptied by the fixture

    def do_GET(self) -> None:  # noqa: N802 - the name http.server wants
        self._answer([CARD])

    def do_POST(self) -> None:  # noqa: N802
        self.keys.append(self.headers["idempotency-key"])
        if self.hangs_up:
            self.connection.close()
        else:
            self._answer(CARD | {"state": "frozen"})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hangs_up(settings: LazySettings) -> Iterator[type[_HangsUp]]:
    _HangsUp.hangs_up, _HangsUp.keys = True, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _HangsUp)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.OPERATIONS_URL = f"http://127.0.0.1:{server.server_port}"
    yield _HangsUp
    server.shutdown()
    server.server_close()


def test_when_no_answer_comes_that_is_said_and_written_and_the_same_key_is_tried_again(
    desk: Desk, case: Conversation, sign_in: SignIn, hangs_up: type[_HangsUp]
) -> None:
    client, key = sign_in(desk.ana), uuid4()
    for _ in range(2):
        answer = press(client, case, "freeze", key=key)
        assert answer.status_code == 422
        assert "may be frozen already, or not" in answer.content.decode()
        assert f'value="{key}"' in answer.content.decode(), "the form keeps its key"
    assert written(case) == ["Ana Test asked to freeze the card ending 4471. No answer came: look whether it happened."]
    hangs_up.hangs_up = False
    assert press(client, case, "freeze", key=key).status_code == 204
    assert set(hangs_up.keys) == {str(key)}
    assert written(case)[-1] == "Ana Test froze the card ending 4471."
