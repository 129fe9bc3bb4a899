"""Photographs of a drawn page, by a simulated camera: who is named, and who never is."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from tests.guard.marks.camera import GOOD, POOR, Photograph, photograph

from holdfast.guard.marks import burning, codes, photos, tiles, tracing
from holdfast.guard.marks.overlays import Geometry
from holdfast.guard.marks.queries import Shown
from holdfast.guard.marks.tracing import Fit, judged, read_code, trace

AT = datetime(2026, 3, 2, 14, 32, 10, tzinfo=UTC)
PAGE, CARD = (720, 450), (430, 200, 262, 78)
HERE = Geometry(*PAGE, *CARD)


def shown(session: str, agent: int = 1, geometry: Geometry | None = HERE) -> Shown:
    return Shown(UUID(int=agent), AT, agent, session, UUID(int=1), UUID(int=2), "iban", geometry)


SEEN = [shown(f"{n:016x}", n) for n in range(1, 21)]


def screen(session: str, *, dark: bool = False, marks: bool = True) -> Image.Image:
    """A page with lines of text and an open value, as the browser composes it."""
    ground, ink = ((24, 28, 30), (230, 232, 232)) if dark else ((252, 253, 253), (40, 48, 54))
    page = Image.new("RGB", PAGE, ground)
    draw = ImageDraw.Draw(page)
    for row in range(30, PAGE[1], 24):
        draw.text((20, row), "My card was declined at the shop this morning, why is that? " * 2, fill=ink)
    left, top, width, height = CARD
    draw.rectangle((left, top, left + width - 1, top + height - 1), fill=(60, 46, 24) if dark else (253, 244, 226))
    draw.text((left + 12, top + 14), "IE29 AIBK 9311 5212 3456 78", fill=ink)
    if not marks:
        return page
    made = tiles.marks_for(session=session, at=AT)
    strokes = burning.strokes(tiles.CARD, made.card_text, size=(width, height), scale=1)
    page.paste(ink, (left, top), strokes.point([round(level * 0.1) for level in range(256)]))
    one = Image.open(io.BytesIO(tiles.faint_png(session))).convert("RGBA")
    tile = one.resize((tiles.Marks.side, tiles.Marks.side), Image.Resampling.NEAREST)
    layer = Image.new("RGBA", PAGE)
    for x in range(0, PAGE[0], tiles.Marks.side):
        for y in range(0, PAGE[1], tiles.Marks.side):
            layer.paste(tile, (x, y))
    return Image.alpha_composite(page.convert("RGBA"), layer).convert("RGB")


def traced(taken: Photograph, seen: list[Shown] = SEEN) -> tracing.Verdict:
    return trace(photos.photo_of(taken.image), taken.corners, seen)


@pytest.mark.parametrize("dark", [False, True])
def test_a_photograph_of_a_page_names_its_session_among_those_who_saw_it(dark: bool) -> None:
    verdict = traced(photograph(screen(SEEN[6].session, dark=dark), GOOD, seed=3))
    assert verdict.named is not None
    assert verdict.named.session == SEEN[6].session
    assert "not who held the camera" in verdict.sentence


def test_a_photograph_of_the_value_alone_is_placed_where_its_page_said_it_stood() -> None:
    left, top, width, height = CARD
    part = screen(SEEN[4].session).crop((left, top, left + width, top + height))
    verdict = traced(photograph(part, replace(GOOD, density=2.5, moire=2, noise=2), seed=1, clicked=0.5))
    assert verdict.fits[0].session == SEEN[4].session
    assert verdict.named is None or verdict.named.session == SEEN[4].session


def test_who_did_not_see_it_is_never_named_in_place_of_who_did() -> None:
    """The right session is missing from the log, as when a neighbour's screen was photographed."""
    assert traced(photograph(screen("f" * 16), GOOD, seed=1)).named is None


def test_a_page_without_marks_and_noise_name_nobody() -> None:
    assert traced(photograph(screen("", marks=False), GOOD, seed=5)).named is None
    random = np.random.default_rng(1)
    noise = Image.fromarray(random.integers(0, 255, (450, 720), dtype=np.uint8))
    assert traced(Photograph(noise, photos.whole(photos.photo_of(noise)), b"")).named is None


def test_a_poor_photograph_of_little_is_refused_with_what_would_help() -> None:
    part = screen(SEEN[2].session).crop((440, 205, 560, 265))
    verdict = traced(photograph(part, POOR, seed=2))
    assert verdict.named is None
    assert "--corners" in verdict.sentence


def test_the_corners_of_a_bright_screen_in_a_room_are_found() -> None:
    taken = photograph(screen(SEEN[1].session), GOOD, seed=7, clicked=0)
    found = photos.found_corners(photos.photo_of(taken.image))
    assert found is not None
    assert np.abs(np.array(found) - np.array(taken.corners)).max() < 12
    assert traced(replace(taken, corners=found)).named is not None


def test_nobody_saw_it_is_said() -> None:
    assert "nobody saw" in traced(photograph(screen("1" * 16), GOOD, seed=1), []).sentence


zs = st.floats(min_value=-5, max_value=80)


@settings(max_examples=200)
@given(st.lists(st.tuples(zs, zs), min_size=1, max_size=8), st.floats(min_value=2, max_value=6))
def test_only_a_clear_lead_above_six_is_ever_named(scores: list[tuple[float, float]], chance: float) -> None:
    verdict = judged([Fit(str(n), n, faint, visible) for n, (faint, visible) in enumerate(scores)], chance=chance)
    if verdict.named is None:
        return
    for place, floor in ((0, chance), (1, 0.0)):
        ranked = sorted(((pair[place], str(n)) for n, pair in enumerate(scores)), reverse=True)
        next_best = max([floor, *(z for z, _ in ranked[1:2])])
        if ranked[0][0] >= tracing.Z and ranked[0][0] - next_best >= tracing.GAP:
            assert ranked[0][1] == verdict.named.session  # neither mark clearly says another


def test_marks_that_disagree_name_nobody() -> None:
    verdict = judged([Fit("a", 1, 20.0, 0.0), Fit("b", 2, 1.0, 9.0)], chance=3.5)
    assert verdict.named is None
    assert "two different sessions" in verdict.sentence


def test_a_code_read_by_eye_names_its_session_and_a_forged_one_nobody() -> None:
    code = codes.code_for(session=SEEN[8].session, minute=codes.minute_of(AT))
    read = read_code(f"{code[:3]}?{code[4:7]}?{code[8:]}", SEEN)
    assert read.named is not None
    assert read.named.session == SEEN[8].session
    other_minute = codes.code_for(session=SEEN[8].session, minute=codes.minute_of(AT) + 90)
    assert read_code(other_minute, SEEN).named is None
    assert read_code("??????????", SEEN).named is None
    assert read_code(code, []).named is None


def test_what_is_no_picture_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for name, content in (("text.jpg", b"no picture"), ("cut.png", tiles.faint_png("1" * 16)[:60])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(photos.NotReadable, match="not a picture"):
            photos.load(tmp_path / name)
    with pytest.raises(photos.NotReadable, match="no file"):
        photos.load(tmp_path / "missing.jpg")
    with pytest.raises(photos.NotReadable, match="too small"):
        photos.photo_of(Image.new("L", (20, 20)))
    picture = photos.photo_of(Image.new("L", (100, 100)))
    with pytest.raises(photos.NotReadable, match="four corners"):
        photos.flat(picture, ((0, 0), (0, 0), (0, 0), (0, 0)), size=(10, 10))
