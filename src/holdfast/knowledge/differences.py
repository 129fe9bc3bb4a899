"""What changed between two texts, by lines and within them by words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_AROUND = 2  # lines that stayed, shown beside one that changed
_LONGEST = 4000  # lines; beyond them texts are compared as a whole
_MOST_WORDS = 1000  # of a line, with the spaces between; beyond them it counts as another line

Kind = Literal["same", "gone", "new", "skip"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a line: as it was in both, only in the old one, or only in the new one."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison. `skip` stands for lines that stayed and are left out; `text` says how many."""

    kind: Kind
    pieces: tuple[Piece, ...]


def lines(old: str, new: str) -> list[Line]:
    """Return the lines of both texts in order, each with what changed in it. Equal texts give none."""
    if old == new:
        return []
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > _LONGEST:
        return [_whole("gone", line) for line in before] + [_whole("new", line) for line in after]
    compared: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            compared += [_whole("same", line) for line in before[a:b]]
        else:
            compared += _changed(before[a:b], after[c:d])
    return list(_shortened(compared))


def _whole(kind: Kind, line: str) -> Line:
    return Line(kind, (Piece("same" if kind == "same" else kind, line),))


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """Yield lines that stand against each other with their words compared, and the rest of the longer side whole."""
    both = min(len(before), len(after))
    for old, new in zip(before[:both], after[:both], strict=True):
        gone, come = _by_words(old, new)
        if old:
            yield Line("gone", gone)
        if new:
            yield Line("new", come)
    for line in before[both:]:
        yield _whole("gone", line)
    for line in after[both:]:
        yield _whole("new", line)


def _by_words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) + len(after) > _MOST_WORDS:
        return (Piece("gone", old),), (Piece("new", new),)
    gone: list[Piece] = []
    come: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, now = "".join(before[a:b]), "".join(after[c:d])
        if was:
            gone.append(Piece("same" if tag == "equal" else "gone", was))
        if now:
            come.append(Piece("same" if tag == "equal" else "new", now))
    return tuple(gone), tuple(come)


def _shortened(compared: Sequence[Line]) -> Iterator[Line]:
    changed = [place for place, line in enumerate(compared) if line.kind != "same"]
    shown = {near for place in changed for near in range(place - _AROUND, place + _AROUND + 1)}
    left_out = 0
    for place, line in enumerate(compared):
        if place not in shown:
            left_out += 1
            continue
        if left_out:
            yield _left_out(left_out)
        left_out = 0
        yield line
    if left_out:
        yield _left_out(left_out)


def _left_out(count: int) -> Line:
    return Line("skip", (Piece("same", f"{count} line{'' if count == 1 else 's'} as before"),))
