"""Addresses where articles are written, all below `/settings/articles/`."""

from __future__ import annotations

from django.urls import path

from holdfast.knowledge import editor_views

app_name = "articles"
urlpatterns = [
    path("", editor_views.home, name="home"),
    path("new/", editor_views.new, name="new"),
    path("preview/", editor_views.preview, name="preview"),
    path("<int:pk>/", editor_views.article, name="article"),
    path("<int:pk>/publication/", editor_views.publication, name="publication"),
]
