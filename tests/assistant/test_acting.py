"""Forms that act: they ask what is missing, confirm by name, and act once in the real demo bank, or call a person."""

from __future__ import annotations

import itertools
import json
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.core import mail
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.operations.bank import AT, TOKEN, RunningBank, running

from holdfast.assistant import acting, acting_words
from holdfast.assistant.acting import Acting, Pending, Step, begin, go_on
from holdfast.assistant.person_request import asks_for_person
from holdfast.assistant.reply_lint import lint
from holdfast.assistant.slots import Hints
from holdfast.assistant.telling import day_of
from holdfast.conversations.models import Conversation
from holdfast.drills.tidewater.bank import Bank
from holdfast.guard.keys import blind_index
from holdfast.kit import clock
from holdfast.operations.actions import ACTIONS
from holdfast.operations.client import operations
from holdfast.operations.models import Act
from holdfast.people.models import Customer, Identity, Proof, ProofCode

pytestmark = pytest.mark.django_db

KNOWN = Bank(seed=7, at=clock.now().fromisoformat(AT))
_numbers = itertools.count(300)
ADDRESS = "14 Harbour Row, Galway, H91 X2P4"


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def bank(service: str, settings: LazySettings) -> Iterator[RunningBank]:
    settings.OPERATIONS_URL, settings.OPERATIONS_TOKEN, settings.CUSTOMERS_ZONE = service, TOKEN, "Asia/Jakarta"
    operations.cache_clear()
    now = [clock.now().fromisoformat(AT)]
    clock.set_source(lambda: now[0])
    here = RunningBank(service)
    here.faults()
    yield here
    here.faults()
    clock.set_source(None)
    operations.cache_clear()


def account(story: str = "quiet", cards: int = 1) -> str:
    """An account no other test touches, with so many cards."""
    return next(
        ref for n in _numbers if KNOWN.story(ref := f"TW-{100_000 + n}") == story and len(KNOWN.cards(ref)) == cards
    )


def card(ref: str, number: int = 1) -> str:
    return str(KNOWN.cards(ref)[number - 1]["last4"])


def customer(ref: str | None, *, email: str = "", level: int = 1) -> Customer:
    made = Customer.objects.create(reference=ref)
    if email:
        Identity.objects.create(
            customer=made,
            kind="email",
            value=email,
            index=blind_index("email", email),
            level=level,
            created_at=clock.now() - timedelta(days=9),
        )
    return made


def somebody(ref: str | None, level: int, *, channel: str = "chat", email: str = "maren@post.example") -> Acting:
    """Somebody in a conversation of their own; level 0 with an address is somebody whom we do not know."""
    who = customer(ref if level else None, email=email, level=min(level, 1))
    at = clock.now()
    talk = Conversation.objects.create(customer=who, channel=channel, last_message_at=at, created_at=at)
    return Acting(talk.pk, who.pk, who.reference, level)


def answer(step: Step, text: str, who: Acting, locale: str = "en") -> Step:
    """Answer a step, through JSON as it is kept in between."""
    assert step.pending is not None, step
    return go_on(json.loads(json.dumps(step.pending.dump())), text, who=who, locale=locale)


def mailed_code() -> str:
    return "".join(re.findall(r"(\d{3}) (\d{3})", str(mail.outbox[-1].body))[0])


def state_of(bank: RunningBank, ref: str, number: int = 1) -> str:
    return str(bank.get(f"/v1/cards/{ref}-C{number}")["state"])


# What is done


def test_a_card_is_frozen_after_a_question_that_names_it_and_a_yes(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 2)
    asked = begin("freeze_card", "Please freeze my card", who=who, locale="en")
    last4 = card(ref)
    assert asked.say.startswith(f"Freeze the card ending {last4}?")
    assert asked.say.endswith("Reply yes or no.")
    assert state_of(bank, ref) == "active"
    done = answer(asked, "Yes please", who)
    assert done.say.startswith(f"Done: the card ending {last4} is frozen. Confirmed by our card system at 21:00.")
    assert done.done is not None
    assert (done.done.action, done.pending, done.give_up) == ("freeze_card", None, "")
    assert state_of(bank, ref) == "frozen"
    act = Act.objects.get(key=done.done.key)
    assert (act.state, act.by, act.level, act.conversation_id) == ("done", "assistant", 2, who.conversation_id)


