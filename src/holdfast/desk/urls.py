"""Addresses of the desk. Names and paths are the contract of docs/architecture.md and docs/desk-contexts.md."""

from __future__ import annotations

from django.urls import path

from holdfast.desk.views import (
    cards,
    deliveries,
    facts,
    files,
    inbox,
    messages,
    overlays,
    presence,
    promised,
    proofs,
    reveals,
    tools,
    verbs,
    without_seeing,
)

app_name = "desk"

urlpatterns = [
    path("", inbox.home, name="home"),
    path("list/", inbox.list_, name="list"),
    path("rows/<uuid:conversation_id>/", inbox.row, name="row"),
    path("nav/", inbox.nav, name="nav"),
    path("next/", inbox.next_in_line, name="next"),
    path("search/", inbox.search, name="search"),
    path("canned/", tools.canned, name="canned"),
    path("palette/", tools.palette, name="palette"),
    path("views/", tools.views, name="views"),
    path("views/<int:view_id>/", tools.view, name="view"),
    path("preferences/", presence.preferences, name="preferences"),
    path("reveals/", reveals.log, name="reveals"),
    path("attachments/<uuid:attachment_id>/", files.attachment, name="attachment"),
    path("merges/<int:merge_id>/", verbs.unmerge, name="unmerge"),
    path("c/<int:number>/", inbox.conversation, name="conversation"),
    path("c/<int:number>/messages/", messages.thread, name="messages"),
    path("c/<int:number>/messages/", messages.thread, name="thread"),
    path("c/<int:number>/facts/", facts.facts, name="facts"),
    path("c/<int:number>/proof/", proofs.proof, name="proof"),
    path("c/<int:number>/promised/", promised.promised, name="promised"),
    path("c/<int:number>/proof/code/", proofs.code, name="proof-code"),
    path("c/<int:number>/cards/<str:card_id>/", cards.card, name="card"),
    path("c/<int:number>/draft/", messages.draft, name="draft"),
    path("c/<int:number>/assignment/", verbs.assignment, name="assignment"),
    path("c/<int:number>/transfers/", verbs.transfers, name="transfer"),
    path("c/<int:number>/snooze/", verbs.snooze, name="snooze"),
    path("c/<int:number>/closure/", verbs.closure, name="closure"),
    path("c/<int:number>/tags/", verbs.tagging, name="tags"),
    path("c/<int:number>/merge/", verbs.merge, name="merge"),
    path("c/<int:number>/presence/", presence.presence, name="presence"),
    path("c/<int:number>/reveal/<slug:field>/", reveals.reveal, name="reveal"),
    path("c/<int:number>/compare/<slug:field>/", without_seeing.compare, name="compare"),
    path("c/<int:number>/call/<slug:field>/", without_seeing.call, name="call"),
    path("c/<int:number>/sealed/<slug:field>/", reveals.sealed, name="sealed"),
    path("c/<int:number>/overlay/<uuid:entry>/", overlays.overlay, name="overlay"),
    path("c/<int:number>/raw/<uuid:message_id>/", reveals.raw, name="raw"),
    path("c/<int:number>/delivery/<uuid:message_id>/", deliveries.delivery, name="delivery"),
    path("c/<int:number>/delivery/<uuid:message_id>/again/", deliveries.again, name="again"),
    path("c/<int:number>/html/<uuid:message_id>/", files.formatted, name="formatted"),
]
