"""What a contact is: as the door's JSON, and as every channel hands it over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from holdfast.kit.clock import now

CONTACTS = "/v1/contacts"
"""Where contacts are posted to."""

MAX_ATTACHMENTS = 10
MAX_ATTACHMENT_BYTES = 10 * 2**20
_AHEAD = timedelta(hours=24)
_BEHIND = timedelta(days=3653)


class Incoming(NamedTuple):
    """One contact as a channel hands it over. `key` makes repeats meet the first; `raw` is a blob's digest."""

    channel: str
    source: str
    sender: Mapping[str, str]
    text: str
    subject: str = ""
    key: str | None = None
    at: datetime | None = None
    locale: str = ""
    raw: str = ""
    payload: Mapping[str, Any] = MappingProxyType({})


class Accepted(NamedTuple):
    """Proof of acceptance: the contact is on disk."""

    receipt: UUID
    accepted_at: datetime


def _plausible(at: datetime) -> datetime:
    moment = now()
    if at > moment + _AHEAD:
        raise PydanticCustomError("clock", "This is more than 24 hours in the future. Check the sender's clock.")
    if at < moment - _BEHIND:
        raise PydanticCustomError("clock", "This is more than ten years ago. Check the sender's clock.")
    return at.astimezone(UTC)


_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
_Place = Annotated[str, StringConstraints(pattern=r"^[\w.:+ -]+$", min_length=1, max_length=60)]
_Value = Annotated[str, StringConstraints(min_length=1, max_length=320)]


class AttachmentIn(BaseModel):
    """A file that came with a contact."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=127)] = "application/octet-stream"
    content: str = Field(description="The bytes, in base64 (RFC 4648 section 4).")


class OriginIn(BaseModel):
    """Where a contact came from, as a door that we trust saw it. Believed only with the scope `origin:state`."""

    model_config = ConfigDict(extra="forbid", title="Origin")

    source: _Place | None = Field(None, description="Carrier, network or door it came through.")
    region: _Place | None = None
    operator: _Place | None = Field(None, description="The assistant's operator, after its signature was verified.")


class ContactIn(BaseModel):
    """The JSON of `POST /v1/contacts`."""

    model_config = ConfigDict(extra="forbid", title="Contact")

    channel: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,19}$")] = Field(
        description="Where the customer wrote: web, email, phone, app."
    )
    sender: dict[_Kind, _Value] = Field(
        alias="from",
        min_length=1,
        max_length=10,
        description="Who wrote: one or more identities by kind, such as email, phone, account, name.",
    )
    text: str = Field(description="The customer's words.")
    subject: Annotated[str, StringConstraints(max_length=1000)] = ""
    idempotency_key: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        None, description="Posts with the same key give the same receipt. The header `Idempotency-Key` does the same."
    )
    at: Annotated[AwareDatetime, AfterValidator(_plausible)] | None = Field(
        None, strict=True, description="When the customer wrote, ISO 8601 with an offset. Default: now."
    )
    to: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()./-]+$", min_length=5, max_length=40)] | None = Field(
        None, description="The telephone number of yours that was texted or called."
    )
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", max_length=20)] = ""
    origin: OriginIn | None = Field(None, description="Needs a token with the scope `origin:state`.")
    # A factory: pydantic would copy a default list deeply for every contact.
    attachments: list[AttachmentIn] = Field(default_factory=list, max_length=MAX_ATTACHMENTS)
