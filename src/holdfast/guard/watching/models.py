"""What budgets have left, who widened or narrowed one, and what was noticed about whom.

Agents, vendors and customers live above this room, so their ids are kept, not their keys.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from holdfast.kit.ids import uuid7


class Limits(models.Model):
    """How much one person may open; one row, and without it what `guard_budget_limits()` says."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    customers_hour = models.PositiveIntegerField()
    customers_day = models.PositiveIntegerField()
    values_hour = models.PositiveIntegerField()
    values_day = models.PositiveIntegerField()
    vendor_hour = models.PositiveIntegerField(help_text="Customers an hour of a whole vendor, for each of its people.")
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="watching_one_row_of_limits")]


class Spent(models.Model):
    """What one agent opened in the running hour and day (UTC). Written by the ticket's own transaction only."""

    agent_id = models.BigIntegerField(primary_key=True)
    hour = models.DateTimeField()
    hour_customers = ArrayField(models.UUIDField(), default=list)
    hour_values = ArrayField(models.BigIntegerField(), default=list, help_text="Hashes of what was opened.")
    day = models.DateTimeField()
    day_customers = ArrayField(models.UUIDField(), default=list)
    day_values = ArrayField(models.BigIntegerField(), default=list)


class VendorSpent(models.Model):
    """A sixteenth of what the people of a vendor may open in one hour, so that they seldom wait for each other."""

    vendor_id = models.BigIntegerField()
    hour = models.DateTimeField()
    slot = models.PositiveSmallIntegerField(help_text="0 to 15; 16 is what was widened.")
    room = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor_id", "hour", "slot"], name="watching_vendor_slot_once"),
        ]


class Restraint(models.Model):
    """Less for one agent for some days: what the house may do by itself, or a person decided. It cuts nobody off."""

    class Kind(models.TextChoices):
        HALF = "half", "half the budget"
        SECOND = "second", "each further customer needs somebody of another organisation"
        MASKED = "masked", "values stay masked"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent_id = models.BigIntegerField()
    kind = models.CharField(max_length=6, choices=Kind.choices)
    why = models.CharField(max_length=200)
    at = models.DateTimeField()
    until = models.DateTimeField()
    by_id = models.BigIntegerField(null=True, help_text="Nobody: the house by itself.")
    lifted_at = models.DateTimeField(null=True)
    lifted_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent_id", "kind"], condition=models.Q(lifted_at=None), name="watching_one_restraint_of_a_kind"
            ),
            models.CheckConstraint(condition=~models.Q(why=""), name="watching_restraint_says_why"),
        ]


class Widening(models.Model):
    """More for one agent, or for a whole vendor, for a while: asked with a reason, given by another organisation."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent_id = models.BigIntegerField(null=True, help_text="None: for the whole vendor.")
    vendor_id = models.BigIntegerField(help_text="Who employs the agent; 0 is the house itself.")
    customers = models.PositiveIntegerField()
    reason = models.CharField(max_length=200)
    asked_by_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decider_vendor_id = models.BigIntegerField(null=True)
    given = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["agent_id", "until"], name="watching_widening_of_agent")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(given=False)
                | models.Q(decided_at__isnull=False, decided_by_id__isnull=False, decider_vendor_id__isnull=False)
                & ~models.Q(decider_vendor_id=models.F("vendor_id"))
                & ~models.Q(decided_by_id=models.F("asked_by_id")),
                name="watching_widened_by_another_house",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="watching_widening_says_why"),
        ]


class Noticed(models.Model):
    """A signal as it was told, once per person and kind until somebody finds it explained or its reason is gone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent_id = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    sentence = models.CharField(max_length=400)
    reasons = models.JSONField(default=list)
    clears = models.JSONField(default=list)
    entries = models.JSONField(default=list, help_text="Ids of entries of the log of reveals.")
    at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="When a look last found it.")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent_id", "kind"], condition=models.Q(closed_at=None), name="watching_noticed_once"
            ),
        ]


