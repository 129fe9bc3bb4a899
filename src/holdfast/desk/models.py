"""Queues and what agents keep for themselves: views, canned replies, presence."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Queue(models.Model):
    """A line of conversations. `keywords` route new ones by language; exactly one queue is the fallback."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    icon = models.CharField(max_length=20, default="inbox", help_text="Name in the icon sprite.")
    position = models.PositiveSmallIntegerField(default=0)
    keywords = models.JSONField(default=dict, help_text='Per language: {"en": ["card", ...]}.')
    fallback = models.BooleanField(default=False)
    parking = models.BooleanField(
        default=False, help_text="Takes what needs no answer now: bounces, automatic replies."
    )
    teams = models.ManyToManyField("people.Team", related_name="queues")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fallback"], condition=models.Q(fallback=True), name="one_fallback_queue"),
            models.UniqueConstraint(fields=["parking"], condition=models.Q(parking=True), name="one_parking_queue"),
        ]


class CannedReply(models.Model):
    """A reply written beforehand, with `{{ customer.given_name }}`-style variables."""

    shortcut = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    body = models.TextField()
    locale = models.CharField(max_length=10, default="en")
    queue = models.ForeignKey(Queue, models.SET_NULL, null=True, related_name="canned_replies")
    updated_at = models.DateTimeField(auto_now=True)


class SavedView(models.Model):
    """A filter with a name: one agent's own, or shared with everybody."""

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="saved_views")
    query = models.JSONField(help_text="Inbox filters: state, queue, channel, tag, text, assignee.")
    position = models.PositiveSmallIntegerField(default=0)


class Presence(models.Model):
    """Who has a conversation open now, and whether they are writing. Older than 30 s means gone."""

    conversation = models.ForeignKey("conversations.Conversation", models.CASCADE, related_name="+")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    typing = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "agent"], name="present_once")]
