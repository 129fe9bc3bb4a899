"""The ledger. A promise is open, then ends once; its time only ever moves forward to an earlier one.

Triggers keep that even from code that forgets it: a settled promise does not change, no promise gets a later time.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.kit.ids import uuid7
from holdfast.promises.contract import Kind, State


class Promise(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=80, help_text="To whom: a kind of row and its id, never a person's name.")
    about = models.CharField(max_length=200, help_text="What, in words that name no customer.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    first_due = models.DateTimeField(help_text="As it was made.")
    due = models.DateTimeField(help_text="As it holds now: never later than it was made.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, help_text="When it was kept, late, broken or cancelled.")
    noted_at = models.DateTimeField(null=True, help_text="When that was written down.")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    why = models.CharField(max_length=280, blank=True, help_text="Why it was cancelled.")
    look_at = models.DateTimeField(null=True, help_text="When the watch has something to do about it next.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(state="open"), name="one_open_promise_each"
            ),
            models.CheckConstraint(condition=models.Q(due__lte=models.F("first_due")), name="promise_never_later"),
            models.CheckConstraint(
                condition=models.Q(state="open", settled_at=None)
                | models.Q(state="kept", settled_at__lte=models.F("due"))
                | models.Q(state__in=["late", "broken"], settled_at__gte=models.F("due"))
                | models.Q(state="cancelled", settled_at__isnull=False) & ~models.Q(why=""),
                name="promise_ends_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["due"], condition=models.Q(state="open"), name="promise_open_first"),
            models.Index(fields=["look_at"], condition=models.Q(state="open"), name="promise_to_look_at"),
            models.Index(fields=["subject", "made_at"], name="promise_history"),
            models.Index(fields=["due", "id"], name="promise_in_order"),
        ]


class Shortening(models.Model):
    """An earlier time for an open promise: what it was, and who said so."""

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="shortenings")
    was = models.DateTimeField()
    due = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class Mend(models.Model):
    """A broken promise that was done after all. It stays broken, and is shown as mended."""

    promise = models.OneToOneField(Promise, models.CASCADE, related_name="mend")
    at = models.DateTimeField(help_text="When it was done.")
    noted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class Notice(models.Model):
    """What the owner was told about an open promise, once."""

    class Kind(models.TextChoices):
        AHEAD = "ahead", "it is due soon"
        DUE = "due", "it is due and nothing has happened"
        HELD = "held", "a text prepared for this went out in its place"
        BROKEN = "broken", "its time and the time of grace are over"

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    minutes = models.PositiveIntegerField(default=0, help_text="Before it is due; for notices ahead.")
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, help_text="When the owner put it away.")
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["promise", "kind", "minutes"], name="noticed_once")]
        indexes = [models.Index(fields=["at"], name="notice_in_order")]
