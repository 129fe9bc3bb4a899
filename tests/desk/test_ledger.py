"""The log of reveals over HTTP: what is published, what needs an auditor's token, and who reads who looked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.guard.ledger.conftest import emptied

from holdfast.guard.ledger import holdfast_verify, sequencer
from holdfast.guard.models import RevealLog, RevealTicket
from holdfast.intake import tokens
from holdfast.kit.clock import now
from holdfast.people.models import Agent

from .conftest import Desk, make_desk

SignIn = Callable[[Agent], Client]


@pytest.fixture
def desk(db: None) -> Desk:
    emptied()
    return make_desk()


@pytest.fixture
def looked(desk: Desk) -> Desk:
    """Ana saw the account of a customer, Ben was refused, somebody compared."""
    case = desk.talk(channel="email")
    for agent, field, outcome, shown in (
        (desk.ana, "iban", "allowed", True),
        (desk.ana, "name", "allowed", False),
        (desk.ben, "iban", "no_grant", False),
        (desk.ana, "iban", "matched", False),
    ):
        row = RevealLog.objects.create(
            at=now(),
            agent_id=agent.pk,
            session="s" * 16,
            conversation_id=case.pk,
            customer_id=case.customer_id,
            subject=f"people_customer.{field}.{case.customer_id}",
            field=field,
            purpose="compare" if outcome == "matched" else "payment",
            outcome=outcome,
        )
        if outcome == "allowed":
            RevealTicket.objects.create(log=row, expires_at=now(), redeemed_at=now() if shown else None)
    while sequencer.step():
        pass
    desk.case = case  # type: ignore[attr-defined]
    return desk


def auditor() -> dict[str, str]:
    return {"authorization": f"Bearer {tokens.create(name='auditor', scopes=[tokens.LEDGER_READ])}"}


def test_checkpoints_keys_and_consistency_are_published(looked: Desk) -> None:
    client = Client()
    note = client.get("/ledger/checkpoint").content.decode()
    assert note.splitlines()[1] == "5"
    assert client.get("/ledger/checkpoint/5").content.decode() == note
    assert len(client.get("/ledger/keys").content.decode().splitlines()) == 2
    proof = client.get("/ledger/consistency?old=3&size=5")
    assert len(proof.content.decode().splitlines()) == 4
    assert "no-store" in proof["Cache-Control"]
    assert proof["Content-Type"].startswith("text/plain")
    for address in ("checkpoint/4", "consistency", "consistency?old=6&size=5", "consistency?old=0&size=99999"):
        assert client.get(f"/ledger/{address}").status_code == 404
    refused = client.post("/ledger/cosignatures/5", b"nonsense\n", content_type="text/plain")
    assert (refused.status_code, refused.content.decode()[-2:]) == (422, ".\n")
    assert client.post("/ledger/cosignatures/5", b"x" * 70_000, content_type="text/plain").status_code == 422


def test_proofs_and_entries_need_a_token_of_their_own_scope(looked: Desk, tmp_path: object) -> None:
    client, right = Client(), auditor()
    other = {"authorization": f"Bearer {tokens.create(name='other', scopes=[tokens.METRICS_READ])}"}
    for address in ("/ledger/inclusion/2", "/ledger/entries?from=0"):
        assert client.get(address).status_code == 401
        assert client.get(address, headers=other).status_code == 401
        assert client.get(address, headers=right).status_code == 200
    assert len(client.get("/ledger/entries?from=3", headers=right).content.decode().splitlines()) == 2
    path = tmp_path / "proof"  # type: ignore[operator]
    path.write_bytes(client.get("/ledger/inclusion/2", headers=right).content)
    keys = tmp_path / "keys"  # type: ignore[operator]
    keys.write_bytes(client.get("/ledger/keys").content)
    assert holdfast_verify.main(["inclusion", str(path), "--keys", str(keys)]) == 0
    assert client.get("/ledger/inclusion/99", headers=right).status_code == 404
    tokens.revoke("auditor")
    assert client.get("/ledger/inclusion/2", headers=right).status_code == 401


def test_leads_and_security_read_who_looked_and_agents_their_own(looked: Desk, sign_in: SignIn) -> None:
    case = looked.case  # type: ignore[attr-defined]
    address = f"/ledger/customers/{case.customer_id}/"
    for agent in (looked.ana, looked.ben):
        assert sign_in(agent).get(address).status_code == 403
        assert sign_in(agent).get(f"/ledger/cases/{case.number}/").status_code == 403
    page = sign_in(looked.admin).get(f"/ledger/cases/{case.number}/", follow=True)
    entries = page.context["page"].entries
    assert [(each.who, each.field, each.outcome, each.shown) for each in reversed(entries)] == [
        (looked.ana.name, "account number", "Shown", True),
        (looked.ana.name, "name", "Allowed, not opened", False),
        (looked.ben.name, "account number", "Refused: not their case", False),
        (looked.ana.name, "account number", "Compared: the same", False),
    ]
    assert all(each.index is not None for each in entries)
    own = sign_in(looked.ana).get("/desk/reveals/")
    assert [each.index is not None for each in own.context["log"].entries] == [True] * 3
    assert own.context["log"].entries[0].seen_url == ""
    assert address in sign_in(looked.lead).get("/desk/reveals/").content.decode()


def test_a_lead_reads_no_names_of_other_teams(looked: Desk, sign_in: SignIn) -> None:
    case = looked.case  # type: ignore[attr-defined]
    entries = sign_in(looked.lead).get(f"/ledger/customers/{case.customer_id}/").context["page"].entries
    of_team = {looked.ana.name if looked.ana.team_id == looked.lead.team_id else "Somebody of another team"}
    of_team |= {looked.ben.name if looked.ben.team_id == looked.lead.team_id else "Somebody of another team"}
    assert {each.who for each in entries} == of_team


def test_the_customer_is_told_roles_and_no_names(looked: Desk, sign_in: SignIn) -> None:
    case = looked.case  # type: ignore[attr-defined]
    response = sign_in(looked.admin).get(f"/ledger/customers/{case.customer_id}/for-them/")
    text = response.content.decode()
    assert "A support agent saw your account number, to trace or return a payment." in text
    assert "A support agent was allowed to see your name and did not open it." in text
    assert "A support agent asked to see your account number and was refused." in text
    assert "A support agent compared the end of your account number" in text
    for name in (looked.ana.name, looked.ben.name, f"#{case.number}"):
        assert name not in text
    assert "attachment" in response["Content-Disposition"]


def test_the_page_says_what_is_wrong_and_what_is_weak(looked: Desk, sign_in: SignIn) -> None:
    page = sign_in(looked.admin).get("/ledger/")
    assert page.context["page"].faults == ()
    assert "Nobody outside signs this log" in page.content.decode()
    assert page.context["page"].open_tail == 5
    assert sign_in(looked.ana).get("/ledger/").status_code == 403
