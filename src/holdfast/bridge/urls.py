"""The bridge's addresses, all below `/bridge/`."""

from __future__ import annotations

from django.urls import path

from holdfast.bridge import playbook_views, promise_views, roster_views, views, what_if_views

app_name = "bridge"
urlpatterns = [
    path("", views.home, name="home"),
    path("deck/", views.deck, name="deck"),
    path("owed/", views.owed, name="owed"),
    path("band/", views.band, name="band"),
    path("unexplained/", views.unexplained, name="unexplained"),
    path("posture/", views.posture, name="posture"),
    path("proposals/<int:proposal_id>/", views.proposal, name="proposal"),
    path("steps/<slug:key>/", views.step, name="step"),
    path("matters/", views.matter, name="matter"),
    path("matters/<int:matter_id>/end/", views.matter_end, name="matter-end"),
    path("promises/", promise_views.promises, name="promises"),
    path("promises/notices/<int:notice_id>/", promise_views.notice, name="notice"),
    path("what-if/", what_if_views.what_if, name="what-if"),
    path("roster/", roster_views.roster, name="roster"),
    path("roster/<int:load_id>/removal/", roster_views.roster_removal, name="roster-removal"),
    path("reserve/", roster_views.on_reserve, name="reserve"),
    path("reserve/<int:agent_id>/removal/", roster_views.reserve_removal, name="reserve-removal"),
    path("reserve/<int:agent_id>/call/", roster_views.reserve_call, name="reserve-call"),
    path("playbooks/", playbook_views.book_list, name="playbooks"),
    path("playbooks/<slug:slug>/", playbook_views.book, name="playbook"),
]
