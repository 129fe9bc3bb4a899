"""Playbooks: what is shipped is sound, what is edited is checked, and calm changes nothing."""

from __future__ import annotations

import pytest

from holdfast.people.models import Agent
from holdfast.posture import playbooks
from holdfast.posture.changes import change
from holdfast.posture.current import current, forget
from holdfast.posture.effects import CALM, Name
from holdfast.posture.errors import PlaybookError, Refused

PLAIN = 'slug = "usual"\ntitle = "Any bad day"\n'


@pytest.mark.parametrize("slug", playbooks.shipped())
def test_each_shipped_playbook_is_sound_and_leads_back_to_calm(slug: str) -> None:
    book = playbooks.parse(playbooks.shipped()[slug])
    assert book.slug == slug
    assert book.effects_in(Name.CALM) == CALM
    reached, names = set(), {Name.WATCH}
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
    assert [edit[0] for edit in playbooks.history("flood")] == [1]
    with pytest.raises(PlaybookError, match="slug"):
        playbooks.edit(slug="flood", toml=PLAIN, by=lead.pk, seen_version=1)
