"""Copy the browser files Holdfast ships out of node_modules, and write down what they are.

Run `npm ci --ignore-scripts` beside this file, then `python vendor.py`. The result is committed, so nobody needs Node
to install or run Holdfast. `vendor.json` names version, licence and SHA-256 of each file; tests/web re-hash them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
TARGET = HERE.parent / "src" / "holdfast" / "web" / "static" / "vendor"

# package -> {file in the package: file in vendor/}
COPIES: dict[str, dict[str, str]] = {
    "htmx.org": {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE.txt"},
    "@fontsource-variable/inter": {
        "files/inter-latin-opsz-normal.woff2": "inter/inter-latin.woff2",
        "files/inter-latin-ext-opsz-normal.woff2": "inter/inter-latin-ext.woff2",
        "LICENSE": "inter/LICENSE.txt",
    },
    "lucide-static": {"LICENSE": "lucide/LICENSE.txt"},
}

# Only what a template or script uses; tests/web fails on a name that is used but not listed, or listed twice.
LUCIDE = tuple((HERE / "icons" / "lucide.txt").read_text(encoding="utf-8").split())


def shapes(svg: str) -> str:
    """The drawing inside an <svg> file, on one line, without comments."""
    inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if inner is None:
        raise ValueError("not an svg file")
    return re.sub(r"\s+", " ", re.sub(r"<!--.*?-->", "", inner.group(1), flags=re.DOTALL)).replace("> <", "><").strip()


def sprite() -> str:
    """One SVG of symbols `i-NAME`; stroke and size come from our stylesheet."""
    files = {name: MODULES / "lucide-static" / "icons" / f"{name}.svg" for name in LUCIDE}
    files |= {path.stem: path for path in sorted((HERE / "icons").glob("*.svg"))}
    symbols = [
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes(path.read_text(encoding="utf-8"))}</symbol>'
        for name, path in sorted(files.items())
    ]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def package(name: str) -> dict[str, str]:
    """Name, version and licence (SPDX) as the package itself states them."""
    data = json.loads((MODULES / name / "package.json").read_text(encoding="utf-8"))
    return {"name": name, "version": data["version"], "licence": data["license"]}


def main() -> None:
    """Rebuild vendor/ from nothing, so that a file dropped from the list is gone."""
    shutil.rmtree(TARGET, ignore_errors=True)
    written: dict[str, list[str]] = {}
    for name, files in COPIES.items():
        for source, target in files.items():
            (TARGET / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(MODULES / name / source, TARGET / target)
        written[name] = list(files.values())
    (TARGET / "icons.svg").write_text(sprite(), encoding="utf-8")
    written["lucide-static"].append("icons.svg")
    manifest = [
        package(name)
        | {"files": {file: hashlib.sha256((TARGET / file).read_bytes()).hexdigest() for file in sorted(files)}}
        for name, files in sorted(written.items())
    ]
    (TARGET / "vendor.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
