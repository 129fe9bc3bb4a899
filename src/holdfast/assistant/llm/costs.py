"""What calls to a language model cost, counted so that an endpoint's wrong figures do not lift the limit."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

_BYTES_PER_TOKEN = 3  # on the low side of common tokenizers, so that an estimate is rather too high
_LEAST_BYTES_PER_TOKEN = 24  # a count that claims more than this per token is wrong
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens read and written, and their cost in the currency of HOLDFAST_LLM_PRICE_IN and _OUT."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out, self.cost + other.cost)


NOTHING = Spent()


def may_spend(so_far: Spent, next_call: Spent = NOTHING) -> bool:
    """Whether a conversation that has cost `so_far` may have one more call that is estimated at `next_call`."""
    return bool(so_far.cost + next_call.cost <= settings.LLM_MAX_COST)


def priced(tokens_in: int, tokens_out: int) -> Spent:
    """Return what these tokens cost. Prices are per million tokens."""
    cost = (tokens_in * settings.LLM_PRICE_IN + tokens_out * settings.LLM_PRICE_OUT) / 1_000_000
    return Spent(tokens_in, tokens_out, cost)


def estimated(size: int) -> int:
    """Return about how many tokens `size` bytes of UTF-8 are, rather too many than too few."""
    return -(-size // _BYTES_PER_TOKEN)


def counted(said: object, *, size: int) -> int:
    """Return the tokens an endpoint says `size` bytes were; our own estimate where its count cannot be true."""
    if isinstance(said, bool) or not isinstance(said, int) or said < size / _LEAST_BYTES_PER_TOKEN:
        return estimated(size)
    return min(said, _MOST)
