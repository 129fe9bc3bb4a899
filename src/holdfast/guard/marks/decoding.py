"""How well each session's marks fit a flattened photograph, in standard deviations of what a stranger's would reach.

The faint pattern: text and edges are set aside, what is left is folded to one tile and correlated with each session's
random signs. Those are independent of the photograph, so a stranger's correlation over its own root sum of squares has
mean 0 and variance 1, whatever the photograph shows. The visible code: the picture is seen in the tile's turned axes,
folded, and compared with the drawing of every code that was shown; codes that nobody has say what chance reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from holdfast.guard.marks.burning import strokes
from holdfast.guard.marks.photos import Array, Corners, Photo, flat, turned_origin
from holdfast.guard.marks.tiles import CELL, CELLS, Tile, faint_bits

SIDE = CELL * CELLS
SLACK = 6
"""How far, in CSS pixels, the marks may stand from where the corners put them."""
STEP = 2


@dataclass(frozen=True, slots=True)
class Region:
    """What the four corners enclose: its size, and where it stands on the page (CSS pixels), if that is known."""

    width: float
    height: float
    left: float | None = None
    top: float | None = None

    @property
    def size(self) -> tuple[float, float]:
        return self.width, self.height


def patterns(sessions: Sequence[str]) -> NDArray[np.int8]:
    """Return the faint patterns of sessions, -1 and 1: an array of len(sessions) x 64 x 64."""
    bits = np.frombuffer(b"".join(faint_bits(session) for session in sessions), dtype=np.uint8)
    return cast("NDArray[np.int8]", np.unpackbits(bits).reshape(-1, CELLS, CELLS).astype(np.int8) * 2 - 1)


def faint_scores(photo: Photo, corners: Corners, region: Region, signs: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return for each pattern of `signs` the z of its best place: near the known one, else anywhere."""
    grey, inside = flat(photo, corners, size=region.size)
    folded = _folded(_evidence(grey, inside, reach=25), (SIDE, SIDE), region)
    cells = ndimage.uniform_filter(folded, CELL, mode="wrap", origin=-CELL // 2)  # starts at its own pixel
    best = np.full(len(signs), -np.inf)
    if region.left is None:
        anywhere = np.fft.rfft2(signs)
        for down in range(0, CELL, STEP):
            for across in range(0, CELL, STEP):
                cell = _standard(cells[down::CELL, across::CELL])
                matched = np.fft.irfft2(np.conj(anywhere) * np.fft.rfft2(cell), s=(CELLS, CELLS))
                best = np.maximum(best, matched.max(axis=(1, 2)))
        return best
    flat_signs = signs.reshape(len(signs), -1).astype(np.float32)
    moved = range(-SLACK, SLACK + 1, STEP)
    places = [np.roll(cells, (-down, -across), axis=(0, 1))[::CELL, ::CELL] for down in moved for across in moved]
    stacked = np.stack([_standard(place).ravel() for place in places], axis=1).astype(np.float32)
    return cast("NDArray[np.float64]", (flat_signs @ stacked).max(axis=1).astype(np.float64))


def visible_scores(
    photo: Photo, corners: Corners, region: Region, tile: Tile, texts: Sequence[str], controls: Sequence[str]
) -> NDArray[np.float64]:
    """Return for each text of `tile` how far it fits better than `controls`, in standard deviations of theirs.

    The tile starts at the upper left corner of the page when the region's place is known, else it may stand anywhere.
    """
    scale = 3.0 if tile.height < 60 else 1.25  # letters are then some 12 to 25 pixels high
    grey, inside = flat(photo, corners, size=region.size, scale=scale, turn=tile.turn)
    evidence = _evidence(grey, inside, reach=round(9 * scale))
    shape = (round(tile.height * scale), round(tile.width * scale))
    start = _start(region, tile, scale)
    seen = _fold(evidence, shape, start)
    near = None if region.left is None else round(SLACK / 2 * scale)
    drawn = np.stack([_drawn(tile, text, shape, scale) for text in [*texts, *controls]])
    matched = np.fft.irfft2(np.conj(np.fft.rfft2(drawn)) * np.fft.rfft2(seen), s=shape)
    if near is not None:
        matched = np.roll(matched, (near, near), axis=(1, 2))[:, : 2 * near + 1, : 2 * near + 1]
    average = matched[len(texts) :].mean(axis=0)
    side = 1.0 if average.max() > -average.min() else -1.0  # light strokes on dark, or dark ones on light
    reached = (side * matched).max(axis=(1, 2)) / np.sqrt((drawn**2).sum(axis=(1, 2)))
    chance = reached[len(texts) :]
    return cast("NDArray[np.float64]", (reached[: len(texts)] - chance.mean()) / max(float(chance.std()), 1e-9))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How each pixel differs from the ground around it, where that says anything (`known`)."""

    differs: Array
    known: Array


def _evidence(grey: Array, inside: Array, *, reach: int) -> _Evidence:
    """Take away the ground: the mean within `reach` pixels, without whatever stands out from it, found in rounds."""
    known = inside.copy()
    ground = grey
    for most in (40.0, 20.0, 12.0, 9.0):
        weight = ndimage.uniform_filter(known, reach)
        ground = ndimage.uniform_filter(grey * known, reach) / np.maximum(weight, 1e-3)
        known = inside * (np.abs(grey - ground) < most) * (weight > 0.15)
    return _Evidence(((grey - ground) * known).astype(np.float32), known.astype(np.float32))


def _folded(evidence: _Evidence, shape: tuple[int, int], region: Region) -> Array:
    """Fold to one tile of the page, which starts at the page's upper left corner."""
    return _fold(evidence, shape, (round(region.top or 0), round(region.left or 0)), counted=False)


def _fold(evidence: _Evidence, shape: tuple[int, int], start: tuple[int, int], *, counted: bool = True) -> Array:
    """Lay all tiles on one another. `start` is where the picture begins in the tiles' own axes (row, column)."""
    height, width = evidence.differs.shape
    above, before = start[0] % shape[0], start[1] % shape[1]
    rows, columns = -(-(above + height) // shape[0]), -(-(before + width) // shape[1])
    sums = []
    for part in (evidence.differs, evidence.known):
        whole = np.zeros((rows * shape[0], columns * shape[1]), dtype=np.float32)
        whole[above : above + height, before : before + width] = part
        sums.append(whole.reshape(rows, shape[0], columns, shape[1]).sum(axis=(0, 2)))
    total, count = sums
    return cast("Array", total / np.sqrt(np.maximum(count, 1)) if counted else total)


def _standard(cells: Array) -> NDArray[np.float64]:
    """Bound what one cell can say, and scale so that random signs sum to variance 1."""
    usual = float(np.median(np.abs(cells))) or 1e-6
    bounded = np.clip(cells, -4 * usual, 4 * usual).astype(np.float64)
    return bounded / max(float(np.sqrt((bounded**2).sum())), 1e-9)


def _start(region: Region, tile: Tile, scale: float) -> tuple[int, int]:
    """Return row and column, in the tile's turned axes, of the first pixel of a region that is seen in them."""
    left, top = turned_origin(region.size, tile.turn)
    angle, across, down = radians(tile.turn), region.left or 0, region.top or 0
    left += across * cos(angle) + down * sin(angle)
    top += down * cos(angle) - across * sin(angle)
    return round(top * scale), round(left * scale)


def _drawn(tile: Tile, text: str, shape: tuple[int, int], scale: float) -> Array:
    picture = strokes(replace(tile, turn=0), text, size=(shape[1], shape[0]), scale=scale)
    drawn = np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BOX), dtype=np.float32)
    return cast("Array", (drawn - drawn.mean()).astype(np.float32))
