"""Every page's address. Rooms keep their own `urls.py`; this only says where each stands."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from holdfast.desk.watch.budget_views import report
from holdfast.incidents.goodwill import redeem_view
from holdfast.knowledge import feeds
from holdfast.notify.campaigns import hooks

urlpatterns = [
    path("", RedirectView.as_view(url="/desk/", permanent=False), name="home"),
    path("accounts/", include("allauth.urls")),
    path("welcome/", include("holdfast.people.urls")),
    path("desk/", include("holdfast.desk.urls")),
    path("assistant/", include("holdfast.assistant.urls")),
    path("settings/", include("holdfast.desk.settings_urls")),
    path("ledger/", include("holdfast.desk.ledger_urls")),
    path("security/cut-off/", include("holdfast.desk.cut_off_urls")),
    path("security/watch/", include("holdfast.desk.watch.urls")),
    path("security/whereabouts/", include("holdfast.desk.whereabouts.urls")),
    path("security/budget/", include("holdfast.desk.watch.budget_urls")),
    path("reported/", report, name="reported"),
    path("security/radius/", include("holdfast.incidents.radius.urls")),
    path("settings/learning/", include("holdfast.assistant.learning.urls")),
    path("settings/retention/", include("holdfast.retention.urls")),
    path("settings/words/", include("holdfast.incidents.words.urls")),
    path("settings/campaigns/", include("holdfast.notify.campaigns.urls")),
    path("settings/articles/", include("holdfast.knowledge.editor_urls")),
    path("bridge/", include("holdfast.bridge.urls")),
    path("incidents/<int:number>/legal/", include("holdfast.incidents.legal.urls")),
    path("incidents/<int:number>/outreach/", include("holdfast.incidents.outreach.urls")),
    path("incidents/<int:number>/goodwill/", include("holdfast.incidents.goodwill.urls")),
    path("incidents/<int:number>/", include("holdfast.incidents.audiences.urls")),
    path("incidents/briefing/", include("holdfast.incidents.status.staff_urls")),
    path("incidents/care/", include("holdfast.incidents.status.care_urls")),
    path("incidents/", include("holdfast.incidents.urls")),
    path("status/", include("holdfast.incidents.status.urls")),
    path("help/", include("holdfast.knowledge.urls")),
    path("robots.txt", feeds.robots, name="robots"),
    path("chat/", include("holdfast.channels.urls")),
    path("line/", include("holdfast.shield.urls")),
    path("v1/goodwill/redemptions", redeem_view.redemptions, name="goodwill-redemptions"),
    path("hooks/mail/<str:name>/", hooks.provider, name="mail-hook"),
    path("hooks/sms/", hooks.text_message, name="sms-hook"),
    path("", include("holdfast.web.urls")),
]

if "allauth.socialaccount" in settings.INSTALLED_APPS:
    from holdfast.people.single_sign_on import callback  # allauth's models are there only with a provider

    urlpatterns[:0] = [
        # No links to other accounts are kept, so none are shown.
        path("accounts/3rdparty/", RedirectView.as_view(pattern_name="mfa_index")),
        path("accounts/oidc/<str:provider_id>/login/callback/", callback, name="openid_connect_callback"),
    ]

handler400 = "holdfast.web.views.bad_request"
handler403 = "holdfast.web.views.forbidden"
handler404 = "holdfast.web.views.not_found"
handler500 = "holdfast.web.views.server_error"
