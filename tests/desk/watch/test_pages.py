"""Security looks at signals under aliases and decides; everybody has a budget; customers report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from holdfast.conversations.assignments import assign
from holdfast.desk.watch import report_words
from holdfast.desk.watch.looking import look
from holdfast.guard.keys import blind_index
from holdfast.guard.models import MachineOpening
from holdfast.guard.watching import budgets, notices, restraints
from holdfast.guard.watching.contract import Kind, Signal
from holdfast.guard.watching.models import Decision, Report
from holdfast.intake.models import Contact
from holdfast.kit.clock import now
from holdfast.people.models import Identity, Team, Vendor

pytestmark = pytest.mark.django_db


def _noticed(agent_id: int, *kinds: Kind) -> str:
    notices.note(
        [Signal(kind, agent_id, now(), f"Something about {kind}.", ("A reason.",), ("A way.",)) for kind in kinds],
        looked_for=[],
    )
    return notices.alias_of(agent_id)


def test_security_decides_under_an_alias_and_the_name_comes_last(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    alias = _noticed(desk.ana.pk, Kind.DENIALS)
    client = sign_in(desk.security)
    home, page = f"/security/watch/people/{alias}/", "/security/watch/"
    assert f"Person {alias}" in client.get(page).content.decode()
    client.post(f"{home}name/", {"words": "I would like to know"})
    assert desk.ana.name not in client.get(home).content.decode(), "one kind of evidence names nobody"
    _noticed(desk.ana.pk, Kind.DENIALS, Kind.CONTACT)
    text = client.get(home).content.decode()
    assert "Show the name" in text
    assert desk.ana.name not in text
    client.post(f"{home}name/", {"words": "Both cannot be chance"})
    assert desk.ana.name in client.get(home).content.decode()
    assert desk.ana.name in client.get(page).content.decode()
    for notice in notices.dossiers()[0].notices:
        client.post(f"{home}signals/{notice.id}/", {"verdict": "explained", "words": "A broken page"})
    assert client.get(home).status_code == 404, "nothing is open any more"
    assert Decision.objects.filter(by_id=desk.security.pk).count() == 3
    assert not restraints.in_force(), "and what the house took is given back"


def test_what_machines_were_given_is_told_and_nobody_gets_less(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    before = [now() - timedelta(days=day) for day in range(2, 20)]
    MachineOpening.objects.bulk_create(
        MachineOpening(at=at, use="deliver", what="people_identity.value", number=number, refused=False)
        for at, number in [*((at, 100) for at in before), (now() - timedelta(hours=1), 50_000)]
    )
    assert [signal.kind for signal in look().signals] == [Kind.MACHINES]
    assert not restraints.in_force()
    client = sign_in(desk.security)
    assert "The house’s machines" in client.get("/security/watch/").content.decode()
    page = client.get("/security/watch/people/MACHINES/").content.decode()
    assert "50,000 stored values" in page
    assert "Give less" not in page
    (notice,) = notices.dossiers()[0].notices
    client.post(
        f"/security/watch/people/MACHINES/signals/{notice.id}/", {"verdict": "explained", "words": "A campaign"}
    )
    assert not look().signals


def test_security_gives_less_and_ends_it(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    alias = _noticed(desk.ana.pk, Kind.DENIALS)
    client = sign_in(desk.security)
    client.post(f"/security/watch/people/{alias}/less/", {"kind": "masked", "words": "Until we have talked"})
    assert {each.kind for each in restraints.in_force([desk.ana.pk])} == {"half", "masked"}
    own = sign_in(desk.ana).get("/security/budget/").content.decode()
    assert "Until we have talked" in own
    masked = next(each for each in restraints.in_force([desk.ana.pk]) if each.kind == "masked")
    client.post(f"/security/watch/people/{alias}/less/", {"lift": str(masked.id)})
    assert {each.kind for each in restraints.in_force([desk.ana.pk])} == {"half"}


def test_more_is_asked_on_ones_own_page_and_given_by_another_organisation(
    desk: Any, sign_in: Callable[[Any], Client]
) -> None:
    theirs = Team.objects.create(name="There", vendor=Vendor.objects.create(name="Outsourcer"))
    desk.ana.team = theirs
    desk.ana.save()
    ana = sign_in(desk.ana)
    ana.post("/security/budget/", {"customers": "x", "reason": "a line of refunds"})
    assert not budgets.requests()
    ana.post("/security/budget/", {"customers": "5", "reason": "a line of refunds"})
    (asked,) = budgets.requests()
    assert (asked.customers, asked.vendor_id) == (5, theirs.vendor_id)
    assert "Give" not in ana.get("/security/budget/").content.decode()
    assert ana.post(f"/security/budget/{asked.id}/", {"give": "yes"}).status_code == 403
    desk.bob.role, desk.bob.team = "lead", theirs
    desk.bob.save()
    assert b"decides this" in sign_in(desk.bob).get("/security/budget/").content
    sign_in(desk.bob).post(f"/security/budget/{asked.id}/", {"give": "yes"})
    assert budgets.requests()[0].given is None, "a lead of the same organisation gives nothing"
    sign_in(desk.lead).post(f"/security/budget/{asked.id}/", {"give": "yes"})
    assert budgets.requests()[0].given is True


def test_limits_are_kept_and_nonsense_is_not(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    client = sign_in(desk.security)
    given = {"customers_hour": 6, "customers_day": 20, "values_hour": 9, "values_day": 30, "vendor_hour": 2}
    client.post("/security/watch/limits/", given)
    client.post("/security/watch/limits/", {**given, "customers_hour": "many"})
    assert budgets.allowance() == budgets.Allowance(6, 20, 9, 30, 2)


def test_only_security_sees_who_is_made_up(desk: Any, sign_in: Callable[[Any], Client], settings: Any) -> None:
    settings.CANARY_DOMAIN = "postbox.example"
    client = sign_in(desk.security)
    client.post("/security/watch/made-up/", {"kind": "honey", "subject": "Hours", "text": "When are you open?"})
    assert "Writes in" in client.get("/security/watch/made-up/").content.decode()
    assert Contact.objects.get().text.strip() == "When are you open?"
    for other in (desk.admin, desk.lead, desk.ana):
        assert sign_in(other).get("/security/watch/made-up/").status_code == 403


_REPORT = {"knew": ["balance", "name"], "account": "TW-1", "contact": "new@post.example", "words": "He knew my balance"}


def test_a_customer_reports_and_a_person_hears_of_it(desk: Any) -> None:
    Identity.objects.update(index=blind_index("email", "maren@post.example"))
    day = now().date() - timedelta(days=1)
    for account in ("TW-1", "maren@post.example", "TW-404"):
        response = Client().post("/reported/", {**_REPORT, "account": account, "day": day.isoformat()})
        assert b"Thank you" in response.content, "nobody is told whether an account is known"
    assert [(each.customer_id, each.knew) for each in Report.objects.all()] == [(desk.customer.pk, ["name", "balance"])]
    for number in range(12):  # a script
        Client().post("/reported/", {**_REPORT, "day": (day - timedelta(days=number)).isoformat()})
    assert (Report.objects.count(), Contact.objects.count()) == (7, 15), "some count, a person hears of each"
    assert "He knew my balance" in (Contact.objects.first() or Contact()).text


@pytest.mark.parametrize("wrong", [{"knew": []}, {"account": " "}, {"contact": "nowhere"}, {"day": "yesterday"}])
def test_a_report_that_says_too_little_comes_back_with_what_is_missing(desk: Any, wrong: dict[str, Any]) -> None:
    given = {**_REPORT, "day": now().date().isoformat(), **wrong}
    response = Client().post("/reported/", given)
    assert response.status_code == 422
    assert "He knew my balance" in response.content.decode(), "and nothing is lost"
    assert not Report.objects.exists()


def test_the_form_speaks_the_languages_of_the_help_centre(desk: Any) -> None:
    asked = Client().get("/reported/", headers={"accept-language": "id"}).content.decode()
    assert '<html lang="id"' in asked
    assert "Nama saya" in asked
    chosen = Client().get("/reported/?lang=pt-br").content.decode()
    assert "Enviar" in chosen
    assert "Português" in asked
    assert "Send it" in Client().get("/reported/?lang=xx").content.decode()
    refused = Client().post("/reported/", {**_REPORT, "day": "", "lang": "id"})
    assert "dua tahun terakhir" in refused.content.decode()
    taken = Client().post("/reported/", {**_REPORT, "day": now().date().isoformat(), "lang": "pt-br"})
    assert "Obrigado" in taken.content.decode()
    assert Contact.objects.get().locale == "pt-br", "and is answered in it"


def test_every_language_of_the_form_has_every_word() -> None:
    english = report_words.words_of("en")
    for language in ("id", "pt-br"):
        own = report_words.words_of(language)
        assert own is not english
        assert own.keys() == english.keys()
        assert list(own["knew"]) == list(english["knew"])


def test_a_list_of_reports_is_brought_in_or_sent_back_whole(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    client = sign_in(desk.security)

    def bring(content: bytes) -> str:
        file = SimpleUploadedFile("reports.csv", content, content_type="text/csv")
        return str(client.post("/security/watch/reports/", {"file": file}, follow=True).content.decode())

    day = now().date().isoformat()
    good = f"account,date,knew\nTW-1,{day},name case nonsense\nTW-1,{day},\nTW-9,{day},name\n".encode()
    assert "1 reports taken. 1 lines name an account nobody has, 1 were there already." in bring(good)
    assert Report.objects.get().knew == ["name", "case"]
    for wrong, says in (
        (b"who,when\n", "account,date,knew"),
        (f"account,date\nTW-1,{day}\nTW-1,2.3.26\n".encode(), "Line 3"),
        (b"\xff\xfe", "UTF-8"),
        (b"", "first line"),
    ):
        assert says in bring(wrong)
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_over_budget_is_led_to_where_more_can_be_asked_for(desk: Any, sign_in: Callable[[Any], Client]) -> None:
    case = desk.talk()
    assign(conversation_id=case.pk, to=desk.ana.pk, by=None)
    restraints.restrain(agent_id=desk.ana.pk, kind="second", why="to be looked at")
    response = sign_in(desk.ana).post(f"/desk/c/{case.number}/reveal/iban/", {"purpose": "payment"})
    assert response.status_code == 403
    assert 'href="/security/budget/"' in response.content.decode()
