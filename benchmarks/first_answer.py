"""How often the first assistant answers, and how often the article it quotes is the right one.

    ./holdfast bench first_answer --data train.csv [--clinc data.json] [--no-semantic]

Real questions (BANKING77, CC-BY-4.0), mapped by hand from their 77 categories to Tidewater's articles. Baselines in the
same run: the article with the nearest document, whatever the distance; the gate over whole articles, without passages;
and the index without sentence vectors. With --clinc also how many questions about other things (CLINC150, CC-BY-3.0)
are answered. Prints one line per setting of the gate and one JSON line last.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.knowledge.search import ArticleIndex, Found

# Category → articles that answer it, where the name alone does not say so.
ANSWERED_BY = {
    "card_linking": "link-card",
    "card_payment_wrong_exchange_rate": "wrong-exchange-rate exchange-rate",
    "pending_cash_withdrawal": "cash-withdrawal-pending",
    "fiat_currency_support": "supported-currencies exchange-in-app",
    "card_delivery_estimate": "card-arrival order-physical-card",
    "exchange_via_app": "exchange-in-app",
    "top_up_by_bank_transfer_charge": "top-up-by-bank-transfer",
    "pending_top_up": "top-up-pending",
    "cancel_transfer": "transfer-cancel",
    "wrong_amount_of_cash_received": "cash-withdrawal-wrong-amount",
    "card_payment_fee_charged": "card-payment-fee",
    "transfer_not_received_by_recipient": "transfer-not-received",
    "supported_cards_and_currencies": "supported-currencies top-up-by-card",
    "getting_virtual_card": "virtual-card",
    "top_up_reverted": "top-up-failed",
    "balance_not_updated_after_cheque_or_cash_deposit": "balance-after-cash-or-cheque top-up-cash-cheque",
    "edit_personal_details": "edit-details",
    "why_verify_identity": "why-verify",
    "unable_to_verify_identity": "verification-failed verify-identity",
    "get_physical_card": "pin-change order-physical-card",
    "topping_up_by_card": "top-up-by-card",
    "direct_debit_payment_not_recognised": "direct-debit-not-recognised",
    "declined_cash_withdrawal": "cash-withdrawal-declined",
    "lost_or_stolen_phone": "lost-phone",
    "declined_transfer": "transfer-declined",
    "Refund_not_showing_up": "refund-missing",
    "pending_transfer": "transfer-pending",
    "terminate_account": "close-account",
    "transaction_charged_twice": "charged-twice",
    "verify_source_of_funds": "source-of-funds",
    "reverted_card_payment?": "reverted-card-payment",
    "change_pin": "pin-change",
    "transfer_fee_charged": "transfer-charge",
    "receiving_money": "receive-money",
    "failed_transfer": "transfer-failed",
    "transfer_into_account": "top-up-by-bank-transfer receive-money",
    "verify_top_up": "top-up-verify",
    "getting_spare_card": "spare-card",
    "top_up_by_cash_or_cheque": "top-up-cash-cheque",
    "wrong_exchange_rate_for_cash_withdrawal": "wrong-exchange-rate",
    "get_disposable_virtual_card": "virtual-card disposable-card-limits",
    "balance_not_updated_after_bank_transfer": "balance-after-transfer top-up-by-bank-transfer",
    "exchange_charge": "exchange-in-app exchange-rate",
    "top_up_by_card_charge": "top-up-by-card",
    "activate_my_card": "activate-card",
    "card_about_to_expire": "card-expiring",
    "apple_pay_or_google_pay": "apple-pay-google-pay",
    "verify_my_identity": "verify-identity",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="BANKING77's train.csv")
    parser.add_argument("--clinc", type=Path, help="a CLINC150 JSON with `train`")
    parser.add_argument("--no-semantic", action="store_true", help="by words alone, as without the sentence model")
    options = parser.parse_args()
    for path in (options.data, options.clinc):
        if path is not None and not path.exists():
            parser.error(f"{path} is not there.")
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as scratch, EmbeddedPostgres(data=Path(scratch)).running() as url:
        os.environ["DATABASE_URL"], os.environ["HOLDFAST_DATA"] = url, scratch
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        if options.no_semantic:
            os.environ["HOLDFAST_SEMANTIC"] = "0"
        import django

        django.setup()
        print(json.dumps(measured(options)))


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `asked` questions how many were answered, and how many of these with the right article."""

    asked: int
    answered: int
    correct: int

    @property
    def share(self) -> float:
        return round(self.answered / self.asked, 4)

    @property
    def precision(self) -> float:
        return round(self.correct / max(self.answered, 1), 4)


