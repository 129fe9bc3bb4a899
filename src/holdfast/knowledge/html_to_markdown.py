"""HTML as Markdown: headings, paragraphs, lists, links, emphasis, code, quotes and tables. All else becomes its words.

Pictures are left out and counted. What is a mark in Markdown and was a letter in the page is escaped, so that the words
stay what they were; tests/knowledge compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree, html

LONGEST = 2_000_000  # characters of a page
_DROPPED = frozenset(
    ("script", "style", "template", "noscript", "head", "nav", "footer", "iframe", "object", "svg", "form", "button")
)
_PICTURES = frozenset(("img", "picture", "video", "audio", "canvas", "svg"))
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "center",
        "caption",
    ]
)
_MARKS = re.compile(r"([\\`*_\[\]<>&|~#])")
_LINE_MARKS = re.compile(r"^(\s*)([+\-=]|\d+(?=[.)]))", re.MULTILINE)
_ENDS, _BEGINS = re.compile(r"(?<!\\)(?<!\*)(?:\*{1,2}|`+)$"), re.compile(r"\*{1,2}(?!\*)|`+")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_SCHEMES = frozenset(("", "http", "https", "mailto", "tel"))


class NotHtml(ValueError):
    """Nothing of a page can be read; the message is a sentence."""


@dataclass(slots=True)
class Converted:
    """A page's words. `pictures` were left out; `title` and `summary` are what its head says, or nothing."""

    body: str
    title: str = ""
    summary: str = ""
    locale: str = ""
    pictures: int = 0


@dataclass(slots=True)
class _State:
    pictures: int = 0
    notes: list[str] = field(default_factory=list)


def converted(page: str) -> Converted:
    """Return an HTML page as Markdown. Raises `NotHtml`."""
    if len(page) > LONGEST:
        raise NotHtml(f"It is longer than {LONGEST:,} characters.")
    try:
        # As bytes in a named encoding: lxml refuses text that names another in its first line.
        tree = html.document_fromstring(
            page.replace("\0", "").encode("utf-8", "replace"),
            parser=html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True),
        )
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise NotHtml("There is nothing to read in it.") from error
    state = _State()
    root = next((found for name in ("main", "article", "body") if (found := tree.find(f".//{name}")) is not None), tree)
    title = _plain(tree.findtext(".//title") or "")
    heading = root.find(".//h1")
    if isinstance(heading, html.HtmlElement):
        title = _plain(heading.text_content()) or title
        heading.drop_tree()
    described = [
        each.get("content") or "" for each in tree.iter("meta") if (each.get("name") or "").lower() == "description"
    ]
    body = "\n\n".join(_blocks(root, state))
    return Converted(
        body=body,
        title=title,
        summary=_plain(described[0]) if described else "",
        locale=str(tree.get("lang") or ""),
        pictures=state.pictures,
    )


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _blocks(element: html.HtmlElement, state: _State) -> Iterator[str]:
    """Yield an element's blocks; words between blocks are paragraphs."""
    run: list[str] = [_escaped(element.text or "")]
    for child in element:
        name = _name(child)
        if name in _DROPPED or not name:
            state.pictures += name in _PICTURES
        elif name in _BLOCKS or any(_name(inner) in _BLOCKS for inner in child.iterdescendants()):
            yield from _paragraph(run)
            run = []
            yield from _block(child, name, state)
        else:
            run = [_joined("".join(run), _inline(child, state))]
        run.append(_escaped(child.tail or ""))
    yield from _paragraph(run)


def _paragraph(run: list[str]) -> Iterator[str]:
    lines = [_SPACE.sub(" ", line).strip() for line in "".join(run).split("\x1e")]
    text = "\\\n".join(line for line in lines if line)
    if text:
        yield _LINE_MARKS.sub(r"\1\\\2", text) if not text[0].isdigit() else _LINE_MARKS.sub(_numbered, text)


def _numbered(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}\\" if found[2].isdigit() else f"{found[1]}\\{found[2]}"


