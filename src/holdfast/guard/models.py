"""Grants to see, the log of every request to see, and customers' keys. The log only grows; a destroyed key stays so."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Grant(models.Model):
    """Leave for one agent to ask for values of one customer while one case is theirs. It ends once and stays on record.

    Opened and closed through functions of the database only (`grants`). Agents, conversations and customers live above
    this room, so their ids are kept, not their keys.
    """

    class Way(models.TextChoices):
        ROUTED = "routed", "as the next in line, or from the house itself"
        PICKED = "picked", "taken by hand"
        GIVEN = "given", "given by somebody"
        CALL = "call", "a call to make"
        UNKNOWN = "unknown", "not kept"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent_id = models.BigIntegerField()
    conversation_id = models.UUIDField()
    customer_id = models.UUIDField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=7, choices=Way.choices, default=Way.UNKNOWN, db_default=Way.UNKNOWN.value)
    by_id = models.BigIntegerField(null=True)
    epoch = models.PositiveIntegerField(null=True, help_text="Of the assignment it rests on.")
    recorded_at = models.DateTimeField(null=True, help_text="`opened_at` by the database's own clock.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent_id", "conversation_id", "customer_id"],
                condition=models.Q(closed_at__isnull=True),
                name="guard_one_open_grant",
            ),
            models.CheckConstraint(
                condition=models.Q(way__in=["routed", "picked", "given", "call", "unknown"]),
                name="grant_came_some_way",
            ),
        ]
        indexes = [
            models.Index(fields=["agent_id", "opened_at"], name="grants_of_an_agent"),
            models.Index(
                fields=["conversation_id"],
                condition=models.Q(closed_at__isnull=True),
                name="open_grants_of_a_case",
            ),
        ]


class RevealLog(models.Model):
    """One request to see one field: granted or denied, by whom, for which case, why. Never the value."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    agent_id = models.BigIntegerField()
    session = models.CharField(max_length=16, help_text="Start of the SHA-256 of the session key.")
    conversation_id = models.UUIDField()
    subject = models.CharField(max_length=120, help_text="table.column.pk of the sealed value.")
    customer_id = models.UUIDField(null=True)
    field = models.CharField(max_length=40)
    purpose = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=20)
    grant_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation_id", "at"], name="reveal_by_case"),
            models.Index(fields=["agent_id", "at"], name="reveal_by_agent"),
            models.Index(fields=["customer_id", "at"], name="reveal_by_customer"),
            models.Index(fields=["at"], name="reveal_by_time"),
        ]


class RevealTicket(models.Model):
    """A committed log entry's right to open its value once, within a minute.

    One function writes both, and entries stay, so no constraint looks at each of them once more.
    """

    log = models.OneToOneField(RevealLog, models.PROTECT, primary_key=True, related_name="ticket", db_constraint=False)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    made_in = models.BigIntegerField(null=True, help_text="The transaction that asked; it has to be committed.")
    valid_until = models.DateTimeField(null=True, help_text="`expires_at` by the database's own clock.")


class DataKey(models.Model):
    """The key of one customer's sealed values, wrapped by the key ring. Without it they never open again.

    Read and written through functions of the database only (`data_keys`): the row of a destroyed key stays, empty.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="The customer's id.")
    wrapped = models.TextField(help_text="`<ring key>.<nonce and ciphertext>`; empty once destroyed.")
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(wrapped="", destroyed_at__isnull=False)
                | ~models.Q(wrapped="") & models.Q(destroyed_at=None),
                name="data_key_is_there_or_destroyed",
            ),
        ]


class MachineOpening(models.Model):
    """One time that stored forms were given out to the system itself, or keys to seal with. Never which ones.

    Written by the functions of the database that give them out. Numbers that are missing between `id`s were calls whose
    transaction was taken back, which a row cannot tell of.
    """

    at = models.DateTimeField()
    use = models.CharField(max_length=20)
    what = models.CharField(max_length=80, help_text="table.column")
    number = models.PositiveIntegerField(help_text="How many were given out.")
    refused = models.BooleanField(help_text="This use may not open that column, so nothing was given out.")

    class Meta:
        indexes = [models.Index(fields=["at"], name="machine_opening_by_time")]


class RingKey(models.Model):
    """What a key of the ring looked like when it first sealed here, so that another under its name is noticed."""

    id = models.CharField(primary_key=True, max_length=60)
    fingerprint = models.CharField(max_length=32)
    seen_at = models.DateTimeField()
