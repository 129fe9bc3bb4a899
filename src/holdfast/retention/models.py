"""The plan as it was at each time, looks at what would go, runs, and legal holds. Triggers keep them as they were."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Look(models.Model):
    """What would go by a plan that somebody thinks of: counted, nothing removed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, help_text="Nobody: at the terminal.")
    days = models.JSONField(help_text="Days by the key of a term.")
    found = models.JSONField(help_text="By term: how many would go, how many are held, and why.")
    seconds = models.FloatField()


class Plan(models.Model):
    """How long everything is kept from `at` on. The newest is in force; none: nothing runs out."""

    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    on = models.BooleanField()
    days = models.JSONField(default=dict, help_text="Days by the key of a term; empty where it is off.")
    look = models.ForeignKey(Look, models.PROTECT, null=True, related_name="+", help_text="The look it was chosen on.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(on=False) | models.Q(look__isnull=False), name="retention_looked_before_it_is_on"
            ),
        ]


class Release(models.Model):
    """One run, from its first batch to its last; counts are written in the transaction that removes. No names."""

    class End(models.TextChoices):
        OPEN = "", "under way"
        DONE = "done"
        STOPPED = "stopped", "the plan was changed or turned off"

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="releases")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=7, choices=End.choices, blank=True, default="")
    step = models.CharField(max_length=20, blank=True, help_text="What is being taken out now.")
    after = models.JSONField(null=True, help_text="Where in that the next batch goes on.")
    counts = models.JSONField(default=dict, help_text="What went, by kind.")
    failed = models.PositiveIntegerField(default=0, help_text="What could not be taken out and was left.")
    batches = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["end"], condition=models.Q(end=""), name="retention_one_run_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(end="", ended_at=None) | ~models.Q(end="") & models.Q(ended_at__isnull=False),
                name="retention_run_ends_once",
            ),
        ]


class Hold(models.Model):
    """A case or a customer that does not run out, whatever the plan: a dispute, a claim, a request of an authority."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    why = models.CharField(max_length=200, help_text="For the record; names no customer.")
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(conversation_id=None, customer_id__isnull=False)
                | models.Q(conversation_id__isnull=False, customer_id=None),
                name="retention_hold_of_one_thing",
            ),
            models.CheckConstraint(condition=~models.Q(why=""), name="retention_hold_says_why"),
        ]


class LastCase(models.Model):
    """When somebody whose case went was last in touch, so that their values do not outlast it by a term anew."""

    customer_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()


class Gone(models.Model):
    """A customer whose values went. The id names nobody any more."""

    customer_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()


class Loose(models.Model):
    """A file whose case went: it goes too, when nothing else has the same bytes."""

    digest = models.CharField(primary_key=True, max_length=64)
    at = models.DateTimeField()


class Openings(models.Model):
    """How many entries of what was given out to machines went, instead of them. Belongs to the log's owner."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="The newest of them.")
    use = models.CharField(max_length=20)
    what = models.CharField(max_length=80)
    refused = models.BooleanField()
    entries = models.PositiveIntegerField()
    number = models.BigIntegerField(help_text="How many values they had given out.")
