"""A webhook of its own begins when its server has proved that it knows the secret, and not before."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.test import Client
from tests.incidents.conftest import House

from holdfast.incidents.status import announcing, hooking, subscribing
from holdfast.incidents.status.models import Announcement, Subscriber
from holdfast.kit.clock import now
from holdfast.notify.campaigns.carriers.http import signature, webhook_body
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.campaigns.models import Recipient
from holdfast.notify.challenges import response

pytestmark = pytest.mark.usefixtures("unchecked")


@dataclass
class Server:
    """Somebody's server, and what it makes of a challenge."""

    url: str = ""
    answers: Callable[[str], object] = lambda challenge: {"challenge": challenge}
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server(settings: LazySettings) -> Iterator[Server]:
    there = Server()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            there.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            said = json.dumps(there.answers(json.loads(body).get("challenge", ""))).encode()
            self.send_response(there.status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None: ...

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    settings.WEBHOOKS_INSIDE = True
    there.url = f"http://127.0.0.1:{listening.server_port}/status"
    yield there
    listening.shutdown()
    listening.server_close()


@pytest.fixture
def reader(house: House, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser without cookies, whose jobs run at once."""
    from holdfast.incidents.status import subscribe_views

    class AtOnce:
        def defer(self, subscriber: str) -> None:
            hooking.prove(UUID(subscriber))

    monkeypatch.setattr(subscribe_views, "prove", AtOnce())
    return Client(enforce_csrf_checks=True)


def ask(reader: Client, url: str, **given: object) -> tuple[str, str]:
    """Enter a webhook; return the address of its page and the secret."""
    page = reader.post("/status/subscribe/", {"by": "webhook", "webhook": url, **given}).content.decode()
    where, secret = re.search(r'action="(/status/hook/[^"]+)"', page), re.search(r"<code>([\w-]{43})</code>", page)
    assert where is not None
    assert secret is not None
    return where[1], secret[1]


def knows(secret: str) -> Callable[[str], object]:
    return lambda challenge: {"response": response(secret=secret, challenge=challenge)}


def test_a_server_that_answers_with_the_secret_is_subscribed_and_the_secret_is_shown_once(
    reader: Client, server: Server, house: House
) -> None:
    page, secret = ask(reader, server.url, component=[str(house.cards.id)])
    assert not server.got, "nothing is posted before somebody says so"
    assert secret not in reader.get(page).content.decode()
    server.answers = knows(secret)
    assert reader.post(page).status_code == 302
    [(head, body)] = server.got
    stamp = int(head["x-holdfast-timestamp"])
    assert head["x-holdfast-signature"] == signature(secret=secret, timestamp=stamp, body=body)
    row = Subscriber.objects.get()
    assert row.confirmed_at is not None
    assert row.components == [str(house.cards.id)]
    assert "on the list" in reader.get(page).content.decode()
    reader.post(page)
    assert len(server.got) == 1, "what is proved is not asked again"


@pytest.mark.parametrize(
    ("answers", "status", "says"),
    [
        (lambda challenge: {"challenge": challenge}, 200, "not with the proof"),
        (knows("another"), 200, "not with the proof"),
        (lambda _: ["x" * 10_000], 200, "not with the proof"),
        (lambda challenge: {"challenge": challenge}, 500, "did not answer with 200"),
        (lambda challenge: {"challenge": challenge}, 302, "did not answer with 200"),
    ],
)
def test_a_server_that_merely_repeats_what_it_gets_proves_nothing(
    reader: Client, server: Server, answers: Callable[[str], object], status: int, says: str
) -> None:
    page, secret = ask(reader, server.url)
    server.answers, server.status = answers, status
    reader.post(page)
    assert says in reader.get(page).content.decode()
    assert Subscriber.objects.get().confirmed_at is None
    server.answers, server.status = knows(secret), 200
    reader.post(page)
    assert Subscriber.objects.get().confirmed_at is not None, "and may try again"


def test_a_stranger_who_enters_the_same_address_changes_nothing_until_they_have_the_server(
    reader: Client, server: Server
) -> None:
    page, secret = ask(reader, server.url)
    server.answers = knows(secret)
    reader.post(page)
    theirs, _ = ask(reader, server.url)
    reader.post(theirs)
    mine = Subscriber.objects.get(confirmed_at__isnull=False, ended_at=None)
    assert str(mine.pk.hex) in page
    newer, other = ask(reader, server.url)
    server.answers = knows(other)
    reader.post(newer)
    standing = Subscriber.objects.filter(confirmed_at__isnull=False, ended_at=None)
    assert [str(each.pk.hex) in newer for each in standing] == [True], "who has the new secret took the old one's place"


def test_it_is_asked_so_often_and_no_more(reader: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooking, "TRIES", 2)
    page, _ = ask(reader, server.url)
    assert [reader.post(page).status_code for _ in range(3)] == [302, 302, 410]
    assert len(server.got) == 2
    assert reader.get("/status/hook/made-up/").status_code == 410


@pytest.mark.parametrize("url", ["http://hooks.example/x", "https://127.0.0.1/x", "ftp://a.example", ""])
def test_an_address_inside_or_without_https_is_refused(reader: Client, url: str) -> None:
    assert reader.post("/status/subscribe/", {"by": "webhook", "webhook": url}).status_code == 422
    assert not Subscriber.objects.exists()


def test_updates_go_to_proved_webhooks_only_with_the_address_that_ends_them(
    house: House, server: Server, reader: Client
) -> None:
    page, secret = ask(reader, server.url)
    ask(reader, server.url + "/not-proved")
    server.answers = knows(secret)
    reader.post(page)
    row = Subscriber.objects.get(confirmed_at__isnull=False)
    house.publish(house.declare())
    announcing.announce_due()
    [told] = Recipient.objects.filter(campaign_id=Announcement.objects.get().campaign_id)
    assert (told.person_key, told.chunk.channel, told.segment) == (f"subscriber:{row.pk}", "webhook", "webhook")
    token = subscribing.unsubscribe_token(row.pk)
    letter = Letter(
        id=told.pk, attempts=0, address=server.url, subject="", body='{"page": {}}', locale="en",
        unsubscribe=f"https://help.example/status/unsubscribe/{token}/",
    )  # fmt: skip
    assert json.loads(webhook_body(letter))["meta"] == {"unsubscribe": letter.unsubscribe}
    assert reader.post(f"/status/unsubscribe/{token}/").status_code == 200
    assert Subscriber.objects.get(pk=row.pk).ended_at is not None
    assert subscribing.forget_unconfirmed(now()) == 1
