"""One text message to one sealed number, now: a code that somebody asked for. Whatever goes to many is a campaign."""

from __future__ import annotations

from uuid import UUID

import structlog
from django.views.decorators.debug import sensitive_variables

from holdfast.guard.fields import Sealed
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.notify.campaigns.carriers.contract import Away
from holdfast.notify.campaigns.carriers.http import HttpCarrier, text_message
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.outcomes import Kind

_log = structlog.get_logger(__name__)


@sensitive_variables()
def send(*, id: UUID, to: Sealed, text: str, locale: str) -> bool:  # noqa: A002
    """Send it and return whether the gateway took it; why not is logged without the number. `id` names it."""
    carrier = HttpCarrier(text_message)
    try:
        number = opened_for_machine(to, use=MachineUse.DELIVER)
        letter = Letter(id=id, attempts=0, address=number, subject="", body=text, locale=locale)
        outcome = next((each for _, each in carrier.hand_over([letter], lambda: True)), None)
    except (CannotOpen, Away) as error:
        _log.warning("text_message_not_sent", message=str(id), error=type(error).__name__)
        return False
    finally:
        carrier.close()
    if outcome is None or outcome.kind != Kind.SENT:
        _log.warning("text_message_not_sent", message=str(id), error=outcome.sentence if outcome else "")
        return False
    return True
