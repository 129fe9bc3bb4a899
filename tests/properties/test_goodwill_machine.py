"""Whatever happens to an offer, its budget holds to the cent, a code is good once, and who is held out gets none."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.incidents.conftest import House, make_house
from tests.incidents.goodwill.conftest import MAIL, crowd

from holdfast.incidents.goodwill import codes, handing, limits, offers, queries, redeeming
from holdfast.incidents.goodwill.errors import NotFound, Over, Refused, Used
from holdfast.incidents.goodwill.models import Drawn, Limit, Offer
from holdfast.kit.clock import set_source
from holdfast.people.choosing import Choice

PEOPLE, AMOUNT, DAYS = 6, Decimal("7.35"), 3
WHO, KEY = st.integers(0, PEOPLE - 1), st.sampled_from(["a", "b"])


class Goodwill(RuleBasedStateMachine):
    """Codes are given, lost and given anew, redeemed once or again, handed to a campaign; time passes; it ends."""

    house: House
    incident: uuid.UUID

    @initialize(pays=st.integers(1, PEOPLE + 1), held=st.sampled_from([0, 17, 50]))
    def written(self, pays: int, held: int) -> None:
        self.moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        set_source(lambda: self.moment)
        tier, lead = uuid.uuid4().hex[:12], self.house.lead
        self.people = crowd(PEOPLE, tier=tier)
        self.budget, self.good = AMOUNT * pays, dict[uuid.UUID, str]()
        self.void, self.spent = list[str](), dict[str, str]()
        self.offer = offers.write(
            incident_id=self.incident, name="Some back", amount=AMOUNT, currency="EUR", budget=self.budget,
            expires_at=self.moment + timedelta(days=DAYS), whom=offers.Whom(choice=Choice(tier=tier)),
            hold_out=held, mails=MAIL, by=lead,
        )  # fmt: skip
        offers.approve(offer_id=self.offer, by=self.house.desk.ben.pk)
        trial = redeeming.make_trial(offer_id=self.offer, by=lead)
        assert redeeming.redeem(code=trial, key="t", through="till").trial
        rows = Drawn.objects.filter(offer_id=self.offer, arm="held_out")
        self.held = set(rows.values_list("customer_id", flat=True))

    def teardown(self) -> None:
        set_source(None)

    def _row(self) -> Offer:
        return Offer.objects.get(pk=self.offer)

    def _over(self) -> bool:
        return self._row().state == "ended" or self.moment >= self._row().expires_at

    @rule(who=WHO)
    def give(self, who: int) -> None:
        person, before = self.people[who], self._row()
        had = Drawn.objects.get(offer=before, customer_id=person).digest is not None
        try:
            code = redeeming.give_one(offer_id=self.offer, customer_id=person, by=self.house.lead)
        except Refused:
            full = before.promised + AMOUNT > before.budget and not had
            assert self._over() or person in self.held or self.good.get(person) in self.spent or full
            return
        assert person not in self.held
        if person in self.good:
            self.void.append(self.good[person])
        self.good[person] = code
        assert self._row().promised - before.promised == (0 if had else AMOUNT)

    @rule(which=st.integers(0, 20), key=KEY)
    def redeem(self, which: int, key: str) -> None:
        if not self.good:  # no precondition: who is held out is drawn anew each time, and with it whether there is one
            return
        code = sorted(self.good.values())[which % len(self.good)]
        try:
            found = redeeming.redeem(code=code, key=key, through="till")
        except Used:
            assert self.spent[code] != key
        except Over:
            assert self._over() and code not in self.spent  # noqa: PT018 - one sentence
        else:
            assert found.repeat == (self.spent.get(code) == key)
            self.spent.setdefault(code, key)

    @rule(key=KEY)
    def codes_that_are_void_or_guessed(self, key: str) -> None:
        for code in (*self.void[-2:], codes.new_code()):
            with pytest.raises(NotFound):
                redeeming.redeem(code=code, key=key, through="till")

    @rule()
    def hand_over(self) -> None:
        before = self._row()
        waiting = Drawn.objects.filter(offer=before, arm="offered", digest=None).count()
        try:
            handing.hand_over(offer_id=self.offer, stream="service", by=self.house.lead)
        except Refused:
            assert self._over() or before.state == "handed" or before.promised + waiting * AMOUNT > before.budget
        else:
            assert self._row().promised == before.promised + waiting * AMOUNT

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.moment += timedelta(hours=hours)
        offers.expire_due()

    @rule(anyway=st.booleans())
    def end(self, anyway: bool) -> None:
        if not anyway:
            return  # most of the time it goes on
        try:
            offers.end(offer_id=self.offer, by=self.house.lead)
        except Refused:
            assert self._over() or self._row().promised > self._row().spent

    @invariant()
    def the_budget_holds_to_the_cent(self) -> None:
        if not hasattr(self, "offer"):
            return
        row, drawn = self._row(), Drawn.objects.filter(offer_id=self.offer)
        given, redeemed = drawn.filter(digest__isnull=False).count(), drawn.filter(redeemed_at__isnull=False).count()
        assert row.spent == AMOUNT * redeemed == AMOUNT * len(self.spent)
        assert row.promised == (row.spent if row.state == "ended" else AMOUNT * given)
        assert row.spent <= row.promised <= row.budget == self.budget

    @invariant()
    def who_is_held_out_gets_none_and_the_sums_add_up(self) -> None:
        if not hasattr(self, "offer"):
            return
        assert not Drawn.objects.filter(offer_id=self.offer, arm="held_out", digest__isnull=False).exists()
        shown = queries.one(self.offer)
        assert shown is not None
        sums = shown.sums
        assert sums.eligible == PEOPLE == sums.offered + sums.held_out
        assert sums.given == sums.redeemed + sums.open + sums.lapsed


@pytest.mark.django_db
def test_the_budget_of_goodwill() -> None:
    Goodwill.house = make_house()
    Goodwill.house.desk.ben.role = "lead"
    Goodwill.house.desk.ben.save()
    limits.set_limit(
        agent_id=Goodwill.house.desk.ben.pk, amount=Decimal(500), currency="EUR", by=Goodwill.house.desk.admin.pk
    )
    Goodwill.incident = Goodwill.house.declare()
    assert Limit.objects.count() == 1
    run_state_machine_as_test(
        Goodwill,
        settings=settings(
            max_examples=12, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
