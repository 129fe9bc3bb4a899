"""Replies that leave by a mail provider's HTTP interface: anymail's Postmark backend against a server of our own."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from holdfast.notify.models import Delivery
from holdfast.people.models import Agent

from .conftest import answered, arrives, written

pytestmark = pytest.mark.django_db(transaction=True)
ACCEPTED = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "maren@example.com", "SubmittedAt": "now"}


@dataclass
class Provider:
    """A provider that keeps what it is given and answers as told; without a status it hangs up."""

    status: int | None = 200
    got: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[Provider]:
    provider = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            provider.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            if provider.status is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = json.dumps(ACCEPTED if provider.status == 200 else {"ErrorCode": 1, "Message": "no"}).encode()
            self.send_response(provider.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "synthetic",
        "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
    }
    yield provider
    server.shutdown()
    server.server_close()


def test_a_reply_leaves_by_the_provider_with_its_thread_and_the_providers_own_id(
    agent: Agent, provider: Provider, tmp_path: Path
) -> None:
    delivery = answered(arrives(written("Where is my salary?"), tmp_path), agent)
    (mail,) = provider.got
    assert delivery.state == Delivery.State.SENT
    assert delivery.provider_id == "b7bc2f4a"
    assert mail["To"] == "maren@example.com"
    assert "It shows by 18:00." in mail["TextBody"]
    headers = {each["Name"]: each["Value"] for each in mail["Headers"]}
    assert headers["Message-ID"] == f"<{delivery.header_id}>"
    assert headers["In-Reply-To"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (422, Delivery.State.FAILED),  # the provider says no
        (401, Delivery.State.FAILED),
        (429, Delivery.State.PENDING),  # later
        (503, Delivery.State.PENDING),
        (500, Delivery.State.UNKNOWN),  # it fell over with the mail in its hands
        (None, Delivery.State.UNKNOWN),  # it hung up with the mail in its hands
    ],
)
def test_what_the_provider_answers_decides_whether_a_reply_failed_waits_or_is_not_known(
    agent: Agent, provider: Provider, tmp_path: Path, status: int | None, state: str
) -> None:
    provider.status = status
    delivery = answered(arrives(written("Where is my salary?"), tmp_path), agent)
    assert delivery.state == state
    assert delivery.error
    assert "maren" not in delivery.error
    assert len(provider.got) == 1


def test_a_provider_that_cannot_be_reached_is_tried_again_later(
    agent: Agent, provider: Provider, tmp_path: Path, settings: LazySettings
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        settings.ANYMAIL = settings.ANYMAIL | {"POSTMARK_API_URL": f"http://127.0.0.1:{taken.getsockname()[1]}/"}
        delivery = answered(arrives(written("Where is my salary?"), tmp_path), agent)
    assert delivery.state == Delivery.State.PENDING
    assert provider.got == []
