"""Addresses of who is told what, below `/incidents/<number>/`."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.audiences import views

app_name = "audiences"
urlpatterns = [
    path("audiences/", views.home, name="home"),
    path("audiences/handed/", views.handed, name="handed"),
    path("audiences/groups/", views.add, name="add"),
    path("audiences/groups/<int:group_id>/", views.change, name="change"),
    path("audiences/count/", views.count, name="count"),
    path("audiences/frozen/", views.freeze, name="freeze"),
    path("audiences/frozen/<uuid:audience_id>/campaign/", views.hand_over, name="hand-over"),
]
