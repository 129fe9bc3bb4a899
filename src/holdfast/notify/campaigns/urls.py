"""Addresses of the campaigns, below `/settings/campaigns/`."""

from __future__ import annotations

from django.urls import path

from holdfast.notify.campaigns import views

app_name = "campaigns"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:pk>/", views.one, name="one"),
    path("<uuid:pk>/progress/", views.progress, name="progress"),
    path("<uuid:pk>/ended/", views.ended, name="ended"),
    path("<uuid:pk>/standing/", views.standing, name="standing"),
]
