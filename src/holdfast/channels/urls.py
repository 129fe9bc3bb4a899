from __future__ import annotations

from django.urls import path

from holdfast.channels import chat

app_name = "chat"

urlpatterns = [
    path("state", chat.state, name="state"),
    path("callback", chat.callback, name="callback"),
    path("answered", chat.answered, name="answered"),
    path("demo/", chat.demo, name="demo"),
]
