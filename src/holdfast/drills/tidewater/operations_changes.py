"""What was changed at the bank since its service started: cards switched, PINs sent again, addresses. In memory.

Every change needs an `Idempotency-Key`: the same key gets the first answer and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from holdfast.drills.tidewater.bank import Bank
from holdfast.drills.tidewater.operations_http import Problem, Request

_CHANGE = re.compile(
    r"/v1/(?:cards/(?P<card>[^/]+)/(?P<act>freeze|unfreeze|pin)|accounts/(?P<ref>[^/]+)/(?P<what>address))"
)
_DAYS_OF_A_LETTER = 3
_LONGEST = 200


@dataclass(slots=True)
class Changes:
    """The changed part of the bank. `asked` counts requests for a change, `made` those that changed something."""

    bank: Bank
    frozen: dict[str, bool] = field(default_factory=dict)
    pins: dict[str, datetime] = field(default_factory=dict)
    addresses: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: dict[str, tuple[str, bytes, dict[str, Any]]] = field(default_factory=dict)
    asked: int = 0

    @property
    def made(self) -> int:
        return len(self.done)

    def cards(self, ref: str) -> list[dict[str, Any]]:
        """Return the cards of an account as they are now."""
        return [card | self._switched(card) for card in self.bank.cards(ref)]

    def address(self, ref: str) -> dict[str, Any]:
        """Return the address that was put on file here; none means the one of the day the account was opened."""
        return self.addresses.get(ref, {"ref": ref, "address": None, "changed_at": None})

    def offered(self, path: str) -> bool:
        """Whether something can be changed at this path."""
        return _CHANGE.fullmatch(path) is not None

    def make(self, request: Request) -> dict[str, Any]:
        """Carry out what a request asks for, once per key. Raises `Problem`."""
        found = _CHANGE.fullmatch(request.path)
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is nothing to post to at {request.path}.")
        key = request.headers.get("idempotency-key", "")
        if not key:
            raise Problem(HTTPStatus.BAD_REQUEST, "An Idempotency-Key header is needed.")
        self.asked += 1
        if key in self.done:
            path, body, answer = self.done[key]
            if (path, body) != (request.path, request.body):
                raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "This Idempotency-Key was used for something else.")
            return answer
        answer = self._make(request, found)
        self.done[key] = (request.path, request.body, answer)
        return answer

    def _make(self, request: Request, found: re.Match[str]) -> dict[str, Any]:
        if found["what"]:
            return self._move(found["ref"], request.json().get("address"))
        acts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "freeze": lambda card: self._switch(card, freeze=True),
            "unfreeze": lambda card: self._switch(card, freeze=False),
            "pin": self._send_pin,
        }
        return acts[found["act"]](self._card(found["card"]))

    def _card(self, card_id: str) -> dict[str, Any]:
        ref = card_id.rpartition("-")[0]
        cards = self.cards(ref) if self.bank.knows(ref) else []
        card = next((card for card in cards if card["id"] == card_id), None)
        if card is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no card {card_id}.")
        return card

    def _switched(self, card: dict[str, Any]) -> dict[str, Any]:
        frozen = self.frozen.get(card["id"])
        return {} if frozen is None else {"state": "frozen" if frozen else "active"}

    def _switch(self, card: dict[str, Any], *, freeze: bool) -> dict[str, Any]:
        if card["state"] not in {"active", "frozen"}:
            raise Problem(HTTPStatus.CONFLICT, f"The card is {card['state']}: it cannot be frozen or unfrozen.")
        self.frozen[card["id"]] = freeze
        return card | self._switched(card) | {"changed_at": self.bank.at.isoformat()}

    def _send_pin(self, card: dict[str, Any]) -> dict[str, Any]:
        if card["kind"] != "physical" or card["state"] != "active":
            raise Problem(HTTPStatus.CONFLICT, "A PIN is sent for a physical card that is active.")
        if card["id"] in self.pins:
            raise Problem(HTTPStatus.CONFLICT, "The PIN of this card is on its way already.")
        self.pins[card["id"]] = self.bank.at
        due = (self.bank.at + timedelta(days=_DAYS_OF_A_LETTER)).date()
        return {"card": card, "sent_at": self.bank.at.isoformat(), "expected_by": due.isoformat()}

    def _move(self, ref: str, address: Any) -> dict[str, Any]:
        if not self.bank.knows(ref):
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no account {ref}.")
        if not isinstance(address, str) or not 10 <= len(address.strip()) <= _LONGEST:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"address: a postal address of 10 to {_LONGEST} characters.")
        changed_at = self.bank.at.isoformat()
        self.addresses[ref] = {"ref": ref, "address": address.strip(), "changed_at": changed_at}
        return {"ref": ref, "changed_at": changed_at}
