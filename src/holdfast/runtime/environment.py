"""Makes the project's own environment in `.venv`. The `holdfast` wrapper runs this file with the system's Python.

Only the standard library, and nothing of Holdfast: none of it is installed yet.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

UV = "uv==0.13.9"
_SEMANTIC = ("--extra", "semantic")
_INDEX_VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")


class SetUpError(Exception):
    """The environment cannot be made. The text is for the person at the terminal."""


def main(root: Path, *, wanted: str, checksum: str) -> int:
    """Make or refresh `<root>/.venv` with the groups of `wanted` (`run` or `dev`) and stamp it with `checksum`."""
    stamp = root / ".venv" / "holdfast-environment"
    lock = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two terminals on a fresh clone: the second waits for the first
        have = stamp.read_text().strip() if stamp.exists() and _works(root / ".venv") else ""
        if have in {f"dev {checksum}", f"{wanted} {checksum}"}:
            return 0
        if have.startswith("dev "):
            wanted = "dev"  # an environment that had the development tools keeps them
        started = time.monotonic()
        _say("Making Holdfast's own environment in .venv (a minute or two the first time) ...")
        try:
            _make_venv(root / ".venv")
            _install(root, wanted=wanted)
        except SetUpError as error:
            _say(f"{error}")
            return 1
        stamp.write_text(f"{wanted} {checksum}\n")
        _say(f"The environment is ready ({time.monotonic() - started:.0f} s).")
    finally:
        os.close(lock)
    return 0


def _works(venv: Path) -> bool:
    return (venv / "bin" / "python").exists() and not _run([str(venv / "bin" / "python"), "-c", ""]).returncode


def _make_venv(venv: Path) -> None:
    """Make the environment when there is none that works."""
    if _works(venv):
        return
    shutil.rmtree(venv, ignore_errors=True)
    made = _run([sys.executable, "-m", "venv", str(venv)])
    if made.returncode:
        shutil.rmtree(venv, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetUpError(
            f"Python {version} could not make an environment. On Debian and Ubuntu its `venv` module is a package of "
            f"its own: apt-get install python{version}-venv (or python3-venv).\n{_last_lines(made)}"
        )


def _install(root: Path, *, wanted: str) -> None:
    python, uv = root / ".venv" / "bin" / "python", root / ".venv" / "bin" / "uv"
    if not uv.exists() or _run([str(uv), "--version"]).stdout.split()[1:2] != [UV.partition("==")[2]]:
        fetched = _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])
        if fetched.returncode:
            raise SetUpError(f"No package index could be reached to install {UV}.\n{_last_lines(fetched)}")
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(root / ".venv"),
        "UV_PYTHON": str(python),
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUAL_ENV": str(root / ".venv"),
    }
    groups = [] if wanted == "dev" else ["--no-dev"]
    if _wants_semantic():
        if not _packages(root, python=python, uv=uv, chosen=[*groups, *_SEMANTIC], environment=environment).returncode:
            return
        _say(
            "The sentence model could not be installed; going on without it: questions are understood a little less "
            "well. Remove .venv/holdfast-environment to try again, or set HOLDFAST_SEMANTIC=0."
        )
    installed = _packages(root, python=python, uv=uv, chosen=groups, environment=environment)
    if installed.returncode:
        raise SetUpError(f"The packages could not be installed.\n{_last_lines(installed)}")


def _packages(
    root: Path, *, python: Path, uv: Path, chosen: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    # The lock file names the public index. Somebody who set a mirror may reach nothing else.
    if not any(os.environ.get(name) for name in _INDEX_VARIABLES):
        sync = [str(uv), "sync", "--frozen", "--inexact", "--compile-bytecode", "--no-progress", "--project", str(root)]
        synced = _run([*sync, *chosen], environment)
        if not synced.returncode:
            return synced
        _say("That did not work; trying once more with pip's own settings ...")
    return _install_with_pip(root, python=python, uv=uv, groups=chosen, environment=environment)


def _wants_semantic() -> bool:
    return os.environ.get("HOLDFAST_SEMANTIC", "").strip().lower() not in {"0", "false", "no", "off"}


def _install_with_pip(
    root: Path, *, python: Path, uv: Path, groups: list[str], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Install exactly what the lock file says, hashes included, from the index that pip is configured for.

    The lock file is whole, so no package's own idea of what it depends on is followed.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wishes:
        export = [str(uv), "export", "--frozen", "--no-emit-project", "--quiet", "--project", str(root), *groups]
        done = _run([*export, "--output-file", wishes.name], environment)
        if done.returncode:
            return done
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        environment = dict(environment)
        mirror = next((environment[name] for name in _INDEX_VARIABLES if environment.get(name)), None)
        if mirror:
            environment["PIP_INDEX_URL"] = mirror
        done = _run([*pip, "--require-hashes", "--requirement", wishes.name], environment)
    return done if done.returncode else _run([*pip, "--editable", str(root)], environment)


def _run(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), wanted=sys.argv[2], checksum=sys.argv[3]))
