"""Campaigns, what they say, to whom, and how far each is. Chunks are what a sender leases; they hold the counts.

A recipient's row changes twice, in place: no index has its state, and its page keeps room for the next version of it
(HOT updates), so that taking and settling a million of them stays cheap.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Stream(models.TextChoices):
    """What kind of word it is. Decides whose wish not to be written to it heeds, and which goes first."""

    INCIDENT = "incident", "about an incident"
    SERVICE = "service", "about the service"
    LEGAL = "legal", "legal notice"
    OUTREACH = "outreach", "personal outreach"


class Channel(models.TextChoices):
    EMAIL = "email", "mail"
    SMS = "sms", "text message"
    CHAT = "chat"
    WEBHOOK = "webhook"


class Campaign(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", "being written"
        APPROVED = "approved"
        RUNNING = "running", "being sent"
        PAUSED = "paused"
        DONE = "done"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    stream = models.CharField(max_length=8, choices=Stream.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0, help_text="Counts changes; who decides on an older one is told.")
    about = models.CharField(max_length=80, blank=True, help_text="What its words have to stand up to: incident:<id>.")
    thread = models.CharField(max_length=80, blank=True, help_text="Mails with the same word here stand in one thread.")
    unsubscribe_url = models.CharField(
        max_length=300, blank=True, help_text="RFC 8058 address, with variables of the recipient: https://…/{token}/."
    )
    rates = models.JSONField(default=dict, help_text="Messages a second by channel, where it shall go slower.")
    recipients = models.PositiveIntegerField(default=0)
    filling = models.BooleanField(default=False, help_text="Its people are still being added, so nobody approves it.")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_on = models.CharField(max_length=200, blank=True, help_text="Which approval elsewhere this one rests on.")
    approval_ends = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, help_text="Why it is paused or was cancelled, and by whom.")
    pace = models.FloatField(default=0.0, help_text="Messages a second, lately.")
    handled = models.PositiveIntegerField(default=0, help_text="Settled recipients when the pace was last measured.")
    measured_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "cancelled"])
                | models.Q(approved_by__isnull=False, approved_at__isnull=False, approval_ends__isnull=False),
                name="campaign_is_approved_before_it_is_sent",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["running", "done"]) | models.Q(started_at__isnull=False),
                name="campaign_was_started",
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="campaign_newest_first")]


class Text(models.Model):
    """What is said in one language to one segment. Variables are written `{name}`."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="texts")
    locale = models.CharField(max_length=10)
    segment = models.CharField(max_length=20, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "locale", "segment"], name="campaign_text_once_per_reader")
        ]


class Chunk(models.Model):
    """Some hundred recipients of one channel: what a sender leases, and where what became of them is counted."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="chunks")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    open = models.BooleanField(default=True, help_text="Whether some of its recipients still wait.")
    size = models.PositiveSmallIntegerField(default=0)
    sent = models.PositiveSmallIntegerField(default=0)
    failed = models.PositiveSmallIntegerField(default=0)
    unknown = models.PositiveSmallIntegerField(default=0)
    suppressed = models.PositiveSmallIntegerField(default=0)
    cancelled = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    rounds = models.PositiveSmallIntegerField(default=0, help_text="How often some of it was put off.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    size__gte=models.F("sent")
                    + models.F("failed")
                    + models.F("unknown")
                    + models.F("suppressed")
                    + models.F("cancelled")
                ),
                name="chunk_adds_up",
            ),
            models.CheckConstraint(
                condition=models.Q(lease__isnull=True, leased_until__isnull=True)
                | models.Q(lease__isnull=False, leased_until__isnull=False),
                name="chunk_lease_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "channel", "id"], condition=models.Q(open=True), name="chunk_open"),
        ]


class Recipient(models.Model):
    class State(models.TextChoices):
        PENDING = "pending", "waits"
        SENDING = "sending", "being handed over"
        SENT = "sent"
        FAILED = "failed", "not reached"
        UNKNOWN = "unknown", "not known"
        SUPPRESSED = "suppressed", "left out"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="people", db_index=False)
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="people")
    person_key = models.CharField(max_length=80, help_text="Who it is, without a personal value: customer:<id>.")
    locale = models.CharField(max_length=10)
    segment = models.CharField(max_length=20, blank=True)
    given = models.CharField(max_length=200, blank=True, help_text="Names of the variables it has a value for.")
    index = models.BinaryField(max_length=16, help_text="Blind index of the address, for suppression.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    repeats = models.PositiveSmallIntegerField(default=0, help_text="How often a person had it sent again.")
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=120, blank=True, help_text="Why not, without any value of the person.")
    sealed = SealedField(mask="identity", help_text="Address and values, as JSON; the mask is that of the address.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "person_key"], name="campaign_person_once")]


class Suppression(models.Model):
    """An address that is not written to, and why. One that bounced is not reached by a legal notice either."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", "mail came back for good"
        COMPLAINT = "complaint", "reported as unwanted"
        UNSUBSCRIBED = "unsubscribed"

    index = models.BinaryField(max_length=16, help_text="Blind index of the address.")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    stream = models.CharField(max_length=8, choices=Stream.choices, blank=True, help_text="Empty: every stream.")
    at = models.DateTimeField()
    note = models.CharField(max_length=60, blank=True, help_text="A status code, say.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["index", "reason", "stream"], name="suppressed_once")]


class Hold(models.Model):
    """Somebody who is not written to in bulk for a while, because a person talks to them."""

    person_key = models.CharField(max_length=80, unique=True)
    why = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)


class ProviderLimit(models.Model):
    """How fast a provider is fed by all senders together: a token bucket, and how long it wants to be left alone."""

    name = models.CharField(max_length=60, primary_key=True, help_text="A channel, or campaign:channel.")
    per_second = models.FloatField(null=True, help_text="Empty: as fast as it takes them.")
    tokens = models.FloatField(default=0.0)
    filled_at = models.DateTimeField()
    resting_until = models.DateTimeField(null=True)
    refusals = models.PositiveSmallIntegerField(default=0, help_text="In a row; each doubles the rest.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(per_second__isnull=True) | models.Q(per_second__gt=0), name="limit_is_a_rate"
            )
        ]


class Repeat(models.Model):
    """A person had those sent again of whom nobody knew whether it had arrived."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="repeated")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    number = models.PositiveIntegerField()
