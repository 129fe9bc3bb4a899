"""Which conversation does a contact belong to? Its thread keys say so, where they can be believed.

Believed from anybody: a verified reply token, a signed chat session, and the Message-ID of a mail we sent (74 random
bits that only its reader knows). A mail key made by others can be known to bystanders or guessed: it is believed for
the conversation's own customer only. A stranger who names one gets a conversation of their own with a note for the
agent, so nobody can listen in on a thread by naming it.

While the line is ordered by need an account has one case in it: what its customer writes beside that joins it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from holdfast.conversations.models import Conversation, Message, ThreadKey
from holdfast.conversations.subjects import normalised
from holdfast.conversations.to_thread import ToThread
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7
from holdfast.posture.current import current

RECENTLY_CLOSED = timedelta(days=14)
_LONGEST_KEY = 300
_KEYS_PER_CONTACT = 30
_REMEMBERED_REFERENCES = 3
_CANDIDATES_PER_CUSTOMER = 20
_PROVEN = 2  # the level of `people.identify` that is more than a claim
_OURS = re.compile(r"^mail:([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})@(.+)$")


@dataclass(slots=True)
class Home:
    """Where one contact goes. `link` is a conversation it named without being believed."""

    conversation_id: UUID
    is_new: bool
    link: UUID | None = None


@dataclass(slots=True)
class _Candidate:
    """What has to be known of a conversation to decide whether a contact belongs to it."""

    id: UUID
    customer_id: UUID | None
    kind: str
    subject: str = ""


@dataclass(slots=True)
class _Known:
    candidate: _Candidate
    seen: bool
    ours: bool = False


@dataclass(slots=True)
class _Plan:
    homes: list[Home] = field(default_factory=list)
    claims: dict[str, tuple[UUID, bool]] = field(default_factory=dict)
    """Keys to store: whose they are, and whether the contact is what they name."""
    confirmed: dict[str, UUID] = field(default_factory=dict)
    """Keys that were only referred to, and now have what they name."""


def spelled(key: str) -> str:
    """Return the key as stored: without angle brackets, NULs and spaces; one too long for its column is hashed."""
    scheme, _, value = key.replace("\x00", "").partition(":")
    key = f"{scheme}:{value.strip().strip('<>').strip()}"
    if len(key) > _LONGEST_KEY:
        return f"{key[:200]}#{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    return key


def remember(*, conversation_id: UUID, keys: Iterable[str]) -> None:
    """Let later contacts that name one of `keys` find this conversation. A key that somebody has stays theirs."""
    rows = [ThreadKey(key=key, conversation_id=conversation_id) for key in sorted({spelled(key) for key in keys})]
    ThreadKey.objects.bulk_create(rows, ignore_conflicts=True)


def find_homes(items: Sequence[ToThread]) -> list[Home]:
    """Decide for each item, in order, and store its keys; inside the caller's transaction.

    When another worker stores one of the keys first, its choice is read and everything decided again.
    """
    keys = [_keys_of(item) for item in items]
    fallbacks = _same_customer(items)
    in_line = _in_line(items) if current().effects.room == "by_need" else None
    for _ in range(10):
        plan = _decide(items, keys, _look_up(keys), fallbacks, in_line)
        if _store(plan):
            return plan.homes
    raise RuntimeError("The thread keys of this batch keep changing hands.")


@dataclass(frozen=True, slots=True)
class _Keys:
    named: tuple[str, ...]
    own: tuple[str, ...]


def _keys_of(item: ToThread) -> _Keys:
    named = tuple(dict.fromkeys(map(spelled, item.thread)))[:_KEYS_PER_CONTACT]
    # A chat session or an API reference is what it names, whichever way the channel says it.
    own = [*map(spelled, item.own), *(key for key in named if key.startswith(("chat:", "api:")))]
    return _Keys(named, tuple(key for key in dict.fromkeys(own) if not key.startswith("reply:"))[:_KEYS_PER_CONTACT])


def _look_up(keys: Sequence[_Keys]) -> dict[str, _Known]:
    asked = {key for each in keys for key in (*each.named, *each.own)}
    found: dict[str, tuple[UUID, bool, bool]] = {}
    stored = ThreadKey.objects.filter(key__in=[key for key in asked if not key.startswith("reply:")])
    for key, conversation_id, seen in stored.values_list("key", "conversation_id", "seen"):
        found[key] = (conversation_id, seen, key.startswith("chat:"))
    for key in asked:
        if key.startswith("reply:"):
            try:
                found[key] = (UUID(key.removeprefix("reply:")), True, True)
            except ValueError:
                continue
    found |= _mails_we_sent(asked)
    candidates = _candidates({conversation_id for conversation_id, _, _ in found.values()})
    return {
        key: _Known(candidates[conversation_id], seen, ours)
        for key, (conversation_id, seen, ours) in found.items()
        if conversation_id in candidates
    }


def _mails_we_sent(keys: Iterable[str]) -> dict[str, tuple[UUID, bool, bool]]:
    """Find the conversations of mails that left here: their Message-ID is the delivery's id at our domain."""
    deliveries = {
        UUID(match[1]): key for key in keys if (match := _OURS.match(key)) and match[2] == settings.MAIL_DOMAIN
    }
    if not deliveries:
        return {}
    rows = Message.objects.filter(deliveries__pk__in=list(deliveries)).values_list("deliveries__pk", "conversation_id")
    return {deliveries[delivery]: (conversation_id, True, True) for delivery, conversation_id in rows}


