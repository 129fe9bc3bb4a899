"""What leaders read; everything else about incidents is in the room above."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.status import briefing_views

app_name = "briefing"
urlpatterns = [path("", briefing_views.page, name="page")]
