"""Approvals for an exact text: who is needed, asking, approving, asking for a change, taking back, and what stands.

Any edit makes another text, and an approval is of the one that was read. A text that is an approved template filled in
with what stands in the ledger is as approved as the template. Whoever wrote a text does not approve it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from holdfast.guard.cutoff.second_look import cut_off_since, unseen
from holdfast.incidents.words import bell
from holdfast.incidents.words.contract import Missing, Need, OutgoingText, Role
from holdfast.incidents.words.errors import NotFound, Refused
from holdfast.incidents.words.filling import made_from
from holdfast.incidents.words.models import Approval, Ask, Reach, Signatory, Version
from holdfast.kit import outbox
from holdfast.kit.clock import now

LONGEST = timedelta(days=400)
"""How long an approval may hold: a template is read again once a year, with some weeks of grace."""
OUTBOX = "approval"
_BAD = 1


def digest(text: OutgoingText) -> str:
    """Return the SHA-256 of a text with its language and kind of reader; spaces around it do not count."""
    plain = text.text.replace("\r\n", "\n").strip()
    told = json.dumps([plain, text.locale.lower(), text.segment], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def needs(*, harm: str, severity: int, segment: str, jurisdictions: Sequence[str] = ()) -> list[Need]:
    """Return whose approval a text needs. Legal approves for each jurisdiction that is named.

    Where data or safety is at stake, somebody has to sign, whoever they are. Elsewhere a house in which nobody holds
    the role speaks without: people who wait for a word come first.
    """
    places = list(jurisdictions) or [""]
    legal = [Need(role=Role.LEGAL, jurisdiction=place) for place in places]
    told = Need(role=Role.COMMUNICATIONS)
    if harm == "data":
        return [*legal, Need(role=Role.SECURITY), told]
    if harm == "safety":
        return [*legal, told]
    alone = Need(role=Role.COMMUNICATIONS, waived_alone=True)
    if segment == "high_value":
        return [alone, Need(role=Role.EXECUTIVE, waived_alone=True)]
    return [alone] if severity <= _BAD or harm == "money" or segment else []


def standing(
    texts: Sequence[OutgoingText], *, needed: Sequence[Need], at: datetime, values: Mapping[str, Sequence[str]]
) -> list[Missing]:
    """Return which approvals the texts lack at `at`. `values`: what the variables of templates may be filled with.

    Inside a transaction the approvals that count stay as they are until it ends: one that is taken back at the same
    moment is taken back before, and counts, or after.
    """
    if not needed or not texts:
        return []
    out, found = cut_off_since(), []
    held = _held_roles({need.role for need in needed})
    able = _held_roles({need.role for need in needed}, without=out)
    given, waiting = _given(texts, values)
    for text, own in given:
        for need in needed:
            if any(_counts(row, need, at) for row in own if row.pk not in waiting):
                continue
            nobody = not _somebody(able, need)
            # Whoever alone signs and is cut off leaves no text without its approval.
            if need.waived_alone and not _somebody(held, need):
                continue
            found.append(Missing(text=text, need=need, lapsed=_lapsed(own, need, waiting), nobody=nobody))
    return found


def good_until(
    texts: Sequence[OutgoingText], *, needed: Sequence[Need], at: datetime, values: Mapping[str, Sequence[str]]
) -> datetime | None:
    """Return when the first of the approvals that the texts rest on at `at` runs out; `None` when none of them does."""
    if not needed:
        return None
    ends, (given, waiting) = [], _given(texts, values)
    for _, own in given:
        for need in needed:
            counting = [row.expires_at for row in own if _counts(row, need, at) and row.pk not in waiting]
            lasting = [end for end in counting if end is not None]
            if lasting and len(lasting) == len(counting):
                ends.append(max(lasting))
    return min(ends, default=None)


@transaction.atomic
def ask(
    *,
    subject: str,
    about: str,
    missing: Sequence[Missing],
    by: int,
    writers: Mapping[tuple[str, str], Collection[int]] | None = None,
) -> int:
    """Ask for the approvals that are missing and return how many were asked for newly. Raises `Refused`.

    `writers` says of a text, by language and kind of reader, who had a hand in it. What was asked for an earlier text
    of the same reader lapses.
    """
    moment, asked = now(), 0
    if not missing:
        raise Refused("Nothing has to be approved.")
    for each in missing:
        same = Ask.objects.select_for_update().filter(
            subject=subject, locale=each.text.locale, segment=each.text.segment,
            role=each.need.role, jurisdiction=each.need.jurisdiction, state=Ask.State.OPEN,
        )  # fmt: skip
        key = digest(each.text)
        hands = {*(writers or {}).get((each.text.locale, each.text.segment), ()), *_template_writer(subject, each.text)}
        waits = same.filter(digest=key).first()
        if waits is not None:
            waits.writers = sorted(hands.union(waits.writers))
            waits.save(update_fields=["writers"])
            continue
        same.update(state=Ask.State.LAPSED, decided_at=moment)
        _, made = Ask.objects.get_or_create(
            subject=subject, locale=each.text.locale, segment=each.text.segment,
            role=each.need.role, jurisdiction=each.need.jurisdiction, state=Ask.State.OPEN,
            defaults={
                "digest": key, "text": each.text.text, "about": about[:200], "by_id": by, "at": moment,
                "writers": sorted(hands),
            },
        )  # fmt: skip
        asked += made
    bell.forget()
    outbox.publish([(OUTBOX, {"kind": "asked"})])
    return asked


@transaction.atomic
def approve(*, ask_id: UUID, by: int, expires_in: timedelta) -> Approval:
    """Approve the text that was asked about, for so long. Raises `NotFound`, `Refused`."""
    row = _open(ask_id)
    if row.by_id == by:
        raise Refused("You asked for this approval. Somebody else gives it.")
    if not signs(agent_id=by, role=row.role, jurisdiction=row.jurisdiction):
        raise Refused(f"You do not approve for {Role(row.role).label.lower()}. Ask who keeps the settings.")
    if not timedelta() < expires_in <= LONGEST:
        raise Refused(f"An approval holds between a minute and {LONGEST.days} days.")
    for writer in row.writers:
        second_person(action="approve it", by=writer, second=by)
    moment = now()
    given = Approval.objects.create(
        digest=row.digest, text=row.text, locale=row.locale, segment=row.segment, subject=row.subject, role=row.role,
        jurisdiction=row.jurisdiction, by_id=by, at=moment, expires_at=moment + expires_in,
    )  # fmt: skip
    _decide(row, Ask.State.APPROVED, by=by, at=moment)
    row.approval = given
    row.save(update_fields=["approval"])
    return given


@transaction.atomic
def ask_for_change(*, ask_id: UUID, by: int, what: str) -> None:
    """Say in a sentence what has to change before the text is approved. Raises `NotFound`, `Refused`."""
    row = _open(ask_id)
    plain = " ".join(what.replace("\x00", "").split())
    if not plain or len(plain) > 280:
        raise Refused("Say in a sentence what has to change, in at most 280 characters.")
    if not signs(agent_id=by, role=row.role, jurisdiction=row.jurisdiction):
        raise Refused(f"You do not approve for {Role(row.role).label.lower()}. Ask who keeps the settings.")
    row.answer = plain
    _decide(row, Ask.State.CHANGE, by=by, at=now())
    row.save(update_fields=["answer"])


@transaction.atomic
def revoke(*, approval_id: int, by: int, why: str) -> None:
    """Take an approval back, with the reason: from now on nothing leaves by it. Raises `NotFound`, `Refused`."""
    row = Approval.objects.select_for_update().filter(pk=approval_id).first()
    if row is None:
        raise NotFound(approval_id)
    plain = " ".join(why.replace("\x00", "").split())
    if not plain or len(plain) > 280:
        raise Refused("Say in a sentence why it is taken back, in at most 280 characters.")
    if row.revoked_at is not None:
        raise Refused("This approval was taken back already.")
    if row.by_id != by and not signs(agent_id=by, role=row.role, jurisdiction=row.jurisdiction):
        raise Refused(f"Only somebody who approves for {Role(row.role).label.lower()} can take it back.")
    row.revoked_at, row.revoked_by_id, row.revoked_why = now(), by, plain
    row.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
    bell.forget()
    outbox.publish([(OUTBOX, {"kind": "revoked"})])


def second_person(*, action: str, by: int | None, second: int) -> None:
    """Refuse `action` when the person who would allow it is the one who prepared it. Raises `Refused`."""
    if by == second:
        raise Refused(f"You had a hand in these words, so somebody else has to {action}.")


def signs(*, agent_id: int, role: str, jurisdiction: str = "") -> bool:
    """Tell whether somebody may approve in a role: anywhere, or where it is asked for."""
    rows = Signatory.objects.filter(agent_id=agent_id, role=role, until=None)
    return rows.filter(jurisdiction__in=["", jurisdiction]).exists()


@transaction.atomic
def set_reach(*, subject: str, jurisdictions: Iterable[str], by: int) -> None:
    """Say in which jurisdictions what is said about a subject is read. Raises `Refused`."""
    places = sorted({each.strip().upper() for each in jurisdictions if each.strip()})
    if any(len(each) > 10 or not each.replace("-", "").isalnum() for each in places):
        raise Refused("Write jurisdictions as DE, BR or US-CA, with commas between them.")
    Reach.objects.update_or_create(subject=subject, defaults={"jurisdictions": places, "by_id": by, "at": now()})


def reach_of(subject: str) -> list[str]:
    """Return the jurisdictions that were named for a subject; empty when none were."""
    found = Reach.objects.filter(subject=subject).values_list("jurisdictions", flat=True).first()
    return list(found or [])


def _open(ask_id: UUID) -> Ask:
    row = Ask.objects.select_for_update(of=("self",)).filter(pk=ask_id).first()
    if row is None:
        raise NotFound(ask_id)
    if row.state != Ask.State.OPEN:
        raise Refused("This was decided, or the text was changed, meanwhile. Look at what waits now.")
    return row


def _decide(row: Ask, state: Ask.State, *, by: int, at: datetime) -> None:
    row.state, row.decided_by_id, row.decided_at = state, by, at
    row.save(update_fields=["state", "decided_by", "decided_at"])
    bell.forget()
    outbox.publish([(OUTBOX, {"kind": state.value})])


def _template_writer(subject: str, text: OutgoingText) -> list[int]:
    """Return who wrote the version of a template that is asked about."""
    if not subject.startswith("template:"):
        return []
    slug = subject.removeprefix("template:")
    rows = Version.objects.filter(template__slug=slug, locale=text.locale, body=text.text).order_by("-number")
    return [by for by in rows.values_list("by_id", flat=True)[:1] if by is not None]


def _given(
    texts: Sequence[OutgoingText], values: Mapping[str, Sequence[str]]
) -> tuple[list[tuple[OutgoingText, list[Approval]]], set[int]]:
    """Return each text with the approvals that were given for it or for a template it is a filling of, all locked.

    And which of them wait for a second look.
    """
    with transaction.atomic():
        templates = _templates(texts, values)
        wanted = {digest(text) for text in texts} | {key for keys in templates.values() for key in keys}
        rows = list(Approval.objects.select_for_update(no_key=True).filter(digest__in=wanted).order_by("pk"))
    waiting = unseen_of(rows)
    mine = {digest(text): {digest(text), *templates.get(digest(text), ())} for text in texts}
    return [(text, [row for row in rows if row.digest in mine[digest(text)]]) for text in texts], waiting


def unseen_of(rows: Sequence[Approval]) -> set[int]:
    """Return which of these approvals do not count now: whoever gave one is cut off, or whose words it is of since."""
    out = cut_off_since()
    if not out:
        return set()
    hands: dict[int, set[int]] = {}
    for approval_id, writers in Ask.objects.filter(approval__in=rows).values_list("approval_id", "writers"):
        hands.setdefault(approval_id, set()).update(writers)
    return {row.pk for row in rows if unseen(by=row.by_id, at=row.at, hands=hands.get(row.pk, ()), since=out)}


def _counts(row: Approval, need: Need, at: datetime) -> bool:
    return (
        row.role == need.role
        and row.jurisdiction in {"", need.jurisdiction}
        and row.revoked_at is None
        and (row.expires_at is None or row.expires_at > at)
    )


def _lapsed(rows: Sequence[Approval], need: Need, waiting: Collection[int]) -> str:
    near = [row for row in rows if row.role == need.role and row.jurisdiction in {"", need.jurisdiction}]
    newest = max(near, key=lambda row: row.at, default=None)
    if newest is None:
        return ""
    if newest.revoked_at is not None:
        return f"It was taken back: {newest.revoked_why}"
    if newest.pk in waiting:
        return "Whoever wrote or approved it is cut off, so somebody else looks at it."
    return f"It expired at {newest.expires_at:%Y-%m-%d %H:%M} UTC."


def _held_roles(roles: set[Role], *, without: Collection[int] = ()) -> set[tuple[str, str]]:
    held = Signatory.objects.filter(role__in=roles, until=None).exclude(agent_id__in=list(without))
    return set(held.values_list("role", "jurisdiction"))


def _somebody(held: set[tuple[str, str]], need: Need) -> bool:
    return any(role == need.role and place in {"", need.jurisdiction} for role, place in held)


def _templates(texts: Sequence[OutgoingText], values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return for each text the digests of the versions it is a filling of."""
    approved = Approval.objects.filter(subject__startswith="template:", revoked_at=None).values_list("text", "locale")
    bodies: dict[str, set[str]] = {}
    for body, locale in approved:
        bodies.setdefault(locale, set()).add(body)
    found: dict[str, list[str]] = {}
    for text in texts:
        fits = [body for body in bodies.get(text.locale, ()) if made_from(text.text, body=body, values=values)]
        found[digest(text)] = [digest(OutgoingText(locale=text.locale, text=body)) for body in fits]
    return found
