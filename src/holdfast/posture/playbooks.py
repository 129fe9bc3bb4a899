"""Playbooks: what each posture changes, and the steps people take. TOML, shipped with the product, edited in it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from django.db import IntegrityError, transaction
from django.db.models import Max
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from holdfast.kit.clock import now
from holdfast.posture.effects import CALM, Effects, Name, Surveys
from holdfast.posture.errors import PlaybookError, Refused
from holdfast.posture.models import PlaybookEdit

_SHIPPED = Path(__file__).parent / "playbooks"
_LONGEST = 60_000  # characters
_MOST_FAULTS = 20  # more at once help nobody

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=140)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EffectsIn(_Part):
    """What one posture changes, as a playbook writes it; `Effects` says who reads each line."""

    friction: Literal["none", "confirm_topic", "confirm_channel", "callback", "asynchronous"] = "none"
    room: Literal["first_come", "by_need"] = "first_come"
    callbacks: bool = False
    deflections: dict[_Line, _Text] = Field(default_factory=dict)
    queue_priority: dict[_Key, Annotated[int, Field(ge=-100, le=100)]] = Field(default_factory=dict)
    surveys: Surveys = Surveys.USUAL
    cases_per_agent: Annotated[int, Field(ge=1, le=50)] | None = None
    update_minutes: Annotated[int, Field(ge=5, le=1440)] | None = None

    def effects(self) -> Effects:
        """Return these as the rooms read them."""
        return Effects(**self.model_dump())


class Step(_Part):
    """Something people do. `posture`: from which posture on; `does`: the posture its button changes to, if any."""

    key: _Key
    title: _Line
    owner: _Line = "Lead"
    what: str = ""
    posture: Name = Name.WATCH
    does: Name | None = None


class Playbook(_Part):
    """A plan for one kind of bad day."""

    slug: _Slug
    title: _Line
    say: dict[Name, _Line] = Field(default_factory=dict, description="The one thing to say, per posture.")
    postures: dict[Name, EffectsIn] = Field(default_factory=dict)
    steps: list[Step] = Field(default_factory=list)

    def effects_in(self, name: Name) -> Effects:
        """Return what `name` changes; a posture that is not mentioned changes nothing."""
        given = self.postures.get(name)
        return given.effects() if given is not None else CALM

    def steps_in(self, name: Name) -> Sequence[Step]:
        """Return the steps to take while `name` is in force."""
        return [step for step in self.steps if step.posture == name]


@lru_cache(maxsize=64)
def parse(text: str) -> Playbook:
    """Read a playbook. Raises `PlaybookError` that names each fault with its place."""
    if len(text) > _LONGEST:
        raise PlaybookError([f"It is longer than {_LONGEST} characters."])
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaybookError([f"This is not TOML: {error}."]) from None
    except (RecursionError, ValueError):  # tomllib's own limits: too many brackets, a number of thousands of digits
        raise PlaybookError(["It is nested too deep, or holds a number that is too long."]) from None
    try:
        playbook = Playbook.model_validate(read)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise PlaybookError([f"{_place(fault['loc'])}: {fault['msg']}." for fault in faults[:_MOST_FAULTS]]) from None
    if playbook.effects_in(Name.CALM) != CALM:
        raise PlaybookError(["postures.calm: Calm changes nothing; put these lines into another posture."])
    keys = [step.key for step in playbook.steps]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise PlaybookError([f"steps: The key {key} is used twice." for key in twice])
    return playbook


@cache
def shipped() -> Mapping[str, str]:
    """Return the TOML of the playbooks that come with the product, by slug."""
    return {path.stem: path.read_text() for path in sorted(_SHIPPED.glob("*.toml"))}


def text_of(slug: str, version: int | None = None) -> tuple[str, int]:
    """Return a playbook's TOML and its version: the one in force, or an earlier one; 0 is as shipped.

    Raises `Refused` when there is none.
    """
    edits = PlaybookEdit.objects.filter(slug=slug).order_by("-version")
    edit = (edits if version is None else edits.filter(version=version)).first()
    if edit is not None:
        return edit.toml, edit.version
    if slug not in shipped() or version:
        raise Refused(f"There is no playbook called {slug}." if not version else f"{slug} has no version {version}.")
    return shipped()[slug], 0


def playbook(slug: str) -> Playbook:
    """Return a playbook as in force. Raises `Refused`, `PlaybookError`."""
    return parse(text_of(slug)[0])


@dataclass(frozen=True, slots=True)
class Listed:
    """A playbook in the list of all. `book` is `None` when it was kept by another version and cannot be read."""

    slug: str
    title: str
    book: Playbook | None


def all_playbooks() -> Sequence[Listed]:
    """Return every playbook in force, the usual one first. One that cannot be read hides none of the others."""
    slugs = {*shipped(), *PlaybookEdit.objects.values_list("slug", flat=True).distinct()}
    return [_listed(slug) for slug in sorted(slugs, key=lambda slug: (slug != "usual", slug))]


@transaction.atomic
def edit(*, slug: str, toml: str, by: int | None, seen_version: int) -> Playbook:
    """Keep a new version. It is in force for changes of posture from now on; the posture in force keeps its effects.

    Raises `PlaybookError`, and `Refused` when somebody edited it since version `seen_version`.
    """
    found = parse(toml)
    if found.slug != slug:
        raise PlaybookError([f"slug: This must stay {slug}."])
    newest = PlaybookEdit.objects.filter(slug=slug).aggregate(Max("version"))["version__max"] or 0
    try:
        if newest != seen_version:
            raise IntegrityError
        with transaction.atomic():
            PlaybookEdit.objects.create(slug=slug, version=newest + 1, toml=toml, by_id=by, at=now())
    except IntegrityError:
        raise Refused("Somebody edited this playbook in the meantime. Look at theirs first.") from None
    return found


def revert(*, slug: str, to_version: int, by: int | None, seen_version: int) -> Playbook:
    """Keep an earlier version (0: as shipped) as the newest one. Raises as `edit` does, and when there is none."""
    return edit(slug=slug, toml=text_of(slug, to_version)[0], by=by, seen_version=seen_version)


def begin(*, slug: str, title: str, by: int | None) -> Playbook:
    """Keep a new playbook that changes nothing yet. Raises `PlaybookError`, and `Refused` when there is one."""
    if slug in shipped():
        raise Refused(f"There is a playbook called {slug} already.")
    return edit(slug=slug, toml=f"slug = {_quoted(slug)}\ntitle = {_quoted(title)}\n", by=by, seen_version=0)


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a playbook, and who kept it when."""

    version: int
    at: datetime
    by: str


def history(slug: str) -> Sequence[Kept]:
    """Return the edits of a playbook, the newest first."""
    edits = PlaybookEdit.objects.filter(slug=slug).order_by("-version").select_related("by")
    return [Kept(each.version, each.at, each.by.name if each.by else "") for each in edits]


def written(effects: Effects) -> dict[str, object]:
    """Return effects as a row keeps them."""
    return asdict(effects)


def _listed(slug: str) -> Listed:
    try:
        found = playbook(slug)
    except PlaybookError:
        return Listed(slug, slug, None)
    return Listed(slug, found.title, found)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a TOML string, too


def _place(parts: Sequence[int | str]) -> str:
    return ".".join(str(part)[:60] for part in parts[:6]) or "playbook"
