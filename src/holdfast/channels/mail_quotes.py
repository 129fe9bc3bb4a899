"""Telling new words from quoted ones and from signatures, line by line.

The rule behind every choice: showing a quote too many is a blemish, hiding what a customer wrote is a loss. So a line
is set aside only on a mark that mail programs make, and if nothing would be left, nothing is set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import NamedTuple

from holdfast.channels import mail_phrases

_QUOTE_PREFIX = re.compile(r" ?>")
_MBOX_FROM = re.compile(r">From \S")
_BLANKS = re.compile(r"\n{3,}")
_COLON = re.compile("[:：]")
_RULE = re.compile(r"\s*[_\-=*–—]{3,}(?:[^_\-=*–—]{0,60}[_\-=*–—]{3,})?\s*\Z")
_DASHED = re.compile(r"-{2,}\s*(?=\S)(.{1,300}?)\s*-{2,}\Z")
_PGP_START = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = re.compile(r"-----BEGIN PGP SIGNATURE-----\s*\Z")
_SHORT_SIGNATURE_LINES = 12
_MAX_ATTRIBUTION = 500
_MAX_LINES = 20_000
_MAX_RUNS = 1_000


class Mark(Enum):
    """What a line is taken for."""

    NEW = "new"
    QUOTE = "quote"
    SIGNATURE = "signature"


class Line(NamedTuple):
    """One line of a mail and what its source already said about it."""

    text: str
    mark: Mark = Mark.NEW

    @property
    def blank(self) -> bool:
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Split:
    """A mail's text in three: what is new, what is quoted, what is a signature. Quoted lines keep their marks."""

    reply: str
    quoted: str
    signature: str


def plain_lines(text: str) -> list[Line]:
    """Lines of a plain text, those with a `>` in front marked as quoted."""
    rows = text.split("\n")
    lines = []
    for index, row in enumerate(rows):
        quoted = _QUOTE_PREFIX.match(row) is not None
        if quoted and _MBOX_FROM.match(row):
            # An mbox file puts ">" before "From " at the start of a line; that alone is no quote.
            neighbours = rows[max(0, index - 1) : index] + rows[index + 1 : index + 2]
            quoted = any(_QUOTE_PREFIX.match(near) for near in neighbours)
        lines.append(Line(row, Mark.QUOTE if quoted else Mark.NEW))
    return _without_armour(lines)


def _without_armour(lines: list[Line]) -> list[Line]:
    """Set aside the frame of a text signed in place (RFC 4880, 7) and undo its dash escapes."""
    start = next((i for i, line in enumerate(lines[:2000]) if line.text.strip() == _PGP_START), None)
    if start is None:
        return lines
    body = next((i for i in range(start, min(len(lines), start + 10)) if lines[i].blank), start)
    out = list(lines[:start])
    signing = False
    for line in lines[body + 1 :]:
        signing = signing or _PGP_SIGNATURE.match(line.text) is not None
        out.append(Line(line.text.removeprefix("- "), Mark.SIGNATURE if signing else line.mark))
    return out


def split(lines: list[Line], *, subject: str) -> Split:
    """Tell new, quoted and signature lines apart. `reply` is never blank when there is any text at all."""
    marks = [line.mark for line in lines]
    # Nobody writes this many lines; beyond them only what is marked as quoted is taken for it.
    end = _forwarded_from(lines[:_MAX_LINES], subject)
    if end is None:
        end = min(len(lines), _MAX_LINES)
        _mark_history(lines[:end], marks)
    else:
        # What is forwarded is what the customer wants read: all of it stays.
        marks[end:] = [Mark.NEW] * (len(lines) - end)
    _mark_signatures(lines[:end], marks)
    reply = _text(lines, marks, Mark.NEW)
    if reply:
        return Split(reply, _text(lines, marks, Mark.QUOTE), _text(lines, marks, Mark.SIGNATURE))
    signed = _text(lines, marks, Mark.SIGNATURE)
    if signed:
        return Split(signed, _text(lines, marks, Mark.QUOTE), "")
    return Split(_text(lines, marks, *Mark), "", "")


