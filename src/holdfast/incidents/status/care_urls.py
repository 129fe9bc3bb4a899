"""Where the care line is kept."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.status import care_views

app_name = "care"
urlpatterns = [path("", care_views.page, name="line")]
