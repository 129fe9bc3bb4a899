"""Scenarios as TOML: who contacts, when, and how many; the centre that answers. `docs/drills.md` explains every key.

`people.toml` names kinds of people; a crowd of a scenario is one of these kinds, arriving in some shape, with any of
its keys changed. A wrong file is refused with one sentence per fault, naming the place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

HERE = Path(__file__).parent
SCENARIOS = HERE / "scenarios"

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Kind = Literal["calm", "outage", "flood", "both"]


def _sums_to_one(shares: tuple[float, float, float]) -> tuple[float, float, float]:
    if abs(sum(shares) - 1) > 0.001:
        raise ValueError("the three shares (unknown, claimed, proven) must add up to 1")
    return shares


Verification = Annotated[tuple[Share, Share, Share], AfterValidator(_sums_to_one)]


class ScenarioError(Exception):
    """This scenario cannot be played. The text is for whoever wrote it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class People(_Strict):
    """One kind of people: how they identify themselves, what they know, how they behave. Times in minutes."""

    genuine: bool = True
    assistants: Share = 0.2
    """Share that has an assistant write or call for them."""
    signed: Share = 0.7
    """Share of assistants whose operator signs."""
    verification: Verification = (0.15, 0.35, 0.5)
    """Shares of people with level 0 (unknown), 1 (claimed and matching), 2 (proven)."""
    verification_assistants: Verification = (0.15, 0.4, 0.45)
    need: Share = 0.75
    """Of those with an account: the company's data explain the contact."""
    need_known: Share = 1.0
    """Of those with an account: the company's data could be asked at all."""
    open_case: Share = 0.12
    tenure_days: Positive = 900
    """Median; lognormal."""
    tenure_spread: float = Field(1.1, ge=0)
    words: Literal["everyday", "topics", "scripts", "paraphrases", "fans"] = "everyday"
    """What they say: anything customers say; only about `topics`; the same few scripts; scripts in other words."""
    topics: tuple[str, ...] = ()
    short: Share = 0.0
    """Share that writes a few plain words about the topic, like many others."""
    sources: Literal["all", "few"] = "all"
    region: str | None = None
    patience: Positive = 12
    """Mean; `patience_shape` 1 is exponential, above 1 people leave at more similar times (Weibull)."""
    patience_shape: Positive = 1.0
    patience_assistants: Positive = 40
    again: Share = 0.0
    """Chance that somebody not answered within `again_minutes` (mean) contacts once more, on another channel."""
    again_minutes: Positive = 5
    handling: Positive = 6
    """Mean of an agent's time; lognormal with `handling_spread` as its sigma."""
    handling_spread: float = Field(0.5, ge=0)
    answers: Share = 0.9
    """Chance that a question asked before an agent is spent gets an answer at all."""
    passes: Share = 0.93
    """Of those who answer: the answer fits."""
    takes_callback: Share = 0.6
    """Chance to accept a callback or a written answer instead of waiting."""
    passes_assistants: Share = 0.9


class Crowd(_Strict):
    """Some people and when they come. `times` is the peak, in multiples of the centre's ordinary rate."""

    name: str
    people: People
    times: Positive
    starts: float = Field(60, ge=0)
    lasts: Positive = 120
    rise: float = Field(8, ge=0)
    """Minutes until half of the peak; 0 for everybody at once."""
    half_life: Positive = 45
    """Minutes in which the rest of the crowd halves, once it has risen."""


class Centre(_Strict):
    """The centre and its ordinary day."""

    agents: int = Field(72, ge=1)
    per_minute: Positive = 10
    """Contacts in the busiest hour of an ordinary week."""
    week: Literal["office", "flat"] = "office"
    overdispersion: float = Field(0.05, ge=0)
    """Variance of the minute's rate beyond Poisson, in squares of the rate (a gamma-mixed Poisson)."""
    drift: float = Field(0.1, ge=0)
    """How much a whole day differs from its kind (sigma, lognormal)."""
    holiday: Positive = 1.0
    """Factor on the whole day, when it is one on which fewer contact."""
    fee_per_contact: float = Field(0.04, ge=0)
    """What providers (telephone, messages) take for a contact, in euros."""
    fee_per_minute: float = Field(0.02, ge=0)
    agent_minute: float = Field(0.75, ge=0)
    """An agent's minute, in euros."""


class Declared(_Strict):
    """An incident the company declares during the scenario; contacts about it are explained from then on."""

    at: float = Field(ge=0)
    words: tuple[str, ...]
    affected_only: bool = False


