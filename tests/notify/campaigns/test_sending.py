"""Mails of a campaign through a real mail server that refuses, throttles, hangs up and is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.conf import LazySettings
from django.db import connection

from holdfast.kit import clock, database
from holdfast.notify.campaigns import campaigns, claiming, minding, pace, queries, settling
from holdfast.notify.campaigns.contract import Text
from holdfast.notify.campaigns.mails import header_id, thread_root
from holdfast.notify.campaigns.models import Campaign, Chunk, ProviderLimit, Recipient

from .conftest import Sink, Team, person, send, states

pytestmark = pytest.mark.django_db(transaction=True)
MakeSink = Callable[..., Sink]


def test_everybody_gets_it_once_and_the_campaign_is_done(team: Team, sink: MakeSink) -> None:
    server = sink()
    campaign = team.campaign(120)
    send()
    minding.tick()
    assert set(server.took().values()) == {1}
    assert len(server.took()) == 120
    assert queries.progress(campaign).sent == 120
    assert Campaign.objects.get(pk=campaign).state == "done"
    send()
    assert len(server.took()) == 120


def test_a_mail_names_its_list_its_thread_and_how_to_leave_it(team: Team, sink: MakeSink) -> None:
    server = sink()
    campaign = team.campaign(1, thread="incident-12", unsubscribe_url="https://status.example/u/{token}/")
    send()
    head = server.heads()["person0@people.example"]
    recipient = Recipient.objects.get(campaign_id=campaign)
    assert f"Message-ID: <{header_id(recipient.pk)}>" in head
    assert "List-Unsubscribe: <https://status.example/u/t0/>" in head
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert f"In-Reply-To: <{thread_root('incident-12')}>" in head
    assert f"References: <{thread_root('incident-12')}>" in head
    for line in ("Auto-Submitted: auto-generated", "List-Id: ", f"Feedback-ID: {campaign}:incident:"):
        assert line in head


def test_a_legal_notice_has_no_way_to_leave(team: Team, sink: MakeSink) -> None:
    server = sink()
    team.campaign(1, stream="legal", unsubscribe_url="https://status.example/u/{token}/")
    send()
    assert "List-Unsubscribe" not in server.heads()["person0@people.example"]


def test_words_of_every_script_arrive(team: Team, sink: MakeSink) -> None:
    server = sink()
    text = Text(subject="Pembayaran \u2013 ação para {name}", body="Olá {name},\n.\n..tudo bem? 你好\n")
    team.campaign([person(0, values={"name": "Zoë\r\nBcc: x@y.example"})], texts={("en", ""): text})
    send()
    head = server.heads()["person0@people.example"]
    assert "Subject: =?utf-8?" in head
    assert "\nBcc:" not in head
    assert "Content-Transfer-Encoding: base64" in head


def test_without_pipelining_everybody_gets_it_too(team: Team, sink: MakeSink) -> None:
    server = sink("--no-pipelining", "--refuse", "0.3")
    campaign = team.campaign(60)
    send()
    found = states(campaign)
    assert found["sent"] == len(server.took())
    assert found["failed"] == 60 - found["sent"] > 0


def test_who_is_refused_fails_and_the_others_go(team: Team, sink: MakeSink) -> None:
    server = sink("--refuse", "0.2")
    campaign = team.campaign(100)
    send()
    found = states(campaign)
    assert found["failed"] > 5
    assert found["sent"] == len(server.took()) == 100 - found["failed"]
    assert queries.reasons(campaign)[0].reason == "The mail server refused this address (550)."


def test_who_is_put_off_is_tried_again_later(team: Team, sink: MakeSink) -> None:
    server = sink("--later", "0.1")
    campaign = team.campaign(60)
    send()
    put_off = states(campaign)["pending"]
    assert put_off > 0
    Chunk.objects.update(not_before=None)
    send()
    assert states(campaign) == {"sent": 60}
    assert set(server.took().values()) == {1}
    assert Recipient.objects.filter(campaign_id=campaign, attempts=2).count() == put_off


def test_a_mail_server_that_throttles_is_left_alone_and_nobody_is_lost(team: Team, sink: MakeSink) -> None:
    server = sink("--throttle", "0.03")
    campaign = team.campaign(100)
    for _ in range(40):
        send()
        rested = ProviderLimit.objects.filter(name="email", refusals__gt=0).exists()
        Chunk.objects.update(not_before=None)
        ProviderLimit.objects.update(resting_until=None)
        if not states(campaign).get("pending"):
            break
    assert states(campaign) == {"sent": 100}
    assert set(server.took().values()) == {1}
    assert not rested  # the last mails went, so the next rest begins short again


def test_a_connection_that_breaks_leaves_one_mail_unknown_and_the_others_go(team: Team, sink: MakeSink) -> None:
    server = sink("--drop", "0.05")
    campaign = team.campaign(200)
    send(patience=10)
    found = states(campaign)
    assert 0 < found["unknown"] < 40
    assert found["sent"] + found["unknown"] == 200
    assert set(server.took().values()) == {1}
    took = server.took()
    unknown = Recipient.objects.filter(campaign_id=campaign, state="unknown").values_list("person_key", flat=True)
    arrived = sum(f"person{key.partition(':')[2]}@people.example" in took for key in unknown)
    assert found["sent"] == len(took) - arrived


def test_the_unknown_are_sent_again_only_by_a_person_and_under_the_same_id(team: Team, sink: MakeSink) -> None:
    server = sink("--drop", "0.1")
    campaign = team.campaign(60)
    send(patience=10)
    minding.tick()
    unknown = states(campaign)["unknown"]
    send(patience=10)
    assert states(campaign)["unknown"] == unknown
    with pytest.raises(Exception, match="number changed"):
        settling.send_again(campaign_id=campaign, by=team.writer.pk, seen=unknown + 1)
    assert settling.send_again(campaign_id=campaign, by=team.writer.pk, seen=unknown) == unknown
    send(patience=10)
    assert states(campaign) == {"sent": 60}
    ids = [line.split("\t")[1] for line in server.record.read_text().splitlines()]
    assert len(set(ids)) == 60
    assert queries.repeats(campaign)[0].number == unknown


def test_a_mail_server_that_is_away_costs_nobody_anything(team: Team, sink: MakeSink) -> None:
    server = sink()
    server.kill()
    campaign = team.campaign(10)
    send()
    assert states(campaign) == {"pending": 10}
    assert set(Recipient.objects.filter(campaign_id=campaign).values_list("attempts", flat=True)) == {0}
    assert queries.progress(campaign).resting_until is not None or ProviderLimit.objects.get().refusals


def _process(settings: LazySettings) -> subprocess.Popen[bytes]:
    given = connection.settings_dict
    address = f"postgresql://{quote(given['USER'])}@/{quote(given['NAME'])}?{urlencode({'host': given['HOST']})}"
    environment = os.environ | {
        "DATABASE_URL": address,
        "HOLDFAST_EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
        "HOLDFAST_CAMPAIGN_CONNECTIONS": "2",
    }
    return subprocess.Popen([sys.executable, "-m", "holdfast", "sender"], env=environment)


def _until(happened: Callable[[], bool], *, seconds: float = 120.0) -> None:
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)


@pytest.mark.parametrize("killed", ["sender", "mail server"])
def test_killed_midway_nobody_is_written_to_twice_and_nobody_is_lost(
    team: Team, sink: MakeSink, settings: LazySettings, killed: str
) -> None:
    server = sink()
    campaign = team.campaign(4_000)
    process = _process(settings)
    try:
        _until(lambda: len(server.took()) > 800)
        if killed == "sender":
            process.kill()
            process.wait()
            Chunk.objects.filter(lease__isnull=False).update(leased_until=clock.now() - timedelta(seconds=1))
            minding.tick()
            process = _process(settings)
        else:
            server.kill()
            server.start()
        _until(lambda: (minding.tick(), Campaign.objects.get(pk=campaign).state == "done")[1])
    finally:
        process.kill()
        process.wait()
    found, took = states(campaign), server.took()
    assert set(took.values()) == {1}
    assert found["sent"] + found.get("unknown", 0) == 4_000
    assert found.get("unknown", 0) <= 100  # two connections, a window each
    sent = Recipient.objects.filter(campaign_id=campaign, state="sent").values_list("person_key", flat=True)
    assert all(f"person{key.partition(':')[2]}@people.example" in took for key in sent)


@pytest.fixture
def minded(settings: LazySettings) -> Iterator[None]:
    """The worker's part, which has a sender run while there is something to send."""
    stop = threading.Event()
    part = threading.Thread(target=minding.run, args=(stop,), kwargs={"spawn": lambda: _process(settings)})
    part.start()
    yield
    stop.set()
    part.join(20)


