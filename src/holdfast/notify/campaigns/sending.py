"""Lanes: each leases chunks of one channel and hands them over, window by window, until there is nothing left to do.

Pausing and cancelling are seen at the next window, which takes two seconds at most.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import structlog
from django.conf import settings
from django.db import connection as django_connection

from holdfast.kit import database
from holdfast.kit.clock import now
from holdfast.notify.campaigns import claiming, pace, wording
from holdfast.notify.campaigns.carriers.backend import BackendCarrier
from holdfast.notify.campaigns.carriers.chat import ChatCarrier
from holdfast.notify.campaigns.carriers.contract import Away, Carrier
from holdfast.notify.campaigns.carriers.http import HttpCarrier, text_message, webhook
from holdfast.notify.campaigns.carriers.smtp import SmtpCarrier
from holdfast.notify.campaigns.claiming import Connection, Leased, Settled, State
from holdfast.notify.campaigns.contract import Letter
from holdfast.notify.campaigns.mails import Form
from holdfast.notify.campaigns.models import Channel
from holdfast.notify.outcomes import Kind, Outcome

WINDOW = 50  # letters that are `sending` at a time and lane: what a crash can leave unknown
LONGEST_WINDOW = 2.0  # seconds
ATTEMPTS = 8
_IDLE = 0.2
_LOOKS_EVERY = 1.0
_AFTER_A_FAULT = 2.0
_ABOUT_ONE = 451
_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_log = structlog.get_logger(__name__)


def run(stop: threading.Event, *, until_idle: bool = False) -> None:
    """Send what running campaigns have, with some lanes per channel, until `stop`.

    With `until_idle` it also ends once no campaign has anything for any channel, which is looked at every second.
    """
    lanes = [
        threading.Thread(target=Lane(channel, stop).run, name=f"{channel} {number}", daemon=True)
        for channel, number_of_lanes in lanes_per_channel().items()
        for number in range(number_of_lanes)
    ]
    for lane in lanes:
        lane.start()
    while not stop.wait(_LOOKS_EVERY):
        if until_idle and not _anything_left():
            stop.set()
    for lane in lanes:
        lane.join()


def lanes_per_channel() -> dict[str, int]:
    """Return how many lanes, and so connections, each channel has."""
    many = settings.CAMPAIGN_CONNECTIONS
    return {Channel.EMAIL: many, Channel.SMS: 2, Channel.CHAT: 1, Channel.WEBHOOK: many}


class Lane:
    """One connection to a provider and one to the database, in a thread."""

    def __init__(self, channel: str, stop: threading.Event, *, until_idle: bool = False) -> None:
        self._channel, self._stop, self._until_idle = channel, stop, until_idle
        self._form = Form(b"", False)
        self._size = WINDOW
        self._carrier: Carrier | None = None

    def run(self) -> None:
        """Work until told to stop. Whatever falls over, the lease runs out and the lane begins anew."""
        while not self._stop.is_set():
            try:
                with database.connect(name=f"campaign {self._channel}") as connection:
                    self._work(connection)
                return
            except Exception as error:
                _log.warning("campaign lane fell over", channel=self._channel, error=type(error).__name__)
                self._stop.wait(_AFTER_A_FAULT)
            finally:
                self._leave()

    def _leave(self) -> None:
        carrier, self._carrier = self._carrier, None
        if carrier is not None:
            carrier.close()
        with suppress(Exception):
            django_connection.close()

    def _work(self, connection: Connection) -> None:
        while not self._stop.is_set():
            until = pace.resting_until(connection, [self._channel])
            if until is not None:
                self._stop.wait(pace.soon(until))
                continue
            leased = claiming.lease(connection, channel=self._channel)
            if leased is not None:
                self._chunk(connection, leased)
            elif self._until_idle and not _has_more(connection, self._channel):
                return
            else:
                self._stop.wait(_IDLE)

    def _chunk(self, connection: Connection, leased: Leased) -> None:
        """Go through a chunk. What is put off makes all of it due again later; what was left is due at once."""
        script = wording.script(connection, leased.campaign)
        self._form, names = script.form, pace.names_of(self._channel, leased.campaign)
        settled: list[Settled] = []
        put_off = False
        for window in _windows(claiming.waiting(connection, leased)):
            made = [wording.letter_for(row, script, channel=self._channel) for row in window]
            settled += [each for each in made if isinstance(each, Settled)]
            letters = [each for each in made if isinstance(each, Letter)]
            while letters and not self._stop.is_set():
                number = pace.take(connection, names, min(len(letters), self._size))
                some, letters = letters[:number], letters[number:]
                step = claiming.step(connection, leased, settled=settled, wanted=[each.id for each in some])
                settled = []
                if not step.held:
                    return
                if not step.runs:
                    claiming.release(connection, leased)
                    return
                if not some:
                    self._stop.wait(0.2)
                    continue
                handed = self._hand_over([each for each in some if each.id in step.granted])
                settled, put_off = handed.settled, put_off or handed.put_off
                pace.give_back(connection, names, len(some) - handed.number)
                if handed.busy or handed.untouched:
                    claiming.step(connection, leased, settled=settled, wanted=[])
                    settled, letters = [], [*handed.untouched, *letters]
                if handed.busy:
                    pace.rest(connection, self._channel)
                    wait = timedelta(seconds=15 if put_off else pace.SHORTEST_REST)
                    claiming.release(connection, leased, not_before=now() + wait, put_off=put_off)
                    return
                if handed.number:
                    pace.awake(connection, self._channel)
        claiming.step(connection, leased, settled=settled, wanted=[])
        wait = timedelta(seconds=min(15 * 2 ** min(leased.rounds, 10), 3600))
        claiming.release(connection, leased, not_before=now() + wait if put_off else None, put_off=put_off)

    def _hand_over(self, letters: Sequence[Letter]) -> _Handed:
        """Hand letters over as long as a window may take, and adapt the size of the next one to what was possible."""
        ends = time.monotonic() + LONGEST_WINDOW
        outcomes: dict[UUID, Outcome] = {}
        away = False
        if letters and self._carrier is None:
            self._carrier = carrier_for(self._channel, form=lambda letter: self._form)
        try:
            if letters and self._carrier is not None:
                go_on = lambda: time.monotonic() < ends and not self._stop.is_set()  # noqa: E731
                for letter_id, outcome in self._carrier.hand_over(letters, go_on):
                    outcomes[letter_id] = outcome  # noqa: PERF403 - what came before an `Away` counts
        except Away as error:
            away = True
            _log.warning("campaign provider away", channel=self._channel, detail=str(error))
        shared = self._channel in {Channel.EMAIL, Channel.SMS}
        handed = _handed(letters, outcomes, away=away, shared=shared)
        self._size = max(1, handed.number) if handed.untouched else min(WINDOW, 2 * self._size)
        return handed


@dataclass(frozen=True, slots=True)
class _Handed:
    """What became of a window. `number`: how many left our hands. `busy`: the provider wants to be left alone."""

    settled: list[Settled]
    untouched: list[Letter]
    number: int
    put_off: bool
    busy: bool


def _handed(letters: Sequence[Letter], outcomes: Mapping[UUID, Outcome], *, away: bool, shared: bool) -> _Handed:
    """`shared`: one provider takes all letters of the channel, so that its trouble is everybody's."""
    kinds = {outcome.kind for outcome in outcomes.values()}
    untouched = [each for each in letters if each.id not in outcomes]
    # A connection that breaks once is opened anew at once; one that breaks on its first mail is not worth it yet.
    broken = shared and Kind.UNKNOWN in kinds and Kind.SENT not in kinds
    return _Handed(
        [_settled(each, outcomes.get(each.id)) for each in letters],
        untouched,
        len(outcomes),
        any(each.kind == Kind.LATER and not _is_the_providers_own(each) for each in outcomes.values()),
        away or broken or any(outcome.busy for outcome in outcomes.values()),
    )


