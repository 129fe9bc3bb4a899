"""One form under way: what it asks, what it reads from the company's systems, and the action at its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import uuid4

from holdfast.assistant import acting_words
from holdfast.assistant.acting_steps import Acting, Done, Pending, Step
from holdfast.assistant.slots import Hints, mentions
from holdfast.assistant.telling import Record, card_lines, card_name, card_names, clock_time, day_of, record_line
from holdfast.kit.plain_text import plain_text
from holdfast.operations.action import PROVEN, Action, Outcome, Result, Who, Why
from holdfast.operations.registry import run
from holdfast.people import proving

KINDS = {"transfer_status": "transfers", "refund_status": "refunds", "payment_lookup": "payments"}
_NAMED_BY = {"transfers": "counterparty", "refunds": "merchant", "payments": "merchant"}
_OPEN = {"held", "pending", "returned", "failed", "declined", "expected"}
_SYSTEMS = {**{name: f"system_{kind}" for name, kind in KINDS.items()}, "change_address": "system_customers"}
_FITS = {"freeze_card": {"active"}, "unfreeze_card": {"frozen"}, "resend_pin": {"active"}}
_MOST = 3  # records told at once


@dataclass(frozen=True)
class Form:
    """An action, how far it is, and for whom, in the language of the customer."""

    action: Action
    pending: Pending
    who: Acting
    speaks: str

    @cached_property
    def asker(self) -> Who:
        """Who asks: whom they proved to be in this conversation, or whom the channel takes them for."""
        proven = proving.proven(self.who.conversation_id, speaker_id=self.who.customer_id)
        if proven is not None:
            reference, level = proven.reference, PROVEN
        else:
            reference, level = self.who.reference, self.who.level
        return Who(reference or "", level, "assistant", self.who.conversation_id)

    @property
    def may(self) -> bool:
        """Whether we are sure enough of them, and know their account."""
        return bool(self.asker.reference) and self.asker.level >= self.action.level

    @property
    def sees(self) -> bool:
        """Whether they may be told what is on their account."""
        return bool(self.asker.reference) and self.asker.level >= PROVEN

    @property
    def system(self) -> str:
        return self.say(_SYSTEMS.get(self.action.name, "system_cards"))

    @property
    def words_of_the_question(self) -> Collection[str]:
        """Words that a yes may repeat."""
        name = f"verbs_{self.action.name}"
        return {*acting_words.every(name), self.pending.slots.get("last4", "")}

    def say(self, name: str, /, **values: str) -> str:
        return acting_words.say(self.speaks, name, **values)

    def joined(self, *sentences: str) -> str:
        """Return sentences as one text, each with a capital letter."""
        return " ".join(each[0].upper() + each[1:] for each in sentences if each)

    def told(self, name: str) -> Step:
        """Say something and end."""
        return Step(say=self.say(name))

    def ask(self, asks: str, name: str, *, first: str = "", **values: str) -> Step:
        """Put a question."""
        tries = self.pending.tries if self.pending.asks == asks else 0
        pending = replace(self.pending, asks=asks, tries=tries)
        return Step(say=self.joined(first, self.say(name, **values)), pending=pending)

    def read(self, *sentences: str) -> Step:
        """Tell what was read, and when."""
        at = clock_time()
        said = self.joined(*sentences, self.say("read_at", system=self.system, time=at))
        return Step(say=said, done=Done(self.action.name, at))

    def carried_out(self) -> Step:
        """Run the write that was confirmed, and tell what came of it."""
        given = {"address": self.pending.slots["address"]} if self.action.name == "change_address" else None
        result = run(
            self.action.name, given or {"card": self.pending.slots["card"]}, who=self.asker, key=self.pending.key
        )
        if result.outcome is not Outcome.DONE:
            return self.failed(result)
        at, card = clock_time(), result.facts.get("card")
        name, values = f"done_{self.action.name}", {"system": self.system, "time": at}
        if card:
            values["card"] = card_name(self.speaks, card)
        if due := result.facts.get("expected_by"):
            name, values["day"] = f"{name}_due", acting_words.day(self.speaks, day_of(due))
        return Step(say=self.joined(self.say(name, **values)), done=Done(self.action.name, at, self.pending.key))

    def given_up(self, said: str, why: str) -> Step:
        """Let a person take it, and tell the customer so."""
        return Step(say=self.joined(said, self.say("person")), give_up=f"{self.action.title}: {why}")

    def failed(self, result: Result) -> Step:
        """Let a person take what did not work, and say in a sentence what did not."""
        if result.outcome is Outcome.UNAVAILABLE:
            return self.given_up(self.say("away", system=self.system), result.sentence)
        if result.outcome is Outcome.UNKNOWN:
            why = f"{result.sentence} Look in the system before it is asked for again (key {self.pending.key})."
            return Step(say=self.joined(self.say("unknown", system=self.system)), give_up=f"{self.action.title}: {why}")
        # Who is not proven learns nothing from the way in which it did not work.
        if not self.sees or result.why is Why.NO_RECORD:
            return self.given_up(self.say("not_found"), f"{result.sentence} Asked at level {self.asker.level}.")
        return self.given_up(self.say("refused", system=self.system), result.sentence)


def confirming(form: Form, *, key: str = "") -> Step:
    """Ask whether to do exactly this."""
    asked = replace(form, pending=replace(form.pending, key=key or str(uuid4())))
    given = form.pending.slots
    if form.action.name == "change_address":
        return asked.ask("confirm", "confirm_change_address", address=given["address"])
    card = card_name(form.speaks, {"last4": given["last4"], "kind": given.get("kind", "")})
    return asked.ask("confirm", f"confirm_{form.action.name}", card=card)


def with_cards(form: Form, text: str) -> Step:
    """Find out which card is meant. Who is not proven has to name it; nobody else's digits are shown to them."""
    if not form.sees:
        digits = form.pending.hints.last4
        if len(digits) != 1:
            return form.ask("card", "ask_digits")
        return _chosen(form, {"id": digits[0], "last4": digits[0]})
    result = run("card_status", {}, who=form.asker)
    if result.outcome is not Outcome.DONE:
        return form.failed(result)
    cards: Sequence[Record] = result.facts["cards"]
    if not cards:
        return form.read(form.say("no_cards"))
    named = _named(cards, form.pending.hints, text)
    if form.action.name == "card_status":
        shown = named or cards
        return form.read(
            form.say("one_card" if len(shown) == 1 else "your_cards", lines=card_lines(form.speaks, shown))
        )
    fitting = [card for card in named or cards if _fits(form.action.name, card)]
    if not fitting:
        shown = named or cards
        name = "one_card" if len(shown) == 1 and form.action.name != "resend_pin" else f"no_{form.action.name}"
        return form.read(form.say(name, lines=card_lines(form.speaks, shown)))
    if len(fitting) == 1 and (named or not form.pending.hints.last4):
        return _chosen(form, fitting[0])
    first = form.say("nothing_like_it") if form.pending.hints.last4 and not named else ""
    return form.ask("card", "ask_card", first=first, cards=card_names(form.speaks, fitting))


