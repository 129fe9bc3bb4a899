"""Deliveries: one row per message and recipient, from `pending` to its end."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Delivery(models.Model):
    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        UNKNOWN = "unknown"
        HELD = "held", "held back"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey("conversations.Message", models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=20)
    recipient = SealedField(mask="identity")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    header_id = models.CharField(max_length=200, blank=True, help_text="Message-ID of the mail, without brackets.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    repeats = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often a person had it sent again."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "channel"], name="delivered_once")]
        indexes = [
            models.Index(
                fields=["not_before"], condition=models.Q(state__in=["pending", "sending"]), name="delivery_due"
            ),
        ]


class Repeat(models.Model):
    """A person had a delivery sent again: who and when, and how it had ended before."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="repeated")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    was = models.CharField(max_length=8, choices=Delivery.State.choices)
    error = models.CharField(max_length=300, blank=True)


class HeldBack(models.Model):
    """A reply that had not left when whoever wrote it was cut off. It never does; somebody else answers, and when."""

    delivery = models.OneToOneField(Delivery, models.CASCADE, related_name="held_back")
    at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(looked_at=None, looked_by=None)
                | models.Q(looked_at__isnull=False, looked_by__isnull=False),
                name="held_back_looked_at_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=models.Q(looked_at=None), name="held_back_waits")]
