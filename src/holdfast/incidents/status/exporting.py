"""The page as files in a folder, for any web server elsewhere, so that it is there when we are not.

The folder is a symbolic link to a whole copy beside it: a new copy is written first, then the link is put in the place
of the old one in one step (`rename(2)`). Nobody ever reads half a copy.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from holdfast.incidents.status.pages import Kept
from holdfast.incidents.status.picture import Picture, look
from holdfast.incidents.status.site import File, media_of, site

_LOOKS = (
    *(f"holdfast/{name}.css" for name in ("tokens", "base", "parts", "public", "status")),
    "holdfast/icon.svg",
    "vendor/icons.svg",
    "vendor/inter/inter-latin.woff2",
    "vendor/inter/inter-latin-ext.woff2",
)
_STAYS = (b'action="/status/', b'href="/status/manage/', b'href="/help/')
"""What only a living server can do: a copy leads back to it."""


class ExportRefused(Exception):
    """The folder cannot be used; the text is a sentence for whoever named it."""


def export(folder: Path, picture: Picture | None = None, *, kept: Kept | None = None) -> int:
    """Put a whole copy of the site at `folder` and return how many files it has. Raises `ExportRefused`, `OSError`."""
    folder = folder.absolute()
    if folder.exists() and not folder.is_symlink() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportRefused(f"{folder} is there already and holds something else. Name a folder that is not there yet.")
    made = site(picture or look(), live=False, kept=kept)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:12]}")
    try:
        number = _write(fresh, made)
        old = folder.resolve() if folder.is_symlink() else None
        if old is None and folder.is_dir():
            folder.rmdir()  # it was empty
        link = fresh.with_suffix(".link")
        link.symlink_to(fresh.name)
        link.replace(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if old is not None and old.parent == folder.parent and old.name.startswith(f".{folder.name}-") and old != fresh:
        shutil.rmtree(old, ignore_errors=True)
    return number


def read(folder: Path) -> Mapping[str, File]:
    """Return a copy that `export` made, as `site` returns it; nothing where there is none."""
    found: dict[str, File] = {}
    root = folder.resolve()
    for top in ("status", "api"):
        for place in sorted((root / top).rglob("*")):
            if place.is_file() and not place.name.startswith("."):
                path = "/" + place.relative_to(root).as_posix().removesuffix("index.html")
                found[path] = File(media_of(path), place.read_bytes())
    return found


def _write(folder: Path, made: Mapping[str, File]) -> int:
    pages = {path: file.body for path, file in made.items()}
    pages["/"] = pages["/status/"]
    for path, body in pages.items():
        place = folder / f"{path.lstrip('/')}{'index.html' if path.endswith('/') else ''}"
        place.parent.mkdir(parents=True, exist_ok=True)
        for here in _STAYS:
            body = body.replace(here, here.replace(b'"/', f'"{settings.PUBLIC_URL}/'.encode()))
        place.write_bytes(body)
    for name in _LOOKS:
        found = finders.find(name)
        if isinstance(found, str):
            place = folder / "static" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, place)
    return len(pages) + len(_LOOKS)
