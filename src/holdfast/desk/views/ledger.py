"""The log of reveals over HTTP: checkpoints for everybody, proofs for auditors, pages for leads and security."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from holdfast.conversations import queries
from holdfast.conversations.errors import NotFound
from holdfast.desk import seen as looks
from holdfast.desk.ledger_page import state
from holdfast.desk.views.settings import LEADS
from holdfast.guard.ledger import bundle, proofs, signing, succession, witnesses
from holdfast.guard.ledger.proofs import NotThere
from holdfast.guard.ledger.witnesses import NotTaken
from holdfast.guard.radius import sightings
from holdfast.guard.radius.sightings import How
from holdfast.intake import pace, tokens
from holdfast.kit.numbers import whole
from holdfast.people.at_work import at_work
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires
from holdfast.people.step_up import proves_again

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
_MOST = 1000  # entries in one answer
_MOST_BYTES = 60_000  # of cosignatures
_READERS = (Role.LEAD, Role.ADMIN, Role.SECURITY)


def _text(view: View[P]) -> View[P]:
    """Answer in plain text, never kept by a cache; what is not there is a sentence."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except NotThere as missing:
            response = HttpResponse(f"{missing}\n", status=404)
        except NotTaken as refused:
            response = HttpResponse(f"{refused}\n", status=422)
        response["Content-Type"] = "text/plain; charset=utf-8"
        patch_cache_control(response, no_store=True)
        return response

    return told


def _for_auditors(view: View[P]) -> View[P]:
    """Let in whoever has a token with the scope `ledger:read`."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = tokens.known(secret.strip(), scope=tokens.LEDGER_READ) if scheme.lower() == "bearer" else None
        if token is None:
            return HttpResponse("This needs a token with the scope ledger:read.\n", status=401)
        if wait := pace.take(token, tokens.LEDGER_READ):
            said = f"{pace.sentence(tokens.LEDGER_READ, wait)}\n"
            return HttpResponse(said, status=429, headers={"Retry-After": str(wait)})
        return view(request, *args, **kwargs)

    return checked


@require_safe
@_text
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The latest signed checkpoint with its cosignatures."""
    return HttpResponse(proofs.latest())


@require_safe
@_text
def checkpoint_at(request: HttpRequest, size: int) -> HttpResponse:
    """A checkpoint that was kept."""
    return HttpResponse(proofs.note_at(_bounded(size)))


@require_safe
@_text
def consistency(request: HttpRequest) -> HttpResponse:
    """The proof from one size to another; hashes only, so witnesses need no token."""
    old, size = (_bounded(_number(request, name)) for name in ("old", "size"))
    return HttpResponse(proofs.as_lines(proofs.consistency(old=old, size=size)))


@require_safe
@_text
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys; an auditor compares them with those a person gave them."""
    return HttpResponse("".join(f"{key}\n" for key in bundle.known_keys()))


@require_safe
@_text
def successions(request: HttpRequest) -> HttpResponse:
    """Every change of the signing key, signed by the old key and the new; empty while there was none."""
    return HttpResponse(succession.BETWEEN.join(signing.successions()))


@csrf_exempt
@require_POST
@_text
def cosignatures(request: HttpRequest, size: int) -> HttpResponse:
    """Take cosignatures. The signature of a trusted witness is all the right there is to this."""
    body = request.read(_MOST_BYTES + 1)
    if len(body) > _MOST_BYTES:
        raise NotTaken("That is more than cosignatures need.")
    kept = witnesses.take(size=_bounded(size), text=body.decode("utf-8", "replace"))
    return HttpResponse(f"{kept}\n")


@require_safe
@_text
@_for_auditors
def entries(request: HttpRequest) -> HttpResponse:
    """Entries from `from` on, at most a thousand, a line each as they were hashed."""
    start = _bounded(_number(request, "from"))
    return HttpResponse("".join(f"{entry}\n" for entry in proofs.entries(start, limit=_MOST)))


@require_safe
@_text
@_for_auditors
def inclusion(request: HttpRequest, index: int) -> HttpResponse:
    """The proof of one entry, as c2sp.org/tlog-proof."""
    return HttpResponse(str(proofs.inclusion(_bounded(index))))


@require_safe
@requires(*_READERS)
def home(request: HttpRequest) -> HttpResponse:
    """How the log stands: size, signatures, witnesses and how old their last word is."""
    return render(request, "desk/ledger.html", {"page": state()})


@require_safe
@requires(*_READERS)
def seen(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Who looked at this customer's values, what and why."""
    page = looks.page_of(customer_id, reader=me(request))
    if page is None:
        raise Http404
    sightings.note_people(agent_id=me(request).pk, how=How.OPENED, customers=[customer_id])
    return render(request, "desk/seen.html", {"page": page})


@require_safe
@requires(*LEADS)
def case(request: HttpRequest, number: int) -> HttpResponse:
    """From a case to the page about its customer."""
    try:
        conversation = queries.access_conversation(me(request), number)
    except NotFound as missing:
        raise Http404 from missing
    if conversation.customer_id is None:
        raise Http404
    return redirect("ledger:seen", conversation.customer_id)


@require_safe
@requires(*_READERS)
@proves_again("GET")
@at_work
def for_them(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """The same for the customer: roles instead of names, ready to be sent."""
    text = looks.for_the_customer(customer_id)
    if text is None:
        raise Http404
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="who-looked.txt"'
    patch_cache_control(response, no_store=True)
    return response


def _number(request: HttpRequest, name: str) -> int:
    found = whole(request.GET.get(name), digits=18)
    if found is None:
        raise NotThere(f"Say {name}= with a whole number.")
    return found


def _bounded(number: int) -> int:
    if number >= 2**62:
        raise NotThere("There are not that many entries.")
    return number
