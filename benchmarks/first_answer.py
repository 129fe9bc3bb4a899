"""How often the first assistant answers, and how often the article it quotes is the right one.

    ./holdfast bench first_answer --data train.csv [--no-semantic]

Real questions (BANKING77, CC-BY-4.0), mapped by hand from their 77 categories to Tidewater's articles. Baselines in the
same run: the article with the nearest document, whatever the distance; and the index without sentence vectors. Prints
one line per setting of the gate and one JSON line last.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
import tomllib
from pathlib import Path

import django

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
    parser.add_argument("--no-semantic", action="store_true", help="by words alone, as without the sentence model")
    options = parser.parse_args()
    if not options.data.exists():
        parser.error(f"{options.data} is not there. Name BANKING77's train.csv.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
    django.setup()
    from holdfast.assistant.respond import (
        MAX_LETTERS,
        MIN_MARGIN,
        MIN_OF_TWO,
        MIN_SIMILARITY,
        PEOPLE_TOPICS,
        is_clear,
    )
    from holdfast.drills import tidewater
    from holdfast.knowledge import meaning
    from holdfast.knowledge.models import Article
    from holdfast.knowledge.search import ArticleIndex, Found

    folder = Path(tidewater.__file__).parent / "articles" / "en"
    articles = []
    for number, path in enumerate(sorted(folder.glob("*.md")), 1):
        _, front, body = path.read_text().split("+++", 2)
        fields = tomllib.loads(front)
        articles.append(
            Article(
                pk=number,
                slug=fields["slug"],
                locale="en",
                title=fields["title"],
                summary=fields["summary"],
                body=body.strip(),
                asks=fields["asks"],
                topic=fields["queue"],
            )
        )
    encoder = None if options.no_semantic else meaning.encoder()
    started = time.perf_counter()
    index = ArticleIndex(articles, encoder=encoder)
    build = time.perf_counter() - started
    with options.data.open() as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]

    def asked(*, semantic: bool) -> tuple[list[list[Found]], float]:
        started, ranked = time.perf_counter(), []
        for start in range(0, len(rows), 500):
            part = [text for text, _ in rows[start : start + 500]]
            ranked.extend(index.find(part, locales=["en"] * len(part), limit=len(articles), semantic=semantic))
        return ranked, time.perf_counter() - started

    found, seconds = asked(semantic=True)
    by_words, words_seconds = asked(semantic=False) if encoder is not None else (found, seconds)

    def right(category: str, slug: str) -> bool:
        return slug in ANSWERED_BY.get(category, category.replace("_", "-")).split()

    nearest = sum(
        right(category, max(hits, key=lambda hit: hit.similarity).article.slug)
        for (_, category), hits in zip(rows, found, strict=True)
        if hits
    )
    likeliest = sum(
        right(category, hits[0].article.slug) for (_, category), hits in zip(rows, found, strict=True) if hits
    )

    def gate(score: float, margin: float, ranked: list[list[Found]] = found) -> tuple[int, int]:
        answered = correct = 0
        for (text, category), hits in zip(rows, ranked, strict=True):
            if not hits or len(text) > MAX_LETTERS or hits[0].article.topic in PEOPLE_TOPICS:
                continue
            if hits[0].similarity >= score and hits[0].margin >= margin:
                answered += 1
                correct += right(category, hits[0].article.slug)
        return answered, correct

    def asked_back() -> tuple[int, int]:
        """Count the questions after which one is asked back, and those whose article is one of the two named."""
        asked = among = 0
        for (text, category), hits in zip(rows, found, strict=True):
            two = hits[:2]
            if len(two) < 2 or len(text) > MAX_LETTERS or any(hit.article.topic in PEOPLE_TOPICS for hit in two):
                continue
            clear = is_clear(two[0])
            near = min(hit.similarity for hit in two) >= MIN_SIMILARITY
            if not clear and near and sum(hit.probability for hit in two) >= MIN_OF_TWO:
                asked += 1
                among += any(right(category, hit.article.slug) for hit in two)
        return asked, among

    print(f"{len(rows)} questions, {len(articles)} articles, nearest document right: {nearest / len(rows):.1%}")
    print(f"likeliest article right: {likeliest / len(rows):.1%}; index built in {build:.1f} s")
    for score in (0.0, 0.2, 0.25, 0.3):
        for margin in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
            answered, correct = gate(score, margin)
            share, precision = answered / len(rows), correct / max(answered, 1)
            print(f"similarity {score:.2f} margin {margin:.2f}: answered {share:5.1%}, right {precision:.1%}")
    answered, correct = gate(MIN_SIMILARITY, MIN_MARGIN)
    back, among = asked_back()
    words_answered, words_correct = gate(MIN_SIMILARITY, MIN_MARGIN, by_words)
    print(
        json.dumps(
            {
                "benchmark": "first_answer",
                "questions": len(rows),
                "articles": len(articles),
                "baseline_nearest_right": round(nearest / len(rows), 4),
                "answered": round(answered / len(rows), 4),
                "right_of_answered": round(correct / max(answered, 1), 4),
                "asked_back": round(back / len(rows), 4),
                "right_among_the_two": round(among / max(back, 1), 4),
                "semantic": encoder is not None,
                "answered_by_words": round(words_answered / len(rows), 4),
                "right_of_answered_by_words": round(words_correct / max(words_answered, 1), 4),
                "likeliest_right": round(likeliest / len(rows), 4),
                "index_seconds": round(build, 2),
                "texts_per_second": round(len(rows) / seconds),
                "texts_per_second_by_words": round(len(rows) / words_seconds),
            }
        )
    )


if __name__ == "__main__":
    main()
