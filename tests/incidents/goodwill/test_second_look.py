"""An offer of somebody who is cut off gives no code until somebody else has approved it since. Codes out stay good."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from tests.incidents.conftest import House
from tests.incidents.goodwill.conftest import crowd

from holdfast.desk import cutting_off
from holdfast.desk.cutting_off import Scope, Target
from holdfast.incidents.goodwill import handing, limits, offers, queries, redeeming
from holdfast.incidents.goodwill.errors import Refused
from holdfast.notify.campaigns.models import Text

Running = Callable[..., UUID]


def _cut(house: House, who: int) -> None:
    cutting_off.cut_off(target=Target(Scope.AGENT, who), why="A test", by=house.desk.security.pk)


@pytest.mark.parametrize("which", ["wrote", "approved"])
def test_whoever_wrote_or_approved_it_somebody_else_approves_it_anew(
    house: House, running: Running, approver: int, which: str
) -> None:
    someone, other = crowd(2)
    offer = running()
    out = redeeming.give_one(offer_id=offer, customer_id=someone, by=house.lead)
    _cut(house, house.lead if which == "wrote" else approver)
    admin = house.desk.admin.pk
    for tried in (
        lambda: redeeming.give_one(offer_id=offer, customer_id=other, by=admin),
        lambda: handing.hand_over(offer_id=offer, stream="service", by=admin),
    ):
        with pytest.raises(Refused, match="who is cut off, wrote or approved it"):
            tried()
    assert redeeming.redeem(code=out, key="order 1", through="till").amount == Decimal(10), "a promise is kept"
    shown = queries.one(offer)
    assert shown is not None
    assert "Somebody else" in shown.second_look
    other_approver = approver
    if which == "approved":
        house.desk.ana.role = "lead"
        house.desk.ana.save()
        other_approver = house.desk.ana.pk
        limits.set_limit(agent_id=other_approver, amount=Decimal(100), currency="EUR", by=admin)
        assert not offers.approve(offer_id=offer, by=other_approver), "not within this limit"
        limits.set_limit(agent_id=other_approver, amount=Decimal(5000), currency="EUR", by=admin)
    assert offers.approve(offer_id=offer, by=other_approver)
    with pytest.raises(Refused, match="approved already"):
        offers.approve(offer_id=offer, by=other_approver)
    campaign = handing.hand_over(offer_id=offer, stream="service", by=admin)
    assert Text.objects.get(campaign_id=campaign).by_id == house.lead, "whoever wrote the words answers for them"
    assert queries.ledger_of(offer)[1].what.startswith("Looked at again and approved")
