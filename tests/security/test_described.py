"""The running house against its own OpenAPI description: what that allows, what it does not, and every kind of right.

Requests are made by schemathesis. Every answer has to be one that is described, of the described shape, and never 500.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.intake.serving import WebProcess, web_process

from holdfast.config.openapi import document
from holdfast.intake import tokens

DESCRIBED = json.loads(document(public_url="http://127.0.0.1"))
SCHEMA = schemathesis.openapi.from_dict(DESCRIBED)
OPERATIONS = {f"{each.ok().method} {each.ok().path}": each.ok() for each in SCHEMA.get_all_operations()}
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCOPES = ["contacts:write", "receipts:read", "metrics:read", "ledger:read", "goodwill:redeem"]
QUICK = settings(
    max_examples=max(3, settings().max_examples // 15),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],  # a case that fails is short enough as it is
)


def _wanted(operation: Any) -> set[str]:
    return {scope for each in operation.definition.raw.get("security", []) for scope in each["token"]}


def _with(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def test_the_house_is_as_it_is_described(transactional_db: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One process for both: it takes seconds to start."""
    with web_process(tmp_path_factory.mktemp("web")) as serving:
        _every_answer_is_one_that_is_described(serving)
        _each_right_opens_its_own_operations_only(serving)


def _every_answer_is_one_that_is_described(serving: WebProcess) -> None:
    base = f"http://127.0.0.1:{serving.port}"
    able = tokens.create(name="able", scopes=[*SCOPES, "origin:state"])
    # A process reads tokens within about two seconds; one that is new it looks up at once.
    chat = httpx.post(f"{base}/chat/session", timeout=20).json()["token"]
    seen: dict[str, set[int]] = {}

    def asked(case: Case, name: str) -> None:
        for place in (case.body, case.query):
            if isinstance(place, dict) and isinstance(place.get("token"), str):
                place["token"] = chat
        response = case.call_and_validate(base_url=base, headers=_with(able), checks=CHECKS, timeout=20)
        seen.setdefault(name, set()).add(response.status_code)

    for name, operation in OPERATIONS.items():
        takes_anything = "parameters" in operation.definition.raw or "requestBody" in operation.definition.raw
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if takes_anything else [GenerationMode.POSITIVE]
        for mode in modes:
            examples = QUICK if takes_anything else settings(QUICK, max_examples=1)
            examples(given(case=operation.as_strategy(generation_mode=mode))(asked))(name=name)
    assert set(seen) == set(OPERATIONS)
    reached = {name for name, statuses in seen.items() if any(status < 300 for status in statuses)}
    assert {"post /chat/session", "get /chat/state", "get /readyz"} <= reached
    assert {f"get /api/v2/{name}.json" for name in ("summary", "incidents")} <= reached


def _each_right_opens_its_own_operations_only(serving: WebProcess) -> None:
    held = {scope: tokens.create(name=scope.replace(":", "-"), scopes=[scope]) for scope in SCOPES} | {"none": ""}
    wrong = []
    for name, operation in OPERATIONS.items():
        wanted = _wanted(operation)
        for scope, token in held.items():
            path = operation.path.replace("{id}", "0190a5b0-0000-7000-8000-000000000000").replace("{index}", "0")
            status = serving.request(operation.method.upper(), path.replace("{size}", "0"), _with(token)).status
            refused = status in {401, 403}
            from_here = name == "get /metrics"  # open to this very machine
            if wanted and refused == (scope in wanted) and not from_here:
                wrong.append(f"{name} with {scope}: {status}")
    assert wrong == []


def test_what_speaks_json_is_described() -> None:
    """An address under `/v1/` or `/api/` that is routed and not described fails here."""
    from holdfast.config import urls

    routed = {f"/{each.pattern}" for each in urls.urlpatterns if str(each.pattern).startswith(("v1/", "api/"))}
    assert routed <= set(DESCRIBED["paths"])
    assert all(each.get("summary") for path in DESCRIBED["paths"].values() for each in path.values())
