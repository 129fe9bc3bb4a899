"""What the house may look at somebody for nothing: once a week for 500 people, shared out between the signals.

This table is the only place that says how careful a signal is. Every threshold follows from it and from `UNEVEN`: a
sum's from how many agent-days may pass (`cusum.threshold`), a bound's from how often honest people reach it.
`benchmarks/false_alarms.py` measures what comes of it. More for one signal is less for another: half a share costs
some ln 2 / KL days of delay.
"""

from __future__ import annotations

from holdfast.guard.watching.contract import Kind

PEOPLE = 500
WORKING_DAYS = 5
SHARES: dict[Kind, float] = {
    Kind.UNEXPLAINED: 0.25,
    Kind.PEERS: 0.19,
    Kind.HONEY: 0.14,
    Kind.VALUES: 0.12,
    Kind.MARKS: 0.06,
    Kind.OUTSIDE: 0.04,
    Kind.SEARCHES: 0.03,
    Kind.DENIALS: 0.04,
    Kind.RHYTHM: 0.03,
    Kind.OFF_SHIFT: 0.02,
    Kind.SURPRISE: 0.02,
    Kind.APPROVALS: 0.02,
    Kind.REPORTS: 0.01,
    # These have no threshold that follows: so much is left for mistakes, wrong numbers, guessed addresses, campaigns.
    Kind.MACHINES: 0.01,
    Kind.CANARY: 0.01,
    Kind.CONTACT: 0.01,
}
"""False alarms a week for `PEOPLE` people. Together at most one."""
UNEVEN = 1.3
"""So many times its share a signal gave in honest houses, whose people are less even than any threshold's model."""


def allowed(kind: Kind) -> float:
    """Return for how many false alarms a week, in a house of `PEOPLE`, a threshold of this kind is set."""
    return SHARES[kind] / UNEVEN


def days_between(kind: Kind) -> float:
    """Return how many agent-days may pass between two false alarms of this kind."""
    return PEOPLE * WORKING_DAYS / allowed(kind)


def chance_a_look(kind: Kind) -> float:
    """Return how probable a false alarm may be in one look, over everybody.

    Looks are hourly, at weeks most of which were looked at before: that comes to one fresh look a week at most.
    """
    return allowed(kind)
