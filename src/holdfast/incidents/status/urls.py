"""What readers of the public page can do. The page itself is served before Django (`serving.py`)."""

from __future__ import annotations

from django.urls import path

from holdfast.incidents.status import subscribe_views as views

app_name = "status"
urlpatterns = [
    path("subscribe/", views.subscribe, name="subscribe"),
    path("manage/", views.manage, name="manage"),
    path("code/", views.code, name="code"),
    path("hook/<str:ticket>/", views.hook, name="hook"),
    path("link/<str:token>/", views.link, name="link"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
