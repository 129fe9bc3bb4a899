from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings

from holdfast.intake.contact import Incoming
from holdfast.intake.spool import Spool
from holdfast.intake.store import row_of
from holdfast.kit.clock import now
from holdfast.triage.reconcile import ChannelCount, reconcile


@pytest.mark.django_db
def test_what_lies_in_the_spool_was_received_and_waits(tmp_path: Path, settings: LazySettings) -> None:
    settings.SPOOL_DIR = tmp_path
    spool = Spool(tmp_path)
    spool.append([row_of(Incoming(channel="web", source="shop", sender={"email": "a@example.com"}, text="Hi"), now())])
    assert reconcile() == [ChannelCount("web", received=1, answered=0, waiting=1, parked=0, refused=0, lost=0)]
