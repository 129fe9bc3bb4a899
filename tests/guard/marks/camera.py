"""A telephone's camera, simulated: what it does to a screen that is photographed. Synthetic, and kinder than life.

A screen of square pixels is seen from aside (perspective), out of focus (blur), with its pixel grid beating against the
sensor's (moire), darker towards the edges (vignetting), through another tone curve (gamma), with noise, as a JPEG.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Camera:
    """How good the photograph is. Lengths are in pixels of the photograph, shares of the picture's side."""

    density: float  # pixels of the photograph to a pixel of the screen
    perspective: float  # how far corners wander, as a share of the side
    blur: float
    moire: float  # levels
    vignette: float
    gamma: float
    noise: float  # levels
    quality: int  # of the JPEG


GOOD = Camera(density=1.6, perspective=0.05, blur=0.8, moire=3, vignette=0.15, gamma=1.1, noise=3, quality=85)
POOR = Camera(density=0.6, perspective=0.09, blur=1.0, moire=5, vignette=0.3, gamma=1.25, noise=6, quality=60)


@dataclass(frozen=True)
class Photograph:
    """The file, and where the screen's corners are in it as somebody would click them."""

    image: Image.Image
    corners: Corners
    jpeg: bytes


def photograph(
    screen: Image.Image, camera: Camera, *, seed: int, clicked: float = 1.5, room: float = 0.08
) -> Photograph:
    """Photograph `screen`. `clicked` is how far off the corners are given; `room` is what is seen around the screen."""
    random = np.random.default_rng(seed)
    width, height = (round(side * camera.density) for side in screen.size)
    left, top = width * room, height * room
    full = (round(width + 2 * left), round(height + 2 * top))
    straight = np.array([(left, top), (left + width, top), (left + width, top + height), (left, top + height)])
    wander = random.uniform(-camera.perspective, camera.perspective, (4, 2)) * (width, height) * 0.5
    corners = straight + wander
    corners[:, 0] = np.clip(corners[:, 0], 2, full[0] - 3)
    corners[:, 1] = np.clip(corners[:, 1], 2, full[1] - 3)
    if camera.density < 1:
        screen = screen.filter(ImageFilter.GaussianBlur(0.45 / camera.density))
    ground = Image.new("RGB", full, (70, 66, 60))
    coefficients = _back(screen.size, corners)
    seen = screen.convert("RGB").transform(full, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", screen.size, 255).transform(full, Image.Transform.PERSPECTIVE, coefficients)
    ground.paste(seen, mask=mask)
    pixels = np.asarray(ground.filter(ImageFilter.GaussianBlur(camera.blur)), dtype=np.float64)
    pixels = 255 * (pixels / 255) ** camera.gamma
    y, x = np.mgrid[0 : full[1], 0 : full[0]]
    angle, period = random.uniform(0, np.pi), random.uniform(5, 14)
    waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period + 2 * np.sin(y / full[1] * 3))
    pixels += camera.moire * waves[..., None] * (random.uniform(0.6, 1, 3))
    away = ((x / full[0] - 0.5) ** 2 + (y / full[1] - 0.5) ** 2) / 0.5
    pixels *= (1 - camera.vignette * away)[..., None]
    pixels += random.normal(0, camera.noise, pixels.shape)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=camera.quality)
    given = corners + random.uniform(-clicked, clicked, (4, 2))
    one, two, three, four = (tuple(map(float, corner)) for corner in given)
    return Photograph(Image.open(io.BytesIO(file.getvalue())), (one, two, three, four), file.getvalue())  # type: ignore[arg-type]


def _back(size: tuple[int, int], corners: np.ndarray) -> list[float]:
    """Return what `Image.transform` wants: from points of the photograph to points of the screen."""
    flat = [(0, 0), (size[0], 0), (size[0], size[1]), (0, size[1])]
    rows, values = [], []
    for (u, v), (x, y) in zip(flat, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(values))]
