"""Variables in texts: which there are, whether they are written well, and how they are filled."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from holdfast.notify.campaigns.contract import Refused

_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]{0,30})\}")
_BRACES = re.compile(r"[{}]")
_BREAKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]+|\s*[\r\n]+\s*")


def variables(*texts: str) -> set[str]:
    """Return the names of the variables in `texts`."""
    return {name for text in texts for name in _VARIABLE.findall(text)}


def check(text: str, *, what: str) -> None:
    """Raise `Refused` for a brace that belongs to no variable: it would be read by everybody as it stands."""
    if _BRACES.search(_VARIABLE.sub("", text)):
        raise Refused(f"{what} has a brace that is no variable. Write variables as {{name}}, in small letters.")


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its variables filled. Raises `KeyError` with the name of one that has no value.

    A value is put in as it is and never read again, so a brace inside it stays a brace.
    """
    if "{" not in text:
        return text
    return _VARIABLE.sub(lambda found: _value(values, found[1]), text)


def _value(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise KeyError(name)
    return value


def one_line(value: str) -> str:
    """Return a value without line breaks or control characters, as headers and subjects need it."""
    return _BREAKS.sub(" ", value).strip()


def chosen(there: Collection[tuple[str, str]], *, locale: str, segment: str, fallback: str) -> tuple[str, str] | None:
    """Return the (locale, segment) of the text somebody gets, out of those there are; `None` when there is none.

    The language may give way (`pt-br` to `pt`, then to `fallback`), the segment never: who is affected is not told
    what is meant for those who are not.
    """
    for candidate in _languages(locale, fallback):
        if (candidate, segment) in there:
            return candidate, segment
    return None


def _languages(locale: str, fallback: str) -> Iterable[str]:
    locale = locale.lower().replace("_", "-")
    yield locale
    while "-" in locale:
        locale = locale.rpartition("-")[0]
        yield locale
    yield fallback
