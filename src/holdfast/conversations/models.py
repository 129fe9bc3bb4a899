"""One matter with one customer. State is kept as rows; columns on `Conversation` repeat it for fast lists.

The verbs in this room's capability files are the only writers, one transaction each, and they keep both in step.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Left

from holdfast.kit.ids import uuid7


class Conversation(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        SNOOZED = "snoozed"
        CLOSED = "closed"

    class Kind(models.TextChoices):
        MATTER = "matter"
        MACHINE = "machine", "bounces and automatic replies"
        UNREADABLE = "unreadable", "a placeholder with its raw source"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(
        unique=True, editable=False, db_default=models.expressions.RawSQL("nextval('conversation_number')", ())
    )
    customer = models.ForeignKey("people.Customer", models.PROTECT, null=True, related_name="conversations")
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MATTER)
    subject = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=160, blank=True, help_text="Start of the last public message.")
    last_author = models.CharField(max_length=10, blank=True)
    locale = models.CharField(max_length=10, blank=True)
    intent = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    queue_id = models.BigIntegerField(null=True, help_text="desk.Queue; triage chooses it with the first message.")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    epoch = models.PositiveIntegerField(default=0, help_text="Counts assignments; a stale epoch cannot act.")
    version = models.PositiveIntegerField(default=0, help_text="Counts messages and state changes.")
    waiting_since = models.DateTimeField(null=True, help_text="Oldest customer message without an answer.")
    snoozed_until = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField()
    created_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="merged_from")

    class Meta:
        indexes = [
            models.Index(
                fields=["queue_id", "waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False, state="open"),
                name="conversation_waiting_in_queue",
            ),
            models.Index(
                fields=["waiting_since", "id"],
                condition=models.Q(waiting_since__isnull=False, state="open"),
                name="conversation_waiting",
            ),
            models.Index(fields=["assignee", "state", "-last_message_at", "-id"], name="conversation_mine"),
            models.Index(fields=["state", "-last_message_at", "-id"], name="conversation_recent"),
            models.Index(fields=["queue_id", "state", "-last_message_at", "-id"], name="conversation_in_queue"),
            models.Index(fields=["channel", "state", "-last_message_at", "-id"], name="conversation_by_channel"),
            models.Index(
                fields=["queue_id", "channel", "state", "-last_message_at", "-id"], name="conversation_channel_in_queue"
            ),
            models.Index(fields=["customer", "-last_message_at", "-id"], name="conversation_of_customer"),
            models.Index(fields=["snoozed_until"], condition=models.Q(state="snoozed"), name="conversation_to_wake"),
        ]


class Message(models.Model):
    class Author(models.TextChoices):
        CUSTOMER = "customer"
        ASSISTANT = "assistant"
        AGENT = "agent"
        SYSTEM = "system"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author.choices)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    internal = models.BooleanField(default=False, help_text="A note: customers never see it.")
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True, help_text="Quoted mail and signature, folded on screen.")
    html = models.TextField(blank=True, help_text="Sanitised; remote images never load.")
    contact_id = models.UUIDField(null=True, unique=True, help_text="intake.Contact this message came from.")
    client_key = models.CharField(
        max_length=64, null=True, help_text="The sender's own key: sending twice is one message."
    )
    details = models.JSONField(default=dict, help_text="Citations, warnings, delivery hints, event kind.")
    version = models.PositiveIntegerField(default=0, help_text="The conversation's version that this message made.")
    created_at = models.DateTimeField(help_text="Public messages of one conversation never share a time.")
    search = models.GeneratedField(
        expression=SearchVector(Left("text", 20_000), config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "client_key"],
                condition=models.Q(client_key__isnull=False),
                name="message_sent_once",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "created_at", "id"], name="message_in_thread"),
            models.Index(fields=["-created_at", "-id"], name="message_newest"),
            GinIndex(fields=["search"], name="message_search"),
        ]


class Attachment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64, blank=True, help_text="In the blob store; empty when refused.")
    refused = models.CharField(max_length=40, blank=True, help_text="Why it was not kept: size, type.")


class FileVerdict(models.Model):
    """What a virus scanner said of some bytes, whoever sent them."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256, as in the blob store.")
    found = models.CharField(max_length=120, blank=True, help_text="The scanner's name for it; empty: nothing.")
    at = models.DateTimeField()


class ThreadKey(models.Model):
    """Something a later contact may name to say that it belongs here: a Message-ID, a chat session."""

    key = models.CharField(max_length=300, primary_key=True, help_text="`mail:<id>`, `chat:<session>`, `api:<ref>`.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="thread_keys")
    seen = models.BooleanField(
        default=True,
        help_text="False: a contact here only referred to it, so it is believed for the same customer only.",
    )


class Assignment(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="assignments")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    epoch = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    picked = models.BooleanField(
        default=False, db_default=False, help_text="They gave it to themselves, not as the next in line."
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "epoch"], name="assignment_epoch_once"),
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(ended_at__isnull=True), name="one_agent_at_a_time"
            ),
        ]


