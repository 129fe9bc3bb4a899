"""Rules for where values are opened from, where sessions are, and leave to open them from elsewhere.

Agents, teams and vendors live above this room, so their ids are kept, not their keys.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from holdfast.kit.ids import uuid7


class Rule(models.Model):
    """From which networks, at which hours, and whether only on machines that are known. What is empty is no rule."""

    class Scope(models.TextChoices):
        EVERYBODY = "everybody"
        ROLE = "role"
        VENDOR = "vendor"
        TEAM = "team"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(max_length=9, choices=Scope.choices)
    target = models.CharField(max_length=20, blank=True, help_text="A role, or the id of a vendor or team.")
    networks = ArrayField(models.CharField(max_length=43), null=True, help_text="In CIDR notation.")
    days = ArrayField(models.PositiveSmallIntegerField(), null=True, help_text="1 is Monday, as in ISO 8601.")
    opens = models.TimeField(null=True)
    closes = models.TimeField(null=True, help_text="Before `opens`: on the next day. The same: all day.")
    zone = models.CharField(max_length=40, blank=True, help_text="Of the hours, as in the IANA database.")
    known_machine = models.BooleanField(default=False)
    at = models.DateTimeField()
    by_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "target"], name="whereabouts_one_rule_each"),
            models.CheckConstraint(
                condition=models.Q(days=None, opens=None, closes=None, zone="")
                | models.Q(days__isnull=False, opens__isnull=False, closes__isnull=False) & ~models.Q(zone=""),
                name="whereabouts_hours_are_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(networks__isnull=False)
                | models.Q(days__isnull=False)
                | models.Q(known_machine=True),
                name="whereabouts_rule_says_something",
            ),
        ]


class Seat(models.Model):
    """A session: whose, from which address, and whether on a machine that is known. By the mark the log has of it."""

    session = models.CharField(primary_key=True, max_length=16)
    agent_id = models.BigIntegerField()
    address = models.GenericIPAddressField(null=True, unpack_ipv4=True)
    known = models.BooleanField(help_text="The machine was proven to be this person's.")
    at = models.DateTimeField()
    lately = ArrayField(models.DateTimeField(), default=list, db_default=[], help_text="Its last asks, see `by_hand`.")

    class Meta:
        indexes = [models.Index(fields=["at"], name="whereabouts_seat_by_time")]


class Leave(models.Model):
    """Leave for one person to open values whatever the rules say, for some hours; given by another organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent_id = models.BigIntegerField()
    vendor_id = models.BigIntegerField(help_text="Who employs them; 0 is the house itself.")
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decider_vendor_id = models.BigIntegerField(null=True)
    given = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["agent_id", "until"], name="whereabouts_leave_of_agent")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(given=False)
                | models.Q(decided_at__isnull=False, decided_by_id__isnull=False, decider_vendor_id__isnull=False)
                & ~models.Q(decider_vendor_id=models.F("vendor_id"))
                & ~models.Q(decided_by_id=models.F("agent_id")),
                name="whereabouts_left_by_another_house",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="whereabouts_leave_says_why"),
        ]
