"""Playbooks: what is shipped is sound, what is edited is checked, and calm changes nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kit.clock import now
from holdfast.people.models import Agent
from holdfast.posture import playbooks
from holdfast.posture.changes import change
from holdfast.posture.current import current, forget
from holdfast.posture.effects import CALM, Name
from holdfast.posture.errors import PlaybookError, Refused
from holdfast.posture.models import PlaybookEdit

PLAIN = 'slug = "usual"\ntitle = "Any bad day"\n'


@pytest.mark.parametrize("slug", playbooks.shipped())
def test_each_shipped_playbook_is_sound_and_leads_back_to_calm(slug: str) -> None:
    book = playbooks.parse(playbooks.shipped()[slug])
    assert book.slug == slug
    assert book.effects_in(Name.CALM) == CALM
    reached: set[Name] = set()
    names = {Name.WATCH}
    while names - reached:
        reached |= names
        names = {step.does for name in reached for step in book.steps_in(name) if step.does} | reached
    assert Name.CALM in reached


@pytest.mark.parametrize(
    ("toml", "place"),
    [
        ("slug = ", "not TOML"),
        (PLAIN + "colour = 1\n", "colour"),
        (PLAIN + "[postures.panic]\n", "postures.panic"),
        (PLAIN + '[postures.siege]\nfriction = "captcha"\n', "postures.siege.friction"),
        (PLAIN + "[postures.siege]\ncases_per_agent = 0\n", "postures.siege.cases_per_agent"),
        (PLAIN + "[postures.calm]\ncallbacks = true\n", "postures.calm"),
        (PLAIN + '[[steps]]\nkey = "a"\ntitle = "A"\n[[steps]]\nkey = "a"\ntitle = "B"\n', "used twice"),
        (PLAIN + "#" * 70_000, "longer"),
        ("a = " + "[" * 50_000, "nested"),
        ("a = " + "9" * 5_000, "number"),
    ],
)
def test_a_fault_is_named_with_its_place(toml: str, place: str) -> None:
    with pytest.raises(PlaybookError) as raised:
        playbooks.parse(toml)
    assert place in str(raised.value)


def test_an_edit_counts_from_the_next_change_on(lead: Agent) -> None:
    change(to=Name.SURGE, by=lead.pk, why="Payments fail.")
    before = current().effects
    text, version = playbooks.text_of("usual")
    playbooks.edit(
        slug="usual", toml=text.replace("cases_per_agent = 5", "cases_per_agent = 7"), by=lead.pk, seen_version=version
    )
    assert current().effects == before
    change(to=Name.SURGE, by=lead.pk, why="With the new playbook.")
    forget()
    assert current().effects.cases_per_agent == 7


def test_nobody_overwrites_an_edit_they_have_not_seen(lead: Agent) -> None:
    text, version = playbooks.text_of("flood")
    playbooks.edit(slug="flood", toml=text, by=lead.pk, seen_version=version)
    with pytest.raises(Refused, match="Somebody edited"):
        playbooks.edit(slug="flood", toml=text, by=lead.pk, seen_version=version)
    (kept,) = playbooks.history("flood")
    assert (kept.version, kept.by) == (1, lead.name)
    with pytest.raises(PlaybookError, match="slug"):
        playbooks.edit(slug="flood", toml=PLAIN, by=lead.pk, seen_version=1)


@given(st.text() | st.builds(lambda a, b: a + b, st.just(PLAIN), st.text(alphabet='[]{}=".\n abcsteps019-')))
def test_whatever_is_typed_is_a_playbook_or_a_sentence(toml: str) -> None:
    with suppress(PlaybookError):
        assert playbooks.parse(toml).effects_in(Name.CALM) == CALM


def test_an_earlier_version_comes_back_as_the_newest(lead: Agent) -> None:
    shipped, _ = playbooks.text_of("flood")
    second = shipped.replace("A crowd with one complaint", "A crowd")
    playbooks.edit(slug="flood", toml=second, by=lead.pk, seen_version=0)
    assert (
        playbooks.revert(slug="flood", to_version=0, by=lead.pk, seen_version=1).title == "A crowd with one complaint"
    )
    assert playbooks.text_of("flood") == (shipped, 2)
    assert playbooks.text_of("flood", 1) == (second, 1)
    with pytest.raises(Refused, match="no version 7"):
        playbooks.revert(slug="flood", to_version=7, by=lead.pk, seen_version=2)


def test_a_new_playbook_changes_nothing_until_somebody_writes_what_it_changes(lead: Agent) -> None:
    book = playbooks.begin(slug="branch-closed", title='A "branch" is closed \U0001f3e6', by=lead.pk)
    assert all(book.effects_in(name) == CALM for name in Name)
    assert [each.slug for each in playbooks.all_playbooks()] == [
        "usual",
        "branch-closed",
        "flood",
        "identity-down",
        "payments-degraded",
    ]
    with pytest.raises(Refused, match="Somebody edited"):
        playbooks.begin(slug="branch-closed", title="Again", by=lead.pk)
    with pytest.raises(Refused, match="already"):
        playbooks.begin(slug="flood", title="Again", by=lead.pk)
    for slug in ("Not A Slug", "x" * 41):
        with pytest.raises(PlaybookError, match="slug"):
            playbooks.begin(slug=slug, title="Again", by=lead.pk)


def test_a_playbook_that_an_upgrade_cannot_read_hides_none_of_the_others(lead: Agent) -> None:
    PlaybookEdit.objects.create(slug="flood", version=1, toml='slug = "flood"\ncolour = 1\n', at=now())
    listed = {each.slug: each for each in playbooks.all_playbooks()}
    assert listed["flood"].book is None
    assert listed["usual"].book is not None
    with pytest.raises(PlaybookError, match="colour"):
        change(to=Name.SIEGE, by=lead.pk, why="A crowd.", playbook="flood")
    assert playbooks.revert(slug="flood", to_version=0, by=lead.pk, seen_version=1).slug == "flood"
