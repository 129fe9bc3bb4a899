"""Why, in plain sentences: what explains a contact, what does not, and what is not known.

Each begins with its side, so that a screen can sort them. Numbers in them are counts of the model; none is about how a
person is, only about what arrived.
"""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.shield.features import NAMES
from holdfast.shield.model import Model, Topic
from holdfast.shield.traits import Traits
from holdfast.shield.volume import WINDOW
from holdfast.shield.weighing import Weighed

FOR = "Explains it: "
AGAINST = "Does not explain it: "
UNKNOWN = "Not known: "
_WORTH_SAYING = 0.5
_TENURES = ("under a month", "under half a year", "under two years", "under five years", "five years or more")
_SAID = {
    "words": "worded like this one",
    "intent": "about {value}",
    "length": "about as long as this one",
    "source": "that came through {value}",
    "operator": "signed by {value}",
    "region": "from {value}",
    "channel": "by {value}",
    "language": "in this language ({value})",
}


def of_contact(traits: Traits, model: Model, weighed: Weighed) -> tuple[str, ...]:
    """Return the sentences of one contact: for, against, unknown. The evidence that matters most comes first."""
    explains, does_not = _need(traits, model, weighed.topic)
    pieces = sorted({**weighed.who, **weighed.said, **weighed.other}.items(), key=lambda piece: -abs(piece[1]))
    for name, ratio in pieces:
        if abs(ratio) >= _WORTH_SAYING and (sentence := _piece(name, traits, model, weighed)):
            (does_not if ratio > 0 else explains).append(sentence)
    return (
        *(FOR + sentence for sentence in explains),
        *(AGAINST + sentence for sentence in does_not),
        *(UNKNOWN + sentence for sentence in _unknown(traits, model, weighed.topic)),
    )


def of_minute(
    model: Model, *, arrived: int, expected: float, explained: int, asked: int, minutes: int
) -> tuple[str, ...]:
    """Return the sentences of a closed minute; none on an ordinary one. Counts are of the last `minutes`."""
    return tuple(_of_minute(model, arrived, expected, explained, asked, minutes))


def _of_minute(model: Model, arrived: int, expected: float, explained: int, asked: int, minutes: int) -> Iterator[str]:
    if model.alarm != "none":
        yield f"{_contacts(arrived)} in this minute; about {max(expected, 0.0):.0f} are usual."
        if asked:
            yield (
                f"Your records explain {explained:,} of the {asked:,} contacts of the last {_minutes(minutes)} "
                "that they could be asked about."
            )
        else:
            yield "Your records could not be asked about any of these contacts, so surge and flood look the same."
    if model.alarm == "flood":
        usual = round(100 * model.usual_explained)
        yield f"On ordinary days they explain about {usual} in 100. What is beyond that is not explained by your data."
        if model.clusters and (largest := model.clusters[0]).size:
            yield f"{_contacts(largest.size)} in 10 minutes used almost the same words."
    if model.identity_down:
        yield (
            "Hardly anybody can prove who they are, in all groups at once: sign-in looks down. Nobody is moved back; "
            "only repeated contacts are joined, and callbacks offered."
        )
    if model.records_down:
        yield "Your records explain far fewer contacts than usual: they look incomplete. No one is moved back."
    if model.alarm != "none" and model.declared:
        yield f"Contacts about {_count(len(model.declared), 'declared matter')} count as explained."


def _need(traits: Traits, model: Model, topic: Topic | None) -> tuple[list[str], list[str]]:
    explains, does_not = [], []
    if traits.need:
        explains.append("Your records show a reason for contact at this account.")
    if topic is not None:
        explains.append(f"It is about a matter you declared ({topic.id}).")
    if traits.need is False:
        does_not.append("Your records show no reason for contact at this account.")
    return explains, does_not


def _piece(name: str, traits: Traits, model: Model, weighed: Weighed) -> str:
    if name == "cluster":
        if weighed.cluster is None:
            return "Hardly any other contact in 10 minutes used these words."
        return f"{weighed.cluster.size:,} other contacts in 10 minutes used almost these words."
    if name == "challenge":
        return f"The answer to our question {'fits' if traits.challenge == 'pass' else 'did not fit'}."
    if name == "open_case":
        return "This account has an open case." if traits.open_case else "This account has no open case."
    counted = _counted(name, model, weighed)
    return f"Of {_subject(name, traits)} {counted}" if counted else ""


def _subject(name: str, traits: Traits) -> str:
    if name == "stratum":
        return "contacts by assistants" if traits.stratum == "assistant" else "contacts by people themselves"
    if name == "verification":
        return "contacts with proven identity" if traits.verification == 2 else "contacts with a matching name"
    if name == "tenure":
        return f"contacts of customers for {_TENURES[traits.tenure or 0]}"
    return "contacts " + _SAID[name].format(value=getattr(traits, name, ""))


def _counted(name: str, model: Model, weighed: Weighed) -> str:
    asked, explained = model.counts.get(f"{name} {weighed.values[NAMES.index(name)]}", (0, 0))
    if not asked:
        return ""
    usual = round(100 * model.usual_explained)
    return f"in {WINDOW} minutes, your records explain {explained:,.0f} of {asked:,.0f}; usually {usual} in 100."


def _unknown(traits: Traits, model: Model, topic: Topic | None) -> Iterator[str]:
    if model.identity_down:
        yield "Sign-in looks down, so we cannot tell who this is. Nothing is held against them."
    elif traits.account is None:
        yield "We do not know who this is, so no records could be asked."
    elif traits.need is None and topic is None:
        yield "Your records could not be asked about this account."


def _contacts(count: int) -> str:
    return _count(count, "contact")


def _minutes(count: int) -> str:
    return _count(count, "minute")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
