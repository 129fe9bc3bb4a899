"""What pages showed under masks, a row a day; and reports as they were signed."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Sighting(models.Model):
    """A page put a case before an agent, its customer's values masked. Once a day for each way; not in the ledger."""

    class How(models.TextChoices):
        OPENED = "opened"
        LISTED = "listed"
        FOUND = "found", "found by a search"

    day = models.DateField()
    agent_id = models.BigIntegerField()
    conversation_id = models.UUIDField()
    customer_id = models.UUIDField()
    how = models.CharField(max_length=6, choices=How.choices)
    first_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent_id", "day", "conversation_id", "how"], name="sighted_once_a_day"),
        ]
        indexes = [models.Index(fields=["day"], name="sighting_by_day")]


class Report(models.Model):
    """One count, as it was signed. Its files are kept packed (gzip), so that what was handed on can be shown again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)
    agents = models.JSONField(help_text="Ids of the accounts.")
    since = models.DateTimeField()
    until = models.DateTimeField()
    fields = models.JSONField(help_text="Names of the fields; empty: all.")
    totals = models.JSONField(help_text="Customers by class.")
    by_field = models.JSONField(help_text="Customers of whom a value of this field was shown.")
    statement = models.JSONField(help_text="Sentences on what it covers and where it ends.")
    as_json = models.BinaryField()
    as_csv = models.BinaryField()
    note = models.TextField(help_text="The hashes of both, signed.")

    class Meta:
        indexes = [models.Index(fields=["-made_at"], name="radius_newest")]
