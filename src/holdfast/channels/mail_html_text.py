"""The words of an HTML mail as lines, with what its markup tells about quotes and signatures."""

from __future__ import annotations

import re

from lxml import etree

from holdfast.channels import mail_phrases
from holdfast.channels.mail_quotes import Line, Mark

_BLOCKS = {
    "address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "header", "html", "li", "main", "nav", "ol", "section", "table", "tbody", "tfoot", "thead", "tr", "ul", "caption",
}  # fmt: skip
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr"}
_SPACES = re.compile(r"[ \t\n\r\u00a0]+")

_CITE_CLASS = re.compile(
    r"\b(?:gmail_quote|moz-cite|protonmail_quote|tutanota_quote|quote|cite|zmail_extra|front-blockquote|yahoo_quoted)",
    re.I,
)
_LEAD_IN = re.compile(r"\b(?:gmail_attr|moz-cite-prefix)\b", re.I)
_QUOTE_BOX = re.compile(
    r"\b(?:yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra|moz-email-headers-table|"
    r"mail-editor-reference-message-container|ms-outlook-mobile-reference-message)\b",
    re.I,
)
_QUOTE_ID = re.compile(
    r"(?:x_)*(?:mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|yahoo_quoted_\d+)\Z", re.I
)
_HISTORY_ID = re.compile(r"(?:x_)*divRplyFwdMsg\Z", re.I)
_SIGNATURE = re.compile(
    r"\b(?:gmail_signature(?:_prefix)?|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature|"
    r"tutanota_signature)\b",
    re.I,
)
_SIGNATURE_ID = re.compile(r"(?:x_)*(?:Signature|AppleMailSignature|ms-outlook-mobile-signature)\Z")


def image_words(image: etree._Element) -> str:
    """What stands where a remote image would: its description, never its address."""
    size = {(image.get(name) or "").strip().removesuffix("px") for name in ("width", "height")}
    if size & {"0", "1"}:
        return ""
    words = " ".join((image.get("alt") or image.get("title") or "").split())[:200]
    return f"[image: {words}]" if words else "[image]"


def lines(root: etree._Element) -> list[Line]:
    """Text of a tree as lines. Quoted ones start with `> ` per level and are marked, and so are signatures."""
    writer = _Writer()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            writer.start(element)
        else:
            writer.end(element)
            if element is not root:
                writer.words(element.tail)
    writer.line_end()
    return writer.lines


