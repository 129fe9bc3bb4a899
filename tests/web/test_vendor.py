"""What browsers load from others is exactly what vendor.json says, under licences we accept, from one registry."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "src" / "holdfast" / "web" / "static" / "vendor"
LICENCES = {"0BSD", "ISC", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "OFL-1.1"}
MANIFEST = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_each_vendored_file_is_the_one_in_the_manifest(package: dict[str, object]) -> None:
    files = package["files"]
    assert isinstance(files, dict)
    found = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in files}
    assert found == files


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_each_package_has_a_licence_we_accept_and_ships_its_text(package: dict[str, object]) -> None:
    assert package["licence"] in LICENCES
    assert any(str(name).endswith("LICENSE.txt") for name in package["files"])  # type: ignore[attr-defined]


def test_nothing_lies_in_vendor_that_the_manifest_does_not_name() -> None:
    named = {name for package in MANIFEST for name in package["files"]} | {"vendor.json"}
    lying = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert lying == named


def test_manifest_lock_and_vendored_versions_agree() -> None:
    wanted = json.loads((ROOT / "assets" / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "assets" / "package-lock.json").read_text())["packages"]
    for package in MANIFEST:
        assert wanted[package["name"]] == package["version"] == locked[f"node_modules/{package['name']}"]["version"]


def test_the_lock_names_no_host_but_the_public_registry() -> None:
    text = (ROOT / "assets" / "package-lock.json").read_text()
    hosts = {urlsplit(url).hostname for url in re.findall(r'"resolved": "([^"]+)"', text)}
    assert hosts <= {"registry.npmjs.org"}
