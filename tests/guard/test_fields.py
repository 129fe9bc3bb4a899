"""Whatever handles a sealed value without the gate gets its mask."""

from __future__ import annotations

import copy
import csv
import io
import json
import logging
import pickle
from collections.abc import Callable

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Count, F, Max, Value
from django.db.models.functions import Coalesce, Concat, Lower, Substr
from django.forms import modelform_factory
from django.template import Context, Template
from tests.opened import opened

from holdfast.guard.fields import Sealed, seal
from holdfast.guard.opening import CannotOpen, MachineUse, opened_for_machine
from holdfast.guard.opening import opened as opened_at_hand
from holdfast.people.models import Customer, Identity

FAMILY = "Zuurmarker"
IBAN = "NL91ABNA0417164300"


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(name=f"Ayu {FAMILY}", iban=IBAN, city="Bandung")


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        "{}".format,
        "{!r:>40}".format,
        lambda v: f"{v:30}",
        lambda v: "%s" % v,  # noqa: UP031
        lambda v: Template("{{ v }}|{{ v.mask }}|{{ v.token }}|{{ v.subject }}").render(Context({"v": v})),
        lambda v: json.dumps({"v": v}, default=str),
        lambda v: pickle.dumps(v).decode("latin-1"),
        lambda v: repr(pickle.loads(pickle.dumps(v))),
        lambda v: repr(copy.deepcopy({"v": v})),
        lambda v: logging.LogRecord("x", 20, "f", 1, "seen %s", (v,), None).getMessage(),
    ],
)
def test_every_way_of_printing_gives_the_mask(show: Callable[[Sealed], str]) -> None:
    shown = show(seal("t.c.1", f"Ayu {FAMILY}", mask="name"))
    assert FAMILY not in shown


def test_csv_gets_the_mask() -> None:
    sheet = io.StringIO()
    csv.writer(sheet).writerow([seal("t.c.1", f"Ayu {FAMILY}", mask="name")])
    assert sheet.getvalue().strip() == "Ayu Z."


@pytest.mark.parametrize("encoder", [json.JSONEncoder, DjangoJSONEncoder])
def test_json_without_a_default_refuses_rather_than_guesses(encoder: type[json.JSONEncoder]) -> None:
    with pytest.raises(TypeError):
        json.dumps(seal("t.c.1", FAMILY, mask="name"), cls=encoder)


def test_a_copy_in_the_process_still_opens_and_a_pickle_never_does() -> None:
    sealed = seal("t.c.1", FAMILY, mask="name")
    assert opened_at_hand(copy.deepcopy(sealed)) == FAMILY
    with pytest.raises(CannotOpen):
        opened_at_hand(pickle.loads(pickle.dumps(sealed)))


def test_a_sealed_value_cannot_be_given_another_subject() -> None:
    with pytest.raises(AttributeError):
        seal("t.c.1", FAMILY, mask="name").subject = "t.c.2"


def test_the_database_holds_no_plain_value(customer: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_customer::text FROM people_customer")
        (row,) = cursor.fetchone()
    assert FAMILY not in row
    assert IBAN not in row
    assert "Bandung" in row


def test_assigning_seals_at_once(db: None) -> None:
    customer = Customer(name=f"Ayu {FAMILY}")
    assert isinstance(customer.name, Sealed)
    assert FAMILY not in repr(customer.__dict__)
    assert FAMILY not in repr(customer)


def test_reads_of_every_kind_give_sealed_values(customer: Customer) -> None:
    everyone = Customer.objects.all()
    found = [
        Customer.objects.get(),
        Customer.objects.only("id").get(),
        list(everyone.values()),
        list(everyone.values_list("name", "iban")),
        list(everyone.values_list("name", flat=True)),
        list(everyone.annotate(copied=F("name")).values("copied")),
        list(everyone.annotate(copied=Coalesce("name", "iban")).values("copied")),
        list(
            everyone.annotate(
                joined=Concat("name", Value("|"), "city", output_field=Customer._meta.get_field("city"))
            ).values("joined")
        ),
        list(everyone.annotate(part=Substr("name", 1, 60)).values("part")),
        list(everyone.annotate(small=Lower("iban")).values("small")),
        everyone.aggregate(top=Max("name"), many=Count("iban")),
        list(everyone.order_by("name", "-iban").values("name", "iban")),
        list(Identity.objects.select_related("customer").values("customer__name")),
        serializers.serialize("json", everyone),
        serializers.serialize("python", everyone),
        serializers.serialize("jsonl", everyone),
    ]
    shown = repr(found) + repr([vars(one) for one in everyone]) + str(customer.name)
    assert FAMILY not in shown
    assert IBAN not in shown
    assert "Ayu Z." in shown


def test_a_value_read_without_its_row_does_not_open(customer: Customer) -> None:
    (loose,) = Customer.objects.values_list("name", flat=True)
    with pytest.raises(CannotOpen):
        opened_for_machine(loose, use=MachineUse.SCRUB)


@pytest.mark.parametrize(
    "lookup", ["contains", "icontains", "startswith", "iexact", "in", "gt", "lt", "regex", "range", "lower__exact"]
)
def test_no_lookup_finds_a_customer_by_a_sealed_value(db: None, lookup: str) -> None:
    with pytest.raises(FieldError):
        list(Customer.objects.filter(**{f"name__{lookup}": [FAMILY] if lookup in {"in", "range"} else FAMILY}))


def test_equality_takes_no_plain_value(db: None) -> None:
    with pytest.raises(FieldError):
        list(Customer.objects.filter(name=FAMILY))
    with pytest.raises(FieldError):
        list(Customer.objects.exclude(name=FAMILY))
    with pytest.raises(FieldError):
        Customer.objects.update(name=FAMILY)


def test_forms_leave_sealed_fields_out(customer: Customer) -> None:
    form = modelform_factory(Customer, fields=["name", "city"])(instance=customer)
    assert list(form.fields) == ["city"]


def test_bulk_writes_seal_too(db: None) -> None:
    rows = Customer.objects.bulk_create([Customer(name=f"Ayu {FAMILY}") for _ in range(3)])
    rows[0].iban = IBAN
    Customer.objects.bulk_update(rows, ["iban"])
    found = Customer.objects.get(pk=rows[0].pk)
    assert (opened(found.name), opened(found.iban)) == (f"Ayu {FAMILY}", IBAN)
    assert found.iban.mask == "IBAN •• 4300"
