"""Reading cases from TOML. A wrong file is refused with one sentence per fault, naming the place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from holdfast.drills.crisis.scenario import ScenarioError, contents
from holdfast.drills.incidents.scenario import Case

SCENARIOS = Path(__file__).parent / "scenarios"
KIND = "incident"


def names() -> list[str]:
    """Names of the cases that come with Holdfast."""
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def is_case(named: str) -> bool:
    """Whether `named` is a case rather than a crisis: by its name, or by what its file says."""
    if named.startswith(f"{KIND}/"):
        return True
    try:
        return contents(Path(named)).get("kind") == KIND
    except ScenarioError:
        return False


def load(named: str) -> Case:
    """Load one of ours by name (`incident/` in front), or a TOML file by its path. Raises `ScenarioError`."""
    name = named.removeprefix(f"{KIND}/")
    path = SCENARIOS / f"{name}.toml" if name in names() else Path(named)
    if path.suffix != ".toml" or not path.is_file():
        raise ScenarioError(f"There is no case {named}. `holdfast drill list` names them; or give a .toml file.")
    return parse(contents(path), name=path.stem)


def parse(given: Mapping[str, Any], *, name: str) -> Case:
    """Check what a file says. Raises `ScenarioError` with a sentence per fault."""
    try:
        return Case.model_validate({**given, "name": name})
    except ValidationError as error:
        faults = (f"{name}: {_place(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise ScenarioError("\n".join(faults)) from None


def scaled(case: Case, *, by: float) -> Case:
    """Return the same case with as many times the contacts and people."""
    if by <= 0:
        raise ScenarioError("A scale must be above 0.")
    contacts = case.contacts.model_copy(update={"number": max(1, round(case.contacts.number * by))})
    people = case.people.model_copy(update={"number": max(20, round(case.people.number * by))})
    return case.model_copy(update={"contacts": contacts, "people": people})


def _place(loc: tuple[int | str, ...]) -> str:
    # pydantic names the member of a union after its tag; the file knows no such thing.
    return ".".join(str(each) for each in loc if each not in {"record", "playbook"}) or "case"
