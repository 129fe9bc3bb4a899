"""What is frozen at a cut-off: how much each person asked for, saw and had, as digests of rows that never change.

The rows stay where they are: log and ledger only grow, grants and notes of pages are kept. The manifest makes it
provable that what is read later is what was there then, and triggers refuse to destroy what it rests on until two
people lift the hold.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

from django.db import connection, transaction

from holdfast.guard.cutoff.models import Cut, Evidence
from holdfast.guard.ledger import acts, proofs, sequencer
from holdfast.guard.ledger.proofs import NotThere
from holdfast.kit.clock import now

# Each digest is the SHA-256 of lines in the order of ids, so that anybody who reads the same rows gets the same.
_ROWS = """
SELECT c.agent_id, log.entries, log.shown, log.customers, log.first_at, log.last_at, log.digest, had.cases, had.digest,
    seen.rows, seen.opened, seen.digest
FROM guard_cutoff_covered c
LEFT JOIN LATERAL (
    SELECT count(*) AS entries, count(t.redeemed_at) AS shown, count(DISTINCT l.customer_id) AS customers,
        min(l.at) AS first_at, max(l.at) AS last_at,
        encode(sha256(convert_to(string_agg(concat_ws(' ', l.id, l.outcome, l.field, l.customer_id, l.conversation_id,
            l.session, extract(epoch FROM t.redeemed_at)), E'\\n' ORDER BY l.id), 'UTF8')), 'hex') AS digest
    FROM guard_reveallog l LEFT JOIN guard_revealticket t ON t.log_id = l.id WHERE l.agent_id = c.agent_id
) log ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS cases, encode(sha256(convert_to(string_agg(concat_ws(' ', g.id, g.conversation_id, g.customer_id,
        extract(epoch FROM g.opened_at)), E'\\n' ORDER BY g.id), 'UTF8')), 'hex') AS digest
    FROM guard_grant g WHERE g.agent_id = c.agent_id
) had ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS rows, count(DISTINCT s.conversation_id) FILTER (WHERE s.how = 'opened') AS opened,
        encode(sha256(convert_to(string_agg(concat_ws(' ', s.day, s.conversation_id, s.customer_id, s.how), E'\\n'
            ORDER BY s.id), 'UTF8')), 'hex') AS digest
    FROM guard_radius_sighting s WHERE s.agent_id = c.agent_id
) seen ON true
WHERE c.cut_id = %s ORDER BY c.agent_id
"""
_COLUMNS = (
    "agent",
    "entries",
    "shown",
    "customers",
    "first",
    "last",
    "entries_digest",
    "cases",
    "cases_digest",
    "pages",
    "cases_opened",
    "pages_digest",
)


def freeze(*, number: int) -> str:
    """Freeze the evidence of a cut-off, once, and return its digest; a second call returns the same.

    The log is brought up to date and signed first, so that the cut-off itself stands under the checkpoint.
    """
    with suppress(Exception):  # a log that cannot sign now says so on its page; what is frozen is frozen all the same
        sequencer.step()
    with transaction.atomic():
        cut = Cut.objects.select_for_update().get(pk=number)
        frozen = Evidence.objects.filter(cut=cut).first()
        if frozen is not None:
            return frozen.digest
        manifest = _manifest(cut)
        digest = hashlib.sha256(as_bytes(manifest)).hexdigest()
        Evidence.objects.create(cut=cut, at=now(), manifest=manifest, digest=digest, checkpoint=_checkpoint())
        acts.record(kind="evidence_frozen", actor_id=cut.by_id, details=f"{number} {digest}")
    return digest


def as_bytes(manifest: dict[str, Any]) -> bytes:
    """Return the bytes of a manifest that its digest is of: JSON, keys sorted, ASCII, no spaces, one line end."""
    return json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _manifest(cut: Cut) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [cut.pk])
        people = [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    for person in people:
        for end in ("first", "last"):
            person[end] = person[end].isoformat() if person[end] else None
    return {
        "cut_off": cut.pk,
        "scope": cut.scope,
        "target": cut.target_id,
        "kind": cut.kind,
        "at": cut.at.isoformat(),
        "people": people,
        "says": "Asked for and shown through the gate, cases that were theirs, pages under masks. Seen is not leaked.",
    }


def _checkpoint() -> str:
    try:
        return proofs.latest()
    except NotThere:
        return ""
