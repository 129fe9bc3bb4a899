"""From a stored recipient to words: opened, the right text chosen, its variables filled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.notify.campaigns import texts
from holdfast.notify.campaigns.claiming import Connection, Settled, State, Waiting
from holdfast.notify.campaigns.contract import Letter, Text
from holdfast.notify.campaigns.mails import Form, form
from holdfast.notify.campaigns.models import Channel

NO_TEXT = "There is no text for segment “{segment}” in this language."
MISSING = "No value for {{{name}}}."
SHUT = "The sealed values of this recipient cannot be opened."


@dataclass(frozen=True, slots=True)
class Script:
    """All that a campaign says, and how its mails look. Fixed once it is approved."""

    campaign: UUID
    texts: Mapping[tuple[str, str], Text]
    unsubscribe_url: str
    form: Form
    fallback: str


@lru_cache(maxsize=16)
def _remembered(
    campaign: UUID, version: int, rows: tuple[tuple[str, str, str, str], ...], about: tuple[str, ...]
) -> Script:
    stream, thread, unsubscribe_url = about
    return Script(
        campaign,
        {(locale, segment): Text(subject=subject, body=body) for locale, segment, subject, body in rows},
        unsubscribe_url,
        form(campaign=campaign, stream=stream, thread=thread, unsubscribes=bool(unsubscribe_url)),
        settings.SUPPORT_LANGUAGES[0],
    )


def script(connection: Connection, campaign: UUID) -> Script:
    """Return what a campaign says."""
    row = connection.execute(
        "SELECT version, stream, thread, unsubscribe_url FROM campaigns_campaign WHERE id = %s", [campaign]
    ).fetchone()
    said = connection.execute(
        "SELECT locale, segment, subject, body FROM campaigns_text WHERE campaign_id = %s ORDER BY id", [campaign]
    ).fetchall()
    version, *about = row or (0, "", "", "")
    return _remembered(campaign, version, tuple((r[0], r[1], r[2], r[3]) for r in said), tuple(about))


def letter_for(row: Waiting, script: Script, *, channel: str) -> Letter | Settled:
    """Return the letter for a recipient, or why there is none: it is left out, and the others are not."""
    try:
        held = json.loads(opened_for_machine(row.sealed, use=MachineUse.DELIVER))
        address, values = str(held["to"]), held["values"]
    except (CannotOpen, ValueError, KeyError):
        return Settled(row.id, State.SUPPRESSED, SHUT)
    chosen = texts.chosen(script.texts.keys(), locale=row.locale, segment=row.segment, fallback=script.fallback)
    if chosen is None:
        return Settled(row.id, State.SUPPRESSED, NO_TEXT.format(segment=row.segment or "everybody"))
    text = script.texts[chosen]
    # A webhook's text may be JSON, which is full of braces; it is written for machines and has no variables.
    fill = (lambda words, _: words) if channel == Channel.WEBHOOK else texts.filled
    try:
        subject, body = fill(text.subject, values), fill(text.body, values)
        unsubscribe = texts.filled(script.unsubscribe_url, values) if script.form.unsubscribes else ""
    except KeyError as missing:
        return Settled(row.id, State.SUPPRESSED, MISSING.format(name=missing.args[0]))
    return Letter(
        row.id,
        row.attempts,
        address,
        subject,
        body,
        chosen[0],
        str(values.get("secret", "")),
        texts.one_line(unsubscribe),
    )
