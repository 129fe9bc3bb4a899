"""A contact as a row of the window: one value per feature, `None` where it is unknown."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.shield.traits import Traits

UNKNOWN = "?"
NAMES = (
    "stratum", "verification", "tenure", "open_case", "operator", "source", "region", "channel", "language",
    "intent", "length", "cluster", "words",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """What one contact counts for. `weight` above 1: it stands for others that were not kept."""

    need: bool | None
    values: tuple[str, ...]
    terms: tuple[int, ...]
    weight: float = 1.0


def values_of(traits: Traits, cluster: str | None) -> tuple[str, ...]:
    """Return a value per name in `NAMES`, written `stratum:value`: assistants are compared with assistants.

    What is said is compared among all, and has no stratum; a `?` is unknown. That an operator did not sign is no
    evidence, it is a lack of it. On which step the words are (`words`) only a model can say.
    """
    own = traits.stratum
    case = UNKNOWN if traits.open_case is None else "yes" if traits.open_case else "no"
    return (
        f":{own}",
        f"{own}:{traits.verification or UNKNOWN}",
        f"{own}:{UNKNOWN if traits.tenure is None else traits.tenure}",
        f"{own}:{case}",
        f"{own}:{traits.operator or UNKNOWN}",
        f"{own}:{traits.source or UNKNOWN}",
        f"{own}:{traits.region or UNKNOWN}",
        f"{own}:{traits.channel or UNKNOWN}",
        f"{own}:{traits.language or UNKNOWN}",
        f":{traits.intent or UNKNOWN}",
        f":{min(traits.words.bit_length(), 8) or UNKNOWN}",
        f":{cluster or UNKNOWN}",
        ":?",
    )


def is_unknown(value: str) -> bool:
    """Whether a value of `values_of` says nothing."""
    return value.endswith(f":{UNKNOWN}")
