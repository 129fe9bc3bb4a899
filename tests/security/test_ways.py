"""Every other way to a value than a reveal, one test each: it goes through the gate, or there is nothing to be had.

Pages, API, receipts, streams, search, mail, events, logs, error pages and tables are in `test_crawl.py`,
`test_markers.py` and `test_live.py`; what is written in messages in `tests/triage/test_scrubbing.py`; pictures and
files in `tests/desk/test_pictures.py` and `test_files.py`.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.exceptions import FieldError
from django.db.models import Count, Max
from django.template import Context, Template
from tests.opened import token_of
from tests.security.world import World, as_text

import holdfast
from holdfast.assistant.llm.scrub import Scrubber as PromptScrubber
from holdfast.guard.models import DataKey, RevealLog
from holdfast.people.models import Customer, Identity

Look = Callable[[], object]


def _customer() -> Customer:
    return Customer.objects.exclude(iban="").order_by("pk")[0]


def _as_csv() -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerows(Customer.objects.values_list("name", "iban", "address", "birth_date"))
    rows.writerows(Identity.objects.values_list("kind", "value"))
    return out.getvalue()


WAYS: dict[str, Look] = {
    "a fixture of the tables (dumpdata)": lambda: serializers.serialize(
        "json", [*Customer.objects.all(), *Identity.objects.all()]
    ),
    "an export of the columns as CSV": _as_csv,
    "JSON with str as its way out": lambda: json.dumps(list(Customer.objects.values()), default=str),
    "a pickle, as a cache or a job would keep it": lambda: pickle.dumps(list(Customer.objects.all())),
    "a template that names the column": lambda: (
        Template("{{ c.iban }} {{ c.name|upper }} {{ c.iban.token }}")
        .render(Context({"c": _customer()}))
        .replace(token_of(_customer().iban).upper(), "")
    ),
    "an aggregate over a column": lambda: as_text(
        list(Customer.objects.values("city").annotate(n=Count("id"), c=Max("created_at")))
    ),
    "the log of reveals": lambda: as_text(list(RevealLog.objects.values())),
    "the repr of a row": lambda: repr(vars(_customer())),
    "a prompt that quotes the card": lambda: PromptScrubber().scrubbed(
        f"{_customer().name} {_customer().iban} {_customer().address}"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_this_way_gives_no_value(world: World, way: str) -> None:
    said = WAYS[way]()
    found = world.leaks(way, said if isinstance(said, bytes) else str(said))
    assert [leak for leak in found if "ciphertext" not in leak] == []


@pytest.mark.parametrize("lookup", ["iban__icontains", "name__startswith", "iban__gt", "birth_date__year"])
def test_a_sealed_column_is_no_oracle_to_filter_by(world: World, lookup: str) -> None:
    with pytest.raises(FieldError):
        list(Customer.objects.filter(**{lookup: "1"}))


def test_sorting_by_a_sealed_column_tells_nothing(world: World) -> None:
    """What is sorted by is the mask, which is on the page anyway; equal values are stored as unlike as any."""
    for _ in range(12):
        Customer.objects.create(name="Same Same", iban="NL91ABNA0417164300", tier="equal")
    tokens = [token_of(each.iban) for each in Customer.objects.filter(tier="equal").order_by("iban")]
    assert len(set(tokens)) == 12


def test_there_is_no_admin_site() -> None:
    """Django's admin would show masks, and would be one more door: it is not installed."""
    assert not apps.is_installed("django.contrib.admin")
    assert "django.contrib.admin" not in settings.INSTALLED_APPS


def test_keys_are_nowhere_but_in_their_table(world: World) -> None:
    kept = [key.wrapped for key in DataKey.objects.all()]
    assert kept
    elsewhere: list[Any] = [
        as_text(list(model._default_manager.values())) for model in apps.get_models() if model is not DataKey
    ]
    assert not [one for one in kept if any(one in text for text in elsewhere)]


# Who reads a file that a customer sent. The desk behind the gate; `sources` for "Raw source", which is a reveal;
# `thread` its first bytes; `envelopes` what agents send out; `scanning` hands it to the virus scanner. No prompt,
# webhook, export or API. What runs out is only removed.
READERS = {
    "conversations/scanning.py",
    "desk/sources.py",
    "desk/thread.py",
    "desk/views/files.py",
    "desk/views/pictures.py",
    "notify/envelopes.py",
}
WRITERS = {
    "channels/tasks.py",
    "config/asgi.py",
    "desk/uploads.py",
    "desk/watch/planting.py",
    "drills/tidewater/threads.py",
}
REMOVERS = {"retention/steps.py"}


def test_no_other_part_of_the_house_reads_what_customers_sent() -> None:
    house = Path(holdfast.__file__).parent
    made = {str(file.relative_to(house)) for file in house.rglob("*.py") if "BlobStore(" in file.read_text()}
    assert made == READERS | WRITERS | REMOVERS
