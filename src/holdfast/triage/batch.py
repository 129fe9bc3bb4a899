"""One batch of claimed contacts: identified, threaded, answered or put in line, settled. One transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import OperationalError, transaction

from holdfast.assistant import holding
from holdfast.assistant.contract import Answer, Clarify
from holdfast.assistant.details import answer_details
from holdfast.assistant.handing_over import ToHand, hand_over_many
from holdfast.assistant.turn_rows import ToBegin, begin_many
from holdfast.conversations.answers import Line, current, say_many, versions
from holdfast.conversations.changes import announce
from holdfast.conversations.crowds import close_many
from holdfast.conversations.places import ToJoin, file_many, join_many
from holdfast.conversations.threading import thread
from holdfast.conversations.to_thread import Threaded, ToThread
from holdfast.desk.routing import fallback_queue, parking_queue, place_in_queue
from holdfast.guard.watching.addresses import written_to
from holdfast.intake import receipts
from holdfast.intake.queries import ASKED_BACK, BY_ASSISTANT
from holdfast.intake.receipts import Settlement, settle_many
from holdfast.notify.campaigns import settling
from holdfast.notify.deliveries import bounced, enqueue_many
from holdfast.people.identify import identify
from holdfast.shield import assess
from holdfast.shield.assess import ToAssess
from holdfast.triage import about_incidents, codes, leases
from holdfast.triage.answering import Matter, ask_assistant, matters, remember
from holdfast.triage.deflecting import deflect, record
from holdfast.triage.reading import mails_given_back, parked_as, placeholder, senders_of, to_thread
from holdfast.triage.scrubbing import scrubbed

if TYPE_CHECKING:
    from holdfast.intake.models import Contact

log = structlog.get_logger(__name__)

KILLED_THE_WORKER = "Processing this contact stopped the program several times."
_TRY_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock: somebody else was faster
_TRIES = 4
_THANKED = "They said thanks."


def process(contacts: Sequence[Contact]) -> None:
    """Make claimed contacts visible. A contact that cannot be processed is parked with its reason; the rest goes on.

    Raises only what is the database's trouble (it is away, its disk is full): then the leases run out and the contacts
    come again.
    """
    tried = receipts.attempts([contact.pk for contact in contacts])
    _together([contact for contact in contacts if tried.get(contact.pk, 0) <= leases.TOGETHER])
    suspects = [contact for contact in contacts if tried.get(contact.pk, 0) > leases.TOGETHER]
    # The one that kills has one attempt more than those that only stood behind it, so it comes last.
    for contact in sorted(suspects, key=lambda contact: tried[contact.pk]):
        if tried[contact.pk] > leases.ALONE:
            park(contact, KILLED_THE_WORKER)
        else:
            receipts.note_attempt(contact.pk)
            _together([contact])
    codes.take(contacts)


def park(contact: Contact, reason: str) -> None:
    """Set one contact aside, with a placeholder in the fallback queue where a person finds it."""
    log.warning("contact_parked", contact=str(contact.pk), reason=reason)
    for text in (contact.text, ""):
        try:
            with transaction.atomic():
                _park(contact, reason, text=text)
            return
        except OperationalError:
            raise
        except Exception as error:
            log.exception("placeholder_failed", contact=str(contact.pk), error=type(error).__name__)
    settle_many([Settlement(contact_id=contact.pk, state="parked", reason=reason)])


def _together(contacts: Sequence[Contact]) -> None:
    """Process contacts at once; when that fails, halve until the one at fault stands alone."""
    if not contacts:
        return
    try:
        _attempt(contacts)
    except OperationalError:
        raise
    except Exception as error:
        if len(contacts) == 1:
            park(contacts[0], f"{type(error).__name__}: {error}"[:300])
            return
        half = len(contacts) // 2
        _together(contacts[:half])
        _together(contacts[half:])


def _attempt(contacts: Sequence[Contact]) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                _process(contacts)
            return
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _TRY_AGAIN or attempt == _TRIES:
                raise


def _process(contacts: Sequence[Contact]) -> None:
    held = receipts.hold([contact.pk for contact in contacts])
    ours = [contact for contact in contacts if contact.pk in held]
    if not ours:
        return
    people = identify(senders_of(ours))
    items = scrubbed([to_thread(contact, who) for contact, who in zip(ours, people, strict=True)])
    threaded = thread(items)
    found = matters(items, threaded)
    remember(found)
    thanked = about_incidents.thanked(found)
    to_answer = [matter for matter in found if matter.conversation_id not in thanked]
    deflect(to_answer)
    ask_assistant(to_answer)
    queues, joined = _put_in_queues(found, quiet=thanked)
    to_deliver = _speak(found) + _hand_over(joined, queues)
    _begin_turns(found)
    by_contact = _by_contact(found, items)
    settle_many([_settlement(*each, quiet=thanked) for each in zip(ours, items, threaded, by_contact, strict=True)])
    close_many(sorted(thanked), by=None)
    written_to(index for contact in ours for index in contact.payload.get("sent_to", ()))
    assess.note(
        [
            ToAssess(
                contact_id=item.contact_id,
                conversation_id=went.conversation_id,
                customer_id=who.customer_id,
                level=who.level,
                is_machine=who.is_machine,
                at=item.at,
            )
            for item, went, who in zip(items, threaded, people, strict=True)
            if not item.is_machine
        ]
    )
    about_incidents.link(found)
    enqueue_many(to_deliver)  # after settling: a delivery is addressed by the conversation's receipts
    if returned := mails_given_back(ours):
        bounced(returned)
        settling.bounced(returned)
    _tell(found, joined)


def _put_in_queues(found: Sequence[Matter], *, quiet: set[UUID]) -> tuple[dict[UUID, int], list[Matter]]:
    """Give every matter its queue, and a place in line to those that need a person: not the `quiet`. Returns both."""
    unplaced = [matter for matter in found if matter.last.queue_id is None]
    by_words = place_in_queue([matter.text for matter in unplaced], hints=[matter.hint for matter in unplaced])
    queues: dict[UUID, int] = {m.conversation_id: m.last.queue_id for m in found if m.last.queue_id is not None}
    for matter, queue_id in zip(unplaced, by_words, strict=True):
        special = {"machine": parking_queue, "unreadable": fallback_queue}.get(matter.last.kind)
        queues[matter.conversation_id] = special() if special else queue_id
    asking = [matter for matter in found if matter.conversation_id not in quiet]
    joining = [m for m in asking if not (m.needs_nobody or m.has_somebody or m.answer or m.later)]
    file_many({matter.conversation_id: queues[matter.conversation_id] for matter in unplaced})
    join_many([ToJoin(m.conversation_id, queues[m.conversation_id], m.since) for m in joining])
    return queues, joining


def _speak(found: Sequence[Matter]) -> list[UUID]:
    """Write the assistant's answers and keep what it holds then. Returns the ids of what customers get."""
    said = say_many([_line(matter, matter.answer) for matter in found if matter.answer is not None])
    kept = [matter for matter in found if matter.answer or (matter.later and matter.later.work)]
    holding.keep_many({matter.conversation_id: holding.after(matter.held, matter.outcome) for matter in kept})
    return [message.pk for message in said]


