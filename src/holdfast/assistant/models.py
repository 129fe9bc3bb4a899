"""Who has the word in a conversation, and the work of the assistant that is under way.

Triggers take the word from the assistant when a case is given to somebody or an agent writes to the customer, in the
same transaction and whichever code does it. `holding.py` and `speaking.py` do the rest.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from holdfast.assistant.contract import Word
from holdfast.guard.fields import SealedField
from holdfast.kit.ids import uuid7


class Holding(models.Model):
    """What the assistant remembers of a conversation. Without a row it has the word and remembers nothing."""

    conversation = models.OneToOneField(
        "conversations.Conversation", models.CASCADE, primary_key=True, related_name="holding"
    )
    word = models.CharField(max_length=11, choices=[(each.value, each.value) for each in Word], default=Word.ASSISTANT)
    language = models.CharField(max_length=10, blank=True, help_text="Once known it stays.")
    pending = models.JSONField(null=True, help_text="An action that waits for the customer's next word, and how far.")
    given = SealedField(db_default="", help_text="What the customer gave that action: digits, days, a new address.")
    options = models.JSONField(default=list, help_text="At most two, `{label, names}`: which one is meant?")
    asked = models.BooleanField(default=False, help_text="It asked which of two is meant: once until closed.")
    answered = models.BooleanField(default=False, help_text="It answered from an article.")
    turns = models.PositiveSmallIntegerField(default=0, help_text="How often it spoke.")
    acknowledged_at = models.DateTimeField(
        null=True, help_text="When the customer was told that a person comes: once per hand-over."
    )
    handed_back_at = models.DateTimeField(null=True)
    handed_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(word__in=[each.value for each in Word]), name="word_is_known"),
            models.CheckConstraint(
                condition=Q(word="assistant") | Q(pending__isnull=True, options=[]),
                name="only_the_assistant_waits_for_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(given="") | Q(pending__isnull=False), name="what_was_given_ends_with_its_action"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | ~Q(word="assistant"), name="told_of_a_person_after_handing_over"
            ),
        ]


class Turn(models.Model):
    """Work on what a customer said that takes longer than a batch has: it ends, or at its deadline a person sees it."""

    MOST_STEPS = 3
    """Calls to a connector or a model, whatever they bring."""

    class Outcome(models.TextChoices):
        OPEN = "", "under way"
        SAID = "said", "the assistant spoke"
        HANDED_OVER = "handed_over"
        LATE = "late", "nothing was sent by the deadline"
        SILENT = "silent", "a person had the word, or the conversation had ended"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="assistant_turns")
    work = models.CharField(max_length=10)
    arguments = models.JSONField(default=dict, help_text="The action's name; never a customer's words.")
    version = models.PositiveIntegerField(help_text="The conversation's version that this work knows.")
    since = models.DateTimeField(help_text="When the customer began to wait.")
    created_at = models.DateTimeField()
    deadline = models.DateTimeField(help_text="Then people see the conversation, whatever hangs.")
    claimed_until = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="A worker whose attempt is over cannot act.")
    steps = models.PositiveSmallIntegerField(default=0)
    tokens_in = models.PositiveIntegerField(default=0, db_default=0, help_text="Read by a language model, all calls.")
    tokens_out = models.PositiveIntegerField(default=0, db_default=0, help_text="Written by it.")
    cost = models.FloatField(default=0.0, db_default=0.0, help_text="What these cost, in HOLDFAST_CURRENCY.")
    outcome = models.CharField(max_length=11, choices=Outcome.choices, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(ended_at=None), name="one_turn_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | Q(ended_at__isnull=False) & ~Q(outcome=""),
                name="turn_ends_with_an_outcome",
            ),
            models.CheckConstraint(condition=Q(steps__lte=3), name="turn_within_its_steps"),
            models.CheckConstraint(condition=Q(deadline__gt=models.F("created_at")), name="turn_has_time"),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], condition=Q(ended_at=None), name="turn_to_do"),
            models.Index(fields=["deadline"], condition=Q(ended_at=None), name="turn_by_deadline"),
            models.Index(fields=["created_at"], condition=Q(tokens_in__gt=0), name="turn_that_cost"),
        ]