def test_a_second_yes_to_the_same_question_acts_no_second_time(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 2)
    asked = begin("freeze_card", "freeze my card", who=who, locale="en")
    _, made = bank.changes
    assert answer(asked, "yes", who).done == answer(asked, "yes", who).done
    assert bank.changes[1] == made + 1
    assert Act.objects.filter(conversation_id=who.conversation_id).count() == 1


@pytest.mark.parametrize("text", ["no", "No, wait", "jangan", "não", "never mind", "batal"])
def test_a_no_changes_nothing(bank: RunningBank, text: str) -> None:
    ref = account()
    who = somebody(ref, 2)
    step = answer(begin("freeze_card", "freeze it", who=who, locale="en"), text, who)
    assert step == Step(say="All right. Nothing was changed.")
    assert state_of(bank, ref) == "active"
    assert not Act.objects.exists()


def test_after_two_answers_that_are_neither_yes_nor_no_a_person_takes_it(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 2)
    first = begin("freeze_card", "freeze it", who=who, locale="en")
    again = answer(first, "yes but tell me about my refund as well", who)
    assert again.say.startswith("I did not understand that. Freeze the card ending")
    assert again.pending is not None
    assert again.pending.key == (first.pending and first.pending.key)
    last = answer(again, "hmm", who)
    assert last.say == "A person takes it from here."
    assert last.give_up == "Freeze a card: Neither yes nor no."
    assert state_of(bank, ref) == "active"


def test_of_several_cards_one_is_asked_for_and_chosen_by_its_digits_or_its_kind(bank: RunningBank) -> None:
    ref = account(cards=2)
    who = somebody(ref, 2)
    asked = begin("freeze_card", "block my card", who=who, locale="en")
    assert asked.say == f"Which card: the card ending {card(ref)} or the virtual card ending {card(ref, 2)}?"
    chosen = answer(asked, f"the one ending {card(ref)}", who)
    assert chosen.say.startswith(f"Freeze the card ending {card(ref)}?")
    other = answer(asked, "the virtual one", who)
    assert other.say.startswith(f"Freeze the virtual card ending {card(ref, 2)}?")
    assert answer(other, "yes", who).done is not None
    assert (state_of(bank, ref), state_of(bank, ref, 2)) == ("active", "frozen")
    named = begin("freeze_card", f"freeze the card ending {card(ref)}", who=who, locale="en")
    assert named.say.startswith(f"Freeze the card ending {card(ref)}?"), "what was said is not asked again"


def test_digits_of_no_card_are_asked_again_once_and_then_a_person_takes_it(bank: RunningBank) -> None:
    ref = account(cards=2)
    who = somebody(ref, 2)
    asked = begin("freeze_card", "block my card", who=who, locale="en")
    wrong = next(d for d in ("1111", "2222", "3333") if d not in {card(ref), card(ref, 2)})
    again = answer(asked, wrong, who)
    assert again.say.startswith("I find nothing like that. Which card: ")
    assert answer(again, wrong, who).give_up == "Freeze a card: It did not become clear which one is meant."


def test_a_frozen_card_is_unfrozen_and_what_is_so_already_is_told_as_a_fact(bank: RunningBank) -> None:
    ref = account("card_frozen")
    who = somebody(ref, 2)
    told = begin("freeze_card", "freeze my card", who=who, locale="en")
    assert told.say == f"Your card: the card ending {card(ref)} is frozen. Read from our card system at 21:00."
    assert told.done is not None
    step = begin("unfreeze_card", "I found my card, unfreeze it", who=who, locale="en")
    assert answer(step, "yes", who).done is not None
    assert state_of(bank, ref) == "active"


def test_a_pin_is_sent_again_by_post(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 2)
    step = begin("resend_pin", "I forgot my PIN", who=who, locale="en")
    assert step.say == f"Send the PIN of the card ending {card(ref)} by post to the address on file? Reply yes or no."
    assert "due by 13 Nov" in answer(step, "ok", who).say
    ordered = account("card_on_its_way")
    who = somebody(ordered, 2, email="")
    assert "is on its way and due by" in begin("resend_pin", "send my pin", who=who, locale="en").say


