"""Reads about templates and approvals: for screens, and for whoever needs an approved text filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.incidents.words.approvals import digest, unseen_of
from holdfast.incidents.words.contract import (
    AskView,
    OutgoingText,
    Role,
    SignatoryView,
    TemplateView,
    Use,
    VersionView,
)
from holdfast.incidents.words.errors import NotFound, Refused
from holdfast.incidents.words.filling import begun, filled
from holdfast.incidents.words.models import Approval, Ask, Forbidden, Signatory, Template, Version
from holdfast.kit.clock import now
from holdfast.people.queries import names_of


@dataclass(frozen=True, slots=True)
class Filling:
    """A template filled in, with its short name and version."""

    text: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """An approval that was given, and how it stands."""

    id: int
    about: str
    text: str
    locale: str
    segment: str
    role: Role
    jurisdiction: str
    by: str
    at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_why: str
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenView:
    """A statement that may not be made now."""

    id: int
    pattern: str
    is_expression: bool
    why: str
    asked_by: str
    jurisdiction: str
    locale: str
    until: datetime | None
    by: str
    at: datetime


def approved_fillings(use: Use, *, values: Mapping[str, Sequence[str]], at: datetime) -> dict[str, Filling]:
    """Return by language the newest approved version for `use`, filled in with the first of each of `values`.

    Approved is what communications, and legal where it was asked, stand for at `at`.
    """
    given = {name: known[0] for name, known in values.items() if known}
    found: dict[str, Filling] = {}
    for version in Version.objects.filter(template__use=use).select_related("template").order_by("-number", "-at"):
        if version.locale in found or Role.COMMUNICATIONS not in _approved(version, at=at):
            continue
        try:
            text = filled(version.body, values=given)
        except Refused:
            continue  # something it names is not known here
        found[version.locale] = Filling(text, f"{version.template.slug}/{version.locale}/{version.number}")
    return found


def beginnings(slug: str, *, values: Mapping[str, Mapping[str, str]]) -> dict[str, Filling]:
    """Return a template's newest version in each language, with what is known filled in; `values` by language and name.

    What is not known stays as a variable, and is refused if it is still there when the text leaves. Raises `NotFound`.
    """
    return {
        locale: Filling(begun(version.body, values=values.get(locale, {})), f"{slug}/{locale}/{version.number}")
        for locale, version in template(slug).versions.items()
    }


def templates() -> list[TemplateView]:
    """Return all templates with their newest versions, in the order of their use."""
    rows = list(Template.objects.prefetch_related("versions"))
    order = list(Use)
    return sorted((_template(row) for row in rows), key=lambda each: (order.index(each.use), each.title))


def template(slug: str) -> TemplateView:
    """Return a template. Raises `NotFound`."""
    row = Template.objects.filter(slug=slug).prefetch_related("versions").first()
    if row is None:
        raise NotFound(slug)
    return _template(row)


def versions(slug: str, locale: str) -> list[VersionView]:
    """Return the versions of a template in one language, the newest first."""
    rows = Version.objects.filter(template__slug=slug, locale=locale).select_related("template").order_by("-number")
    names = names_of([row.by_id for row in rows if row.by_id])
    return [_version(row, names) for row in rows]


def asks(*, agent_id: int | None = None, limit: int = 100) -> list[AskView]:
    """Return what waits for an approval, the oldest first; with `agent_id`, what waits for theirs."""
    rows = Ask.objects.filter(state=Ask.State.OPEN).order_by("at")
    if agent_id is not None:
        mine = list(Signatory.objects.filter(agent_id=agent_id, until=None).values_list("role", "jurisdiction"))
        chosen = [
            row for row in rows if any(row.role == role and place in {"", row.jurisdiction} for role, place in mine)
        ]
        return [_ask(row) for row in chosen[:limit]]
    return [_ask(row) for row in rows[:limit]]


def asked_about(subject: str) -> list[AskView]:
    """Return what was asked about a subject, the newest first."""
    return [_ask(row) for row in Ask.objects.filter(subject=subject).exclude(state="lapsed").order_by("-at")[:30]]


def one_ask(ask_id: object) -> AskView:
    """Return one ask. Raises `NotFound`."""
    row = Ask.objects.filter(pk=str(ask_id)).first()
    if row is None:
        raise NotFound(ask_id)
    return _ask(row)


def given(*, limit: int = 30) -> list[ApprovalView]:
    """Return the approvals that were given last."""
    rows = list(Approval.objects.order_by("-at", "-pk")[:limit])
    names, at = names_of([row.by_id for row in rows]), now()
    waiting = unseen_of(rows)
    about = {row.approval_id: row.about for row in Ask.objects.filter(approval__in=rows)}
    return [
        ApprovalView(
            id=row.pk, about=about.get(row.pk, row.subject), text=row.text, locale=row.locale, segment=row.segment,
            role=Role(row.role), jurisdiction=row.jurisdiction, by=names.get(row.by_id, ""), at=row.at,
            expires_at=row.expires_at, revoked_at=row.revoked_at, revoked_why=row.revoked_why,
            stands=_stands(row, at) and row.pk not in waiting,
        )
        for row in rows
    ]  # fmt: skip


def signatories() -> list[SignatoryView]:
    """Return who may approve, by role."""
    rows = list(Signatory.objects.filter(until=None).order_by("role", "since"))
    names = names_of([row.agent_id for row in rows])
    return [
        SignatoryView(
            id=row.pk, agent_id=row.agent_id, name=names.get(row.agent_id, ""), role=Role(row.role),
            jurisdiction=row.jurisdiction, since=row.since,
        )
        for row in rows
    ]  # fmt: skip


def roles_of(agent_id: int) -> list[Role]:
    """Return in which roles somebody approves."""
    rows = Signatory.objects.filter(agent_id=agent_id, until=None).values_list("role", flat=True)
    return sorted({Role(each) for each in rows}, key=list(Role).index)


def forbidden_now() -> list[ForbiddenView]:
    """Return what may not be said now, the newest first."""
    at = now()
    rows = [
        row for row in Forbidden.objects.filter(ended_at=None).order_by("-at") if row.until is None or row.until > at
    ]
    names = names_of([row.by_id for row in rows])
    return [
        ForbiddenView(
            id=row.pk, pattern=row.pattern, is_expression=row.is_expression, why=row.why, asked_by=row.asked_by,
            jurisdiction=row.jurisdiction, locale=row.locale, until=row.until, by=names.get(row.by_id, ""), at=row.at,
        )
        for row in rows
    ]  # fmt: skip


def _template(row: Template) -> TemplateView:
    newest: dict[str, Version] = {}
    for version in sorted(row.versions.all(), key=lambda each: each.number):
        newest[version.locale] = version
    names = names_of([each.by_id for each in newest.values() if each.by_id])
    views = {locale: _version(each, names) for locale, each in sorted(newest.items())}
    return TemplateView(slug=row.slug, title=row.title, use=Use(row.use), versions=views)


def _version(row: Version, names: Mapping[int, str]) -> VersionView:
    return VersionView(
        id=row.pk, template=row.template.slug, locale=row.locale, number=row.number, body=row.body,
        variables=row.variables, author=names.get(row.by_id or 0, ""), at=row.at, approved=_approved(row, at=now()),
    )  # fmt: skip


def _approved(row: Version, *, at: datetime) -> dict[str, datetime | None]:
    key = digest(OutgoingText(locale=row.locale, text=row.body))
    rows = list(Approval.objects.filter(digest=key))
    waiting = unseen_of(rows)
    return {each.role: each.expires_at for each in rows if _stands(each, at) and each.pk not in waiting}


def _stands(row: Approval, at: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > at)


def _ask(row: Ask) -> AskView:
    before = Approval.objects.filter(subject=row.subject, locale=row.locale, segment=row.segment).exclude(
        digest=row.digest
    )
    people = names_of([each for each in (row.by_id, row.decided_by_id) if each])
    return AskView(
        id=row.pk, subject=row.subject, about=row.about, locale=row.locale, segment=row.segment, text=row.text,
        role=Role(row.role), jurisdiction=row.jurisdiction, asked_by_id=row.by_id, asked_by=people.get(row.by_id, ""),
        writers=tuple(row.writers), at=row.at, state=row.state, answer=row.answer,
        decided_by=people.get(row.decided_by_id or 0, ""),
        decided_at=row.decided_at, before=before.order_by("-at").values_list("text", flat=True).first() or "",
    )  # fmt: skip