class _Writer:
    """Collects words into lines while a tree is walked."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._current: list[str] = []
        self._separator = ""
        self._blank_wanted = False
        self._preserved = 0
        self._depth = 0
        self._history = False
        self._frames: list[Mark] = [Mark.NEW]
        self._entered: list[tuple[bool, int]] = []
        self._lists: list[int | None] = []
        self._links: list[int] = []

    def start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._break()
        elif tag == "img":
            self._image(element)
        elif tag == "a":
            self._links.append(len(self._current))
        elif tag in ("td", "th"):
            self._separator = " | " if self._current else ""
        elif tag in _PARAGRAPHS:
            self._paragraph(element)
        elif tag in _BLOCKS:
            self.line_end()
        self._enter(element)
        if tag in ("ul", "ol"):
            self._lists.append(_start_of(element) if tag == "ol" else None)
        elif tag == "li":
            self._bullet()
        elif tag == "pre":
            self._preserved += 1
        self.words(element.text)

    def end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "a":
            self._link(element)
        elif tag == "pre":
            self._preserved -= 1
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag in _PARAGRAPHS:
            self._paragraph(element)
        elif tag in _BLOCKS:
            self.line_end()
        self._leave()

    def words(self, text: str | None) -> None:
        """Add text to the current line, its white space collapsed unless it is preformatted."""
        if not text:
            return
        if self._preserved:
            first, *rest = text.split("\n")
            self._add(first)
            for row in rest:
                self._break()
                self._add(row)
            return
        collapsed = _SPACES.sub(" ", text)
        if not self._current or self._current == [""] or self._current[-1].endswith(" "):
            collapsed = collapsed.lstrip(" ")
        if not collapsed and "\u00a0" in text and not self._current:
            # A line that holds only a hard space is how mail programs write an empty line.
            self._current.append("")
        self._add(collapsed)

    def line_end(self) -> None:
        """Close the current line if it has any words."""
        if self._current:
            self._write("".join(self._current).rstrip())
            self._current = []
        self._separator = ""

    def _add(self, text: str) -> None:
        if not text:
            return
        if self._separator and text.strip():
            self._current.append(self._separator)
            self._separator = ""
        if not self._current and text.strip():
            self._blank_if_wanted()
        self._current.append(text)

    def _blank_if_wanted(self) -> None:
        if self._blank_wanted and self.lines and self.lines[-1].text.strip(" >"):
            self._write("")
        self._blank_wanted = False

    def _write(self, text: str) -> None:
        mark = Mark.QUOTE if self._history else self._frames[-1]
        if mark is Mark.NEW and text.startswith(">"):
            mark = Mark.QUOTE  # Old Hotmail writes the marks of plain text into its HTML.
        prefix = "> " * self._depth
        self.lines.append(Line((prefix + text).rstrip() if prefix else text, mark))

    def _break(self) -> None:
        if self._current:
            self.line_end()
        else:
            self._write("")

    def _paragraph(self, element: etree._Element) -> None:
        self.line_end()
        # Word and Outlook write every line as a paragraph without a margin.
        self._blank_wanted = self._blank_wanted or not (element.get("class") or "").startswith(("Mso", "x_Mso"))

    def _bullet(self) -> None:
        depth = "  " * max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        self._add(f"{depth}- " if number is None else f"{depth}{number}. ")
        if number is not None:
            self._lists[-1] = number + 1

    def _image(self, element: etree._Element) -> None:
        if element.get("alt", "").strip():
            self.words(f"{image_words(element)}")

    def _link(self, element: etree._Element) -> None:
        start = self._links.pop() if self._links else 0
        href = " ".join((element.get("href") or "").split())
        shown = "".join(self._current[start:]).strip(" |")
        if not shown or not href.lower().startswith(("http://", "https://", "mailto:")):
            return
        address = href[7:].partition("?")[0] if href.lower().startswith("mailto:") else href
        if _same(shown, address) or shown.startswith("[image"):
            return
        self._current[-1] = self._current[-1].rstrip()
        self._current.append(f" ({address[:500]})")

    def _enter(self, element: etree._Element) -> None:
        mark, depth = self._judge(element)
        self._entered.append((mark is not None, depth))
        if mark is not None:
            self.line_end()
            self._blank_if_wanted()
            self._frames.append(mark)
        self._depth += depth

    def _leave(self) -> None:
        marked, depth = self._entered.pop()
        if marked:
            self.line_end()
            self._frames.pop()
        self._depth -= depth

    def _judge(self, element: etree._Element) -> tuple[Mark | None, int]:
        """The mark an element puts on what is inside it, and how many quote levels it adds."""
        name, named = element.get("class") or "", element.get("id") or ""
        if element.tag == "blockquote":
            return (Mark.QUOTE, 1) if self._is_quote(element, name) else (None, 0)
        if _HISTORY_ID.match(named):
            self.line_end()
            self._history = True
        if _LEAD_IN.search(name):
            return Mark.QUOTE, 0
        # A box around a proper quote may also hold answers between the quoted lines.
        if (_QUOTE_BOX.search(name) or _QUOTE_ID.match(named)) and element.find(".//blockquote") is None:
            return Mark.QUOTE, 0
        if self._frames[-1] is Mark.NEW and (_SIGNATURE.search(name) or _SIGNATURE_ID.match(named)):
            return Mark.SIGNATURE, 0
        return None, 0

    def _is_quote(self, element: etree._Element, name: str) -> bool:
        """People indent their own words with this element too; a quote has a sign of it or a lead-in above it."""
        style = (element.get("style") or "").replace(" ", "").lower()
        if element.get("type") == "cite" or element.get("cite") or _CITE_CLASS.search(name) or "border-left" in style:
            return "border:none" not in style
        above = next((line.text.strip() for line in reversed(self.lines[-5:]) if line.text.strip()), "")
        return above.endswith((":", "：")) and mail_phrases.MOMENT.search(above[-500:]) is not None


def _start_of(element: etree._Element) -> int:
    try:
        return int(element.get("start") or 1)
    except ValueError:
        return 1


def _same(shown: str, address: str) -> bool:
    def bare(text: str) -> str:
        return text.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/ ")

    return bare(shown) == bare(address)
