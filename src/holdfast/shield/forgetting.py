"""What the shield noted of a contact goes with its conversation; what its counts have learnt stays, without it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from holdfast.kit.removing import remove_where
from holdfast.shield.models import Appeal, Assessment, Step


def forget_assessments(conversation_ids: Sequence[UUID]) -> None:
    """Delete assessments, steps and appeals of these conversations."""
    for table in (Assessment, Step, Appeal):
        remove_where(table, "conversation_id", conversation_ids)
