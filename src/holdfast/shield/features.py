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

    What is said is compared among all, and has no stratum; a `?` is unknown.
    """
    own = traits.stratum
    length = min(traits.words.bit_length(), 8)
    who = (
        str(traits.verification) if traits.verification else None,
        None if traits.tenure is None else str(traits.tenure),
        None if traits.open_case is None else ("yes" if traits.open_case else "no"),
        # That an operator did not sign is no evidence, it is a lack of it.
        traits.operator,
        traits.source,
        traits.region,
        traits.channel,
        traits.language,
    )
    said = (traits.intent, str(length) if length else None, cluster)
    return (
        f":{own}",
        *(f"{own}:{UNKNOWN if value is None else value}" for value in who),
        *(f":{UNKNOWN if value is None else value}" for value in said),
    )


def is_unknown(value: str) -> bool:
    """Whether a value of `values_of` says nothing."""
    return value.endswith(f":{UNKNOWN}")
