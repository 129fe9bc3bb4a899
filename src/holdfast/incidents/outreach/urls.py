"""Addresses of calls by executives, below `/incidents/<number>/outreach/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.outreach import reveal_views, views

app_name = "outreach"
urlpatterns = [
    path("", views.home, name="home"),
    path("people/", views.take, name="take"),
    path("<uuid:outreach_id>/", views.person, name="person"),
    path("<uuid:outreach_id>/calls/", views.call, name="call"),
    path("<uuid:outreach_id>/promise/", views.promise, name="promise"),
    path("<uuid:outreach_id>/end/", views.end, name="end"),
    path("<uuid:outreach_id>/overlay/<uuid:entry>/", reveal_views.overlay, name="overlay"),
    path("<uuid:outreach_id>/reveal/<uuid:identity_id>/", reveal_views.reveal, name="reveal"),
]
