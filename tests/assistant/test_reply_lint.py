"""No blame, no brush-off, no regret without a way on, no promise without a time; and every text of the house passes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import holdfast
from holdfast.assistant.reply_lint import SENTENCES, languages, lint
from holdfast.drills.tidewater.content import articles, replies

HOUSE = Path(holdfast.__file__).parent


def rules(text: str, locale: str = "en", *, source: bool = True) -> list[str]:
    return [found.rule for found in lint(text, locale=locale, citations=["a passage"] if source else [])]


REFUSED = [
    ("en", "blame", "You should have read the terms. Choose Cards."),
    ("en", "blame", "As I already told you, the card comes on 12 May."),
    ("en", "dismissal", "Please calm down. You can freeze it in the app."),
    ("en", "dismissal", "As you would know, that takes a day."),
    ("en", "dismissal", "That’s not our problem."),
    ("en", "regret", "Unfortunately the payment has left."),
    ("en", "promise", "A person answers shortly."),
    ("id", "blame", "Seperti yang sudah kami jelaskan, kartu tiba pada 12 Mei."),
    ("id", "dismissal", "Itu bukan masalah kami."),
    ("id", "regret", "Sayangnya uang sudah terkirim."),
    ("id", "promise", "Petugas akan segera membalas."),
    ("pt-br", "blame", "Como já dissemos, o cartão chega em 12 de maio."),
    ("pt-br", "dismissal", "Isso não é problema nosso."),
    ("pt-br", "regret", "Infelizmente o pagamento saiu."),
    ("pt-br", "promise", "Uma pessoa responde em breve."),
    ("de", "blame", "Das hätten Sie vorher lesen sollen: Sie hätten das lesen müssen."),
    ("de", "dismissal", "Bitte beruhigen Sie sich."),
    ("de", "regret", "Leider ist die Zahlung schon weg."),
    ("de", "promise", "Ein Mensch antwortet in Kürze."),
    ("es", "blame", "Como ya le dije, la tarjeta llega el 12 de mayo."),
    ("es", "dismissal", "Eso no es nuestro problema."),
    ("es", "regret", "Lamentablemente el pago salió."),
    ("es", "promise", "Una persona responde lo antes posible."),
    ("fr", "blame", "Comme déjà indiqué, la carte arrive le 12 mai."),
    ("fr", "dismissal", "Ce n'est pas notre problème."),
    ("fr", "regret", "Malheureusement le paiement est parti."),
    ("fr", "promise", "Une personne répond dans les plus brefs délais."),
]
FINE = [
    ("en", "You should have a letter from us by Friday."),
    ("en", "Unfortunately the payment has left. You can ask for it back in the app."),
    ("en", "We write as soon as the card is out, and by 14:00 in any case."),
    ("en", "A person answers soon, within 40 minutes."),
    ("en", "See https://bank.example/#!cards."),
    ("id", "Sayangnya uang sudah terkirim. Anda dapat memintanya kembali di aplikasi."),
    ("pt-br", "Infelizmente o pagamento saiu. Você pode pedir o dinheiro de volta."),
    ("de", "Leider ist die Zahlung schon weg. Sie können sie in der App zurückholen."),
    ("es", "Le escribimos tan pronto como llegue."),
    ("fr", "Une personne répond bientôt, avant 14 h."),
]


@pytest.mark.parametrize(("locale", "rule", "text"), REFUSED)
def test_words_that_hurt_or_help_nobody_are_found_with_their_place(locale: str, rule: str, text: str) -> None:
    found = [each for each in lint(text, locale=locale, citations=["a passage"]) if each.rule == rule]
    assert found, rules(text, locale)
    assert all(text[each.start : each.end].strip() == text[each.start : each.end] != "" for each in found)
    assert {each.sentence for each in found} == {SENTENCES[rule]}  # type: ignore[index]


@pytest.mark.parametrize(("locale", "text"), FINE)
def test_ordinary_words_pass(locale: str, text: str) -> None:
    assert rules(text, locale) == []


def test_a_reply_needs_a_source_something_done_or_somebody_who_takes_it_on() -> None:
    text = "Cards arrive within five days."
    assert rules(text, source=False) == ["empty"]
    assert lint(text, locale="en", citations=["a"]) == []
    assert lint(text, locale="en", actions=["freeze_card"]) == []
    assert lint(text, locale="en", hand_over=True) == []
    assert rules("", source=False) == ["empty"]


def test_who_hands_over_or_does_something_may_regret() -> None:
    text = "Unfortunately the payment has left."
    assert lint(text, locale="en", hand_over=True) == lint(text, locale="en", actions=["x"]) == []
    assert rules("We cannot do that.") == ["regret"], "“we cannot” is no “we can”"


def test_case_accents_and_apostrophes_do_not_hide_anything() -> None:
    assert rules("CALM   DOWN.") == ["dismissal"]
    assert rules("Isso nao e problema nosso.", "pt") == ["dismissal"]
    assert rules("That's impossible.") == rules("That’s impossible.") == ["dismissal"]


def test_in_a_language_without_a_list_the_rules_that_need_none_hold() -> None:
    assert rules("Nincs semmi baj!", "hu") == ["exclamation"]
    assert rules("Unfortunately not.", "hu") == []
    assert rules("Nous ne pouvons pas.", "fr-ca") == ["regret"]


@given(st.text(max_size=400), st.sampled_from([*languages(), "xx", ""]))
def test_any_text_gets_places_within_it(text: str, locale: str) -> None:
    found = lint(text, locale=locale)
    assert all(0 <= each.start <= each.end <= len(text) for each in found)
    assert [each.start for each in found] == sorted(each.start for each in found)
    assert ("exclamation" in [each.rule for each in found]) == bool(
        re.search(r"[!！¡]", re.sub(r"\b\w+://\S+", "", text))
    )


# Every text that customers get, wherever it is written.


def _in_python() -> Iterator[tuple[str, str, str]]:
    """Texts of every dictionary in the house's code whose keys are languages: where, language, text."""
    for path in sorted(HOUSE.rglob("*.py")):
        if "/migrations/" in str(path):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Dict):
                continue
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            if not {"en", "id"} <= set(keys):
                continue
            for key, value in zip(keys, node.values, strict=True):
                for text in _strings(value):
                    yield f"{path.relative_to(HOUSE)}:{value.lineno}", str(key), text


