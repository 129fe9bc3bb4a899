"""A photograph made flat: loaded within limits, its four corners found or given, and seen as the page was."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError
from scipy import ndimage

MOST_BYTES = 40 * 2**20
MOST_PIXELS = 80_000_000
LARGEST_SIDE = 6000
KINDS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF")
"""What may be decoded: Pillow knows forty kinds more, and each is one more decoder for a stranger's file."""
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
_BOXED = (b"heic", b"heix", b"mif1", b"avif")

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Upper left, upper right, lower right, lower left, in pixels of the photograph."""
Array = NDArray[np.float32]


class NotReadable(Exception):  # noqa: N818 - reads as what happened
    """The file is no photograph that can be used; the message says why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph in shades of grey, the right way up."""

    image: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        return self.image.size


def begins_a_picture(head: bytes) -> bool:
    """Tell by its first sixteen bytes whether a file is a picture, whatever it calls itself."""
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return webp or head.startswith(_STARTS) or (head[4:8] == b"ftyp" and head[8:12] in _BOXED)


def load(path: Path) -> Photo:
    """Read a photograph. Raises `NotReadable`."""
    try:
        return read(path.read_bytes(), name=str(path))
    except FileNotFoundError as missing:
        raise NotReadable(f"There is no file {path}.") from missing


def read(content: bytes, *, name: str = "This") -> Photo:
    """Read a photograph from its bytes; `name` is what a refusal calls it. Raises `NotReadable`."""
    if len(content) > MOST_BYTES:
        raise NotReadable(f"{name} is larger than {MOST_BYTES // 2**20} MB. Make it smaller.")
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NotReadable(f"{name} has more than {MOST_PIXELS // 10**6} million pixels. Make it smaller.")
            return photo_of(opened)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise NotReadable(f"{name} is not a picture that can be read. Give a JPEG or PNG.") from wrong


def photo_of(image: Image.Image) -> Photo:
    """Turn a picture as its camera says, take its lightness, and bring it to a size that can be worked with."""
    turned = ImageOps.exif_transpose(image).convert("L")
    if min(turned.size) < 32:
        raise NotReadable("The picture is too small: there is nothing to read in it.")
    if max(turned.size) > LARGEST_SIDE:
        raise NotReadable(f"The picture is larger than {LARGEST_SIDE} pixels a side. Make it smaller.")
    return Photo(turned)


def whole(photo: Photo) -> Corners:
    """Return the corners of the photograph itself, for a picture that was cut out already."""
    width, height = photo.size
    return ((0, 0), (width, 0), (width, height), (0, height))


def found_corners(photo: Photo) -> Corners | None:
    """Look for a bright or dark four-sided surface that fills a good part of the picture: a screen in a room.

    None when nothing stands out; then somebody has to say where the corners are.
    """
    reduced = photo.image.copy()
    reduced.thumbnail((500, 500), Image.Resampling.BOX)
    grey = ndimage.gaussian_filter(np.asarray(reduced, dtype=np.float32), 2)
    if float(np.ptp(grey)) < 10:  # of one shade
        return None
    level = _otsu(grey)
    for mask in (grey > level, grey <= level):
        corners = _quadrilateral(ndimage.binary_closing(mask, iterations=6, border_value=0))
        if corners is not None:
            back = photo.size[0] / reduced.size[0], photo.size[1] / reduced.size[1]
            one, two, three, four = ((x * back[0], y * back[1]) for x, y in corners)
            return one, two, three, four
    return None


def flat(
    photo: Photo, corners: Corners, *, size: tuple[float, float], scale: float = 1.0, turn: float = 0.0
) -> tuple[Array, Array]:
    """Return the surface between `corners` as it was on the screen, and where that is known (1) or not (0).

    `size` is the surface in CSS pixels, the result has `scale` pixels to each. With `turn` the surface is seen in axes
    turned by so many degrees about its upper left corner, as a tile of marks is; the result then starts at
    `turned_origin`.
    """
    left, top, right, bottom = _extent(size, turn)
    out = (round((right - left) * scale), round((bottom - top) * scale))
    angle = radians(turn)
    into = np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]])
    place = np.array([[1 / scale, 0, left], [0, 1 / scale, top], [0, 0, 1]])
    matrix = _homography(size, corners) @ into @ place
    coefficients = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    seen = _softened(photo, corners, size, scale)
    picture = seen.transform(out, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    grid_y, grid_x = np.mgrid[0 : out[1], 0 : out[0]].astype(np.float32)
    x, y = (grid_x + 0.5) / scale + left, (grid_y + 0.5) / scale + top
    across, down = x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)
    inside = (across > 0) & (down > 0) & (across < size[0]) & (down < size[1])
    return np.asarray(picture, dtype=np.float32), inside.astype(np.float32)


def turned_origin(size: tuple[float, float], turn: float) -> tuple[float, float]:
    """Return where the first pixel of a turned `flat` stands, in the turned axes."""
    left, top, _, _ = _extent(size, turn)
    return left, top


def _extent(size: tuple[float, float], turn: float) -> tuple[float, float, float, float]:
    angle = radians(-turn)
    spots = [(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])]
    turned = [(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)) for x, y in spots]
    across, down = [x for x, _ in turned], [y for _, y in turned]
    return min(across), min(down), max(across), max(down)


def _softened(photo: Photo, corners: Corners, size: tuple[float, float], scale: float) -> Image.Image:
    """Blur away what the flat picture has no pixels for, or it would come back as noise."""
    edges = [np.hypot(corners[n][0] - corners[n - 1][0], corners[n][1] - corners[n - 1][1]) for n in range(4)]
    density = float(np.mean(edges)) / (float(np.mean(size)) * scale)
    return photo.image.filter(ImageFilter.GaussianBlur(0.4 * density)) if density > 1.4 else photo.image


def _homography(size: tuple[float, float], corners: Corners) -> NDArray[np.float64]:
    """Return the matrix that takes points of the surface (CSS pixels) to points of the photograph."""
    flat_corners = ((0.0, 0.0), (size[0], 0.0), (size[0], size[1]), (0.0, size[1]))
    rows, values = [], []
    for (x, y), (u, v) in zip(flat_corners, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        solved = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(values, dtype=np.float64))
    except np.linalg.LinAlgError as wrong:
        raise NotReadable("These corners do not span a surface. Give the four corners, clockwise.") from wrong
    return np.append(solved, 1.0).reshape(3, 3)


def _otsu(grey: Array) -> float:
    """Return the level that best parts light from dark (Otsu 1979)."""
    counts, edges = np.histogram(grey, bins=128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(middles[int(np.nanargmax(between))])


def _quadrilateral(mask: NDArray[np.bool_]) -> list[tuple[float, float]] | None:
    """Return the corners of the largest piece of `mask` if it is four-sided, not a speck and not the whole picture."""
    labels, count = ndimage.label(mask)
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    piece = ndimage.binary_fill_holes(labels == int(np.argmax(sizes)) + 1)
    ys, xs = np.nonzero(piece)
    height, width = mask.shape
    edge = piece[0].sum() + piece[-1].sum() + piece[:, 0].sum() + piece[:, -1].sum()
    if len(xs) < 0.1 * mask.size or edge > 0.05 * 2 * (height + width):
        return None
    corners = [(float(xs[at]), float(ys[at])) for at in (np.argmin(xs + ys), np.argmax(xs - ys), np.argmax(xs + ys))]
    last = np.argmin(xs - ys)
    corners.append((float(xs[last]), float(ys[last])))
    spanned = 0.5 * abs(
        sum(corners[n - 1][0] * corners[n][1] - corners[n][0] * corners[n - 1][1] for n in range(len(corners)))
    )
    return corners if 0.9 < len(xs) / max(spanned, 1) < 1.15 else None
