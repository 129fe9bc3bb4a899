"""Texts for some readers beside the public's: they may say more or less, never something else of one fact. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from fractions import Fraction

from holdfast.incidents.words.contract import Claim, OutgoingText, Problem, Rule
from holdfast.incidents.words.lexicon import causes_in
from holdfast.incidents.words.quantities import Quantity, keys, of_moment, quantities

Key = tuple[str, Fraction]
_WAYS = ("en", "id")  # the two ways to write thousands and decimals


def reader_problems(
    texts: Sequence[OutgoingText],
    *,
    ledger: Sequence[Claim],
    next_due: datetime | None,
    zone: tzinfo,
    at: datetime,
) -> Iterator[Problem]:
    """Say where a text for some readers differs from the public ones.

    Refused is another number or time of the same fact: whoever reads both would have to choose which to believe. What
    only some readers are told is said as advice; that a fact bears it is asked elsewhere.
    """
    public = [text for text in texts if not text.segment]
    if not public:
        return
    read = [each for text in public for each in _read(text, zone, at)]
    said = {each.key: each.said for each in [*read, *(of_moment(next_due, zone=zone) if next_due else [])]}
    causes = {cause for text in public for cause in causes_in(text.text)}
    facts = [_keys_of(claim, zone, at) for claim in ledger if claim.text]
    for text in texts:
        if text.segment:
            yield from _against(text, said=said, causes=causes, facts=facts, zone=zone, at=at)


def _against(
    text: OutgoingText,
    *,
    said: Mapping[Key, str],
    causes: set[str],
    facts: Sequence[set[Key]],
    zone: tzinfo,
    at: datetime,
) -> Iterator[Problem]:
    own = {each.key: each.said for each in _read(text, zone, at)}
    refused = dict(_others(set(own), set(said), facts))
    for mine, theirs in sorted(refused.items()):
        told = f"Of one fact the public text says “{said[theirs]}” and this one “{own[mine]}”. Let both say the same."
        yield Problem(rule=Rule.CONSISTENT, sentence=told, where=text.where)
    only = [f"“{own[key]}”" for key in own if key not in said and key not in refused]
    only += sorted(causes_in(text.text) - causes)
    if only:
        listed = ", ".join(only[:4])
        told = f"Only these readers are told {listed}. If everybody may know it, say it in the public text too."
        yield Problem(rule=Rule.CONSISTENT, sentence=told, where=text.where, advice=True)


def _read(text: OutgoingText, zone: tzinfo, at: datetime) -> list[Quantity]:
    return quantities(text.text, locale=text.locale, zone=zone, at=at)


def _keys_of(claim: Claim, zone: tzinfo, at: datetime) -> set[Key]:
    return {key for way in _WAYS for key in keys(quantities(claim.text, locale=way, zone=zone, at=at))}


def _others(own: set[Key], said: set[Key], facts: Sequence[set[Key]]) -> Iterator[tuple[Key, Key]]:
    """Yield each number of `own` that stands in a fact of which the public is told another number of that kind."""
    for fact in facts:
        mine, theirs = _by_kind(fact & own), _by_kind(fact & said)
        for kind in mine.keys() & theirs.keys():
            if not mine[kind] & theirs[kind]:
                yield from ((key, min(theirs[kind])) for key in mine[kind])


def _by_kind(found: set[Key]) -> dict[str, set[Key]]:
    sorted_out: dict[str, set[Key]] = defaultdict(set)
    for kind, value in found:
        sorted_out[kind].add((kind, value))
    return sorted_out
