"""Addresses of blast radius, below `/security/radius/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.radius import trace_views, views

app_name = "radius"
urlpatterns = [
    path("", views.home, name="home"),
    path("traces/", trace_views.home, name="traces"),
    path("traces/<uuid:trace_id>/", trace_views.one, name="trace"),
    path("traces/<uuid:trace_id>/again/", trace_views.again, name="trace-again"),
    path("traces/<uuid:trace_id>/radius/", trace_views.count, name="trace-count"),
    path("traces/<uuid:trace_id>/file/", trace_views.photograph, name="trace-file"),
    path("traces/<uuid:trace_id>/file/gone/", trace_views.throw_away, name="trace-file-gone"),
    path("<uuid:report_id>/", views.report, name="report"),
    path("<uuid:report_id>/report.<str:form>", views.file, name="file"),
    path("<uuid:report_id>/sample/", views.sample, name="sample"),
    path("<uuid:report_id>/incident/", views.hand, name="hand"),
]
