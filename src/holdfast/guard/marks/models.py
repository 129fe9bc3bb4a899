"""What pages said of the marks over a shown value; and what was read from photographs, files and codes."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Overlay(models.Model):
    """One shown value: whether its page said that the marks are there, and where the value stood on it.

    The page runs in the reader's browser, so this is a hint to be looked at, and proof of nothing.
    """

    log_id = models.UUIDField(primary_key=True, editable=False, help_text="The entry in the log of reveals.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    missing_at = models.DateTimeField(null=True, help_text="When the page first said that the marks are not whole.")
    fault = models.CharField(max_length=10, blank=True)
    width = models.PositiveIntegerField(help_text="Of the visible page, in CSS pixels, as are the others.")
    height = models.PositiveIntegerField()
    left = models.IntegerField(help_text="Of the value's card on the page.")
    top = models.IntegerField()
    card_width = models.PositiveIntegerField()
    card_height = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["first_at"], name="overlay_by_time")]


class What(models.TextChoices):
    """What was brought to be read."""

    PHOTO = "photo", "a photograph of a screen"
    FILE = "file", "a copy of a file"
    CODE = "code", "a code as somebody read it"


class Reading(models.Model):
    """Something that is being read, and how far that is. Gone when its answer is kept; stays with what went wrong."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, help_text="Null: at the terminal.")
    what = models.CharField(max_length=5, choices=What.choices)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file as it was brought; empty for a code.")
    asked = models.JSONField(help_text="Of which case, customer and time; where it stands in the picture.")
    keep = models.BooleanField(help_text="Whether the file is kept, sealed, with the answer.")
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField()
    problem = models.CharField(max_length=300, blank=True)


class Trace(models.Model):
    """What was read, and what came of it. The database lets nobody change or remove one."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, help_text="Null: at the terminal.")
    what = models.CharField(max_length=5, choices=What.choices)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file as it was brought; empty for a code.")
    asked = models.JSONField()
    agent_id = models.BigIntegerField(null=True, help_text="Whose session it was of; null when nobody is named.")
    session = models.CharField(max_length=16, blank=True)
    code = models.CharField(max_length=10, blank=True, help_text="Where it was read, or fits as well as naming takes.")
    shown_first = models.DateTimeField(null=True, help_text="When the named session was first shown what was asked of.")
    shown_last = models.DateTimeField(null=True)
    customers = models.JSONField(help_text="Ids of whom it was shown a value of: the photograph is of one of them.")
    z = models.FloatField()
    gap = models.FloatField(help_text="How far the best is ahead of the next.")
    compared = models.PositiveIntegerField(help_text="Sessions.")
    sentence = models.TextField()
    fits = models.JSONField(help_text="The twenty best: session, account, faint, visible.")

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="trace_newest"),
            models.Index(fields=["agent_id"], condition=models.Q(agent_id__isnull=False), name="trace_by_agent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agent_id=None, session="", shown_first=None, shown_last=None)
                | models.Q(agent_id__isnull=False, shown_first__isnull=False, shown_last__isnull=False)
                & ~models.Q(session=""),
                name="trace_names_somebody_whole_or_nobody",
            )
        ]


class Photograph(models.Model):
    """The file of a reading or a trace, sealed: it may show a customer's values. Thrown away on request."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="Of the reading, and of the trace.")
    closed = models.BinaryField()
