"""Whether the key ring of this process is the one that sealed what the database holds."""

from __future__ import annotations

from django.db import connection

from holdfast.guard.keys import fingerprint, key_ring
from holdfast.kit.clock import now


class WrongRing(Exception):  # noqa: N818 - reads as what is the matter
    """The ring has another key under a known name. The text is for the operator."""


def note_ring() -> None:
    """Keep the fingerprint of every key of the ring that is new here. Raises `WrongRing` before anything is sealed.

    A key that was exchanged under its old name would seal values that nobody with the right ring can open.
    """
    if wrong := sorted(_exchanged()):
        raise WrongRing(
            f"HOLDFAST_SEAL_KEYS (or the key in the data directory's keys/) has another key under the name "
            f"{wrong[0]!r} than the one that sealed this database. Put the old key back; a new key needs a new name."
        )
    ring, at = key_ring(), now()
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO guard_ringkey (id, fingerprint, seen_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(key_id, fingerprint(ring, key_id), at) for key_id in ring.keys],
        )


def findings() -> list[tuple[bool, str]]:
    """Return what `holdfast doctor` says about the keys: whether each is right, in a sentence."""
    ring = key_ring()
    wrong = _exchanged()
    found = [(False, f"The key {name!r} of the ring is not the one that sealed this database.") for name in wrong]
    with connection.cursor() as cursor:
        cursor.execute("SELECT ring_key, keys FROM guard_key_counts()")
        counts = {name: count for name, count in cursor.fetchall() if name}
    for name, count in counts.items():
        if name not in ring.keys:
            found.append((False, f"{count} customers' keys need the ring key {name!r}, which is not in the ring."))
    old = sum(count for name, count in counts.items() if name in ring.keys and name != ring.current)
    if old:
        found.append((True, f"{old} customers' keys are under older ring keys; `holdfast vault rotate` goes on."))
    if not found:
        found.append((True, f"Customers' values open: {sum(counts.values())} keys under {ring.current!r}."))
    return found


def _exchanged() -> set[str]:
    ring = key_ring()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, fingerprint FROM guard_ringkey")
        known = dict(cursor.fetchall())
    return {name for name in ring.keys if known.get(name, fingerprint(ring, name)) != fingerprint(ring, name)}