class Decision(models.Model):
    """What a person decided about a signal, or about whom the signals are: with words, and on record."""

    class Verdict(models.TextChoices):
        EXPLAINED = "explained"
        WATCHED = "watched", "to be watched further"
        NAMED = "named", "who it is may be seen"

    agent_id = models.BigIntegerField()
    noticed = models.ForeignKey(Noticed, models.PROTECT, null=True, related_name="decisions")
    kind = models.CharField(max_length=12, blank=True)
    verdict = models.CharField(max_length=9, choices=Verdict.choices)
    words = models.CharField(max_length=300)
    by_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["agent_id", "-at"], name="watching_decision_of_agent")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(words=""), name="watching_decision_says_why"),
            models.CheckConstraint(
                condition=~models.Q(by_id=models.F("agent_id")), name="watching_nobody_decides_about_oneself"
            ),
        ]


class Canary(models.Model):
    """A customer who does not exist. Which one stands here only sealed, and as a keyed hash."""

    class Kind(models.TextChoices):
        HONEY = "honey", "writes in; nothing of it needs to be opened"
        NEEDS = "needs", "writes in; their address or number has to be seen now and then"
        SEARCH = "search", "lies there to be found"

    tag = models.BinaryField(primary_key=True, max_length=16)
    hidden = models.BinaryField(max_length=60)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    planted_at = models.DateTimeField()
    by_id = models.BigIntegerField()


class ViewerAddress(models.Model):
    """The mail address of a made-up customer as one viewer alone was shown it. Only its blind index is kept."""

    index = models.BinaryField(primary_key=True, max_length=16)
    agent_id = models.BigIntegerField()
    canary = models.ForeignKey(Canary, models.PROTECT, related_name="addresses")
    shown_at = models.DateTimeField()
    written_to_at = models.DateTimeField(null=True, help_text="When somebody first wrote to it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent_id", "canary"], name="watching_one_address_each")]


class ViewerNumber(models.Model):
    """A telephone number of the pool for made-up customers that one viewer alone was shown. Only its blind index."""

    index = models.BinaryField(primary_key=True, max_length=16)
    agent_id = models.BigIntegerField(help_text="0: it stands on file with a made-up customer.")
    ending = models.CharField(max_length=2)
    shown_at = models.DateTimeField()
    heard = models.PositiveIntegerField(default=0, help_text="Calls and texts to it.")
    first_heard_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent_id", "ending"], condition=~models.Q(agent_id=0), name="watching_one_number_each"
            ),
        ]


class Report(models.Model):
    """A customer says that somebody who knew something of them got in touch. No value of theirs."""

    class Source(models.TextChoices):
        FORM = "form"
        IMPORT = "import"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_id = models.UUIDField()
    knew = models.JSONField(default=list, help_text="Words of a closed list.")
    source = models.CharField(max_length=6, choices=Source.choices)
    happened_on = models.DateField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "happened_on"], name="watching_reported_once_a_day"),
        ]
        indexes = [models.Index(fields=["happened_on"], name="watching_report_by_day")]


class Search(models.Model):
    """That somebody searched, and how; never for what."""

    agent_id = models.BigIntegerField()
    by = models.CharField(max_length=5, help_text="case, value, words")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at", "agent_id"], name="watching_search_by_time")]


class DayCount(models.Model):
    """One day of one agent that is over, counted for the signals over weeks. Forgotten after twelve weeks."""

    agent_id = models.BigIntegerField()
    day = models.DateField(help_text="Of UTC.")
    cases = models.PositiveIntegerField()
    openings = models.PositiveIntegerField()
    values = models.PositiveIntegerField()
    unexplained = models.PositiveIntegerField()
    searches = models.PositiveIntegerField()
    outside = models.PositiveIntegerField()
    off_shift = models.PositiveIntegerField()
    came = models.JSONField(default=list, help_text="How cases came, by third of the day: [third, way, customers].")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "agent_id"], name="watching_day_counted_once")]


class CountedDay(models.Model):
    """A day that is counted, for everybody who did something in it."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()
