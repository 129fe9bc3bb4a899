"""Offers, who may approve how much, and the codes: each for one person, once. The database keeps the budget."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.kit.ids import uuid7


class Limit(models.Model):
    """How much somebody may approve, from when until when. Set by somebody else."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=14, decimal_places=2, help_text="Of one offer's whole budget.")
    currency = models.CharField(max_length=3)
    since = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "currency"], condition=models.Q(until=None), name="one_limit_per_currency"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="limit_of_something"),
            models.CheckConstraint(condition=~models.Q(agent=models.F("set_by")), name="limit_set_by_another"),
        ]


class Offer(models.Model):
    """So much for each of these people. `promised` is what codes that are out stand for, `spent` what was redeemed."""

    class State(models.TextChoices):
        DRAWN = "drawn", "waits for approval"
        APPROVED = "approved"
        HANDED = "handed", "handed to a campaign"
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAWN)
    amount = models.DecimalField(max_digits=12, decimal_places=2, help_text="For each person.")
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    budget = models.DecimalField(max_digits=14, decimal_places=2)
    promised = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    spent = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    expires_at = models.DateTimeField()
    audience_id = models.UUIDField(null=True, help_text="A frozen audience; empty: by rule.")
    segments = models.JSONField(default=list, help_text="Who of the audience.")
    rule = models.JSONField(default=dict, help_text="Without an audience: what is asked of people.")
    hold_out = models.PositiveSmallIntegerField(default=10, help_text="In a hundred, who get no offer.")
    seed = models.BigIntegerField(help_text="Of the draw; with it anybody can draw again.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, help_text="When a test code was redeemed.")
    handed_at = models.DateTimeField(null=True)
    campaign_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, spent__gte=0)
                & models.Q(spent__lte=models.F("promised"))
                & models.Q(promised__lte=models.F("budget")),
                name="goodwill_within_budget",
            ),
            models.CheckConstraint(condition=models.Q(hold_out__lte=50), name="goodwill_half_at_least"),
            models.CheckConstraint(
                condition=~models.Q(state="ended") | models.Q(ended_at__isnull=False), name="goodwill_ended_at"
            ),
        ]
        indexes = [models.Index(fields=["incident", "-at"], name="goodwill_of_incident")]


class Wording(models.Model):
    """What the mail with the code says in one language."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="wordings")
    locale = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "locale"], name="goodwill_said_once")]


class Excluded(models.Model):
    """An account that gets nothing of this offer."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="excluded")
    reference = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "reference"], name="excluded_once")]


class Approval(models.Model):
    """Somebody approved an offer, with the limit they had then."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    limit = models.DecimalField(max_digits=14, decimal_places=2)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "by"], name="goodwill_approved_once")]


class Drawn(models.Model):
    """One person an offer was drawn for, and their code once there is one. Kept: who was held out stays known."""

    class Arm(models.TextChoices):
        OFFERED = "offered"
        HELD_OUT = "held_out"

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="drawn")
    customer_id = models.UUIDField()
    locale = models.CharField(max_length=10, blank=True)
    arm = models.CharField(max_length=8, choices=Arm.choices)
    digest = models.BinaryField(max_length=32, null=True, help_text="SHA-256 of the code. The code is not kept.")
    given_at = models.DateTimeField(null=True)
    redeemed_at = models.DateTimeField(null=True)
    request = models.BinaryField(max_length=32, null=True, help_text="SHA-256 of the key of the request.")
    through = models.CharField(max_length=60, blank=True, help_text="The token that redeemed it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "customer_id"], name="drawn_once"),
            models.UniqueConstraint(fields=["digest"], name="goodwill_code_once"),
            models.CheckConstraint(
                condition=models.Q(digest=None, given_at=None, redeemed_at=None)
                | models.Q(arm="offered", digest__isnull=False, given_at__isnull=False),
                name="code_only_for_the_offered",
            ),
            models.CheckConstraint(
                condition=models.Q(redeemed_at=None, request=None)
                | models.Q(redeemed_at__isnull=False, request__isnull=False),
                name="redeemed_by_a_request",
            ),
        ]
        indexes = [models.Index(fields=["customer_id"], name="goodwill_of_customer")]


class Trial(models.Model):
    """A test code: redeemed on the way that customers' codes take, it costs nothing and shows that the way is open."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="trials")
    digest = models.BinaryField(max_length=32, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    request = models.BinaryField(max_length=32, null=True)
    through = models.CharField(max_length=60, blank=True)


class Event(models.Model):
    """A line of an offer's ledger: what people and time did with it. Redemptions are in `Drawn`."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=280)

    class Meta:
        indexes = [models.Index(fields=["offer", "at"], name="goodwill_ledger")]
