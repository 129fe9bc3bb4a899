"""Taking values out of the names of files, which are seen in a case before anybody asks for the file.

Names of files join words with `_`, `-`, `.` or nothing, and drop accents and capitals: `AnnaKovacs_passport.jpg` is of
Anna Kovács. So what is known of this customer is looked for letter by letter, with anything or nothing in between; all
else as in a text (`free_text`). A name without values in it stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from holdfast.guard.free_text import MONTHS, Known, Scrubbed, Scrubber
from holdfast.guard.masks import masked

_OPEN, _CLOSE = "\ue000", "\ue001"  # for private use: they mean nothing in a name
_PLACE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_PLACES = re.compile(f"[{_OPEN}{_CLOSE}]")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)")
_FIRST = {"email": -2, "address": -1}  # a name may be a part of these
_EXTENSION = re.compile(r"[a-z0-9]{1,5}", re.IGNORECASE)
# What joins words, not what is within a number or a date.
_JOINED = re.compile(rf"(?<=[^\W\d_])[-.+]|[-.+](?=[^\W\d_])|(?<={_CLOSE} )[-.+]+|[-.+]+(?= {_OPEN})")
_BETWEEN = r"[\W_]{0,3}"


class NameScrubber:
    """Scrubs names of files of one customer."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        known = sorted(known, key=lambda each: _FIRST.get(each.kind, 0))
        self._known = [pattern for each in known for pattern in _patterns(each)]
        self._born = {each.value for each in known if each.kind == "birth_date"}
        self._texts = Scrubber(known)

    def scrubbed(self, name: str) -> Scrubbed:
        """Return `name` with typed masks in place of values, its words apart where there were any; else as it is."""
        clean, extension = self._parted(_PLACES.sub("", unicodedata.normalize("NFC", name)))
        found: list[tuple[str, str]] = []
        for kind, pattern, mask in self._known:
            for place in reversed(list(pattern.finditer(_plain(clean)))):
                found.append((kind, mask))  # its number holds the place, so that nothing is looked for within a mask
                clean = f"{clean[: place.start()]} {_OPEN}{len(found) - 1}{_CLOSE} {clean[place.end() :]}"
        for day in reversed(list(_DAY.finditer(clean))):  # "WhatsApp Image 2026-03-02" names no telephone
            if day.group() not in self._born:
                found.append(("", day.group()))
                clean = f"{clean[: day.start()]} {_OPEN}{len(found) - 1}{_CLOSE} {clean[day.end() :]}"
        rest = self._texts.scrubbed(_JOINED.sub(" ", clean.replace("_", " ")))
        kinds = dict.fromkeys([*(kind for kind, _ in found if kind), *rest.kinds])
        if not kinds:
            return Scrubbed(name, ())
        text = _PLACE.sub(lambda place: found[int(place[1])][1], rest.text)
        return Scrubbed(f"{' '.join(text.split())}{extension}", tuple(kinds))

    def _parted(self, name: str) -> tuple[str, str]:
        """The name and its ending, where that looks like a kind of file and not like a part of a value."""
        stem, dot, extension = name.rpartition(".")
        kept = stem and _EXTENSION.fullmatch(extension)
        if not kept or any(pattern.search(_plain(extension)) for _, pattern, _ in self._known):
            return name, ""
        return stem, dot + extension


def _patterns(known: Known) -> Sequence[tuple[str, re.Pattern[str], str]]:
    words = re.findall(r"[^\W_]+", _plain(known.value))
    if known.kind == "name" and len(words) > 1:
        family = words[-1]
        mask = masked("name", known.value)
        found = [("name", _joined(words), mask), ("name", _joined([family, *words[:-1]]), mask)]
        if len(family) >= 4 and family not in MONTHS:
            found.append(("name", re.compile(re.escape(family)), f"{known.value.split()[-1][0]}."))
        return found
    if known.kind == "email" and len(words) > 1:
        local = re.findall(r"[^\W_]+", _plain(known.value.partition("@")[0]))
        mask = masked("email", known.value)
        return [("email address", _joined(each), mask) for each in (words, local) if sum(map(len, each)) >= 5]
    if known.kind == "address" and len(words) > 1:
        first = re.findall(r"[^\W_]+", _plain(known.value.partition(",")[0]))
        lines = [words] + ([first] if sum(map(len, first)) >= 6 and any(word.isdigit() for word in first) else [])
        return [("address", _joined(line), "[address]") for line in lines]
    return []


def _joined(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(_BETWEEN.join(map(re.escape, words)))


def _plain(text: str) -> str:
    """Small letters without accents, one for each sign of `text`, so that places in both are the same."""
    return "".join(unicodedata.normalize("NFD", sign)[0].lower()[0] for sign in unicodedata.normalize("NFC", text))
