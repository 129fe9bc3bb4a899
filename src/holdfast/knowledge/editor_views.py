"""Where leads and admins write help articles: a list, an editor with a preview, and the switch to publish.

What keeps articles good afterwards (history, review, languages, what was not found) is in `care_views.py`.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from holdfast.kit.numbers import whole
from holdfast.knowledge import editing, feedback, queries, remarks, translations, unanswered, versions
from holdfast.knowledge.editing import EditRefused
from holdfast.knowledge.forms import ArticleForm, languages
from holdfast.knowledge.models import Article
from holdfast.people.models import Role
from holdfast.people.permissions import me, requires

WRITERS = (Role.LEAD, Role.ADMIN)
_STATES = {"published": False, "draft": True}


@require_GET
@requires(*WRITERS)
def home(request: HttpRequest) -> HttpResponse:
    """Every article, or those with some words, of a language, of a state."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:80]
    locale, state = request.GET.get("locale", "")[:10], request.GET.get("state", "")
    found = editing.listed(text=text, locale=locale, unpublished=_STATES.get(state))
    context = {
        "articles": found,
        "text": text,
        "locale": locale,
        "state": state,
        "languages": languages(),
        "tab": "articles",
        "shelf": "all",
        "today": timezone.localdate(),
    }
    return render(request, "knowledge/articles.html", context)


@require_http_methods(["GET", "POST"])
@requires(*WRITERS)
def new(request: HttpRequest) -> HttpResponse:
    """An article to be; with `?slug=&locale=&topic=` a translation of one there is, with `?because=` an answer."""
    asked: dict[str, object] = {
        name: request.GET[name][:80] for name in ("slug", "locale", "topic") if name in request.GET
    }
    asked |= _begun(request.GET.get("because", ""))
    form = ArticleForm(request.POST or None, initial=asked)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            kept = editing.write(slug=data["slug"], locale=data["locale"], content=form.content(), by=me(request).pk)
        except EditRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            if data["because"]:
                unanswered.settle(group_id=data["because"], by=me(request).pk, article_id=kept.pk)
            messages.success(request, "It is kept as a draft. Customers see it once you publish it.")
            return redirect("articles:article", pk=kept.pk)
    return _page(request, form, None)


@require_http_methods(["GET", "POST"])
@requires(*WRITERS)
def article(request: HttpRequest, pk: int) -> HttpResponse:
    """One article, to be changed."""
    kept = get_object_or_404(Article, pk=pk)
    form = ArticleForm(request.POST or None, article=kept)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["version"] or 0
        try:
            saved = editing.change(article_id=pk, seen_version=seen, content=form.content(), by=me(request).pk)
        except EditRefused as refused:
            form.add_error(refused.field, refused.sentence)
        else:
            messages.success(request, _saved(saved))
            return redirect("articles:article", pk=pk)
    return _page(request, form, kept)


@require_POST
@requires(*WRITERS)
def publication(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish an article, or take it away again (`undo=1`)."""
    get_object_or_404(Article, pk=pk)
    if request.POST.get("undo"):
        editing.unpublish(article_id=pk, by=me(request).pk)
        messages.success(request, "It is a draft again. The help centre may show it for one more minute.")
    else:
        editing.publish(article_id=pk, by=me(request).pk)
        messages.success(request, "It is published. The assistant answers from it within a minute.")
    return redirect("articles:article", pk=pk)


@require_POST
@requires(*WRITERS)
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody read it: it is true as it stands."""
    get_object_or_404(Article, pk=pk)
    editing.confirm(article_id=pk, today=timezone.localdate(), by=me(request).pk)
    messages.success(request, "Noted that it is true today. It comes up again in a year, unless you set a date.")
    return redirect("articles:due") if request.POST.get("next") == "due" else redirect("articles:article", pk=pk)


@require_POST
@requires(*WRITERS)
def preview(request: HttpRequest) -> HttpResponse:
    """How the words would look in the help centre."""
    typed = {name: request.POST.get(name, "").replace("\0", "")[:100_000] for name in ("title", "summary", "body")}
    locale = (request.POST.get("locale") or request.GET.get("locale") or "en")[:16]
    return render(request, "knowledge/_preview.html", _shown(Article(locale=locale, **typed)))


def _begun(because: str) -> dict[str, object]:
    """What an article starts with that answers what was not found."""
    number = whole(because, digits=17)
    found = unanswered.group(number) if number is not None else None
    if found is None:
        return {}
    first = found.asks[0]
    return {
        "because": found.id,
        "locale": found.locale,
        "title": (first[:1].upper() + first[1:])[:160],
        "slug": slugify(first)[:60].strip("-"),
        "asks": "\n".join(found.asks),
    }


def _saved(saved: Article) -> str:
    if not saved.published:
        return f"Version {saved.version} is kept, as a draft."
    return f"Version {saved.version} is published. Customers and the assistant have it within a minute."


def _page(request: HttpRequest, form: ArticleForm, kept: Article | None) -> HttpResponse:
    typed = {name: str(form[name].value() or "") for name in ("title", "summary", "body")}
    context = {
        "form": form,
        "article": kept,
        "topics": editing.topics_in_use(),
        "tab": "articles",
        **(_about(kept) if kept else {}),
        **_shown(Article(locale=str(form["locale"].value() or "en") if kept is None else kept.locale, **typed)),
    }
    return render(request, "knowledge/editor.html", context, status=422 if form.errors else 200)


def _about(kept: Article) -> dict[str, object]:
    """What stands beside an article that exists: its languages, versions and readers."""
    original = translations.original_of(kept.slug) or kept
    return {
        "others": _others(kept),
        "original": original if original.pk != kept.pk else None,
        "behind": translations.behind(kept, original),
        "versions": versions.of(kept.pk),
        "said": feedback.of(kept.pk, limit=5),
    }


def _others(kept: Article) -> list[tuple[str, str, int | None]]:
    """The other languages, by code and name, with the translation's id where there is one."""
    written = editing.in_other_languages(kept.slug, but=kept.locale)
    return [(code, name, written.get(code)) for code, name in languages() if code != kept.locale]


def _shown(typed: Article) -> dict[str, object]:
    return {
        "shown": typed,
        "rendered": queries.rendered(typed),
        "remarks": remarks.of(typed.body, locale=typed.locale),
    }
