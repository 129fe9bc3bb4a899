"""Who can be called in, and who has worked when. Skills are slugs of queues."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Reserve(models.Model):
    """An agent who agreed to be called in beyond the roster."""

    agent = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", primary_key=True)
    skills = models.JSONField(default=list, help_text="Slugs of queues.")
    notice_minutes = models.PositiveIntegerField(default=60, help_text="From the call until they can begin.")
    away_until = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(db_default=Now())


class RosterLoad(models.Model):
    """A roster that somebody loaded from a file; it can be taken back."""

    name = models.CharField(max_length=120, help_text="Name of the file.")
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")


class Shift(models.Model):
    """A time in which an agent works or worked, planned or called in."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    skills = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text="Slugs of the queues it is planned for; empty: all that the team serves.",
    )
    load = models.ForeignKey(RosterLoad, models.SET_NULL, null=True, related_name="shifts")
    called_in = models.BooleanField(default=False)
    noted_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "begins_at"], name="shift_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="shift_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="shift_by_end")]
