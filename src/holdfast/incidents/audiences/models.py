"""Rules that may be edited, and audiences frozen from them, which may not: a trigger keeps that."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.kit.ids import uuid7


class Segment(models.TextChoices):
    """Which words somebody reads, as an update has them."""

    AFFECTED = "affected", "the affected"
    UNAFFECTED = "unaffected", "the unaffected"
    HIGH_VALUE = "high_value", "high-value customers"


class Group(models.Model):
    """A rule: who belongs to it, and which words they read. In the order of `position` the first that fits counts."""

    class Source(models.TextChoices):
        PEOPLE = "people", "what we know of people"
        FILE = "file", "a file of account references"
        SYSTEMS = "systems", "a list of the company's systems"
        REST = "rest", "everybody else"

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    segment = models.CharField(max_length=20, choices=Segment.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    tier = models.CharField(max_length=20, blank=True)
    since_before = models.DateField(null=True)
    locale = models.CharField(max_length=10, blank=True)
    city = models.CharField(max_length=80, blank=True)
    jurisdiction = models.CharField(max_length=20, blank=True, help_text="Only those the file gives this one.")
    list_name = models.CharField(max_length=60, blank=True, help_text="As the company's systems call the list.")
    list_title = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField(null=True, help_text="When the company's systems were asked for it.")
    as_of = models.DateTimeField(null=True, help_text="Of when their answer is.")
    within = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="parts", help_text="Only those who fit that group too."
    )
    discreet = models.BooleanField(default=False, help_text="Who is in it is shown to nobody but who leads.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "position"], name="group_in_order", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["incident", "name"], name="group_named_once"),
            models.UniqueConstraint(
                fields=["incident"], condition=models.Q(source="rest"), name="one_group_for_the_rest"
            ),
            models.CheckConstraint(
                condition=models.Q(source="systems", as_of__isnull=False, asked_at__isnull=False)
                | ~models.Q(source="systems") & models.Q(as_of=None, asked_at=None),
                name="list_is_of_a_moment",
            ),
        ]


class Listed(models.Model):
    """A line of a group's file: an account reference, and the jurisdiction it falls under if the file says."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="listed")
    reference = models.CharField(max_length=40)
    jurisdiction = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "reference"], name="listed_once")]


class Audience(models.Model):
    """Everybody by the rules as they stood, at an exposure time. Never changed; freezing anew is the next version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    exposed_at = models.DateTimeField(help_text="Who became a customer after this day is left out.")
    counted = models.JSONField(help_text="Groups with their rule, number and overlaps, as `contract.Counts`.")
    total = models.PositiveIntegerField()
    frozen_at = models.DateTimeField()
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "version"], name="audience_version_once"),
            models.CheckConstraint(condition=models.Q(total__gt=0), name="audience_of_somebody"),
        ]


class Member(models.Model):
    """One customer in an audience, with the one group that counts for them."""

    audience = models.ForeignKey(Audience, models.PROTECT, related_name="members")
    customer_id = models.UUIDField()
    group = models.PositiveSmallIntegerField(help_text="Its place in the audience's `counted`.")
    segment = models.CharField(max_length=20, choices=Segment.choices)
    locale = models.CharField(max_length=10, blank=True)
    jurisdiction = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["audience", "customer_id"], name="one_text_per_person")]
        indexes = [models.Index(fields=["customer_id"], name="audiences_of_a_customer")]


class HandOver(models.Model):
    """An audience is given to a campaign, with the words of an update: once for each update, some at a time."""

    class State(models.TextChoices):
        FILLING = "filling", "being handed over"
        DONE = "done", "handed over"
        STOPPED = "stopped"

    audience = models.ForeignKey(Audience, models.PROTECT, related_name="handed")
    update_id = models.UUIDField()
    campaign_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.FILLING)
    at_member = models.BigIntegerField(default=0, help_text="The last member who was gone through.")
    passed = models.PositiveIntegerField(default=0, help_text="How many were.")
    settled_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True, help_text="Why it stopped.")
    added = models.PositiveIntegerField(default=0)
    no_address = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="filling", settled_at=None)
                | ~models.Q(state="filling") & models.Q(settled_at__isnull=False),
                name="handed_over_settled_at",
            ),
            models.UniqueConstraint(
                fields=["update_id"], condition=~models.Q(state="stopped"), name="update_handed_over_once"
            ),
        ]
