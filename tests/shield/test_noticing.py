"""What changed, by series: noticed by the live scorer, named for people, bounded, and handed on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.shield.conftest import Day

from holdfast.conversations.lookups import Cut
from holdfast.conversations.models import Conversation
from holdfast.desk.queries import queue_names
from holdfast.kit.clock import now
from holdfast.kit.series.watch import TOTAL
from holdfast.posture.models import Proposal
from holdfast.shield import noticing, published, queries, scorer
from holdfast.shield.models import Minute, Watched
from holdfast.shield.noticing import MOST, Noticing, counted

MINUTE = timedelta(minutes=1)
CARDS = Cut("chat", 1, "", "de")
OTHERS = Cut("email", 2, "lost_card", "en-GB")


def steady(made: Noticing, day: Day, *, minutes: int, more: Mapping[Cut, int] | None = None) -> list[dict[str, object]]:
    """Feed so many minutes of two German and five English contacts, and `more`; return the alerts."""
    alerts: list[dict[str, object]] = []
    for _ in range(minutes):
        cuts = [cut for cut, times in {CARDS: 1, OTHERS: 5, **(more or {})}.items() for _ in range(times)]
        alerts += made.step(day.moment, cuts).alerts
        made.keep()
        day.pass_time(minutes=1)
    return alerts


def test_it_says_what_changed_by_name_and_tells_one_cause_once(day: Day) -> None:
    made = Noticing(queue_names=lambda: {1: "Cards", 2: "Payments"})
    steady(made, day, minutes=26 * 60)
    alerts = steady(made, day, minutes=30, more={CARDS: 30})
    assert [alert["turn"] for alert in alerts].count("began") == 1
    assert len(alerts) <= 4
    told = made.step(day.moment, [CARDS] * 30 + [OTHERS] * 5).changed
    names = [each["name"] for each in told]
    assert names[0] == "all contacts"
    assert {"channel chat", "Cards", "German", "German, Cards"} <= set(names)
    assert not {"Payments", "lost card", "English", "English, lost card"} & set(names)
    sentence = next(str(each["sentence"]) for each in told if each["name"] == "German, Cards")
    assert sentence.startswith("German, Cards: 150 in five minutes, usual ")
    day.pass_time(minutes=1)
    assert [alert["turn"] for alert in steady(made, day, minutes=60)] == ["ended"]


def test_whoever_takes_over_stands_where_the_one_before_stood(day: Day) -> None:
    one = Noticing()
    steady(one, day, minutes=26 * 60 + 7, more={OTHERS: 4})
    other = Noticing()
    assert other._watch.dump() == one._watch.dump()
    assert other._watch.expected(day.moment, key=("language, queue", "de\t1")).median > 0.5
    storm = [CARDS] * 60
    assert [other.step(day.moment, storm), len(other._watch)] == [one.step(day.moment, storm), len(one._watch)]


def test_made_up_values_neither_fill_the_memory_nor_crowd_out_others(day: Day) -> None:
    made = Noticing()
    for number in range(300):
        intents = [Cut(f"c{number}-{n}", 1000 + number * 5 + n, f"i{number}-{n}", f"x{number}") for n in range(5)]
        made.step(day.moment + number * MINUTE, intents)
    assert len(made._watch) <= 1 + sum(MOST.values()) + len(MOST)
    counts = counted([Cut("chat", None, "", "xx-unheard-of")])
    assert counts == {TOTAL: 1, ("channel", "chat"): 1}
    assert made.name("language, queue", "other") == "other languages"


def test_what_was_learnt_elsewhere_in_another_shape_is_learnt_anew(day: Day) -> None:
    Watched.objects.create(pk=1, state={"of": "another version"}, tail=[["nonsense"]])
    made = Noticing()
    steady(made, day, minutes=3)
    assert len(Noticing()._watch) == len(made._watch)
    assert Watched.objects.get().state["keys"]


def test_a_clock_that_was_set_back_does_not_stop_the_scorer(day: Day) -> None:
    made = Noticing()
    steady(made, day, minutes=3)
    assert made.step(day.moment - timedelta(days=2), [CARDS]).alerts == []


def test_holidays_and_the_zone_are_the_customers(settings: object) -> None:
    settings.CUSTOMERS_ZONE, settings.HOLIDAYS = "Europe/Berlin", ["2026-12-25"]  # type: ignore[attr-defined]
    found = noticing.calendar()
    assert found.zone == "Europe/Berlin"
    assert [day.isoformat() for day in found.holidays] == ["2026-12-25"]


def test_the_scorer_counts_each_contact_by_its_series_and_tells_leads_what_changed(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, began = noticing.Noticing._new, day.moment

    def settled(self: Noticing) -> object:
        watch = before(self)
        for minute in range(26 * 60, 0, -1):
            watch.step(began - minute * MINUTE, counted([Cut("web", day.queue.pk, "", "en")] * 2))
        return watch

    monkeypatch.setattr(noticing.Noticing, "_new", settled)
    for n in range(60):
        day.say(f"Where is my card {n}?", email=f"n{n}@post.example")
    day.assess()
    Conversation.objects.update(locale="de")
    assert queries.what_changed(now()) == []
    day.pass_time(minutes=2)
    scorer.tick(queue_names=queue_names)
    told = queries.what_changed(now())
    assert told[0].dimension == "total"
    assert (told[0].counted, told[0].high < 60) == (68, True)
    assert {"Support", "German", "German, Support", "channel web"} <= {each.name for each in told}
    assert next(alert.turn for alert in queries.alerts(day.moment - timedelta(hours=1))) == "began"
    assert queries.what_changed(now() - timedelta(hours=1)) == []
    assert queries.what_changed(now() + timedelta(hours=1)) == []
    assert Minute.objects.get().details[published.CHANGED]
    if proposal := Proposal.objects.first():
        assert any("in five minutes, usual" in line for line in proposal.evidence)
