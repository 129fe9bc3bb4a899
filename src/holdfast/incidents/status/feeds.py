"""The feeds: an entry per incident with all its words, the newest first. RSS 2.0 and Atom (RFC 4287).

An entry's id is the incident's address, its title "State - name", its time that of the last update, so that a reader
shows an incident once and marks it anew when something was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape

from holdfast.incidents.contract import IncidentView
from holdfast.incidents.status.documents import address
from holdfast.incidents.status.picture import LISTED, Picture, zone
from holdfast.incidents.status.words import words_of

ATOM, RSS = "/status/history.atom", "/status/history.rss"
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class _Atom(Atom1Feed):
    def latest_post_date(self) -> datetime:
        """Not Django's "now" for a feed without entries: a feed that nothing happened to stays as it is."""
        return super().latest_post_date() if self.items else _LONG_AGO


class _Rss(Rss201rev2Feed):
    def latest_post_date(self) -> datetime:
        """As for Atom."""
        return super().latest_post_date() if self.items else _LONG_AGO


_KINDS: Mapping[str, type[_Atom] | type[_Rss]] = {ATOM: _Atom, RSS: _Rss}


def feeds(picture: Picture) -> Mapping[str, bytes]:
    """Return both feeds by their path."""
    return {path: _feed(path, picture) for path in _KINDS}


def title_of(incident: IncidentView) -> str:
    """Return "State - name"."""
    states = words_of(settings.LANGUAGE_CODE)["states"]
    return f"{states[incident.updates[0].status if incident.updates else incident.status]} - {incident.title}"


def _feed(path: str, picture: Picture) -> bytes:
    home = f"{settings.PUBLIC_URL}/status/"
    made = _KINDS[path](
        title=words_of(settings.LANGUAGE_CODE)["feed"].format(company=settings.COMPANY),
        link=home,
        description="",
        language=settings.LANGUAGE_CODE,
        feed_url=settings.PUBLIC_URL + path,
        feed_guid=home,
        ttl=1,
    )
    told = sorted((*picture.incidents, *picture.maintenances), key=lambda each: each.updated_at, reverse=True)
    for incident in told[:LISTED]:
        made.add_item(
            title=title_of(incident),
            link=address(incident),
            description=_body(incident),
            unique_id=address(incident),
            unique_id_is_permalink=True,
            updateddate=incident.updated_at,
            pubdate=incident.created_at,
        )
    written = BytesIO()
    made.write(written, "utf-8")
    return written.getvalue()


def _body(incident: IncidentView) -> str:
    states, parts = words_of(settings.LANGUAGE_CODE)["states"], []
    for update in incident.updates:
        said = (update.published_at or update.created_at).astimezone(zone())
        text = escape(update.text_in(settings.LANGUAGE_CODE, default=settings.LANGUAGE_CODE)).replace("\n", "<br>")
        parts.append(f"<p><small>{said:%Y-%m-%d %H:%M} {said.tzname()}</small><br>")
        parts.append(f"<strong>{escape(states[update.status])}</strong> - {text}</p>")
    return "".join(parts)
