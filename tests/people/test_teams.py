"""Teams, and who belongs to which, kept on a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from holdfast.people.models import Agent, Role, Site, Team, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, settings: Any) -> Agent:
    settings.STEP_UP_MINUTES = 0
    admin = Agent.objects.create_user("ada@desk.example", "long-enough-for-all", name="Ada", role=Role.ADMIN)
    client.force_login(admin)
    return admin


def made(client: Client, name: str, vendor: str, **more: str) -> int:
    return client.post(reverse("people:teams"), {"name": name, "vendor": vendor} | more).status_code


def test_a_team_is_made_with_its_employer_and_another_of_theirs_joins_it(client: Client, admin: Agent) -> None:
    assert made(client, "First line", "Example Ltd", internal="on") == 302
    assert made(client, "Second line", "example ltd") == 302
    assert list(Vendor.objects.values_list("name", "internal")) == [("Example Ltd", True)]
    page = client.get(reverse("people:team")).content.decode()
    assert "First line" in page
    assert "Second line" in page


def test_an_employer_has_each_team_once(client: Client, admin: Agent) -> None:
    assert made(client, "First line", "Example Ltd") == 302
    assert made(client, "First line", "Example Ltd") == 422
    assert made(client, "First line", "Other Ltd") == 302
    assert made(client, "", "Other Ltd") == 422
    assert Team.objects.count() == 2


def test_a_team_has_a_site_of_its_employer_which_is_known_the_next_time(client: Client, admin: Agent) -> None:
    assert made(client, "First line", "Example Ltd", site="Harbour") == 302
    assert made(client, "Second line", "Example Ltd") == 302
    second = Team.objects.get(name="Second line")
    client.post(reverse("people:team-name", args=[second.pk]), {"name": "Second line", "site": "harbour "})
    assert list(Site.objects.values_list("name", "teams__name").order_by("teams__name")) == [
        ("Harbour", "First line"),
        ("Harbour", "Second line"),
    ]
    client.post(reverse("people:team-name", args=[second.pk]), {"name": "Second line", "site": ""})
    second.refresh_from_db()
    assert second.site is None


def test_somebody_is_moved_to_a_team_and_out_of_it(client: Client, admin: Agent) -> None:
    made(client, "First line", "Example Ltd")
    ben, team = Agent.objects.create_user("ben@desk.example", name="Ben"), Team.objects.get()
    for chosen, expected in ((str(team.pk), team.pk), ("999999", team.pk), ("", None)):
        client.post(reverse("people:standing", args=[ben.pk]), {"role": "agent", "team": chosen})
        ben.refresh_from_db()
        assert ben.team_id == expected
    assert ben.role == Role.AGENT


def test_a_team_is_renamed_and_removed_only_while_nobody_is_in_it(client: Client, admin: Agent) -> None:
    made(client, "First line", "Example Ltd")
    made(client, "Second line", "Example Ltd")
    team = Team.objects.get(name="First line")
    client.post(reverse("people:team-name", args=[team.pk]), {"name": "Second line"})
    team.refresh_from_db()
    assert team.name == "First line"
    client.post(reverse("people:team-name", args=[team.pk]), {"name": "Front"})
    team.refresh_from_db()
    assert team.name == "Front"
    ben = Agent.objects.create_user("ben@desk.example", name="Ben", team=team, is_active=False)
    page = client.post(reverse("people:team-removal", args=[team.pk]), follow=True).content.decode()
    assert "still people in this team" in page
    ben.delete()
    client.post(reverse("people:team-removal", args=[team.pk]))
    assert not Team.objects.filter(pk=team.pk).exists()


def test_the_page_asks_no_more_of_the_database_for_sixty_people_than_for_two(
    client: Client, admin: Agent, django_assert_max_num_queries: object
) -> None:
    made(client, "First line", "Example Ltd")
    Agent.objects.bulk_create(
        [Agent(email=f"a{n}@desk.example", name=f"A {n}", team=Team.objects.get()) for n in range(60)]
    )
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        client.get(reverse("people:team"))