class Transfer(models.Model):
    """A case handed on, with the line that spares the customer from explaining again."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="transfers")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_queue_id = models.BigIntegerField(null=True)
    to_queue_id = models.BigIntegerField(null=True)
    to_agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    summary = models.CharField(max_length=280)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(summary=""), name="transfer_says_why"),
        ]


class Place(models.Model):
    """A place in line, kept across channels and restarts. The order is (band, fair_at, id).

    In calm every band is 0 and `fair_at` is `joined_at`: who came first is served first. `conversations/line.py`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="places")
    queue_id = models.BigIntegerField()
    joined_at = models.DateTimeField()
    band = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="0 is served first.")
    fair_at = models.DateTimeField(help_text="Virtual time within the band; `joined_at` unless the shield says else.")
    joined_as = models.PositiveIntegerField(help_text="How many stood before it, plus one, when it joined.")
    left_at = models.DateTimeField(null=True)
    left_because = models.CharField(max_length=20, blank=True, help_text="answered, assigned, closed, snoozed, moved")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(left_at__isnull=True), name="one_place_in_line"
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue_id", "band", "fair_at", "id"],
                condition=models.Q(left_at__isnull=True),
                name="place_in_line",
            ),
            models.Index(
                fields=["queue_id", "joined_at", "id"], condition=models.Q(left_at__isnull=True), name="place_by_age"
            ),
            models.Index(fields=["queue_id", "-left_at"], name="place_left"),
        ]


class LineCount(models.Model):
    """How many stand in a line, by band and minute of `fair_at`: the sum of `waiting` over its rows.

    Triggers on `Place` add rows and never change one, so that nobody waits for anybody; `line.compact` sums them up.
    """

    queue_id = models.BigIntegerField()
    band = models.PositiveSmallIntegerField()
    minute = models.DateTimeField()
    waiting = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["queue_id", "band", "minute"], include=["waiting"], name="line_count_in_order")]


class Turn(models.Model):
    """How many cases of a queue were handed out since the last that went to whoever had waited longest."""

    queue_id = models.BigIntegerField(primary_key=True)
    since_floor = models.PositiveIntegerField(default=0)


class ToldWait(models.Model):
    """A wait that somebody in line was told, in minutes from then. What became of it, the place knows."""

    place = models.ForeignKey(Place, models.CASCADE, related_name="told")
    at = models.DateTimeField()
    low = models.PositiveIntegerField()
    middle = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    reckoned = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text="The upper end before it was corrected; 0 where nothing is to be learnt from it.",
    )
    band = models.SmallIntegerField(default=0, db_default=0, help_text="The place's band when its wait was told.")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="told_newest")]


class Callback(models.Model):
    """A promise to call or write back within a window; the place in line is kept until then. Kept or visibly broken."""

    class How(models.TextChoices):
        CALL = "call"
        WRITE = "write"

    class State(models.TextChoices):
        BOOKED = "booked"
        KEPT = "kept"
        BROKEN = "broken"
        CANCELLED = "cancelled"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="callbacks")
    queue_id = models.BigIntegerField()
    how = models.CharField(max_length=5, choices=How.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.BOOKED)
    booked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, help_text="When it was kept, broken or cancelled.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    released_at = models.DateTimeField(null=True, help_text="When its case was brought to the front of the line.")
    offer = models.CharField(
        max_length=64, null=True, unique=True, help_text="The offer that was taken; a link in a mail is taken once."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(state="booked"), name="one_callback_booked"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="callback_window_has_length"
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], condition=models.Q(state="booked"), name="callback_to_come"),
            models.Index(fields=["queue_id", "starts_at"], name="callback_of_queue"),
        ]


class Deflection(models.Model):
    """A playbook's text that a conversation got as its first answer, and what its customer said of it."""

    class Outcome(models.TextChoices):
        NONE = "", "nothing yet"
        ANSWERED = "answered", "said that it answered"
        PERSON = "person", "asked for a person"

    conversation = models.OneToOneField(Conversation, models.CASCADE, related_name="deflection")
    word = models.CharField(max_length=140, help_text="The playbook's word or phrase.")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="", settled_at=None)
                | ~models.Q(outcome="") & models.Q(settled_at__isnull=False),
                name="deflection_settled_when_said",
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="deflection_newest")]


class Closure(models.Model):
    """Closed, by whom and when. Reopening ends the row, it does not delete it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="closures")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(reopened_at__isnull=True), name="closed_once"
            ),
        ]


class Snooze(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="snoozes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(ended_at__isnull=True), name="snoozed_once"
            ),
        ]


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Tagging(models.Model):
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "tag"], name="tagged_once")]


class Merge(models.Model):
    """Two conversations that were one matter. Remembers what moved, so that it can be undone."""

    source = models.ForeignKey(Conversation, models.CASCADE, related_name="merges_out")
    target = models.ForeignKey(Conversation, models.CASCADE, related_name="merges_in")
    moved = models.JSONField(help_text="Ids of the messages and thread keys that moved, and the source's state.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)


class Draft(models.Model):
    """What an agent has typed and not sent; kept on the server."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="drafts")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    internal = models.BooleanField(default=False)
    text = models.TextField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "agent", "internal"], name="one_draft_each"),
        ]
