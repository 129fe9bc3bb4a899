"""What pages said of the marks over a shown value."""

from __future__ import annotations

from django.db import models


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
