"""What the shield decided, and by which model: enough to decide it again, and no customer's words."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Assessment(models.Model):
    """One contact as the shield saw it. Triage notes it; the assessor fills it in, and again when more is known."""

    contact_id = models.UUIDField(primary_key=True)
    conversation_id = models.UUIDField(db_index=True)
    customer_id = models.UUIDField(null=True)
    level = models.PositiveSmallIntegerField(default=0)
    is_machine = models.BooleanField(default=False)
    at = models.DateTimeField(help_text="When the contact was accepted.")
    challenge = models.CharField(max_length=4, blank=True, help_text="pass, fail: what came of a question asked.")
    assessed_at = models.DateTimeField(null=True)
    traits = models.JSONField(null=True, help_text="What was counted; no text, no identity.")
    model_version = models.PositiveIntegerField(default=0)
    band = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(default=0.0)
    friction = models.CharField(max_length=20, default="none")
    reasons = models.JSONField(default=list)
    asked_score = models.FloatField(null=True, help_text="The score it was asked by, until its answer is counted.")
    counted_in = models.PositiveIntegerField(null=True, help_text="Version of the model that counted it, once.")

    class Meta:
        indexes = [
            models.Index(fields=["at"], condition=models.Q(assessed_at__isnull=True), name="assessment_to_do"),
            models.Index(
                fields=["at"],
                condition=models.Q(assessed_at__isnull=False, counted_in__isnull=True),
                name="assessment_to_count",
            ),
            models.Index(fields=["-at", "band"], name="assessment_newest"),
            models.Index(
                fields=["at"], condition=models.Q(asked_score__isnull=False), name="assessment_answer_to_count"
            ),
        ]


class Minute(models.Model):
    """A closed minute and the model that follows from it. The newest is in force."""

    version = models.PositiveIntegerField(primary_key=True)
    minute = models.DateTimeField(unique=True)
    rate = models.FloatField()
    expected = models.FloatField()
    surge = models.BooleanField()
    flood_share = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    reasons = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    model = models.JSONField()


class Memory(models.Model):
    """The scorer's memory after the newest minute; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    state = models.JSONField()


class Watched(models.Model):
    """What is usual per series, as the scorer that kept it last knew it, and what was counted since; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    state = models.JSONField(null=True)
    tail = models.JSONField(default=list, help_text="Minutes since `state`: [when, [[dimension, value, count], ...]].")


class Topic(models.Model):
    """A matter the company itself declared: contacts about it are explained."""

    words = models.JSONField(help_text="Any of these phrases in a text names it.")
    accounts = models.JSONField(default=list, help_text="Account references it concerns; empty for everybody.")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class FairTime(models.Model):
    """Until when a stratum's share of a band is used up, per queue."""

    queue_id = models.BigIntegerField()
    band = models.PositiveSmallIntegerField()
    stratum = models.CharField(max_length=40)
    due = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue_id", "band", "stratum"], name="fair_time_once")]


class Step(models.Model):
    """Something asked of, or offered to, whoever stands behind a conversation: a step of the ladder, once each."""

    class Answer(models.TextChoices):
        PASS = "pass"  # noqa: S105 - an answer, not a password
        FAIL = "fail"
        NONE = "none", "nothing came; that is never held against anybody"

    contact_id = models.UUIDField()
    conversation_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    planned_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=4, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation_id", "kind"], name="step_once_each")]
        indexes = [
            models.Index(
                fields=["planned_at"], condition=models.Q(asked_at__isnull=True, answer=""), name="step_to_take"
            ),
            models.Index(fields=["expires_at"], condition=models.Q(answer=""), name="step_without_answer"),
        ]


class Appeal(models.Model):
    """Somebody said that they were judged wrongly and need a person. It holds, whatever the model says."""

    conversation_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()


class BulkAnswer(models.Model):
    """One answer that was given to a crowd, by whom and to how many. The words are in each conversation."""

    key = models.UUIDField(primary_key=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    answered = models.PositiveIntegerField()
