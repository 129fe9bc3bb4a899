"""Addresses for security, below `/security/watch/`."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.watch import views

app_name = "watch"
urlpatterns = [
    path("", views.home, name="home"),
    path("look/", views.look_now, name="look"),
    path("people/<slug:alias>/", views.person, name="person"),
    path("people/<slug:alias>/name/", views.name, name="name"),
    path("people/<slug:alias>/less/", views.give_less, name="less"),
    path("people/<slug:alias>/signals/<uuid:notice_id>/", views.decide, name="decide"),
    path("made-up/", views.made_up, name="made-up"),
    path("reports/", views.reports, name="reports"),
    path("limits/", views.limits, name="limits"),
]
