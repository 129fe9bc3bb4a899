"""A run that is killed in the middle of a batch goes on where it was: nothing twice, nothing half, every count true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection
from tests.retention.conftest import closed, known

from holdfast.conversations.models import Conversation, Message
from holdfast.guard.ledger.models import Act
from holdfast.intake.models import Contact, Receipt
from holdfast.retention import working
from holdfast.retention.models import Plan, Release

CASES = 40
WORK = "import django; django.setup(); from holdfast.retention import working; working.work(seconds=300, limit=1)"


@pytest.mark.django_db(transaction=True)
def test_a_killed_run_goes_on_where_it_was(turned_on: Callable[..., Plan]) -> None:
    turned_on()
    old, young = [known(900) for _ in range(4)], known(900)
    for n in range(CASES):
        closed(old[n % 4], days=800 + n)
    closed(young, days=100)
    for _ in range(2):
        _kill_in_the_middle()
        _adds_up()
    assert working.work(seconds=60).went["customers"] == 4
    _adds_up()
    run = Release.objects.get()
    assert (run.end, run.counts["cases"], run.failed) == ("done", CASES, 0)
    assert Conversation.objects.count() == 1
    assert Act.objects.filter(kind="retention_run").count() == 1
    assert not working.work(seconds=60).went, "a second run removes nothing"


def _kill_in_the_middle() -> None:
    before = _done()
    given = connection.settings_dict
    address = f"postgresql://{quote(given['USER'])}@/{quote(given['NAME'])}?{urlencode({'host': given['HOST']})}"
    environment = os.environ | {"DATABASE_URL": address, "HOLDFAST_DATA": str(settings.DATA_DIR)}
    process = subprocess.Popen([sys.executable, "-c", WORK], env=environment)
    until = time.monotonic() + 60
    while _done() < before + 5:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
    process.send_signal(signal.SIGKILL)
    process.wait()


def _done() -> int:
    run = Release.objects.first()
    return int(run.counts.get("cases", 0)) if run is not None else 0


def _adds_up() -> None:
    with connection.cursor() as cursor:  # what the killed one had begun is taken back before it is counted
        cursor.execute("SELECT FROM retention_release FOR UPDATE")
    gone = _done()
    assert Conversation.objects.count() == CASES + 1 - gone
    for table, each in ((Message, 2), (Contact, 1), (Receipt, 1)):
        assert table.objects.count() == each * (CASES + 1 - gone), table
