"""What stands around the made-up bank's incidents: who asked to be told, and the last report that is still owed."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.incidents import queries
from holdfast.incidents.contract import IncidentView
from holdfast.incidents.legal import acts, clocks
from holdfast.incidents.legal.models import Clock
from holdfast.incidents.legal.regimes import Event
from holdfast.incidents.status import care, subscribing
from holdfast.incidents.status.models import Subscriber
from holdfast.people.models import Agent, Role

_READERS = (("en", ()), ("en", ("Card payments",)), ("id", ()), ("pt-br", ("App and website",)), ("en", ()))
_CARE = {
    "en": "Stuck without medicine, food or a way home? A person answers, day and night.",
    "id": "Kehabisan obat, makanan, atau tidak bisa pulang? Seseorang menjawab, siang dan malam.",
    "pt-br": "Sem remédio, comida ou caminho para casa? Uma pessoa atende, dia e noite.",
}


def write_around_incidents(*, at: datetime) -> int:
    """Write subscribers, the care line and a legal clock that runs; return how many subscribers. Nobody is told."""
    parts = {each.name: str(each.id) for each in queries.components()}
    for number, (locale, about) in enumerate(_READERS, start=1):
        row = subscribing.ask(
            address=f"reader{number}@people.example",
            locale=locale,
            components=[parts[name] for name in about],
            incident_id=None,
            network="203.0.113.1",
        )
        asked = at - timedelta(days=7 * number)
        Subscriber.objects.filter(pk=row).update(asked_at=asked, confirmed_at=asked + timedelta(minutes=3))
    by = Agent.objects.filter(role=Role.LEAD).order_by("pk")[0].pk
    care.keep(words=_CARE, phone="020 915 0100", by=by)
    for incident in queries.past_incidents():
        if incident.severity == 1:  # the one that had to be reported
            _reported(incident, by=by)
    return len(_READERS)


def _reported(incident: IncidentView, *, by: int) -> None:
    """Two reports were given in time; the last one is due a month after the second."""
    if Clock.objects.filter(incident_id=incident.id).exists():
        return  # written before, with customers that are gone since
    clocks.start(incident_id=incident.id, slugs=["eu-dora"], by=by)
    begun = Clock.objects.filter(incident_id=incident.id)
    # The later one first: each begins to run by what is written down before it.
    for duty, after, reference in (("intermediate", 46, "TW-2041/2"), ("initial", 3, "TW-2041/1")):
        clock = begun.get(duty=duty)
        given = incident.started_at + timedelta(hours=after)
        clocks.done(clock_id=clock.pk, incident_id=incident.id, reference=reference, at=given, by=by)
    evidence = "The duty manager's log: the share of declined payments."
    acts.declare(incident_id=incident.id, event=Event.AWARE, at=incident.declared_at, evidence=evidence, by=by)
