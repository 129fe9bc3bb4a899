"""Addresses of the words for bad days, below `/settings/words/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.words import views

app_name = "words"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("seeds/", views.seeds, name="seeds"),
    path("template/<slug:slug>/<str:locale>/", views.template, name="template"),
    path("template/<slug:slug>/<str:locale>/ask/", views.ask, name="ask"),
    path("signatories/", views.signatories, name="signatories"),
    path("signatories/<int:pk>/removal/", views.relieve, name="relieve"),
    path("forbidden/", views.forbidden, name="forbidden"),
    path("forbidden/<int:pk>/end/", views.allow, name="allow"),
]
