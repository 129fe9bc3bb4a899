"""What the supervisor and the embedded server both need to know about Unix processes."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(*, death_signal: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` after which the kernel sends `death_signal` to the child once its parent is gone.

    This is what lets `kill -9` of the supervisor leave nothing running: no code of ours gets to run then. The kernel
    watches the *thread* that forked, so call `Popen` from the main thread. Linux only; elsewhere it does nothing.
    """
    parent = os.getpid()

    def between_fork_and_exec() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the line above: no signal will come
            os._exit(1)

    return between_fork_and_exec


def is_alive(pid: int) -> bool:
    """Tell whether `pid` is a running process. A zombie (dead, but nobody has waited for it) does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return sys.platform != "linux"
    return state not in {"Z", "X"}


def working_in(directory: Path) -> list[int]:
    """List the live processes whose working directory is `directory`. Linux only; elsewhere the list is empty."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").readlink() == directory
        except OSError:  # gone meanwhile, or another user's
            continue
        if here and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found
