"""Changing the key that signs the log: the old key, while it is still here, says that a new one takes over.

Two steps: the succession is written, then every worker is given the new key. In between nothing is signed; entries are
taken in, and doctor, the page and the worker's log say what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from holdfast.guard.ledger import acts, sequencer, signing, succession
from holdfast.guard.ledger.models import Checkpoint, Succession
from holdfast.guard.ledger.notes import Note, Signer
from holdfast.kit.clock import now
from holdfast.kit.secrets import kept_secret

_NEW = "ledger-new"


class NotChanged(Exception):
    """The key was not changed. The text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Changed:
    """From which size on the new key signs; `by_hand`: the operator still has to give it to the workers."""

    size: int
    by_hand: bool


def change(*, new_secret: str = "") -> Changed:
    """Let a new key take over from the one that signs now. Run again after an interruption, it finishes.

    With a key in the data directory a new one is made there, and the old one stays beside it as `ledger-old-<id>`.
    With a configured one `new_secret` is the next, and the operator sets it as HOLDFAST_LEDGER_KEY afterwards.
    Raises `NotChanged`.
    """
    if settings.LEDGER_KEY and not new_secret:
        raise NotChanged("Give the new key as HOLDFAST_LEDGER_NEW_KEY, the old one still as HOLDFAST_LEDGER_KEY.")
    if new_secret and not settings.LEDGER_KEY:
        raise NotChanged("The key is kept in the data directory, and a new one is made there: unset the new one.")
    old = signing.signer()
    new = signing.signer_of(new_secret or kept_secret(settings.DATA_DIR, _NEW))
    if new.keys[0] == old.keys[0]:
        raise NotChanged("The new key is the one that signs already. Make another: 32 random bytes in base64 will do.")
    with sequencer.alone() as alone:
        if not alone:
            raise NotChanged("A worker is just signing. Try again in a second.")
        size = _succeed(old, new)
    if not settings.LEDGER_KEY:
        _put_in_place(old)
    return Changed(size, by_hand=bool(settings.LEDGER_KEY))


@transaction.atomic
def _succeed(old: Signer, new: Signer) -> int:
    written = Succession.objects.order_by("id").last()
    if written is not None and succession.Succession.parse(written.note).new[0] == new.keys[0]:
        return written.size  # interrupted between the two steps
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        raise NotChanged("The log has no checkpoint yet, so no key has signed anything: just replace it.")
    note = Note.parse(f"{last.body}\n{last.signatures}")
    fault = sequencer.key_fault(note, old)
    if fault:
        raise NotChanged(f"{fault} Only the key that signs now can name the next one.")
    text = succession.written(old=old, new=new, checkpoint=note.checkpoint)
    succession.parsed(succession.BETWEEN.join([*signing.successions(), text]))  # in order, and no key comes back
    Succession.objects.create(size=last.size, at=now(), note=text)
    acts.record(kind="key_changed", details=f"{old.keys[0].id.hex()} to {new.keys[0].id.hex()} after {last.size}")
    return last.size


def _put_in_place(old: Signer) -> None:
    folder = settings.DATA_DIR / "keys"
    kept = folder / f"ledger-old-{old.keys[0].id.hex()}"
    kept.write_text((folder / "ledger").read_text())
    kept.chmod(0o600)
    (folder / _NEW).replace(folder / "ledger")
