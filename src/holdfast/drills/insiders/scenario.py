"""A scenario: a house, a ring that grows in it, and what comes of it outside. Read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from holdfast.drills.crisis.scenario import ScenarioError, contents

SCENARIOS = Path(__file__).parent / "scenarios"
PREFIX = "guard"
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class House(_Strict):
    """Who works there, and how. `cases` a working day and agent; `unexplained`: honest openings without a routed case.

    `spread`: standard deviation of a day's cases by their mean. `approvals` a working day that each lead gives.
    `overtime`: share of days on which somebody goes on after their shift, with three cases. `rare`: share of customers
    of a tier that is rare in the queue. `honey` and `needs`: made-up cases a week and agent in which nothing has to be
    opened, and about an address, which honest people open in `needs_opened` of them.
    """

    vendors: _Count
    teams: _Count
    per_team: _Count
    cases: _Count
    spread: _Share
    needs_value: _Share
    unexplained: float = Field(ge=0)
    approvals: int = Field(ge=0)
    overtime: _Share
    rare: Annotated[float, Field(gt=0, le=0.05)]
    honey: int = Field(ge=0)
    needs: int = Field(ge=0)
    needs_opened: _Share
    customers: int = Field(ge=1000)


class Ring(_Strict):
    """Days: when the first begins, and how many days lie between two who join, until the last may."""

    hub: _Count
    every: _Count
    last: _Count


class Mode(_Strict):
    """A way of stealing, a working day and agent: `search` without a case, `taken` by oneself, `given` by a lead.

    `own`: also whatever a value was opened of in own cases. `honey`: how often a value of a made-up case is opened in
    which nothing has to be. Of what is taken or given: `wanted`, how much more of the rare tier than comes by chance
    (its customers have more), and `aside`, how much is done after the shift, when fewer people sit there.
    """

    about: str
    search: int = 0
    taken: int = 0
    given: int = 0
    own: bool = False
    honey: _Share = 0.0
    wanted: _Share = 0.0
    aside: _Share = 0.0


class Reports(_Strict):
    """Customers who tell that somebody who knew them got in touch: which share of the stolen, and of all others.

    Made-up customers whose address was stolen are written to as often.
    """

    begin: _Count
    leaked: _Share
    background: _Share


class Ransom(_Strict):
    """The day on which somebody asks for money, with so many records as a sample."""

    day: _Count
    sample: _Count


class Photographs(_Strict):
    """The sample comes as photographs of screens: which share of them shows enough for their marks to be read."""

    readable: _Share


class AsItWas(_Strict):
    """What houses without a list or a switch need, taken from what is known or assumed; the file says which."""

    hours_to_list: float
    minutes_to_no_access: float


class Scenario(_Strict):
    """All of it. `synthetic` can only be true."""

    name: str
    kind: Literal["insiders"]
    title: str
    about: str
    synthetic: Literal[True]
    start: datetime
    days: _Count
    sources: tuple[str, ...]
    house: House
    ring: Ring
    modes: dict[str, Mode]
    reports: Reports
    ransom: Ransom
    photographs: Photographs
    as_it_was: AsItWas


def names() -> list[str]:
    """Names of the scenarios that come with Holdfast."""
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def is_one(named: str) -> bool:
    """Whether `named` is a play of insiders: by its name, or by what its file says."""
    if named.startswith(f"{PREFIX}/"):
        return True
    try:
        return contents(Path(named)).get("kind") == "insiders"
    except ScenarioError:
        return False


def load(named: str) -> Scenario:
    """Load one of ours by name (`guard/` in front), or a TOML file by its path. Raises `ScenarioError`."""
    name = named.removeprefix(f"{PREFIX}/")
    path = SCENARIOS / f"{name}.toml" if name in names() else Path(named)
    if path.suffix != ".toml" or not path.is_file():
        raise ScenarioError(f"There is no scenario {named}. `holdfast drill list` names them; or give a .toml file.")
    return parse(contents(path), name=path.stem)


def parse(given: Mapping[str, Any], *, name: str) -> Scenario:
    """Check what a file says. Raises `ScenarioError` with a sentence per fault."""
    try:
        return Scenario.model_validate({**given, "name": name})
    except ValidationError as error:
        faults = (f"{name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ScenarioError("\n".join(faults)) from None


def mode(scenario: Scenario, named: str) -> Mode:
    """Return a way of stealing by its name. Raises `ScenarioError`."""
    if named not in scenario.modes:
        raise ScenarioError(f"There is no mode {named}. {scenario.name} has {', '.join(scenario.modes)}.")
    return scenario.modes[named]


def scaled(scenario: Scenario, *, by: float) -> Scenario:
    """Return the same with so many times the agents and customers; a ring that grows in step. Days stay days."""
    if not 0 < by <= 1:
        raise ScenarioError("A scale lies above 0 and is at most 1.")
    house = scenario.house
    agents = max(house.vendors * 4, round(house.teams * house.per_team * by))
    teams = max(house.vendors * 2, round(house.teams * by))
    smaller = house.model_copy(
        update={
            "teams": teams,
            "per_team": max(2, round(agents / teams)),
            "customers": max(1000, round(house.customers * by)),
        }
    )
    ring = scenario.ring.model_copy(update={"every": max(1, round(scenario.ring.every / by))})
    return scenario.model_copy(update={"house": smaller, "ring": ring})
