"""Cut-offs, whom each meant, who agreed to take one back, what was frozen. Triggers keep all of it from changing."""

from __future__ import annotations

from django.db import models


class Scope(models.TextChoices):
    VENDOR = "vendor", "employer"
    SITE = "site"
    TEAM = "team"
    AGENT = "agent", "person"


class Kind(models.TextChoices):
    OUT = "out", "No access"
    MASKED = "masked", "Read only, masked"


class Cut(models.Model):
    """One cut-off. Its number is the epoch: what was made for its people before has a lower one and is dead for good.

    Who belongs to `scope` and `target_id` later, while it lasts, is cut off as well.
    """

    scope = models.CharField(max_length=10, choices=Scope.choices)
    target_id = models.BigIntegerField()
    label = models.CharField(max_length=200, help_text="What it was called at that moment.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    why = models.CharField(max_length=300)
    by_id = models.BigIntegerField(null=True, help_text="Nobody: at the terminal.")
    at = models.DateTimeField()
    pool_id = models.BigIntegerField(null=True, help_text="The queue that takes the cases; null: their own lines.")
    lent = models.JSONField(default=list, help_text="[queue, team] pairs that serve it only while this lasts.")
    sessions = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    grants = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0, help_text="Cases that went to the pool or to their lines.")
    settled_at = models.DateTimeField(null=True, help_text="When all cases had gone on and the evidence was frozen.")
    ended_at = models.DateTimeField(null=True)
    hold_lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "target_id", "kind"], condition=models.Q(ended_at=None), name="cutoff_once_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(why=""), name="cutoff_says_why"),
        ]


class Covered(models.Model):
    """Somebody whom a cut-off meant when it was made: leaving the team does not let them back in."""

    cut = models.ForeignKey(Cut, models.PROTECT, related_name="covered")
    agent_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cut", "agent_id"], name="cutoff_covers_once")]
        indexes = [models.Index(fields=["agent_id"], name="cutoffs_of_an_agent")]


class What(models.TextChoices):
    UNDO = "undo", "Let them back in"
    LIFT_HOLD = "lift_hold", "Lift the hold on evidence"


class Asked(models.Model):
    """One person asks to take something back, another agrees. Neither alone changes anything."""

    cut = models.ForeignKey(Cut, models.PROTECT, related_name="asked")
    what = models.CharField(max_length=10, choices=What.choices)
    why = models.CharField(max_length=300)
    by_id = models.BigIntegerField()
    at = models.DateTimeField()
    agreed_by_id = models.BigIntegerField(null=True)
    agreed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cut", "what"],
                condition=models.Q(agreed_at=None, withdrawn_at=None),
                name="cutoff_asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(agreed_by_id=None, agreed_at=None)
                | models.Q(agreed_by_id__isnull=False, agreed_at__isnull=False, withdrawn_at=None)
                & ~models.Q(agreed_by_id=models.F("by_id")),
                name="cutoff_two_people",
            ),
        ]


class Evidence(models.Model):
    """What was frozen at a cut-off: who had asked for and seen how much, and the log's signed state then."""

    cut = models.OneToOneField(Cut, models.PROTECT, primary_key=True, related_name="evidence")
    at = models.DateTimeField()
    manifest = models.JSONField(help_text="Ids, counts and digests of rows, never a customer's values.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the manifest as `evidence.as_bytes` writes it.")
    checkpoint = models.TextField(blank=True, help_text="The log's latest signed note at that moment.")
