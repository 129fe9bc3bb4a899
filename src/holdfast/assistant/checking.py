"""The last look at the assistant's words before they leave, whoever made them: what `reply_lint` finds brings a person.

Asked where a turn speaks (`speaking`) and where a batch does (`triage.answering`); nothing else sends its words.
"""

from __future__ import annotations

from functools import lru_cache

import structlog

from holdfast.assistant.contract import Answer, Clarify, HandOver, Outcome, Reason
from holdfast.assistant.reply_lint import Rule, lint
from holdfast.knowledge.remarks import Remark

log = structlog.get_logger(__name__)


def refused(text: str, *, locale: str, cited: bool = False, acts: bool = False, hand_over: bool = False) -> Rule | None:
    """Return the rule that words break, if they break one, and write it down without them.

    `cited`: passages stand beside them; `acts`: they ask for something or tell what was done; `hand_over`: a person
    follows.
    """
    look = _quoted if cited and not acts else _found
    rule = look(text, locale, cited, acts, hand_over)
    if rule is not None:
        log.warning("reply_refused", rule=rule, locale=locale, cited=cited)
    return rule


def as_it_may_leave(outcome: Outcome) -> Outcome:
    """Return an outcome as it is, or a person in its place where its words break a rule."""
    match outcome:
        case Answer(text=text, locale=locale, citations=citations):
            rule = refused(text, locale=locale, cited=bool(citations))
        case Clarify(text=text, locale=locale):
            rule = refused(text, locale=locale, acts=True)
        case _:
            return outcome
    return outcome if rule is None else to_a_person(rule, locale=locale)


def remarks(passage: str, locale: str) -> list[Remark]:
    """Return what would keep the assistant from quoting a passage of an article, with the words it is about."""
    return [
        Remark(passage[each.start : each.end], each.sentence)
        for each in lint(passage, locale=locale, citations=[passage])
    ]


def to_a_person(rule: Rule, *, locale: str) -> HandOver:
    """Return the hand-over in place of refused words."""
    return HandOver(Reason.NOT_SURE, f"Its answer did not pass the reply check ({rule}).", locale)


def _found(text: str, locale: str, cited: bool, acts: bool, hand_over: bool) -> Rule | None:
    found = lint(text, locale=locale, citations=[text] * cited, actions=[text] * acts, hand_over=hand_over)
    return found[0].rule if found else None


# The same passages are quoted over and over. What forms say holds values of customers, and is not kept.
_quoted = lru_cache(maxsize=1024)(_found)
