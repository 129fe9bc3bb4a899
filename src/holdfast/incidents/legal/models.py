"""What people declared, and the clocks that run by it. Acts are never changed: a correction is another act.

A trigger keeps that even from code that forgets it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.incidents.legal.regimes import Event
from holdfast.kit.ids import uuid7


class Act(models.Model):
    """Somebody declared, on evidence, that something happened at a time: the start of clocks, or a notice given."""

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    event = models.CharField(max_length=12, choices=Event.choices)
    duty = models.CharField(max_length=90, blank=True, help_text="For a notice: regime and duty.")
    at = models.DateTimeField(help_text="When it happened.")
    evidence = models.CharField(max_length=500, help_text="What it is known from, or the reference of a notice.")
    holds = models.BooleanField(default=True, help_text="No: a correction says that it did not happen.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="corrected_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(evidence=""), name="act_has_evidence"),
            models.CheckConstraint(condition=models.Q(at__lte=models.F("noted_at")), name="act_is_not_ahead"),
            models.CheckConstraint(
                condition=models.Q(event="notified") & ~models.Q(duty="")
                | ~models.Q(event="notified") & models.Q(duty=""),
                name="act_names_the_notice",
            ),
            models.UniqueConstraint(
                fields=["incident", "event", "duty"], condition=models.Q(corrects=None), name="act_declared_once"
            ),
        ]
        indexes = [models.Index(fields=["incident", "noted_at"], name="act_in_order")]


class Proposal(models.Model):
    """A room of the house has evidence that something happened, and proposes to declare it. Only a person does."""

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    event = models.CharField(max_length=12, choices=Event.choices)
    at = models.DateTimeField(help_text="When it happened, as proposed.")
    evidence = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    act = models.OneToOneField(Act, models.PROTECT, null=True, related_name="+", help_text="Empty: it was set aside.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "event"], condition=models.Q(decided_at=None), name="proposed_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None, act=None)
                | models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="proposal_decided_by_somebody",
            ),
        ]


class Clock(models.Model):
    """One duty of one regime that an incident may have: counted until it is done, or legal says it is not needed.

    `terms` is the duty as it was read when the clock was started; a later edit of the file changes nothing here.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        NOT_NEEDED = "not_needed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    regime = models.CharField(max_length=40)
    duty = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    zone = models.CharField(max_length=40)
    terms = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    due = models.DateTimeField(null=True, help_text="As it stands now; empty: nothing started it, or without delay.")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, help_text="When the notice was given, or was said to be not needed.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=500, blank=True, help_text="The reference of the notice, or why none is needed.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "regime", "duty"], name="one_clock_per_duty"),
            models.CheckConstraint(
                condition=models.Q(state="running", settled_at=None)
                | ~models.Q(state="running") & models.Q(settled_at__isnull=False) & ~models.Q(why=""),
                name="clock_settled_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["due"], condition=models.Q(state="running"), name="clock_to_come")]


class Pause(models.Model):
    """Law enforcement asked to wait, in a document, until a day. Never changed; another one may follow."""

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="pauses")
    authority = models.CharField(max_length=200)
    document = models.CharField(max_length=300, help_text="Its reference and date.")
    until = models.DateTimeField()
    noted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="Given up earlier than it said.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(document="") & ~models.Q(authority=""), name="pause_has_document"
            ),
        ]