def _candidates(ids: set[UUID]) -> dict[UUID, _Candidate]:
    """Read conversations, each under its own id; one that was merged stands for what it was merged into."""
    found: dict[UUID, _Candidate] = {}
    merged: dict[UUID, UUID] = {}
    asked = set(ids)
    while asked:
        read = Conversation.objects.filter(pk__in=asked).values_list("id", "customer_id", "kind", "merged_into_id")
        rows: list[tuple[UUID, UUID | None, str, UUID | None]] = list(read)
        asked = set()
        for id_, customer_id, kind, merged_into in rows:
            if merged_into is None:
                found[id_] = _Candidate(id_, customer_id, kind)
            else:
                merged[id_] = merged_into
                asked.add(merged_into)
        asked -= found.keys() | merged.keys()
    for id_ in ids & merged.keys():
        end = id_
        while end in merged:
            end = merged[end]
        if end in found:
            found[id_] = found[end]
    return found


def _same_customer(items: Sequence[ToThread]) -> dict[tuple[UUID, str, bool], _Candidate]:
    """Read the mail conversations a subject may belong to: same customer, not closed for more than two weeks."""
    customers = {item.customer_id for item in items if item.customer_id and _by_subject(item)}
    if not customers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recent.id, recent.customer_id, recent.kind, recent.subject FROM unnest(%s::uuid[]) AS asked(id)"
            " CROSS JOIN LATERAL (SELECT id, customer_id, kind, subject, state, channel, merged_into_id"
            "  FROM conversations_conversation WHERE customer_id = asked.id"
            "  ORDER BY last_message_at DESC, id DESC LIMIT %s) AS recent"
            " WHERE recent.channel = 'email' AND recent.merged_into_id IS NULL AND recent.kind <> 'unreadable'"
            " AND (recent.state <> 'closed' OR EXISTS (SELECT FROM conversations_closure AS closure"
            "  WHERE closure.conversation_id = recent.id AND closure.reopened_at IS NULL AND closure.at > %s))",
            [list(customers), _CANDIDATES_PER_CUSTOMER, now() - RECENTLY_CLOSED],
        )
        rows = cursor.fetchall()
    found: dict[tuple[UUID, str, bool], _Candidate] = {}
    for id_, customer_id, kind, subject in rows:
        if words := normalised(subject):
            found.setdefault((customer_id, words, kind == "machine"), _Candidate(id_, customer_id, kind, subject))
    return found


