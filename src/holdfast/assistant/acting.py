"""Doing things for customers by deterministic forms: who they are, what is missing, a confirmation, then the action.

`begin` and `go_on` make one step each and say what to tell the customer. A question is put again once, then a person
takes it; so does whatever is refused, away or unknown. What is written of it: the records of actions and codes only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from holdfast.assistant import acting_given, slots
from holdfast.assistant.acting_forms import KINDS, Form, confirming, with_cards, with_records
from holdfast.assistant.acting_steps import Acting, Done, Pending, Step
from holdfast.assistant.acting_words import examples_of, language
from holdfast.assistant.telling import today
from holdfast.conversations.belonging import belongs_to
from holdfast.notify.codes import CodeSent, send_code
from holdfast.operations.action import CLAIMED, Action
from holdfast.operations.actions import ACTIONS
from holdfast.operations.registry import action_named
from holdfast.people import proving
from holdfast.people.proving import Entered
from holdfast.shield import assess

__all__ = ["Acting", "Done", "Pending", "Step", "begin", "examples", "go_on", "speaks"]

MOST_TRIES = 2  # answers to one question
_READ = 2_000  # characters of an answer


def begin(action: str, text: str, *, who: Acting, locale: str) -> Step:
    """Begin an action with what the customer wrote; whatever is in it already is not asked again."""
    offered, here = action_named(action), language(locale)
    if offered is None or here is None:
        return Step(give_up=f"No form for “{action[:40]}” in this language.")
    pending = Pending(action=action, hints=slots.hints_of(text[:_READ], today=today()))
    if action == "change_address" and (address := slots.address_of(text[:_READ])):
        pending = replace(pending, slots={"address": address})
    return _onward(Form(offered, pending, who, here), text[:_READ])


def go_on(pending: Pending | Mapping[str, object], text: str, *, who: Acting, locale: str) -> Step:
    """Go on with what waits for the customer's answer."""
    try:
        waiting = pending if isinstance(pending, Pending) else Pending.load(acting_given.opened(pending))
    except ValueError:
        return Step(give_up="What was under way cannot be read any more.")
    offered, here = action_named(waiting.action), language(locale)
    if offered is None or here is None:
        return Step(give_up=f"No form for “{waiting.action}” in this language.")
    form = Form(offered, waiting, who, here)
    if waiting.asks != "confirm" and slots.stops(text) and not slots.wants_again(text):
        return form.told("stopped")
    if waiting.asks not in _asked_for(form):
        return Step(give_up="What was under way cannot be read any more.")
    return _ANSWERS[waiting.asks](form, text[:_READ])


def examples(locale: str = "") -> Mapping[str, Sequence[str]]:
    """Return ways people ask for each action, in one language or in all that have a form."""
    here = language(locale) if locale else ""
    return {} if here is None else {name: examples_of(name, here) for name in ACTIONS}


def speaks(locale: str) -> bool:
    """Return whether there are forms in this language."""
    return language(locale) is not None


def _asked_for(form: Form) -> set[str]:
    """Return what this form may be waiting for."""
    given, own = form.pending.slots, {"who", "code"}
    if form.action.name in KINDS:
        return own | {"record"}
    if form.action.name == "change_address":
        return own | {"address"} | ({"confirm"} if "address" in given else set())
    return own | {"card"} | ({"confirm"} if form.action.writes and {"card", "last4"} <= set(given) else set())


def _onward(form: Form, text: str) -> Step:
    """Take the next step: proof if it is missing, then what the action needs, then a confirmation."""
    if not form.may and not _blind(form.action, form.who):
        return _prove(form)
    if form.action.name == "change_address":
        return confirming(form) if "address" in form.pending.slots else form.ask("address", "ask_address")
    if form.action.name in KINDS:
        return with_records(form, text)
    return with_cards(form, text)


def _blind(action: Action, who: Acting) -> bool:
    """What needs no proof is asked of everybody who says who they are, alike: what is on file shows only at the end."""
    return action.level <= CLAIMED and who.customer_id is not None and proving.said_who(who.customer_id)


def _prove(form: Form) -> Step:
    known = form.who.customer_id
    if known is None or not proving.said_who(known):
        return form.ask("who", "ask_who")
    return _send(form)