def _text(lines: list[Line], marks: list[Mark], *wanted: Mark) -> str:
    """The lines with a wanted mark; where others were left out between them, one blank line stands."""
    out: list[str] = []
    gap = False
    for line, mark in zip(lines, marks, strict=True):
        if mark in wanted:
            if gap and out:
                out.append("")
            gap = False
            out.append(line.text.rstrip())
        else:
            gap = True
    return _BLANKS.sub("\n\n", "\n".join(out)).strip("\n ")


def _forwarded_from(lines: list[Line], subject: str) -> int | None:
    """Index of the first forwarded line, or None when nothing is forwarded."""
    forwarding = mail_phrases.FORWARD_SUBJECT.match(subject) is not None
    for index, line in enumerate(lines):
        if line.mark is Mark.QUOTE:
            if forwarding:
                return index
            continue
        text = line.text.strip()
        if not text or len(text) > _MAX_ATTRIBUTION:
            continue
        if (text[0] in "-–—_=" or text.endswith(":")) and mail_phrases.FORWARD_MARK.match(text):
            return index
        if _lead_in(lines, index)[0] is not None:
            return index if forwarding else None
    return None


def _mark_history(lines: list[Line], marks: list[Mark]) -> None:
    """Mark what an older mail in the thread left: with its `>` marks only those, without them everything below."""
    index = 0
    while index < len(lines):
        if marks[index] is not Mark.NEW or lines[index].blank:
            index += 1
            continue
        if mail_phrases.REPLY_ABOVE.match(lines[index].text):
            marks[index:] = [Mark.QUOTE] * (len(marks) - index)
            return
        after, certain = _lead_in(lines, index)
        if after is None:
            index += 1
            continue
        following = _next_filled(lines, after)
        if following is not None and marks[following] is Mark.QUOTE:
            marks[index:following] = [Mark.QUOTE] * (following - index)
            index = following
        elif certain:
            marks[index:] = [Mark.QUOTE] * (len(marks) - index)
            return
        else:
            index += 1


def _lead_in(lines: list[Line], index: int) -> tuple[int | None, bool]:
    """Where a lead-in to a quote that starts at `index` ends, and whether it needs no `>` below it to be one."""
    start = index
    if len(lines[index].text) < 200 and mail_phrases.ORIGINAL_MESSAGE.match(lines[index].text):
        start = _next_filled(lines, index + 1) or index + 1
        block = _header_block(lines, start)
        attributed = _attribution(lines, start)
        return block or (attributed[0] if attributed else index + 1), True
    if len(lines[index].text) < 200 and _RULE.match(lines[index].text):
        following = _next_filled(lines, index + 1)
        block = _header_block(lines, following) if following is not None and following <= index + 3 else None
        return block, True
    block = _header_block(lines, index)
    if block is not None:
        return block, True
    attributed = _attribution(lines, index)
    return attributed if attributed else (None, False)


def _next_filled(lines: list[Line], index: int) -> int | None:
    return next((i for i in range(index, len(lines)) if not lines[i].blank), None)


def _header_block(lines: list[Line], index: int) -> int | None:
    """Index after a quoted header (`From: ... Sent: ... To: ... Subject: ...`) that starts at `index`, else None.

    One that does not start with the author, as some programs write it, has to name four things.
    """
    if index >= len(lines) or not _COLON.search(lines[index].text[:60]):
        return None
    first = mail_phrases.header_key(lines[index].text[:300])
    if first is None:
        return None
    seen = {first[0]}
    named = "@" in first[1]
    end = index + 1
    for position in range(index + 1, min(len(lines), index + 14)):
        found = mail_phrases.header_key(lines[position].text[:300])
        if found and found[0] in seen and found[0] != "cc":
            break
        if found:
            seen.add(found[0])
            named = named or "@" in found[1]
            end = position + 1
        elif position - end > 3 or (lines[position].blank and len(seen) > 2 and position > end):
            break
    # "From: Jakarta, To: Medan, Date: 3 May" is a journey; a mail also has a subject, a sent line or an address.
    needed = 3 if first[0] == "from" else 4
    if len(seen) >= needed and "from" in seen and (seen & {"subject", "sent"} or named):
        return end
    return None


