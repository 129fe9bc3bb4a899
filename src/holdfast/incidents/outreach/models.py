"""Who calls whom, until when everything else to that person is held, and what came of each call."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.kit.ids import uuid7


class Outreach(models.Model):
    """One named executive has one customer: from when it was taken until it ends, at the latest at `held_until`."""

    class End(models.TextChoices):
        DONE = "done", "talked to"
        DECLINED = "declined", "asked not to be called"
        HANDED_BACK = "handed_back", "handed back"
        TIME_OVER = "time_over", "its time was over"
        CUT_OFF = "cut_off", "who had them is cut off"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="+")
    customer_id = models.UUIDField()
    executive = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    window_from = models.DateTimeField(help_text="When the call is to be made: not before,")
    window_until = models.DateTimeField(help_text="and not after.")
    held_until = models.DateTimeField(help_text="Nobody is held beyond this, whatever is forgotten.")
    reasons = models.JSONField(default=list, help_text="Why this person, as sentences that name nobody.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    end = models.CharField(max_length=12, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id"], condition=models.Q(ended_at=None), name="one_executive_per_person"
            ),
            models.CheckConstraint(
                condition=models.Q(window_until__gt=models.F("window_from"))
                & models.Q(held_until__gte=models.F("window_until")),
                name="outreach_has_a_window_and_an_end",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end="") | models.Q(ended_at__isnull=False) & ~models.Q(end=""),
                name="outreach_ends_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["incident", "-taken_at"], name="outreach_of_incident"),
            models.Index(fields=["held_until"], condition=models.Q(ended_at=None), name="outreach_to_end"),
            models.Index(fields=["customer_id", "ended_at"], name="outreach_of_customer"),
        ]


class Call(models.Model):
    """A call that was made, or tried. What was typed has mail addresses, account and telephone numbers taken out."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        WANTS = "wants", "Reached, and wants something"
        VOICEMAIL = "voicemail", "Left a message"
        NO_ANSWER = "no_answer", "No answer"
        DECLINED = "declined", "Asks not to be called"

    outreach = models.ForeignKey(Outreach, models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    wanted = models.CharField(max_length=280, blank=True, help_text="What they want, in our words.")
    promised = models.CharField(max_length=280, blank=True, help_text="What was promised, in our words.")
    promise_id = models.UUIDField(null=True, help_text="In the ledger of promises.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(outcome="wants") | ~models.Q(wanted=""), name="call_says_what_is_wanted"
            ),
            models.CheckConstraint(
                condition=models.Q(promise_id=None) | models.Q(outcome__in=["reached", "wants"]),
                name="promised_to_somebody_reached",
            ),
        ]
        indexes = [models.Index(fields=["outreach", "at"], name="calls_in_order")]
