"""Rules that hold for every template and script: a strict content security policy, and names that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from holdfast.web.templatetags import holdfast_ui

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "holdfast"
TEMPLATES = sorted(PACKAGE.glob("**/templates/**/*.html"))
SCRIPTS = PACKAGE / "web" / "static" / "holdfast"
SPRITE = (PACKAGE / "web" / "static" / "vendor" / "icons.svg").read_text(encoding="utf-8")
ICONS = set(re.findall(r'<symbol id="i-([\w-]+)"', SPRITE))


def _named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_template_needs_no_exception_from_the_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\sstyle\s*=", text), "inline style"
    assert "<style" not in text
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), "inline handler"
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert 'type="application/json"' in attributes or ("src=" in attributes and not body.strip())


@pytest.mark.parametrize("path", TEMPLATES, ids=_named)
def test_a_template_compiles_and_its_icons_and_files_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    get_template(path.as_posix().split("/templates/", 1)[1])
    assert set(re.findall(r'{% icon "([\w-]+)"', text)) <= ICONS
    for name in re.findall(r"""{% static ['"]([^'"]+)['"]""", text):
        assert finders.find(name), name


def test_icons_named_in_code_and_in_scripts_exist() -> None:
    named = set(holdfast_ui.CHANNEL_ICONS.values()) | set(holdfast_ui.EVENT_ICONS.values())
    for script in SCRIPTS.rglob("*.js"):
        named |= set(re.findall(r'\bicon\("([\w-]+)"', script.read_text(encoding="utf-8")))
    assert named <= ICONS


def test_every_action_a_template_asks_for_is_one_the_desk_can_do() -> None:
    source = (SCRIPTS / "desk" / "actions.js").read_text(encoding="utf-8")
    table = source[source.index("export const actions") : source.index("export function choosePalette")]
    known = set(re.findall(r'^\s{2}"?([a-z-]+)"?:', table, re.MULTILINE))
    known |= set(re.findall(r"\b([a-z]+)\b", table.split("\n")[1]))
    asked = {name for path in TEMPLATES for name in re.findall(r'data-do="([\w-]+)"', path.read_text(encoding="utf-8"))}
    assert asked <= known


def test_each_script_imports_files_that_exist_and_nothing_from_elsewhere() -> None:
    for script in SCRIPTS.rglob("*.js"):
        for address in re.findall(r'(?:from|import) "([^"]+)"', script.read_text(encoding="utf-8")):
            assert (script.parent / address).resolve().is_file(), f"{script.name}: {address}"
