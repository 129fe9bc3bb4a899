"""One call to an OpenAI-compatible endpoint: bounded in time, size, number and cost, and never an exception.

Protocol: Chat Completions, `POST {base}/v1/chat/completions`, not streamed, as vLLM, llama.cpp, Ollama and gateways
speak it.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import httpx
import structlog
from django.conf import settings
from pydantic import BaseModel, ValidationError

from holdfast.assistant.llm.costs import NOTHING, Spent, counted, estimated, may_spend, priced
from holdfast.operations.breaker import Breaker

log = structlog.get_logger(__name__)

LONGEST = 256 * 1024
"""Bytes of an answer; nothing we ask for needs a tenth of it."""
FAILURES, PAUSE = 5, 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent: the house's rules, and the data in its fences. `tokens` is the most that may be written."""

    rules: str
    data: str
    tokens: int = 500
    as_json: bool = True


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """What a call brought, read; `None` when there was no call or nothing fit to use."""

    value: T | None
    spent: Spent = NOTHING
    why: str = ""
    """One word of ours why there is no value."""


class Failed(Exception):
    """The endpoint is of no use now. The word is ours, from a closed list: nothing an endpoint says is logged."""

    def __init__(self, why: str, *, billed: bool) -> None:
        super().__init__(why)
        self.billed = billed


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice]
    usage: Any = None


class Endpoint:
    """A language model over HTTP. One per process; safe to share between threads.

    Calls run in an event loop, because only there one deadline holds for all of a call: name look-up, connecting,
    headers that drip and a body that drips.
    """

    def __init__(
        self, *, url: str, model: str, key: str, deadline: float, concurrency: int, breaker: Breaker | None = None
    ) -> None:
        self._url = f"{url.rstrip('/').removesuffix('/v1')}/v1/chat/completions"
        self._model = model
        self._key = key
        self._deadline = deadline
        self._free = threading.BoundedSemaphore(concurrency)
        self._loop = _loop()
        self._http = httpx.AsyncClient(trust_env=False, timeout=deadline, follow_redirects=False)
        self.breaker = breaker or Breaker(failures=FAILURES, pause=PAUSE)

    def ask(
        self, prompt: Prompt, *, read: Callable[[str], T | None], so_far: Spent, within: float = math.inf
    ) -> Reply[T]:
        """Return what `read` makes of the answer. `read` returns `None` for an answer that is of no use.

        Returns at once, without a call, while the breaker is open, all places are taken, or the conversation's limit
        would be passed. Such an answer counts as a failure too: who only talks nonsense is asked again later.
        `within`: seconds that are left, where these are fewer than the deadline of a call.
        """
        body = self._body(prompt)
        most = priced(estimated(len(body)), prompt.tokens)
        if not may_spend(so_far, most):
            return _skipped("cost")
        if not self._free.acquire(blocking=False):
            return _skipped("busy")
        try:
            return (
                self._asked(body, most, read, min(within, self._deadline))
                if self.breaker.allows()
                else _skipped("away")
            )
        finally:
            self._free.release()

    def _asked(self, body: bytes, most: Spent, read: Callable[[str], T | None], seconds: float) -> Reply[T]:
        spent = NOTHING
        try:
            text, spent = _text_of(self._run(self._post(body, seconds), seconds), asked=len(body))
            value = read(text)
            if value is None:
                raise Failed("unusable", billed=True)
        except Failed as error:
            self.breaker.failed()
            log.warning("language_model_failed", why=str(error))
            return Reply(None, spent if spent.tokens_in else (most if error.billed else NOTHING), str(error))
        except BaseException as error:
            self.breaker.failed()
            if not isinstance(error, Exception):
                raise
            log.warning("language_model_failed", why=type(error).__name__)  # the embedded path goes on, whatever it was
            return Reply(None, spent if spent.tokens_in else most, type(error).__name__)
        self.breaker.succeeded()
        return Reply(value, spent)

    def _body(self, prompt: Prompt) -> bytes:
        asked: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.data}],
            "temperature": 0,
            "max_tokens": prompt.tokens,
            "stream": False,
        }
        if prompt.as_json:
            asked["response_format"] = {"type": "json_object"}
        return json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")

    def _run(self, call: Coroutine[Any, Any, bytes], seconds: float) -> bytes:
        waiting: Future[bytes] = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return waiting.result(timeout=seconds + 0.5)  # the loop's own deadline comes first
        except TimeoutError:
            waiting.cancel()
            raise Failed("deadline", billed=True) from None

    async def _post(self, body: bytes, seconds: float) -> bytes:
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        try:
            async with (
                asyncio.timeout(seconds),
                self._http.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                _look_at(response)
                return await _read_bounded(response)
        except httpx.ConnectError:
            raise Failed("unreachable", billed=False) from None
        except (httpx.TimeoutException, TimeoutError):
            raise Failed("deadline", billed=True) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Failed("broken_off", billed=True) from None


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language-model", daemon=True).start()
    return loop


def _skipped(why: str) -> Reply[Any]:
    log.info("language_model_skipped", why=why)
    return Reply(None, why=why)


def _look_at(response: httpx.Response) -> None:
    if response.status_code != 200:
        raise Failed(f"status_{response.status_code}", billed=False)
    if response.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Failed("not_json", billed=True)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Failed("compressed", billed=True)  # not asked for, and small bytes may unfold to huge ones


async def _read_bounded(response: httpx.Response) -> bytes:
    read = bytearray()
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) > LONGEST:
            raise Failed("too_long", billed=True)
    return bytes(read)


def _text_of(answer: bytes, *, asked: int) -> tuple[str, Spent]:
    try:
        completion = _Completion.model_validate_json(answer)
        choice = completion.choices[0]
    except (ValidationError, IndexError):
        raise Failed("unreadable", billed=True) from None
    usage = completion.usage if isinstance(completion.usage, dict) else {}
    text = choice.message.content
    spent = priced(
        counted(usage.get("prompt_tokens"), size=asked),
        counted(usage.get("completion_tokens"), size=len(text.encode("utf-8", "replace"))),
    )
    return ("" if choice.finish_reason == "length" else text), spent


_making = threading.Lock()  # two threads that ask first at the same time must not get two sets of places


def endpoint() -> Endpoint | None:
    """Return this process's language model, or `None` when none is configured."""
    with _making:
        return _made()


@cache
def _made() -> Endpoint | None:
    if not settings.LLM_URL:
        return None
    return Endpoint(
        url=settings.LLM_URL,
        model=settings.LLM_MODEL,
        key=settings.LLM_KEY,
        deadline=settings.LLM_DEADLINE,
        concurrency=settings.LLM_CONCURRENCY,
    )
