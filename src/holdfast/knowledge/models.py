"""Help articles, every published version of them, what readers said, and what people looked for and did not find."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Article(models.Model):
    """One help article in one language. The same slug in another language is its translation.

    A trigger keeps what is published as an `ArticleVersion`, whoever writes the row.
    """

    slug = models.SlugField(max_length=80)
    locale = models.CharField(max_length=10)
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField(help_text="Markdown.")
    asks = models.JSONField(default=list, help_text="Other ways people ask this.")
    topic = models.SlugField(max_length=60, blank=True, help_text="The queue it belongs to.")
    version = models.PositiveIntegerField(default=1)
    published = models.BooleanField(default=True)
    reviewed_on = models.DateField(null=True)
    review_by = models.DateField(null=True, help_text="When somebody should look at it again.")
    of_version = models.PositiveIntegerField(null=True, help_text="The original's version that this translates.")
    imported_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="SHA-256 of the file it came from."
    )
    imported_version = models.PositiveIntegerField(null=True, help_text="The version that file became.")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "locale"], name="article_once_per_language")]


class ArticleVersion(models.Model):
    """What customers could read as one version of an article. Never changes and never goes: citations point into it."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    summary = models.CharField(max_length=300)
    body = models.TextField()
    asks = models.JSONField(default=list)
    topic = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(help_text="When it was published first.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "version"], name="article_version_once")]


class ArticleFeedback(models.Model):
    """One reader's answer to "Did this help?". No reader is named, and no address is kept."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="feedback")
    version = models.PositiveIntegerField()
    helped = models.BooleanField()
    line = models.CharField(max_length=300, blank=True, help_text="In their words, scrubbed.")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["article", "version"], name="feedback_by_version")]


class Unanswered(models.Model):
    """What people looked for and did not find: questions alike in one row, scrubbed and counted."""

    locale = models.CharField(max_length=10)
    stems = ArrayField(models.CharField(max_length=60), help_text="Stems of the words of its first question, sorted.")
    asks = ArrayField(models.CharField(max_length=200), help_text="How it was asked, at most ten ways.")
    searches = models.PositiveIntegerField(default=0, help_text="In the help centre.")
    questions = models.PositiveIntegerField(default=0, help_text="Put to the assistant.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    article = models.ForeignKey(
        Article, models.SET_NULL, null=True, related_name="+", help_text="Written because of it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["locale", "stems"], condition=models.Q(settled_at__isnull=True), name="unanswered_once"
            )
        ]
