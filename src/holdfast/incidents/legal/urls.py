"""Addresses of the legal page, below `/incidents/<number>/legal/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.legal import views

app_name = "legal"
urlpatterns = [
    path("", views.home, name="home"),
    path("acts/", views.act, name="act"),
    path("acts/<int:act_id>/correction/", views.correction, name="correction"),
    path("proposals/<int:proposal_id>/", views.decide, name="decide"),
    path("clocks/", views.start, name="start"),
    path("clocks/<uuid:clock_id>/end/", views.settle, name="settle"),
    path("clocks/<uuid:clock_id>/pause/", views.pause, name="pause"),
]
