"""What keeps articles good: their history, dates to look at them again, their languages, and what nobody found."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from holdfast.kit.numbers import whole
from holdfast.knowledge import differences, editing, feedback, queries, translations, unanswered, versions
from holdfast.knowledge.editing import EditRefused
from holdfast.knowledge.editor_views import WRITERS
from holdfast.knowledge.forms import languages
from holdfast.knowledge.models import Article, ArticleVersion
from holdfast.people.permissions import me, requires


@require_GET
@requires(*WRITERS)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """The published versions of an article; with `?v=` what that one changed and how it read."""
    article = get_object_or_404(Article, pk=pk)
    lines = versions.of(pk)
    asked = request.GET.get("v", "")
    number = whole(asked, digits=8)
    chosen = versions.kept(pk, number) if number is not None else None
    if asked and chosen is None:
        raise Http404
    if chosen is None and lines:
        chosen = versions.kept(pk, lines[0].version)
    before = next((line.version for line in lines if chosen and line.version < chosen.version), None)
    earlier = versions.kept(pk, before) if before is not None else None
    context = {
        "article": article,
        "lines": lines,
        "chosen": chosen,
        "earlier": earlier,
        "compared": differences.lines(_whole(earlier), _whole(chosen)) if chosen and earlier else [],
        "rendered": queries.rendered(chosen) if chosen else "",
        "said": feedback.of(pk),
        "tab": "articles",
    }
    return render(request, "knowledge/history.html", context)


@require_POST
@requires(*WRITERS)
def putting_back(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Let an article say again what one of its versions said."""
    get_object_or_404(Article, pk=pk)
    seen = request.POST.get("seen", "")
    try:
        saved = versions.put_back(
            article_id=pk, version=version, seen_version=int(seen) if seen.isdigit() else 0, by=me(request).pk
        )
    except EditRefused as refused:
        messages.error(request, refused.sentence)
        return redirect("articles:history", pk=pk)
    messages.success(request, f"It says again what version {version} said, as version {saved.version}.")
    return redirect("articles:article", pk=pk)


@require_GET
@requires(*WRITERS)
def due(request: HttpRequest) -> HttpResponse:
    """Published articles that somebody should look at again, the longest overdue first."""
    context = {"articles": editing.due(timezone.localdate()), "tab": "articles", "shelf": "due"}
    return render(request, "knowledge/due.html", context)


@require_GET
@requires(*WRITERS)
def in_languages(request: HttpRequest) -> HttpResponse:
    """Every article beside its translations."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:80]
    rows = translations.table(text=text)
    heads = [cell.locale for cell in rows[0].cells] if rows else []
    names = dict(languages())
    context = {
        "rows": rows,
        "lacking": sum(row.lacks for row in rows),
        "heads": [(code, names.get(code, code)) for code in heads],
        "text": text,
        "tab": "articles",
        "shelf": "languages",
    }
    return render(request, "knowledge/languages.html", context)


@require_GET
@requires(*WRITERS)
def beside(request: HttpRequest, pk: int) -> HttpResponse:
    """A translation beside its original, with what came to the original since."""
    article = get_object_or_404(Article, pk=pk)
    original = translations.original_of(article.slug)
    if original is None or original.pk == article.pk:
        raise Http404
    behind = translations.behind(article, original)
    known = versions.kept(original.pk, article.of_version or 1)
    context = {
        "article": article,
        "original": original,
        "behind": behind,
        "since": known.version if known else None,
        "compared": differences.lines(_whole(known), _whole(original)) if behind and known else [],
        "left": queries.rendered(original),
        "right": queries.rendered(article),
        "tab": "articles",
    }
    return render(request, "knowledge/beside.html", context)


@require_GET
@requires(*WRITERS)
def not_found(request: HttpRequest) -> HttpResponse:
    """What people looked for and did not find, what was asked most often first."""
    locale = request.GET.get("locale", "")[:10]
    context = {
        "groups": unanswered.groups(locale=locale),
        "locale": locale,
        "languages": languages(),
        "tab": "articles",
        "shelf": "not-found",
    }
    return render(request, "knowledge/not_found.html", context)


@require_POST
@requires(*WRITERS)
def settled(request: HttpRequest, group_id: int) -> HttpResponse:
    """A question needs no article."""
    unanswered.settle(group_id=group_id, by=me(request).pk)
    messages.success(request, "It is off the list. It comes back if people ask it again.")
    return redirect("articles:not-found")


def _whole(said: Article | ArticleVersion | None) -> str:
    return f"{said.title}\n{said.summary}\n\n{said.body}" if said else ""