def _in_line(items: Sequence[ToThread]) -> dict[UUID, _Candidate]:
    """Read the case each customer has in line. Their next contacts are held until this transaction ends."""
    customers = sorted({item.customer_id for item in items if item.customer_id and _may_join_any(item)})
    if not customers:
        return {}
    with connection.cursor() as cursor:
        # Another worker may put a case of the same customer in line at this moment.
        cursor.execute("SELECT FROM people_customer WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [customers])
        cursor.execute(
            "SELECT conversation.id, conversation.customer_id, conversation.kind"
            " FROM conversations_conversation AS conversation JOIN conversations_place AS place"
            "  ON place.conversation_id = conversation.id AND place.left_at IS NULL"
            " WHERE conversation.customer_id = ANY(%s) AND conversation.kind = 'matter' ORDER BY place.joined_at DESC",
            [customers],
        )
        return {customer_id: _Candidate(id_, customer_id, kind) for id_, customer_id, kind in cursor.fetchall()}


def _may_join_any(item: ToThread) -> bool:
    """Tell whether a contact may join its customer's case unnamed. A chat shows that case: it takes a proven one."""
    spoken = item.kind in {"message", "person_request"}
    return spoken and (item.channel != "chat" or item.details.get("level") == _PROVEN)


def _by_subject(item: ToThread) -> bool:
    return item.channel == "email" and item.kind != "unreadable" and bool(normalised(item.subject[:200]))


def _decide(
    items: Sequence[ToThread],
    keys: Sequence[_Keys],
    known: Mapping[str, _Known],
    fallbacks: Mapping[tuple[UUID, str, bool], _Candidate],
    in_line: Mapping[UUID, _Candidate] | None,
) -> _Plan:
    plan = _Plan()
    at_hand = dict(known)
    by_subject = dict(fallbacks)
    by_customer = dict(in_line or {})
    for item, its in zip(items, keys, strict=True):
        named = [at_hand[key] for key in (*its.own, *its.named) if key in at_hand]
        believed = next((entry for entry in named if _believed(entry, item)), None)
        subject = (item.customer_id, normalised(item.subject[:200]), item.is_machine) if _by_subject(item) else None
        candidate = believed.candidate if believed else by_subject.get(subject) if subject else None  # type: ignore[arg-type]
        doubted = next((entry.candidate.id for entry in named if entry.seen and not believed), None)
        alone = item.customer_id if in_line is not None and _may_join_any(item) else None
        if candidate is None and alone:
            candidate = by_customer.get(alone)
        is_new = candidate is None
        if candidate is None:
            candidate = _Candidate(uuid7(), item.customer_id, "machine" if item.is_machine else "matter")
        plan.homes.append(Home(candidate.id, is_new, None if doubted == candidate.id else doubted))
        if subject and subject[0] and item.kind != "unreadable":
            by_subject.setdefault((subject[0], subject[1], subject[2]), candidate)
        if alone:
            by_customer.setdefault(alone, candidate)
        _claim(plan, at_hand, its, candidate)
    new = {home.conversation_id for home in plan.homes if home.is_new}
    for home in plan.homes:
        home.is_new = home.conversation_id in new
    return plan


def _believed(entry: _Known, item: ToThread) -> bool:
    candidate = entry.candidate
    if item.is_machine:
        return True  # recorded inside, shown to agents only; a bounce never comes from the customer it is about
    if candidate.kind == "machine":
        return False
    if entry.ours:
        return True
    return item.customer_id is not None and candidate.customer_id == item.customer_id


def _claim(plan: _Plan, at_hand: dict[str, _Known], its: _Keys, candidate: _Candidate) -> None:
    for key in its.own:
        held = at_hand.get(key)
        if held is not None and not held.seen:
            plan.confirmed[key] = candidate.id
            if key in plan.claims:
                plan.claims[key] = (candidate.id, True)
        if held is None:
            plan.claims[key] = (candidate.id, True)
        if held is None or not held.seen:
            at_hand[key] = _Known(candidate, seen=True, ours=key.startswith("chat:"))
        # Otherwise somebody else's contact has this key and keeps it.
    # An answer can overtake what it answers: remember what it refers to, so that the two meet here.
    for key in [key for key in its.named if key.startswith("mail:")][:_REMEMBERED_REFERENCES]:
        if key not in at_hand:
            plan.claims[key] = (candidate.id, False)
            at_hand[key] = _Known(candidate, seen=False)


def _store(plan: _Plan) -> bool:
    """Store the plan's keys. Tell whether all are ours; if not, whoever was faster has committed and can be read."""
    ordered = sorted(plan.claims)  # two workers with the same keys wait for each other instead of deadlocking
    with connection.cursor() as cursor:
        if ordered:
            cursor.execute(
                "INSERT INTO conversations_threadkey (key, conversation_id, seen)"
                " SELECT * FROM unnest(%s::text[], %s::uuid[], %s::boolean[])"
                " ON CONFLICT (key) DO NOTHING RETURNING key",
                [ordered, [plan.claims[key][0] for key in ordered], [plan.claims[key][1] for key in ordered]],
            )
            stored = [key for (key,) in cursor.fetchall()]
            if len(stored) < len(ordered):
                cursor.execute("DELETE FROM conversations_threadkey WHERE key = ANY(%s)", [stored])
                return False
        confirmed = sorted(plan.confirmed.keys() - plan.claims.keys())
        if confirmed:
            cursor.execute(
                "UPDATE conversations_threadkey AS held SET conversation_id = given.id, seen = true"
                " FROM unnest(%s::text[], %s::uuid[]) AS given(key, id) WHERE held.key = given.key AND NOT held.seen",
                [confirmed, [plan.confirmed[key] for key in confirmed]],
            )
    return True
