"""By text message: a code proves the number, STOP ends it for good, and only what is worth a text is sent."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.test import Client
from tests.incidents.conftest import House

from holdfast.incidents.status import announcing, subscribing, texting
from holdfast.incidents.status.models import Announcement, Code, Subscriber
from holdfast.kit import clock
from holdfast.notify.campaigns import dry_running
from holdfast.notify.campaigns.models import Recipient

ADA = "+353 87 123 4567"
pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def sent(settings: LazySettings) -> Iterator[list[dict[str, str]]]:
    """What the gateway for text messages was given."""
    got: list[dict[str, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.SMS_URL = f"http://127.0.0.1:{server.server_port}/"
    settings.SMS_HOOKS_SECRET = "synthetic"
    yield got
    server.shutdown()
    server.server_close()


@pytest.fixture
def reader(house: House, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser without cookies, whose jobs run at once."""
    from holdfast.incidents.status import subscribe_views

    class AtOnce:
        def defer(self, subscriber: str) -> None:
            texting.send_code(UUID(subscriber))

    monkeypatch.setattr(subscribe_views, "send_code", AtOnce())
    return Client(enforce_csrf_checks=True)


def ask(reader: Client, number: str = ADA, where: str = "subscribe", **given: object) -> tuple[str, str]:
    """Ask by text message; return the ticket in the form for the code, and the page."""
    page = reader.post(f"/status/{where}/", {"by": "sms", "phone": number, **given}).content.decode()
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None, page
    return found[1], page


def code_in(message: dict[str, str]) -> str:
    found = re.search(r"\b(\d{6})\b", message["text"])
    assert found is not None
    return found[1]


def enter(reader: Client, ticket: str, code: str) -> int:
    return reader.post("/status/code/", {"ticket": ticket, "code": code}).status_code


def test_a_code_to_the_number_makes_a_subscriber_and_only_its_hash_is_kept(
    reader: Client, sent: list[dict[str, str]], house: House
) -> None:
    ticket, _ = ask(reader, component=[str(house.cards.id)], locale="pt-br")
    [message] = sent
    assert message["to"] == "+353871234567"
    assert "PARAR" in message["text"]
    row, code = Subscriber.objects.get(), code_in(message)
    assert (row.channel, row.confirmed_at, row.components) == ("sms", None, [str(house.cards.id)])
    assert "871234567" not in str(row.address)
    assert code.encode() not in bytes(Code.objects.get().digest)
    assert enter(reader, ticket, code) == 200
    assert Subscriber.objects.get().confirmed_at is not None
    assert enter(reader, ticket, code) == 422, "a code is good once"


def test_a_code_lasts_five_tries_and_ten_minutes_and_is_nobody_elses(
    reader: Client, sent: list[dict[str, str]]
) -> None:
    ticket, _ = ask(reader)
    other, _ = ask(reader, "+353 87 765 4321")
    first, second = map(code_in, sent)
    assert enter(reader, other, first) == 422 or first == second
    wrong = "000000" if first != "000000" else "000001"
    assert [enter(reader, ticket, wrong) for _ in range(texting.TRIES)] == [422] * texting.TRIES
    assert enter(reader, ticket, first) == 422, "tried too often"
    later = clock.now() + texting.LASTS + timedelta(seconds=1)
    clock.set_source(lambda: later)
    try:
        assert enter(reader, other, second) == 422, "too old"
    finally:
        clock.set_source(None)
    assert not Subscriber.objects.exclude(confirmed_at=None).exists()
    assert reader.post("/status/code/", {"ticket": "made-up", "code": first}).status_code == 422


