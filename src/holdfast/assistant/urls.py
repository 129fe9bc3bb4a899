"""Addresses of the assistant on the desk."""

from __future__ import annotations

from django.urls import path

from holdfast.assistant import views
from holdfast.assistant.copilot import views as copilot

app_name = "assistant"

urlpatterns = [
    path("c/<int:number>/word/", views.word, name="word"),
    path("c/<int:number>/copilot/", copilot.copilot, name="copilot"),
    path("c/<int:number>/copilot/draft/", copilot.draft, name="copilot-draft"),
    path("c/<int:number>/copilot/next/", copilot.next_, name="copilot-next"),
    path("c/<int:number>/copilot/summary/", copilot.sum_up, name="copilot-summary"),
    path("c/<int:number>/copilot/outcome/", copilot.outcome, name="copilot-outcome"),
    path("c/<int:number>/copilot/wording/", copilot.wording, name="copilot-wording"),
    path("c/<int:number>/copilot/translation/", copilot.translation, name="copilot-translation"),
]
