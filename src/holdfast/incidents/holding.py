"""When the time comes and nobody has written: the approved holding text goes out, and names the next time.

Called by the watch over promises for each promise of an update that is due. The first word is never a machine's, and
neither is the fourth in a row: by then somebody has to look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from holdfast.incidents import updates, wording
from holdfast.incidents.changes import held
from holdfast.incidents.errors import IncidentError
from holdfast.incidents.models import Incident, Update, UpdateText
from holdfast.incidents.shown import incident_views
from holdfast.kit.clock import now
from holdfast.promises.contract import PromiseView

CADENCE = {1: timedelta(minutes=30), 2: timedelta(minutes=60), 3: timedelta(minutes=120), 4: timedelta(minutes=240)}
"""How long after a holding text the next word is promised, by severity. OpenStatus' guide (2026-08-15) asks for half an
hour at the worst and an hour at the next; the others are ours."""
IN_A_ROW = 3
_log = structlog.get_logger(__name__)


def publish_holding(promise: PromiseView) -> bool:
    """Send the holding text in place of the word that `promise` names; tell whether it went out.

    It does not when somebody was faster, when no approved text is there, or when a check speaks against it.
    """
    if not promise.subject.startswith("incident:"):
        return False
    try:
        return _publish(UUID(promise.subject.removeprefix("incident:")), due=promise.due)
    except IncidentError as error:
        _log.warning("holding text stays", promise=str(promise.id), error=str(error))
        return False


@transaction.atomic
def _publish(incident_id: UUID, *, due: datetime) -> bool:
    incident = held(incident_id)  # whoever comes second sees here what the first one published
    said = list(Update.objects.filter(incident=incident, state=Update.State.PUBLISHED).order_by("-number")[:IN_A_ROW])
    if not said or incident.resolved_at is not None or said[0].next_update_due != due:
        return False
    if len(said) == IN_A_ROW and all(each.holding for each in said):
        return False
    moment = now()
    # From the promise on, so that words sent a few seconds ahead of it do not creep towards each other.
    following = max(due, moment) + CADENCE[incident.severity]
    shown = incident_views([incident])[0]
    since = next((each for each in shown.updates if not each.holding), shown.updates[0])
    texts = wording.holding_texts(wording.HoldingAsked(incident=shown, since=since, next_update_due=following))
    if not texts:
        return False
    row = _row(incident, due=following, texts=texts)
    updates.release(incident, row, by=None)
    _log.info("holding text published", incident=incident.number, update=row.number)
    return True


def _row(incident: Incident, *, due: datetime, texts: wording.Texts) -> Update:
    moment = now()
    row = Update.objects.create(
        incident=incident,
        state=Update.State.PUBLISHED,  # somebody may have a draft open, and keeps it
        status=incident.status,
        holding=True,
        next_update_due=due,
        created_at=moment,
        updated_at=moment,
    )
    UpdateText.objects.bulk_create(
        UpdateText(update=row, locale=locale, text=said.text, template=said.template) for locale, said in texts.items()
    )
    return row
