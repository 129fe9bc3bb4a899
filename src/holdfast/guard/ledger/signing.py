"""This log's name and its secret key."""

from __future__ import annotations

import hashlib
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from holdfast.guard.ledger import succession
from holdfast.guard.ledger.models import Checkpoint, Succession
from holdfast.guard.ledger.notes import Signer
from holdfast.guard.ledger.succession import Turn
from holdfast.kit.secrets import kept_secret


def signer() -> Signer:
    """Return who signs this log's checkpoints: the configured key, or one made once and kept in the data directory."""
    return _signer(origin(), settings.LEDGER_KEY or kept_secret(settings.DATA_DIR, "ledger"))


def signer_of(secret: str) -> Signer:
    """Return who would sign this log with another secret."""
    return _signer(origin(), secret)


def successions() -> list[str]:
    """Return every change of key as it was signed, the oldest first."""
    return list(Succession.objects.order_by("id").values_list("note", flat=True))


def turns() -> list[Turn]:
    """Return the keys of this log, each with the sizes it signs. Raises `notes.BadNote`."""
    return succession.turns(signer().keys, succession.parsed(succession.BETWEEN.join(successions())))


def origin() -> str:
    """Return the log's name. Once it has a checkpoint it keeps its name, or witnesses would take it for another log."""
    if settings.LEDGER_ORIGIN:
        return str(settings.LEDGER_ORIGIN)
    last = Checkpoint.objects.order_by("-size").values_list("body", flat=True).first()
    return last.partition("\n")[0] if last else f"{urlsplit(settings.PUBLIC_URL).netloc}/ledger"


@cache
def _signer(name: str, secret: str) -> Signer:
    return Signer.log(origin=name, seed=hashlib.sha256(secret.encode()).digest())
