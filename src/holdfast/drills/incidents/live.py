"""One team plays one case in a real house: the door, triage, the verbs, the watch, mails; on a simulated clock.

The clock jumps from one moment at which something happens to the next: contacts arrive, the team acts, the watch over
promises has something to say.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Min

from holdfast.conversations.models import Message as Said
from holdfast.drills.crisis.live import Clock, running
from holdfast.drills.incidents.house import House, forget, incoming
from holdfast.drills.incidents.scenario import Playbook, Record
from holdfast.drills.incidents.sink import Sink
from holdfast.drills.incidents.teams import Team, team_of
from holdfast.drills.incidents.timeline import By, Message, Promise, Question, Timeline, Word
from holdfast.drills.incidents.voice import Voice
from holdfast.drills.incidents.world import Contact, World
from holdfast.incidents import answering, queries
from holdfast.incidents.holding import publish_holding
from holdfast.incidents.models import Update
from holdfast.intake import receipts
from holdfast.intake.accept import accept_now
from holdfast.promises import queries as promises
from holdfast.promises.contract import Kind
from holdfast.promises.models import Promise as Ledger
from holdfast.promises.timing import HOLD_AHEAD
from holdfast.promises.watch import Watch
from holdfast.triage import loop
from holdfast.triage.reconcile import reconcile

_SECOND = 1 / 60


@dataclass(frozen=True, slots=True)
class Played:
    """What happened, and how many seconds of ours it took."""

    timeline: Timeline
    seconds: float


class Live:
    """One play. Needs Django on a database that holds nobody's data, and its mail going to `sink`."""

    def __init__(self, world: World, script: Playbook | Record, *, sink: Sink, speed: float | None = None) -> None:
        self._world, self._sink = world, sink
        self._clock = Clock(world.case.start, speed=speed)
        self._timeline = Timeline(team=script.name, truth=world.truth, minutes=world.case.minutes)
        self._script = script
        self._watch = Watch({Kind.UPDATE: publish_holding})
        self._receipts: dict[UUID, Contact] = {}
        self._accepted = 0

    def play(self, *, progress: Callable[[float], None] = lambda _: None) -> Played:
        """Play to the end. `progress` hears the minutes that have passed."""
        started = time.monotonic()
        with running(self._clock):
            house = House.open(self._world, at=self._clock.now())
            self._voice = Voice(self._world, house, self._timeline, minute=self._minute)
            team = team_of(self._voice, self._sink, self._script)
            coming, minute = deque(self._world.contacts), 0.0
            while minute < self._world.case.minutes:
                minute = self._next(minute, team, coming)
                self._clock.move(minute)
                self._moment(minute, team, coming)
                progress(minute)
            self._conclude()
        return Played(self._timeline, time.monotonic() - started)

    def _minute(self) -> float:
        return (self._clock.now() - self._world.case.start) / timedelta(minutes=1)

    def _next(self, minute: float, team: Team, coming: deque[Contact]) -> float:
        """Return the next minute in which something happens; time always goes on."""
        step, wanted = self._world.case.step, team.next_at(minute)
        arrival = (math.floor(coming[0].at / step) + 1) * step if coming else math.inf
        soonest = min(arrival, wanted, self._watched(), self._world.case.minutes)
        return min(max(soonest, minute + _SECOND), self._world.case.minutes)

    def _watched(self) -> float:
        """Return when the watch has something to do next: a notice, a prepared text, a promise that breaks."""
        found = Ledger.objects.filter(state="open", kind=Kind.UPDATE).aggregate(look=Min("look_at"), due=Min("due"))
        ahead = found["due"] - HOLD_AHEAD if found["due"] is not None else None
        minute = self._minute()
        times = [self._in_minutes(each) for each in (found["look"], ahead) if each is not None]
        return min((each for each in times if each > minute), default=math.inf)

    def _in_minutes(self, moment: datetime) -> float:
        return (moment - self._world.case.start) / timedelta(minutes=1)

    def _moment(self, minute: float, team: Team, coming: deque[Contact]) -> None:
        forget()
        arriving = []
        while coming and coming[0].at < minute:
            arriving.append(coming.popleft())
        self._arrive(arriving)
        acts = team.next_at(minute) <= minute
        if acts:
            team.act(minute)
        self._look()
        if acts or arriving:
            answering.answer_due()

    def _arrive(self, arriving: Sequence[Contact]) -> None:
        if not arriving:
            return
        start = self._world.case.start
        handed = [incoming(each, at=start + timedelta(minutes=each.at)) for each in arriving]
        for contact, answer in zip(arriving, accept_now(handed), strict=True):
            self._receipts[answer.receipt] = contact
        self._accepted += len(arriving)
        while loop.once():
            pass

    def _look(self) -> None:
        """Let the watch do its work; a holding text that went out is a word of the house."""
        self._watch.look()
        held = sum(each.by is By.HOLDING for each in self._timeline.words)
        out = Update.objects.filter(holding=True).count()
        self._timeline.words += [Word(at=self._minute(), by=By.HOLDING)] * (out - held)

    def _conclude(self) -> None:
        """Read from the house what became of everybody and of every promise."""
        self._questions()
        if self._voice.incident_id is not None:
            history = promises.history(queries.subject_of(self._voice.incident_id))
            self._timeline.promises += [
                Promise(made=self._in_minutes(each.made_at), due=self._in_minutes(each.due), state=str(each.state))
                for each in history
            ]
        counts = reconcile()
        received = sum(count.received for count in counts)
        self._timeline.lost += sum(count.lost for count in counts) + abs(self._accepted - received)

    def _questions(self) -> None:
        """Read from the conversations who was answered with the incident, and when first."""
        filed = {each.receipt: each.conversation_id for each in receipts.statuses(list(self._receipts))}
        rows = Said.objects.filter(client_key__startswith="update:").order_by("created_at")
        first: dict[UUID, float] = {}
        people = {id_: contact.person for receipt, contact in self._receipts.items() if (id_ := filed.get(receipt))}
        for conversation_id, key, at in rows.values_list("conversation_id", "client_key", "created_at"):
            minute = self._in_minutes(at)
            first.setdefault(conversation_id, minute)
            key = f"{key} in {conversation_id}"
            self._timeline.messages.append(Message(at=minute, person=people[conversation_id], key=key))
        for receipt, contact in self._receipts.items():
            id_ = filed.get(receipt)
            answered = first.get(id_) if id_ is not None else None
            self._timeline.questions.append(
                Question(at=contact.at, person=contact.person, topic=contact.topic, answered_at=answered)
            )
