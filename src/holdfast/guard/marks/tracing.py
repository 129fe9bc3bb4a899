"""From a photograph to the session it was taken of, or a refusal to guess.

Those who saw the record, by the log, are compared with each other and with sessions that never were. Somebody is named
only when one mark fits at z >= 6 and by 1.5 better than whoever fits next, and the other mark names nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from holdfast.guard.marks import codes, decoding, tiles
from holdfast.guard.marks.decoding import Region
from holdfast.guard.marks.photos import Corners, Photo
from holdfast.guard.marks.queries import Shown

Z, GAP = 6.0, 1.5
STRANGERS = 200
"""Sessions that never were, to see what chance reaches with this photograph."""
MOST_SURFACES = 8
USUAL_PAGES = ((1440, 900), (1920, 969), (1536, 730), (1366, 657), (1280, 720), (390, 844))
"""Sizes of the visible page in CSS pixels that are tried when no page said its own."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one session's marks fit: the z of each kind, None where it was not looked for."""

    session: str
    agent_id: int
    faint: float | None
    visible: float | None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a photograph says. `named` is a session or None, `sentence` says how sure that is and what would help."""

    named: Fit | None
    sentence: str
    z: float
    gap: float
    fits: tuple[Fit, ...] = field(default=())
    compared: int = 0


def trace(
    photo: Photo,
    corners: Corners,
    seen: Sequence[Shown],
    *,
    size: tuple[int, int] | None = None,
    visible: bool = True,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Verdict:
    """Compare a photograph with everybody in `seen`. `size` is what the corners enclose, in CSS pixels, when known.

    `told` hears how many steps are done, of how many.
    """
    agents = {one.session: one.agent_id for one in seen}
    sessions = list(agents)
    if not sessions:
        return Verdict(None, NOBODY, 0.0, 0.0)
    strangers = [f"nobody-{number}" for number in range(STRANGERS)]
    signs = decoding.patterns([*sessions, *strangers])
    best = np.full(len(signs), -np.inf)
    surfaces = _surfaces(seen, size)
    for done, surface in enumerate(surfaces):
        told(done, len(surfaces) + 1)
        best = np.maximum(best, decoding.faint_scores(photo, corners, surface, signs))
    told(len(surfaces), len(surfaces) + 1)
    read = _visible(photo, corners, seen, size) if visible else {}
    fits = [
        Fit(session, agents[session], float(best[place]), *read.get(session, (None, "")))
        for place, session in enumerate(sessions)
    ]
    fits.sort(key=lambda fit: -max(fit.faint or 0, fit.visible or 0))
    return judged(fits, chance=float(best[len(sessions) :].max()))


def judged(fits: Sequence[Fit], *, chance: float) -> Verdict:
    """Name somebody, or refuse to. `chance` is the best z any stranger reached with the faint pattern."""
    faint = _ranked([(fit.faint, fit) for fit in fits], floor=chance)
    visible = _ranked([(fit.visible, fit) for fit in fits], floor=0.0)
    sure = [ranked for ranked in (faint, visible) if ranked and ranked[0] >= Z and ranked[1] >= GAP]
    strongest = max((ranked for ranked in (faint, visible) if ranked), key=lambda ranked: ranked[0])
    z, gap, fit = sure[0] if sure else strongest
    compared = len(fits)
    if len({one[2].session for one in sure}) > 1:
        return Verdict(None, DISAGREE, z, gap, tuple(fits), compared)
    if not sure:
        sentence = (
            f"{REFUSED} The best fit is z {z:.1f}, {gap:.1f} ahead of the next; it takes {Z:.0f} and {GAP}. {HELPS}"
        )
        return Verdict(None, sentence, z, gap, tuple(fits), compared)
    both = len(sure) == 2
    marks = "Both marks fit" if both else "The faint pattern fits" if sure[0] is faint else "The visible code fits"
    sentence = (
        f"{marks} this session: z {z:.1f}, {gap:.1f} ahead of the next, among {compared} sessions that saw it and"
        f" {STRANGERS} that never were. This says whose screen it was, not who held the camera."
    )
    return Verdict(fit, sentence, z, gap, tuple(fits), compared)


def read_code(typed: str, seen: Sequence[Shown]) -> Verdict:
    """Look up a code as somebody read it from a photograph, `?` for what is not legible."""
    table = _live_codes(seen)
    agents = {one.session: one.agent_id for one in seen}
    found = codes.nearest(typed, {code: session for session, shown in table.items() for code in shown})
    if found is None:
        return Verdict(None, NOBODY if not seen else "Nothing of a code was given.", 0.0, 0.0)
    session = next(session for session, shown in table.items() if found.code in shown)
    fit = Fit(session, agents[session], None, None, found.code)
    said = f"{found.agree} of {codes.LENGTH} symbols agree with {found.code}"
    if not found.sure:
        sentence = f"No code that was shown is near enough to what was read: {said}. A forged code is nobody's."
        return Verdict(None, sentence, 0.0, 0.0, (fit,), len(table))
    sentence = (
        f"{said}, shown in this session; chance would do that {found.by_chance:.0e} times."
        " A code can be copied by hand into a picture: look whether the faint pattern says the same."
    )
    return Verdict(fit, sentence, 0.0, 0.0, (fit,), len(table))


def read_codes(found: Sequence[str], seen: Sequence[Shown]) -> Verdict:
    """Look up the whole codes that a file carries (`copies.codes_in`). One session is named, never one of several."""
    holders = {session: code for session, shown in _live_codes(seen).items() for code in found if code in shown}
    agents = {one.session: one.agent_id for one in seen}
    fits = tuple(Fit(session, agents[session], None, None, code) for session, code in holders.items())
    if not found:
        return Verdict(None, UNMARKED, 0.0, 0.0, (), len(agents))
    if len(fits) != 1:
        sentence = NO_COPY if not fits else SEVERAL
        return Verdict(None, sentence, 0.0, 0.0, fits, len(agents))
    sentence = (
        f"The file carries the code {fits[0].code}, given out to this session. This says whose copy it was, not who"
        " passed it on; a code can be put into a file by somebody who knew it."
    )
    return Verdict(fits[0], sentence, 0.0, 0.0, fits, len(agents))


def _ranked(scores: Sequence[tuple[float | None, Fit]], *, floor: float) -> tuple[float, float, Fit] | None:
    """Return the best z, how far it is ahead of the next one (or of chance), and whose it is."""
    known = sorted(((z, fit) for z, fit in scores if z is not None), key=lambda pair: -pair[0])
    if not known:
        return None
    z, fit = known[0]
    return z, z - max([floor, *(other for other, _ in known[1:2])]), fit


def _surfaces(seen: Sequence[Shown], size: tuple[int, int] | None) -> list[Region]:
    """Return what the corners may enclose: pages and cards as pages said they stood, the most usual first."""
    if size is not None:
        return [Region(*size), Region(*size, 0, 0)]
    counted: dict[Region, int] = {}
    for one in seen:
        if (said := one.geometry) is not None:
            page = Region(said.width, said.height, 0, 0)
            card = Region(said.card_width, said.card_height, said.left, said.top)
            for surface in (page, card):
                counted[surface] = counted.get(surface, 0) + 1
    ranked = sorted(counted, key=lambda surface: -counted[surface])[:MOST_SURFACES]
    return ranked or [Region(*page, 0, 0) for page in USUAL_PAGES]


def _live_codes(seen: Sequence[Shown]) -> dict[str, set[str]]:
    """Return the codes each session showed: of the minute of each opening, and of the next one, had it just begun."""
    table: dict[str, set[str]] = {}
    for one in seen:
        minute = codes.minute_of(one.at)
        shown = table.setdefault(one.session, set())
        shown.update(codes.code_for(session=one.session, minute=each) for each in (minute, minute + 1))
    return table


def _visible(
    photo: Photo, corners: Corners, seen: Sequence[Shown], size: tuple[int, int] | None
) -> Mapping[str, tuple[float, str]]:
    """Return the z of each session's best code, looked for on cards as pages said they stood, and that code."""
    live = [(session, code) for session, shown in _live_codes(seen).items() for code in sorted(shown)]
    surfaces = {(one.geometry.card_width, one.geometry.card_height) for one in seen if one.geometry}
    cards = [size] if size is not None else sorted(surfaces)[:MOST_SURFACES]
    if not cards or len(live) > 2000:
        return {}
    texts = [f"{code[:5]} {code[5:]}" for _, code in live]
    controls = [f"{code[:5]} {code[5:]}" for code in (codes.code_for(session="nobody", minute=n) for n in range(64))]
    best: dict[str, tuple[float, str]] = {}
    for card in cards:
        scores = decoding.visible_scores(photo, corners, Region(*card, 0, 0), tiles.CARD, texts, controls)
        for (session, code), z in zip(live, scores, strict=True):
            if session not in best or z > best[session][0]:
                best[session] = (float(z), code)
    return best


NOBODY = "By the log nobody saw this record in that time, so there is nobody to compare the photograph with."
DISAGREE = (
    "The two marks fit two different sessions, so nobody is named. Pictures put together, or a copied code, look so."
)
UNMARKED = (
    "Nobody is named: this file carries no mark. Its kind has no place for one, or somebody took it out; the log says"
    " who had a copy."
)
NO_COPY = (
    "Nobody is named: the file carries a code, and nobody who is looked at was given it. A forged one is nobody's."
)
SEVERAL = "Nobody is named: the file carries the codes of several sessions, as when copies are put together."
REFUSED = "Nobody is named: the photograph does not say enough."
HELPS = (
    "What could help: the original file instead of one sent through a messenger, the four corners of the page or of the"
    " value's card (--corners), a narrower time (--at), or the code as you can read it (--code)."
)
