"""Secrets that got into the repository: its files, and every version of them that its history holds.

What is found is named by place, kind and a fingerprint, never shown. A finding that is none, such as an example in a
test, is listed with its fingerprint and a reason in `.ci/not-secrets.toml`.
"""

import hashlib
import math
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

NOT_SECRETS = Path(".ci/not-secrets.toml")
_LARGEST = 2_000_000  # bytes; what is larger is a picture or a data set
_EVEN = 3.7  # bits a character: below, it is a word or a pattern

# What begins with these is a secret and nothing else; the forms are their makers' own.
_KINDS = {
    "a private key": rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=\s]{60,}",
    "a key of AWS": rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of GitHub": rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})",
    "a token of GitLab": rb"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": rb"\bxox[abeprs]-[A-Za-z0-9-]{20,}",
    "a key of Stripe": rb"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a key of Google": rb"\bAIza[A-Za-z0-9_-]{35}\b",
    "a key of a language model": rb"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
    "a key of SendGrid": rb"\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}",
    "a token of a package registry": rb"\b(?:pypi-AgE[A-Za-z0-9_-]{50,}|npm_[A-Za-z0-9]{36})",
    "a signed token": rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    "a token of this house": rb"\bhf_[A-Za-z0-9_-]{40,}",
}
_CERTAIN = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_ASSIGNED = re.compile(
    rb"""(?i)(?:password|passwd|secret|token|api_?key|private_?key|seal_keys)["']?\s*[:=]\s*["']([A-Za-z0-9+/=_.:-]{20,200})["']"""
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks like a secret. `fingerprint` stands for it in `not-secrets.toml`."""

    path: str
    line: int
    kind: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: looks like {self.kind} ({self.fingerprint})"


def found_in(path: str, content: bytes) -> Iterator[Finding]:
    """Yield what looks like a secret in one file."""
    if len(content) > _LARGEST or b"\0" in content[:8_000]:
        return
    for kind, pattern in _CERTAIN.items():
        for hit in pattern.finditer(content):
            yield _finding(path, content, hit.start(), kind, hit.group())
    for hit in _ASSIGNED.finditer(content):
        if _bits(hit.group(1)) >= _EVEN and any(48 <= byte < 58 for byte in hit.group(1)):
            yield _finding(path, content, hit.start(), "a password or key", hit.group(1))


def scan(*, root: Path, history: bool) -> list[Finding]:
    """Return what was found in files that are or could be added to the repository, and in its history if wanted."""
    known = _not_secrets(root)
    seen: dict[tuple[str, str], Finding] = {}
    for path, content in [*_files(root), *(_history(root) if history else ())]:
        for finding in found_in(path, content):
            if finding.fingerprint not in known:
                seen.setdefault((finding.fingerprint, finding.path), finding)
    return sorted(seen.values(), key=lambda each: (each.path, each.line))


def _finding(path: str, content: bytes, at: int, kind: str, secret: bytes) -> Finding:
    return Finding(path, content.count(b"\n", 0, at) + 1, kind, hashlib.sha256(secret).hexdigest()[:16])


def _bits(text: bytes) -> float:
    """Shannon's entropy in bits a character."""
    shares = [text.count(byte) / len(text) for byte in set(text)]
    return -sum(share * math.log2(share) for share in shares)


def _not_secrets(root: Path) -> set[str]:
    path = root / NOT_SECRETS
    listed = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {each["fingerprint"] for each in listed.get("example", [])}


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
    for name in sorted(set(filter(None, names))):
        path = root / name.decode("utf-8", "surrogateescape")
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(root)), path.read_bytes()


def _history(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every version of every file that a commit can be reached with, once each."""
    listed = _git(root, "rev-list", "--objects", "--all").decode("utf-8", "replace").splitlines()
    paths = dict(line.split(" ", 1) for line in listed if " " in line)
    yield from _contents(root, paths)


def _contents(root: Path, paths: dict[str, str]) -> Iterable[tuple[str, bytes]]:
    said = "".join(f"{name}\n" for name in paths).encode()
    batch = _git(root, "cat-file", "--batch", "--buffer", given=said)
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        name, kind, size = batch[at:end].split(b" ")
        if kind == b"blob":
            yield f"{paths[name.decode()]} ({name.decode()[:10]})", batch[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


def _git(root: Path, *arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", "-C", str(root), *arguments], input=given, capture_output=True, check=True).stdout


if __name__ == "__main__":  # `holdfast test`, which looks at the files as they are
    findings = scan(root=Path(sys.argv[1]), history=False)
    sys.stdout.write("".join(f"{each}\n" for each in findings))
    sys.exit(1 if findings else 0)
