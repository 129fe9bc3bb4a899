"""What the pages about cut-offs show: names to the ids that `guard.cutoff` keeps."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.desk.queries import queue_names
from holdfast.guard.cutoff import queries
from holdfast.guard.cutoff.models import Kind, Scope, What
from holdfast.guard.cutoff.queries import CutOff, Request
from holdfast.people.cut_off_targets import Choice, groups, people_named
from holdfast.people.cutting_off import OPERATOR
from holdfast.people.queries import names_of

_WHOSE = {Scope.VENDOR: "Employer", Scope.SITE: "Site", Scope.TEAM: "Team", Scope.AGENT: "Person"}
_KINDS = dict(Kind.choices)


@dataclass(frozen=True, slots=True)
class Row:
    """One cut-off in the list."""

    cut: CutOff
    whose: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Group:
    """The things of one kind that can be cut off."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """The page with everything that can be cut off, and everything that is or was."""

    in_force: tuple[Row, ...]
    past: tuple[Row, ...]
    groups: tuple[Group, ...]
    text: str
    people: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Back:
    """One thing that two people can take back. `asked` while somebody has asked for it and the reader may answer."""

    what: str
    title: str
    detail: str
    asked: Request | None
    asked_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what was asked and agreed."""

    request: Request
    title: str
    by: str
    agreed_by: str


@dataclass(frozen=True, slots=True)
class One:
    """One cut-off: what ended, where the cases went, what is frozen, who can take it back."""

    row: Row
    people: tuple[str, ...]
    pool: str
    digest: str
    backs: tuple[Back, ...]
    said: tuple[Said, ...]


def home(*, text: str) -> Home:
    """Return the first page; with `text` people by that name or address too."""
    rows = _rows(queries.cut_offs())
    found = groups()
    kinds = ((Scope.VENDOR, "Employers"), (Scope.SITE, "Sites"), (Scope.TEAM, "Teams"))
    return Home(
        in_force=tuple(row for row in rows if row.cut.in_force),
        past=tuple(row for row in rows if not row.cut.in_force),
        groups=tuple(Group(title, tuple(each for each in found if each.target.scope == kind)) for kind, title in kinds),
        text=text,
        people=tuple(people_named(text)) if text else (),
    )


def one(number: int, *, reader: int) -> One | None:
    """Return the page of one cut-off, `None` when there is no such number."""
    cut = queries.cut_off(number)
    if cut is None:
        return None
    asked, frozen = queries.requests(number), queries.evidence_of(number)
    ids = queries.covered(number)
    names = names_of([*ids, *(each.by_id for each in asked), *(each.agreed_by_id or 0 for each in asked)])
    names[OPERATOR] = "the operator"
    return One(
        row=_rows([cut])[0],
        people=tuple(sorted(names.get(agent_id, "?") for agent_id in ids)),
        pool=queue_names().get(cut.pool_id, "") if cut.pool_id is not None else "",
        digest=frozen[1] if frozen else "",
        backs=tuple(_backs(cut, asked, names, reader)),
        said=tuple(
            Said(
                each,
                What(each.what).label,
                names.get(each.by_id, "?"),
                names.get(each.agreed_by_id, "?") if each.agreed_by_id is not None else "",
            )
            for each in asked
        ),
    )


def _rows(cuts: list[CutOff]) -> list[Row]:
    names = names_of([cut.by_id for cut in cuts if cut.by_id is not None])
    return [
        Row(
            cut=cut,
            whose=_WHOSE[Scope(cut.scope)],
            kind=_KINDS[cut.kind],
            by=names.get(cut.by_id, "?") if cut.by_id is not None else "the operator",
        )
        for cut in cuts
    ]


def _backs(cut: CutOff, asked: list[Request], names: dict[int, str], reader: int) -> list[Back]:
    details = {
        What.UNDO: "They can sign in again. Sessions, links and API tokens from before stay ended, and their cases stay"
        " where they are.",
        What.LIFT_HOLD: "Customers in the evidence can be erased again when they ask for it. The log and the frozen"
        " digest stay.",
    }
    left = {What.UNDO: cut.ended_at is None, What.LIFT_HOLD: cut.hold_lifted_at is None}
    return [_back(what, details[what], asked, names, reader) for what in What if left[what]]


def _back(what: What, detail: str, asked: list[Request], names: dict[int, str], reader: int) -> Back:
    waiting = next((each for each in asked if each.open and each.what == what), None)
    return Back(
        what=what,
        title=what.label,
        detail=detail,
        asked=waiting,
        asked_by=names.get(waiting.by_id, "?") if waiting else "",
        mine=waiting is not None and waiting.by_id == reader,
    )
