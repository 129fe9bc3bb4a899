"""The report of what became of every contact."""

from __future__ import annotations

import json

from holdfast.intake.models import Receipt
from holdfast.triage.reconcile import reconcile, report


def test_nothing_is_lost_and_it_says_so(accept, triage, capsys):
    accept()
    triage()
    assert report(as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"channel": "email", "received": 1, "answered": 0, "waiting": 1, "parked": 0, "refused": 0, "lost": 0}
    ]
    assert report(as_json=False) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == [
        "channel", "received", "answered", "waiting", "parked", "refused", "lost",
    ]  # fmt: skip


def test_a_contact_without_a_receipt_is_lost(accept, capsys):
    Receipt.objects.filter(pk=accept()).delete()
    assert report(as_json=True) == 1
    assert [count.lost for count in reconcile()] == [1]


def test_a_receipt_without_a_contact_is_lost_unless_it_was_refused(accept):
    Receipt.objects.filter(pk=accept()).delete()
    from holdfast.kit.clock import now
    from holdfast.kit.ids import uuid7

    for state in ("waiting", "refused"):
        Receipt.objects.create(contact_id=uuid7(), channel="api", state=state, accepted_at=now())
    counts = {count.channel: count for count in reconcile()}
    assert (counts["api"].received, counts["api"].refused, counts["api"].lost) == (2, 1, 1)
