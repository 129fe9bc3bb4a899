"""Fills an installation with the demo bank. The same seed gives the same rows; a second time changes nothing.

This package is the one place outside the rooms that writes their tables directly: 20,000 customers through the rooms'
verbs, one transaction each, would take the better part of an hour. Hours hang on the moment of seeding, all else on
the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from holdfast.drills.tidewater.around_incidents import write_around_incidents
from holdfast.drills.tidewater.bank import Bank
from holdfast.drills.tidewater.content import articles
from holdfast.drills.tidewater.customers import customer_id, write_customers
from holdfast.drills.tidewater.house import SignIn, sign_ins, write_house
from holdfast.drills.tidewater.made_good import write_made_good
from holdfast.drills.tidewater.past_incidents import write_incidents
from holdfast.drills.tidewater.playing import play
from holdfast.drills.tidewater.prepared_words import write_words
from holdfast.drills.tidewater.threads import write_conversations
from holdfast.kit.clock import now
from holdfast.people.models import Customer

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What the demo holds. `fresh` is false when it was there already and nothing was written."""

    fresh: bool
    customers: int
    identities: int
    agents: int
    articles: int
    conversations: int
    messages: int
    sign_ins: tuple[SignIn, ...]


def seed(*, seed: int = 7, customers: int = 20_000, progress: Progress | None = None) -> SeedReport:
    """Write the demo in one transaction; `progress(step, done, of)` is told how far it is.

    A database that already has this seed's first customer is left as it is.
    """
    tell = progress or (lambda step, done, of: None)
    with transaction.atomic():
        if Customer.objects.filter(id=customer_id(seed, 0)).exists():
            return SeedReport(False, 0, 0, 0, 0, 0, 0, tuple(sign_ins()))
        at = now()
        house = write_house(at=at)
        write_incidents(at=at)
        write_words()
        write_around_incidents(at=at)
        tell("articles and agents", 1, 1)
        identities = write_customers(
            seed=seed, count=customers, progress=lambda done: tell("customers", done, customers)
        )
        write_made_good(at=at)
        # The whole hour, as the operations service has it, so that both speak of the same minutes.
        bank = Bank(seed=seed, at=at.replace(minute=0, second=0, microsecond=0), customers=customers)
        played = list(play(bank, now=at, agents=house.answering))
        messages = write_conversations(
            seed=seed,
            at=at,
            house=house,
            played=played,
            progress=lambda done: tell("conversations", done, len(played)),
        )
    return SeedReport(
        fresh=True,
        customers=customers,
        identities=identities,
        agents=len(house.agents),
        articles=len(articles()),
        conversations=len(played),
        messages=messages,
        sign_ins=tuple(sign_ins()),
    )
