"""How well the assistant understands, beside plain baselines in the same run and published figures, and how fast.

    ./holdfast bench assistant --banking train.csv [--banking-test test.csv] [--clinc data.json]

The tier of the language model is timed against an endpoint made here that answers at once, so its figures are what the
house itself spends on a turn with a model (two calls over real HTTP, scrubbing, checks). A real model takes its time
besides.

Data: BANKING77 (CC-BY-4.0) and CLINC150 (CC-BY-3.0). Without --banking-test a fifth of each category of train.csv is
held out, and nothing is learned from it; the published figures are for the test split, which is a little cleaner (these
baselines score a point or two higher there). Prints a table and one JSON line last.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from holdfast.assistant.understanding import evaluate
from holdfast.assistant.understanding.examples import Examples, read_csv, read_scoped
from holdfast.assistant.understanding.heads import WordHead
from holdfast.assistant.understanding.model import Model
from holdfast.kit.semantic import encoder as semantic
from holdfast.kit.semantic.remembered import Remembered

# Accuracy in percent on BANKING77's test split; PolyAI: Casanueva et al. 2020, "Efficient Intent Detection with Dual
# Sentence Encoders", table 3 (10 examples per category, and all).
PUBLISHED = {"PolyAI USE": (84.23, 92.81), "PolyAI ConveRT": (83.32, 93.01), "PolyAI USE+ConveRT": (85.19, 93.36)}

Guess = Callable[[Examples, Sequence[str]], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banking", type=Path, required=True, help="BANKING77's train.csv")
    parser.add_argument("--banking-test", type=Path, help="its test.csv; without it a fifth of train.csv is held out")
    parser.add_argument("--clinc", type=Path, help="CLINC150: train, val and, where there are, test and oos_test")
    parser.add_argument("--seeds", type=int, default=5, help="draws of few examples (5)")
    parser.add_argument("--shots", type=int, default=10, help="examples per category in a draw (10)")
    options = parser.parse_args()
    for path in (options.banking, options.banking_test, options.clinc):
        if path is not None and not path.exists():
            parser.error(f"{path} is not there.")
    encoder = semantic.available()
    remembered = Remembered(encoder, most=60_000) if encoder is not None else None
    train = read_csv(options.banking)
    if options.banking_test:
        test, held = read_csv(options.banking_test), "test split"
    else:
        (train, test), held = train.parted(0.2, seed=1), "a fifth of train, held out (seed 1)"
    figures: dict[str, object] = {
        "benchmark": "assistant",
        "banking_measured_on": held,
        "semantic": encoder is not None,
    }
    started = time.perf_counter()
    if remembered is not None and encoder is not None:
        remembered.encode([*train.texts, *test.texts])
        figures["encoder_texts_per_second"] = round((len(train) + len(test)) / (time.perf_counter() - started))
    figures |= accuracies(train, test, remembered, shots=options.shots, seeds=range(1, options.seeds + 1))
    figures |= speed(Model.fit(train.texts, train.labels, encoder=remembered), encoder, test)
    if options.clinc:
        figures["clinc"] = scope(options.clinc, remembered)
    figures["memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(figures))


def accuracies(
    train: Examples, test: Examples, encoder: Remembered | None, *, shots: int, seeds: range
) -> dict[str, object]:
    guesses: dict[str, Guess] = {"tfidf_linear_svc": words_alone, "holdfast_words": lambda e, t: holdfast(e, t, None)}
    if encoder is not None:
        guesses["minilm_logistic_regression"] = lambda e, t: vectors_alone(e, t, encoder)
        guesses["holdfast_sentences"] = lambda e, t: holdfast(e, t, encoder)
    print(f"{'BANKING77, accuracy in percent':32}{shots:>4} examples each (sd)   all {len(train):,}")
    for name, (few, full) in PUBLISHED.items():
        print(f"{name + ' (published)':32}{few:>8.2f}{full:>24.2f}")
    found: dict[str, object] = {"shots": shots, "seeds": list(seeds)}
    for name, guess in guesses.items():
        drawn = [train.few(shots, seed=seed) for seed in seeds]
        scores = [100 * share(guess(few, test.texts), test.labels) for few in drawn]
        spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
        full = 100 * share(guess(train, test.texts), test.labels)
        found[name] = {"few": round(statistics.mean(scores), 2), "few_sd": round(spread, 2), "full": round(full, 2)}
        print(f"{name:32}{statistics.mean(scores):>8.2f} ({spread:.2f}){full:>17.2f}", flush=True)
    return found


def words_alone(examples: Examples, texts: Sequence[str]) -> list[str]:
    labels, numbers = np.unique(examples.labels, return_inverse=True)
    head = WordHead.fit(examples.texts, numbers, count=len(labels))
    return [str(label) for label in labels[head.scores(texts).argmax(axis=1)]]


def vectors_alone(examples: Examples, texts: Sequence[str], encoder: Remembered) -> list[str]:
    machine = LogisticRegression(C=20, tol=1e-3, max_iter=200)
    machine.fit(encoder.encode(examples.texts), examples.labels)
    return [str(label) for label in machine.predict(encoder.encode(texts))]


def holdfast(examples: Examples, texts: Sequence[str], encoder: Remembered | None) -> list[str]:
    return [each.label for each in Model.fit(examples.texts, examples.labels, encoder=encoder).predict(texts)]


def share(said: Sequence[str], labels: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(said, labels, strict=True)) / len(labels)


def speed(model: Model, encoder: semantic.Encoder | None, test: Examples) -> dict[str, object]:
    """One at a time and in batches of 500, by tier; processor time beside the clock's, for a machine in other use."""
    with tempfile.TemporaryDirectory() as directory:  # so that nothing is remembered from the fit
        model.dump(Path(directory))
        found: dict[str, object] = {
            "model_mb": round(sum(f.stat().st_size for f in Path(directory).iterdir()) / 1e6, 1)
        }
        live = Model.load(Path(directory), encoder=encoder)
    for tier in live.tiers:
        deep = tier == "sentences"
        for text in test.texts[:20]:
            live.predict([text], semantic=deep)
        turns, processor = [], []
        for text in test.texts[:400]:
            started, busy = time.perf_counter(), time.thread_time()
            live.predict([text], semantic=deep)
            turns.append(1000 * (time.perf_counter() - started))
            processor.append(1000 * (time.thread_time() - busy))
        started, busy = time.perf_counter(), time.process_time()
        for start in range(0, 2000, 500):
            live.predict(test.texts[start : start + 500], semantic=deep)
        asked = len(test.texts[:2000])
        rates = asked / (time.perf_counter() - started), asked / (time.process_time() - busy)
        found[tier] = {
            **{f"turn_ms_p{p}": round(float(np.percentile(turns, p)), 2) for p in (50, 95)},
            **{f"turn_processor_ms_p{p}": round(float(np.percentile(processor, p)), 2) for p in (50, 95)},
            "turns_per_second": round(rates[0]),
            "turns_per_processor_second": round(rates[1]),
        }
        print(f"{tier}: {found[tier]}", flush=True)
    found["model_fake_endpoint"] = model_tier(test.texts[:400])
    print(f"model, against an endpoint that answers at once: {found['model_fake_endpoint']}", flush=True)
    return {"tiers": found}


