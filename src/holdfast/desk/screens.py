"""What templates get to see: frozen, plain, masked. Models never reach a template.

`docs/desk-contexts.md` says which template gets which of these under which name; a test keeps the two in step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from holdfast.guard.fields import Sealed
from holdfast.guard.marks.tiles import Marks


@dataclass(frozen=True, slots=True)
class NavLink:
    """One of "Mine": with me, snoozed, everything open, closed."""

    key: str
    label: str
    icon: str
    url: str
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True)
class QueueLink:
    slug: str
    name: str
    icon: str
    url: str
    waiting: int
    current: bool


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view. `delete_url` is empty when it is shared by somebody else."""

    id: int
    name: str
    url: str
    shared: bool
    current: bool
    delete_url: str


@dataclass(frozen=True, slots=True)
class Nav:
    """The left pane. `open_cases` of `capacity` is what the reader has at one time."""

    mine: tuple[NavLink, ...]
    queues: tuple[QueueLink, ...]
    views: tuple[ViewLink, ...]
    open_cases: int
    capacity: int
    reveals_url: str


@dataclass(frozen=True, slots=True)
class PresenceView:
    """Somebody else who has the conversation open now."""

    agent_id: int
    name: str
    typing: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list, in the words it shows: a list has many, and its template decides nothing it need not.

    `who` prints as a mask. `since` is when the customer began to wait, or the last message when nobody waits. `lead`
    says whose the words in `what` are when they are not the customer's; `read` that somebody has answered.
    """

    id: UUID
    number: int
    url: str
    row_url: str
    channel: str
    who: Sealed | str
    read: bool
    since: datetime
    lead: str
    what: str
    fact: str
    snoozed_until: datetime | None
    mark: str
    mark_tone: str
    held_by: str
    here: tuple[PresenceView, ...] = ()
    current: bool = False

    def __getitem__(self, name: str) -> Any:
        """Answer a template, which asks `row["who"]` before `row.who`: raising six hundred times a list costs more."""
        return getattr(self, name)


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading; an empty `title` has none. `count` is the true total when known."""

    key: str
    title: str
    count: int | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """An empty list in words, with the most useful next place."""

    title: str
    detail: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class FilterView:
    """The filter as asked for. `query` is its query string without `?`, ready to append `&after=`."""

    queue: str
    view: str
    text: str
    channel: str
    tag: str
    query: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """The middle pane. `next_url` loads `desk/_list.html` with the following rows; `continued` marks such a page.

    With a `later_url` the rows are not here yet: they come from there, after the conversation that was asked for.
    """

    title: str
    icon: str
    summary: str
    oldest: datetime | None
    groups: tuple[RowGroup, ...]
    next_url: str
    continued: bool
    searching: bool
    empty: Empty | None
    later_url: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    you: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """`refused` is a sentence when the file was not kept, and then `url` is empty. `size` is in bytes.

    `url` asks for the file. A picture is not handed out: it has `blurred_url` and `picture_url`, which asks to see it.
    """

    id: UUID
    name: str
    type: str
    size: int
    url: str
    refused: str
    blurred_url: str = ""
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class PictureShown:
    """A picture's place on the page. `url` gives it once, within `seconds`."""

    id: UUID
    url: str
    seconds: int
    until: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class FileOffered:
    """A file that was asked for. `url` gives it once, within `seconds`."""

    id: UUID
    name: str
    url: str
    seconds: int
    until: datetime
    purpose: str


@dataclass(frozen=True, slots=True)
class CitationView:
    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """How a reply left: `state` is pending, sending, sent, failed, unknown or held; `words` says it in a sentence.

    `url` brings `desk/_delivery.html` afresh; `again_url` asks whether to send it again, `held_url` whether to send
    what was held back; empty when that cannot be.
    """

    state: str
    words: str
    url: str
    again_url: str
    held_url: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """One entry of the thread. `author`: customer, assistant, agent or system; `event`: kind of a system entry."""

    id: UUID
    author: str
    name: str
    you: bool
    internal: bool
    text: str
    quoted: str
    at: datetime
    event: str = ""
    formatted_url: str = ""
    raw_url: str = ""
    attachments: tuple[AttachmentView, ...] = ()
    citations: tuple[CitationView, ...] = ()
    warnings: tuple[str, ...] = ()
    delivery: DeliveryView | None = None


@dataclass(frozen=True, slots=True)
class HandOverLine:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class HandOverView:
    """What was said when the case changed hands, so that nobody has to explain again."""

    by: str
    machine: bool
    at: datetime
    lines: tuple[HandOverLine, ...]


@dataclass(frozen=True, slots=True)
class SealedLine:
    """One customer value under its mask. The addresses open dialogs; empty where it may not be asked for.

    `compare_url` and `call_url` need nobody to see the value.
    """

    field: str
    label: str
    value: Sealed
    reveal_url: str
    level: int | None = None
    level_words: str = ""
    machine: bool = False
    compare_url: str = ""
    call_url: str = ""


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """`level`: 0 unknown, 1 claimed and matching, 2 proven; the highest among the identities."""

    name: Sealed | str
    reference: str
    since_year: int | None
    city: str
    tier: str
    locale: str
    level: int
    level_words: str
    identities: tuple[SealedLine, ...]
    values: tuple[SealedLine, ...]
    why_sealed: str


