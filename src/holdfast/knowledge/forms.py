"""What people type when they write an article."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info

from holdfast.knowledge.editing import Content
from holdfast.knowledge.models import Article

MOST_ASKS = 100


def languages() -> list[tuple[str, str]]:
    """Return the languages we write in, by code and in their own words."""
    return [(code, get_language_info(code)["name_local"]) for code in settings.SUPPORT_LANGUAGES]


class ArticleForm(forms.Form):
    """An article in one language. Short name and language are asked for once: addresses and citations name them.

    `because` is the row of the list "not found" that a new article answers.
    """

    title = forms.CharField(max_length=160)
    slug = forms.SlugField(max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    locale = forms.ChoiceField()
    topic = forms.SlugField(
        max_length=60, required=False, widget=forms.TextInput(attrs={"list": "topics", "autocomplete": "off"})
    )
    summary = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    body = forms.CharField(max_length=100_000, widget=forms.Textarea(attrs={"rows": 18}))
    asks = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 5}))
    reviewed_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    review_by = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    because = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, article: Article | None = None, **kwargs: Any) -> None:
        if article is not None:
            kwargs.setdefault("initial", _initial(article))
        super().__init__(*args, **kwargs)
        known = languages()
        if article is not None:
            self.fields["slug"].disabled = self.fields["locale"].disabled = True
            if article.locale not in dict(known):
                known.insert(0, (article.locale, article.locale))
        self.fields["locale"].choices = known  # type: ignore[attr-defined]

    def clean_asks(self) -> tuple[str, ...]:
        lines = (" ".join(line.split()) for line in self.cleaned_data["asks"].splitlines())
        asks = tuple(dict.fromkeys(line for line in lines if line))
        if len(asks) > MOST_ASKS:
            raise forms.ValidationError(f"At most {MOST_ASKS} ways of asking.")
        return asks

    def content(self) -> Content:
        """What was typed, for the verbs. Only after `is_valid()`."""
        data = self.cleaned_data
        return Content(
            title=data["title"],
            summary=data["summary"].replace("\r\n", "\n"),
            body=data["body"].replace("\r\n", "\n"),
            asks=data["asks"],
            topic=data["topic"],
            reviewed_on=data["reviewed_on"],
            review_by=data["review_by"],
        )


def _initial(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "slug": article.slug,
        "locale": article.locale,
        "topic": article.topic,
        "summary": article.summary,
        "body": article.body,
        "asks": "\n".join(article.asks),
        "reviewed_on": article.reviewed_on,
        "review_by": article.review_by,
        "version": article.version,
    }
