"""The page somebody in line has: their place, a question, another time, a way to appeal."""

from __future__ import annotations

from django.urls import path

from holdfast.shield import views

app_name = "shield"
urlpatterns = [
    path("<str:token>/", views.line, name="line"),
    path("<str:token>/time/", views.time, name="time"),
]