def test_pausing_stops_within_two_seconds_and_going_on_misses_nobody(
    team: Team, sink: MakeSink, request: pytest.FixtureRequest
) -> None:
    server = sink()
    request.getfixturevalue("minded")  # after the mail server: its sender is told the port
    campaign = team.campaign(600, rates={"email": 150.0})
    _until(lambda: len(server.took()) > 20)
    campaigns.pause(campaign_id=campaign, by=team.writer.pk)
    time.sleep(2.0)
    held = len(server.took())
    time.sleep(1.0)
    assert len(server.took()) == held < 600
    campaigns.set_rates(campaign_id=campaign, rates={})
    campaigns.resume(campaign_id=campaign, by=team.writer.pk)
    _until(lambda: Campaign.objects.get(pk=campaign).state == "done")
    assert states(campaign) == {"sent": 600}
    assert set(server.took().values()) == {1}


def test_an_approval_that_runs_out_pauses_and_says_so(team: Team, sink: MakeSink) -> None:
    sink()
    campaign = team.campaign(5)
    Campaign.objects.filter(pk=campaign).update(approval_ends=clock.now() - timedelta(seconds=1))
    send()
    assert states(campaign) == {"pending": 5}
    minding.tick()
    assert queries.campaign(campaign).state == "paused"
    assert "approval ran out" in queries.campaign(campaign).why
    with pytest.raises(Exception, match="run out"):
        campaigns.resume(campaign_id=campaign, by=team.writer.pk)
    campaigns.again(campaign_id=campaign, by=team.second.pk)
    campaigns.resume(campaign_id=campaign, by=team.writer.pk)
    send()
    assert states(campaign) == {"sent": 5}