def test_an_address_is_changed_after_proof_and_a_question_that_repeats_it(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 1)
    asked = begin("change_address", f"I moved. My new address is {ADDRESS}", who=who, locale="en")
    assert asked.say.startswith("If we have an e-mail address or number on file for you")
    confirm = answer(asked, mailed_code(), who)
    assert confirm.say == f"Put this address on file, for cards and letters: {ADDRESS}? Reply yes or no."
    assert answer(confirm, "yes", who).say.startswith("Done: the new address is on file.")
    assert bank.get(f"/v1/accounts/{ref}/address")["address"] == ADDRESS


def test_an_address_that_is_none_is_asked_for_once_more_and_then_a_person_takes_it(bank: RunningBank) -> None:
    who = somebody(account(), 2)
    asked = begin("change_address", "change my address", who=who, locale="en")
    assert asked.say.startswith("What is the whole new address?")
    assert answer(asked, "3 Elm Court, Cork", who).say.startswith("Put this address on file")
    assert answer(answer(asked, "Cork", who), "near the church", who).give_up.startswith("Change the address: ")


# What is told


@pytest.mark.parametrize(
    ("locale", "read"),
    [
        ("en", "Your card: the card ending {0} is active. Read from our card system at 21:00."),
        ("id", "Kartu Anda: kartu berakhiran {0} aktif. Dibaca dari sistem kartu kami pukul 21:00."),
        ("pt-br", "Seu cartão: o cartão final {0} está ativo. Lido no nosso sistema de cartões às 21:00."),
    ],
)
def test_a_status_is_told_in_the_language_with_the_time_it_was_read(bank: RunningBank, locale: str, read: str) -> None:
    ref = account()
    step = begin("card_status", "?", who=somebody(ref, 2), locale=locale)
    assert step.say == read.format(card(ref))


@pytest.mark.parametrize(
    ("action", "story", "locale", "expected"),
    [
        (
            "transfer_status",
            "transfer_held",
            "en",
            r"The transfer of EUR [\d,.]+ to .+ is on hold since .+ It is being",
        ),
        ("transfer_status", "salary_late", "en", r"The salary of EUR [\d,.]+ from .+ should move on by .*\d\d:\d\d"),
        (
            "transfer_status",
            "transfer_returned",
            "id",
            r"Transfer EUR [\d,.]+ kepada .+ dikembalikan\. Bank lain tidak",
        ),
        ("refund_status", "refund_expected", "pt-br", r"O reembolso de EUR [\d,.]+ de .+ (ainda não chegou|deveria)"),
        ("payment_lookup", "declines", "en", r"The payment of EUR [\d,.]+ at .+ was declined; no money was taken\."),
    ],
)
def test_what_stands_out_is_told_without_asking(
    bank: RunningBank, action: str, story: str, locale: str, expected: str
) -> None:
    for _ in range(8):  # of some accounts more than three things stand out
        step = begin(action, "?", who=somebody(account(story), 2, email=""), locale=locale)
        if step.done is not None:
            break
    assert re.search(expected, step.say), step.say


def test_a_payment_is_found_by_its_amount_its_day_its_shop_or_its_reference(bank: RunningBank) -> None:
    ref = next(r for r in (account() for _ in range(40)) if len(KNOWN.payments(r)) > 6)
    who = somebody(ref, 2)
    wanted = KNOWN.payments(ref)[2]
    amount = f"{wanted['amount_minor'] / 100:.2f}"
    for text in (f"the one of €{amount}", f"on {day_of(wanted['at'])} {amount} EUR", f"reference {wanted['id']}"):
        step = begin("payment_lookup", text, who=who, locale="en")
        assert step.done is not None, text
        assert f"EUR {wanted['amount_minor'] / 100:,.2f} at {wanted['merchant']}" in step.say
    by_name = begin("payment_lookup", f"my payment at {wanted['merchant']} of {amount} euros", who=who, locale="en")
    assert by_name.done is not None
    asked = begin("payment_lookup", "the one of €99999.99", who=who, locale="en")
    assert asked.say.startswith("I find nothing like that. Which payment?")
    assert answer(asked, f"{amount}", who).done is not None
    assert answer(answer(asked, "dunno", who), "dunno", who).give_up.startswith("Payment lookup: ")


# Who asks


