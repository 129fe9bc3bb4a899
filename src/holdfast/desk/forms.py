"""What people type on the pages that keep queues, canned replies and operators of assistants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info

from holdfast.desk import queue_keeping
from holdfast.desk.canned_keeping import CannedContent
from holdfast.desk.models import CannedReply, Queue
from holdfast.desk.queue_keeping import ICONS, MOST_KEYWORDS, TAKES, QueueContent, keywords_in
from holdfast.intake import jwk
from holdfast.people.queries import teams

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


def languages() -> list[tuple[str, str]]:
    """Return the languages we support, by code and in their own words."""
    return [(code, get_language_info(code)["name_local"]) for code in settings.SUPPORT_LANGUAGES]


class QueueForm(forms.Form):
    """A queue. The short name is asked for once: other places refer to it."""

    name = forms.CharField(max_length=60)
    slug = forms.SlugField(max_length=50, widget=forms.TextInput(attrs=_PLAIN))
    icon = forms.ChoiceField(choices=[(name, name.replace("-", " ")) for name in ICONS], widget=forms.RadioSelect)
    position = forms.IntegerField(min_value=0, max_value=999)
    takes = forms.ChoiceField(choices=list(TAKES.items()), widget=forms.RadioSelect)
    teams = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, queue: Queue | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(queue))
        super().__init__(*args, **kwargs)
        if queue is not None:
            self.fields["slug"].disabled = True
            if queue.icon not in ICONS:  # one that was set by a script stays choosable
                self.fields["icon"].choices = [(queue.icon, queue.icon), *self.fields["icon"].choices]  # type: ignore[attr-defined]
        self.fields["teams"].choices = [  # type: ignore[attr-defined]
            (str(team.id), f"{team.name}, {team.vendor}") for team in teams()
        ]
        for code, language in languages():
            self.fields[f"keywords_{code}"] = forms.CharField(
                label=language,
                required=False,
                max_length=20_000,
                widget=forms.Textarea(attrs={"rows": 3, "lang": code, **_PLAIN}),
            )

    def keyword_fields(self) -> Iterator[forms.BoundField]:
        """The keyword inputs, one per language."""
        return (self[name] for name in self.fields if name.startswith("keywords_"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code, _ in languages():
            words = keywords_in(data.get(f"keywords_{code}", ""))
            if len(words) > MOST_KEYWORDS:
                self.add_error(f"keywords_{code}", f"At most {MOST_KEYWORDS} keywords of one language.")
        return data

    def content(self) -> QueueContent:
        """What was typed, for the verbs. Only after `is_valid()`."""
        data = self.cleaned_data
        return QueueContent(
            name=data["name"],
            icon=data["icon"],
            position=data["position"],
            takes=data["takes"],
            keywords={code: keywords_in(data[f"keywords_{code}"]) for code, _ in languages()},
            team_ids=[int(team_id) for team_id in data["teams"]],
        )


def _initial(queue: Queue | None) -> dict[str, Any]:
    if queue is None:
        return {"icon": ICONS[0], "takes": "keywords", "position": 100}
    typed = {f"keywords_{code}": ", ".join(queue.keywords.get(code, [])) for code, _ in languages()}
    return {
        "name": queue.name,
        "slug": queue.slug,
        "icon": queue.icon,
        "position": queue.position,
        "takes": queue_keeping.takes(queue),
        "teams": [str(team.pk) for team in queue.teams.all()],
        **typed,
    }


class OperatorForm(forms.Form):
    """An operator of assistants. What is typed is looked at by the verb, which says what is wrong with it."""

    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs=_PLAIN))
    url = forms.CharField(max_length=500, widget=forms.TextInput(attrs={"inputmode": "url", **_PLAIN}))
    keys = forms.CharField(
        required=False, max_length=jwk.LONGEST, widget=forms.Textarea(attrs={"rows": 4, "class": "code", **_PLAIN})
    )


class CannedForm(forms.Form):
    """A canned reply. `seen` is when it was changed last, as the writer saw it."""

    title = forms.CharField(max_length=80)
    shortcut = forms.SlugField(max_length=50, widget=forms.TextInput(attrs=_PLAIN))
    locale = forms.ChoiceField()
    queue = forms.ChoiceField(required=False)
    body = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 12}))
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reply: CannedReply | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial_reply(reply))
        super().__init__(*args, **kwargs)
        known = languages()
        if reply is not None and reply.locale not in dict(known):
            known.insert(0, (reply.locale, reply.locale))
        self.fields["locale"].choices = known  # type: ignore[attr-defined]
        queues = [(str(queue.pk), queue.name) for queue in Queue.objects.order_by("position", "name")]
        self.fields["queue"].choices = [("", "All queues"), *queues]  # type: ignore[attr-defined]

    def content(self) -> CannedContent:
        """What was typed, for the verbs. Only after `is_valid()`."""
        data = self.cleaned_data
        return CannedContent(
            shortcut=data["shortcut"],
            title=data["title"],
            body=data["body"].replace("\r\n", "\n"),
            locale=data["locale"],
            queue_id=int(data["queue"]) if data["queue"] else None,
        )


def _initial_reply(reply: CannedReply | None) -> dict[str, Any]:
    if reply is None:
        return {}
    return {
        "title": reply.title,
        "shortcut": reply.shortcut,
        "locale": reply.locale,
        "queue": str(reply.queue_id or ""),
        "body": reply.body,
        "seen": reply.updated_at.isoformat(),
    }
