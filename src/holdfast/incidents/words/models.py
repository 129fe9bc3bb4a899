"""Templates and their versions, who may approve, what was asked and approved, and what may not be said.

Texts here are ours, never a customer's. What was written or decided is not changed: a newer row follows it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from holdfast.incidents.words.contract import Role, Use
from holdfast.kit.ids import uuid7


class Template(models.Model):
    """A text that is prepared in peace, in several languages."""

    slug = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    use = models.CharField(max_length=20, choices=Use.choices)
    created_at = models.DateTimeField()


class Version(models.Model):
    """What a template says in one language from then on. Never changed."""

    template = models.ForeignKey(Template, models.CASCADE, related_name="versions")
    locale = models.CharField(max_length=10)
    number = models.PositiveIntegerField(help_text="Counts the versions of one language.")
    body = models.TextField()
    variables = models.JSONField(default=list, help_text="Their names, in the order they appear.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "locale", "number"], name="version_numbered_once"),
        ]


class Signatory(models.Model):
    """Who may approve texts in a role, and where; from when until when."""

    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)
    jurisdiction = models.CharField(max_length=10, blank=True, help_text="As DE or US-CA; empty: anywhere.")
    since = models.DateTimeField()
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "role", "jurisdiction"], condition=models.Q(until=None), name="named_once_in_a_role"
            ),
        ]


class Approval(models.Model):
    """Somebody stands for an exact text: these words, in this language, for this kind of reader, until it expires."""

    digest = models.CharField(max_length=64, help_text="SHA-256 of text, language and kind of reader.")
    text = models.TextField()
    locale = models.CharField(max_length=10)
    segment = models.CharField(max_length=20, blank=True)
    subject = models.CharField(max_length=80, help_text="What it is about: incident:<id> or template:<slug>.")
    role = models.CharField(max_length=16, choices=Role.choices)
    jurisdiction = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_why = models.CharField(max_length=280, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at=None) | models.Q(expires_at__gt=models.F("at")),
                name="approval_has_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_why="")
                | models.Q(revoked_at__isnull=False) & ~models.Q(revoked_why=""),
                name="revoked_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["digest", "role"], name="approval_of_text"),
            models.Index(fields=["subject", "locale", "segment", "at"], name="approved_before"),
        ]


class Ask(models.Model):
    """A text that waits for somebody in a role to approve it, or to say what has to change."""

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        CHANGE = "change", "a change is asked for"
        LAPSED = "lapsed", "the text was changed or is not needed any more"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64)
    text = models.TextField()
    locale = models.CharField(max_length=10)
    segment = models.CharField(max_length=20, blank=True)
    subject = models.CharField(max_length=80)
    about = models.CharField(max_length=200, help_text="As the approver reads it.")
    role = models.CharField(max_length=16, choices=Role.choices)
    jurisdiction = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    writers = models.JSONField(default=list, help_text="Agents who had a hand in the text; none of them approves it.")
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=280, blank=True, help_text="What has to change.")
    mailed_at = models.DateTimeField(null=True, help_text="When those who can approve it were told by mail.")
    approval = models.ForeignKey(Approval, models.SET_NULL, null=True, related_name="asks")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "locale", "segment", "role", "jurisdiction"],
                condition=models.Q(state="open"),
                name="asked_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None)
                | ~models.Q(state="open") & models.Q(decided_at__isnull=False),
                name="ask_decided_at",
            ),
        ]
        indexes = [models.Index(fields=["role", "at"], condition=models.Q(state="open"), name="ask_waiting")]


class Reach(models.Model):
    """In which jurisdictions what is said about a subject is read by people whom the law there protects."""

    subject = models.CharField(max_length=80, unique=True)
    jurisdictions = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Forbidden(models.Model):
    """A statement that may not be made, why, and who asked for it. Ended, never erased."""

    pattern = models.CharField(max_length=200)
    is_expression = models.BooleanField(default=False)
    why = models.CharField(max_length=280)
    asked_by = models.CharField(max_length=120)
    jurisdiction = models.CharField(max_length=10, blank=True, help_text="Empty: anywhere.")
    locale = models.CharField(max_length=10, blank=True, help_text="Empty: in every language.")
    until = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(pattern="") & ~models.Q(why="") & ~models.Q(asked_by=""), name="forbidden_says_why"
            ),
        ]
