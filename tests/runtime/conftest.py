"""A database cluster to copy: making one takes longer than starting it."""

import shutil
from pathlib import Path

import pytest

from holdfast.runtime.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a fresh cluster that was never started."""
    data = tmp_path_factory.mktemp("cluster")
    EmbeddedPostgres(data=data, durable=False).initialise()
    return data


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    """A data directory of one's own with a fresh cluster."""
    data = tmp_path / "data"
    shutil.copytree(cluster, data)
    return data
