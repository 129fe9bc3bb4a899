"""Addresses where articles are written, all below `/settings/articles/`."""

from __future__ import annotations

from django.urls import path

from holdfast.knowledge import care_views, editor_views

app_name = "articles"
urlpatterns = [
    path("", editor_views.home, name="home"),
    path("new/", editor_views.new, name="new"),
    path("preview/", editor_views.preview, name="preview"),
    path("due/", care_views.due, name="due"),
    path("languages/", care_views.in_languages, name="languages"),
    path("not-found/", care_views.not_found, name="not-found"),
    path("not-found/<int:group_id>/settled/", care_views.settled, name="settled"),
    path("<int:pk>/", editor_views.article, name="article"),
    path("<int:pk>/publication/", editor_views.publication, name="publication"),
    path("<int:pk>/checked/", editor_views.checked, name="checked"),
    path("<int:pk>/versions/", care_views.history, name="history"),
    path("<int:pk>/versions/<int:version>/return/", care_views.putting_back, name="putting-back"),
    path("<int:pk>/beside/", care_views.beside, name="beside"),
]
