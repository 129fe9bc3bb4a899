"""Templates that come with the house, from `seeds.toml`. They are words to begin with: nobody has approved them yet."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from holdfast.incidents.words.contract import Use


@dataclass(frozen=True, slots=True)
class Seed:
    """A template with what it says in each language."""

    slug: str
    title: str
    use: Use
    bodies: Mapping[str, str]


def _read() -> Sequence[Seed]:
    given = tomllib.loads((Path(__file__).parent / "seeds.toml").read_text(encoding="utf-8"))
    return [
        Seed(
            slug=each["slug"], title=each["title"], use=Use(each["use"]),
            bodies={locale: body.strip() for locale, body in each["body"].items()},
        )
        for each in given["template"]
    ]  # fmt: skip


SEEDS: Final[Sequence[Seed]] = _read()
