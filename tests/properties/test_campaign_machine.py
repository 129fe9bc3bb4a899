"""Whatever order senders, crashes, people and reports come in: nobody gets it twice unasked, and the counts add up."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdfast.kit.clock import now, set_source
from holdfast.notify.campaigns import adding, campaigns, claiming, minding, queries, settling, suppression
from holdfast.notify.campaigns.claiming import Leased, Settled, Waiting
from holdfast.notify.campaigns.contract import Recipient, Refused, Text
from holdfast.notify.campaigns.mails import header_id
from holdfast.notify.campaigns.models import Campaign, Chunk, Hold, ProviderLimit, Suppression
from holdfast.notify.campaigns.models import Recipient as Row
from holdfast.people.models import Agent, Role

PEOPLE = 7
ENDS = st.sampled_from(["sent", "failed", "unknown", "pending", "untouched"])
HANDED = {"sent", "unknown"}  # what the provider may have


class Campaigning(RuleBasedStateMachine):
    """Two senders, each with the chunk it leased and what it was granted and has not settled yet."""

    @initialize()
    def begin(self) -> None:
        self.at = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
        set_source(lambda: self.at)
        for model in (Hold, Suppression, ProviderLimit, Campaign, Agent):
            model.objects.all().delete()
        self.writer = Agent.objects.create_user("w@example.com", name="Writer", role=Role.LEAD).pk
        self.second = Agent.objects.create_user("s@example.com", name="Second", role=Role.LEAD).pk
        self.campaign = campaigns.create(name="x", stream="incident", by=self.writer)
        campaigns.set_texts(campaign_id=self.campaign, texts={("en", ""): Text(subject="x", body="x")}, by=self.writer)
        people = [
            Recipient(person_key=f"customer:{n}", channel="email", address=f"p{n}@people.example", locale="en")
            for n in range(PEOPLE)
        ]
        before, adding.CHUNK = adding.CHUNK, 3
        adding.add_recipients(self.campaign, people)
        adding.CHUNK = before
        self.lanes: dict[int, tuple[Leased, list[Waiting], set[UUID]]] = {}
        self.handed: Counter[UUID] = Counter()
        self.gone: set[UUID] = set()  # addresses that came back
        campaigns.approve(campaign_id=self.campaign, by=self.second, lasts=timedelta(minutes=20))

    def teardown(self) -> None:
        set_source(None)

    @property
    def _database(self) -> Any:
        connection.ensure_connection()
        return connection.connection

    @rule(verb=st.sampled_from([campaigns.start, campaigns.pause, campaigns.resume, campaigns.again]))
    def a_person_decides(self, verb: Any) -> None:
        by = self.second if verb is campaigns.again else self.writer
        with suppress(Refused):
            verb(campaign_id=self.campaign, by=by)

    @rule()
    @precondition(lambda self: sum(self.handed.values()) > 3)
    def it_is_cancelled(self) -> None:
        with suppress(Refused):
            campaigns.cancel(campaign_id=self.campaign, by=self.writer)

    @rule(lane=st.integers(0, 1))
    def a_sender_leases(self, lane: int) -> None:
        if lane not in self.lanes and (leased := claiming.lease(self._database, channel="email")) is not None:
            self.lanes[lane] = leased, claiming.waiting(self._database, leased), set()

    @rule(lane=st.integers(0, 1), ends=st.lists(ENDS, min_size=3, max_size=3), wanted=st.integers(0, 3))
    def a_sender_steps(self, lane: int, ends: list[str], wanted: int) -> None:
        """Hand over what was granted, settle it, and claim the next."""
        if lane not in self.lanes:
            return
        leased, rows, granted = self.lanes[lane]
        ended = dict(zip(sorted(granted), ends, strict=False))
        settled = [
            Settled(each, "pending" if end == "untouched" else end, untouched=end == "untouched")
            for each, end in ended.items()
        ]
        self.handed.update(each for each, end in ended.items() if end in HANDED)
        state = Campaign.objects.values_list("state", flat=True).get()
        step = claiming.step(self._database, leased, settled=settled, wanted=[row.id for row in rows[:wanted]])
        assert not step.granted or (state == "running" and step.held and step.runs)
        assert not step.granted & self.gone
        if step.held:
            self.lanes[lane] = leased, rows[wanted:], set(step.granted)
        else:
            del self.lanes[lane]

    @rule(lane=st.integers(0, 1))
    def a_sender_gives_its_chunk_back(self, lane: int) -> None:
        if lane in self.lanes and not self.lanes[lane][2]:
            claiming.release(self._database, self.lanes.pop(lane)[0])

    @rule(lane=st.integers(0, 1), left=st.booleans())
    def a_sender_dies(self, lane: int, left: bool) -> None:
        """What it was granted may have left; nobody will say."""
        if lane in self.lanes:
            granted = self.lanes.pop(lane)[2]
            self.handed.update(granted if left else ())

    @rule(seconds=st.sampled_from([1, 30, 50, 1300]))
    def time_passes(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)
        minding.tick()

    @rule(number=st.integers(0, PEOPLE - 1))
    def a_mail_comes_back(self, number: int) -> None:
        row = Row.objects.get(person_key=f"customer:{number}")
        if self.handed[row.pk] and settling.bounced({header_id(row.pk): "5.1.1"}):
            self.gone.add(row.pk)

    @rule()
    def the_unknown_are_sent_again(self) -> None:
        with suppress(Refused):
            seen = queries.progress(self.campaign).unknown
            settling.send_again(campaign_id=self.campaign, by=self.writer, seen=seen)

    @rule()
    def the_unknown_are_left(self) -> None:
        with suppress(Refused):
            settling.leave_it(campaign_id=self.campaign, by=self.writer)

    @rule(number=st.integers(0, PEOPLE - 1))
    def somebody_is_held_for_a_minute(self, number: int) -> None:
        until = now() + timedelta(minutes=1)
        suppression.hold(person_key=f"customer:{number}", why="A call.", by=self.writer, until=until)

    @invariant()
    def nobody_gets_it_twice_unasked(self) -> None:
        for row in Row.objects.all() if hasattr(self, "handed") else ():
            assert self.handed[row.pk] <= 1 + row.repeats, row.state
            assert row.state != "sent" or self.handed[row.pk], "sent, and it never left"

    @invariant()
    def the_counts_are_those_of_the_rows(self) -> None:
        if not hasattr(self, "campaign"):
            return
        far, rows = queries.progress(self.campaign), Counter(Row.objects.values_list("state", flat=True))
        assert far.total == PEOPLE == sum(rows.values())
        assert far.waiting == rows["pending"] + rows["sending"]
        for name in ("sent", "failed", "unknown", "suppressed", "cancelled"):
            assert getattr(far, name) == rows[name]
        if far.state == "done":
            assert far.waiting == 0
        for chunk in Chunk.objects.filter(open=False):
            assert not Row.objects.filter(chunk=chunk, state__in=["pending", "sending"]).exists()


@pytest.mark.django_db
def test_campaigns_keep_their_promises() -> None:
    run_state_machine_as_test(
        Campaigning,
        settings=settings(
            max_examples=20, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
