"""Help articles and what people searched for."""

from __future__ import annotations

from django.db import models


class Article(models.Model):
    """One help article in one language. The same slug in another language is its translation."""

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
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "locale"], name="article_once_per_language")]
