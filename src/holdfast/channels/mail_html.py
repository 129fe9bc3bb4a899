"""HTML mail: a safe form for the agent's browser, and its words as lines of text.

The order matters. lxml reads the mail first, because its depth is bounded and html5 tree builders take time that grows
with the square of the nesting; images lose their addresses in that tree; nh3 sanitises last, so whatever came before it
can at worst make a mail plain, not dangerous. No attribute nh3 lets through makes a browser load anything.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import nh3
from lxml import etree

from holdfast.channels import mail_charsets, mail_html_text
from holdfast.channels.mail_quotes import Line

MAX_HTML = 1_000_000
MAX_TAGS = 50_000
MAX_DEPTH = 150

_TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del", "div",
    "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "s", "small",
    "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "width", "height", "data-cid"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "*": {"dir", "lang"},
}
_DROPPED = ("script", "style", "title", "template", "iframe", "object", "svg", "math", "noscript", "xml", "head")
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    clean_content_tags=set(_DROPPED),
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.I)
_TAG_START = re.compile(r"[a-z/!?]", re.I)
_CODE = re.compile(r"(script|style|title)\b", re.I)
_EMBEDDED = re.compile(r"data:[a-z]{1,20}/[a-z0-9.+-]{1,40};base64,[A-Za-z0-9+/=\s%]{100,}", re.I)
_ENTITY_NUL = re.compile(r"&#(?:0+|x0+)(?:;|(?![0-9a-f]))", re.I)


@dataclass(frozen=True, slots=True)
class HtmlMail:
    """An HTML text, read: its safe form (None when it could not be made), its lines, the images it shows by cid."""

    safe: str | None
    lines: list[Line]
    shown_cids: frozenset[str]
    warnings: list[str]


def read(source: str) -> HtmlMail:
    """Read one HTML text of a mail. Never raises; what cannot be sanitised is given as lines only."""
    warnings: list[str] = []
    source = _EMBEDDED.sub("data:,", source)
    if len(source) > MAX_HTML:
        source = source[:MAX_HTML]
        warnings.append(
            f"The HTML text is longer than {MAX_HTML:,} characters; the rest of it is only in the raw mail."
        )
    source = _ENTITY_NUL.sub("\ufffd", mail_charsets.clean(source))
    root = _tree(source) if source.count("<") <= MAX_TAGS else None
    if root is None:
        if source.strip():
            warnings.append("The HTML of the mail could not be read safely; its words are shown as plain text.")
        return HtmlMail(None, _bare_lines(source), frozenset(), warnings)
    _drop_unseen(root)
    lines = mail_html_text.lines(root)
    cids = _replace_images(root)
    _flatten(root)
    safe = _CLEANER.clean(etree.tostring(root, method="html", encoding="unicode"))
    return HtmlMail(mail_charsets.clean(safe).strip(), lines, frozenset(cids), warnings)


def _tree(source: str) -> etree._Element | None:
    # Bytes, because lxml refuses a str that carries an XML declaration; comments and declarations are not wanted.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = etree.fromstring(source.encode("utf-8"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    # Past its limit of nesting the parser stops: what follows would be lost without a word.
    if root is None or any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        return None
    return root


def _bare_lines(source: str) -> list[Line]:
    """The words of HTML that no tree can be made of, found in one pass from tag to tag."""
    first, *pieces = source.split("<")
    out = [first]
    inside = ""
    for piece in pieces:
        if inside and not (inside in piece if inside == "-->" else piece.lower().startswith(inside)):
            continue
        if inside == "-->" or piece.startswith("!--"):
            _, closed, text = piece.partition("-->")
            inside = "" if closed else "-->"
            out.append(text)
            continue
        code = _CODE.match(piece)
        inside = f"/{code.group(1).lower()}" if code else ""
        if code:
            continue
        _, closed, text = piece.partition(">")
        out.append("\n" + text if closed and _TAG_START.match(piece) else "<" + piece)
    rows = html.unescape("".join(out)).split("\n")
    return [Line(mail_charsets.clean(row).strip()) for row in rows if row.strip()]


def _drop_unseen(root: etree._Element) -> None:
    """Remove what a reader never sees: code, metadata, text hidden by style. It is also no one's to read to a model."""
    body = root.find("body")
    for element in list(root.iter(etree.Element)):
        if element.tag in _DROPPED or (element is not body and element is not root and _is_hidden(element)):
            _become_words(element, "")


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "") is not None


def _become_words(element: etree._Element, words: str) -> None:
    """Turn an element and what is in it into words, in place: taking elements out one by one takes quadratic time."""
    element.clear(keep_tail=True)  # type: ignore[call-arg]  # the stubs are older than lxml 4.4
    element.tag = "span"
    element.text = words


def _replace_images(root: etree._Element) -> set[str]:
    """Turn attached images into `data-cid` and remote ones into words; returns the content ids shown."""
    cids: set[str] = set()
    for image in list(root.iter("img")):
        source = (image.get("src") or "").strip()
        if source.lower().startswith("cid:"):
            cid = source[4:].strip("<> ")
            cids.add(cid)
            image.set("data-cid", cid)
            continue
        _become_words(image, mail_html_text.image_words(image))
    return cids


def _flatten(root: etree._Element) -> None:
    """Replace what is nested deeper than MAX_DEPTH by its text, so that sanitising stays fast."""
    deep: list[etree._Element] = []
    depth = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            depth -= 1
            continue
        depth += 1
        if depth == MAX_DEPTH:
            deep.append(element)
            walk.skip_subtree()
    for element in deep:
        text = " ".join("".join(map(str, element.itertext())).split())
        for child in list(element):
            element.remove(child)
        element.text = text
