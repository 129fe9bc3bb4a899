"""Made-up customers in the real house: cases in which nothing has to be opened, or an address; another for each viewer.

Who sells what they see takes a picture of the address they are shown; who bought it writes to some.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from holdfast.desk.watch import planting
from holdfast.drills.insiders import asking
from holdfast.drills.insiders.cases import USUAL
from holdfast.drills.insiders.world import Look, Way, World
from holdfast.guard import reveals
from holdfast.guard.keys import blind_index
from holdfast.guard.watching import addresses, canaries
from holdfast.guard.watching.contract import Refusal
from holdfast.guard.watching.models import Canary, ViewerAddress
from holdfast.guard.watching.trips import Trial, WrittenTo
from holdfast.people.models import Customer, Identity


class MadeUp:
    """The made-up customers of one play, and what became of them. `trials` and `refusals` are what a look reads.

    Who steals takes a picture of what they opened without need; of what a case is about where they sell their cases.
    """

    def __init__(self, world: World, *, by: int) -> None:
        self._world, self._by = world, by
        self.trials: list[Trial] = []
        self.refusals: list[Refusal] = []
        self._stolen: dict[str, int] = {}

    def plant(self, look: Look) -> Identity:
        """Make up a customer whose case goes to this worker; return their address as it stands on file."""
        id_, address = planting.free_address(at=look.at, initial="m")
        Customer.objects.create(id=id_, reference=f"DR-{id_.hex[-12:]}", tier=USUAL)
        made = Identity.objects.create(
            customer_id=id_, kind=Identity.Kind.EMAIL, value=address, index=blind_index("email", address)
        )
        canaries.note(id_, kind=Canary.Kind.HONEY if look.way is Way.HONEY else Canary.Kind.NEEDS, by=self._by)
        return Identity.objects.get(pk=made.pk)

    def look(self, look: Look, made: Identity, *, agent: int, case: UUID, day: int) -> None:
        """Somebody opens the address of a made-up customer. Only where nothing had to be opened is that weighed."""
        said = reveals.reveal(**asking.for_address(agent=agent, case=case, made_up=made))
        entry = None
        if isinstance(said, reveals.Denied):
            self.refusals.append(Refusal(look.at, agent, made.customer_id, str(said.outcome)))
        else:
            entry, steals = said.entry, self._world.ring.get(look.worker, day + 1) <= day
            if steals and (look.way is Way.HONEY or self._world.mode.own):
                self._stolen[said.value] = day
        if look.way is Way.HONEY:
            self.trials.append(Trial(agent, look.at, opened=entry is not None, entry=entry))

    def left_closed(self, cases: Iterable[tuple[int, datetime]]) -> None:
        """These had a case in which nothing has to be opened, and opened nothing."""
        self.trials += [Trial(agent, at, opened=False) for agent, at in cases]

    def written_to(self, days: Iterable[int]) -> list[WrittenTo]:
        """Write to those whose turn it is on these days; return every viewer whose own address was written to."""
        stolen = self._stolen.items()
        used = [address for day in days for address, since in stolen if self._world.used(day, address, since)]
        addresses.written_to(addresses.indexes_of(used))
        rows = ViewerAddress.objects.filter(written_to_at__isnull=False).values_list("agent_id", "written_to_at")
        return [WrittenTo(agent, at) for agent, at in rows if at is not None]
