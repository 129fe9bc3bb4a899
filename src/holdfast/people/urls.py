"""Addresses of the welcome and team pages."""

from __future__ import annotations

from django.urls import path

from holdfast.people import machine_views, provider_views, views

app_name = "people"
urlpatterns = [
    path("team/", views.team, name="team"),
    path("team/invitations/", views.invitations, name="invitations"),
    path("team/<int:pk>/link/", views.link, name="link"),
    path("team/<int:pk>/standing/", views.standing, name="standing"),
    path("team/<int:pk>/reactivation/", views.reactivation, name="reactivation"),
    path("teams/", views.teams, name="teams"),
    path("teams/<int:pk>/name/", views.team_name, name="team-name"),
    path("teams/<int:pk>/removal/", views.team_removal, name="team-removal"),
    path("here/", views.here, name="here"),
    path("sessions/", views.sessions, name="sessions"),
    path("sign-ins/", machine_views.sign_in_list, name="sign-ins"),
    path("machines/<uuid:pk>/removal/", machine_views.removal, name="machine-removal"),
    path("machines/proof/", machine_views.proof, name="machine-proof"),
    path("provider/signed-out/", provider_views.hear, name="provider-logout"),
    path("signed-out/", provider_views.signed_out, name="signed-out"),
    path("<str:token>/", views.welcome, name="welcome"),
]
