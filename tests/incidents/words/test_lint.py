"""Each rule says its sentence where it should and is silent where it should be."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.incidents.words.bans import compiled
from holdfast.incidents.words.contract import Ban, Claim, Occasion, OutgoingText, Problem, Rule, Use
from holdfast.incidents.words.errors import Refused
from holdfast.incidents.words.lint import lint, lint_all
from holdfast.incidents.words.next_word import with_next
from holdfast.incidents.words.reading import reading, syllables

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
DUE = AT + timedelta(minutes=30)
FIRST = Occasion(use=Use.FIRST, harm="money", severity=1, next_due=DUE, next_beside=True, zone=UTC)
LATER = replace(FIRST, use=Use.UPDATE)
FACTS = (Claim(text="38 % of card payments are declined since 09:38; 9,600 people wrote to us."),)
CLEAN = {
    "en": "Some card payments do not go through. We are sorry for the trouble this makes. We are working on it.",
    "id": "Sebagian pembayaran kartu tidak berhasil. Kami mohon maaf atas kesulitan ini. Kami sedang menanganinya.",
    "pt-br": "Alguns pagamentos com cartão não passam. Pedimos desculpas pelo problema. Estamos trabalhando nisso.",
}


def said(
    text: str, *, locale: str = "en", ledger: Sequence[Claim] = FACTS, on: Occasion = LATER, bans: Sequence[Ban] = ()
) -> list[Problem]:
    return lint(OutgoingText(locale=locale, text=text), ledger=ledger, occasion=on, bans=bans, at=AT)


def stops(*args: str, **given: object) -> set[Rule]:
    return {each.rule for each in said(*args, **given) if not each.advice}  # type: ignore[arg-type]


@pytest.mark.parametrize("locale", sorted(CLEAN))
def test_an_acknowledgement_without_a_claim_passes_an_empty_ledger(locale: str) -> None:
    assert stops(CLEAN[locale], locale=locale, ledger=(), on=FIRST) == set()


@given(
    st.lists(st.sampled_from([each.strip() for text in CLEAN.values() for each in text.split(".") if each.strip()])),
    st.sampled_from(sorted(CLEAN)),
)
def test_what_claims_nothing_never_meets_the_ledger(parts: list[str], locale: str) -> None:
    assert not stops(". ".join(parts), locale=locale, ledger=()) & {Rule.FACTS, Rule.CAUSE}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4 in 10 payments are declined.", "4 in 10"),
        ("Since 09:40 payments are declined.", "09:40"),
        ("About 9,000 people wrote to us.", "9,000"),
        ("It began on 3 March.", "3 March"),
        ("It lasts 20 minutes.", "20 minutes"),
    ],
)
def test_a_number_or_time_that_no_fact_has_is_named(text: str, words: str) -> None:
    (problem,) = said(text)
    assert (problem.rule, problem.advice) == (Rule.FACTS, False)
    assert f"“{words}”" in problem.sentence


def test_a_fact_bears_its_number_in_every_language_and_rounds_only_where_it_says_so() -> None:
    assert stops("38 % of payments are declined since 9:38 am. 9,600 people wrote.") == set()
    assert stops("38 persen pembayaran ditolak sejak 09.38, 9.600 orang menulis.", locale="id") == set()
    assert stops("38 % dos pagamentos falham desde 9h38; 9.600 pessoas escreveram.", locale="pt-br") == set()
    rounded = (Claim(text="38 % of payments are declined; we say 4 in 10."),)
    assert stops("4 in 10 payments are declined.") == {Rule.FACTS}
    assert stops("4 in 10 payments are declined.", ledger=rounded) == set()


def test_a_moment_of_a_claim_may_be_named_in_the_zone_of_the_page() -> None:
    began = (Claim(text="Card payments", moments=[datetime(2026, 3, 2, 9, 38, tzinfo=UTC)]),)
    assert stops("Since 09:38 today, 2 March, payments are declined.", ledger=began) == set()
    assert stops("Since 09:39 payments are declined.", ledger=began) == {Rule.FACTS}


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "A certificate at our card processor ran out."),
        ("en", "This is not a security incident."),
        ("id", "Sertifikat di penyedia kami kedaluwarsa."),
        ("pt-br", "Foi um ataque."),
    ],
)
def test_a_cause_is_named_or_denied_only_when_a_fact_does(locale: str, text: str) -> None:
    assert Rule.CAUSE in stops(text, locale=locale)
    known = (*FACTS, Claim(text="A certificate at the processor ran out. It was no attack, no security incident."))
    assert Rule.CAUSE not in stops(text, locale=locale, ledger=known)


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("No change. Next update 14:30.", True),
        ("No change. We write again by 2:30 pm.", True),
        ("No change. Next update 14:45.", False),
        ("No change. Next update soon.", False),
        ("No change. Next update 14:30 or 15:00.", False),
        ("No change.", True),
    ],
)
def test_the_next_update_in_words_is_the_one_that_is_promised(text: str, well: bool) -> None:
    assert (stops(text) == set()) is well, said(text)


def test_a_next_update_in_so_many_minutes_names_no_time() -> None:
    assert Rule.NEXT in stops("No change. We will provide another update in 45 minutes.")


def test_a_channel_that_shows_no_clock_needs_the_next_update_in_its_words() -> None:
    bare = replace(LATER, next_beside=False)
    assert stops("No change.", on=bare) == {Rule.NEXT}
    assert stops("Tidak ada perubahan. Kabar berikutnya pukul 14.30.", locale="id", on=bare) == set()
    over = replace(LATER, use=Use.RESOLVED, next_due=None, harm="service", severity=4)
    assert stops("It works again. Sorry. Next update 14:30.", on=over) >= {Rule.NEXT}


@pytest.mark.parametrize("locale", sorted(CLEAN))
def test_the_line_that_is_added_about_the_next_update_passes_the_check_and_is_added_once(locale: str) -> None:
    text = with_next("", locale=locale, due=DUE, zone=UTC)
    assert stops(text, locale=locale, on=replace(LATER, next_beside=False)) == set()
    assert with_next(text, locale=locale, due=DUE, zone=UTC) == text
    assert with_next("Wir sind dran.", locale="de", due=DUE, zone=UTC).endswith("Next update by 14:30 UTC.")


def test_an_apology_is_owed_at_the_beginning_and_the_end_when_people_are_harmed() -> None:
    assert stops("Card payments do not go through.", on=FIRST) == {Rule.APOLOGY}
    slight = replace(FIRST, harm="service", severity=3)
    (advice,) = said("Card payments do not go through.", on=slight)
    assert (advice.rule, advice.advice) == (Rule.APOLOGY, True)
    assert stops("Card payments do not go through.", on=LATER) == set()
    assert stops("Card payments do not go through.", on=replace(FIRST, drill=True)) == set()
    twice = said("We are sorry for the trouble. We apologise.", on=FIRST)
    assert [each.rule for each in twice if each.advice] == [Rule.APOLOGY]
    empty = said("We are sorry for any inconvenience.", on=FIRST)
    assert any("says nothing" in each.sentence for each in empty)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "It is the fault of our card partner."),
        ("en", "This was caused by a supplier."),
        ("en", "It was human error."),
        ("en", "You should have kept your card safe."),
        ("en", "It is a third-party issue beyond our control."),
        ("id", "Ini kesalahan mitra kami."),
        ("id", "Hal ini di luar kendali kami."),
        ("pt-br", "Foi culpa do fornecedor."),
        ("pt-br", "Você deveria ter trocado a senha."),
    ],
)
def test_nobody_is_blamed(locale: str, text: str) -> None:
    assert Rule.BLAME in stops(text, locale=locale)


def test_what_happened_at_a_partner_may_be_said_without_blame() -> None:
    known = (Claim(text="At 07:38 an upgrade at our card partner stopped payments."),)
    assert stops("At 07:38 an upgrade at our card partner stopped payments. It is being undone.", ledger=known) == set()


def test_every_language_and_channel_says_the_same_numbers_times_and_causes() -> None:
    first = OutgoingText(locale="en", text="38 % of payments are declined since 09:38.")
    same = OutgoingText(locale="id", text="38 persen pembayaran ditolak sejak 09.38.")
    less = OutgoingText(locale="pt-br", text="38 % dos pagamentos são recusados.")
    sms = OutgoingText(locale="en", channel="sms", text="38 % of payments are declined since 09:38.")
    ours = OutgoingText(locale="en", segment="affected", text="Your payment was declined.")
    assert lint_all([first, same, sms, ours], ledger=FACTS, occasion=LATER, bans=(), at=AT) == []
    (problem,) = lint_all([first, same, less], ledger=FACTS, occasion=LATER, bans=(), at=AT)
    assert (problem.rule, problem.where) == (Rule.CONSISTENT, "texts:pt-br:")
    assert "09:38" in problem.sentence


def test_a_forbidden_statement_is_refused_with_why_until_when_and_who_asked() -> None:
    ban = Ban(
        id=1, pattern="no data was lost", is_expression=False, why="It is not known yet", jurisdiction="DE",
        until=AT + timedelta(days=2), asked_by="Counsel, Frankfurt",
    )  # fmt: skip
    (problem,) = said("We can say: No data  was lost.", bans=[ban])
    assert (problem.rule, problem.advice) == (Rule.FORBIDDEN, False)
    for part in ("No data  was lost", "in DE", "until 2026-03-04", "not known yet", "Counsel"):
        assert part in problem.sentence
    assert said("No data was lost.", bans=[ban], on=replace(LATER, jurisdictions=("BR",))) == []
    assert said("No data was lost.", bans=[replace(ban, until=AT)]) == []
    assert said("No data was lostness.", bans=[ban]) == []
    spoken = replace(ban, pattern=r"(?:fully|100 %) secure", is_expression=True, until=None)
    assert stops("All is fully secure.", bans=[spoken]) == {Rule.FORBIDDEN}


@pytest.mark.parametrize("pattern", ["(a+)+b", "(.*)*x", ".*a.*b", "(a|b)\\1", "x*", "(", "a{1,5000}", "", "é" * 300])
def test_an_expression_that_may_take_for_ever_or_fits_all_is_refused_in_a_sentence(pattern: str) -> None:
    with pytest.raises(Refused) as refused:
        compiled(pattern, is_expression=True)
    assert refused.value.sentence.endswith(".")


@given(st.text(max_size=80), st.booleans())
def test_any_pattern_is_taken_or_refused_and_nothing_else(pattern: str, is_expression: bool) -> None:
    with contextlib.suppress(Refused):
        compiled(pattern, is_expression=is_expression).search("Some payments do not go through. " * 40)


def test_reading_is_advice_by_the_formula_of_each_language() -> None:
    plain = "Your money is safe. We know that some cards do not work. We work on it now. We write again at noon. " * 2
    hard = (
        "Notwithstanding considerable organisational complexities, our multidisciplinary infrastructure specialists "
        "continuously investigate interoperability irregularities affecting authorisation functionality. " * 2
    )
    easy, difficult = reading(plain, locale="en"), reading(hard, locale="en")
    assert easy is not None
    assert difficult is not None
    assert (easy.hard, difficult.hard, easy.formula) == (False, True, "Flesch Reading Ease")
    assert [each.rule for each in said(hard) if each.advice] == [Rule.READING]
    for locale in ("id", "pt-br"):
        assert (found := reading(CLEAN[locale] * 2, locale=locale)) is None or not found.hard
    assert [syllables(word, language="en") for word in ("cat", "table", "walked", "wanted", "money")] == [1, 2, 1, 2, 2]
    # 20 words in 4 sentences, 24 syllables: 206.835 - 1.015 * 5 - 84.6 * 1.2
    assert reading("We know the bad news. " * 3 + "We tell all today, money.", locale="en") is not None


def test_a_language_nobody_knows_the_words_of_is_said_to_be_unchecked() -> None:
    (advice,) = said("Wir arbeiten daran.", locale="de")
    assert (advice.rule, advice.advice) == (Rule.STYLE, True)
    assert stops("Seit 09:40 geht nichts.", locale="de") == {Rule.FACTS}


def test_a_variable_nobody_filled_in_is_refused_but_a_reader_s_name_waits_for_the_reader() -> None:
    assert stops("{service} does not work, {name}.") == {Rule.VARIABLE}
    sent = OutgoingText(locale="en", text="{name}, we are on it.", segment="affected")
    assert not [each for each in lint(sent, ledger=(), occasion=LATER, bans=(), at=AT) if not each.advice]


@given(st.text(max_size=400), st.sampled_from(["en", "id", "pt-br", "de"]), st.sampled_from(list(Use)))
def test_no_text_is_too_odd_to_be_checked(text: str, locale: str, use: Use) -> None:
    for each in said(text, locale=locale, on=replace(FIRST, use=use)):
        assert each.sentence.endswith((".", "”"))
