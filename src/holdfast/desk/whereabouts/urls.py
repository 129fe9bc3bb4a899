"""Addresses below `/security/whereabouts/`."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.whereabouts import views

app_name = "whereabouts"
urlpatterns = [
    path("", views.home, name="home"),
    path("rules/", views.rule, name="rule"),
    path("rules/<uuid:rule_id>/removal/", views.removal, name="removal"),
    path("own/", views.own, name="own"),
    path("leave/<uuid:leave_id>/", views.decide, name="decide"),
]
