"""Addresses of the page about learning."""

from __future__ import annotations

from django.urls import path

from holdfast.assistant.learning import views

app_name = "learning"
urlpatterns = [
    path("", views.home, name="home"),
    path("candidates/<int:pk>/decision/", views.decision, name="decision"),
    path("releases/", views.trial, name="trial"),
    path("releases/<int:pk>/standing/", views.standing, name="standing"),
]
