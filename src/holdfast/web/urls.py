"""Addresses that belong to no room."""

from __future__ import annotations

from django.urls import path

from holdfast.web import views

app_name = "web"
urlpatterns = [
    path("components/", views.components, name="components"),
]
