"""`holdfast articles import` and `export`: reads arguments, prints what became of each file."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from holdfast.knowledge import importing, retrieval, search
from holdfast.knowledge.importing import Line


def main(arguments: Sequence[str]) -> int:
    """Run one command. 0: done; 1: some files were refused; 2: nothing could be done."""
    parser = argparse.ArgumentParser(prog="holdfast articles", description="Articles of the help centre as files.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    bring = actions.add_parser(
        "import",
        help="bring in a folder of Markdown and HTML files; again, and only what changed is changed",
        epilog="In front of a file may stand TOML between +++ lines or YAML between --- lines: title, slug, summary,"
        " queue, asks, reviewed, review_by, locale, draft. Without, its first heading is the title.",
    )
    bring.add_argument("folder", type=Path, metavar="DIR")
    bring.add_argument("--locale", help="language of files that name none (default: the first configured one)")
    bring.add_argument("--publish", action="store_true", help="publish what is new")
    bring.add_argument("--replace", action="store_true", help="also put files over what was changed here since")
    take = actions.add_parser("export", help="write every article as Markdown, a folder per language")
    take.add_argument("folder", type=Path, metavar="DIR")
    take.add_argument("--locale", action="append", default=[], help="only this language; repeatable")
    chosen = parser.parse_args(list(arguments))
    return _export(chosen) if chosen.action == "export" else _import(chosen)


def _import(chosen: argparse.Namespace) -> int:
    locale = chosen.locale or settings.SUPPORT_LANGUAGES[0]
    if locale not in settings.SUPPORT_LANGUAGES:
        return _fail(f"{locale} is not one of the languages we write in: {', '.join(settings.SUPPORT_LANGUAGES)}.")
    if not chosen.folder.is_dir():
        return _fail(f"{chosen.folder} is no folder.")
    count: Counter[str] = Counter()
    for line in importing.bring_in(chosen.folder, locale=locale, publish=chosen.publish, replace=chosen.replace):
        count[line.became] += 1
        _say(_told(line))
    retrieval.forget()
    search.forget()
    if not count:
        return _fail(f"There is no .md or .html file in {chosen.folder}.")
    _say(", ".join(f"{count[became]} {became}" for became in ("made", "changed", "unchanged", "refused")))
    return 1 if count["refused"] else 0


def _told(line: Line) -> str:
    words = [f"{line.became:<9}", str(line.path)]
    if line.address and line.became != "unchanged":
        words.append(f"→ {line.address}{'' if line.published else ', a draft'}")
    words += [f"({'; '.join(line.warnings)})"] if line.warnings else []
    return f"{' '.join(words)}: {line.why}" if line.why else " ".join(words)


def _export(chosen: argparse.Namespace) -> int:
    if chosen.folder.exists() and not chosen.folder.is_dir():
        return _fail(f"{chosen.folder} is no folder.")
    try:
        written = importing.take_out(chosen.folder, locales=chosen.locale)
    except OSError as error:
        return _fail(f"{chosen.folder} cannot be written: {error.strerror}.")
    _say(f"{len(written)} article{'' if len(written) == 1 else 's'} written to {chosen.folder}.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2