def _line(matter: Matter, answer: Answer | Clarify) -> Line:
    details = answer_details(answer)
    return Line(conversation_id=matter.conversation_id, author="assistant", text=answer.text, details=details)


def _hand_over(joined: Sequence[Matter], queues: dict[UUID, int]) -> list[UUID]:
    """Give people what they need to know and customers a word that they wait. Returns the ids of what customers get."""
    record(joined)
    return hand_over_many(
        [
            ToHand(
                conversation_id=matter.conversation_id,
                queue_id=queues[matter.conversation_id],
                channel=matter.items[-1].channel,
                locale=_locale(matter),
                outcome=matter.hand_over,
                text=matter.text,
                level=matter.level,
                held=matter.held,
                is_new=matter.last.is_new,
                first=matter.deflection.text if matter.deflection else "",
                word=matter.deflection.word if matter.deflection else "",
            )
            for matter in joined
        ]
    )


def _begin_turns(found: Sequence[Matter]) -> None:
    """Begin the work that takes longer, with its deadline."""
    works = [(matter, matter.later.work) for matter in found if matter.later is not None and matter.later.work]
    if not works:
        return
    known = versions([matter.conversation_id for matter, _ in works])
    begin_many(
        [
            ToBegin(
                conversation_id=matter.conversation_id,
                channel=matter.items[-1].channel,
                work=work,
                version=known[matter.conversation_id],
                since=matter.since,
                arguments={**(matter.later.arguments if matter.later else {}), "new": matter.last.is_new},
            )
            for matter, work in works
        ]
    )


def _locale(matter: Matter) -> str:
    return next((item.locale for item in matter.items if item.locale), matter.hand_over.locale or matter.held.language)


def _by_contact(found: Sequence[Matter], items: Sequence[ToThread]) -> list[Matter]:
    of = {item.contact_id: matter for matter in found for item in matter.items}
    return [of[item.contact_id] for item in items]


def _settlement(contact: Contact, item: ToThread, went: Threaded, matter: Matter, *, quiet: set[UUID]) -> Settlement:
    state, reason, conversation_id = "waiting", "", went.conversation_id
    if item.is_machine:
        # Not the conversation's receipt: whoever answers there must never write to the machine that sent this.
        state, reason = "parked", parked_as(contact)
    elif matter.conversation_id in quiet:
        state, reason = "answered", _THANKED
    elif matter.answer is not None:
        state, reason = "answered", ASKED_BACK if isinstance(matter.answer, Clarify) else BY_ASSISTANT
    return Settlement(
        contact_id=contact.pk,
        state=state,
        reason=reason,
        conversation_id=None if item.is_machine and went.kind != "machine" else conversation_id,
        visible=True,
    )


def _tell(found: Sequence[Matter], joined: Sequence[Matter]) -> None:
    in_lines = {matter.conversation_id for matter in joined}
    rows = current([matter.conversation_id for matter in found])
    announce([row for row in rows if row.pk in in_lines], kind="line", chat="line")
    announce([row for row in rows if row.pk not in in_lines], kind="message", chat="message")


def _park(contact: Contact, reason: str, *, text: str) -> None:
    if contact.pk not in receipts.hold([contact.pk]):
        return
    (went,) = thread(scrubbed([placeholder(contact, reason, text=text)]))
    join_many([ToJoin(went.conversation_id, fallback_queue(), contact.accepted_at)])
    settle_many(
        [
            Settlement(
                contact_id=contact.pk,
                state="parked",
                reason=reason,
                conversation_id=went.conversation_id,
                visible=True,
            )
        ]
    )
    announce(current([went.conversation_id]), kind="line", chat=None)