def measured(options: argparse.Namespace) -> dict[str, Any]:
    from django.core.management import call_command

    from holdfast.assistant.respond import MIN_MARGIN, MIN_SIMILARITY
    from holdfast.drills.tidewater.content import articles
    from holdfast.knowledge import meaning, retrieval
    from holdfast.knowledge.models import Article
    from holdfast.knowledge.search import ArticleIndex

    call_command("migrate", verbosity=0)
    for each in articles():
        if each.locale == "en":
            fields = {"slug": each.slug, "locale": each.locale, "title": each.title, "summary": each.summary}
            Article.objects.create(**fields, body=each.body, asks=list(each.asks), topic=each.queue)
    encoder = meaning.encoder()
    started = time.perf_counter()
    index = ArticleIndex(list(Article.objects.order_by("slug")), encoder=encoder)
    build = time.perf_counter() - started
    retrieval.warm()
    with options.data.open() as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    found, seconds = ranked(index, [text for text, _ in rows], semantic=True)
    by_words, words_seconds = ranked(index, [text for text, _ in rows], semantic=False) if encoder else (found, seconds)
    likeliest = sum(right(category, hits[0].article.slug) for (_, category), hits in _with(rows, found))
    nearest = sum(
        right(category, max(hits, key=lambda hit: hit.similarity).article.slug)
        for (_, category), hits in _with(rows, found)
    )
    print(
        f"{len(rows)} questions, {Article.objects.count()} articles, nearest document right: {nearest / len(rows):.1%}"
    )
    print(f"likeliest article right: {likeliest / len(rows):.1%}; index built in {build:.1f} s")
    for score in (0.0, 0.2, 0.25, 0.3):
        for margin in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
            tally = gate(rows, found, score, margin)
            print(
                f"similarity {score:.2f} margin {margin:.2f}: answered {tally.share:5.1%}, right {tally.precision:.1%}"
            )
    whole = gate(rows, found, MIN_SIMILARITY, MIN_MARGIN)
    words = gate(rows, by_words, MIN_SIMILARITY, MIN_MARGIN)
    answered, asks_again, passage_ms = with_passages(rows, found)
    result = {
        "benchmark": "first_answer",
        "questions": len(rows),
        "articles": Article.objects.count(),
        "baseline_nearest_right": round(nearest / len(rows), 4),
        "answered": answered.share,
        "right_of_answered": answered.precision,
        "answered_by_whole_articles": whole.share,
        "right_of_answered_by_whole_articles": whole.precision,
        "right_of_answered_by_passages": Tally(
            len(rows), answered.answered - whole.answered, answered.correct - whole.correct
        ).precision,
        "asked_back": asks_again.share,
        "right_among_the_two": asks_again.precision,
        "semantic": encoder is not None,
        "answered_by_words": words.share,
        "right_of_answered_by_words": words.precision,
        "likeliest_right": round(likeliest / len(rows), 4),
        "index_seconds": round(build, 2),
        "texts_per_second": round(len(rows) / seconds),
        "texts_per_second_by_words": round(len(rows) / words_seconds),
        **passage_ms,
    }
    result |= turns([text for text, _ in random.Random(7).sample(rows, 400)])
    if options.clinc:
        result["elsewhere_answered"] = elsewhere(index, options.clinc)
    return result


def right(category: str, slug: str) -> bool:
    return slug in ANSWERED_BY.get(category, category.replace("_", "-")).split()


def ranked(index: ArticleIndex, texts: Sequence[str], *, semantic: bool) -> tuple[list[list[Found]], float]:
    started, found = time.perf_counter(), []
    for start in range(0, len(texts), 500):
        part = texts[start : start + 500]
        found.extend(index.find(part, locales=["en"] * len(part), limit=5, semantic=semantic))
    return found, time.perf_counter() - started


