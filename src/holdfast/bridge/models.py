"""What the bridge adds up once a minute and every page reads."""

from __future__ import annotations

from django.db import models


class Asking(models.Model):
    """What people ask about, as of the newest minute; one row. Counts, and words that several people used."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    until = models.DateTimeField()
    since = models.DateTimeField(help_text="From when on today is counted.")
    topics = models.JSONField(default=list)