def _chosen(form: Form, card: Record) -> Step:
    chosen = {"card": str(card["id"]), "last4": str(card["last4"]), "kind": str(card.get("kind", ""))}
    return confirming(replace(form, pending=replace(form.pending, slots=chosen)))


def _fits(action: str, card: Record) -> bool:
    return card["state"] in _FITS[action] and (action != "resend_pin" or card["kind"] == "physical")


def _named(cards: Sequence[Record], hints: Hints, text: str) -> Sequence[Record]:
    """Return the cards that are named: by their digits, or by what kind of card they are."""
    if hints.last4:
        return [card for card in cards if card["last4"] in hints.last4]
    said = f" {' '.join(plain_text(text).split())} "
    kinds = [kind for kind in ("virtual", "physical") if any(f" {word} " in said for word in acting_words.every(kind))]
    return [card for card in cards if card["kind"] in kinds] if len(kinds) == 1 else []


def with_records(form: Form, text: str) -> Step:
    """Find out which transfer, payment or refund is meant, and tell where it is."""
    kind = KINDS[form.action.name]
    result = run(form.action.name, {}, who=form.asker)
    if result.outcome is not Outcome.DONE:
        return form.failed(result)
    records: Sequence[Record] = result.facts[kind]
    if not records:
        return form.read(form.say(f"no_{kind}"))
    meant, named = _meant(kind, records, form.pending.hints, text)
    unsaid = form.pending.asks == "record" and not named  # an answer that says nothing is none
    if unsaid or not meant or len(meant) > _MOST:
        first = form.say("nothing_like_it") if named and not meant else ""
        return form.ask("record", f"ask_{kind}", first=first)
    return form.read(*(record_line(form.speaks, kind, record) for record in meant))


def _meant(kind: str, records: Sequence[Record], hints: Hints, text: str) -> tuple[Sequence[Record], bool]:
    """Return the records that fit everything that was said of them, and whether anything was.

    Where nothing was said: those that are still open, or all when there are few.
    """
    by_name = [record for record in records if mentions(text, str(record[_NAMED_BY[kind]]))]
    tests: list[tuple[Sequence[Any], Callable[[Record], bool]]] = [
        (hints.references, lambda record: str(record["id"]).upper() in hints.references),
        (hints.amounts, lambda record: record["amount_minor"] in hints.amounts),
        (hints.days, lambda record: day_of(_at(record)) in hints.days),
        (by_name, lambda record: record in by_name),
    ]
    asked = [fits for said, fits in tests if said]
    if asked:
        return [record for record in records if all(fits(record) for fits in asked)], True
    still_open = [record for record in records if record["state"] in _OPEN]
    return (still_open if 0 < len(still_open) <= _MOST else records), False


def _at(record: Mapping[str, Any]) -> str:
    return str(record.get("created_at") or record.get("at") or record["announced_on"])
