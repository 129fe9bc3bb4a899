"""The system's own secrets at rest (second factors and the like), under the same key ring as customers' values."""

from __future__ import annotations

from holdfast.guard.fields import Sealed, seal
from holdfast.guard.opening import opened


def keep(secret: str, *, purpose: str) -> str:
    """Return `secret` in the form to store. It opens only for the same `purpose`, never as a customer's value."""
    return seal(f"secret.{purpose}", secret, mask="hidden").token


def kept(stored: str, *, purpose: str) -> str:
    """Return the secret behind `stored`. Raises `CannotOpen` when it was altered or kept for something else."""
    return opened(Sealed(stored, "•••", f"secret.{purpose}"))
