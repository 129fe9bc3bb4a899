"""The actions that are shipped, against the paths of `client.py`. Adding one: docs/assistant.md, "Actions"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from holdfast.operations.action import CLAIMED, PROVEN, Action, Facts
from holdfast.operations.client import OperationsClient, OperationsRefused, UnknownRecord
from holdfast.operations.facts import Card

MOST = 25  # records of one kind that are told at once


def _printable(text: str) -> str:
    if any(not (letter.isprintable() or letter in "\r\n\t") for letter in text):
        raise ValueError("letters, digits and punctuation only")
    return text.strip()


Text = Annotated[str, AfterValidator(_printable)]


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Nothing(_Arguments):
    """No argument: all records of the account are told, newest first."""


class OneCard(_Arguments):
    card: Text = Field(min_length=4, max_length=60, description="The last four digits of the card, or its id.")


class NewAddress(_Arguments):
    address: Text = Field(min_length=10, max_length=200, description="The whole new postal address, in one text.")


def card_of(client: OperationsClient, ref: str, card: str) -> Card:
    """Return a card of this account by its id or last four digits. Raises `UnknownRecord`, `OperationsRefused`."""
    found = [each for each in client.cards(ref) if card in {each.id, each.last4}]
    if not found:
        raise UnknownRecord("There is no such card on this account.")
    if len(found) > 1:
        raise OperationsRefused("Two cards of this account end in these digits.")
    return found[0]


def _cards(client: OperationsClient, ref: str, _given: Nothing, _key: str) -> Facts:
    return {"cards": _plain(client.cards(ref))}


def _transfers(client: OperationsClient, ref: str, _given: Nothing, _key: str) -> Facts:
    return {"transfers": _plain(client.transfers(ref))}


def _payments(client: OperationsClient, ref: str, _given: Nothing, _key: str) -> Facts:
    return {"payments": _plain(client.payments(ref))}


def _refunds(client: OperationsClient, ref: str, _given: Nothing, _key: str) -> Facts:
    return {"refunds": _plain(client.refunds(ref))}


def _plain(records: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [record.model_dump(mode="json") for record in records[:MOST]]


def _freeze(client: OperationsClient, ref: str, given: OneCard, key: str) -> Facts:
    return {"card": client.freeze_card(card_of(client, ref, given.card).id, key=key).model_dump(mode="json")}


def _unfreeze(client: OperationsClient, ref: str, given: OneCard, key: str) -> Facts:
    return {"card": client.unfreeze_card(card_of(client, ref, given.card).id, key=key).model_dump(mode="json")}


def _resend_pin(client: OperationsClient, ref: str, given: OneCard, key: str) -> Facts:
    return client.resend_pin(card_of(client, ref, given.card).id, key=key).model_dump(mode="json")


def _change_address(client: OperationsClient, ref: str, given: NewAddress, key: str) -> Facts:
    return {"changed_at": client.change_address(ref, given.address, key=key).changed_at.isoformat()}


def _same_card(facts: Facts) -> Facts:
    return {"card": facts["card"]["id"]}


def _each(name: str, line: Callable[[Facts], str], *, none: str) -> Callable[[Facts], str]:
    return lambda facts: "; ".join(line(each) for each in facts[name]) + "." if facts[name] else none


def _money(record: Facts) -> str:
    return f"{record['amount_minor'] / 100:.2f} {record['currency']}"


ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(
            name="card_status",
            title="Card status",
            does="Tells the state of each card of the customer: active, frozen, blocked, expired or on its way.",
            arguments=Nothing,
            level=PROVEN,
            perform=_cards,
            tell=_each("cards", lambda card: f"Card ending {card['last4']} is {card['state']}", none="No card."),
        ),
        Action(
            name="freeze_card",
            title="Freeze a card",
            does="Freezes a card so that payments with it are declined. Can be undone with unfreeze_card.",
            arguments=OneCard,
            level=CLAIMED,  # stopping harm is easy; everything that could do harm needs proof
            perform=_freeze,
            tell=lambda facts: f"The card ending {facts['card']['last4']} is frozen.",
            writes=True,
            question="Freeze the card ending {card}? Payments with it are then declined.",
            undone_by="unfreeze_card",
            undo_with=_same_card,
        ),
        Action(
            name="unfreeze_card",
            title="Unfreeze a card",
            does="Lets payments with a frozen card go through again. Can be undone with freeze_card.",
            arguments=OneCard,
            level=PROVEN,
            perform=_unfreeze,
            tell=lambda facts: f"The card ending {facts['card']['last4']} is no longer frozen.",
            writes=True,
            question="Unfreeze the card ending {card}? Payments with it then go through again.",
            undone_by="freeze_card",
            undo_with=_same_card,
        ),
        Action(
            name="transfer_status",
            title="Transfer status",
            does="Tells where the transfers of the customer are: completed, held, returned or failed, and until when.",
            arguments=Nothing,
            level=PROVEN,
            perform=_transfers,
            tell=_each("transfers", lambda each: f"{_money(each)}: {each['state']}", none="No transfer."),
        ),
        Action(
            name="refund_status",
            title="Refund status",
            does="Tells which refunds that shops announced have come, and by when the others are due.",
            arguments=Nothing,
            level=PROVEN,
            perform=_refunds,
            tell=_each("refunds", lambda each: f"{_money(each)}: {each['state']}", none="No refund."),
        ),
        Action(
            name="payment_lookup",
            title="Payment lookup",
            does="Tells the card payments of the customer: booked, pending, declined or returned, and why.",
            arguments=Nothing,
            level=PROVEN,
            perform=_payments,
            tell=_each("payments", lambda each: f"{_money(each)}: {each['state']}", none="No payment."),
        ),
        Action(
            name="resend_pin",
            title="Send a PIN again",
            does="Sends the PIN of a card by post to the address on file. Cannot be undone.",
            arguments=OneCard,
            level=PROVEN,
            perform=_resend_pin,
            tell=lambda facts: f"The PIN of the card ending {facts['card']['last4']} is on its way by post.",
            writes=True,
            question="Send the PIN of the card ending {card} by post to the address on file?",
        ),
        Action(
            name="change_address",
            title="Change the address",
            does="Puts a new postal address on file, to which cards and PINs are sent. Needs proof, whoever asks.",
            arguments=NewAddress,
            level=PROVEN,
            level_for_people=PROVEN,
            perform=_change_address,
            tell=lambda facts: "The new address is on file.",
            writes=True,
            question="Put this address on file, for cards and letters: {address}?",
        ),
    )
}