def _attribution(lines: list[Line], index: int) -> tuple[int, bool] | None:
    """(index after an attribution line that starts here, whether it is certain without a quote below), else None.

    Mail programs wrap these lines, so up to four are read as one.
    """
    if index >= len(lines) or lines[index].mark is not Mark.NEW:
        return None
    near = lines[index : index + 8]
    if not any(line.mark is Mark.QUOTE or line.text.rstrip(" *_").endswith((":", "：", "--")) for line in near):
        return None
    joined = ""
    starts = _starts(near[0]) or (
        mail_phrases.ATTRIBUTION_WEEKDAY.match(near[0].text) is not None and not any(map(_starts, near[1:4]))
    )
    for count, line in enumerate(lines[index : index + 4], start=1):
        if line.blank or line.mark is not Mark.NEW or (count > 1 and not starts):
            return None
        joined = f"{joined} {line.text.strip(' *_')}".strip()
        if len(joined) > _MAX_ATTRIBUTION:
            return None
        certain = _certain(joined, starts)
        following = _next_filled(lines, index + count)
        quoted = following is not None and lines[following].mark is Mark.QUOTE
        if certain or (quoted and _likely(joined)):
            return index + count, certain
    return None


def _starts(line: Line) -> bool:
    return mail_phrases.ATTRIBUTION_START.match(line.text[:_MAX_ATTRIBUTION]) is not None


def _certain(line: str, starts: bool) -> bool:
    dashed = _DASHED.match(line)
    if dashed:  # Zoho writes "---- On 3 May, Ana wrote ----".
        return mail_phrases.ATTRIBUTION_START.match(dashed.group(1)) is not None and _certain(
            f"{dashed.group(1)}:", True
        )
    if not line.endswith((":", "：")) or not mail_phrases.MOMENT.search(line):
        return False
    if not (starts or not line.isascii()):
        return False
    return bool(mail_phrases.ATTRIBUTION_END.search(line[-40:]) or mail_phrases.ATTRIBUTION_MIDDLE.search(line))


def _likely(line: str) -> bool:
    """An attribution in any language, believed only with a quote right below it."""
    if mail_phrases.ATTRIBUTION_DATED_ADDRESS.match(line) or mail_phrases.ATTRIBUTION_END.search(line[-40:]):
        return True
    return line.endswith((":", "：")) and mail_phrases.MOMENT.search(line) is not None


def _mark_signatures(lines: list[Line], marks: list[Mark]) -> None:
    for start, end in islice(_runs(marks[: len(lines)]), _MAX_RUNS):
        cut = _signature_start(lines[start:end])
        if cut is not None:
            marks[start + cut : end] = [Mark.SIGNATURE] * (end - start - cut)


def _runs(marks: list[Mark]) -> Iterable[tuple[int, int]]:
    """Stretches of new lines, as (start, end)."""
    start = None
    for index, mark in enumerate([*marks, Mark.QUOTE]):
        if mark is Mark.NEW and start is None:
            start = index
        elif start is not None and mark in {Mark.QUOTE, Mark.SIGNATURE}:
            yield start, index
            start = None


def _signature_start(run: list[Line]) -> int | None:
    filled = [index for index, line in enumerate(run) if not line.blank]
    for index, line in enumerate(run):
        text = line.text
        if text == "-- " or (text.rstrip() in ("--", "—", "–") and len(run) - index <= _SHORT_SIGNATURE_LINES):
            return index
        if mail_phrases.LIST_FOOTER.match(text) and any(
            "mailing list" in near.text.lower() for near in run[index:][:3]
        ):
            return index
    for index in filled[-4:]:
        apart = index == 0 or run[index - 1].blank
        if apart and len(run[index].text) < 200 and mail_phrases.MOBILE_SIGNATURE.match(run[index].text):
            return index
    return None