PLACES = 4  # turns with a model at a time, as `assistant.tiers` has them
PASSAGE = "A new card takes five working days to arrive. You can follow it in the app."


def model_tier(texts: Sequence[str]) -> dict[str, float]:
    """One at a time and `PLACES` at a time: a choice among commands, then a draft that is checked."""
    with fake_endpoint() as url:
        os.environ |= {"HOLDFAST_LLM_URL": url, "HOLDFAST_LLM_MODEL": "fake"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "holdfast.config.settings")
        import django

        django.setup()
        from holdfast.assistant.llm.commands import propose
        from holdfast.assistant.llm.contract import AnswerFrom, GivenPassage, LlmTurn
        from holdfast.assistant.llm.drafts import draft

        given = (GivenPassage("P1", PASSAGE),)

        def turn(text: str) -> float:
            started = time.perf_counter()
            chosen = propose(LlmTurn(text, "en", passages=given)).command
            drafted = draft(text, language="en", passages=given).draft
            if not isinstance(chosen, AnswerFrom) or drafted is None or not drafted.may_be_sent:
                raise RuntimeError("The endpoint of this benchmark was not understood.")
            return 1000 * (time.perf_counter() - started)

        took = [turn(text) for text in texts[:200]]
        started = time.perf_counter()
        with ThreadPoolExecutor(PLACES) as pool:
            list(pool.map(turn, texts))
        rate = len(texts) / (time.perf_counter() - started)
    return {
        **{f"turn_ms_p{p}": round(float(np.percentile(took, p)), 2) for p in (50, 95)},
        "turns_per_second": round(rate),
    }


@contextmanager
def fake_endpoint() -> Iterator[str]:
    """Serve Chat Completions that choose the passage and word it, at once."""
    said = {
        True: {"command": "answer", "passages": ["P1"]},
        False: {"sentences": [{"text": "A new card takes five working days to arrive.", "passages": ["P1"]}]},
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["content-length"]))
            text = json.dumps(said[b"You choose the next step" in asked])
            usage = {"prompt_tokens": len(asked) // 4, "completion_tokens": len(text) // 4}
            body = json.dumps({"choices": [{"message": {"content": text}}], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say about each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def scope(path: Path, encoder: Remembered | None) -> dict[str, object]:
    parts, about = read_scoped(path, seed=1)
    print(f"CLINC150. {about}")
    figures = evaluate.scope(parts, encoder=encoder, keep=0.95)
    print(f"  {figures}", flush=True)
    return {"measured": about, **figures}


if __name__ == "__main__":
    main()
