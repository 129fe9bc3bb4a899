"""Who may approve texts: named by an admin, in a role, anywhere or in one jurisdiction."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from holdfast.incidents.words.contract import Role
from holdfast.incidents.words.errors import NotFound, Refused
from holdfast.incidents.words.models import Signatory
from holdfast.kit.clock import now


@transaction.atomic
def name(*, agent_id: int, role: str, jurisdiction: str, by: int) -> int:
    """Let somebody approve in a role and return the id of that. Raises `Refused`."""
    place = jurisdiction.strip().upper()
    if role not in Role.values:
        raise Refused("Choose a role from the list.")
    if len(place) > 10 or (place and not place.replace("-", "").isalnum()):
        raise Refused("Write the jurisdiction as DE, BR or US-CA, or leave it empty for anywhere.")
    try:
        with transaction.atomic():
            row = Signatory.objects.create(
                agent_id=agent_id, role=role, jurisdiction=place, since=now(), named_by_id=by
            )
    except IntegrityError as error:
        raise Refused("They approve in that role already.") from error
    return row.pk


@transaction.atomic
def relieve(*, signatory_id: int) -> None:
    """Let somebody approve no more in a role; what they approved stands. Raises `NotFound`."""
    changed = Signatory.objects.filter(pk=signatory_id, until=None).update(until=now())
    if not changed:
        raise NotFound(signatory_id)
