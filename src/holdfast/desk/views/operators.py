"""The page on which leads say whose assistants' signatures count."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from holdfast.desk.forms import OperatorForm
from holdfast.desk.views.settings import LEADS
from holdfast.intake import operators
from holdfast.intake.operators import Listed, OperatorRefused
from holdfast.people.permissions import me, requires
from holdfast.people.queries import names_of


@dataclass(frozen=True, slots=True)
class _Row:
    operator: Listed
    added_by: str


@require_http_methods(["GET", "POST"])
@requires(*LEADS)
def home(request: HttpRequest) -> HttpResponse:
    """Every operator, and a form for one more."""
    form = OperatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            added = operators.add(name=typed["name"], url=typed["url"], keys=typed["keys"], by=me(request).id)
        except OperatorRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            when = "Its signatures count now." if added.by_hand else "Its keys are read within a minute."
            messages.success(request, f"{added.name} is accepted. {when}")
            return redirect("settings:operators")
    listed = operators.listed()
    names = names_of({each.added_by_id for each in listed if each.added_by_id is not None})
    rows = [_Row(each, names.get(each.added_by_id or 0, "")) for each in listed]
    context = {"rows": rows, "form": form, "tab": "operators"}
    return render(request, "desk/settings/operators.html", context, status=422 if form.errors else 200)


@require_POST
@requires(*LEADS)
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """Let an operator's signatures count, or not."""
    enabled = request.POST.get("on") == "1"
    try:
        operators.switch(name=name, enabled=enabled, by=me(request).id)
    except OperatorRefused as refused:
        messages.error(request, refused.sentence)
    else:
        said = "count again" if enabled else "count no longer. Its contacts are taken as ever"
        messages.success(request, f"Signatures of {name} {said}.")
    return redirect("settings:operators")


@require_POST
@requires(*LEADS)
def removal(request: HttpRequest, name: str) -> HttpResponse:
    """Forget an operator."""
    try:
        operators.remove(name=name, by=me(request).id)
    except OperatorRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"{name} is removed. Contacts that came in signed stay as they are.")
    return redirect("settings:operators")