def test_nobody_fills_a_telephone_or_runs_up_the_bill(
    reader: Client, sent: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(texting.CODES_AN_HOUR + 1):
        ask(reader)
    assert len(sent) == texting.CODES_AN_HOUR
    monkeypatch.setattr(texting, "ALL_AN_HOUR", texting.CODES_AN_HOUR)
    ask(reader, "+353 87 765 4321")
    assert len(sent) == texting.CODES_AN_HOUR, "all numbers together have a limit, too"


def test_the_answer_does_not_tell_which_number_is_known_and_a_code_opens_the_page_for_changing(
    reader: Client, sent: list[dict[str, str]], house: House
) -> None:
    ticket, first = ask(reader)
    enter(reader, ticket, code_in(sent[0]))

    def without(page: str) -> str:
        return re.sub(r'name="ticket" value="[^"]+"', "", page)

    again, known = ask(reader, where="manage")
    _, unknown = ask(reader, "+353 87 765 4321", where="manage")
    assert without(first) == without(known) == without(unknown)
    assert len(sent) == 2
    answer = reader.post("/status/code/", {"ticket": again, "code": code_in(sent[1])})
    assert answer.status_code == 302
    page = reader.get(answer["Location"]).content.decode()
    assert "Card payments" in page
    assert 'name="webhook"' not in page, "a webhook beside it is for those with a mail address"
    assert reader.post(answer["Location"], {"component": [str(house.app.id)]}).status_code == 200
    assert Subscriber.objects.get().components == [str(house.app.id)]


@pytest.mark.parametrize("wrong", ["", "087 123 4567", "+1", "+3538712345678901", "ada@people.example"])
def test_what_is_no_number_with_its_country_gets_a_sentence(
    reader: Client, sent: list[dict[str, str]], wrong: str
) -> None:
    answered = reader.post("/status/subscribe/", {"by": "sms", "phone": wrong})
    assert answered.status_code == 422
    assert "country’s code" in answered.content.decode()
    assert not sent
    assert not Subscriber.objects.exists()


def test_without_a_gateway_texts_are_not_offered_and_are_refused(
    reader: Client, house: House, settings: LazySettings
) -> None:
    settings.SMS_URL = ""
    assert 'value="sms"' not in reader.get("/status/manage/").content.decode()
    assert reader.post("/status/subscribe/", {"by": "sms", "phone": ADA}).status_code == 422


def stop(client: Client, text: str, key: str = "synthetic") -> tuple[int, dict[str, str]]:
    answer = client.post(
        "/hooks/sms/",
        {"from": "+353871234567", "text": text},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    return answer.status_code, answer.json()


def test_stop_ends_it_and_no_code_comes_until_start(reader: Client, sent: list[dict[str, str]]) -> None:
    ticket, _ = ask(reader)
    enter(reader, ticket, code_in(sent[0]))
    assert stop(reader, "STOP", key="another")[0] == 401
    assert stop(reader, "Please stop declining my card") == (200, {"heard": ""})
    assert Subscriber.objects.get().ended_at is None
    assert stop(reader, " Stop. ") == (200, {"heard": "stopped"})
    assert Subscriber.objects.get().ended_at is not None
    ask(reader)
    assert len(sent) == 1, "not even a code, whoever enters the number"
    assert stop(reader, "start") == (200, {"heard": "started"})
    ask(reader)
    assert len(sent) == 2


def subscribe(number: str = ADA, components: tuple[str, ...] = (), incident_id: UUID | None = None) -> UUID:
    asked = subscribing.ask(
        channel="sms", address=number, locale="en", components=components, incident_id=incident_id, network=""
    )
    Subscriber.objects.filter(pk=asked).update(confirmed_at=clock.now())
    return asked


def test_texts_tell_the_first_word_and_the_last_to_those_it_is_about(house: House, sent: list[dict[str, str]]) -> None:
    incident_id = house.declare()
    told = {subscribe(), subscribe("+353 87 000 0001", (str(house.cards.id),))}
    subscribe("+353 87 000 0002", (str(house.app.id),))
    told.add(subscribe("+353 87 000 0003", incident_id=incident_id))
    stopped = subscribe("+353 87 000 0004")
    announced = []
    for text, status in (("We are looking into it.", "investigating"), ("We know why.", "identified")):
        house.publish(incident_id, text, status=status)
        announcing.announce_due()
        announced.append(Announcement.objects.order_by("-at")[0].campaign_id)
    house.resolve(incident_id)
    announcing.announce_due()
    announced.append(Announcement.objects.order_by("-at")[0].campaign_id)
    first, between, last = announced
    assert between is None, "nobody had asked for it by mail"
    for campaign_id in (first, last):
        keys = set(Recipient.objects.filter(campaign_id=campaign_id).values_list("person_key", flat=True))
        assert keys == {f"subscriber:{each}" for each in {*told, stopped}}
    said = dry_running.dry_run(first).samples[0]
    assert said.channel == "sms"
    assert said.body.startswith("Tidewater: Looking into it - Card payments are declined.")
    assert said.body.endswith("STOP ends these texts.")