@dataclass(frozen=True, slots=True)
class PastRow:
    """Another conversation of the same customer. Without reach `url` is empty and only the subject is shown."""

    number: int
    subject: str
    state: str
    at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Place in line now and when joining; `low` and `high` are minutes, `None` while not known."""

    place: int
    joined_as: int
    joined_at: datetime
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class MergeView:
    """A conversation that was merged into this one and can be taken out again."""

    number: int
    subject: str
    by: str
    at: datetime
    undo_url: str


@dataclass(frozen=True, slots=True)
class TagsView:
    number: int
    tags: tuple[str, ...]
    suggestions: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """What stands in the composer. `held_of`: it is what that person wrote, and was held back before it left."""

    text: str
    saved_at: datetime | None
    held_of: str = ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the screen of one conversation sends things."""

    messages: str
    draft: str
    assignment: str
    transfers: str
    snooze: str
    closure: str
    tags: str
    merge: str
    presence: str
    canned: str


@dataclass(frozen=True, slots=True)
class ConversationScreen:
    """The open conversation: head, thread, composer and rail. Post `version` with a reply."""

    id: UUID
    number: int
    url: str
    to: Addresses
    subject: str
    channel: str
    kind: str
    state: str
    version: int
    locale: str
    queue: str
    assignee: Person | None
    mine: bool
    can_write: bool
    why_not: str
    by_channel: str
    created_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    closed_by: str
    merged_into_url: str
    messages: tuple[MessageView, ...]
    earlier_url: str
    last_id: str
    handover: HandOverView | None
    tags: TagsView
    customer: CustomerCard | None
    place: PlaceView | None
    past: tuple[PastRow, ...]
    merges: tuple[MergeView, ...]
    here: tuple[PresenceView, ...]
    reply: DraftView
    note: DraftView
    client_key: str


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody answered first: `theirs` is what came since; the reader's words are kept as `text`."""

    number: int
    by: str
    theirs: tuple[MessageView, ...]
    version: int
    kind: str
    text: str
    client_key: str
    messages_url: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class TransferForm:
    number: int
    url: str
    queues: tuple[Choice, ...]
    agents: tuple[Choice, ...]
    summary_limit: int


@dataclass(frozen=True, slots=True)
class SnoozePreset:
    """`until` is ISO 8601 with offset, `key` is for the keyboard: 1, 2, 3."""

    key: str
    label: str
    until: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SnoozeForm:
    number: int
    url: str
    presets: tuple[SnoozePreset, ...]
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class MergeForm:
    number: int
    url: str
    candidates: tuple[PastRow, ...]


@dataclass(frozen=True, slots=True)
class AgainForm:
    """Sending a reply again. `unknown`: it may have arrived. `before`: who had it sent again already, and when."""

    number: int
    url: str
    unknown: bool
    error: str
    seen: int
    before: tuple[tuple[str, datetime], ...]


@dataclass(frozen=True, slots=True)
class HeldForm:
    """Sending what was held back, as it is, in one's own name."""

    number: int
    url: str
    author: str
    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RevealForm:
    number: int
    field: str
    label: str
    value: Sealed
    url: str
    purposes: tuple[Choice, ...]
    unhurried: str = ""


@dataclass(frozen=True, slots=True)
class Revealed:
    """The only screen with a value. `marks` tell whose screen it is; `seconds` until it must be gone."""

    field: str
    label: str
    value: str
    mask: str
    purpose: str
    seconds: int
    until: datetime
    marks: Marks
    entry: UUID
    overlay_url: str
    again_url: str
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """Why a value stays closed; `ask_url` leads to where that can be changed (`ask`), where there is such a place."""

    label: str
    mask: str
    sentence: str
    ask_url: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class CannedView:
    """A canned reply with `body` as it would read now; `missing` are variables that stayed visible in it."""

    shortcut: str
    title: str
    body: str
    queue: str
    locale: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """`url` is followed; `action` names what the script does instead (reply, note, close, next, …)."""

    icon: str
    label: str
    hint: str
    url: str = ""
    action: str = ""
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class PaletteGroup:
    title: str
    entries: tuple[PaletteEntry, ...]


@dataclass(frozen=True, slots=True)
class RevealEntry:
    """One line of the log of reveals: who looked at what, when and why. Never the value."""

    at: datetime
    agent: str
    field: str
    purpose: str
    reason: str
    outcome: str
    granted: bool
    number: int | None
    url: str
    index: int | None = None  # its place in the log that cannot be changed unseen
    seen_url: str = ""


@dataclass(frozen=True, slots=True)
class RevealLogPage:
    title: str
    detail: str
    entries: tuple[RevealEntry, ...]
    next_url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal in one sentence. `fields` names the inputs it is about."""

    status: int
    detail: str
    fields: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card of the customer. `act` is freeze or unfreeze; `url` opens the dialog that asks."""

    kind: str
    last4: str
    state: str
    act: str
    url: str


@dataclass(frozen=True, slots=True)
class CardForm:
    """Freezing or unfreezing a card: post `act` and `key`. The same `key` acts once, however often it is sent."""

    number: int
    url: str
    act: str
    last4: str
    key: str
    proven: bool
    level_words: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FactsView:
    """`lines` of text and time, most pressing first; `missing` says why there are none.

    `cards` are those that can be frozen or unfrozen, for who has the case.
    """

    read_at: datetime
    lines: tuple[tuple[str, datetime | None], ...]
    missing: str = ""
    cards: tuple[CardLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofView:
    """How far the proof is of who writes in a conversation: `stand` is none, waiting, proven or ended.

    `at`: when the code was sent or entered; `ask_url` opens `_proof_form.html`, empty where a code cannot be asked for.
    """

    stand: str
    url: str
    ask_url: str
    at: datetime | None = None
    until: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class ProofForm:
    """Asking for proof: choose one of `channels` (id, by what, masked value) or post `claimed`."""

    number: int
    url: str
    channels: tuple[tuple[str, str, Sealed], ...]
    known: bool
    problem: str = ""
