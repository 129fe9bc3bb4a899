"""Addresses of the settings that are the desk's own, all below `/settings/`."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.views import leaving, operators, settings

app_name = "settings"
urlpatterns = [
    path("", settings.home, name="home"),
    path("queues/", settings.queues, name="queues"),
    path("queues/new/", settings.new_queue, name="queue-new"),
    path("queues/<int:pk>/", settings.queue, name="queue"),
    path("team/<int:pk>/leaving/", leaving.leaving, name="leaving"),
    path("assistants/", operators.home, name="operators"),
    path("assistants/<str:name>/switch/", operators.switch, name="operator-switch"),
    path("assistants/<str:name>/removal/", operators.removal, name="operator-removal"),
    path("replies/", settings.canned_replies, name="canned"),
    path("replies/new/", settings.new_canned_reply, name="canned-new"),
    path("replies/preview/", settings.canned_preview, name="canned-preview"),
    path("replies/<int:pk>/", settings.canned_reply, name="canned-reply"),
    path("replies/<int:pk>/removal/", settings.canned_removal, name="canned-removal"),
]
