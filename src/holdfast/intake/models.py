"""Contacts as they arrived, never changed again, and the receipt that follows each to its end."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Contact(models.Model):
    """One inbound event on a channel. Immutable: the database refuses UPDATE and DELETE.

    `id` is derived from source, channel and idempotency key when there is one, so a repeated post meets its own row.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    source = models.CharField(max_length=60, help_text="Which door: a token's name, smtp, imap, chat.")
    channel = models.CharField(max_length=20)
    sender = SealedField(mask="sender", frozen=True, help_text="JSON of the sender's identities as given.")
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    locale = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(help_text="When the customer sent it, as far as we know.")
    accepted_at = models.DateTimeField()
    raw = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the raw message in the blob store.")
    payload = models.JSONField(default=dict, help_text="Channel's own fields: thread keys, attachment digests, kind.")

    class Meta:
        indexes = [BrinIndex(fields=["accepted_at"], name="contact_by_day", pages_per_range=32)]


class Receipt(models.Model):
    """What became of one contact. Triage claims receipts in state `accepted` by lease."""

    class State(models.TextChoices):
        ACCEPTED = "accepted"
        WAITING = "waiting"
        ANSWERED = "answered"
        PARKED = "parked"
        REFUSED = "refused"

    contact = models.OneToOneField(
        Contact, models.PROTECT, primary_key=True, related_name="receipt", db_constraint=False
    )
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACCEPTED)
    reason = models.CharField(max_length=300, blank=True)
    conversation_id = models.UUIDField(null=True)
    accepted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, help_text="When the state last changed.")
    visible_at = models.DateTimeField(null=True, help_text="When triage made it visible to people.")
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["accepted_at"], condition=models.Q(state="accepted"), name="receipt_to_triage"),
            models.Index(
                fields=["conversation_id"],
                condition=models.Q(conversation_id__isnull=False),
                name="receipt_of_conversation",
            ),
            models.Index(fields=["channel", "state"], name="receipt_by_channel"),
            # Rows lie in the order they came, so a few pages of index find a day; the door hardly notices it.
            BrinIndex(fields=["accepted_at"], name="receipt_by_day", pages_per_range=32),
        ]


class ApiToken(models.Model):
    """A bearer token for machines. Only its SHA-256 is kept; the token is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, unique=True)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    customer = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Reference of whom it speaks for."
    )
    operator = models.CharField(
        max_length=60, blank=True, default="", db_default="", help_text="Whose assistant it was given to."
    )
    employer_id = models.BigIntegerField(null=True, help_text="Whose systems have it, when an employer's of agents.")


class TokenPace(models.Model):
    """Until when what a token asked for by a scope is paid for, see `pace`. Unlogged: a crash empties it."""

    name = models.CharField(max_length=60)
    scope = models.CharField(max_length=40)
    paid_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "scope"], name="token_pace_once")]


class Operator(models.Model):
    """An operator of assistants whose signatures the company accepts, and its public keys as last read."""

    name = models.CharField(max_length=60, unique=True)
    address = models.CharField(max_length=400, unique=True, help_text="Its key directory, as Signature-Agent names it.")
    keys = models.JSONField(default=list, help_text="Public keys, as JSON Web Keys.")
    by_hand = models.BooleanField(default=False, help_text="The keys were given by hand; nothing is fetched.")
    own_network = models.BooleanField(default=False, help_text="The directory may stand at a private address.")
    enabled = models.BooleanField(default=True)
    added_at = models.DateTimeField()
    added_by_id = models.BigIntegerField(null=True, help_text="An agent; none: the command line.")
    read_at = models.DateTimeField(null=True)
    next_read_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0, help_text="Readings that failed since the last that did not.")
    fault = models.CharField(max_length=300, blank=True)
