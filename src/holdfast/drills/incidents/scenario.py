"""Cases: what broke, what was known when and from where, who asked, and the teams that speak.

`docs/drills.md` explains every key. Times are minutes since `start`, which is when the fault began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from holdfast.drills.incidents import prepared

Minute = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]


_DAY = 24 * 60.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Broke(_Strict):
    """The incident as somebody declares it."""

    title: Text
    service: Text
    """The component as customers know it."""
    severity: int = Field(1, ge=1, le=4)
    impact: Literal["minor", "major", "critical"] = "critical"
    harm: Literal["service", "money", "data", "safety"] = "service"
    acknowledged: tuple[str, ...] = ()
    """Topics that are answered by saying that something is wrong at all."""


class CompanyList(_Strict):
    """A list of those affected, as the company had it at a minute. Its faults are assumptions about a made-up world."""

    at: Minute
    missing: Share = 0.0
    """Of the truly affected: not on it."""
    extra: Share = 0.0
    """Of the others: on it all the same."""


class People(_Strict):
    """Who there is, all made up. `affected` is the world's truth; the lists are what the company believes."""

    number: int = Field(1_000, ge=20, le=100_000)
    affected: Share = 0.5
    lists: tuple[CompanyList, ...] = ()


class Topic(_Strict):
    """Something people ask. `phrases` are words by which a lead links it; without any it is another matter."""

    name: Text
    asks: tuple[Text, ...] = Field(min_length=1)
    share: Positive
    phrases: tuple[Text, ...] = ()
    affected_only: bool = False

    @property
    def about(self) -> bool:
        """Whether it is about the incident."""
        return bool(self.phrases)


class Curve(_Strict):
    """When people contact. No per-minute figures of these cases were published, so every curve is synthetic."""

    synthetic: Literal[True]
    number: int = Field(1_000, ge=1, le=100_000)
    """Contacts played at scale 1."""
    stands_for: Positive = 1.0
    """How many contacts each of them stands for, as an assumption."""
    shape: tuple[tuple[Minute, Annotated[float, Field(ge=0)]], ...] = Field(min_length=2)
    """Minute and relative rate, joined by straight lines."""

    @model_validator(mode="after")
    def _goes_on(self) -> Curve:
        if any(later[0] <= before[0] for before, later in pairwise(self.shape)):
            raise ValueError("the minutes of shape must go up")
        if not any(rate for _, rate in self.shape):
            raise ValueError("shape must be above 0 somewhere")
        return self


