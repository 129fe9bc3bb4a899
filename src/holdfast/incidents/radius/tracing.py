"""What somebody types about a photograph, a file or a code that turned up; and what came of it, with names to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from holdfast.conversations.lookups import id_of_number, numbers_of
from holdfast.guard.marks import traces
from holdfast.guard.marks.photos import Corners, NotReadable
from holdfast.guard.marks.reading import Asked
from holdfast.guard.marks.traces import Kept
from holdfast.guard.radius.contract import Question, Refused
from holdfast.incidents.radius import making
from holdfast.incidents.radius.choosing import Meant
from holdfast.kit.numbers import whole
from holdfast.people.queries import customer_with_reference, name_of, names_of, standing_of

_CORNERS = "120,80,1810,95,1790,1120,130,1100"


@dataclass(frozen=True, slots=True)
class Best:
    """How well one session fits: the z of the faint pattern and of the visible code, where they were looked for.

    `who` is empty unless it is the session that is named: how somebody else's fits is chance.
    """

    who: str
    session: str
    faint: float | None
    visible: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A trace for a page: `whose` is empty when nobody is named; `about` is what it was compared by, in words."""

    kept: Kept
    whose: str
    by: str
    about: tuple[str, ...]
    best: tuple[Best, ...]


def asked(
    *, case: str = "", customer: str = "", since: datetime | None = None, until: datetime | None = None,
    corners: str = "", size: str = "", code: str = "",
) -> Asked:  # fmt: skip
    """Take what somebody typed: a case's number, an account's reference, corners and a size. Raises `NotReadable`."""
    if since and until and since >= until:
        raise NotReadable("The time ends before it begins. Give the earlier one first.")
    spots = _numbers(corners, 8, _CORNERS) if corners else []
    sides = _numbers(size.replace("x", ","), 2, "1440x900") if size else []
    if sides and not all(0 < side <= 30_000 for side in sides):
        raise NotReadable("Give the size in CSS pixels, for example 1440x900.")
    return Asked(
        conversation_id=_case(case) if case else None,
        customer_id=_customer(customer) if customer else None,
        since=since,
        until=until,
        corners=_corners(spots) if spots else None,
        size=(round(sides[0]), round(sides[1])) if sides else None,
        code=code[:20],
    )


def shown(kept: Kept) -> Shown:
    """Return a trace with the names of this house."""
    names = names_of([each for each in (kept.agent_id, kept.by_id) if each is not None])
    whose = names.get(kept.agent_id, f"No. {kept.agent_id}") if kept.agent_id is not None else ""
    return Shown(
        kept=kept,
        whose=whose,
        by="the command line" if kept.by_id is None else names.get(kept.by_id, f"No. {kept.by_id}"),
        about=tuple(_about(kept)),
        best=tuple(
            Best(whose if session == kept.session else "", session, faint, visible)
            for session, _, faint, visible in kept.fits[:5]
        ),
    )


def question_of(kept: Kept) -> Question:
    """Return the blast radius that follows: of the named account, in whole minutes around what was shown.

    Raises `Refused`.
    """
    if kept.agent_id is None or kept.shown_first is None or kept.shown_last is None:
        raise Refused("It names nobody, so there is nobody to count for.")
    since = kept.shown_first.replace(second=0, microsecond=0)
    return Question(
        agents=(kept.agent_id,),
        since=since,
        until=kept.shown_last.replace(second=0, microsecond=0) + timedelta(minutes=1),
    )


def count(trace_id: UUID, *, by: int) -> UUID:
    """Count what follows from a trace; return the id of the report, in which it stands. Raises `Refused`."""
    kept = traces.trace(trace_id)
    if kept is None:
        raise Refused("There is no such trace.")
    return making.make(question_of(kept), by=by).id


def meant(trace_id: UUID) -> Meant | None:
    """Return the question that follows, to be looked over before it is asked; `None` when it names nobody."""
    kept = traces.trace(trace_id)
    if kept is None or kept.agent_id is None:
        return None
    asked_of = question_of(kept)
    return Meant(
        trace=trace_id,
        label=name_of(kept.agent_id),
        agents=asked_of.agents,
        since=asked_of.since,
        until=asked_of.until,
    )


def _about(kept: Kept) -> list[str]:
    by, said = kept.asked, []
    if by.conversation_id:
        number = numbers_of([by.conversation_id]).get(by.conversation_id)
        said.append(f"case {number}" if number else "one case")
    if by.customer_id:
        reference, _ = standing_of([by.customer_id]).get(by.customer_id, (None, None))
        said.append(f"customer {reference or by.customer_id}")
    said += [f"from {by.since:%Y-%m-%d %H:%M} UTC"] if by.since else []
    said += [f"to {by.until:%Y-%m-%d %H:%M} UTC"] if by.until else []
    said += [f"code {by.code}"] if by.code else []
    said += ["corners given"] if by.corners else []
    said += [f"size {by.size[0]} × {by.size[1]}"] if by.size else []
    return said or ["everybody who saw a value"]


def _case(text: str) -> UUID:
    number = whole(text, digits=18)
    case = id_of_number(number) if number is not None else None
    if case is None:
        raise NotReadable(f"There is no case {text[:20]}.")
    return case


def _customer(text: str) -> UUID:
    found = customer_with_reference(text[:40])
    if found is None:
        raise NotReadable(f"There is no customer with the reference {text[:40]}.")
    return found.id


def _corners(x: list[float]) -> Corners:
    return (x[0], x[1]), (x[2], x[3]), (x[4], x[5]), (x[6], x[7])


def _numbers(text: str, count: int, example: str) -> list[float]:
    try:
        found = [float(part) for part in text.replace(" ", ",").split(",") if part]
    except ValueError:
        found = []
    if len(found) != count or not all(abs(number) < 1e6 for number in found):
        raise NotReadable(f"Give {count} numbers, for example {example}.")
    return found
