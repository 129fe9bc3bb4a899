"""One incident, what it touches, what is known, what was said, and who asked about it.

The verbs in this room's capability files are the only writers, one transaction each.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL

from holdfast.kit.ids import uuid7


class ComponentStatus(models.TextChoices):
    """As Statuspage has them."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded_performance"
    PARTIAL = "partial_outage"
    MAJOR = "major_outage"
    MAINTENANCE = "under_maintenance"


class Component(models.Model):
    """A service as the public knows it. A group is a component that has others in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=280, blank=True)
    names = models.JSONField(default=dict, help_text="Name by language, where it differs.")
    group = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="members")
    position = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=24, choices=ComponentStatus.choices, default=ComponentStatus.OPERATIONAL)
    showcase = models.BooleanField(default=True)
    only_show_if_degraded = models.BooleanField(default=False)
    start_date = models.DateField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, help_text="History keeps what is shown no more.")


class ComponentChange(models.Model):
    """From when on a component had a status: the ground of its history of uptime."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="changes")
    status = models.CharField(max_length=24, choices=ComponentStatus.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    incident = models.ForeignKey("Incident", models.SET_NULL, null=True, related_name="component_changes")

    class Meta:
        indexes = [models.Index(fields=["component", "at"], name="component_history")]


class Incident(models.Model):
    class Kind(models.TextChoices):
        INCIDENT = "incident"
        MAINTENANCE = "maintenance"

    class Status(models.TextChoices):
        """As Statuspage has them; the last four are those of maintenance."""

        INVESTIGATING = "investigating"
        IDENTIFIED = "identified"
        MONITORING = "monitoring"
        RESOLVED = "resolved"
        POSTMORTEM = "postmortem"
        SCHEDULED = "scheduled"
        IN_PROGRESS = "in_progress"
        VERIFYING = "verifying"
        COMPLETED = "completed"

    class Impact(models.TextChoices):
        NONE = "none"
        MINOR = "minor"
        MAJOR = "major"
        CRITICAL = "critical"
        MAINTENANCE = "maintenance"

    class Harm(models.TextChoices):
        """What it does to people; decides which words need whose approval."""

        SERVICE = "service", "something does not work"
        MONEY = "money", "payments late or wrong"
        DATA = "data", "data reached somebody it should not have"
        SAFETY = "safety", "somebody may come to harm"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True, editable=False, db_default=RawSQL("nextval('incident_number')", ()))
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INCIDENT)
    title = models.CharField(max_length=120, help_text="As the public reads it.")
    titles = models.JSONField(default=dict, help_text="Title by language, where it differs.")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.INVESTIGATING)
    impact = models.CharField(max_length=12, choices=Impact.choices, default=Impact.MINOR)
    severity = models.PositiveSmallIntegerField(default=3, help_text="1 is the worst, 4 the least.")
    harm = models.CharField(max_length=8, choices=Harm.choices, default=Harm.SERVICE)
    playbook = models.CharField(max_length=40, blank=True)
    flag = models.CharField(max_length=64, blank=True, help_text="The flag it was accepted from.")
    drill = models.BooleanField(default=False)
    started_at = models.DateTimeField(help_text="When the fault began, as far as is known.")
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    identified_at = models.DateTimeField(null=True)
    monitoring_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    scheduled_for = models.DateTimeField(null=True)
    scheduled_until = models.DateTimeField(null=True)
    cause = models.TextField(blank=True)
    cause_known = models.BooleanField(null=True, help_text="Empty: nobody has said yet whether the cause is known.")
    recurrence_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="recurrences")
    version = models.PositiveIntegerField(default=0, help_text="Counts changes; a stale version cannot act.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["resolved_at", "created_at"], name="incident_open_first")]


class Affected(models.Model):
    """A component an incident touches. The last status it gave it; empty once taken out."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="affected")
    component = models.ForeignKey(Component, models.PROTECT, related_name="incidents")
    status = models.CharField(max_length=24, choices=ComponentStatus.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "component"], name="affected_once")]


class Fact(models.Model):
    """A dated, sourced statement: what a message may claim. Never changed; a newer one takes its place."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="facts")
    key = models.CharField(max_length=40, blank=True, help_text="What it is about, e.g. cause or declined-share.")
    text = models.CharField(max_length=500)
    source = models.CharField(max_length=200)
    as_of = models.DateTimeField()
    public = models.BooleanField(default=False, help_text="Whether a message may claim it.")
    stated_at = models.DateTimeField()
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    superseded_by = models.OneToOneField("self", models.SET_NULL, null=True, related_name="supersedes")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=200, blank=True)


