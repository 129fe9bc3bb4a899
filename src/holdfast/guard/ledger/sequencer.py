"""One sequencer gives committed happenings their places in the log, each second, and signs what came of it.

Triggers note each committed row in `Pending`, inside its own transaction. Whatever commits late is read late and
skipped never: the order is the one given here, not that of ids or clocks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Max

from holdfast.guard.ledger import merkle, notes, reading, signing, succession, tiles
from holdfast.guard.ledger.entries import Happening, Kind, Salts, encoded
from holdfast.guard.ledger.models import Checkpoint, Leaf, Pending
from holdfast.kit.clock import now

_log = structlog.get_logger(__name__)
_LOCK = 0x6C656467  # an advisory lock: one sequencer in the whole house
_BATCH = 1000
_EVERY = 1.0  # seconds
_AFTER_A_FAULT = 2.0  # seconds
_TENDED_EVERY = 30.0  # seconds
_KEPT_ALL = timedelta(hours=1)  # after that the last of each hour, and every one with a cosignature


class WrongKey(Exception):
    """The key here is not the one that signed this log so far, so nothing is signed."""


def run(stop: threading.Event, *, measure: Callable[[], None] = lambda: None) -> None:
    """Append and sign every second until `stop` is set. Any number of workers may run one.

    Every 30 seconds old checkpoints are thinned and `measure` is called.
    """
    tended = float("-inf")
    while not stop.is_set():
        try:
            busy = step() == _BATCH
            if time.monotonic() - tended > _TENDED_EVERY:
                tended = time.monotonic()
                thin()
                measure()
        except Exception as error:
            _log.error("ledger_stopped", error=type(error).__name__, detail=str(error).split("\n")[0])
            with suppress(Exception):
                connection.close()
            stop.wait(_AFTER_A_FAULT)
        else:
            stop.wait(0.0 if busy else _EVERY)


def step() -> int:
    """Append what waits, at most a thousand, and sign the new size; return how many were appended.

    One transaction; nothing happens while another sequencer is at it. With the wrong key the entries are still
    appended, then `WrongKey` is raised.
    """
    with alone() as mine:
        if not mine:
            return 0
        with transaction.atomic():
            appended = _append()
        with transaction.atomic():
            _sign()
    return appended


def size() -> int:
    """Return how many leaves the log has."""
    last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def thin() -> None:
    """Forget checkpoints that nobody cosigned, an hour after; of each hour the last one stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM guard_ledger_checkpoint c WHERE at < %s AND NOT EXISTS (SELECT FROM guard_ledger_cosignature"
            " WHERE checkpoint_id = c.size) AND EXISTS (SELECT FROM guard_ledger_checkpoint later WHERE"
            " later.size > c.size AND date_trunc('hour', later.at) = date_trunc('hour', c.at))",
            [now() - _KEPT_ALL],
        )


def _append() -> int:
    rows = list(Pending.objects.order_by("id")[:_BATCH])
    if not rows:
        return 0
    known = set(Leaf.objects.filter(source_id__in=[row.source_id for row in rows]).values_list("kind", "source_id"))
    wanted = dict.fromkeys(
        (Kind(row.kind), row.source_id) for row in rows if (row.kind, row.source_id) not in known
    )  # a second note of the same row must not stop the log
    start, moment = size(), now()
    leaves = [_leaf(start + place, moment, found) for place, found in enumerate(reading.happenings(wanted))]
    Leaf.objects.bulk_create(leaves)
    tiles.append(start, [merkle.leaf_hash(leaf.entry.encode()) for leaf in leaves])
    Pending.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)


def _leaf(index: int, moment: datetime, happening: Happening) -> Leaf:
    salts = Salts.fresh()
    return Leaf(
        index=index,
        kind=happening.kind,
        source_id=happening.id,
        entry=encoded(index=index, sequenced_at=moment, happening=happening, salts=salts).decode(),
        sequenced_at=moment,
        actor_salt=salts.actor,
        customer_salt=salts.customer,
    )


def _sign() -> None:
    """Publish the size that is there now, unless it is published, provided it continues what was signed before."""
    last, current = Checkpoint.objects.order_by("-size").first(), size()
    if last is not None and last.size == current:
        return
    if last is None and current == 0:
        return
    signer, node = signing.signer(), tiles.reader()
    checkpoint = notes.Checkpoint(signer.name, current, merkle.root(current, node))
    if last is not None:
        _continues(last, checkpoint, signer, node)
    moment = now()
    signatures = "".join(map(str, signer.sign(checkpoint, at=moment)))
    Checkpoint.objects.create(size=current, at=moment, body=checkpoint.body, signatures=signatures)


def _continues(last: Checkpoint, new: notes.Checkpoint, signer: notes.Signer, node: merkle.Node) -> None:
    """A log must never sign what does not go on from what it signed: then it would be the one who forks."""
    note = notes.Note.parse(f"{last.body}\n{last.signatures}")
    if new.origin != note.checkpoint.origin:
        raise WrongKey(f"This log is named {note.checkpoint.origin}; set HOLDFAST_LEDGER_ORIGIN back to that.")
    if fault := key_fault(note, signer):
        raise WrongKey(fault)
    if new.size < note.checkpoint.size or merkle.root(note.checkpoint.size, node) != note.checkpoint.root:
        raise notes.BadNote("The log in the database is not the one that was signed. Nothing is signed on top of it.")


def key_fault(last: notes.Note, signer: notes.Signer) -> str:
    """Say why `signer` must not go on from the checkpoint that was signed last; empty when it may."""
    line = succession.parsed(succession.BETWEEN.join(signing.successions()))
    mine = signer.keys[0]
    if line and mine != line[-1].new[0]:
        before = next((each for each in line if each.old[0] == mine), None)
        if before is None:
            return "The key of the log is not the one that took over last. Put that one back (HOLDFAST_LEDGER_KEY)."
        return (
            f"The key here was put away after {before.checkpoint.size} entries. Give every worker the new one "
            "(HOLDFAST_LEDGER_KEY, or keys/ledger in the data directory), then it goes on."
        )
    if not succession.verified(
        last, [turn for turn in succession.turns([mine], line) if turn.key.type == notes.ED25519]
    ):
        return (
            "The key of the log is not the one that signed it so far. Put the old one back (keys/ledger); "
            "to change it, run `holdfast guard new-key` with the old one in place."
        )
    return ""


@contextmanager
def alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
