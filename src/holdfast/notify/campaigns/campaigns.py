"""The life of a campaign: written, approved by somebody else, started, paused, cancelled. A verb is a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from holdfast.kit import outbox
from holdfast.kit.clock import now
from holdfast.notify.campaigns import checking, pace, second_look
from holdfast.notify.campaigns import texts as wording
from holdfast.notify.campaigns.contract import NotFound, Refused, Text
from holdfast.notify.campaigns.models import Campaign, Channel, Stream
from holdfast.notify.campaigns.models import Text as StoredText
from holdfast.people.queries import leads, name_of

APPROVAL_LASTS = timedelta(hours=24)
TOPIC = "campaign"
State = Campaign.State


@transaction.atomic
def create(
    *,
    name: str,
    stream: str,
    by: int,
    about: str = "",
    thread: str = "",
    unsubscribe_url: str = "",
    rates: Mapping[str, float] | None = None,
    filling: bool = False,
) -> UUID:
    """Begin a campaign and return its id.

    `about`: what its words have to stand up to (`incident:<id>`), see `checking`. `thread`: mails of campaigns with the
    same word stand in one thread (`incident-12`). `unsubscribe_url`: an RFC 8058 address with variables of the
    recipient in it. `rates`: messages a second by channel. `filling`: its people are added bit by bit, and it is
    approved only after `filled`. Raises `Refused`.
    """
    if stream not in Stream.values:
        raise Refused("Choose what the campaign is: about an incident, about the service, a legal notice, or outreach.")
    if not name.strip():
        raise Refused("Give the campaign a name.")
    wording.check(unsubscribe_url, what="The address for unsubscribing")
    if unsubscribe_url and not unsubscribe_url.startswith(("https://", settings.PUBLIC_URL)):
        raise Refused("The address for unsubscribing has to begin with https:// (RFC 8058).")
    campaign = Campaign.objects.create(
        name=name.strip()[:120],
        stream=stream,
        about=about,
        thread=thread[:80],
        unsubscribe_url=unsubscribe_url,
        filling=filling,
        written_by_id=by,
        created_at=now(),
    )
    _set_rates(campaign, rates or {})
    _tell(campaign.pk)
    return campaign.pk


@transaction.atomic
def set_texts(*, campaign_id: UUID, texts: Mapping[tuple[str, str], Text], by: int) -> None:
    """Replace what a campaign says, by (locale, segment). Raises `NotFound`, `Refused`."""
    campaign = _in(campaign_id, State.DRAFT, else_say="The text is fixed now. Take the approval back to change it.")
    for (locale, segment), text in texts.items():
        what = f"The text for {segment or 'everybody'} in {locale}"
        if not text.body.strip():
            raise Refused(f"{what} is empty.")
        wording.check(text.subject, what=f"The subject of {what[0].lower()}{what[1:]}")
        if not text.body.lstrip().startswith('{"'):  # JSON for webhooks is for machines
            wording.check(text.body, what=what)
    StoredText.objects.filter(campaign=campaign).delete()
    StoredText.objects.bulk_create(
        StoredText(
            campaign=campaign, locale=locale.lower(), segment=segment, subject=text.subject, body=text.body, by_id=by
        )
        for (locale, segment), text in texts.items()
    )
    _changed(campaign)


@transaction.atomic
def filled(*, campaign_id: UUID) -> None:
    """Say that everybody who is meant has been added. Raises `NotFound`, `Refused`."""
    campaign = _in(campaign_id, State.DRAFT, else_say="It is not being written any more.")
    campaign.filling = False
    _changed(campaign)


@transaction.atomic
def set_rates(*, campaign_id: UUID, rates: Mapping[str, float]) -> None:
    """Make a campaign go slower, or as fast as its providers again. Holds at once. Raises `NotFound`, `Refused`."""
    campaign = _locked(campaign_id)
    _set_rates(campaign, rates)
    _changed(campaign)


@transaction.atomic
def approve(*, campaign_id: UUID, by: int, seen: int | None = None, lasts: timedelta = APPROVAL_LASTS) -> None:
    """Approve text and recipients as they are, for a while. Only leads and admins; with many recipients somebody else
    than who wrote. `seen` is the version the approver looked at. Raises `NotFound`, `Refused`.
    """
    campaign = _in(campaign_id, State.DRAFT, else_say="It is approved already, or over.")
    if seen is not None and seen != campaign.version:
        raise Refused("Somebody changed it since you looked. Look again, then approve.")
    if not leads(by):
        raise Refused("Leads and admins approve what goes to many.")
    _is_complete(campaign)
    found = checking.stand(campaign)
    if by in _writers(campaign, found) and campaign.recipients > settings.CAMPAIGN_TWO_PEOPLE:
        raise Refused(
            f"You wrote it, and it goes to more than {settings.CAMPAIGN_TWO_PEOPLE:,} people. Another approves it."
        )
    _approve(campaign, by=by, lasts=lasts, until=found.until, on="")


@transaction.atomic
def approve_published(*, campaign_id: UUID, by: int, on: str, lasts: timedelta = APPROVAL_LASTS) -> None:
    """Approve mails that only repeat, to those who asked for it, what is public already.

    For code that publishes, not for screens: `on` names the approval of that text (`update 3 of incident 12`). Only in
    the stream `incident`. Raises `NotFound`, `Refused`.
    """
    campaign = _in(campaign_id, State.DRAFT, else_say="It is approved already, or over.")
    if campaign.stream != Stream.INCIDENT or not on.strip():
        raise Refused("Only mails about an incident rest on the approval of a text that is public already.")
    _is_complete(campaign)
    _approve(campaign, by=by, lasts=lasts, until=None, on=on)


@transaction.atomic
def take_back(*, campaign_id: UUID, by: int) -> None:
    """Take the approval back, so that it can be changed; only before it began. Raises `NotFound`, `Refused`."""
    campaign = _in(
        campaign_id, State.APPROVED, else_say="Only a campaign that is approved and not started can be changed."
    )
    campaign.state, campaign.why = State.DRAFT, f"{name_of(by)} took the approval back."
    campaign.approved_by = campaign.approved_at = campaign.approval_ends = None
    campaign.approved_on = ""
    _changed(campaign)


@transaction.atomic
def start(*, campaign_id: UUID, by: int) -> None:
    """Let it go. Raises `NotFound`; `Refused`, also while it waits for a second look."""
    campaign = _in(campaign_id, State.APPROVED, else_say="It has to be approved first, and is started once.")
    _has_time(campaign)
    if not campaign.recipients:
        raise Refused("Nobody would get this: it has no recipients.")
    second_look.stand(campaign, checking.stand(campaign))
    campaign.state, campaign.started_at, campaign.started_by_id, campaign.why = State.RUNNING, now(), by, ""
    _changed(campaign)


@transaction.atomic
def pause(*, campaign_id: UUID, by: int) -> None:
    """Stop handing over, within a second or two. Raises `NotFound`, `Refused`."""
    campaign = _in(campaign_id, State.RUNNING, else_say="It is not being sent.")
    campaign.state, campaign.why, campaign.pace = State.PAUSED, f"{name_of(by)} paused it.", 0.0
    _changed(campaign)


@transaction.atomic
def resume(*, campaign_id: UUID, by: int) -> None:
    """Go on where it stopped. With an approval that ran out, approve it `again` first. Raises `NotFound`, `Refused`."""
    campaign = _in(campaign_id, State.PAUSED, else_say="It is not paused.")
    _has_time(campaign)
    second_look.stand(campaign, checking.stand(campaign))
    campaign.state, campaign.why = State.RUNNING, ""
    _changed(campaign)


@transaction.atomic
def again(*, campaign_id: UUID, by: int, lasts: timedelta = APPROVAL_LASTS) -> None:
    """Renew an approval that ran out or is about to; by the same rule as `approve`. Raises `NotFound`, `Refused`."""
    campaign = _in(
        campaign_id, State.APPROVED, State.PAUSED, else_say="Only what is approved or paused can be renewed."
    )
    found = checking.stand(campaign)
    if not leads(by) or (by in _writers(campaign, found) and campaign.recipients > settings.CAMPAIGN_TWO_PEOPLE):
        raise Refused("Somebody else than who wrote it renews the approval: a lead or an admin.")
    state = campaign.state
    _approve(campaign, by=by, lasts=lasts, until=found.until, on=campaign.approved_on)
    Campaign.objects.filter(pk=campaign.pk).update(state=state)


@transaction.atomic
def cancel(*, campaign_id: UUID, by: int) -> None:
    """End it for good. Who was not reached yet is not; what has left has left. Raises `NotFound`, `Refused`."""
    campaign = _locked(campaign_id)
    if campaign.state in {State.DONE, State.CANCELLED}:
        raise Refused("It is over already.")
    campaign.state, campaign.why, campaign.pace = State.CANCELLED, f"{name_of(by)} cancelled it.", 0.0
    campaign.ended_at = now()
    _changed(campaign)


@transaction.atomic
def ask(*, campaign_id: UUID, by: int) -> int:
    """Ask for the approvals its words lack; return how many were asked for newly. Raises `NotFound`, `Refused`."""
    return checking.ask(_locked(campaign_id), by=by)


def _writers(campaign: Campaign, found: checking.Finding) -> set[int]:
    return second_look.hands_of(campaign).union(found.writers)


def _approve(campaign: Campaign, *, by: int, lasts: timedelta, until: datetime | None, on: str) -> None:
    """Approve it for so long, and no longer than what its words rest on is good."""
    moment = now()
    ends = moment + lasts if until is None else min(moment + lasts, until)
    campaign.state, campaign.approved_by_id, campaign.approved_at = State.APPROVED, by, moment
    campaign.approval_ends, campaign.approved_on, campaign.why = ends, on[:200], ""
    _changed(campaign)


def _is_complete(campaign: Campaign) -> None:
    if campaign.filling:
        raise Refused(
            f"Its people are still being added, {campaign.recipients:,} so far. Approve it when all are there."
        )
    if not campaign.recipients:
        raise Refused("Nobody would get this: it has no recipients.")
    if not campaign.texts.exists():
        raise Refused("It says nothing yet: write its text first.")


def _has_time(campaign: Campaign) -> None:
    if campaign.approval_ends is None or campaign.approval_ends <= now():
        raise Refused("The approval has run out. Have it renewed, then go on.")


def _set_rates(campaign: Campaign, rates: Mapping[str, float]) -> None:
    if any(name not in Channel.values or not 0 < rate <= 1_000_000 for name, rate in rates.items()):
        raise Refused("A rate is a number of messages a second, more than none.")
    campaign.rates = dict(rates)
    campaign.save(update_fields=["rates"])
    limits = {f"{campaign.pk}:{name}": rates.get(name) for name in Channel.values}
    known = {name: rate for name, rate in limits.items() if rate is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM campaigns_providerlimit WHERE name = ANY(%s)", [sorted(limits.keys() - known.keys())]
        )
        pace.limit(cursor, known)


def _in(campaign_id: UUID, *states: str, else_say: str) -> Campaign:
    campaign = _locked(campaign_id)
    if campaign.state not in states:
        raise Refused(else_say)
    return campaign


def _locked(campaign_id: UUID) -> Campaign:
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(campaign_id)
    return campaign


def _changed(campaign: Campaign) -> None:
    campaign.version += 1
    campaign.save()
    _tell(campaign.pk)


def _tell(campaign_id: UUID) -> None:
    outbox.publish([(TOPIC, {"kind": "campaign", "campaign": str(campaign_id)})])
