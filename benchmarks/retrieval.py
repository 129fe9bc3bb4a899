"""Which passages speak of a question: how often the right article is first or among five, and what weak ones cost.

    ./holdfast bench retrieval --data train.csv [--clinc train_val.json] [--meaning]

Real questions (BANKING77, CC-BY-4.0), mapped by hand to Tidewater's articles as in first_answer.py; questions about
other things (CLINC150, CC-BY-3.0, and only intents far from banks). Baseline in the same run: PostgreSQL's
own `ts_rank` over the same articles. Then 50,000 made-up passages for speed. One JSON line last.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

# Intents of CLINC150 that no help centre of a bank speaks of.
ELSEWHERE = frozenset(
    [
        "weather",
        "recipe",
        "cook_time",
        "calories",
        "nutrition_info",
        "ingredients_list",
        "tire_pressure",
        "tire_change",
        "oil_change_how",
        "mpg",
        "jump_start",
        "gas_type",
        "play_music",
        "next_song",
        "what_song",
        "update_playlist",
        "tell_joke",
        "fun_fact",
        "flip_coin",
        "roll_dice",
        "timer",
        "calculator",
        "translate",
        "definition",
        "spelling",
        "alarm",
        "reminder",
        "calendar",
        "shopping_list",
        "todo_list",
        "book_flight",
        "book_hotel",
        "car_rental",
        "carry_on",
        "lost_luggage",
        "restaurant_reviews",
        "meal_suggestion",
        "smart_home",
        "vaccines",
        "travel_suggestion",
    ]
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="BANKING77's train.csv")
    parser.add_argument("--clinc", type=Path, help="a CLINC150 JSON with `train`")
    parser.add_argument("--meaning", action="store_true", help="with the encoder of kit.semantic")
    parser.add_argument("--questions", type=int, default=2000)
    options = parser.parse_args()
    if not options.data.exists():
        parser.error(f"{options.data} is not there. Name BANKING77's train.csv.")
    from holdfast.runtime.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as scratch, EmbeddedPostgres(data=Path(scratch)).running() as url:
        os.environ["DATABASE_URL"], os.environ["HOLDFAST_DATA"] = url, scratch
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        import django

        django.setup()
        print(json.dumps(_measured(options)))


def _measured(options: argparse.Namespace) -> dict[str, Any]:
    from django.core.management import call_command

    from holdfast.drills.tidewater.content import articles
    from holdfast.knowledge import retrieval
    from holdfast.knowledge.models import Article

    call_command("migrate", verbosity=0)
    for each in articles():
        fields = {"slug": each.slug, "locale": each.locale, "title": each.title, "summary": each.summary}
        Article.objects.create(**fields, body=each.body, asks=list(each.asks), topic=each.queue)
    chance = random.Random(7)
    with options.data.open() as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    rows = chance.sample(rows, min(options.questions, len(rows)))
    result: dict[str, Any] = {"benchmark": "retrieval", "questions": len(rows)}
    if options.meaning:
        started = time.perf_counter()
        retrieval.warm()
        result["warm_s"] = round(time.perf_counter() - started, 1)
    result |= {f"ts_rank_{name}": value for name, value in _hits(rows, _by_ts_rank).items()}
    retrieval.find("warm", "en")
    retrieval.CLEAR, chosen = 0.0, retrieval.CLEAR
    result |= _hits(rows, lambda text: [each.slug for each in retrieval.find(text, "en", 50)])
    if options.clinc:
        elsewhere = [text for text, intent in json.loads(options.clinc.read_text())["train"] if intent in ELSEWHERE]
        result["settings"] = _settings([text for text, _ in rows], chance.sample(elsewhere, 1000))
    retrieval.CLEAR = chosen
    return result | _speed([text for text, _ in rows], chance)


def _hits(rows: Sequence[tuple[str, str]], search: Callable[[str], list[str]]) -> dict[str, Any]:
    from first_answer import ANSWERED_BY

    first = five = 0
    took: list[float] = []
    for text, category in rows:
        started = time.perf_counter()
        slugs = list(dict.fromkeys(search(text)))[:5]
        took.append((time.perf_counter() - started) * 1000)
        right = set(ANSWERED_BY.get(category, category.replace("_", "-")).split())
        first += bool(slugs) and slugs[0] in right
        five += bool(right & set(slugs))
    took.sort()
    return {
        "first": round(first / len(rows), 4),
        "in_five": round(five / len(rows), 4),
        "p50_ms": round(took[len(took) // 2], 2),
        "p95_ms": round(took[int(len(took) * 0.95)], 2),
    }


def _by_ts_rank(text: str) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH asked AS (
                SELECT array_to_string(tsvector_to_array(to_tsvector('english', %s)), ' | ')::tsquery AS query
            ), searched AS (
                SELECT slug, setweight(to_tsvector('english', title), 'A')
                    || setweight(to_tsvector('english', summary), 'B')
                    || setweight(to_tsvector('english', asks::text), 'B') || to_tsvector('english', body) AS words
                FROM knowledge_article WHERE locale = 'en'
            )
            SELECT slug FROM searched, asked WHERE words @@ query ORDER BY ts_rank(words, query) DESC, slug LIMIT 5
            """,
            [text],
        )
        return [slug for (slug,) in cursor.fetchall()]


def _settings(asked: Sequence[str], elsewhere: Sequence[str]) -> list[dict[str, float]]:
    """Of questions about the articles the share that finds something, and of questions about other things."""
    return [
        {"least": least, "kept": _share(asked, least), "let_through": _share(elsewhere, least)}
        for least in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    ]


def _share(texts: Iterable[str], least: float) -> float:
    from holdfast.knowledge import retrieval

    retrieval.CLEAR = least
    found = [bool(retrieval.find(text, "en", 1)) for text in texts]
    return round(sum(found) / len(found), 4)


def _speed(asked: Sequence[str], chance: random.Random) -> dict[str, float]:
    """50,000 passages of words drawn from the questions."""
    from holdfast.knowledge.models import Article
    from holdfast.knowledge.passage_index import PassageIndex

    drawn = [word for text in asked for word in text.split()]
    many = [
        Article(
            pk=number,
            slug=str(number),
            locale="en",
            title=" ".join(chance.choices(drawn, k=5)),
            body="\n\n".join(" ".join(chance.choices(drawn, k=25)) for _ in range(10)),
        )
        for number in range(5000)
    ]
    started = time.perf_counter()
    index = PassageIndex(many)
    built = time.perf_counter() - started
    took = []
    for text in asked[:300]:
        started = time.perf_counter()
        index.find(text, "en", 10)
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return {"many_build_s": round(built, 2), "many_p50_ms": round(took[150], 2), "many_p95_ms": round(took[285], 2)}


if __name__ == "__main__":
    main()
