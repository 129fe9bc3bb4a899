"""How often what a customer wants done is understood, and how often something is begun that nobody asked for.

    ./holdfast bench wishes [--held tests/assistant/fixtures/wishes.toml] [--no-semantic]

By cross-validation over the shipped examples (five parts), and on wishes and questions that nothing is learned from,
as the assistant judges them (`intents.judged`). Baseline in the same run: the nearest example by cosine with a lead of
0.10, as the copilot once did. One JSON line last. All texts were written by us, none by a customer.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
django.setup()

from sklearn.model_selection import StratifiedKFold  # noqa: E402

from holdfast.assistant.intents import judged  # noqa: E402
from holdfast.assistant.wish_model import NOTHING, Example, SentenceModel, WishModel, shipped  # noqa: E402
from holdfast.kit.semantic import encoder as semantic  # noqa: E402
from holdfast.knowledge.features import Features  # noqa: E402

HELD = Path(__file__).parent.parent / "tests" / "assistant" / "fixtures" / "wishes.toml"
Judge = Callable[[Sequence[Example]], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=Path, default=HELD, help="wishes and questions kept apart (TOML)")
    parser.add_argument("--no-semantic", action="store_true", help="without sentence vectors")
    options = parser.parse_args()
    examples, apart = shipped(), held(options.held)
    encoder = None if options.no_semantic else semantic.available()
    figures: dict[str, object] = {"benchmark": "wishes", "examples": len(examples), "semantic": encoder is not None}
    started = time.perf_counter()
    model = WishModel(examples)
    figures["learned_in_s"] = round(time.perf_counter() - started, 2)
    sentences = SentenceModel(examples, labels=model.labels, encoder=encoder) if encoder is not None else None
    started = time.perf_counter()
    for each in apart:
        told([each], model, None)
    figures["ms_a_text_by_words"] = round((time.perf_counter() - started) / len(apart) * 1000, 2)
    print(f"{'':34}{'right':>8}{'other':>8}{'begun for a question':>24}")
    figures["held_out_nearest"] = scored("held out, nearest example", apart, nearest(examples, apart))
    figures["held_out_words"] = scored("held out, by words", apart, told(apart, model, None))
    if sentences is not None:
        figures["held_out"] = scored("held out, with sentences", apart, told(apart, model, sentences))
    figures["crossed_words"] = scored("cross-validated, by words", examples, crossed(examples))
    print(json.dumps(figures))


def held(path: Path) -> list[Example]:
    """Return the wishes and questions of a file, each with its language."""
    found: list[Example] = []
    for language, about in tomllib.loads(path.read_text("utf-8")).items():
        found += [Example(text, action, language) for action, own in about["wishes"].items() for text in own]
        found += [Example(text, NOTHING, language) for text in about["questions"]]
    return found


def told(asked: Sequence[Example], words: WishModel, sentences: SentenceModel | None) -> list[str]:
    """Return the action that would be begun for each text."""
    found = judged(
        [each.text for each in asked], locales=[each.language for each in asked], words=words, sentences=sentences
    )
    return [wish.action if wish is not None and wish.sure else NOTHING for wish in found]


def crossed(examples: Sequence[Example]) -> list[str]:
    found = [NOTHING] * len(examples)
    parts = StratifiedKFold(5, shuffle=True, random_state=0)
    for rest, apart in parts.split(examples, [f"{each.language} {each.action}" for each in examples]):
        model = WishModel([examples[i] for i in rest])
        for i, action in zip(apart, told([examples[i] for i in apart], model, None), strict=True):
            found[i] = action
    return found


def nearest(examples: Sequence[Example], asked: Sequence[Example]) -> list[str]:
    """The baseline: the action of the nearest example in any language, with its lead over every other action."""
    wanted = [each for each in examples if each.action != NOTHING]
    features, vectors = Features.learned_from([each.text for each in wanted])
    found = []
    for row in (features.of([each.text for each in asked]) @ vectors.T).toarray() / 2:
        best = int(row.argmax())
        rival = max(float(row[i]) for i, each in enumerate(wanted) if each.action != wanted[best].action)
        found.append(wanted[best].action if row[best] >= max(0.45, rival + 0.10) else NOTHING)
    return found


def scored(name: str, asked: Sequence[Example], given: Sequence[str]) -> dict[str, list[int]]:
    """Print a line per language and return: wishes, rightly begun, another begun; questions, begun for these."""
    figures: dict[str, list[int]] = {}
    for language in dict.fromkeys(each.language for each in asked):
        own = [(each.action, action) for each, action in zip(asked, given, strict=True) if each.language == language]
        wished = [(meant, action) for meant, action in own if meant != NOTHING]
        right = sum(meant == action for meant, action in wished)
        other = sum(action not in {meant, NOTHING} for meant, action in wished)
        begun = sum(action != NOTHING for meant, action in own if meant == NOTHING)
        questions = len(own) - len(wished)
        figures[language] = [len(wished), right, other, questions, begun]
        print(f"{name + ', ' + language:38}{right:>4}/{len(wished):<4}{other:>4}{begun:>16}/{questions}")
    return figures


if __name__ == "__main__":
    main()
