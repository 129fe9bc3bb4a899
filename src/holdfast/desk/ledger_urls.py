"""Addresses of the log of reveals, below `/ledger/`: what is published, what auditors ask for, and its pages."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.views import ledger

app_name = "ledger"
urlpatterns = [
    path("", ledger.home, name="home"),
    path("checkpoint", ledger.checkpoint, name="checkpoint"),
    path("checkpoint/<int:size>", ledger.checkpoint_at, name="checkpoint-at"),
    path("consistency", ledger.consistency, name="consistency"),
    path("keys", ledger.keys, name="keys"),
    path("successions", ledger.successions, name="successions"),
    path("cosignatures/<int:size>", ledger.cosignatures, name="cosignatures"),
    path("entries", ledger.entries, name="entries"),
    path("inclusion/<int:index>", ledger.inclusion, name="inclusion"),
    path("cases/<int:number>/", ledger.case, name="case"),
    path("customers/<uuid:customer_id>/", ledger.seen, name="seen"),
    path("customers/<uuid:customer_id>/for-them/", ledger.for_them, name="for-them"),
]