def test_below_proof_a_code_goes_to_the_address_on_file_and_then_it_goes_on(bank: RunningBank) -> None:
    ref = account("transfer_held")
    who = somebody(ref, 1)
    asked = begin("transfer_status", "where is my transfer?", who=who, locale="id")
    assert mail.outbox[0].to == ["maren@post.example"]
    assert "sistem transfer" in answer(asked, mailed_code(), who, "id").say
    assert begin("card_status", "?", who=who, locale="en").done is not None, "the proof holds for the conversation"
    elsewhere = replace(who, conversation_id=somebody(None, 0, email="").conversation_id)
    assert begin("card_status", "?", who=elsewhere, locale="en").done is None, "and for no other"
    another = replace(who, customer_id=customer(None).pk, reference=None, level=0)
    assert begin("card_status", "?", who=another, locale="en").done is None, "nor for others who write in it"


def test_two_wrong_codes_lead_to_a_person(bank: RunningBank) -> None:
    who = somebody(account(), 1)
    asked = begin("card_status", "?", who=who, locale="en")
    wrong = f"{(int(mailed_code()) + 1) % 10**6:06d}"
    again = answer(asked, wrong, who)
    assert again.say.startswith("That is not the code.")
    last = answer(again, wrong, who)
    assert last.give_up == "Card status: It is not proven who asks: the codes entered were wrong."
    assert not Proof.objects.exists()


def test_a_code_that_did_not_come_is_sent_again_and_at_last_a_person_takes_it(bank: RunningBank) -> None:
    who = somebody(account(), 1)
    step = begin("card_status", "?", who=who, locale="en")
    for sent in (2, 3):
        step = answer(step, "it did not arrive, send it again", who)
        assert len(mail.outbox) == sent
    last = answer(step, "nothing came", who)
    assert last.say.startswith("I cannot send another code here.")
    assert last.give_up


def test_when_the_proof_runs_out_before_the_yes_it_is_asked_for_again(bank: RunningBank) -> None:
    ref = account("card_frozen")
    who = somebody(ref, 1)
    asked = begin("unfreeze_card", "unfreeze my card", who=who, locale="en")
    confirm = answer(asked, mailed_code(), who)
    later = clock.now() + timedelta(hours=1)
    clock.set_source(lambda: later)
    again = answer(confirm, "yes", who)
    assert again.pending is not None
    assert again.pending.asks == "code"
    assert state_of(bank, ref) == "frozen"
    assert answer(answer(again, mailed_code(), who), "yes", who).done is not None
    assert state_of(bank, ref) == "active"


def test_a_visitor_of_the_chat_says_which_address_we_have_and_proves_to_have_it(bank: RunningBank) -> None:
    ref = account()
    customer(ref, email="known@post.example")
    visitor = somebody(None, 0, email="")
    asked = begin("card_status", "is my card active?", who=visitor, locale="en")
    assert asked.say.endswith("which account number, e-mail address or phone number do we have on file for you?")
    step = answer(asked, "known@post.example", visitor)
    assert card(ref) in answer(step, mailed_code(), visitor).say
    assert answer(answer(asked, "dunno", visitor), "my mail", visitor).give_up


def test_a_visitor_who_proves_an_account_by_its_number_acts_as_its_customer_from_then_on(bank: RunningBank) -> None:
    ref = account()
    known = customer(ref, email="known@post.example")
    visitor = somebody(None, 0, email="")
    asked = begin("card_status", "is my card active?", who=visitor, locale="en")
    step = answer(asked, f"it is {ref.lower()}", visitor)
    assert card(ref) in answer(step, mailed_code(), visitor).say
    talk = Conversation.objects.get(pk=visitor.conversation_id)
    assert (talk.customer_id, talk.version) == (known.pk, 0), "the conversation is theirs; nothing was said in it"
    theirs = replace(visitor, customer_id=known.pk, reference=ref)
    again = begin("card_status", "and now?", who=theirs, locale="en")
    assert card(ref) in again.say, "who proved it need not do so again while it holds"


