"""Sealed values. A field gives a `Sealed`, which prints as its mask; only `guard` can open one."""

from __future__ import annotations

import os
from typing import Any, NoReturn, Self
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.data_keys import key_for
from holdfast.guard.encoding import decoded, encoded
from holdfast.guard.keys import key_ring, value_key
from holdfast.guard.masks import masked

UNDER_RING, UNDER_OWNER = "1", "2"
"""Versions of the stored form: sealed under the key ring itself, or under the key of the customer it belongs to."""
_AS_IT_IS = "="
"""Begins what is written for a value that was read: the table keeps what it has, if it is of this very row."""
_PICKLED = "pickled"


class Sealed:
    """A customer's value, closed. Whatever prints, formats, pickles or serialises it gets the mask.

    `subject` names the row and column it is bound to (`table.column.pk`), empty when it was read without its row.
    `token` is the stored form: ciphertext, the id of its key and the mask. Only a value that was sealed just now, or
    that the gate gave out, has it; one that was read is its mask and its subject. Immutable.
    """

    __slots__ = ("mask", "subject", "token")

    mask: str
    subject: str
    token: str

    def __init__(self, token: str, mask: str, subject: str = "") -> None:
        object.__setattr__(self, "token", token)
        object.__setattr__(self, "mask", mask)
        object.__setattr__(self, "subject", subject)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A sealed value never changes; seal a new one.")

    def __str__(self) -> str:
        return self.mask

    def __repr__(self) -> str:
        return f"Sealed({self.mask!r})"

    def __format__(self, spec: str) -> str:
        return format(self.mask, spec)

    def __bool__(self) -> bool:
        return bool(self.mask or self.token)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other._all() == self._all()

    def __hash__(self) -> int:
        return hash(self._all())

    def _all(self) -> tuple[str, str, str]:
        return self.token, self.mask, self.subject

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        # A pickle leaves the process: it takes the mask, not the ciphertext. So what was new in it cannot be stored.
        return type(self), ("", self.mask, _PICKLED if self.token else self.subject)

    def of(self, subject: str) -> Sealed:
        """Return the value of this row and column, for one that was read without its row."""
        return Sealed(self.token, self.mask, subject)

    def written(self) -> str:
        """Return what to store for it. A value that was read leaves what is stored as it is, in its own row only."""
        if not self or self.token:
            return self.token
        if not self.subject or self.subject == _PICKLED:
            raise FieldError("This holds only a mask (it was pickled, or read without its row), so it stores nothing.")
        return f"{_AS_IT_IS}{self.subject}"


NOTHING = Sealed("", "")


@sensitive_variables()
def seal(subject: str, value: str, *, mask: str, owner: UUID | None = None, key: bytes = b"") -> Sealed:
    """Seal `value` for the row and column named by `subject` (`table.column.pk`), and for the customer `owner`.

    AES-256-GCM (NIST SP 800-38D) under a key derived for this subject, with subject, key id and mask as associated
    data: a ciphertext moved to another row or column, or given another mask, does not open. The stored form is
    `2.<owner>.<nonce and ciphertext>.<mask>`, base64url; without an owner `1.<ring key>.<...>.<mask>`. `key` is the
    owner's, for those who seal many values and fetched the keys at once (`data_keys.keys_for`).
    """
    if not value:
        return NOTHING
    shown = masked(mask, value)
    return Sealed(sealed_token(subject, value, shown=shown, owner=owner, key=key), shown, subject)


@sensitive_variables()
def sealed_token(subject: str, value: str, *, shown: str, owner: UUID | None = None, key: bytes = b"") -> str:
    """Return the stored form of `value`, which must not be empty; `shown` is what stands in its place on screens."""
    nonce = os.urandom(12)
    written = encoded(shown.encode("utf-8", "replace"))
    if owner is None:
        ring = key_ring()
        version, key_id, own = UNDER_RING, ring.current, ring.derive(ring.current, subject)
    else:
        version, key_id, own = UNDER_OWNER, owner.hex, value_key(key or key_for(owner), subject)
    closed = AESGCM(own).encrypt(nonce, value.encode("utf-8", "replace"), bound_to(version, subject, key_id, written))
    return f"{version}.{key_id}.{encoded(nonce + closed)}.{written}"


def stored(token: str, subject: str = "") -> Sealed:
    """Return the `Sealed` for a stored token. A token that cannot be read shows as `•••`, it is never an error."""
    if not token:
        return NOTHING
    return Sealed(token, _shown(token.rpartition(".")[2]), subject)


def read(mask: str, subject: str = "") -> Sealed:
    """Return the `Sealed` for the mask column beside a sealed one: base64url, empty when nothing is stored."""
    return Sealed("", _shown(mask), subject) if mask else NOTHING


