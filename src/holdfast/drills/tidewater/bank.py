"""What the fictional bank knows about each customer: accounts, cards, transfers, payments and refunds.

Everything is computed from the seed, the account reference and one instant, and nothing is stored: the seeder and the
operations service agree because both ask here. Amounts are integers in minor units (cents).
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FIRST_NUMBER = 100_000
HERE = Path(__file__).resolve().parent

# How often each story befalls a customer who is not one of the cast, in shares of 100.
STORIES = {
    "quiet": 58,
    "declines": 9,
    "transfer_held": 7,
    "salary_late": 6,
    "refund_expected": 6,
    "debited_twice": 4,
    "transfer_returned": 4,
    "card_frozen": 3,
    "card_on_its_way": 2,
    "restricted": 1,
}


def reference(index: int) -> str:
    """Return the account reference of the customer with this index, e.g. `TW-100042` for 42."""
    return f"TW-{FIRST_NUMBER + index}"


def index_of(ref: str) -> int:
    """Return the index of a reference. Raises `ValueError` when it is not one of ours."""
    prefix, _, digits = ref.partition("-")
    if prefix != "TW" or not digits.isascii() or not digits.isdigit() or len(digits) != 6:
        raise ValueError(f"{ref!r} is not an account reference")
    return int(digits) - FIRST_NUMBER


@cache
def lexicon() -> dict[str, Any]:
    """Return the name lists of `names.toml`."""
    return tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))


@cache
def cast() -> tuple[dict[str, Any], ...]:
    """Return the named people of the demo; the position is the customer index."""
    return tuple(tomllib.loads((HERE / "cast.toml").read_text(encoding="utf-8"))["person"])


@dataclass(frozen=True, slots=True)
class Bank:
    """The whole bank at the instant `at` (aware, UTC), for `customers` customers."""

    seed: int
    at: datetime
    customers: int = 20_000

    def knows(self, ref: str) -> bool:
        """Whether this is the reference of one of the customers."""
        try:
            return 0 <= index_of(ref) < self.customers
        except ValueError:
            return False

    def story(self, ref: str) -> str:
        """Return what is going on for this customer, one of `STORIES`."""
        index = index_of(ref)
        if index < len(cast()):
            return str(cast()[index]["story"])
        return self._dice(ref, "story").choices(list(STORIES), weights=list(STORIES.values()))[0]

    def overview(self, ref: str) -> dict[str, Any]:
        """Return account, cards, transfers, payments and refunds of one customer."""
        return {
            "account": self.account(ref),
            "cards": self.cards(ref),
            "transfers": self.transfers(ref),
            "payments": self.payments(ref),
            "refunds": self.refunds(ref),
        }

    def account(self, ref: str) -> dict[str, Any]:
        """Return state, currency and balances of the account."""
        dice = self._dice(ref, "account")
        balance = int(dice.lognormvariate(11.2, 1.1))
        restricted = self.story(ref) == "restricted"
        return {
            "ref": ref,
            "state": "restricted" if restricted else "active",
            "state_since": _stamp(self.at - timedelta(minutes=dice.randint(120, 2_000))) if restricted else None,
            "currency": "EUR",
            "balance_minor": balance,
            "available_minor": max(0, balance - dice.choice((0, 0, 0, 840, 2_315, 12_000))),
            "opened_on": (self.at - timedelta(days=dice.randint(40, 2_900))).date().isoformat(),
            "flags": ["source_of_funds_asked"] if restricted else [],
        }

    def cards(self, ref: str) -> list[dict[str, Any]]:
        """Return the physical card and sometimes a virtual one."""
        dice = self._dice(ref, "cards")
        state = {"card_frozen": "frozen", "card_on_its_way": "ordered"}.get(self.story(ref), "active")
        found = [self._card(ref, 1, "physical", state, dice)]
        if dice.random() < 0.45:
            found.append(self._card(ref, 2, "virtual", "active", dice))
        return found

    def _card(self, ref: str, number: int, kind: str, state: str, dice: random.Random) -> dict[str, Any]:
        expires = self.at + timedelta(days=dice.randint(60, 1_400))
        return {
            "id": f"{ref}-C{number}",
            "kind": kind,
            "state": state,
            "last4": f"{dice.randint(0, 9_999):04d}",
            "expires": f"{expires:%Y-%m}",
            "expected_by": (self.at + timedelta(days=dice.randint(1, 4))).date().isoformat()
            if state == "ordered"
            else None,
        }

    def transfers(self, ref: str) -> list[dict[str, Any]]:
        """Return transfers in and out, newest first."""
        dice = self._dice(ref, "transfers")
        story = self.story(ref)
        rows = [self._transfer(ref, n, dice, minutes=dice.randint(1_500, 40_000)) for n in range(2, dice.randint(4, 8))]
        minutes = dice.randint(60, 420)
        held = {"held_since": _stamp(self.at - timedelta(minutes=minutes)), "state": "held"}
        due = _stamp(self.at + timedelta(hours=4))
        if story == "salary_late":
            employer = dice.choice(lexicon()["money"]["employers"])
            held |= {"direction": "in", "purpose": "salary", "counterparty": employer, "expected_by": due}
            rows.append(
                self._transfer(ref, 1, dice, minutes=minutes) | held | {"amount_minor": dice.randint(90_000, 420_000)}
            )
        elif story == "transfer_held":
            held |= {"direction": "out", "purpose": "payment", "reason": "checking", "expected_by": due}
            rows.append(self._transfer(ref, 1, dice, minutes=minutes) | held)
        elif story == "transfer_returned":
            returned = {"state": "returned", "direction": "out", "reason": "account_unknown"}
            rows.append(self._transfer(ref, 1, dice, minutes=minutes) | returned)
        return sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)

    def _transfer(self, ref: str, number: int, dice: random.Random, *, minutes: int) -> dict[str, Any]:
        created = self.at - timedelta(minutes=minutes)
        return {
            "id": f"{ref}-T{number}",
            "direction": dice.choice(("out", "out", "in")),
            "purpose": "payment",
            "amount_minor": dice.randint(800, 160_000),
            "currency": "EUR",
            "counterparty": dice.choice(lexicon()["money"]["payees"]),
            "state": "completed",
            "created_at": _stamp(created),
            "held_since": None,
            "expected_by": None,
            "reason": None,
        }

    def payments(self, ref: str) -> list[dict[str, Any]]:
        """Return card payments, newest first: booked, pending, declined or returned."""
        dice = self._dice(ref, "payments")
        rows = [self._payment(ref, n, dice, minutes=dice.randint(700, 30_000)) for n in range(5, dice.randint(9, 18))]
        story = self.story(ref)
        if story == "declines":
            merchant = dice.choice(lexicon()["money"]["merchants"])
            start = dice.randint(30, 300)
            declined = {"state": "declined", "merchant": merchant, "reason": "issuer_unavailable"}
            rows += [
                self._payment(ref, n, dice, minutes=start - 4 * (n - 1)) | declined
                for n in range(1, dice.randint(3, 5))
            ]
        elif story == "debited_twice":
            first = self._payment(ref, 1, dice, minutes=dice.randint(60, 600)) | {"state": "booked"}
            at = datetime.fromisoformat(first["at"]) + timedelta(minutes=dice.choice((0, 0, 1, 4)))
            rows += [first, first | {"id": f"{ref}-P2", "at": _stamp(at)}]
        return sorted(rows, key=lambda row: str(row["at"]), reverse=True)

    def _payment(self, ref: str, number: int, dice: random.Random, *, minutes: int) -> dict[str, Any]:
        return {
            "id": f"{ref}-P{number}",
            "card_id": f"{ref}-C1",
            "merchant": dice.choice(lexicon()["money"]["merchants"]),
            "amount_minor": dice.choice(
                (dice.randint(180, 4_500), dice.randint(180, 4_500), dice.randint(4_500, 32_000))
            ),
            "currency": "EUR",
            "state": dice.choices(("booked", "pending", "returned"), weights=(88, 9, 3))[0],
            "at": _stamp(self.at - timedelta(minutes=minutes)),
            "reason": None,
        }

    def refunds(self, ref: str) -> list[dict[str, Any]]:
        """Return refunds that shops announced: expected ones, and those that came."""
        dice = self._dice(ref, "refunds")
        expected = self.story(ref) == "refund_expected"
        rows = [
            self._refund(ref, n, dice, state="received", days=dice.randint(15, 60))
            for n in range(2, dice.randint(2, 4))
        ]
        if expected:
            rows.insert(0, self._refund(ref, 1, dice, state="expected", days=dice.randint(3, 16)))
        return rows

    def _refund(self, ref: str, number: int, dice: random.Random, *, state: str, days: int) -> dict[str, Any]:
        asked = self.at - timedelta(days=days)
        return {
            "id": f"{ref}-R{number}",
            "merchant": dice.choice(lexicon()["money"]["merchants"]),
            "amount_minor": dice.randint(900, 22_000),
            "currency": "EUR",
            "state": state,
            "announced_on": asked.date().isoformat(),
            "expected_by": (asked + timedelta(days=12)).date().isoformat(),
        }

    def _dice(self, ref: str, what: str) -> random.Random:
        # A string seeds through SHA-512, so the sequence is the same in every process and Python release.
        return random.Random(f"{self.seed}:{ref}:{what}")  # noqa: S311 (synthetic data, not a secret)


def _stamp(at: datetime) -> str:
    return at.replace(second=0, microsecond=0).isoformat()