def gate(rows: Sequence[tuple[str, str]], found: Sequence[list[Found]], score: float, margin: float) -> Tally:
    """Count what whole articles answer at a setting of the gate."""
    passed = [
        right(category, hits[0].article.slug)
        for (text, category), hits in _with(rows, found)
        if may_be_answered(text, hits) and hits[0].similarity >= score and hits[0].margin >= margin
    ]
    return Tally(len(rows), len(passed), sum(passed))


def may_be_answered(text: str, hits: list[Found]) -> bool:
    from holdfast.assistant.respond import MAX_LETTERS, PEOPLE_TOPICS

    return len(text) <= MAX_LETTERS and hits[0].article.topic not in PEOPLE_TOPICS


def with_passages(rows: Sequence[tuple[str, str]], found: Sequence[list[Found]]) -> tuple[Tally, Tally, dict[str, Any]]:
    """Count what is answered in all, and after which questions one is asked back and names the right article."""
    from holdfast.assistant.respond import MIN_OF_TWO, MIN_SIMILARITY, PEOPLE_TOPICS, is_clear

    passed: list[bool] = []
    back: list[bool] = []
    took: list[float] = []
    for (text, category), hits in _with(rows, found):
        if not may_be_answered(text, hits):
            continue
        if is_clear(hits[0]) or decided_by_a_passage(text, hits, took):
            passed.append(right(category, hits[0].article.slug))
            continue
        two = hits[:2]
        near = len(two) == 2 and min(hit.similarity for hit in two) >= MIN_SIMILARITY
        if near and two[1].article.topic not in PEOPLE_TOPICS and sum(hit.probability for hit in two) >= MIN_OF_TWO:
            back.append(any(right(category, hit.article.slug) for hit in two))
    took.sort()
    cost = {"passages_asked": round(len(took) / len(rows), 4)}
    if took:
        cost |= {f"passages_ms_p{p}": round(took[int(len(took) * p / 100)], 1) for p in (50, 95)}
    return Tally(len(rows), len(passed), sum(passed)), Tally(len(rows), len(back), sum(back)), cost


def decided_by_a_passage(text: str, hits: list[Found], took: list[float]) -> bool:
    from holdfast.assistant.respond import is_nearly_clear
    from holdfast.knowledge import retrieval

    if not is_nearly_clear(hits):
        return False
    started = time.perf_counter()
    passages = retrieval.clearest(text, "en")
    took.append((time.perf_counter() - started) * 1000)
    return bool(passages) and passages[0].article_id == hits[0].article.id


def turns(texts: Sequence[str]) -> dict[str, float]:
    """Return what one message costs from its words to a checked reply, in milliseconds."""
    from holdfast.assistant.checking import as_it_may_leave
    from holdfast.assistant.contract import ForAssistant
    from holdfast.assistant.respond import respond
    from holdfast.kit.ids import uuid7
    from holdfast.knowledge import search

    search.warm()
    while search._kept._building.locked():  # sentences are learned beside
        time.sleep(0.1)
    clock: list[float] = []
    processor: list[float] = []
    for number, text in enumerate(texts):
        started, busy = time.perf_counter(), time.thread_time()
        as_it_may_leave(respond(ForAssistant(uuid7(), text, locale="en", channel="chat")))
        if number >= 20:
            clock.append((time.perf_counter() - started) * 1000)
            processor.append((time.thread_time() - busy) * 1000)
    found = {}
    for name, took in (("turn_ms", clock), ("turn_processor_ms", processor)):
        took.sort()
        found |= {f"{name}_p{p}": round(took[int(len(took) * p / 100)], 1) for p in (50, 95)}
    return found


def elsewhere(index: ArticleIndex, path: Path) -> float:
    """Return the share of 1,000 questions about other things that are answered."""
    from retrieval import ELSEWHERE

    texts = [text for text, intent in json.loads(path.read_text())["train"] if intent in ELSEWHERE]
    rows = [(text, "elsewhere") for text in random.Random(7).sample(texts, 1000)]
    found, _ = ranked(index, [text for text, _ in rows], semantic=True)
    return with_passages(rows, found)[0].share


def _with(rows: Sequence[tuple[str, str]], found: Sequence[list[Found]]) -> list[tuple[tuple[str, str], list[Found]]]:
    return [(row, hits) for row, hits in zip(rows, found, strict=True) if hits]


if __name__ == "__main__":
    main()