def test_cancelling_leaves_what_has_left_and_takes_out_the_rest(team: Team, sink: MakeSink) -> None:
    sink()
    campaign = team.campaign(30)
    with database.connect(name="test") as other:
        leased = claiming.lease(other, channel="email")
        assert leased is not None
        rows = claiming.waiting(other, leased)
        claiming.step(other, leased, settled=[], wanted=[rows[0].id])
        campaigns.cancel(campaign_id=campaign, by=team.writer.pk)
        step = claiming.step(other, leased, settled=[claiming.Settled(rows[0].id, "sent")], wanted=[rows[1].id])
        assert (step.granted, step.runs) == (frozenset(), False)
        claiming.release(other, leased)
    minding.tick()
    assert states(campaign) == {"sent": 1, "cancelled": 29}


def test_a_sender_whose_lease_ran_out_writes_nothing(team: Team, sink: MakeSink) -> None:
    sink()
    campaign = team.campaign(3)
    with database.connect(name="test") as other:
        leased = claiming.lease(other, channel="email")
        assert leased is not None
        rows = claiming.waiting(other, leased)
        claiming.step(other, leased, settled=[], wanted=[row.id for row in rows])
        Chunk.objects.update(leased_until=clock.now() - timedelta(seconds=1))
        assert minding.expire() == 3
        step = claiming.step(other, leased, settled=[claiming.Settled(rows[0].id, "sent")], wanted=[])
    assert not step.held
    assert states(campaign) == {"unknown": 3}


def test_a_rate_holds_for_all_senders_together(team: Team) -> None:
    with database.connect(name="one") as one, database.connect(name="two") as two:
        pace.limit(one, {"email": 50.0, "other": None})
        started = time.monotonic()
        taken = 0
        while time.monotonic() - started < 1.5:
            taken += pace.take(one, ["email", "other"], 10) + pace.take(two, ["email"], 10)
            time.sleep(0.02)
        seconds = time.monotonic() - started
    assert 0.6 * 50 * seconds <= taken <= 50 * seconds + 2


def test_a_provider_rests_longer_each_time_in_a_row(team: Team) -> None:
    with database.connect(name="one") as one:
        rests = []
        for _ in range(4):
            pace.rest(one, "email")
            until = pace.resting_until(one, ["email"])
            assert until is not None
            rests.append(round((until - clock.now()).total_seconds()))
            ProviderLimit.objects.update(resting_until=clock.now())
        assert rests == [1, 2, 4, 8]
        pace.awake(one, "email")
        pace.rest(one, "email")
    assert ProviderLimit.objects.get().refusals == 1