class Part(models.Model):
    """Who does what in an incident, from when until when."""

    class Role(models.TextChoices):
        COMMANDER = "commander"
        COMMUNICATOR = "communicator"
        LEGAL = "legal"
        EXECUTIVE = "executive"
        ENGINEER = "engineer"
        SUPPORT = "support"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="parts")
    role = models.CharField(max_length=12, choices=Role.choices)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=models.Q(until__isnull=True), name="one_in_each_role"
            )
        ]


class Update(models.Model):
    """One word to the public: a draft until it is published, then fixed."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    number = models.PositiveIntegerField(null=True, help_text="Counts published updates of one incident.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    status = models.CharField(max_length=16, choices=Incident.Status.choices)
    holding = models.BooleanField(default=False, help_text="The approved holding text, sent because it was time.")
    components = models.JSONField(default=dict, help_text="Component id to the status it is given.")
    moved = models.JSONField(default=list, help_text="Once published: code, name, old_status, new_status.")
    next_update_due = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    display_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="update_numbered_once"),
            models.UniqueConstraint(fields=["incident"], condition=models.Q(state="draft"), name="one_draft_at_a_time"),
        ]


class UpdateText(models.Model):
    """What an update says in one language to one kind of reader; the segment without a name is the public."""

    update = models.ForeignKey(Update, models.CASCADE, related_name="texts")
    locale = models.CharField(max_length=10)
    segment = models.CharField(max_length=20, blank=True)
    text = models.TextField()
    template = models.CharField(max_length=80, blank=True, help_text="Template and version it was made from.")
    writers = models.JSONField(default=list, help_text="Agents who had a hand in these words, whoever began first.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["update", "locale", "segment"], name="said_once_per_reader")]


class Commitment(models.Model):
    """What is done so that it does not happen again: followed to its end, or given up with a reason."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DROPPED = "dropped"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="commitments")
    what = models.CharField(max_length=280)
    prevention = models.BooleanField(default=False)
    public = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=280, blank=True)
    created_at = models.DateTimeField()


class Entry(models.Model):
    """A line of the timeline. Words about the incident, never about a customer."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="entries")
    at = models.DateTimeField(help_text="When it happened.")
    noted_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    what = models.CharField(max_length=280)

    class Meta:
        indexes = [models.Index(fields=["incident", "at"], name="entry_in_order")]


class Link(models.Model):
    """A conversation that is about an incident, and the last update it was answered with."""

    class How(models.TextChoices):
        PERSON = "person"
        CLUSTER = "cluster", "it reads like others that were linked"
        WORDS = "words", "it has words of a declared matter"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="links")
    conversation_id = models.UUIDField()
    how = models.CharField(max_length=8, choices=How.choices)
    linked_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    unlinked_at = models.DateTimeField(null=True)
    answered = models.ForeignKey(Update, models.SET_NULL, null=True, related_name="answered_links")
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="Closed together with the others.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation_id"], condition=models.Q(unlinked_at__isnull=True), name="linked_to_one_incident"
            )
        ]
        indexes = [models.Index(fields=["incident", "answered", "id"], name="link_to_answer")]


class Matcher(models.Model):
    """By what new contacts are linked to an open incident: words that name it, or what others wrote alike."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="matchers")
    phrases = models.JSONField(default=list, help_text="Any of these in a text names the incident.")
    signature = models.JSONField(default=list, help_text="What is counted of a text that stands for many; no words.")
    since = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)


class Answering(models.Model):
    """A published update that is the answer to every conversation linked to its incident, now and later."""

    update = models.OneToOneField(Update, models.CASCADE, related_name="answering")
    begun_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")


class Review(models.Model):
    """What people say about an incident once it is over. What can be counted is read from the other tables."""

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="review")
    sections = models.JSONField(default=dict, help_text="Text by key: story, went-well, went-badly, cost, changes.")
    summary = models.JSONField(default=dict, help_text="What the public may read, by language.")
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
