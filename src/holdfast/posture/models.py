"""The posture as rows: the newest version is in force. Nothing is ever changed, only followed by a newer row."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Posture(models.Model):
    """One change of posture. Its effects are kept with it, so that a later edit of a playbook changes nothing."""

    version = models.PositiveIntegerField(primary_key=True)
    name = models.CharField(max_length=10)
    playbook = models.CharField(max_length=40)
    effects = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    why = models.CharField(max_length=280)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="After this it is calm again.")
    drill = models.BooleanField(default=False, db_default=False, help_text="Rehearsed; screens say so.")

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(why=""), name="posture_says_why")]


class Proposal(models.Model):
    """What the system would change, with its evidence. A person decides."""

    to = models.CharField(max_length=10)
    evidence = models.JSONField(help_text="Sentences.")
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["to"], condition=models.Q(decided_at__isnull=True), name="one_open_proposal_each"
            )
        ]


class PlaybookEdit(models.Model):
    """A playbook as edited in the product; the newest version is in force, before the one that is shipped."""

    slug = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    toml = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "version"], name="playbook_version_once")]


class StepDone(models.Model):
    """A step of the playbook that somebody did while a posture was in force."""

    posture = models.ForeignKey(Posture, models.CASCADE, related_name="steps_done")
    step = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["posture", "step"], name="step_done_once")]
