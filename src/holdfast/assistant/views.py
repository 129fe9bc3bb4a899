"""What an agent does about the assistant in a conversation. One verb each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from holdfast.assistant.handing_back import hand_back
from holdfast.conversations.errors import NotFound, Refused
from holdfast.conversations.queries import access_conversation
from holdfast.people.queries import answers

if TYPE_CHECKING:
    from holdfast.people.models import Agent


@require_POST
@login_required
@never_cache
def word(request: HttpRequest, number: int) -> HttpResponse:
    """Let the assistant go on in a case. 204, or 422 with one sentence."""
    agent = cast("Agent", request.user)
    if not answers(agent.pk):
        raise Http404
    try:
        hand_back(conversation_id=access_conversation(agent, number).pk, by=agent.pk)
    except NotFound as missing:
        raise Http404 from missing
    except Refused as refused:
        return render(request, "desk/_problem.html", {"problem": {"detail": refused.sentence}}, status=422)
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"holdfast:changed": {"number": number, "gone": False}})
    return response
