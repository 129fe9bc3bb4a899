"""The page about the log of reveals itself: what stands in it, who signed it, and when somebody else last looked."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.guard.ledger.standing import LogStanding, standing


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The log, and what of it is wrong or weak, in sentences."""

    log: LogStanding
    faults: tuple[str, ...]
    weak: tuple[str, ...]

    @property
    def open_tail(self) -> int:
        """Entries that no witness has seen yet."""
        return max(0, self.log.size - self.log.anchored_size)


def state() -> LedgerPage:
    """Look at the log and say what is to be done about it."""
    log = standing()
    faults = []
    if log.missing:
        faults.append(
            f"{log.missing} requests of the last day are not in the log. Run “holdfast guard check” and tell security."
        )
    if log.size > log.signed_size and not log.missing:
        faults.append("Nothing is signed at the moment. See the worker's log: its key may not be the one of this log.")
    weak = []
    if not log.witnesses:
        weak.append(
            "Nobody outside signs this log, so whoever runs the database could cut off its end unseen. Ask another"
            " organisation to run a witness; docs/ledger.md says how."
        )
    weak += [
        f"{each.name} has not signed for more than two minutes." if each.last_at else f"{each.name} has never signed."
        for each in log.witnesses
        if each.late
    ]
    if not log.two_kinds:
        weak.append("Checkpoints are signed with Ed25519 alone: the installed cryptography has no ML-DSA-44.")
    return LedgerPage(log, tuple(faults), tuple(weak))
