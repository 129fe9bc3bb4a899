"""Bytes to text, whatever a mail claims about its character set.

Declared names are often wrong in known ways (a subset named where a superset was meant, UTF-8 labelled as Latin-1,
names no registry knows), so a declaration is a first guess here, never a reason to fail.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Names seen in mail mapped to the codec that reads what their writers really send: mostly the vendor's superset.
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "euc-cn": "gb18030",
    "gb-2312": "gb18030",
    "gb2312-80": "gb18030",
    "gb-2312-80": "gb18030",
    "chinese": "gb18030",
    "ks-c-5601": "cp949",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601-1989": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "korean": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "shift-jis-ms": "cp932",
    "windows-31j": "cp932",
    "ms-kanji": "cp932",
    "x-euc-jp": "euc-jp",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "x-big5": "cp950",
    "big5-hkscs": "big5hkscs",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-8": "cp1255",
    "visual": "cp1255",
    "logical": "cp1255",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "unicode": "utf-16",
    "x-mac-roman": "mac-roman",
    "x-macintosh": "mac-roman",
    "mac": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "win-1250": "cp1250",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "koi8": "koi8-r",
    "x-iso-10646-ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "dos-862": "cp862",
    "dos-866": "cp866",
    "x-iso-2022-jp": "iso-2022-jp",
}
# Say nothing about the bytes: treated as no declaration.
_EMPTY_NAMES = {"", "us-ascii", "ascii", "unknown", "unknown-8bit", "x-unknown", "default", "default-charset", "binary"}
# Python codecs that are text encodings by type and not character sets of mail.
_NOT_CHARSETS = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem", "utf-8-sig"}
_JAPANESE_7BIT = ("iso2022_jp", "iso2022_jp_3", "iso2022_jp_2004", "iso2022_jp_ext")
_MULTIBYTE = ("utf", "gb", "cp932", "cp949", "cp950", "big5", "euc", "shift", "iso2022", "hz", "johab")

_WINDOWS_1252 = {byte: bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}

_NAME = re.compile(r"[a-z0-9][a-z0-9:+-]{0,60}")
_WORSE = re.compile("[\ud800-\udfff\x00]")
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x7f]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_C1 = re.compile("[\x80-\x9f]")


def clean(text: str) -> str:
    """Make text safe to store and send on: LF line ends, no NUL, no lone surrogates, no other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    return _CONTROL.sub("", _WORSE.sub("\ufffd", text))


@lru_cache(maxsize=256)
def codec_for(declared: str) -> str | None:
    """Python codec for a declared character set, or None when the name says nothing or is not known."""
    name = re.sub(r"[_\s]+", "-", declared.strip().strip("\"'").lower()).partition("*")[0]
    name = name.removeprefix("charset=")
    if name in _EMPTY_NAMES:
        return None
    if name in _ALIASES:
        return _ALIASES[name]
    if not _NAME.fullmatch(name):
        return None
    for candidate in (name, name.removeprefix("x-"), name.replace("windows-", "cp"), name.replace("cp-", "cp")):
        try:
            found = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        if found.name.replace("-", "_") in _NOT_CHARSETS:
            return "utf-8" if found.name == "utf-8-sig" else None
        if getattr(found, "_is_text_encoding", True):
            return _ALIASES.get(found.name, found.name)
    return None


def decode(data: bytes, declared: str | None = None) -> tuple[str, str | None]:
    """Decode `data`, returning the text and a plain warning when the declaration was not followed.

    Never raises. Order: byte order mark, the declared set, UTF-8, then Windows-1252, which reads any bytes.
    """
    marked = _by_mark(data)
    if marked is not None:
        return marked, None
    codec = codec_for(declared) if declared else None
    if codec is None:
        return _guess(data, declared)
    utf8 = _utf8_in_disguise(data, codec)
    if utf8 is not None:
        return utf8, f"The text is UTF-8 although it is labelled {_shown(declared)}."
    text = _strict(data, codec)
    if text is not None:
        return text, None
    return _repair(data, codec, declared)


def _by_mark(data: bytes) -> str | None:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    return None


def _strict(data: bytes, codec: str) -> str | None:
    if codec == "cp1252":
        return _western(data)
    for name in _JAPANESE_7BIT if codec.startswith("iso2022_jp") or codec == "iso-2022-jp" else (codec,):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):
            continue
    return None


def _western(data: bytes) -> str:
    """Windows-1252 with its five unassigned bytes read as Latin-1, as browsers do."""
    return data.decode("latin-1").translate(_WINDOWS_1252)


def _guess(data: bytes, declared: str | None) -> tuple[str, str | None]:
    unknown = declared is not None and declared.strip().lower().replace("_", "-") not in _EMPTY_NAMES
    warning = f"The character set {_shown(declared)} is not known; the text was read by guess." if unknown else None
    if b"\x1b$" in data and data.isascii():
        japanese = _strict(data, "iso2022_jp")
        if japanese is not None:
            return japanese, warning
    text = _strict(data, "utf-8")
    if text is not None:
        return text, warning
    return _western(data), warning or "The text names no usable character set; it was read as Windows-1252."


def _utf8_in_disguise(data: bytes, codec: str) -> str | None:
    """UTF-8 sent under a single-byte name. Chance alone hardly ever makes valid sequences, so a few are proof."""
    if data.isascii() or codec.startswith(_MULTIBYTE):
        return None
    text = _strict(data, "utf-8")
    if text is None or _C1.search(text):
        return None
    needed = 1 if codec in ("cp1252", "iso8859-15") else 3
    return text if sum(char > "\x7f" for char in text) >= needed else None


def _repair(data: bytes, codec: str, declared: str | None) -> tuple[str, str]:
    utf8 = _strict(data, "utf-8") if codec != "utf-8" else None
    if utf8 is not None and not data.isascii():
        return utf8, f"The text is UTF-8 although it is labelled {_shown(declared)}."
    replaced = data.decode(codec, "replace")
    broken = replaced.count("\ufffd")
    high = sum(len(run) for run in _HIGH_RUN.findall(data))
    # A truncated or damaged character here and there leaves the label credible; otherwise it was simply wrong.
    if not codec.startswith("utf") or broken * 4 <= high or data.isascii():
        return replaced, f"Some characters are damaged: they are not valid {_shown(declared)}."
    return _western(data), f"The text is not {_shown(declared)} as labelled; it was read as Windows-1252."


def _shown(declared: str | None) -> str:
    return clean(declared or "")[:40] or "(none)"
