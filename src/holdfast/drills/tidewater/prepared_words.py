"""The words of the made-up bank: written by its lead, approved by those who sign, and one that still waits."""

from __future__ import annotations

from datetime import timedelta

from holdfast.incidents.words import approvals, forbidden, library, signatories, templates
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role, TemplateView
from holdfast.people.queries import ids_of_emails

_WRITES, _SIGNS, _SECURITY = "dara@tidewater.example", "ruth@tidewater.example", "sunniva@tidewater.example"
_ALL = (Role.LEGAL, Role.SECURITY, Role.COMMUNICATIONS)
_APPROVED = {"first-word": _ALL[2:], "first-word-open": _ALL, "holding": _ALL[2:], "resolved": _ALL[2:]}
_WAITING = {"breach-affected": (Role.LEGAL,)}


def write_words() -> int:
    """Take up the templates, name who signs, have some approved; return how many there are, 0 when they were there."""
    people = ids_of_emails([_WRITES, _SIGNS, _SECURITY])
    writes, signs = people[_WRITES], people[_SIGNS]
    count = templates.take_seeds(by=writes)
    if not count:
        return 0
    for role in (Role.LEGAL, Role.COMMUNICATIONS, Role.EXECUTIVE):
        signatories.name(agent_id=signs, role=role, jurisdiction="", by=signs)
    signatories.name(agent_id=people[_SECURITY], role=Role.SECURITY, jurisdiction="", by=signs)
    for slug, roles in _APPROVED.items():
        _ask(library.template(slug), roles, by=writes)
    for person in (signs, people[_SECURITY]):
        for ask in library.asks(agent_id=person):
            approvals.approve(ask_id=ask.id, by=person, expires_in=timedelta(days=365))
    for slug, roles in _WAITING.items():
        _ask(library.template(slug), roles, by=writes)
    forbidden.forbid(
        pattern="no customer data was affected",
        is_expression=False,
        why="It is certain only when the logs have been read to the end; say what is known instead",
        asked_by="Counsel",
        by=writes,
    )
    return count


def _ask(shown: TemplateView, roles: tuple[Role, ...], *, by: int) -> None:
    missing = [
        Missing(text=OutgoingText(locale=locale, text=version.body), need=Need(role=role))
        for locale, version in shown.versions.items()
        for role in roles
    ]
    approvals.ask(subject=f"template:{shown.slug}", about=f"Template: {shown.title}", missing=missing, by=by)