class Scenario(_Strict):
    """One crisis. `minutes` in all; crowds come on top of the everyday one."""

    name: str
    title: str
    about: str
    kind: Kind
    main: bool = False
    """One of those the benchmark plays by default."""
    start: datetime = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    minutes: Positive = 240
    centre: Centre = Centre()
    everyday: People = People()
    identity_down: tuple[float, float] | None = None
    """From and until which minute the identity provider is away, as the centre itself knows."""
    crowds: tuple[Crowd, ...] = ()
    declared: tuple[Declared, ...] = ()
    tuned_on: tuple[int, ...] = (0, 1, 2)
    """Seeds anybody may look at while improving the shield."""
    held_out: tuple[int, ...] = (9001, 9002, 9003)
    """Seeds that are only ever reported."""

    @model_validator(mode="after")
    def _kind_fits_crowds(self) -> Scenario:
        has_flood = any(not crowd.people.genuine for crowd in self.crowds)
        has_outage = any(crowd.people.genuine for crowd in self.crowds)
        expected = {(False, False): "calm", (True, False): "outage", (False, True): "flood", (True, True): "both"}
        if self.kind != expected[has_outage, has_flood]:
            raise ValueError(f"kind is {self.kind}, but its crowds make it {expected[has_outage, has_flood]}")
        return self

    @property
    def onset(self) -> float | None:
        """The minute in which the first crowd begins; `None` without one."""
        return min((crowd.starts for crowd in self.crowds), default=None)

    @property
    def end(self) -> float:
        """The minute in which the last crowd ends."""
        return max((min(self.minutes, crowd.starts + crowd.lasts) for crowd in self.crowds), default=self.minutes)


def scaled(scenario: Scenario, *, by: float) -> Scenario:
    """Return the same crisis at a smaller (or larger) centre: agents and ordinary rate times `by`."""
    if by <= 0:
        raise ScenarioError("A scale must be above 0.")
    agents = max(1, round(scenario.centre.agents * by))
    centre = scenario.centre.model_copy(update={"agents": agents, "per_minute": scenario.centre.per_minute * by})
    return scenario.model_copy(update={"centre": centre})


def names() -> list[str]:
    """Names of the scenarios that come with Holdfast."""
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def load(named: str) -> Scenario:
    """Load one of ours by name (`shield/` in front is fine), or a TOML file by its path. Raises `ScenarioError`."""
    name = named.removeprefix("shield/")
    ours = SCENARIOS / f"{name}.toml"
    path = ours if name in names() else Path(named)
    if path.suffix != ".toml" or not path.is_file():
        raise ScenarioError(f"There is no scenario {named}. `holdfast drill list` names them; or give a .toml file.")
    return parse(contents(path), name=path.stem)


def contents(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds. Raises `ScenarioError` when it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path.name} cannot be read: {error}") from None


def parse(given: Mapping[str, Any], *, name: str) -> Scenario:
    """Check what a scenario file says. Raises `ScenarioError` with a sentence per fault."""
    filled = dict(given) | {"name": name}
    filled["everyday"] = _people(filled.get("everyday", {}), place=f"{name}: everyday", default="customers")
    crowds = filled.get("crowds", [])
    if not isinstance(crowds, list) or not all(isinstance(crowd, Mapping) for crowd in crowds):
        raise ScenarioError(f"{name}: crowds must be tables, each beginning with [[crowds]].")
    filled["crowds"] = [
        {**crowd, "people": _people(crowd.get("people", {}), place=f"{name}: crowds.{number}.people")}
        for number, crowd in enumerate(crowds)
    ]
    try:
        return Scenario.model_validate(filled)
    except ValidationError as error:
        raise ScenarioError(_sentences(error, name)) from None


def _people(given: object, *, place: str, default: str = "") -> dict[str, Any]:
    """Fill in the kind of people named by a text, or by `kind` in a table that changes some of its keys."""
    if isinstance(given, str):
        given = {"kind": given}
    if not isinstance(given, Mapping):
        raise ScenarioError(f"{place} must be the name of a kind of people, or a table.")
    kind = given.get("kind", default)
    if kind not in kinds():
        raise ScenarioError(f"{place}: there are no people called {kind!r}. There are: {', '.join(kinds())}.")
    return {**kinds()[kind], **{key: value for key, value in given.items() if key != "kind"}}


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """The kinds of people `people.toml` names."""
    return tomllib.loads((HERE / "people.toml").read_text(encoding="utf-8"))


def _sentences(error: ValidationError, name: str) -> str:
    faults = (f"{name}: {'.'.join(map(str, fault['loc'])) or 'scenario'}: {fault['msg']}" for fault in error.errors())
    return "\n".join(faults)
