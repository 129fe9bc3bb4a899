"""The scripted teams: one that says what was said in truth, and one that works by the playbook."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from holdfast.drills.incidents import prepared, telling
from holdfast.drills.incidents.scenario import Case, Fact, Playbook, Record, Says
from holdfast.drills.incidents.sink import Sink
from holdfast.drills.incidents.timeline import By, Message, Promise, Told, Word
from holdfast.drills.incidents.voice import Voice, Wording, unsaid
from holdfast.incidents import queries
from holdfast.incidents.contract import UpdateView
from holdfast.incidents.words.lint import sentences_of
from holdfast.kit.clock import now

SORRY = "We are sorry for what this means for you."
_NEXT = 30.0
"""Minutes to the next word that is named where the company named none, by the published cadence for the worst."""
_OWN_NEXT = re.compile(r"\b(?:provide|will) (?:\w+ )*updates?\b", re.IGNORECASE)
_AGAIN = 5.0
"""Minutes after which a text that was refused is tried again with what is known by then."""


class Team(ABC):
    """Acts when its time comes. `next_at`: the next minute in which it wants to."""

    def __init__(self, voice: Voice, sink: Sink) -> None:
        self._voice, self._sink = voice, sink
        self._facts = sorted(self._case.facts, key=lambda each: each.at)

    @property
    def _case(self) -> Case:
        return self._voice.world.case

    @abstractmethod
    def next_at(self, minute: float) -> float:
        """Return the next minute after which something is to be done; infinity for nothing more."""

    @abstractmethod
    def act(self, minute: float) -> None:
        """Do what is due at `minute`."""

    def _tell(self, update: UpdateView, minute: float) -> None:
        delivered = telling.tell(
            house=self._voice.house,
            update=update,
            incident_id=self._voice.declared,
            listed=self._voice.world.newest_list(minute),
            stream="legal" if self._case.broke.harm == "data" else "incident",
            sink=self._sink,
            at=minute,
        )
        self._voice.timeline.messages += delivered.messages
        self._voice.timeline.lost += delivered.lost

    def _state_known(self, minute: float) -> None:
        while self._facts and self._facts[0].at <= minute:
            self._voice.state(self._facts.pop(0))


class RecordTeam(Team):
    """Says what was said, when it was said. What the house refuses counts as said elsewhere, as it was in truth."""

    def __init__(self, voice: Voice, sink: Sink, script: Record) -> None:
        super().__init__(voice, sink)
        self._script = script
        self._says = list(self._case.words_of(script))
        voice.timeline.answers = script.mended

    def next_at(self, minute: float) -> float:
        """Return when it declares, then when it speaks next."""
        if self._voice.incident_id is None:
            return self._script.declares
        return self._says[0].at if self._says else math.inf

    def act(self, minute: float) -> None:
        """Declare, or say the words whose time has come."""
        if self._voice.incident_id is None:
            self._voice.declare()
            if self._script.mended:
                self._voice.link()
        self._state_known(minute)
        while self._says and self._says[0].at <= minute:
            self._say(self._says.pop(0), minute)

    def _say(self, said: Says, minute: float) -> None:
        if not said.text:  # the words are not known: the house cannot judge them
            self._say_elsewhere(said, minute)
            return
        if said.status == "resolved":
            self._close()
        update = self._voice.say(self._wording(said, said.text, due=said.next))
        if update is None and self._script.mended:
            update = self._voice.say(self._wording(said, mended(said.text), due=said.next or _NEXT))
        if update is None:
            self._say_elsewhere(said, minute)
            return
        if self._script.mended:
            self._voice.answer(update)
        if said.affected or said.unaffected:
            self._tell(update, minute)

    def _wording(self, said: Says, text: str, *, due: float | None) -> Wording:
        over = said.status == "resolved"
        return Wording(
            text=text,
            status=said.status,
            next_due=None if over or due is None else whole(now() + timedelta(minutes=due)),
            answers=frozenset(said.answers),
            affected=said.affected,
            unaffected=said.unaffected,
        )

    def _close(self) -> None:
        if self._script.mended and self._voice.incident.cause_known is None:
            known = next((each.text for each in self._voice.stated if each.key == "cause" and each.public), "")
            self._voice.close(cause=known, prevention="We go through what happened and write down what changes")

    def _say_elsewhere(self, said: Says, minute: float) -> None:
        """Write down that people heard it all the same. A team that is mended keeps its words instead."""
        timeline = self._voice.timeline
        if self._script.mended and said.text:
            return
        timeline.words.append(Word(at=minute, by=By.ELSEWHERE, answers=frozenset(said.answers)))
        if said.next is not None and self._says:
            due = minute + said.next
            state = "kept" if self._says[0].at <= due else "late"
            timeline.promises.append(Promise(made=minute, due=due, state=state))
        if said.status == "resolved":
            timeline.over = minute
        if not said.affected and not said.unaffected:
            return
        listed = set(self._voice.world.newest_list(minute))
        for person in range(timeline.truth.people):
            told = Told.AFFECTED if person in listed else Told.UNAFFECTED
            if said.affected if person in listed else said.unaffected:
                timeline.messages.append(Message(at=minute, person=person, key=f"elsewhere {minute:g}", told=told))


class PlaybookTeam(Team):
    """Works by the playbook: first word at once, then at the cadence and before each promise, with what is known."""

    def __init__(self, voice: Voice, sink: Sink, script: Playbook) -> None:
        super().__init__(voice, sink)
        self._script = script
        self._said: set[str] = set()
        self._to_tell = sorted(script.tells)
        self._begun = False
        self._tried = -math.inf

    def next_at(self, minute: float) -> float:
        """Return when the next word is to be written: before the promised time, or once somebody is back."""
        if self._voice.incident_id is None:
            return self._script.notices
        if self._voice.timeline.over is not None:
            return math.inf
        if not self._begun:
            return self._script.notices + self._script.writes
        return self._back(max(min(self._promised(minute), self._news()), self._tried + _AGAIN))

    def act(self, minute: float) -> None:
        """Declare; write the word that is due."""
        if self._voice.incident_id is None:
            self._voice.declare()
            return
        self._state_known(minute - self._script.writes)
        if not self._begun:
            self._begin(minute)
        elif self._is_over(minute):
            self._resolve(minute)
        else:
            self._go_on(minute)

    def _promised(self, minute: float) -> float:
        owed = queries.word_owed(self._voice.declared)
        if owed is None or owed.state != "open":
            return minute  # broken: it is mended by speaking
        return (owed.due - self._case.start) / timedelta(minutes=1) - self._script.ahead

    def _news(self) -> float:
        """Return when the next thing that is new, or that it is over, can be said."""
        script = self._script
        last = max((each.at for each in self._voice.timeline.words), default=script.notices)
        if unsaid(self._voice.stated, self._said):
            return last + script.rests
        coming = [fact.at for fact in self._facts if fact.public][:1]
        coming += [script.resolves] if script.resolves is not None else []
        return max(min(coming, default=math.inf) + script.writes, last + script.rests)

    def _back(self, minute: float) -> float:
        return next((each.until for each in self._script.away if each.since <= minute < each.until), minute)

    def _begin(self, minute: float) -> None:
        self._voice.link()
        self._begun = True
        self._publish("first", minute, answers=frozenset(self._case.broke.acknowledged), fresh=True)

    def _go_on(self, minute: float) -> None:
        news = unsaid(self._voice.stated, self._said)[: prepared.MOST_FACTS]
        slug = f"update-{len(news)}" if news else "no-news"
        answers = frozenset(topic for fact in news for topic in fact.answers)
        if self._publish(slug, minute, news=news, answers=answers, fresh=bool(news)):
            self._said |= {fact.name for fact in news}

    def _is_over(self, minute: float) -> bool:
        over = self._script.resolves
        return over is not None and minute >= over and not unsaid(self._voice.stated, self._said)

    def _resolve(self, minute: float) -> None:
        known = next((each.text for each in self._voice.stated if each.key == "cause" and each.public), "")
        prevention = self._script.prevention.rstrip(".")
        if self._voice.incident.cause_known is None:
            self._voice.close(cause=known, prevention=prevention)
        values = {"cause": [known] if known else [], "prevention": [prevention]}
        self._publish("resolved" if known else "resolved-open", minute, values=values, fresh=True)

    def _publish(
        self,
        slug: str,
        minute: float,
        *,
        fresh: bool,
        news: list[Fact] | None = None,
        answers: frozenset[str] = frozenset(),
        values: dict[str, list[str]] | None = None,
    ) -> bool:
        """Say a prepared text; with something new in it, it answers everybody who asked. Tell whether it went out."""
        over = slug.startswith("resolved")
        due = None if over else whole(now() + timedelta(minutes=self._script.every(minute)))
        known = {**self._values(due), "fact": [fact.text for fact in news or []], **(values or {})}
        tells = not over and bool(self._to_tell) and self._to_tell[0] <= minute and bool(self._voice.stated)
        wording = Wording(
            text=self._filled(slug, known),
            status="resolved" if over else self._status(),
            next_due=due,
            answers=answers,
            affected=self._filled("affected", self._personal(known)) if tells else "",
            unaffected=self._filled("unaffected", self._personal(known)) if tells else "",
        )
        update = self._voice.say(wording)
        if update is None:
            self._tried = minute
            return False
        if fresh:
            self._voice.answer(update)
        if tells:
            self._to_tell.pop(0)
            self._tell(update, minute)
        return True

    def _status(self) -> str:
        keys = {fact.key for fact in self._voice.stated}
        return "monitoring" if "fix" in keys else "identified" if "cause" in keys else "investigating"

    def _values(self, due: datetime | None) -> dict[str, list[str]]:
        said = [each.published_at for each in self._voice.incident.updates if each.published_at is not None]
        return {
            "service": [self._case.broke.service],
            "next": [f"{due:%H:%M}"] if due is not None else [],
            "since": [f"{said[0]:%H:%M}"] if said else [],
        }

    def _personal(self, known: dict[str, list[str]]) -> dict[str, list[str]]:
        return {**known, "fact": [fact.text for fact in self._voice.stated if fact.public][-1:]}

    def _filled(self, slug: str, values: dict[str, list[str]]) -> str:
        return prepared.filled(self._voice.house.bodies[slug], values=values)


def mended(text: str) -> str:
    """Return a text as somebody sends it again who was told what is missing: sorry; no time that is not the promise.

    The promised time itself is printed beside every update.
    """
    kept = [each for each in sentences_of(" ".join(text.split())) if not _OWN_NEXT.search(each)]
    return " ".join([*kept, SORRY])


def whole(moment: datetime) -> datetime:
    """Return the next whole minute: texts name a time by hours and minutes."""
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=bool(moment.second or moment.microsecond))


def team_of(voice: Voice, sink: Sink, script: Playbook | Record) -> Team:
    """Return the team that plays a script."""
    return RecordTeam(voice, sink, script) if isinstance(script, Record) else PlaybookTeam(voice, sink, script)
