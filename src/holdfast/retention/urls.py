"""Addresses below `/settings/retention/`."""

from __future__ import annotations

from django.urls import path

from holdfast.retention import views

app_name = "retention"
urlpatterns = [
    path("", views.home, name="home"),
    path("looks/", views.look, name="look"),
    path("plan/", views.keep, name="keep"),
    path("off/", views.off, name="off"),
    path("holds/", views.hold, name="hold"),
    path("holds/<uuid:hold_id>/end/", views.end_hold, name="hold-end"),
]
