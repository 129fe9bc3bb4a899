"""Addresses of blast radius, below `/security/radius/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.radius import views

app_name = "radius"
urlpatterns = [
    path("", views.home, name="home"),
    path("<uuid:report_id>/", views.report, name="report"),
    path("<uuid:report_id>/report.<str:form>", views.file, name="file"),
    path("<uuid:report_id>/sample/", views.sample, name="sample"),
    path("<uuid:report_id>/incident/", views.hand, name="hand"),
]
