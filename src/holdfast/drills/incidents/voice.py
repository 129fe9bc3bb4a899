"""A team's voice: it speaks through the house's verbs and nothing else, and what the house refuses is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.drills.incidents.house import LOCALE, House
from holdfast.drills.incidents.scenario import Fact
from holdfast.drills.incidents.timeline import By, Refusal, Timeline, Word
from holdfast.drills.incidents.world import World
from holdfast.incidents import (
    answering,
    causes,
    commitments,
    declaring,
    facts,
    links,
    matching,
    queries,
    updates,
    worded,
)
from holdfast.incidents.contract import IncidentView, UpdateView
from holdfast.incidents.errors import Refused
from holdfast.incidents.words import approvals, library
from holdfast.kit.clock import now
from holdfast.shield import assess

_BROKEN = {"minor": "degraded_performance", "major": "partial_outage", "critical": "major_outage"}
_FOLLOWED = timedelta(days=14)
_AGREED = timedelta(hours=12)
"""How long a signatory's approval of one update holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is to be said: the public's text, and those for the affected and the others, where they differ."""

    text: str
    status: str
    next_due: datetime | None
    answers: frozenset[str] = frozenset()
    affected: str = ""
    unaffected: str = ""

    @property
    def segments(self) -> Mapping[str, Mapping[str, str]]:
        """The texts of single kinds of readers, as the house takes them."""
        said = {"affected": self.affected, "unaffected": self.unaffected}
        return {segment: {LOCALE: text} for segment, text in said.items() if text}


@dataclass(slots=True)
class Voice:
    """One team in one house. `minute` tells what minute of the case it is. `stated`: the facts that stand."""

    world: World
    house: House
    timeline: Timeline
    minute: Callable[[], float]
    incident_id: UUID | None = None
    stated: list[Fact] = field(default_factory=list)

    @property
    def incident(self) -> IncidentView:
        """The incident as it stands."""
        found = queries.incident_of_id(self.declared)
        if found is None:
            raise LookupError(self.declared)
        return found

    @property
    def declared(self) -> UUID:
        """The incident's id; only after it was declared."""
        if self.incident_id is None:
            raise LookupError("nothing is declared yet")
        return self.incident_id

    def declare(self) -> None:
        """Declare the incident, as the case has it."""
        broke = self.world.case.broke
        self.incident_id = declaring.declare(
            title=broke.title,
            by=self.house.writer,
            severity=broke.severity,
            impact=broke.impact,
            harm=broke.harm,
            components={self.house.component: _BROKEN[broke.impact]},
            started_at=self.world.case.start,
        )

    def state(self, fact: Fact) -> None:
        """State a fact with its source, as of when it was known."""
        facts.state(
            incident_id=self.declared,
            text=fact.text,
            source=fact.source,
            as_of=self.world.case.start + timedelta(minutes=fact.at),
            by=self.house.writer,
            public=fact.public,
            key=fact.key,
        )
        kept = [each for each in self.stated if not fact.key or each.key != fact.key]
        self.stated = [*kept, fact]

    def link(self) -> None:
        """Link everybody who asks about it, those who have and those to come, by the words of the case's topics."""
        while assess.assess_some():
            pass
        phrases = [phrase for topic in self.world.case.topics for phrase in topic.phrases]
        links.link_words(
            incident_id=self.declared,
            phrases=phrases[: links.MOST_PHRASES],
            since=self.world.case.start,
            by=self.house.writer,
        )
        matching.forget()

    def say(self, wording: Wording) -> UpdateView | None:
        """Publish if the house lets it out, with whatever approvals it needs; else write down why not."""
        over = wording.status == "resolved"
        drafted = updates.draft(
            incident_id=self.declared,
            by=self.house.writer,
            status=wording.status,
            texts={LOCALE: wording.text},
            segments=wording.segments,
            next_update_due=wording.next_due,
            components={self.house.component: "operational"} if over else {},
        )
        self._have_approved(drafted)
        try:
            said = updates.publish(update_id=drafted.id, version=drafted.version, by=self.house.writer)
        except Refused as refused:
            self._refused(refused)
            updates.discard(update_id=drafted.id, version=drafted.version, by=self.house.writer)
            return None
        matching.forget()
        self.timeline.words.append(Word(at=self.minute(), by=By.TEAM, answers=wording.answers))
        if over:
            self.timeline.over = self.minute()
        return said

    def answer(self, update: UpdateView) -> None:
        """Let an update answer everybody who is linked, and whoever will be until the next one."""
        answering.begin(update_id=update.id, by=self.house.writer)

    def close(self, *, cause: str, prevention: str) -> None:
        """Say what has to be said before it may be called resolved."""
        causes.say(incident_id=self.declared, known=bool(cause), cause=cause, by=self.house.writer)
        commitments.promise(
            incident_id=self.declared,
            what=prevention,
            owner=self.house.writer,
            due=now() + _FOLLOWED,
            by=self.house.writer,
            public=True,
        )

    def _have_approved(self, drafted: UpdateView) -> None:
        """Ask whoever signs, who agrees at once: what is refused then is refused for its words."""
        try:
            worded.ask(self.incident, drafted, by=self.house.writer)
        except Refused:
            return
        for ask in library.asks(agent_id=self.house.signs):
            approvals.approve(ask_id=ask.id, by=self.house.signs, expires_in=_AGREED)

    def _refused(self, refused: Refused) -> None:
        problems = [each for each in refused.problems if not each.advice]
        rules = tuple(sorted({each.rule for each in problems})) or ("other",)
        self.timeline.refusals.append(Refusal(at=self.minute(), rules=rules, sentence=refused.sentence))


def unsaid(stated: Sequence[Fact], said: set[str]) -> list[Fact]:
    """Return the public facts that no word carried yet, the oldest first."""
    return [each for each in stated if each.public and each.name not in said]
