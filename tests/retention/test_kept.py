"""Every table has a line: nobody adds one without saying how long it lasts."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from django.apps import apps

from holdfast.conversations.models import Conversation, Message
from holdfast.kit.removing import hanging_on
from holdfast.people.models import Customer
from holdfast.retention import kept, plan


def test_every_table_runs_out_by_a_term_by_itself_or_is_kept_for_a_reason() -> None:
    lines = Counter(chain.from_iterable(chain(kept.BY_TERM.values(), kept.FIXED.values(), kept.KEPT.values())))
    tables = {model._meta.label for model in apps.get_models()}
    missing, unknown = tables - set(lines), set(lines) - tables
    assert not missing, f"Say in retention/kept.py how long these last, or why they are kept: {sorted(missing)}"
    assert not unknown, f"No such tables any more: {sorted(unknown)}"
    assert not [table for table, count in lines.items() if count > 1]
    assert set(kept.BY_TERM) == set(plan.BY_KEY)


def test_whatever_hangs_on_a_case_or_a_customer_goes_with_it() -> None:
    """A table with a key to a conversation, message or customer cannot stand among what is kept."""
    going = set(chain.from_iterable(kept.BY_TERM.values()))
    for owner in (Conversation, Message, Customer):
        hanging = {relation.related_model._meta.label for relation in hanging_on(owner)}
        assert hanging <= going, f"{sorted(hanging - going)} would keep {owner._meta.label} from going"


def test_a_sealed_column_goes_by_a_term() -> None:
    from holdfast.guard.rotating import sealed_columns

    going = set(chain.from_iterable(kept.BY_TERM.values()))
    assert {field.model._meta.label for field in sealed_columns()} <= going
