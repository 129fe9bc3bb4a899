"""This log's name and its secret key."""

from __future__ import annotations

import hashlib
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from holdfast.guard.ledger.models import Checkpoint
from holdfast.guard.ledger.notes import Signer
from holdfast.kit.secrets import kept_secret


def signer() -> Signer:
    """Return who signs this log's checkpoints: the configured key, or one made once and kept in the data directory."""
    return _signer(origin(), settings.LEDGER_KEY or kept_secret(settings.DATA_DIR, "ledger"))


def origin() -> str:
    """Return the log's name. Once it has a checkpoint it keeps its name, or witnesses would take it for another log."""
    if settings.LEDGER_ORIGIN:
        return str(settings.LEDGER_ORIGIN)
    last = Checkpoint.objects.order_by("-size").values_list("body", flat=True).first()
    return last.partition("\n")[0] if last else f"{urlsplit(settings.PUBLIC_URL).netloc}/ledger"


@cache
def _signer(name: str, secret: str) -> Signer:
    return Signer.log(origin=name, seed=hashlib.sha256(secret.encode()).digest())
