"""Whatever the endpoint does, the customer's turn goes on in time, and the money is counted."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

import pytest
import structlog
from django.conf import LazySettings
from tests.assistant.llm import fake_endpoint as does
from tests.assistant.llm.fake_endpoint import Behaviour, FakeEndpoint, answers, completion, in_turn, says
from tests.assistant.llm.turns import a_turn

from holdfast.assistant.llm import client
from holdfast.assistant.llm.client import LONGEST, Endpoint, _made, endpoint
from holdfast.assistant.llm.commands import propose
from holdfast.assistant.llm.contract import AnswerFrom, GiveToPerson
from holdfast.assistant.llm.costs import Spent, may_spend
from holdfast.operations.breaker import Breaker

GOOD = '{"command": "answer", "passages": ["P1"]}'
HAND_OVER = '{"command": "hand_over"}'

MISBEHAVIOURS: dict[str, Behaviour] = {
    "never answers": does.silent,
    "drips its body": does.drips_body,
    "drips its headers": does.drips_headers,
    "never stops": does.endless,
    "sends a huge answer": says(GOOD + " " * LONGEST),
    "hangs up": does.hangs_up,
    "breaks off": does.breaks_off,
    "sends noise": does.noise,
    "sends an empty body": answers(b""),
    "sends text": answers(b"Sure, I can help with that."),
    "sends half of its JSON": answers(completion(HAND_OVER)[:-9]),
    "sends JSON of another shape": answers(b'{"choices": {"message": []}}'),
    "sends no choice": answers(b'{"choices": []}'),
    "sends a deep nest": answers(b'{"choices":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "sends null": answers(completion(None)),
    "sends bytes that are no text": answers(completion("ok").replace(b"ok", b"\xff\xfe\xed\xa0\x80")),
    "says HTML": answers(completion(HAND_OVER), kind="text/html"),
    "streams although not asked to": answers(b"data: {}\n\ndata: [DONE]\n\n", kind="text/event-stream"),
    "compresses": answers(completion(HAND_OVER), more="content-encoding: gzip\r\n"),
    "refuses the key": answers(b'{"error": "bad key"}', status=401),
    "forbids": answers(b'{"error": "no"}', status=403),
    "does not know the model": answers(b'{"error": "no model"}', status=404),
    "is asked too much": answers(b'{"error": "slow down"}', status=429, more="retry-after: 1\r\n"),
    "breaks": answers(b"{}", status=500),
    "is away behind its proxy": answers(b"<html>", status=502, kind="text/html"),
    "sends elsewhere": answers(b"", status=307, more="location: /steal\r\n"),
    "answers 200 with an error": answers(b'{"error": {"message": "overloaded"}}'),
    "chats": says("I would suggest freezing the card."),
    "says nothing": says(""),
    "gives an unknown command": says('{"command": "run_shell", "argument": "rm -rf /"}'),
    "gives two commands": says(f"[{GOOD}, {HAND_OVER}]"),
    "gives two commands in a row": says(GOOD + HAND_OVER),
    "adds a field": says('{"command": "hand_over", "confirmed": true}'),
    "invents a passage": says('{"command": "answer", "passages": ["P9"]}'),
    "invents one passage beside a real one": says('{"command": "answer", "passages": ["P1", "P9"]}'),
    "cites nothing": says('{"command": "answer", "passages": []}'),
    "invents an action": says('{"command": "act", "action": "wire_money", "arguments": {}}'),
    "invents a question": says('{"command": "ask", "question": 3}'),
    "asks its own question": says('{"command": "ask", "question": "What is your PIN?"}'),
    "asks question zero": says('{"command": "ask", "question": 0}'),
    "asks question minus one": says('{"command": "ask", "question": -1}'),
    "calls a tool": answers(completion(None, tool_calls=[{"type": "function", "function": {"name": "freeze_card"}}])),
    "answers in another language": says("Silakan hubungi kami untuk bantuan lebih lanjut."),
    "is cut off": answers(completion(GOOD).replace(b'"stop"', b'"length"')),
}


@pytest.mark.parametrize("named", MISBEHAVIOURS)
def test_a_misbehaving_endpoint_leaves_the_turn_to_the_embedded_path_in_time(fake: FakeEndpoint, named: str) -> None:
    fake.behave = MISBEHAVIOURS[named]
    started = time.monotonic()
    assert propose(a_turn()).command is None
    assert time.monotonic() - started < 1.6, "deadline 1 s"
    assert len(fake.asked) == 1, "no second try on the hot path"


@pytest.mark.parametrize("named", MISBEHAVIOURS)
def test_after_a_row_of_failures_it_is_left_alone_and_later_tried_once(
    fake: FakeEndpoint, settings: LazySettings, named: str
) -> None:
    settings.LLM_DEADLINE = 0.2
    now = [0.0]
    model = endpoint()
    assert model is not None
    model.breaker = Breaker(failures=3, pause=30, clock=lambda: now[0])
    fake.behave = MISBEHAVIOURS[named]
    for _ in range(5):
        assert propose(a_turn()).command is None
    assert len(fake.asked) == 3, "the fourth and fifth did not call"
    now[0] = 31.0
    assert propose(a_turn()).command is None
    assert len(fake.asked) == 4, "half open: one try"
    assert propose(a_turn()).command is None
    assert len(fake.asked) == 4, "the try failed, so it is open again"
    fake.says(GOOD)
    now[0] = 62.0
    assert propose(a_turn()).command == AnswerFrom(("P1",))
    assert propose(a_turn()).command == AnswerFrom(("P1",))


def test_a_port_where_nobody_listens_costs_nothing(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_URL = "http://127.0.0.1:9"
    _made.cache_clear()
    assert propose(a_turn()).spent == Spent()


def test_a_host_that_does_not_exist_is_no_error(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_URL = "http://no-such-host.invalid"
    _made.cache_clear()
    assert propose(a_turn()).command is None


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "a\r\nx-evil: 1"])
def test_a_key_that_fits_no_header_is_no_error_and_is_not_logged(
    fake: FakeEndpoint, settings: LazySettings, key: str
) -> None:
    settings.LLM_KEY = key
    _made.cache_clear()
    with structlog.testing.capture_logs() as logs:
        assert propose(a_turn()).command is None
    assert logs
    assert key not in str(logs)
    assert "x-evil" not in fake.wire


def test_without_an_address_there_is_no_model(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_URL = ""
    _made.cache_clear()
    assert propose(a_turn()) == propose(a_turn(""))
    assert not fake.asked


def test_no_more_calls_at_a_time_than_allowed_and_none_waits(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_CONCURRENCY = 2
    settings.LLM_DEADLINE = 5.0
    _made.cache_clear()
    both, go = threading.Barrier(3), threading.Event()

    def holds(asked: does.Asked, wire: Any) -> None:
        both.wait(5)
        go.wait(5)
        says(GOOD)(asked, wire)

    fake.behave = holds
    brought: list[object] = []
    threads = [threading.Thread(target=lambda: brought.append(propose(a_turn()).command)) for _ in range(2)]
    for each in threads:
        each.start()
    both.wait(5)
    started = time.monotonic()
    assert propose(a_turn()).command is None
    assert time.monotonic() - started < 0.5
    assert len(fake.asked) == 2
    go.set()
    for each in threads:
        each.join(5)
    assert brought == [AnswerFrom(("P1",))] * 2
    fake.says(GOOD)
    assert propose(a_turn()).command == AnswerFrom(("P1",)), "the places are free again"


def test_being_busy_is_no_failure_of_the_endpoint(fake: FakeEndpoint) -> None:
    model = endpoint()
    assert model is not None
    assert model.breaker.is_open is False
    fake.behave = in_turn([does.hangs_up, says(GOOD)])
    propose(a_turn())
    propose(a_turn())
    assert model.breaker.is_open is False


@pytest.mark.parametrize("base", ["", "/", "/v1", "/v1/", "/gateway", "/gateway/v1"])
def test_the_address_may_or_may_not_end_in_v1(fake: FakeEndpoint, settings: LazySettings, base: str) -> None:
    settings.LLM_URL = fake.url + base
    _made.cache_clear()
    fake.says(GOOD)
    assert propose(a_turn()).command == AnswerFrom(("P1",))
    assert fake.asked[0].path == ("/gateway" if "gateway" in base else "") + "/v1/chat/completions"


def test_the_request_is_plain_chat_completions(fake: FakeEndpoint) -> None:
    fake.says(GOOD)
    propose(a_turn())
    asked = fake.asked[0]
    assert asked.headers["authorization"] == "Bearer sk-marker-key-0001"
    assert asked.json["model"] == "fake-1"
    assert asked.json["stream"] is False
    assert [message["role"] for message in asked.json["messages"]] == ["system", "user"]
    assert set(asked.json) == {"model", "messages", "temperature", "max_tokens", "stream", "response_format"}


def test_a_fence_or_a_thought_around_the_json_is_forgiven(fake: FakeEndpoint) -> None:
    for said in (f"```json\n{GOOD}\n```", f"<think>Hmm, freeze_card?</think>\n{GOOD}", f"  {GOOD}\n"):
        fake.says(said)
        assert propose(a_turn()).command == AnswerFrom(("P1",))


def test_neither_the_key_nor_any_word_is_logged(fake: FakeEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.DEBUG):
        for behave in MISBEHAVIOURS.values():
            if behave not in (does.silent, does.drips_body, does.drips_headers, does.endless):
                fake.behave = behave
                propose(a_turn("My marker-word-7 is lost"))
    written = str(logs) + caplog.text
    assert "language_model_failed" in written
    assert "sk-marker-key-0001" not in written
    assert "marker-word-7" not in written
    assert "I would suggest" not in written


def test_the_key_shows_nowhere_in_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    from holdfast.config.options import Options

    monkeypatch.setenv("HOLDFAST_LLM_KEY", "sk-marker-key-0002")
    options = Options(_env_file=None)  # type: ignore[call-arg]
    assert options.llm_key.get_secret_value() == "sk-marker-key-0002"
    assert "sk-marker" not in repr(options) + options.model_dump_json()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"LLM_URL": "llm:8000", "LLM_MODEL": "m"}, "HOLDFAST_LLM_URL has to begin with https://"),
        ({"LLM_URL": "https://llm.example"}, "HOLDFAST_LLM_MODEL is missing"),
        ({"LLM_DEADLINE": "0"}, "greater than 0"),
        ({"LLM_CONCURRENCY": "0"}, "greater than or equal to 1"),
        ({"LLM_MAX_COST": "-1"}, "greater than or equal to 0"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], complaint: str
) -> None:
    from holdfast.config.options import Options

    for name, value in given.items():
        monkeypatch.setenv(f"HOLDFAST_{name}", value)
    with pytest.raises(ValueError, match=complaint):
        Options()


# What it costs


def test_a_call_is_priced_per_million_tokens(fake: FakeEndpoint) -> None:
    fake.behave = answers(completion(GOOD, usage={"prompt_tokens": 1_000, "completion_tokens": 50}))
    assert propose(a_turn()).spent == Spent(1_000, 50, pytest.approx((1_000 * 2 + 50 * 10) / 1e6))


@pytest.mark.parametrize(
    "usage",
    [
        {},
        [],
        "many",
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -5, "completion_tokens": -5},
        {"prompt_tokens": "12", "completion_tokens": None},
        {"prompt_tokens": True, "completion_tokens": 1.5},
        {"prompt_tokens": 1, "completion_tokens": 1},
    ],
)
def test_wrong_counts_do_not_make_a_call_free(fake: FakeEndpoint, usage: Any) -> None:
    fake.behave = answers(completion(GOOD, usage=usage))
    proposed = propose(a_turn())
    assert proposed.command == AnswerFrom(("P1",))
    assert proposed.spent.tokens_in >= len(fake.asked[0].body) / 8
    assert proposed.spent.cost > 0


def test_counts_beyond_reason_end_the_spending_and_nothing_else(fake: FakeEndpoint) -> None:
    fake.behave = answers(completion(GOOD, usage={"prompt_tokens": 10**30, "completion_tokens": 5}))
    proposed = propose(a_turn())
    assert proposed.command == AnswerFrom(("P1",))
    assert proposed.spent.tokens_in == 1_000_000
    assert propose(a_turn(so_far=proposed.spent)).command is None
    assert len(fake.asked) == 1


def test_an_answer_that_is_refused_is_paid_all_the_same(fake: FakeEndpoint) -> None:
    fake.behave = answers(completion("chat", usage={"prompt_tokens": 900, "completion_tokens": 5}))
    assert propose(a_turn()).spent.tokens_in == 900


def test_a_call_without_an_answer_counts_as_if_all_had_been_written(fake: FakeEndpoint) -> None:
    fake.behave = does.hangs_up
    spent = propose(a_turn()).spent
    assert spent.tokens_out == fake.asked[0].json["max_tokens"]
    assert spent.tokens_in >= len(fake.asked[0].body) // 3


def test_an_answer_with_an_error_status_costs_nothing(fake: FakeEndpoint) -> None:
    fake.behave = answers(b"{}", status=429)
    assert propose(a_turn()).spent == Spent()


def test_a_conversation_never_costs_more_than_its_limit(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_MAX_COST = 0.05
    fake.behave = answers(completion(HAND_OVER, usage={"prompt_tokens": 1_000, "completion_tokens": 100}))
    so_far = Spent()
    for _ in range(40):
        proposed = propose(a_turn(so_far=so_far))
        so_far += proposed.spent
    assert proposed.command is None
    assert 0 < len(fake.asked) < 40
    assert so_far.cost <= 0.05
    assert may_spend(so_far)
    assert not may_spend(so_far, Spent(cost=0.05))


def test_with_a_price_and_a_limit_of_nothing_nothing_is_called(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_MAX_COST = 0.0
    assert propose(a_turn()).command is None
    assert not fake.asked


def test_a_model_without_a_price_has_no_limit(fake: FakeEndpoint, settings: LazySettings) -> None:
    settings.LLM_PRICE_IN = settings.LLM_PRICE_OUT = settings.LLM_MAX_COST = 0.0
    fake.says(HAND_OVER)
    assert propose(a_turn()).command == GiveToPerson()


def test_a_fault_of_the_house_is_no_error_either(fake: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Endpoint, *given: object, **more: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(client.Endpoint, "ask", broken)
    assert propose(a_turn()).command is None


def test_lone_surrogates_and_nul_are_sent_as_something_readable(fake: FakeEndpoint) -> None:
    fake.says(HAND_OVER)
    assert propose(a_turn("help \ud800 me \x00 please")).command == GiveToPerson()
    assert json.loads(fake.asked[0].body)
