"""Everybody's own budget, below `/security/budget/`."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.watch import budget_views

app_name = "budget"
urlpatterns = [
    path("", budget_views.own, name="own"),
    path("<uuid:widening_id>/", budget_views.decide, name="decide"),
]
