"""What the command palette offers for some typed letters: places to go, things to do, answers to insert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote_plus

from django.conf import settings
from django.urls import reverse

from holdfast.desk.models import SavedView
from holdfast.desk.reach import Reach
from holdfast.desk.screens import CannedView, PaletteEntry, PaletteGroup
from holdfast.kit.numbers import whole
from holdfast.knowledge.passages import PassageFound

MOST = 8
_ACTIONS = (
    PaletteEntry("reply", "Reply", "write to the customer", action="reply", key="R"),
    PaletteEntry("sticky-note", "Note", "only agents see it", action="note", key="Shift R"),
    PaletteEntry("user-check", "Take this conversation", "assign to me", action="take", key="A"),
    PaletteEntry("corner-down-left", "Put back in line", "it keeps the time it has waited", action="put-back"),
    PaletteEntry("users", "Hand over", "to a queue or a person", action="transfer", key="T"),
    PaletteEntry("alarm-clock", "Snooze", "come back to it later", action="snooze", key="S"),
    PaletteEntry("bell", "Wake", "it is snoozed no more", action="wake"),
    PaletteEntry("check", "Close", "nothing more to do", action="close", key="E"),
    PaletteEntry("rotate-ccw", "Reopen", "more to do", action="reopen"),
    PaletteEntry("merge", "Merge", "into another conversation of theirs", action="merge"),
    PaletteEntry("tag", "Tag", "add a tag", action="tag"),
    PaletteEntry("copy", "Copy link", "for a colleague", action="copy-link"),
    PaletteEntry("panel-right", "Customer", "show or hide the rail", action="info", key="I"),
    PaletteEntry("arrow-right", "Next in line", "take the one who waits longest", action="next", key="N"),
    PaletteEntry("search", "Find", "words in conversations", action="find"),
    PaletteEntry("megaphone", "Declare an incident", "leads and admins", action="declare", key="Shift I"),
    PaletteEntry("keyboard", "All keys", "show the shortcuts", action="shortcuts", key="?"),
)
_ANYWHERE = frozenset({"next", "find", "declare", "shortcuts"})


def groups(
    *,
    text: str,
    reach: Reach,
    views: Iterable[SavedView],
    canned: Sequence[CannedView],
    articles: Sequence[PassageFound],
    conversation_open: bool,
) -> tuple[PaletteGroup, ...]:
    """Everything that matches every word of `text`, at most eight of a kind. A number goes to that conversation."""
    asked = text.lower().split()
    places = [entry for entry in _places(text, reach, views) if entry.text or _matches(entry, asked)]
    actions = [
        entry for entry in _ACTIONS if _matches(entry, asked) and (conversation_open or entry.action in _ANYWHERE)
    ]
    answers = [
        PaletteEntry("book-open", reply.title, f"/{reply.shortcut}", action="insert", text=reply.body)
        for reply in (canned if conversation_open else ())
    ]
    articles_found = [_article(passage, insert=conversation_open) for passage in articles]
    found = (("Go to", places), ("Do", actions), ("Answers", answers), ("Articles", articles_found))
    most = MOST if asked else len(_ACTIONS)
    return tuple(PaletteGroup(title, tuple(entries[:most])) for title, entries in found if entries)


def _places(text: str, reach: Reach, views: Iterable[SavedView]) -> Iterable[PaletteEntry]:
    home = reverse("desk:home")
    number = text.strip().lstrip("#")
    wanted = whole(number, digits=18)
    if wanted is not None:
        url = reverse("desk:conversation", args=[wanted])
        yield PaletteEntry("hash", f"Conversation {wanted}", "by number", url=url, text=number)
    if text.strip():
        url = f"{reverse('desk:search')}?q={quote_plus(text.strip())}"
        yield PaletteEntry("search", f"Search for “{text.strip()}”", "in all messages", url=url, text=text)
    yield PaletteEntry("user", "With me", "your open conversations", url=f"{home}?view=mine")
    yield PaletteEntry("alarm-clock", "Snoozed", "put off until later", url=f"{home}?view=snoozed")
    yield PaletteEntry("inbox", "All open", "in your queues", url=f"{home}?view=all")
    yield PaletteEntry("archive", "Closed", "in your queues", url=f"{home}?view=closed")
    for queue in reach.queues:
        yield PaletteEntry(queue.icon, queue.name, "queue", url=f"{home}?queue={queue.slug}")
    for view in views:
        yield PaletteEntry("bookmark", view.name, "view", url=f"{home}?view={view.id}")
    yield PaletteEntry("radio", "Bridge", "what happens, and what we do", url=reverse("bridge:home"))
    yield PaletteEntry("scroll-text", "Reveals", "who looked at what, and why", url=reverse("desk:reveals"))
    yield PaletteEntry("book-open", "Help centre", "what customers read", url="/help/")
    if reach.everything:
        yield PaletteEntry("settings", "Settings", "replies, articles, queues, team", url=reverse("settings:home"))


def _article(passage: PassageFound, *, insert: bool) -> PaletteEntry:
    """With a conversation open its words go into the reply, with where they stand; else the article opens."""
    url = reverse("help:article", args=[passage.locale, passage.slug])
    if not insert:
        return PaletteEntry("book-open", passage.title, passage.locale, url=url)
    quoted = f"{passage.text}\n\n{settings.PUBLIC_URL}{url}"
    return PaletteEntry("book-open", passage.title, "words and link", action="insert", text=quoted)


def _matches(entry: PaletteEntry, asked: Sequence[str]) -> bool:
    searched = f"{entry.label} {entry.hint}".lower()
    return all(word in searched for word in asked)
