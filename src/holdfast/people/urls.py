"""Addresses of the welcome and team pages."""

from __future__ import annotations

from django.urls import path

from holdfast.people import views

app_name = "people"
urlpatterns = [
    path("team/", views.team, name="team"),
    path("team/invitations/", views.invitations, name="invitations"),
    path("team/<int:pk>/link/", views.link, name="link"),
    path("team/<int:pk>/role/", views.role, name="role"),
    path("team/<int:pk>/reactivation/", views.reactivation, name="reactivation"),
    path("<str:token>/", views.welcome, name="welcome"),
]
