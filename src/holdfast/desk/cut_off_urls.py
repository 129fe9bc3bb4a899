"""Addresses of cut-offs, below `/security/cut-off/`."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.views import cutting_off

app_name = "cut-off"
urlpatterns = [
    path("", cutting_off.home, name="home"),
    path("<int:number>/", cutting_off.one, name="one"),
    path("<int:number>/back/", cutting_off.back, name="back"),
    path("<int:number>/evidence.json", cutting_off.evidence, name="evidence"),
    path("<slug:scope>/<int:pk>/", cutting_off.target, name="target"),
]
