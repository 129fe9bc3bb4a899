"""Pictures that customers sent: blurred until somebody asks for one, and then with whose screen it is burnt in.

An identity document is the worst thing to lose, so the file itself is never handed out: what leaves is drawn anew,
which also leaves its metadata (place, camera, time) behind.
"""

from __future__ import annotations

import io
import threading
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps

from holdfast.guard.marks.burning import burn
from holdfast.guard.marks.photos import KINDS, begins_a_picture

MOST_BYTES = 40 * 2**20
MOST_PIXELS = 60_000_000
LONGEST = 1_600  # pixels of a side that is shown
_BLURRED = 240
_DETAILS = 10  # pixels that a blurred picture really has, along its longer side
_AT_ONCE = threading.BoundedSemaphore(2)
"""A picture as large as is allowed takes half a gigabyte while it is drawn; all threads at once would take eight."""


class NotShowable(Exception):  # noqa: N818 - reads as what is the matter
    """The file is no picture this house can draw. The text is for the agent."""


def is_picture(file: Path) -> bool:
    """Tell by its first bytes whether a file is a picture, whatever it calls itself. False when it is not there."""
    try:
        with file.open("rb") as opened:
            return begins_a_picture(opened.read(16))
    except OSError:
        return False


def blurred(file: Path) -> bytes:
    """Return a small JPEG in which nothing can be read: ten pixels along its longer side, drawn large."""
    picture = _drawn(file)
    small = picture.copy()
    small.thumbnail((_DETAILS, _DETAILS), Image.Resampling.BOX)
    scale = _BLURRED / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return _jpeg(small.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(8)))


def marked(file: Path, *, text: str) -> bytes:
    """Return the picture as a JPEG of 1,600 pixels at most, without metadata, with `text` burnt in all over it."""
    picture = _drawn(file)
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return _jpeg(burn(picture, text))


def _drawn(file: Path) -> Image.Image:
    """Open a picture, the right way up, as RGB. Only its first frame; too large a one is not even decoded."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NotShowable("This picture is too large to be shown here.")
        with _AT_ONCE, Image.open(file, formats=KINDS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NotShowable("This picture has too many pixels to be shown here.")
            upright = ImageOps.exif_transpose(opened)
            plain = Image.new("RGB", upright.size, "white")
            rgba = upright.convert("RGBA")
            plain.paste(rgba, mask=rgba.getchannel("A"))
            return plain
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, EOFError) as error:
        raise NotShowable("This picture cannot be drawn: its file is damaged, or of a kind not known here.") from error


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
