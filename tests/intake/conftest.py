from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker
from tests.intake.serving import WebProcess, web_process

from holdfast.intake import tokens


@pytest.fixture(scope="module")
def running_web(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebProcess]:
    """One web process for the tests of a file."""
    data: Path = tmp_path_factory.mktemp("web")
    with web_process(data) as web:
        yield web


@pytest.fixture
def web(running_web: WebProcess, transactional_db: None) -> WebProcess:
    """The web process, with an empty database."""
    return running_web


@pytest.fixture
def token(transactional_db: None) -> str:
    """A token that may write contacts."""
    return tokens.create(name="shop", scopes=["contacts:write"])
