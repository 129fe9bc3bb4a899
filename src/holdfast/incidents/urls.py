"""Addresses of the staff's pages about incidents; the rooms inside stand under one incident."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from holdfast.incidents import approval_views, component_views, ledger_views, review_views, views, writing_views

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("declare/", views.declare, name="declare"),
    path("maintenance/", views.maintenance, name="maintenance"),
    path("components/", component_views.page, name="components"),
    path("components/act/", component_views.act, name="component-act"),
    path("approvals/", approval_views.inbox, name="approvals"),
    path("approvals/waiting/", approval_views.signs, name="signs"),
    path("approvals/<uuid:ask_id>/", approval_views.decide, name="decide"),
    path("approvals/given/<int:pk>/revocation/", approval_views.revoke, name="revoke"),
    path("now/", views.now_open, name="now"),
    path("case/<uuid:conversation_id>/", views.case, name="case"),
    path("<int:number>/", views.incident, name="incident"),
    path("<int:number>/owed/", views.owed, name="owed"),
    path("<int:number>/asking/", views.asking, name="asking"),
    path("<int:number>/crowds/", views.crowds, name="crowds"),
    path("<int:number>/draft/", writing_views.draft, name="draft"),
    path("<int:number>/draft/discard/", writing_views.discard, name="discard"),
    path("<int:number>/template/", writing_views.template, name="template"),
    path("<int:number>/approvals/", writing_views.ask, name="ask"),
    path("<int:number>/reach/", approval_views.reach, name="reach"),
    path("<int:number>/updates/", writing_views.publish, name="publish"),
    path("<int:number>/answer/", writing_views.answer, name="answer"),
    path("<int:number>/sooner/", writing_views.sooner, name="sooner"),
    path("<int:number>/facts/", ledger_views.fact, name="fact"),
    path("<int:number>/facts/<int:fact_id>/withdrawal/", ledger_views.fact_withdrawal, name="fact-withdrawal"),
    path("<int:number>/timeline/", ledger_views.note, name="note"),
    path("<int:number>/roles/", ledger_views.role, name="role"),
    path("<int:number>/amendment/", ledger_views.amendment, name="amendment"),
    path("<int:number>/ending/", ledger_views.ending, name="ending"),
    path("<int:number>/commitments/", ledger_views.commitment, name="commitment"),
    path("<int:number>/commitments/<int:commitment_id>/", ledger_views.commitment_end, name="commitment-end"),
    path("<int:number>/links/", ledger_views.link, name="link"),
    path("<int:number>/links/<int:matcher_id>/end/", ledger_views.matcher_end, name="matcher-end"),
    path("<int:number>/recurrence/", ledger_views.recurrence, name="recurrence"),
    path("<int:number>/review/", review_views.page, name="review"),
    path("<int:number>/review/summary/", review_views.summary, name="summary"),
]