def test_what_a_visitor_sees_is_the_same_whether_or_not_we_know_the_address(bank: RunningBank) -> None:
    customer(account(), email="known@post.example")
    seen = []
    for address in ("known@post.example", "stranger@post.example"):
        visitor = somebody(None, 0, email="")
        step = begin("card_status", "?", who=visitor, locale="en")
        said = [step.say]
        for text in (address, "send it again", address, "not000", "xx"):
            step = answer(step, text, visitor) if step.pending else step
            said.append(step.say)
        seen.append(said)
    assert seen[0] == seen[1]
    assert {tuple(each.to) for each in mail.outbox} == {("known@post.example",)}
    assert ProofCode.objects.filter(customer=None).exists()


def test_freezing_needs_no_proof_but_shows_nothing_to_who_has_none(bank: RunningBank) -> None:
    ref = account(cards=2)
    known, unknown = somebody(ref, 1), somebody(None, 0, email="stranger@post.example")
    wrong = next(d for d in ("1111", "2222", "3333") if d not in {card(ref), card(ref, 2)})
    seen = []
    for who in (known, unknown):
        step = begin("freeze_card", "my card was stolen, freeze it", who=who, locale="en")
        said = [step.say]
        for text in (wrong, "yes"):
            step = answer(step, text, who)
            said.append(step.say)
        assert step.give_up.startswith("Freeze a card: ")
        seen.append(said)
    assert seen[0] == seen[1]
    assert seen[0][0] == "What are the last four digits on the card?"
    step = begin("freeze_card", f"freeze the card ending {card(ref)}", who=known, locale="en")
    assert answer(step, "yes", known).done is not None
    assert state_of(bank, ref) == "frozen"
    assert Act.objects.get(state="done").level == 1
    assert not mail.outbox


def test_without_a_way_to_send_codes_a_person_takes_it(bank: RunningBank, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    step = begin("card_status", "?", who=somebody(account(), 1), locale="en")
    assert step.say.startswith("I cannot send a code just now")
    assert step.give_up == "Card status: It is not proven who asks: no code could be sent."


# What goes wrong


def test_systems_that_are_away_are_said_so_and_a_person_takes_it(bank: RunningBank) -> None:
    bank.faults(error_rate=1)
    for action, system in (("card_status", "card system"), ("refund_status", "refund system")):
        step = begin(action, "?", who=somebody(account(), 2, email=""), locale="en")
        assert (
            step.say == f"Our {system} does not answer just now, so nothing was changed. A person takes it from here."
        )
        assert step.give_up.endswith("The company's systems do not answer just now.")


def test_an_answer_that_got_lost_is_told_as_not_known(bank: RunningBank) -> None:
    ref = account()
    who = somebody(ref, 2)
    asked = begin("freeze_card", "freeze it", who=who, locale="en")
    bank.faults(lose_answers=True, only="/freeze")
    step = answer(asked, "yes", who)
    assert "it may have happened, or not" in step.say
    assert step.done is None
    assert step.pending is None
    key = asked.pending and asked.pending.key
    assert step.give_up.endswith(f"Look in the system before it is asked for again (key {key}).")
    assert Act.objects.get().state == "unknown"


def test_what_the_bank_refuses_is_told_and_a_person_takes_it(bank: RunningBank) -> None:
    who = somebody(account(), 2)
    for _ in range(2):
        step = answer(begin("resend_pin", "my pin please", who=who, locale="en"), "yes", who)
    assert step.say == "Our card system did not accept this, so nothing was changed. A person takes it from here."
    assert step.give_up == "Send a PIN again: The PIN of this card is on its way already."


@pytest.mark.parametrize(
    "pending",
    [
        {},
        {"action": "freeze_card"},
        {"action": "nothing", "asks": "confirm"},
        {"action": "freeze_card", "asks": "sing"},
        {"action": 5, "asks": [], "tries": "many"},
        {"action": "freeze_card", "asks": "confirm", "hints": 3},
        {"action": "freeze_card", "asks": "confirm", "key": "k"},
        {"action": "card_status", "asks": "confirm", "slots": {"card": "4471", "last4": "4471"}},
        {"action": "freeze_card", "asks": "record"},
        {"action": "refund_status", "asks": "card"},
        {"action": "change_address", "asks": "confirm", "key": "k"},
    ],
)
def test_what_cannot_be_read_any_more_goes_to_a_person(bank: RunningBank, pending: dict[str, Any]) -> None:
    step = go_on(pending, "yes", who=somebody(account(), 2), locale="en")
    assert step.give_up
    assert not Act.objects.exists()


def test_without_words_of_a_language_or_for_what_is_no_action_a_person_takes_it(bank: RunningBank) -> None:
    who = somebody(account(), 2)
    assert begin("freeze_card", "Karte sperren", who=who, locale="de").give_up
    assert begin("rob_bank", "?", who=who, locale="en").give_up
    assert acting.speaks("pt")
    assert not acting.speaks("de")


_said = st.sampled_from(
    ["yes", "no", "4471", "the virtual one", ADDRESS, "123456", "a@b.example", "never mind", "12.50", "", "x" * 9_000]
) | st.text(max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(action=st.sampled_from(sorted(ACTIONS)), level=st.integers(0, 2), said=st.lists(_said, min_size=1, max_size=6))
def test_whatever_is_answered_it_ends_and_nothing_is_done_without_a_yes(
    bank: RunningBank, action: str, level: int, said: list[str]
) -> None:
    who = somebody("TW-100250", level, email="") if level == 2 else somebody(None, 0, email="")
    Customer.objects.filter(reference="TW-100250").update(reference=None)
    before = Act.objects.count()
    step = begin(action, said[0], who=who, locale="en")
    for text in said[1:]:
        assert step.say
        if step.pending is None:
            break
        confirming = step.pending.asks == "confirm"
        step = answer(step, text, who)
        if not (confirming and text == "yes"):
            assert Act.objects.count() == before
        before = Act.objects.count()
    assert step.say or step.give_up
    assert len([each for each in (step.pending, step.done, step.give_up) if each]) <= 1


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.builds(
        Pending,
        action=st.text(max_size=10),
        asks=st.text(max_size=8),
        tries=st.integers(0, 9),
        slots=st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3),
        key=st.text(max_size=9),
        hints=st.builds(
            Hints,
            last4=st.tuples(st.text(string.digits, min_size=4, max_size=4)),
            amounts=st.tuples(st.integers(1, 10**9)),
            days=st.tuples(st.dates()),
        ),
    )
)
def test_what_is_pending_survives_json(pending: Pending) -> None:
    assert Pending.load(json.loads(json.dumps(pending.dump()))) == pending


