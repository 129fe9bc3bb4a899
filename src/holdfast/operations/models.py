"""What was asked of the company's systems: one row per key, committed before the call that it records."""

from __future__ import annotations

from django.db import models

from holdfast.kit.ids import uuid7


class Act(models.Model):
    """A change somebody asked for. The database lets it move on, never back: done and refused are final.

    No argument is kept and no value of a customer, only that two askings with one key were for the same thing.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        DONE = "done"
        REFUSED = "refused"
        UNKNOWN = "unknown", "no answer came, so it may have happened"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=100, unique=True, help_text="Idempotency key, also towards the company's system.")
    action = models.CharField(max_length=40)
    customer_ref = models.CharField(max_length=40, help_text="Account reference, e.g. TW-100042.")
    conversation_id = models.UUIDField(null=True)
    by = models.CharField(max_length=60, help_text="`assistant`, `agent:<id>`, or the channel that asked.")
    level = models.PositiveSmallIntegerField(help_text="How sure we were of the customer, 0 to 2.")
    digest = models.BinaryField(max_length=16, help_text="Blind index of action, account and arguments.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    attempts = models.PositiveSmallIntegerField(default=1)
    facts = models.JSONField(default=dict, help_text="What the system answered, without any value of a customer.")
    sentence = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "done", "refused", "unknown"]), name="act_state"
            ),
            models.CheckConstraint(
                condition=models.Q(state="asked", settled_at=None)
                | ~models.Q(state="asked") & models.Q(settled_at__isnull=False),
                name="act_settled_when_answered",
            ),
            models.CheckConstraint(condition=models.Q(level__lte=2), name="act_level"),
            models.CheckConstraint(condition=~models.Q(key=""), name="act_has_a_key"),
        ]
        indexes = [
            models.Index(fields=["conversation_id", "asked_at"], name="act_of_conversation"),
            models.Index(fields=["asked_at"], condition=models.Q(state__in=["asked", "unknown"]), name="act_open"),
            models.Index(fields=["settled_at"], condition=models.Q(state="done"), name="act_done"),
        ]
