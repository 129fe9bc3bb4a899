"""What an open incident means for a batch: its contacts are linked, and thanks does not open what was closed with it.

Whatever goes wrong here, the matter stands in line as on any day.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import transaction

from holdfast.incidents.links import link_new
from holdfast.incidents.matching import standing
from holdfast.incidents.thanks import stay_closed
from holdfast.triage.answering import Matter

log = structlog.get_logger(__name__)


def link(found: Sequence[Matter]) -> None:
    """Link matters whose words are about an open incident. Costs one query a second while there is none."""
    if not standing():
        return
    try:
        with transaction.atomic():  # a fault in one of its queries must not spoil the batch's transaction
            link_new([(matter.conversation_id, matter.text) for matter in found if matter.spoken])
    except Exception as error:
        log.exception("linking_failed", conversations=len(found), error=type(error).__name__)


def thanked(found: Sequence[Matter]) -> set[UUID]:
    """Return the conversations that were closed together and got nothing but thanks: nobody needs to look."""
    opened = [matter for matter in found if matter.last.reopened and matter.spoken]
    if not opened:
        return set()
    said = [(matter.conversation_id, "\n".join(item.text for item in matter.spoken)) for matter in opened]
    try:
        with transaction.atomic():
            return stay_closed(said)
    except Exception as error:
        log.exception("thanks_not_looked_for", conversations=len(opened), error=type(error).__name__)
        return set()
