"""`holdfast sbom`: what this program is made of, as CycloneDX 1.6 (https://cyclonedx.org/specification/overview/).

From `uv.lock`, which pins versions and hashes, and from `vendor.json` for what a browser loads. The same lock gives the
same document, byte for byte: nothing in it depends on when or where it was written but the licences, which are read
from packages that are installed.
"""

import argparse
import importlib.metadata
import json
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_VENDORED = Path("src/holdfast/web/static/vendor/vendor.json")
_NAMESPACE = uuid.UUID("6f2f2b62-0f0e-5b1c-9d0b-7f3f4c1f0a55")
Package = Mapping[str, Any]


def main(arguments: Sequence[str], *, root: Path) -> int:
    """Print the document, or write it to a file."""
    parser = argparse.ArgumentParser(prog="holdfast sbom", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")
    parser.add_argument("--dev", action="store_true", help="the tools it is developed with, too")
    chosen = parser.parse_args(arguments)
    written = json.dumps(document(root=root, dev=chosen.dev), indent=2, ensure_ascii=False) + "\n"
    if chosen.out is None:
        sys.stdout.write(written)
    else:
        chosen.out.write_text(written, encoding="utf-8")
    return 0


def document(*, root: Path, dev: bool = False) -> dict[str, Any]:
    """Return the bill of materials of the project in `root`."""
    locked = (root / "uv.lock").read_bytes()
    packages = {each["name"]: each for each in tomllib.loads(locked.decode())["package"]}
    own = next(each for each in packages.values() if "registry" not in each["source"])
    wanted = _reached(own, packages, dev=dev)
    vendored = json.loads((root / _VENDORED).read_text(encoding="utf-8"))
    parts = [_python(packages[name], needed=name in wanted["run"]) for name in sorted(wanted["run"] | wanted["more"])]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, locked.decode() + json.dumps(vendored) + str(dev))}",
        "version": 1,
        "metadata": {"component": _component(own["name"], own["version"], "application", licence="Apache-2.0")},
        "components": [*parts, *map(_browser_file, vendored)],
        "dependencies": [
            {
                "ref": _ref(each),
                "dependsOn": sorted(
                    _ref(packages[name]) for name in _next(each) if name in wanted["run"] | wanted["more"]
                ),
            }
            for each in [own, *(packages[name] for name in sorted(wanted["run"] | wanted["more"]))]
        ],
    }


def _reached(own: Package, packages: Mapping[str, Package], *, dev: bool) -> dict[str, set[str]]:
    """Names of what is needed to run it (`run`), and of what comes with its extras and with its tools (`more`)."""
    run = _closure(_names(own.get("dependencies", [])), packages)
    more = {name for found in own.get("optional-dependencies", {}).values() for name in _names(found)}
    if dev:
        more |= {name for found in own.get("dev-dependencies", {}).values() for name in _names(found)}
    return {"run": run, "more": _closure(more, packages) - run}


def _closure(names: set[str], packages: Mapping[str, Package]) -> set[str]:
    found: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        found.add(name)
        left |= set(_next(packages[name])) - found
    return found


def _next(package: Package) -> Iterator[str]:
    yield from _names(package.get("dependencies", []))
    for found in package.get("optional-dependencies", {}).values():  # of the extras that somebody asked for
        yield from _names(found)


def _names(found: Sequence[Package]) -> set[str]:
    return {each["name"] for each in found}


def _python(package: Package, *, needed: bool) -> dict[str, Any]:
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    made = _component(package["name"], package["version"], "library", licence=_licence(package["name"]))
    made["scope"] = "required" if needed else "optional"
    made["externalReferences"] = [
        {"type": "distribution", "url": file["url"], "hashes": [_hash(file["hash"].removeprefix("sha256:"))]}
        for file in files
    ]
    return made


def _browser_file(package: Package) -> dict[str, Any]:
    named = package["name"].replace("@", "%40")
    made = _component(package["name"], package["version"], "library", licence=package["licence"])
    made |= {"bom-ref": f"pkg:npm/{named}@{package['version']}", "purl": f"pkg:npm/{named}@{package['version']}"}
    made["components"] = [
        {"type": "file", "name": name, "hashes": [_hash(digest)]} for name, digest in package["files"].items()
    ]
    return made


def _component(name: str, version: str, kind: str, *, licence: str) -> dict[str, Any]:
    made = {"type": kind, "bom-ref": f"pkg:pypi/{name}@{version}", "name": name, "version": version}
    made["purl"] = made["bom-ref"]
    return made | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def _licence(name: str) -> str:
    """What an installed package says of its licence, short; empty when it is not installed or does not say."""
    try:
        said = importlib.metadata.metadata(name).json  # by lower-case names, with what comes several times in a list
    except importlib.metadata.PackageNotFoundError:
        return ""
    classified = [each.rpartition(" :: ")[2] for each in said.get("classifier", []) if each.startswith("License :: ")]
    named = str(said.get("license_expression", "")) or ", ".join(classified)
    return named or str(said.get("license", "")).strip().split("\n")[0][:80]


def _ref(package: Package) -> str:
    return f"pkg:pypi/{package['name']}@{package['version']}"


def _hash(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}
