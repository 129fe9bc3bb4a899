"""One's own machines, proving that one is one's own, and the list of sign-ins."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_POST

from holdfast.people import machines, sign_ins
from holdfast.people.models import Role
from holdfast.people.permissions import me

READERS = (Role.ADMIN, Role.SECURITY)
"""Who sees everybody's sign-ins; each person sees their own."""


@login_required
@require_POST
def removal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget a machine of one's own and sign out there. The one in use is left by signing out."""
    if str(pk) == machines.of(request):
        return redirect(f"{reverse('people:sessions')}?removed=this")
    ended = machines.remove(pk, agent_id=me(request).pk)
    return redirect(f"{reverse('people:sessions')}?removed={'out' if ended else 'yes'}")


@login_required
@require_GET
def proof(request: HttpRequest) -> HttpResponse:
    """Where one proves with a second factor that this machine is one's own."""
    agent = me(request)
    proven = machines.prove(request, agent)
    context = {"proven": proven, "ways": {} if proven else machines.ways_to_prove(request, agent)}
    return render(request, "people/machine_proof.html", context)


@login_required
@require_GET
def sign_in_list(request: HttpRequest) -> HttpResponse:
    """One's own sign-ins; for admins and security everybody's, when asked for (`who=all`)."""
    agent = me(request)
    everybody = agent.role in READERS and request.GET.get("who") == "all"
    kind = request.GET.get("kind", "")
    kind = kind if kind in sign_ins.KINDS else ""
    found = sign_ins.page(agent_id=None if everybody else agent.pk, kind=kind, after=request.GET.get("after", ""))
    context = {
        "page": found,
        "kind": kind,
        "kinds": sign_ins.KINDS,
        "everybody": everybody,
        "may_see_all": agent.role in READERS,
    }
    response = render(request, "people/sign_ins.html", context)
    patch_cache_control(response, no_store=True)
    return response
