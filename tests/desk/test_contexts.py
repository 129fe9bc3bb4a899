"""`docs/desk-contexts.md` is what template authors rely on; it says what the code says."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest

from holdfast.desk import screens

PAGE = (Path(__file__).parents[2] / "docs" / "desk-contexts.md").read_text()
SCREENS = [each for _, each in inspect.getmembers(screens, dataclasses.is_dataclass)]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_screen_and_field_is_described(screen: type) -> None:
    if not screen.__module__.endswith("desk.screens"):
        return
    line = next((line for line in PAGE.splitlines() if line.startswith(f"- **{screen.__name__}** ")), "")
    described = [f"`{field.name}: {field.type}`" for field in dataclasses.fields(screen)]
    assert [entry for entry in described if entry not in line] == []


def test_screens_cannot_be_changed() -> None:
    assert all(screen.__dataclass_params__.frozen for screen in SCREENS)
