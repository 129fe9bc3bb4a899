"""Variables of a template: which there are, filling them in, and telling a filling from an edit. Pure.

A variable only ever holds what is known: the time that is promised, a component's name, a fact as it stands in the
ledger. So a filled template says nothing that was not approved, or is not a fact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.incidents.words.errors import Refused

VARIABLES: Final[Mapping[str, str]] = {
    "next": "time of the next update",
    "since": "time of the update before",
    "began": "time at which it began",
    "service": "a component's name",
    "fact": "a public fact, as it stands",
    "cause": "the public fact that is about “cause”",
    "prevention": "what is done so that it does not happen again",
    "from": "beginning of a maintenance",
    "until": "end of a maintenance",
    "name": "the reader's name, filled in when it is sent",
    "reference": "the reader's reference, filled in when it is sent",
}
PERSONAL: Final = frozenset({"name", "reference"})
"""Filled in for each recipient when a text is sent; in the text that is approved they stay as they are."""
LONGEST: Final = 4_000
VARIABLE: Final = re.compile(r"\{([^{}]*)\}")


def variables(body: str) -> list[str]:
    """Return the names of the variables of `body`, in order. Raises `Refused` with what is wrong with one."""
    if not body.strip():
        raise Refused("A template says something.")
    if len(body) > LONGEST:
        raise Refused(f"A template has at most {LONGEST} characters; this has {len(body)}.")
    found = list(dict.fromkeys(VARIABLE.findall(body)))
    left = VARIABLE.sub("", body)
    if "{" in left or "}" in left:
        raise Refused("A brace has no partner. A variable is written as {next}.")
    for name in found:
        if name not in VARIABLES:
            known = ", ".join(f"{{{each}}}" for each in VARIABLES)
            raise Refused(f"There is no variable {{{name}}}. There are {known}.")
    return found


def filled(body: str, *, values: Mapping[str, str]) -> str:
    """Return `body` with its variables filled in; personal ones stay. Raises `Refused` when one has no value."""
    missing = [name for name in variables(body) if name not in PERSONAL and not values.get(name)]
    if missing:
        raise Refused(
            f"Nothing is known for {', '.join(f'{{{name}}}' for name in missing)}. State it, or write it out."
        )
    return begun(body, values=values)


def begun(body: str, *, values: Mapping[str, str]) -> str:
    """Return `body` with what is known filled in and the rest left as it is, for somebody to go on writing."""
    return VARIABLE.sub(lambda match: values.get(match[1]) or match[0], body)


def made_from(text: str, *, body: str, values: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether `text` is `body` filled in with some of `values` and nothing else."""
    parts = VARIABLE.split(" ".join(body.split()))
    expression = ""
    for position, part in enumerate(parts):
        if position % 2 == 0:
            expression += re.escape(part)
            continue
        allowed = [f"{{{part}}}"] if part in PERSONAL else [" ".join(each.split()) for each in values.get(part, ())]
        if not allowed:
            return False
        expression += f"(?:{'|'.join(re.escape(each) for each in allowed)})"
    return re.fullmatch(expression, " ".join(text.split())) is not None
