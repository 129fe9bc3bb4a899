"""Who asked to be told, the links they were sent, and which updates they were told of."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Subscriber(models.Model):
    """An address that asked to be told of incidents. Before `confirmed_at` nothing is sent to it but the question."""

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        WEBHOOK = "webhook"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.EMAIL)
    address = SealedField(mask="identity", help_text="A mail address, a telephone number, or where a webhook stands.")
    index = models.BinaryField(max_length=16, help_text="Blind index of the address.")
    locale = models.CharField(max_length=10)
    components = models.JSONField(default=list, help_text="Ids of the services it is about; empty: all.")
    incident_id = models.UUIDField(null=True, help_text="Only this incident.")
    asked_at = models.DateTimeField()
    source = models.CharField(max_length=20, default="page")
    words = models.CharField(max_length=20, help_text="Version of the words they agreed to.")
    asked_from = models.BinaryField(max_length=16, help_text="Keyed hash of the network address.")
    webhook = SealedField(mask="identity", help_text="Where the same is posted, as JSON.")
    webhook_secret = SealedField(help_text="Signs what is posted there; shown once, when it is set.")
    proof_asked_at = models.DateTimeField(null=True, help_text="When somebody had a webhook asked for its proof.")
    proof_tried_at = models.DateTimeField(null=True, help_text="When it was.")
    proof_tries = models.PositiveSmallIntegerField(default=0)
    proof_failed = models.CharField(max_length=5, blank=True, help_text="What came of it, until it is proved.")
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Anybody may enter the address of a webhook; only one of them can prove that it is theirs.
            models.UniqueConstraint(
                fields=["index"],
                condition=models.Q(ended_at__isnull=True)
                & (~models.Q(channel="webhook") | models.Q(confirmed_at__isnull=False)),
                name="subscribed_once_per_address",
            )
        ]
        indexes = [models.Index(fields=["confirmed_at"], condition=models.Q(ended_at=None), name="subscriber_active")]


class Link(models.Model):
    """A link in a mail, good once and for a while. Only the hash of its token is kept."""

    class Purpose(models.TextChoices):
        CONFIRM = "confirm"
        MANAGE = "manage"

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    token = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of 256 random bits.")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Code(models.Model):
    """Six digits in a text message, good once, for minutes and for a few tries. Only a keyed hash is kept."""

    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="codes")
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)


class CareLine(models.Model):
    """Where people in need are heard at once while an incident is open: one row, in every language of the page."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    words = models.JSONField(default=dict, help_text="A sentence by language: for whom it is, and when.")
    phone = models.CharField(max_length=30, blank=True)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_care_line")]


class Announcement(models.Model):
    """A published update of which subscribers were told; there is one row for each, so nobody is told twice."""

    update_id = models.UUIDField(primary_key=True)
    campaign_id = models.UUIDField(null=True, help_text="Empty: nobody had asked for it.")
    at = models.DateTimeField()


class Briefed(models.Model):
    """A morning on which the briefing was mailed."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()
