"""Addresses of goodwill, below `/incidents/<number>/goodwill/`. The one for machines stands in `config/urls.py`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.goodwill import views

app_name = "goodwill"
urlpatterns = [
    path("", views.home, name="home"),
    path("offers/", views.write, name="write"),
    path("limits/", views.limit, name="limit"),
    path("<uuid:offer_id>/", views.offer, name="offer"),
    path("<uuid:offer_id>/approval/", views.approve, name="approve"),
    path("<uuid:offer_id>/trial/", views.trial, name="trial"),
    path("<uuid:offer_id>/code/", views.give, name="give"),
    path("<uuid:offer_id>/campaign/", views.hand_over, name="hand-over"),
    path("<uuid:offer_id>/end/", views.end, name="end"),
]
