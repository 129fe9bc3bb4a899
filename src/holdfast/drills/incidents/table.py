"""The scores of several teams beside each other, as a table, sentences and JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.table import Table

from holdfast.drills.incidents.scenario import Case, Record
from holdfast.drills.incidents.scores import Score
from holdfast.drills.incidents.timeline import Timeline

SYNTHETIC: Final = "synthetic: people, contacts and their curve are made up; no figures of contacts were published"
_ROWS: Final[Sequence[tuple[str, Callable[[Score], str]]]] = (
    ("fault to first public word", lambda one: lasted(one.first_public)),
    ("fault to first word to the affected", lambda one: lasted(one.first_affected)),
    ("longest gap between words", lambda one: lasted(one.longest_gap)),
    ("words (the house's own holding texts)", lambda one: f"{one.words} ({one.holding})"),
    ("promises kept / late / broken", lambda one: f"{one.kept} / {one.late} / {one.broken}"),
    ("told in person: affected, not affected", lambda one: f"{one.told_affected:,}, {one.told_unaffected:,}"),
    ("told the contrary of what is so", lambda one: f"{one.told_wrongly:,}"),
    ("questions no word spoke to", lambda one: f"{one.unanswered:,} of {one.questions:,}"),
    ("answered where they asked", lambda one: "not known" if one.answered is None else f"{one.answered:.0%}"),
    ("answered about something else", lambda one: f"{one.strangers:,}"),
    ("texts the house refused", lambda one: f"{one.refused}"),
    ("reached twice by one sending", lambda one: f"{one.twice}"),
    ("lost", lambda one: f"{one.lost}"),
)


def lasted(minutes: float | None) -> str:
    """Return a time as people say it."""
    if minutes is None:
        return "never"
    if minutes < 100:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


def table(scores: Sequence[Score], *, title: str) -> Table:
    """Return the table: a column per team."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    made.add_column("")
    for one in scores:
        made.add_column(one.team, justify="right", no_wrap=True)
    for head, told in _ROWS:
        made.add_row(head, *(told(one) for one in scores))
    return made


def sentences(one: Score, played: Timeline) -> list[str]:
    """Say which texts the house refused, by which rules, and the first sentence of each kind."""
    if not played.refusals:
        return [f"{one.team}: the house let everything out."]
    rules = ", ".join(f"{rule} {number}" for rule, number in one.rules)
    first = {each.sentence: each.at for each in reversed(played.refusals)}
    return [
        f"{one.team}: {one.refused} texts refused ({rules}).",
        *(f"  first at minute {at:.0f}: {sentence}" for sentence, at in sorted(first.items(), key=lambda e: e[1])[:4]),
    ]


def as_json(case: Case, *, seed: int, scale: float, plays: Sequence[tuple[Score, Timeline]]) -> dict[str, Any]:
    """Return a run as JSON values, always of the same shape and without our own time."""
    return {
        "drill": f"incident/{case.name}",
        "seed": seed,
        "scale": scale,
        "synthetic": True,
        "contacts": case.contacts.number,
        "each_stands_for": case.contacts.stands_for,
        "people": case.people.number,
        "sources": list(case.sources),
        "teams": [
            {
                **one.as_json(),
                "judged_words": _judged(case, one.team),
                "refusals": [
                    {"minute": round(each.at, 1), "rules": list(each.rules), "sentence": each.sentence}
                    for each in played.refusals
                ],
            }
            for one, played in plays
        ],
    }


def _judged(case: Case, team: str) -> int | None:
    """How many of a record's words are known, so that the house could judge them; nothing for other teams."""
    script = next(each for each in case.teams if each.name == team)
    return sum(bool(each.text) for each in case.words_of(script)) if isinstance(script, Record) else None
