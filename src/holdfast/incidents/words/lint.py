"""The check before anything leaves: each rule a function of its own that answers with sentences. Pure.

What a text claims has to stand in the ledger; what it does not claim needs nothing there. So a text that only says that
we know, are sorry, and when we speak again always passes: what cannot be said can still be acknowledged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import Final

from holdfast.incidents.words import bans as forbidden
from holdfast.incidents.words.contract import Ban, Claim, Occasion, OutgoingText, Problem, Rule, Use
from holdfast.incidents.words.filling import PERSONAL, VARIABLE, VARIABLES
from holdfast.incidents.words.lexicon import CAUSES, causes_in, lexicon_of
from holdfast.incidents.words.quantities import Quantity, keys, of_moment, quantities
from holdfast.incidents.words.reading import reading, sentences

_SORRY_FOR: Final = {Use.FIRST, Use.RESOLVED, Use.BREACH_AFFECTED}
_PUBLIC: Final = {Use.FIRST, Use.UPDATE, Use.HOLDING, Use.RESOLVED, Use.MAINTENANCE}
_GRAVE: Final = {"money", "data", "safety"}
_BAD: Final = 2  # severities that are bad enough for an apology whatever is harmed
Key = tuple[str, Fraction]


def lint(
    text: OutgoingText, *, ledger: Sequence[Claim], occasion: Occasion, bans: Sequence[Ban], at: datetime
) -> list[Problem]:
    """Return what is wrong with one text, refusals before advice. Approvals are asked for elsewhere."""
    found = [
        *variable_problems(text),
        *forbidden_problems(text, occasion, bans, at),
        *fact_problems(text, ledger, occasion, at),
        *cause_problems(text, ledger),
        *next_problems(text, occasion, at),
        *apology_problems(text, occasion),
        *blame_problems(text),
        *style_problems(text),
        *reading_problems(text),
    ]
    return sorted(found, key=lambda each: each.advice)


def lint_all(
    texts: Sequence[OutgoingText], *, ledger: Sequence[Claim], occasion: Occasion, bans: Sequence[Ban], at: datetime
) -> list[Problem]:
    """Return what is wrong with the texts of one message: with each, and with them beside each other."""
    found = [each for text in texts for each in lint(text, ledger=ledger, occasion=occasion, bans=bans, at=at)]
    return sorted([*found, *consistency_problems(texts, occasion, at)], key=lambda each: each.advice)


def variable_problems(text: OutgoingText) -> Iterator[Problem]:
    """Say which variables nobody filled in; those of a reader are filled in when a text is sent to a person."""
    later = PERSONAL if text.segment else frozenset()
    for name in dict.fromkeys(VARIABLE.findall(text.text)):
        if name in VARIABLES and name not in later:
            said = f"{{{name}}} is not filled in: {VARIABLES[name]}. Write it, or take it out."
            yield _refused(Rule.VARIABLE, said, text)


def forbidden_problems(text: OutgoingText, occasion: Occasion, bans: Sequence[Ban], at: datetime) -> Iterator[Problem]:
    """Say which forbidden statements a text makes, why they are, and who asked for that."""
    made = forbidden.said(text.text, locale=text.locale, bans=bans, jurisdictions=occasion.jurisdictions, at=at)
    for ban, words in made:
        where = f" in {ban.jurisdiction}" if ban.jurisdiction else ""
        until = f" until {ban.until:%Y-%m-%d}" if ban.until else ""
        asked = f" Asked for by {ban.asked_by}." if ban.asked_by else ""
        yield _refused(Rule.FORBIDDEN, f"“{words}” may not be said{where}{until}: {ban.why.rstrip('.')}.{asked}", text)


def fact_problems(text: OutgoingText, ledger: Sequence[Claim], occasion: Occasion, at: datetime) -> Iterator[Problem]:
    """Say which numbers, times and dates no fact bears.

    A number has to stand in a fact as it is said; a fact may be rounded only where it says so itself, by naming the
    round number too. The promised time of the next word, and the date it falls on, may always be named.
    """
    borne = _borne(ledger, occasion, at)
    if occasion.next_due is not None:
        borne |= keys(of_moment(occasion.next_due, zone=occasion.zone))
    seen: set[Key] = set()
    for sentence in _sentences_but_next(text, occasion, at):
        for each in _read(sentence, text.locale, occasion.zone, at):
            if each.key in borne or each.key in seen:
                continue
            seen.add(each.key)
            what = {"time": "time", "date": "date"}.get(each.kind, "number")
            said = f"No public fact has the {what} “{each.said}”. State the fact with its source, or take it out."
            yield _refused(Rule.FACTS, said, text)


def cause_problems(text: OutgoingText, ledger: Sequence[Claim]) -> Iterator[Problem]:
    """Say which causes a text names, or denies, that no fact does."""
    borne = {cause for claim in ledger for cause in causes_in(claim.text)}
    for cause in sorted(causes_in(text.text) - borne):
        match = CAUSES[cause].search(text.text)
        words = match.group() if match else cause
        said = f"“{words}” names {cause} as part of it, and no public fact does. State the fact, or take it out."
        yield _refused(Rule.CAUSE, said, text)


def next_problems(text: OutgoingText, occasion: Occasion, at: datetime) -> Iterator[Problem]:
    """Say whether the next update is named, with the time that is promised."""
    if occasion.use not in _PUBLIC:
        return
    named = _next_sentences(text)
    if occasion.next_due is None:
        if named and occasion.use != Use.MAINTENANCE:
            yield _refused(Rule.NEXT, "It names a next update, and none is promised. Take it out.", text)
        return
    time, _ = of_moment(occasion.next_due, zone=occasion.zone)
    if not named:
        if not occasion.next_beside:
            yield _refused(Rule.NEXT, f"Say when the next update comes: {time.said}, even when there is no news.", text)
        return
    read = [each for said in named for each in _read(said, text.locale, occasion.zone, at)]
    times = {each.key for each in read if each.kind == "time"}
    if times != {time.key}:
        said = f"The next update is promised for {time.said}; the text has to name that time and no other for it."
        yield _refused(Rule.NEXT, said, text)


def apology_problems(text: OutgoingText, occasion: Occasion) -> Iterator[Problem]:
    """Say whether we say sorry where we owe it: in the first word and at the end, once, for the effect on people."""
    words = lexicon_of(text.locale)
    if words is None or occasion.drill:
        return
    count = sum(bool(words.apology.search(each)) for each in sentences(text.text))
    if not count and occasion.use in _SORRY_FOR:
        said = "Say sorry once, in our own name, for what it means for people."
        yield Problem(rule=Rule.APOLOGY, sentence=said, where=text.where, advice=not apology_is_due(occasion))
    if count > 1:
        yield _advice(Rule.APOLOGY, f"It says sorry {count} times; once is heard better.", text)
    if match := words.empty_apology.search(text.text):
        yield _advice(Rule.APOLOGY, f"“{match.group()}” says nothing: name the effect we are sorry for.", text)


def apology_is_due(occasion: Occasion) -> bool:
    """Tell whether a text without an apology is refused: people were harmed, and it begins or ends."""
    return occasion.use in _SORRY_FOR and (occasion.harm in _GRAVE or occasion.severity <= _BAD)


def blame_problems(text: OutgoingText) -> Iterator[Problem]:
    """Say which words lay the fault on a partner, a customer or a colleague."""
    words = lexicon_of(text.locale)
    match = words.blame.search(text.text) if words else None
    if match:
        said = f"“{match.group().strip()}” lays the fault on somebody. Say what happened and what we do."
        yield _refused(Rule.BLAME, said, text)


def style_problems(text: OutgoingText) -> Iterator[Problem]:
    """Say what is not in the voice of the house; and that nobody knows the words of this language, where so."""
    words = lexicon_of(text.locale)
    if words is None:
        said = f"Only numbers and times are checked in “{text.locale}”: somebody who speaks it reads it for the rest."
        yield _advice(Rule.STYLE, said, text)
        return
    if match := words.style.search(text.text):
        yield _advice(Rule.STYLE, f"“{match.group()}”: say it plainly, or give the time.", text)
    if "!" in text.text:
        yield _advice(Rule.STYLE, "No exclamation marks: the sentence is calmer without.", text)


def reading_problems(text: OutgoingText) -> Iterator[Problem]:
    """Say when a text is hard to read, by which formula."""
    found = reading(text.text, locale=text.locale)
    if found is not None and found.hard:
        said = f"Hard to read ({found.formula} {found.score:.0f}): shorter sentences and words help."
        yield _advice(Rule.READING, said, text)


def consistency_problems(texts: Sequence[OutgoingText], occasion: Occasion, at: datetime) -> Iterator[Problem]:
    """Say where texts for the same readers differ, across languages and channels: numbers, times, causes.

    The first text of each kind of reader is the one the others are held against.
    """
    groups: dict[str, list[OutgoingText]] = defaultdict(list)
    for text in texts:
        groups[text.segment].append(text)
    for first, *others in groups.values():
        here, causes = _by_key(first, occasion, at), causes_in(first.text)
        for other in others:
            there = _by_key(other, occasion, at)
            for key in sorted(here.keys() - there.keys()):
                said = f"The text in {_name(first)} says “{here[key]}” and this one does not."
                yield _refused(Rule.CONSISTENT, said, other)
            for key in sorted(there.keys() - here.keys()):
                said = f"This text says “{there[key]}” and the one in {_name(first)} does not."
                yield _refused(Rule.CONSISTENT, said, other)
            for cause in sorted(causes ^ causes_in(other.text)):
                said = f"Only one of this text and the one in {_name(first)} names {cause}. Let both say the same."
                yield _refused(Rule.CONSISTENT, said, other)


def _name(text: OutgoingText) -> str:
    return f"{text.locale} ({text.channel})" if text.channel else text.locale


def _by_key(text: OutgoingText, occasion: Occasion, at: datetime) -> dict[Key, str]:
    return {each.key: each.said for each in _read(text.text, text.locale, occasion.zone, at)}


def _borne(ledger: Sequence[Claim], occasion: Occasion, at: datetime) -> frozenset[Key]:
    """Return what the facts bear: what stands in their words (written in any language), and their moments."""
    found: set[Key] = set()
    for claim in ledger:
        for locale in ("en", "id"):  # the two ways to write thousands and decimals
            found |= keys(_read(claim.text, locale, occasion.zone, at))
        for moment in claim.moments:
            found |= keys(of_moment(moment, zone=occasion.zone))
    return frozenset(found)


def _next_sentences(text: OutgoingText) -> list[str]:
    words = lexicon_of(text.locale)
    return [each for each in _split(text.text) if words is not None and words.next_said.search(each)]


def _sentences_but_next(text: OutgoingText, occasion: Occasion, at: datetime) -> list[str]:
    """Leave out the sentence about the next word where the rule about it speaks: one fault, one sentence."""
    judged = set(_next_sentences(text)) if occasion.use in _PUBLIC and occasion.next_due is not None else set()
    kept = [each for each in _split(text.text) if each not in judged]
    for each in judged:  # its numbers beside the time are claims like any other
        read = _read(each, text.locale, occasion.zone, at)
        kept += [quantity.said for quantity in read if quantity.kind not in {"time", "date"}]
    return kept


def _split(text: str) -> list[str]:
    """Return sentences and lines; a full stop inside a number or a time ends nothing."""
    return [each for line in text.splitlines() for each in sentences_of(line)]


def sentences_of(line: str) -> list[str]:
    """Return the sentences of one line, with those that have no word in them."""
    found, start = [], 0
    for position, sign in enumerate(line):
        if sign in ".!?…" and (position + 1 == len(line) or line[position + 1].isspace()):
            found.append(line[start : position + 1].strip())
            start = position + 1
    return [each for each in [*found, line[start:].strip()] if each]


def _read(text: str, locale: str, zone: tzinfo, at: datetime) -> list[Quantity]:
    return quantities(text, locale=locale, zone=zone, at=at)


def _refused(rule: Rule, sentence: str, text: OutgoingText) -> Problem:
    return Problem(rule=rule, sentence=sentence, where=text.where)


def _advice(rule: Rule, sentence: str, text: OutgoingText) -> Problem:
    return Problem(rule=rule, sentence=sentence, where=text.where, advice=True)