def _block(element: html.HtmlElement, name: str, state: _State) -> Iterator[str]:
    if name in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        words = _in_one_line(element, state)
        if words:
            yield f"{'#' * max(2, int(name[1]))} {words}"
    elif name in {"ul", "ol"}:
        yield from _list(element, ordered=name == "ol", state=state)
    elif name == "pre":
        text = element.text_content().strip("\n")
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        if text.strip():
            yield f"{fence}\n{text}\n{fence}"
    elif name == "blockquote":
        inside = "\n\n".join(_blocks(element, state))
        if inside:
            yield "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
    elif name == "table":
        yield from _table(element, state)
    elif name == "hr":
        yield "***"
    else:
        yield from _blocks(element, state)


def _list(element: html.HtmlElement, *, ordered: bool, state: _State) -> Iterator[str]:
    items = []
    for number, child in enumerate((each for each in element if _name(each) not in _DROPPED and _name(each)), 1):
        mark = f"{number}. " if ordered else "- "
        inside = "\n\n".join(
            _block(child, "li", state) if _name(child) in {"li", "ul", "ol"} else [_inline(child, state)]
        )
        if inside.strip():
            items.append(
                mark + inside.replace("\n", "\n" + " " * len(mark)).replace("\n" + " " * len(mark) + "\n", "\n\n")
            )
    if items:
        yield "\n".join(items)


def _table(element: html.HtmlElement, state: _State) -> Iterator[str]:
    rows = [[_in_one_line(cell, state) for cell in row if _name(cell) in {"td", "th"}] for row in element.iter("tr")]
    rows = [row for row in rows if any(row)]
    if rows:
        width = max(map(len, rows))
        lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
        yield "\n".join([lines[0], f"|{'---|' * width}", *lines[1:]])


def _in_one_line(element: html.HtmlElement, state: _State) -> str:
    """Return the words of a heading or a cell, whatever blocks are in it."""
    return _SPACE.sub(" ", _inline(element, state).replace("\x1e", " ")).strip()


def _inline(element: html.HtmlElement, state: _State) -> str:
    name = _name(element)
    if name in _PICTURES:
        state.pictures += 1
        return ""
    if name in _DROPPED or not name:
        return ""
    if name == "br":
        return "\x1e"
    if name in {"code", "kbd", "samp"}:
        return _code(element.text_content())
    inside = _escaped(element.text or "")
    for child in element:
        inside = _joined(inside, _inline(child, state)) + _escaped(child.tail or "")
    if name == "a":
        return _link(inside, str(element.get("href") or "").strip())
    if name in {"b", "strong"}:
        return _around("**", inside)
    return _around("*", inside) if name in {"i", "em"} else inside


def _joined(left: str, right: str) -> str:
    """Put two runs side by side. Marks that would touch are lost: emphasis goes on, or ends with the first run."""
    ends, begins = _ENDS.search(left), _BEGINS.match(right)
    if not ends or not begins:
        return left + right
    if ends[0] == begins[0]:
        return left[: ends.start()] + right[begins.end() :]
    return left + right[begins.end() : -len(begins[0])]


def _around(mark: str, inside: str) -> str:
    """Put marks close to the words: `**` with a space inside is no emphasis."""
    core = inside.strip()
    if not core or "\x1e" in core or not (core[0].isalnum() and core[-1].isalnum()):
        return inside
    before, after = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _link(inside: str, address: str) -> str:
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return inside
    safe = address and scheme.lower() in _SCHEMES and not re.search(r"[\s<>\x00-\x1f]", address)
    return f"[{inside.strip()}](<{address}>)" if safe and inside.strip() and "\x1e" not in inside else inside


def _code(text: str) -> str:
    text = _SPACE.sub(" ", text).strip()
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence} {text} {fence}" if text[0] == "`" or text[-1] == "`" else f"{fence}{text}{fence}"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text.replace("\x1e", " "))


def _name(element: html.HtmlElement) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else ""
