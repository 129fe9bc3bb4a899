"""Which conversations are about an incident: by a person's word, by look-alikes, by words that name it.

A conversation is about one incident at most. What a person took out is not linked to the same incident again by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from holdfast.incidents import matching
from holdfast.incidents.changes import done, held, note, tell
from holdfast.incidents.errors import NotFound, Refused
from holdfast.incidents.models import Incident, Link, Matcher
from holdfast.kit.clock import now
from holdfast.posture.errors import Refused as NotDeclared
from holdfast.shield import alike, declared
from holdfast.shield.traits import phrase_terms

MOST_PHRASES = 20
_LONGEST_PHRASE = 80  # characters
_CHUNK = 5_000
_DECLARED_FOR = timedelta(hours=24)
_INSERT = """
INSERT INTO incidents_link (incident_id, conversation_id, how, linked_at, by_id)
SELECT %s, id, %s, %s, %s FROM unnest(%s::uuid[]) AS new(id)
WHERE NOT EXISTS (SELECT 1 FROM incidents_link AS old WHERE old.conversation_id = new.id
                  AND old.incident_id = %s AND old.unlinked_at IS NOT NULL)
ON CONFLICT (conversation_id) WHERE unlinked_at IS NULL DO NOTHING
"""


@transaction.atomic
def link_many(*, incident_id: UUID, conversation_ids: Sequence[UUID], how: str, by: int | None) -> int:
    """Link conversations to an incident and return how many were new. Raises `NotFound`, `Refused`."""
    _open(incident_id)
    number = _insert(incident_id, conversation_ids, how=how, by=by)
    if number:
        note(incident_id, kind="link", what=f"{number} {_conversations(number)} linked.", by=by)
        tell(incident_id, kind="links")
    return number


def link_person(*, incident_id: UUID, conversation_id: UUID, by: int) -> None:
    """Link one conversation because a person says so, even after it was taken out. Raises `NotFound`, `Refused`."""
    with transaction.atomic():
        _open(incident_id)
        elsewhere = Link.objects.filter(conversation_id=conversation_id, unlinked_at=None).first()
        if elsewhere is not None and elsewhere.incident_id == incident_id:
            return
        if elsewhere is not None:
            raise Refused(f"It is about incident {elsewhere.incident.number}. Take it out there first.")
        Link.objects.create(
            incident_id=incident_id, conversation_id=conversation_id, how=Link.How.PERSON, linked_at=now(), by_id=by
        )
        tell(incident_id, kind="links")


def link_cluster(*, incident_id: UUID, sample: UUID, since: datetime, by: int) -> int:
    """Link every conversation since then that reads like `sample`, and those to come. Returns how many were new.

    Raises `NotFound`, and `Refused` when nothing was counted of the sample yet.
    """
    signature = alike.signature_of(sample)
    if not signature:
        raise Refused("Nothing is known of how this conversation reads yet. Try again in a moment, or link it alone.")
    found = [sample, *alike.alike(signature, since=since)]
    with transaction.atomic():
        _match(incident_id, by=by, signature=signature)
        return link_many(
            incident_id=incident_id, conversation_ids=list(dict.fromkeys(found)), how=Link.How.CLUSTER, by=by
        )


def link_words(*, incident_id: UUID, phrases: Sequence[str], since: datetime, by: int) -> int:
    """Link every conversation since then that has one of `phrases`, and those to come. Returns how many were new.

    The matter is declared to the shield with it: whoever writes about it is explained. Raises `NotFound`, `Refused`.
    """
    said = tuple(dict.fromkeys(plain for phrase in phrases if (plain := " ".join(phrase.split()))))
    if not said or len(said) > MOST_PHRASES or any(len(p) > _LONGEST_PHRASE or not phrase_terms(p) for p in said):
        raise Refused(f"Name it in 1 to {MOST_PHRASES} phrases of a word or a few that people use for it.")
    found = alike.naming(said, since=since)
    with transaction.atomic():
        _match(incident_id, by=by, phrases=said)
        try:
            declared.declare(phrases=said, by=by, lasts=_DECLARED_FOR)
        except NotDeclared as refused:
            raise Refused(refused.sentence) from refused
        return link_many(incident_id=incident_id, conversation_ids=found, how=Link.How.WORDS, by=by)


@transaction.atomic
def unlink(*, conversation_id: UUID, by: int) -> None:
    """Take a conversation out: it is about something else. Raises `NotFound`."""
    link = Link.objects.select_for_update().filter(conversation_id=conversation_id, unlinked_at=None).first()
    if link is None:
        raise NotFound(conversation_id)
    link.unlinked_at = now()
    link.save(update_fields=["unlinked_at"])
    tell(link.incident_id, kind="links")


@transaction.atomic
def stop_matching(*, matcher_id: int, by: int) -> None:
    """Let nothing more be linked by this; what is linked stays. Raises `NotFound`."""
    matcher = Matcher.objects.filter(pk=matcher_id, ended_at=None).first()
    if matcher is None:
        raise NotFound(matcher_id)
    incident = held(matcher.incident_id)
    matcher.ended_at = now()
    matcher.save(update_fields=["ended_at"])
    what = ", ".join(matcher.phrases) or "look-alikes of one conversation"
    note(incident.pk, kind="link", what=f"New contacts are not linked any more by: {what}.", by=by)
    done(incident, kind="links")
    transaction.on_commit(matching.forget)


def link_new(texts: Sequence[tuple[UUID, str]]) -> int:
    """In triage's transaction: link conversations whose new words are about an open incident. Returns how many.

    Costs nothing while no incident is open or none has matchers.
    """
    by_incident: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for conversation_id, incident_id, how in matching.match(texts):
        by_incident[incident_id, how].append(conversation_id)
    linked = 0
    for (incident_id, how), ids in by_incident.items():
        number = _insert(incident_id, ids, how=how, by=None)
        linked += number
        if number:
            tell(incident_id, kind="links")
    return linked


def _open(incident_id: UUID) -> None:
    # Not locked: thousands of contacts a minute are linked while people write the update.
    incident = Incident.objects.filter(pk=incident_id).only("resolved_at", "number").first()
    if incident is None:
        raise NotFound(incident_id)
    if incident.resolved_at is not None:
        raise Refused(f"Incident {incident.number} is over. Open it again with an update, or declare a new one.")


def _match(incident_id: UUID, *, by: int, phrases: Sequence[str] = (), signature: Sequence[int] = ()) -> None:
    _open(incident_id)
    Matcher.objects.create(
        incident_id=incident_id, phrases=list(phrases), signature=list(signature), since=now(), by_id=by
    )
    transaction.on_commit(matching.forget)


def _insert(incident_id: UUID, conversation_ids: Sequence[UUID], *, how: str, by: int | None) -> int:
    number, at = 0, now()
    for start in range(0, len(conversation_ids), _CHUNK):
        chunk = list(conversation_ids[start : start + _CHUNK])
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [incident_id, how, at, by, chunk, incident_id])
            number += cursor.rowcount
    return number


def _conversations(number: int) -> str:
    return "conversation" if number == 1 else "conversations"
