"""Those on duty in a drill: the worker's shield, and a lead who decides on proposals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from holdfast.drills.crisis.room import Entry
from holdfast.kit.clock import now
from holdfast.posture import changes
from holdfast.posture import current as posture
from holdfast.posture.effects import Name
from holdfast.posture.models import Proposal
from holdfast.shield import assess, published, scorer
from holdfast.shield.evidence import Decision, DeclaredTopic, Friction, MinuteReport
from holdfast.shield.models import Assessment, Topic

_PLAYBOOKS = {Name.SIEGE: "flood", Name.SURGE: "payments-degraded"}


class Duty:
    """Does by the simulated second what worker and lead do by the real one. `lead` is an agent's id.

    `decides_after`: how long the lead reads the evidence before accepting a proposal.
    """

    def __init__(self, *, lead: int, decides_after: timedelta = timedelta(minutes=2)) -> None:
        self._lead, self._decides_after = lead, decides_after
        self.reports: list[MinuteReport] = []

    def look(self) -> None:
        """Assess whoever came, close the minutes that are over, decide on proposals that are old enough."""
        # Both are remembered for a real second, in which much simulated time passes.
        posture.forget()
        published.forget()
        closed = scorer.tick()
        self.reports += closed
        if closed:
            self._decide()
        while assess.assess_some():
            pass

    def _decide(self) -> None:
        for proposal in Proposal.objects.filter(decided_at=None, at__lte=now() - self._decides_after):
            to = Name(proposal.to)
            changes.change(to=to, by=self._lead, why=str(proposal.evidence[0])[:280], playbook=_PLAYBOOKS.get(to))
            posture.forget()

    def decisions(self, contacts: Iterable[UUID]) -> Mapping[UUID, Decision]:
        """Return what the shield decided of these contacts."""
        rows = Assessment.objects.filter(pk__in=list(contacts), assessed_at__isnull=False)
        return {
            row.contact_id: Decision(
                id=str(row.contact_id),
                band=row.band,
                score=row.score,
                friction=Friction(row.friction),
                reasons=tuple(row.reasons),
                model=row.model_version,
            )
            for row in rows
        }

    def declare(self, topic: DeclaredTopic) -> None:
        """Declare an incident's topic, as whoever leads the incident does."""
        Topic.objects.create(words=list(topic.words), accounts=sorted(topic.accounts), since=now())

    def hear(self, contact: UUID, entry: Entry) -> None:
        """Take the answer of somebody who was asked."""
        assess.answered(contact_id=contact, challenge="pass" if entry.visit.passes else "fail")
