"""What people write: real questions where a set of them lies beside the project, our own phrases otherwise.

Real: BANKING77 (Casanueva et al. 2020, CC BY 4.0) and those questions of CLINC150 that no topic covers (Larson et al.
2019, CC BY 3.0), recombined, with slots and typing errors. What protesters and fans say is always ours. A grammar's
`{a|b}` is one of several; a name in braces is a slot.
"""

from __future__ import annotations

import csv
import json
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from holdfast.drills.crisis.scenario import HERE, People, ScenarioError

_INNERMOST = re.compile(r"\{([^{}]*)\}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases per matter (a category of a set, or a topic of ours), and which matters belong to which topic.

    `real`: they are recorded questions, not ours.
    """

    matters: Mapping[str, Sequence[str]]
    topics: Mapping[str, Sequence[str]]
    real: bool


def texts_beside(project: Path) -> Path | None:
    """Return the directory of real texts beside the project, `None` when there is none."""
    for place in (project / "data", project.parent / "shared" / "data"):
        if (place / "banking77" / "train.csv").is_file():
            return place
    return None


@cache
def phrases(directory: Path | None) -> Phrases:
    """Read the sets in `directory`, or our own phrases when it is `None`. Raises `ScenarioError`."""
    given = _written()["topics"]
    if directory is None:
        return Phrases(
            {name: topic["phrases"] for name, topic in given.items()}, {name: (name,) for name in given}, real=False
        )
    matters: dict[str, list[str]] = {}
    try:
        with (directory / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                matters.setdefault(row["category"], []).append(" ".join(row["text"].split()))
        matters |= _uncovered(directory / "clinc150" / "train_val.json")
    except (OSError, KeyError, ValueError) as error:
        raise ScenarioError(f"The texts in {directory.name} cannot be read: {error!r}") from None
    topics = {
        name: tuple(m for m in matters if any(fnmatchcase(m, pattern) for pattern in topic["banking77"]))
        for name, topic in given.items()
    }
    return Phrases(matters, topics, real=True)


class Speaker:
    """Writes what one contact says. Same seed, same words."""

    def __init__(self, *, said: Phrases, seed: int) -> None:
        self._said = said
        self._chance = random.Random(seed)  # noqa: S311 (not for secrets)
        names = list(said.matters)
        self._chance.shuffle(names)
        self._everything = names
        # A few matters make up most of a day (Zipf), others each day's odds and ends.
        self._weights = _running([1 / (rank + 3) for rank in range(len(names))])

    def say(self, people: People) -> str:
        """Return the words of one of these people."""
        written = _written()
        match people.words:
            case "scripts":
                return str(self._chance.choice(written["scripts"]["lines"]))
            case "paraphrases" | "fans":
                return self._from_grammar(written[people.words], typos=0.1)
            case "topics" if self._chance.random() < people.short:
                return str(self._chance.choice(written["short"][self._chance.choice(people.topics)]))
            case "topics":
                topic = self._said.topics.get(self._chance.choice(people.topics), ())
                return self._about(self._chance.choice(topic or self._everything))
            case _:
                return self._about(self._chance.choices(self._everything, cum_weights=self._weights)[0])

    def _about(self, matter: str) -> str:
        """What customers say: a question of that matter, sometimes two, framed and mistyped their own way."""
        chance, around = self._chance, _written()["around"]
        text = chance.choice(self._said.matters[matter])
        if chance.random() < 0.3:
            text = f"{text.rstrip('.')}. {chance.choice(self._said.matters[matter])}"
        text = self._filled(chance.choice(around["open"]) + text + chance.choice(around["close"]))
        if chance.random() < 0.3:
            text = text.lower()
        return self._mistyped(text) if chance.random() < 0.2 else text

    def _from_grammar(self, grammar: Mapping[str, Sequence[str]], *, typos: float) -> str:
        text = self._filled("".join(self._chance.choice(grammar[part]) for part in ("open", "lines", "close")))
        return self._mistyped(text) if self._chance.random() < typos else text

    def _filled(self, text: str) -> str:
        while (found := _INNERMOST.search(text)) is not None:
            text = text[: found.start()] + self._one_of(found[1]) + text[found.end() :]
        return text

    def _one_of(self, inside: str) -> str:
        if inside == "digits":
            return str(self._chance.randrange(10_000, 1_000_000))
        if inside in _written()["slots"]:
            return str(self._chance.choice(_written()["slots"][inside]))
        return self._chance.choice(inside.split("|"))

    def _mistyped(self, text: str) -> str:
        """Leave out, double, swap or replace a letter or two."""
        for _ in range(self._chance.randint(1, 2)):
            if len(text) < 4:
                break
            at = self._chance.randrange(1, len(text) - 1)
            letters = text[at], text[at] * 2, text[at + 1] + text[at], self._chance.choice(_LETTERS)
            kind = self._chance.randrange(4)
            new = "" if kind == 0 else letters[kind]
            text = text[:at] + new + text[at + (2 if kind == 2 else 1) :]
        return text


@cache
def _written() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "texts.toml").read_text(encoding="utf-8"))


def _uncovered(path: Path) -> dict[str, list[str]]:
    """Questions outside every intent: the odd ones any support line gets."""
    if not path.is_file():
        return {}
    read = json.loads(path.read_text(encoding="utf-8"))
    return {"odd": [text for text, _ in [*read.get("oos_train", []), *read.get("oos_val", [])]]}


def _running(weights: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for weight in weights:
        total += weight
        sums.append(total)
    return sums
