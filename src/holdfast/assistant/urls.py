"""Addresses of the assistant on the desk."""

from __future__ import annotations

from django.urls import path

from holdfast.assistant import views

app_name = "assistant"

urlpatterns = [
    path("c/<int:number>/word/", views.word, name="word"),
]
