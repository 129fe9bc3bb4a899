"""The visible code burnt into a picture, for files that are shown as pictures."""

from __future__ import annotations

from math import cos, radians, sin

from PIL import Image, ImageDraw

from holdfast.guard.marks import glyphs
from holdfast.guard.marks.tiles import PAGE, Tile

OPACITY = 0.16
"""Of the dark strokes and of their light edge. Pictures are busier than pages, so it is more than a page's."""


def burn(image: Image.Image, code: str) -> Image.Image:
    """Return a copy of `image`, as RGB, with `code` all over it: dark with a light edge, so it shows on any ground.

    `code` is `Marks.text`, or any text of its letters. Three or more copies stand in a picture of 200 by 120 pixels.
    Transparent parts become white; metadata is not taken along.
    """
    plain = Image.new("RGB", image.size, "white")
    rgba = image.convert("RGBA")
    plain.paste(rgba, mask=rgba.getchannel("A"))
    scale = max(0.5, min(image.size) / 420)
    for shade, shift in (("white", 1.1), ("black", 0.0)):
        drawn = strokes(PAGE, code, size=image.size, scale=scale, shift=shift)
        plain.paste(shade, mask=drawn.point([round(level * OPACITY) for level in range(256)]))
    return plain


def strokes(tile: Tile, text: str, *, size: tuple[int, int], scale: float, shift: float = 0.0) -> Image.Image:
    """Draw `tile` over a rectangle of `size` pixels, `scale` pixels to a CSS pixel: white strokes on black, smooth.

    As the browser draws it: turned about the upper left corner. `shift` moves it right and down, in CSS pixels.
    """
    fine = 2
    width, height = size
    picture = Image.new("L", (width * fine, height * fine))
    draw = ImageDraw.Draw(picture)
    turn = radians(tile.turn)
    across, down = cos(turn), sin(turn)
    thick = max(1, round(tile.stroke * scale * fine))
    for left, top in _corners(tile, (width / scale, height / scale)):
        for line in tile.lines(text):
            points = [
                (
                    ((left + x) * across - (top + y) * down + shift) * scale * fine,
                    ((left + x) * down + (top + y) * across + shift) * scale * fine,
                )
                for x, y in line
            ]
            draw.line(points, fill=255, width=thick, joint="curve")
    return picture.resize(size, Image.Resampling.BOX)


def copies(tile: Tile, text: str, *, size: tuple[float, float]) -> int:
    """Count the copies of `text` that stand wholly within a rectangle of `size` CSS pixels."""
    turn = radians(tile.turn)
    whole = 0
    for left, top in _corners(tile, size):
        for start, above, height in tile.rows:
            wide = glyphs.width(text, height=height)
            spots = [(left + start + x, top + above + y) for x in (0, wide) for y in (0, height)]
            turned = [(x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)) for x, y in spots]
            whole += all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in turned)
    return whole


def _corners(tile: Tile, size: tuple[float, float]) -> list[tuple[float, float]]:
    """Upper left corners, before turning, of all tiles that may touch a rectangle of `size` CSS pixels."""
    turn = radians(tile.turn)
    spots = [(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])]
    back = [(x * cos(turn) + y * sin(turn), -x * sin(turn) + y * cos(turn)) for x, y in spots]
    first_x, last_x = (int(edge(x for x, _ in back) // tile.width) for edge in (min, max))
    first_y, last_y = (int(edge(y for _, y in back) // tile.height) for edge in (min, max))
    return [
        (column * tile.width, row * tile.height)
        for row in range(first_y, last_y + 1)
        for column in range(first_x, last_x + 1)
    ]
