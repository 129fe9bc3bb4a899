"""Reading something that turned up, a photograph, a file or a code, and keeping what came of it.

A reading waits for a worker, since a photograph takes a while, and becomes a trace that never changes; its hash is an
act in the ledger. The file is sealed while it waits, for it may show a customer's values, and afterwards either kept
so or gone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from holdfast.guard.keys import key_ring
from holdfast.guard.ledger import acts
from holdfast.guard.marks import copies, photos, queries, tracing
from holdfast.guard.marks.models import Photograph, Reading, Trace, What
from holdfast.guard.marks.photos import Corners, NotReadable
from holdfast.guard.marks.tracing import Verdict
from holdfast.kit.clock import now
from holdfast.kit.ids import uuid7

Told = Callable[[int, int], None]
MOST_BYTES = 200 * 2**20
MOST_SESSIONS = 10_000
"""As many as were measured. Each takes up to 100 KB while the pattern is looked for anywhere in a photograph."""
_MOST_FITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom to compare with (a case, a customer, a time; nothing means everybody), and what is known of the picture.

    `corners` are of the page or the card; `size` is what they enclose, in CSS pixels; `code` is as somebody read it.
    """

    conversation_id: UUID | None = None
    customer_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    corners: Corners | None = None
    size: tuple[int, int] | None = None
    code: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what was asked as JSON values, without what was left open."""
        told = {name: value for name, value in asdict(self).items() if value}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()} | {
            name: value.isoformat() for name, value in told.items() if isinstance(value, datetime)
        }

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> Asked:
        """Return what `as_json` told."""
        case, customer, since, until, corners, size = (
            told.get(name) for name in ("conversation_id", "customer_id", "since", "until", "corners", "size")
        )
        return cls(
            conversation_id=UUID(case) if case else None,
            customer_id=UUID(customer) if customer else None,
            since=datetime.fromisoformat(since) if since else None,
            until=datetime.fromisoformat(until) if until else None,
            corners=tuple((x, y) for x, y in corners) if corners else None,  # type: ignore[arg-type]
            size=(size[0], size[1]) if size else None,
            code=told.get("code", ""),
        )


def what_it_is(content: bytes | None) -> What:
    """Tell a photograph from another file, by its first bytes; nothing is a code."""
    if content is None:
        return What.CODE
    return What.PHOTO if photos.begins_a_picture(content[:16]) else What.FILE


def read(
    content: bytes | None, asked: Asked, *, told: Told = lambda done, of: None
) -> tuple[Verdict, list[queries.Shown]]:
    """Read a file, or the code of `asked`. Return what came of it, and whom it was compared with.

    Raises `NotReadable`.
    """
    customers = [asked.customer_id] if asked.customer_id else None
    seen = queries.shown(
        conversation_id=asked.conversation_id, customer_ids=customers, since=asked.since, until=asked.until
    )
    if asked.code:
        return tracing.read_code(asked.code, seen), seen
    if content is None:
        raise NotReadable("Give a photograph or a file, or a code that was read from one.")
    if len(content) > MOST_BYTES:
        raise NotReadable("This file is larger than 200 MB. Cut out the part that came from here.")
    if what_it_is(content) is What.FILE:
        return tracing.read_codes(copies.codes_in(content), seen), seen
    if (sessions := len({one.session for one in seen})) > MOST_SESSIONS:
        raise NotReadable(
            f"That is {sessions:,} sessions to compare with, and at most {MOST_SESSIONS:,} fit. Give a case, a customer"
            " or a time."
        )
    photo = photos.read(content)
    corners = asked.corners or photos.found_corners(photo) or photos.whole(photo)
    return tracing.trace(photo, corners, seen, size=asked.size, told=told), seen


@transaction.atomic
def begin(content: bytes | None, asked: Asked, *, by: int | None, keep: bool) -> UUID:
    """Put a reading down for a worker; return its id, which the trace will have."""
    what = what_it_is(content)
    row = Reading.objects.create(
        at=now(), moved_at=now(), by_id=by, what=what, sha256=digest(content), asked=asked.as_json(), keep=keep
    )
    if content is not None:
        Photograph.objects.create(id=row.pk, closed=_closed(row.pk, content))
    return row.pk


def work(reading_id: UUID) -> None:
    """Read what was put down and keep what comes of it. What went wrong stands with the reading; the file is gone."""
    row = Reading.objects.filter(pk=reading_id, problem="").first()
    if row is None:
        return  # another worker was quicker

    def told(done: int, of: int) -> None:
        Reading.objects.filter(pk=reading_id).update(step=done, steps=of, moved_at=now())

    told(0, 0)
    asked = Asked.of_json(row.asked)
    try:
        verdict, seen = read(_file(reading_id), asked, told=told)
    except NotReadable as wrong:
        with transaction.atomic():
            Reading.objects.filter(pk=reading_id).update(problem=str(wrong)[:300], moved_at=now())
            Photograph.objects.filter(pk=reading_id).delete()
        return
    with transaction.atomic():
        if Reading.objects.select_for_update().filter(pk=reading_id).exists():
            _keep(reading_id, row.what, row.sha256, asked, verdict, seen, by=row.by_id)
            Reading.objects.filter(pk=reading_id).delete()
            if not row.keep:
                Photograph.objects.filter(pk=reading_id).delete()


@transaction.atomic
def keep(
    content: bytes | None, asked: Asked, verdict: Verdict, seen: Sequence[queries.Shown], *, with_file: bool
) -> UUID:
    """Keep what was read at the terminal; return the id of the trace."""
    id_ = uuid7()
    if content is not None and with_file:
        Photograph.objects.create(id=id_, closed=_closed(id_, content))
    _keep(id_, what_it_is(content), digest(content), asked, verdict, seen, by=None)
    return id_


@transaction.atomic
def photograph(id_: UUID, *, by: int) -> bytes | None:
    """Return the file of a trace, byte for byte; `None` when it was not kept. Who took it out is on record first."""
    content = _file(id_)
    if content is not None:
        acts.record(kind="photograph_taken_out", actor_id=by, details=f"trace {id_.hex}")
    return content


@transaction.atomic
def throw_away(id_: UUID, *, by: int) -> bool:
    """Remove the file of a trace for good; the trace stays. False when there was none."""
    gone, _ = Photograph.objects.filter(pk=id_).delete()
    if gone:
        acts.record(kind="photograph_thrown_away", actor_id=by, details=f"trace {id_.hex}")
    return bool(gone)


def _keep(
    id_: UUID, what: str, sha256: str, asked: Asked, verdict: Verdict, seen: Sequence[queries.Shown], *, by: int | None
) -> None:
    named = verdict.named
    own = [one for one in seen if named is not None and one.session == named.session]
    times = sorted(one.at for one in own)
    fits = [[fit.session, fit.agent_id, fit.faint, fit.visible] for fit in verdict.fits[:_MOST_FITS]]
    row = Trace.objects.create(
        id=id_,
        at=now(),
        by_id=by,
        what=what,
        sha256=sha256,
        asked=asked.as_json(),
        agent_id=named.agent_id if named else None,
        session=named.session if named else "",
        code=named.code if named and (named.visible is None or named.visible >= tracing.Z) else "",
        shown_first=times[0] if times else None,
        shown_last=times[-1] if times else None,
        customers=sorted({str(one.customer_id) for one in own if one.customer_id}),
        z=verdict.z,
        gap=verdict.gap,
        compared=verdict.compared,
        sentence=verdict.sentence,
        fits=fits,
    )
    answer = json.dumps([row.agent_id, row.session, row.z, row.gap, row.sentence, row.asked, row.customers])
    answered = hashlib.sha256(answer.encode()).hexdigest()
    acts.record(kind="photograph_traced", actor_id=by, details=f"trace {id_.hex} sha256 {sha256} answer {answered}")


def digest(content: bytes | None) -> str:
    """Return the SHA-256 of a file in hex, empty for none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _file(id_: UUID) -> bytes | None:
    row = Photograph.objects.filter(pk=id_).first()
    if row is None:
        return None
    closed = bytes(row.closed)
    return AESGCM(_key()).decrypt(closed[:12], closed[12:], id_.bytes)


def _closed(id_: UUID, content: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(_key()).encrypt(nonce, content, id_.bytes)


def _key() -> bytes:
    # As the marks themselves: from the oldest key of the ring, without which no photograph can be read any more.
    ring = key_ring()
    return ring.derive(list(ring.keys)[-1], "marks.photograph")
