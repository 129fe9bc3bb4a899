"""What an update says, by language and kind of reader, and who had a hand in each of its texts."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from holdfast.incidents.contract import LISTS, PUBLIC, SEGMENTS
from holdfast.incidents.errors import Refused
from holdfast.incidents.models import Update, UpdateText

LONGEST = 4_000
"""Characters of one text. A status update is read on a phone in a hurry; the longest seen in six published cases had
fewer than 2,000."""

LINES, LINE = 12, 160
"""Sentences of a list, and characters of one: it is read at a glance."""

Texts = Mapping[str, str]
Segments = Mapping[str, Mapping[str, str]]
Templates = Mapping[tuple[str, str], str]


def say(row: Update, *, texts: Texts, segments: Segments | None, templates: Templates, by: int) -> None:
    """Inside a verb: let a draft say this. An empty text is taken out; without `segments` those stay. Raises `Refused`.

    `segments` hold the public's lists as well, by their kind.

    Whoever changes the words of a text has a hand in it from then on, and so has whoever began it.
    """
    wanted = {(locale, PUBLIC): text for locale, text in texts.items()}
    for segment, said in (segments or {}).items():
        wanted |= {(locale, segment): text for locale, text in said.items()}
    clean = {key: _clean(*key, text) for key, text in wanted.items()}
    kept = row.texts.all() if segments is not None else row.texts.filter(segment=PUBLIC)
    there = {(old.locale, old.segment): old for old in kept}
    for key, old in there.items():
        if not clean.get(key):
            old.delete()
    for (locale, segment), text in clean.items():
        if text:
            template = templates.get((locale, segment))
            _put(there.get((locale, segment)) or _new(row, locale, segment), text=text, template=template, by=by)


def writers_of(update_id: UUID) -> dict[tuple[str, str], list[int]]:
    """Return who had a hand in each text of an update, by language and kind of reader, whoever began it first."""
    rows = UpdateText.objects.filter(update_id=update_id)
    return {(row.locale, row.segment): list(row.writers) for row in rows}


def _new(row: Update, locale: str, segment: str) -> UpdateText:
    return UpdateText(update=row, locale=locale, segment=segment)


def _put(row: UpdateText, *, text: str, template: str | None, by: int) -> None:
    if row.text != text:
        row.text, row.writers = text, list(dict.fromkeys([*row.writers, by]))
    if template is not None:
        row.template = template
    row.save()


def _clean(locale: str, segment: str, text: str) -> str:
    if segment not in SEGMENTS and segment not in LISTS:
        raise Refused(f"There is no kind of reader called {segment}.")
    if not locale or len(locale) > 10:
        raise Refused("Name the language of each text, such as en or pt-br.")
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused(f"A text has at most {LONGEST} characters; the one in {locale} has {len(text)}.")
    return _list(text, what=LISTS[segment]) if segment in LISTS else text


def _list(text: str, *, what: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) > LINES or any(len(line) > LINE for line in lines):
        raise Refused(f"Say {what} in at most {LINES} lines of {LINE} characters: it is read at a glance.")
    if any(sign in text for sign in "{}"):
        raise Refused(f"Say {what} without variables: everybody reads the same list.")
    return "\n".join(lines)