def mask_column(column: str) -> str:
    """Return the name of the column that has the masks of a sealed one; the table makes it (`mask_columns`)."""
    return f"{column}_mask"


def _shown(mask: str) -> str:
    try:
        return decoded(mask).decode() or "•••"
    except ValueError:
        return "•••"


def bound_to(version: str, subject: str, key_id: str, mask: str) -> bytes:
    """Return the associated data of a sealed value: everything about it that must not change."""
    return "\0".join((version, key_id, subject, mask)).encode()


class _Masks(Col):
    """A sealed column as every query reads it: the masks beside it. Only constraints, which name no table, see it."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not self.alias:
            return super().as_sql(compiler, connection)
        names = (self.alias, mask_column(str(self.target.column)))
        return ".".join(map(compiler.quote_name_unless_alias, names)), []


class _Nothing(Exact):
    """The one question that may be asked of a sealed column: whether nothing is stored."""

    def get_prep_lookup(self) -> str:
        if self.rhs == "" or (isinstance(self.rhs, Sealed) and not self.rhs):
            return ""
        raise FieldError("A sealed column cannot be searched by value: use its blind index.")


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A column of sealed values. Assign a `str` to seal it; reading gives a `Sealed` of its mask.

    What is stored is written and never read: the application may not. Queries of every kind read the mask beside it,
    and a row that is saved again leaves its values as they are (a trigger of the table; `mask_columns` makes both).
    The row's key must be known before saving (use a client-made key), since the ciphertext is bound to it.
    Filtering by value is refused: use a blind index. Ordering is by mask, for what that is worth. Forms leave it out.
    `owner` names the attribute that holds the customer's id: values then go under that customer's key, and can be
    erased with it. Without it they go under the key ring. `frozen`: the table refuses changes, so keys that sealed it
    have to be kept.
    """

    def __init__(self, *args: Any, mask: str = "hidden", owner: str = "", frozen: bool = False, **kwargs: Any) -> None:
        self.mask, self.owner, self.frozen = mask, owner, frozen
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)

    @property
    def db_returning(self) -> bool:
        return False  # what the table made of it is not the application's to read

    @property
    def cached_col(self) -> Col:
        return _Masks(self.model._meta.db_table, self)

    def get_col(self, alias: str, output_field: models.Field[Any, Any] | None = None) -> Col:
        return _Masks(alias, self, output_field)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "mask": self.mask}  # whose key it is does not concern the table

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def subject(self, instance: models.Model) -> str:
        """Return `table.column.pk`, what a value of this row is bound to."""
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def sealed(self, instance: models.Model, value: str) -> Sealed:
        """Return `value` sealed for this column of the row, under the key of whom it belongs to."""
        owner = getattr(instance, self.owner) if self.owner else None
        if self.owner and owner is None:
            raise FieldError(f"{self.name} cannot be sealed before it is known whose it is.")
        return seal(self.subject(instance), value, mask=self.mask, owner=owner)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if isinstance(value, str) and value:
            if model_instance.pk is None:
                raise FieldError(f"{self.name} cannot be sealed before its row has a key.")
            value = self.sealed(model_instance, value)
            setattr(model_instance, self.attname, value)
        if isinstance(value, Sealed) and value:
            if value.subject not in {self.subject(model_instance), _PICKLED}:
                raise FieldError(f"{self.name} holds a value sealed for another row; it would never open again.")
            if value.subject == _PICKLED or (add and not value.token):
                raise FieldError(f"{self.name} holds only a mask; saving it would lose the value.")
        return value

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "":
            return ""
        if not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is sealed: it takes only sealed values, and cannot be searched by value.")
        return value.written()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        return read(value or "")

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        if lookup_name == "exact":
            return _Nothing
        raise FieldError(f"{self.name} is sealed: look it up by its blind index.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is sealed: nothing can be computed from it.")

    def formfield(self, *args: Any, **kwargs: Any) -> None:
        return None  # a form would write the mask back as the value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))


class _SealedAttribute:
    """Seals what is assigned as soon as the row has a key, and tells each value which row it was read from."""

    def __init__(self, field: SealedField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed) and not value.subject:
            value = instance.__dict__[name] = value.of(self.field.subject(instance))
        return value

    @sensitive_variables("value")
    def __set__(self, instance: models.Model, value: Any) -> None:
        if value == "" or value is None:
            value = NOTHING
        elif isinstance(value, str) and instance.pk is not None and self._owned(instance):
            value = self.field.sealed(instance, value)
        elif isinstance(value, Sealed) and value and not value.subject and not instance._state.adding:
            raise FieldError(f"{self.field.name} was given a value that was read without its row: nobody knows whose.")
        instance.__dict__[self.field.attname] = value

    def _owned(self, instance: models.Model) -> bool:
        return not self.field.owner or getattr(instance, self.field.owner, None) is not None
