"""Addresses of the staff's pages about incidents; the rooms inside stand under one incident."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = []
