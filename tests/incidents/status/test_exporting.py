"""The copy as files: whole, alone on any web server, replaced in one step, never over somebody's files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from tests.incidents.conftest import House

from holdfast.incidents.status import command, tasks
from holdfast.incidents.status.exporting import ExportRefused, export, read
from holdfast.kit import clock


def test_every_address_in_the_copy_is_in_the_copy(house: House, tmp_path: Path) -> None:
    house.publish(house.declare(), "A word.")
    export(tmp_path / "out")
    pages = list((tmp_path / "out/").glob("**/*.html"))
    assert len(pages) > 8
    for page in pages:
        for address in re.findall(r'(?:href|src)="(/[^"#]*)', page.read_text()):
            place = tmp_path / "out" / address.lstrip("/")
            assert (place / "index.html" if address.endswith("/") else place).is_file(), f"{page}: {address}"
        assert 'action="/' not in page.read_text()
    assert settings.PUBLIC_URL in (tmp_path / "out/index.html").read_text()


def test_nothing_counts_down_in_a_copy(house: House, tmp_path: Path) -> None:
    house.publish(house.declare(), "A word.")
    export(tmp_path / "out")
    assert '<span class="clk">' in (tmp_path / "out/status/en/index.html").read_text()


def test_a_new_copy_takes_the_place_of_the_old_and_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    incident_id = house.declare()
    house.publish(incident_id, "First word.")
    export(tmp_path / "out")
    house.publish(incident_id, "Second word.")
    export(tmp_path / "out")
    assert "Second word." in read(tmp_path / "out")["/status/"].body.decode()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_failing_export_leaves_the_copy_before(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path / "out")

    def full(self: Path, body: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        export(tmp_path / "out")
    monkeypatch.undo()
    assert read(tmp_path / "out")["/status/"].body
    assert len(list(tmp_path.iterdir())) == 2


def test_the_worker_keeps_the_configured_copy_new(
    house: House, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_exported", ("", clock.now() - tasks._ANEW))
    settings.STATUS_EXPORT = tmp_path / "out"
    incident_id = house.declare()
    house.publish(incident_id, "First word.")
    tasks.export(0)
    first = (tmp_path / "out").resolve()
    tasks.export(0)
    assert (tmp_path / "out").resolve() == first, "nothing changed, so nothing is written"
    house.publish(incident_id, "Second word.")
    tasks.export(0)
    assert "Second word." in (tmp_path / "out/index.html").read_text()


def test_a_folder_that_holds_something_else_is_refused(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("keep me")
    with pytest.raises(ExportRefused):
        export(tmp_path / "mine")
    assert command.main(["export", str(tmp_path / "mine")]) == 1
    assert "Name a folder" in capsys.readouterr().err
    assert (tmp_path / "mine/letter.txt").read_text() == "keep me"
    (tmp_path / "empty").mkdir()
    assert command.main(["export", str(tmp_path / "empty")]) == 0
