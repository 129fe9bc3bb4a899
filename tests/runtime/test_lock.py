"""One owner per data directory."""

import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.runtime.lock import DataDirectoryBusyError, DataDirectoryLock

HOLD = (
    "import sys, time\nfrom pathlib import Path\nfrom holdfast.runtime.lock import DataDirectoryLock\n"
    "with DataDirectoryLock(data=Path(sys.argv[1]), name='up'): print('held', flush=True); time.sleep(60)"
)


def test_the_second_owner_is_refused_with_the_name_of_the_first_and_a_killed_owner_frees_it(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"held\n"
    lock = DataDirectoryLock(data=tmp_path, name="token")
    with pytest.raises(DataDirectoryBusyError, match=rf"in use by `holdfast up` \(process {owner.pid}\)"):
        lock.acquire()
    owner.kill()
    lock.acquire(wait=5)
    lock.release()
    owner.wait()


def test_a_released_directory_can_be_taken_again(tmp_path: Path) -> None:
    for name in ("up", "token"):
        with DataDirectoryLock(data=tmp_path / "new", name=name):
            assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