def _strings(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Dict):
        for value in node.values:  # keys are names of texts
            yield from _strings(value)
    else:
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


# Words that are read, not sent: what people ask, what is taken for a yes, what a machine looks for.
_READ = frozenset(
    {
        "reply_lint.toml",
        "lexicon.toml",
        "person_requests.toml",
        "moods.toml",
        "wish_words.toml",
        "matter_words.toml",
        "names.toml",
        "texts.toml",
        "cast.toml",
        "conversations.toml",
    }
)


def _in_toml() -> Iterator[tuple[str, str, str]]:
    for path in sorted(HOUSE.rglob("*.toml")):
        if path.name in _READ or "/scenarios/" in str(path):
            continue
        yield from _by_language(str(path.relative_to(HOUSE)), tomllib.loads(path.read_text("utf-8")), "en")


def _by_language(where: str, given: Any, locale: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(given, str):
        yield where, locale, given
    elif isinstance(given, list):
        for each in given:
            yield from _by_language(where, each, locale)
    elif isinstance(given, dict):
        own = given.get("locale", locale)
        for key, value in given.items():
            if key not in {"keywords", "asks", "yes", "no", "stop"}:
                yield from _by_language(f"{where} {key}", value, key if key in {"en", "id", "pt", "pt-br"} else own)


def _of_the_demo() -> Iterator[tuple[str, str, str]]:
    for article in articles():
        yield f"article {article.locale}/{article.slug}", article.locale, f"{article.summary}\n\n{article.body}"
    for reply in replies():
        yield f"canned reply {reply.shortcut}", reply.locale, reply.body


def _in_the_widget() -> Iterator[tuple[str, str, str]]:
    script = (HOUSE / "web/static/widget/holdfast-chat.js").read_text("utf-8")
    for text in re.findall(r'"((?:[^"\\\n]|\\.){12,})"', script):
        if " " in text and text[:1].isupper():
            yield "chat widget", "en", text


@pytest.mark.parametrize("source", [_in_python, _in_toml, _of_the_demo, _in_the_widget])
def test_every_text_of_the_house_that_customers_get_passes(source: Any) -> None:
    texts = list(source())
    assert len(texts) > 20
    # An article or a canned reply is whole. The others are pieces: a "no" may stand in one and the way on in the next,
    # and what they make together is looked at each time it is sent.
    whole = source is _of_the_demo
    wrong = [
        f"{where} ({locale}): {found.rule}: {text[found.start : found.end]!r} in {text[:120]!r}"
        for where, locale, text in texts
        for found in lint(text, locale=locale, citations=["a passage"], hand_over=not whole)
    ]
    assert wrong == []
