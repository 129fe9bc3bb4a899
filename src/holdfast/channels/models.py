"""What the channels must remember between two looks: where a mailbox was read to, and how much was seen and stored."""

from __future__ import annotations

from django.db import models


class Mailbox(models.Model):
    """One IMAP folder: its UIDVALIDITY, the last UID stored, and the counts that must agree."""

    name = models.CharField(max_length=200, unique=True, help_text="user@host/folder, without the password.")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    stored = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0, help_text="Seen again under another UID; already stored.")
    error = models.CharField(max_length=300, blank=True)
    polled_at = models.DateTimeField(null=True)
