"""Candidates for learning, and the releases they are learnt in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Release(models.Model):
    """Some approved candidates, tried together beside what is live, then taken live or dropped."""

    class State(models.TextChoices):
        TRIED = "tried", "tried, not live"
        LIVE = "live"
        TAKEN_BACK = "taken_back", "was live"
        DROPPED = "dropped", "never live"

    state = models.CharField(max_length=10, choices=State.choices, default=State.TRIED)
    before = models.JSONField(help_text="On the measuring questions, without it: `{asked, answered, right}`.")
    after = models.JSONField(help_text="The same with it.")
    seconds = models.FloatField(help_text="How long learning and measuring took.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="tried"), name="one_release_on_trial"),
            models.CheckConstraint(
                condition=Q(state="tried", decided_at=None) | ~Q(state="tried") & Q(decided_at__isnull=False),
                name="release_decided_when_not_on_trial",
            ),
        ]


class Candidate(models.Model):
    """What somebody asked and a person answered, scrubbed. It teaches nothing before a person says for which article.

    Without a conversation it was only looked at: nothing is kept of those that are no use.
    """

    class State(models.TextChoices):
        NEW = "new", "to be looked at"
        APPROVED = "approved"
        DECLINED = "declined"
        KNOWN = "known", "asked before in nearly the same words"

    class Use(models.TextChoices):
        NONE = "", "not decided"
        TEACH = "teach", "a way of asking"
        MEASURE = "measure", "a question to be tried on, never taught"

    conversation = models.OneToOneField("conversations.Conversation", models.CASCADE, related_name="+")
    locale = models.CharField(max_length=10)
    question = models.CharField(max_length=500, help_text="Scrubbed.")
    answer = models.CharField(max_length=2000, help_text="The last thing a person wrote, scrubbed.")
    nearest = models.ForeignKey("knowledge.Article", models.SET_NULL, null=True, related_name="+")
    similarity = models.FloatField(default=0.0, help_text="Cosine to the nearest article, 0 to 1.")
    article = models.ForeignKey("knowledge.Article", models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    use = models.CharField(max_length=7, choices=Use.choices, blank=True, default="")
    release = models.ForeignKey(Release, models.SET_NULL, null=True, related_name="candidates")
    resolved_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="approved") & ~Q(use="") & Q(decided_at__isnull=False)
                | Q(use="") & ~Q(state="approved"),
                name="approved_candidate_has_a_use",
            ),
            models.CheckConstraint(condition=Q(release=None) | Q(use="teach"), name="only_what_teaches_is_released"),
        ]
        indexes = [models.Index(fields=["state", "-resolved_at"], name="candidate_by_state")]


class Suggested(models.Model):
    """Something the copilot showed an agent, and what became of it. Never its words."""

    class Kind(models.TextChoices):
        REPLY = "reply", "a reply"
        NEXT = "next", "a next step"
        SUMMARY = "summary", "a summary"
        TRANSLATION = "translation", "a translation"

    class Outcome(models.TextChoices):
        OPEN = "", "the agent has not answered yet"
        USED = "used", "sent as it was, or done"
        EDITED = "edited", "sent with changes"
        IGNORED = "ignored", "the agent answered without it"
        VIEWED = "viewed", "asked for, to be read"

    class Changed(models.IntegerChoices):
        """How much of it was changed, as a share of the characters: at most these per cent."""

        NOTHING = 0
        LITTLE = 10
        SOME = 40
        MUCH = 100

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="+")
    about = models.UUIDField(help_text="The newest message of the customer when it was shown.")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    by_model = models.BooleanField(default=False, help_text="A language model's words, not an article's.")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True, default="")
    changed = models.PositiveSmallIntegerField(null=True, choices=Changed.choices)
    shown_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["about", "kind", "agent"], name="suggested_once"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at=None) | ~Q(outcome="") & Q(ended_at__isnull=False),
                name="suggestion_ends_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(outcome="used", changed=0)
                | Q(outcome="edited", changed__gt=0)
                | ~Q(outcome__in=["used", "edited"]) & Q(changed=None),
                name="suggestion_changed_when_sent",
            ),
        ]
        indexes = [models.Index(fields=["shown_at"], name="suggested_by_time")]
