"""Sealed values. A field gives a `Sealed`, which prints as its mask; only `guard` can open one."""

from __future__ import annotations

import base64
import os
from typing import Any, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError
from django.db import models

from holdfast.guard.keys import key_ring
from holdfast.guard.masks import masked


class Sealed:
    """A customer's value, closed. Whatever prints, formats, pickles or serialises it gets the mask."""

    __slots__ = ("mask", "subject", "token")

    def __init__(self, token: str, mask: str, subject: str = "") -> None:
        self.token = token
        self.mask = mask
        self.subject = subject

    def __str__(self) -> str:
        return self.mask

    def __repr__(self) -> str:
        return f"Sealed({self.mask!r})"

    def __format__(self, spec: str) -> str:
        return format(self.mask, spec)

    def __bool__(self) -> bool:
        return bool(self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), ("", self.mask)  # a pickle leaves the process: it takes the mask, not the ciphertext


def seal(subject: str, value: str, *, mask: str) -> Sealed:
    """Seal `value` for the row and column named by `subject` (`table.column.pk`).

    AES-256-GCM under a key derived for this subject, with the subject as associated data, so a ciphertext moved to
    another row or column does not open. The stored form is `1.<key id>.<nonce and ciphertext>.<mask>`, base64url.
    """
    if not value:
        return Sealed("", "")
    ring = key_ring()
    nonce = os.urandom(12)
    closed = AESGCM(ring.derive(ring.current, subject)).encrypt(
        nonce, value.encode("utf-8", "replace"), subject.encode()
    )
    shown = masked(mask, value)
    token = ".".join(("1", ring.current, _b64(nonce + closed), _b64(shown.encode("utf-8", "replace"))))
    return Sealed(token, shown, subject)


def stored(token: str, subject: str = "") -> Sealed:
    """Return the `Sealed` for a stored token. A token that cannot be read shows as `•••`, it is never an error."""
    if not token:
        return Sealed("", "")
    try:
        shown = _unb64(token.rsplit(".", 1)[1]).decode()
    except (IndexError, ValueError):
        shown = "•••"
    return Sealed(token, shown, subject)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A column of sealed values. Assign a `str` to seal it on save; reading gives a `Sealed`.

    The row's key must be known before saving (use a client-made key), since the ciphertext is bound to it.
    Filtering and ordering by a sealed column are refused: use a blind index.
    """

    def __init__(self, *args: Any, mask: str = "hidden", **kwargs: Any) -> None:
        self.mask = mask
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "mask": self.mask}

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def subject(self, instance: models.Model) -> str:
        """Return `table.column.pk`, what a value of this row is bound to."""
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            if value and model_instance.pk is None:
                raise FieldError(f"{self.name} cannot be sealed before its row has a key.")
            value = seal(self.subject(model_instance), value, mask=self.mask)
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Sealed):
            return "" if value is None else value.token
        if value == "":
            return ""
        raise FieldError(f"{self.name} is sealed: it takes only sealed values, and cannot be searched by value.")

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        return stored(value or "")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name in {"isnull", "exact"}:
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is sealed: look it up by its blind index.")

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))


class _SealedAttribute:
    """Gives a `Sealed` that knows its row, so that guard can check what it is bound to."""

    def __init__(self, field: SealedField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed) and value.token and not value.subject:
            value.subject = self.field.subject(instance)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value