def test_there_are_ways_to_ask_for_every_action_in_every_language_and_none_asks_for_a_person() -> None:
    for locale in ("en", "id", "pt-br"):
        offered = acting.examples(locale)
        assert set(offered) == set(ACTIONS)
        said = [phrase for phrases in offered.values() for phrase in phrases]
        assert len(said) == len(set(said)) >= 80
        assert [phrase for phrase in said if asks_for_person(phrase)] == []
    assert len([phrase for phrases in acting.examples().values() for phrase in phrases]) >= 240
    assert acting.examples("de") == {}


def test_every_language_says_the_same_things_with_the_same_gaps() -> None:
    said = {name: about["say"] for name, about in acting_words._DATA.items()}
    for name, sentences in said.items():
        assert set(sentences) == set(said["en"]), name
        for key, sentence in sentences.items():
            assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", said["en"][key])), (name, key)
            assert "!" not in sentence


def test_every_sentence_passes_the_reading_that_replies_get_before_they_leave() -> None:
    for locale, name in (("en", "en"), ("id", "id"), ("pt-br", "pt")):
        for key, sentence in acting_words._DATA[name]["say"].items():
            assert lint(sentence, locale=locale, actions=("action",)) == [], (name, key)


def test_nothing_of_the_words_of_a_customer_is_kept_but_what_the_form_needs(bank: RunningBank) -> None:
    text = f"Hello I am Maren Okafor, my card 5355123456784471 was stolen, freeze it {uuid4()}"
    step = begin("freeze_card", text, who=somebody(account(), 1), locale="en")
    assert step.pending is not None
    kept = json.dumps(step.pending.dump())
    assert "4471" in kept
    assert "535512" not in kept
    assert "Maren" not in kept


def test_every_action_has_a_title_and_a_sentence_for_customers_in_every_language() -> None:
    for speaks in acting_words._DATA:
        named = {name: acting_words.titled(speaks, name) for name in ACTIONS}
        assert len(set(named.values())) == len(ACTIONS)
        for name in ACTIONS:
            assert acting_words.explained(speaks, name).endswith(".")
            if speaks != "en":
                assert named[name] != acting_words.titled("en", name), (speaks, name)
