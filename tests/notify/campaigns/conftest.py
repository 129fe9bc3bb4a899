"""Campaigns with people in them, and a mail server in a process of its own that writes down what it takes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings

from holdfast.kit.clock import now
from holdfast.notify.campaigns import adding, campaigns, sending
from holdfast.notify.campaigns.contract import Recipient, Text
from holdfast.notify.campaigns.models import Chunk, ProviderLimit
from holdfast.notify.campaigns.models import Recipient as Row
from holdfast.people.models import Agent, Role

SINK = Path(__file__).parents[3] / "benchmarks" / "sinks" / "smtp.py"
SAID = {("en", ""): Text(subject="Payments work again", body="Dear {name},\n\nit works again. Yours: {reference}.")}


@dataclass
class Sink:
    """The mail server. Killed, it can come back at the same port with the same record."""

    record: Path
    port: int = 0
    options: tuple[str, ...] = ()
    process: Any = None

    def start(self) -> None:
        command = [sys.executable, SINK, "--record", self.record, "--port", str(self.port), "--headers", *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def took(self) -> Counter[str]:
        """Mails by recipient."""
        return Counter(line.split("\t")[0] for line in self.record.read_text().splitlines())

    def heads(self) -> dict[str, str]:
        """Heads of mails by recipient."""
        lines = [line.split("\t") for line in self.record.read_text().splitlines()]
        return {line[0]: line[2].replace("\\n", "\n") for line in lines}


@pytest.fixture
def sink(tmp_path: Path, settings: LazySettings) -> Iterator[Callable[..., Sink]]:
    """Start a mail server that misbehaves as told, and have mail leave through it."""
    started: list[Sink] = []

    def start(*options: str) -> Sink:
        sink = Sink(tmp_path / f"record-{len(started)}", options=options)
        sink.start()
        started.append(sink)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        return sink

    yield start
    for each in started:
        with suppress(ProcessLookupError):
            each.kill()


@dataclass
class Team:
    """Somebody who writes and somebody who approves."""

    writer: Agent
    second: Agent
    made: list[UUID] = field(default_factory=list)

    def campaign(
        self,
        people: int | list[Recipient] = 3,
        *,
        stream: str = "incident",
        texts: Mapping[tuple[str, str], Text] = SAID,
        approved: bool = True,
        started: bool = True,
        **details: Any,
    ) -> UUID:
        """Write a campaign; approve and start it unless told otherwise."""
        campaign = campaigns.create(name="Payments", stream=stream, by=self.writer.pk, **details)
        campaigns.set_texts(campaign_id=campaign, texts=texts, by=self.writer.pk)
        everybody = [person(number) for number in range(people)] if isinstance(people, int) else people
        adding.add_recipients(campaign, everybody)
        if approved:
            campaigns.approve(campaign_id=campaign, by=self.second.pk)
        if approved and started:
            campaigns.start(campaign_id=campaign, by=self.writer.pk)
        return campaign


@pytest.fixture
def team(db: None) -> Team:
    return Team(
        Agent.objects.create_user("writer@example.com", name="Imani Clarke", role=Role.LEAD),
        Agent.objects.create_user("second@example.com", name="Tomas Vidal", role=Role.LEAD),
    )


def person(number: int, **different: Any) -> Recipient:
    """Return somebody with a mail address and a value for each variable."""
    given: dict[str, Any] = {
        "person_key": f"customer:{number}",
        "channel": "email",
        "address": f"person{number}@people.example",
        "locale": "en",
        "values": {"name": "Ayu Wijaya", "reference": f"TW-{number}", "token": f"t{number}"},
    }
    return Recipient(**(given | different))


def send(channel: str = "email", *, patience: float = 0.0) -> None:
    """Send what is due until nothing is for `patience` seconds; what is put off for longer is not waited for."""
    stop = threading.Event()
    lane = threading.Thread(target=sending.Lane(channel, stop, until_idle=True).run)
    lane.start()
    while lane.is_alive() and not _rests(channel, until=now() + timedelta(seconds=patience)):
        lane.join(0.05)
    stop.set()
    lane.join()


def _rests(channel: str, *, until: datetime) -> bool:
    """Whether no chunk is held, and none may be taken before `until`."""
    chunks = Chunk.objects.filter(channel=channel, open=True, campaign__state="running")
    if chunks.filter(lease__isnull=False).exists():
        return False
    resting = ProviderLimit.objects.filter(name=channel, resting_until__gt=until).exists()
    return resting or not chunks.exclude(not_before__gt=until).exists()


def states(campaign: UUID) -> dict[str, int]:
    """Return how many recipients are in which state."""
    return dict(Counter(Row.objects.filter(campaign_id=campaign).values_list("state", flat=True)))
