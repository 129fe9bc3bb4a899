"""Where the web process of this data directory can be reached: a note it writes, for commands run beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`url` of the web pages and the door; `smtp_port` of the mail receiver, 0 when there is none."""

    url: str
    smtp_port: int = 0

    def write(self, data: Path) -> None:
        """Leave the note, all of it or nothing."""
        place = _note(data)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(place)


def read(data: Path) -> Whereabouts | None:
    """Read the note; `None` when no web process ever left one. The process may be gone since."""
    try:
        return Whereabouts(**json.loads(_note(data).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _note(data: Path) -> Path:
    return data / "run" / "web.json"
