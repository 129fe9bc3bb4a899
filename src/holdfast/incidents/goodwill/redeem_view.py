"""`POST /v1/goodwill/redemptions` for the company's own systems. Faults are RFC 9457 problem documents.

A token with the scope `goodwill:redeem` opens it. A request repeated with its key gets the same answer.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from holdfast.incidents.goodwill import redeeming
from holdfast.incidents.goodwill.errors import NotFound, Over, Refused, Used
from holdfast.intake import pace, tokens
from holdfast.intake.problems import Fault, Problem

_LARGEST = 4_000  # bytes
_FIELDS = ("code", "key")


@csrf_exempt
@never_cache
@require_POST
@sensitive_variables()
def redemptions(request: HttpRequest) -> HttpResponse:
    """Redeem one code: `{"code", "key"}` in, what it is good for out."""
    try:
        token = _token(request)
        given = _read(request)
        return JsonResponse(_redeem(given["code"], given["key"], token.name))
    except Problem as problem:
        answer = HttpResponse(problem.body(), status=problem.status, content_type="application/problem+json")
        for name, value in problem.headers:
            answer[name.decode()] = value.decode()
        return answer


def _token(request: HttpRequest) -> tokens.KnownToken:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    known = tokens.known(secret.strip(), scope=tokens.GOODWILL_REDEEM) if scheme.lower() == "bearer" else None
    if known is None:
        detail = f"Send a token in force with the scope {tokens.GOODWILL_REDEEM}."
        raise Problem(401, detail, headers=[(b"www-authenticate", b"Bearer")])
    pace.check(known, tokens.GOODWILL_REDEEM)
    return known


def _read(request: HttpRequest) -> dict[str, str]:
    if int(request.headers.get("Content-Length") or 0) > _LARGEST:
        raise Problem(413, f"The body has more than {_LARGEST} bytes.")
    try:
        given: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if not isinstance(given, dict):
        raise Problem(422, "The body must be a JSON object.")
    faults = [Fault(name, "This field is not known.") for name in list(given)[:20] if name not in _FIELDS]
    for name in _FIELDS:
        value = given.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 200:
            faults.append(Fault(name, "This must be a string of 1 to 200 characters."))
    if faults:
        raise Problem(422, "The code was not redeemed: some fields are wrong.", faults)
    return given


def _redeem(code: str, key: str, through: str) -> dict[str, Any]:
    try:
        found = redeeming.redeem(code=code, key=key, through=through)
    except NotFound:
        raise Problem(404, "There is no such code.") from None
    except Used as used:
        raise Problem(409, used.sentence) from None
    except Over as over:
        raise Problem(410, over.sentence) from None
    except Refused as refused:
        raise Problem(422, refused.sentence) from None
    return {
        "offer": found.offer,
        "amount": str(found.amount),
        "currency": found.currency,
        "redeemed_at": found.at.isoformat(),
        "repeat": found.repeat,
        "test": found.trial,
    }
