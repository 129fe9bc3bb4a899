"""The circuit breaker against a plain model of itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.operations.breaker import Breaker

LIMIT, PAUSE = 3, 10.0


@given(st.lists(st.sampled_from(["ok", "fail", "wait"]), max_size=60))
def test_it_calls_unless_a_row_of_failures_is_recent(steps: list[str]) -> None:
    now = [0.0]
    breaker = Breaker(failures=LIMIT, pause=PAUSE, clock=lambda: now[0])
    row, open_until = 0, None
    for step in steps:
        if step == "wait":
            now[0] += 6.0
            continue
        expected = open_until is None or now[0] >= open_until
        assert breaker.allows() is expected
        if not expected:
            continue
        if step == "ok":
            breaker.succeeded()
            row, open_until = 0, None
        else:
            breaker.failed()
            row += 1
            if row >= LIMIT:
                open_until = now[0] + PAUSE
        assert breaker.is_open is (open_until is not None)


def test_only_one_caller_tries_while_half_open() -> None:
    now = [0.0]
    breaker = Breaker(failures=1, pause=1, clock=lambda: now[0])
    breaker.failed()
    now[0] = 2.0
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