class Fact(_Strict):
    """What could be known from a minute on. `mark`: read in an official page, a secondary one, or remembered."""

    name: Text
    at: Minute
    text: Annotated[str, Field(min_length=1, max_length=500)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    mark: Literal["official", "secondary", "memory", "assumed"]
    public: bool = True
    key: Annotated[str, Field(max_length=40)] = ""
    answers: tuple[str, ...] = ()


class Says(_Strict):
    """One word of a team that is played as it spoke. Without `text` only its time is known, and it is not judged.

    `text`: what was said, in words of ours: who is sorry, which times and claims are named, what is promised. `next`:
    minutes until the next word, where the company named a time.
    """

    at: Minute
    source: Text
    mark: Literal["official", "secondary", "memory"]
    status: Literal["investigating", "identified", "monitoring", "resolved"] = "investigating"
    text: Annotated[str, Field(max_length=4_000)] = ""
    next: Positive | None = None
    answers: tuple[str, ...] = ()
    affected: Annotated[str, Field(max_length=4_000)] = ""
    """What those on the newest list were told in person."""
    unaffected: Annotated[str, Field(max_length=4_000)] = ""

    @model_validator(mode="after")
    def _known(self) -> Says:
        if self.text and not self.text.strip():
            raise ValueError("leave text out where it is not known")
        return self


class Record(_Strict):
    """A team that says what was said, when it was said. `mended`: with what the house asks for added."""

    name: Text
    plays: Literal["record"]
    about: Text
    declares: Minute
    like: str = ""
    """The team whose words these are; instead of `says`."""
    mended: bool = False
    says: tuple[Says, ...] = ()


class Cadence(_Strict):
    """From a minute on, so many minutes lie between two words."""

    since: Minute
    every: Annotated[float, Field(ge=5, le=1440)]


class Away(_Strict):
    """Nobody writes in between; approved texts have to speak."""

    since: Minute
    until: Minute
    planned: bool = False
    """The word before says so, and promises the next one for their return."""

    @model_validator(mode="after")
    def _ends(self) -> Away:
        if self.until <= self.since:
            raise ValueError("until must come after since")
        return self


class Playbook(_Strict):
    """A team that works by the playbook: first word at once, then at the cadence, with every fact as it is known."""

    name: Text
    plays: Literal["playbook"]
    about: Text
    notices: Minute
    """When somebody there knows that something is wrong: as in the case."""
    writes: Positive = 3
    """Minutes from knowing to the first word; and from a fact to its statement."""
    ahead: Positive = 2
    """Minutes before the promised time at which the next word goes out."""
    rests: Positive = 30
    """What is new is said at once, but not sooner than so many minutes after the word before."""
    cadence: tuple[Cadence, ...] = Field(min_length=1)
    away: tuple[Away, ...] = ()
    tells: tuple[Minute, ...] = ()
    """From when on those affected and not affected are told in person, by the list of that time."""
    resolves: Minute | None = None
    prevention: Text = "We go through what happened and write down what changes"

    def every(self, minute: float) -> float:
        """Minutes until the next word, for one that is said at `minute`."""
        every = max((each for each in self.cadence if each.since <= minute), key=lambda each: each.since).every
        due = minute + every
        night = next((each for each in self.away if each.planned and each.since <= due < each.until), None)
        return every if night is None else min(night.until + 2 * self.ahead - minute, _DAY)

    @model_validator(mode="after")
    def _begins(self) -> Playbook:
        if min(each.since for each in self.cadence) > self.notices:
            raise ValueError("a cadence must count from when they notice")
        return self


Team = Annotated[Record | Playbook, Field(discriminator="plays")]


class Case(_Strict):
    """One incident to replay, with the teams that play it."""

    name: str
    kind: Literal["incident"]
    title: Text
    about: Text
    start: AwareDatetime
    minutes: Positive
    step: Positive = 1
    """Minutes between two looks of triage at the door."""
    sources: tuple[Text, ...] = Field(min_length=1)
    broke: Broke
    words: dict[str, str] = Field(default_factory=dict)
    """Prepared texts that this case says differently, by name."""
    people: People = People()
    topics: tuple[Topic, ...] = Field(min_length=1)
    contacts: Curve
    facts: tuple[Fact, ...] = ()
    teams: tuple[Team, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Case:
        faults = [
            *prepared.faults(self.words),
            *self._names(),
            *self._answers(),
            *self._times(),
            *self._teams(),
            *self._lists(),
        ]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _names(self) -> Iterable[str]:
        for what, names in (
            ("topics", [each.name for each in self.topics]),
            ("facts", [each.name for each in self.facts]),
            ("teams", [each.name for each in self.teams]),
        ):
            for name, number in Counter(names).items():
                if number > 1:
                    yield f"{what}: {name} is there {number} times"
        if not any(topic.about for topic in self.topics):
            yield "topics: none has phrases, so none is about the incident"

    def _answers(self) -> Iterable[str]:
        known = {topic.name for topic in self.topics if topic.about}
        given = [(f"facts.{fact.name}", fact.answers) for fact in self.facts]
        given += [("broke.acknowledged", self.broke.acknowledged)]
        given += [(f"teams.{team.name}.says.{n}", each.answers) for team, n, each in self._said()]
        for place, answers in given:
            for name in answers:
                if name not in known:
                    yield f"{place}: no topic about the incident is called {name!r}"

    def _times(self) -> Iterable[str]:
        for team, n, each in self._said():
            if each.at > self.minutes:
                yield f"teams.{team.name}.says.{n}: minute {each.at:g} comes after the end ({self.minutes:g})"
            if n and each.at < team.says[n - 1].at:
                yield f"teams.{team.name}.says.{n}: minute {each.at:g} comes before the word above it"
            if not n and each.at < team.declares:
                yield f"teams.{team.name}.declares: it comes after the first word"

    def _teams(self) -> Iterable[str]:
        records = {team.name: team for team in self.teams if isinstance(team, Record)}
        for team in records.values():
            if bool(team.says) == bool(team.like):
                yield f"teams.{team.name}: give either says, or the team it is like"
            elif team.like and not (team.like in records and records[team.like].says):
                yield f"teams.{team.name}.like: no team called {team.like!r} says anything"

    def _lists(self) -> Iterable[str]:
        first = min((each.at for each in self.people.lists), default=float("inf"))
        told = [(team.name, at) for team in self.teams if isinstance(team, Playbook) for at in team.tells]
        told += [(team.name, each.at) for team, _, each in self._said() if each.affected or each.unaffected]
        for name, at in told:
            if at < first:
                yield f"teams.{name}: at minute {at:g} there is no list of the affected yet (people.lists)"

    def _said(self) -> Iterable[tuple[Record, int, Says]]:
        for team in self.teams:
            if isinstance(team, Record):
                for n, each in enumerate(team.says):
                    yield team, n, each

    def words_of(self, team: Record) -> tuple[Says, ...]:
        """Return what a team says, its own or that of the team it is like."""
        if not team.like:
            return team.says
        return next(each.says for each in self.teams if isinstance(each, Record) and each.name == team.like)