def _send(form: Form, claimed: str = "") -> Step:
    sent = send_code(
        conversation_id=form.who.conversation_id,
        speaker_id=form.who.customer_id,
        locale=form.speaks,
        claimed=claimed,
    )
    if sent is CodeSent.ON_ITS_WAY:
        return form.ask("code", "ask_code")
    sentence = "no_more_codes" if sent is CodeSent.NO_MORE else "code_away"
    return form.given_up(form.say(sentence), "It is not proven who asks: no code could be sent.")


def _who(form: Form, text: str) -> Step:
    claimed = slots.email_of(text) or slots.phone_of(text) or slots.account_of(text)
    return _again(form, "ask_who", "They did not say who they are.") if claimed is None else _send(form, claimed)


def _code(form: Form, text: str) -> Step:
    code = slots.code_of(text)
    if code is None:
        if slots.wants_again(text):
            return _prove(form)
        return _again(form, "ask_code", "It is not proven who asks: no code was entered.")
    match proving.enter(code, conversation_id=form.who.conversation_id, speaker_id=form.who.customer_id):
        case Entered.PROVEN:
            return _onward(replace(form, who=_known(form.who), pending=replace(form.pending, asks="", tries=0)), "")
        case Entered.WRONG:
            return _again(form, "wrong_code", "It is not proven who asks: the codes entered were wrong.", plain=True)
        case Entered.OVER:
            return form.given_up(form.say("over_code"), "It is not proven who asks: the code was used up or too old.")


def _known(who: Acting) -> Acting:
    """Return who acts now that a code was right: a visitor's conversation becomes that of the customer they are."""
    proven = proving.proven(who.conversation_id, speaker_id=who.customer_id)
    if proven is None:
        return who
    assess.proven(conversation_id=who.conversation_id, speaker_id=who.customer_id, customer_id=proven.customer_id)
    if not belongs_to(conversation_id=who.conversation_id, customer_id=proven.customer_id):
        return who
    return replace(who, customer_id=proven.customer_id, reference=proven.reference)


def _card(form: Form, text: str) -> Step:
    return _with_answer(form, text, with_cards)


def _record(form: Form, text: str) -> Step:
    return _with_answer(form, text, with_records)


def _with_answer(form: Form, text: str, fill: Callable[[Form, str], Step]) -> Step:
    """Try again with what the answer says; still the same question means that it was not understood."""
    if not form.may and not _blind(form.action, form.who):  # the proof ran out while they were thinking
        return _prove(form)
    hinted = replace(form.pending, hints=slots.hints_of(text, today=today()))
    step = fill(replace(form, pending=hinted), text)
    if step.pending is None or step.pending.asks != form.pending.asks:
        return step
    return _counted(form, step, "It did not become clear which one is meant.")


def _address(form: Form, text: str) -> Step:
    address = slots.address_of(text, asked=True)
    if address is None:
        return _again(form, "ask_address", "The new address was not understood.")
    return _onward(replace(form, pending=replace(form.pending, slots={"address": address})), "")


def _confirm(form: Form, text: str) -> Step:
    yes = slots.yes_or_no(text, also=form.words_of_the_question)
    if yes is None:
        if slots.stops(text):
            return form.told("stopped")
        step = confirming(form, key=form.pending.key)
        return _counted(form, replace(step, say=form.joined(form.say("again"), step.say)), "Neither yes nor no.")
    if not yes:
        return form.told("stopped")
    if not form.may and not _blind(form.action, form.who):  # the proof ran out while they were thinking
        return _prove(form)
    return form.carried_out()


def _again(form: Form, sentence: str, why: str, *, plain: bool = False) -> Step:
    """Put the question again, once."""
    said = form.say(sentence) if plain else form.joined(form.say("again"), form.say(sentence))
    return _counted(form, Step(say=said, pending=form.pending), why)


def _counted(form: Form, step: Step, why: str) -> Step:
    tries = form.pending.tries + 1
    if tries >= MOST_TRIES or step.pending is None:
        return form.given_up("", why)
    return replace(step, pending=replace(step.pending, tries=tries))


_ANSWERS: dict[str, Callable[[Form, str], Step]] = {
    "who": _who,
    "code": _code,
    "card": _card,
    "record": _record,
    "address": _address,
    "confirm": _confirm,
}