def carrier_for(channel: str, *, form: Callable[[Letter], Form]) -> Carrier:
    """Return a new carrier for a channel, as configured."""
    if channel == Channel.SMS:
        return HttpCarrier(text_message)
    if channel == Channel.WEBHOOK:
        return HttpCarrier(webhook)
    if channel == Channel.CHAT:
        return ChatCarrier()
    return SmtpCarrier(form) if settings.EMAIL_BACKEND == _SMTP else BackendCarrier(form)


def _windows(rows: Sequence[claiming.Waiting]) -> Iterator[Sequence[claiming.Waiting]]:
    for start in range(0, len(rows), WINDOW):
        yield rows[start : start + WINDOW]


def _settled(letter: Letter, outcome: Outcome | None) -> Settled:
    """What is written down about a letter that was granted; without an outcome it was not handed over."""
    if outcome is None:
        return Settled(letter.id, State.PENDING, untouched=True)
    if outcome.kind == Kind.LATER:
        tried_enough = letter.attempts + 1 >= ATTEMPTS
        if _is_the_providers_own(outcome):
            return Settled(letter.id, State.PENDING, outcome.sentence, untouched=True)
        return Settled(letter.id, State.FAILED if tried_enough else State.PENDING, outcome.sentence)
    state = {Kind.SENT: State.SENT, Kind.NEVER: State.FAILED, Kind.UNKNOWN: State.UNKNOWN}[outcome.kind]
    return Settled(letter.id, state, outcome.sentence)


def _is_the_providers_own(outcome: Outcome) -> bool:
    """Whether it was put off because the provider is busy. That is no try of this recipient's, however long it takes;
    451 may be about them alone (greylisting), and comes to an end."""
    return outcome.busy and outcome.code != _ABOUT_ONE


def _anything_left() -> bool:
    """Whether some channel has something to send. When the database is away, nobody knows: then it has."""
    try:
        with database.connect(name="campaigns left") as connection:
            return any(_has_more(connection, channel) for channel in Channel.values)
    except psycopg.OperationalError:
        return True


def _has_more(connection: psycopg.Connection[tuple[object, ...]], channel: str) -> bool:
    """Whether a running campaign has something for the channel, if only later."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM campaigns_campaign k JOIN campaigns_chunk c ON c.campaign_id = k.id"
        " WHERE k.state = 'running' AND k.approval_ends > %s AND c.open AND c.channel = %s)",
        [now(), channel],
    ).fetchone()
    return bool(row and row[0])
