"""What the person at the terminal sees of the process tree: prefixed lines and one small panel."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import TextIO

_COLOURS = {"holdfast": "36", "postgres": "34", "migrate": "35", "operations": "33", "web": "32", "worker": "95"}
_WIDTH = 10
_BAR = 30  # columns


class Terminal:
    """Writes lines to a stream; in colour when it is a terminal and NO_COLOR is not set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colour = self._stream.isatty() and "NO_COLOR" not in os.environ

    def say(self, name: str, line: str) -> None:
        """Write one line of the process `name`."""
        prefix = f"{name:<{_WIDTH}}"
        if self._colour:
            prefix = f"\x1b[{_COLOURS.get(name.split('.')[0], '37')}m{prefix}\x1b[0m"
        self._write(f"{prefix} {line}")

    def panel(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """Write a title and labelled values, set apart by empty lines."""
        width = max((len(label) for label, _ in rows), default=0)
        bold, plain = ("\x1b[1m", "\x1b[0m") if self._colour else ("", "")
        lines = [f"  {label:<{width}}  {value}".rstrip() for label, value in rows]
        self._write("\n".join(["", f"{bold}{title}{plain}", *lines, ""]))

    def progress(self, step: str, done: int, of: int) -> None:
        """Show how far a step is: a bar that grows on a terminal, elsewhere one line when the step is done."""
        if not self._stream.isatty():
            if done >= of:
                self._write(f"{step}: {done:,} of {of:,}")
            return
        filled = _BAR * done // max(of, 1)
        bar = "█" * filled + "░" * (_BAR - filled)
        self._write(f"\r  {step:<22} {bar} {done:>7,} of {of:,}", end="\n" if done >= of else "")

    def _write(self, text: str, *, end: str = "\n") -> None:
        # The terminal may be gone (closed window, broken pipe); the tree still has to be stopped in order.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text + end)
            self._stream.flush()
