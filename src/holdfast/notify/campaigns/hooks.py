"""What comes back: what mail providers report about single mails, through anymail, and STOP to a text message."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from anymail import urls as anymail_urls
from anymail.signals import tracking
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.urls import URLPattern
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from holdfast.notify.campaigns import settling, stopping
from holdfast.notify.campaigns.mails import recipient_of
from holdfast.notify.campaigns.models import Recipient, Suppression

_NAME = "{provider}_tracking_webhook"
State = Recipient.State


@csrf_exempt
def provider(request: HttpRequest, name: str) -> HttpResponseBase:
    """Take a provider's events, if it is one of anymail's and can prove who it is (by sign-in, or its own signature).

    Without a secret in the settings there is nothing here: anymail itself would believe anybody.
    """
    if not any("WEBHOOK" in key and value for key, value in settings.ANYMAIL.items()):
        raise Http404
    for pattern in anymail_urls.urlpatterns:
        if isinstance(pattern, URLPattern) and pattern.name == _NAME.format(provider=name):
            answer: HttpResponseBase = pattern.callback(request)
            return answer
    raise Http404


@csrf_exempt
def text_message(request: HttpRequest) -> HttpResponseBase:
    """Take a text message that came in, `{"from", "text"}`, from whoever has the secret, and heed STOP and START.

    `heard` says what was done. Nothing: it is a customer's words, which the gateway posts to `/v1/contacts`. Without a
    secret in the settings there is nothing here.
    """
    secret = settings.SMS_HOOKS_SECRET
    if not secret:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {secret}"):
        return JsonResponse({"detail": "Sign in with the bearer key that is in HOLDFAST_SMS_HOOKS_SECRET."}, status=401)
    if request.method != "POST":
        return JsonResponse({"detail": "Post it."}, status=405, headers={"Allow": "POST"})
    try:
        said = json.loads(request.body[:10_000])
    except ValueError:
        said = None
    phone, text = (said.get("from"), said.get("text")) if isinstance(said, dict) else (None, None)
    if not isinstance(phone, str) or not isinstance(text, str):
        return JsonResponse({"detail": 'Post JSON: {"from": "+353871234567", "text": "STOP"}.'}, status=422)
    return JsonResponse({"heard": stopping.heard(phone=phone[:40], text=text)})


def hear(sender: object, event: Any, **_: object) -> None:
    """Settle the recipient an event is about; events about other mails are left alone."""
    recipient = _recipient(event)
    if recipient is None:
        return
    code = str(getattr(event, "mta_response", "") or "")[:40].split(" ")[0]
    known = {recipient: code if code[:1].isdigit() else ""}
    kind = str(event.event_type)
    if kind in {"bounced", "rejected", "failed"}:
        reason = Suppression.Reason.BOUNCE if kind == "bounced" and _is_hard(event) else ""
        settling.reported(known, state=State.FAILED, reason=reason)
    elif kind == "complained":
        settling.reported(known, state=State.SENT, reason=Suppression.Reason.COMPLAINT)
    elif kind == "unsubscribed":
        settling.reported(known, state=State.SENT, reason=Suppression.Reason.UNSUBSCRIBED)
    elif kind == "delivered":
        settling.reported(known, state=State.SENT)


def _is_hard(event: Any) -> bool:
    return str(getattr(event, "reject_reason", "") or "bounced") in {"bounced", "invalid"}


def _recipient(event: Any) -> UUID | None:
    """By what we gave the provider to remember, or by our Message-ID where it reports that."""
    named = (getattr(event, "metadata", None) or {}).get("recipient", "")
    try:
        return UUID(str(named))
    except ValueError:
        return recipient_of(str(getattr(event, "message_id", "") or "").strip("<>"))


tracking.connect(hear, dispatch_uid="campaigns")
