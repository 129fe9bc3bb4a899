"""From memory: the newest word within seconds, "not modified" where it is so, and the last one when we are away."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from django.db import OperationalError
from tests.incidents.conftest import House
from tests.incidents.status.conftest import Reader

from holdfast.incidents import queries

Refusing = pytest.MonkeyPatch


def test_every_answer_is_from_memory_and_new_after_the_next_look(house: House, reader: Reader) -> None:
    incident_id = house.declare()
    house.publish(incident_id, "First word.")
    reader.site.refresh()
    before = asyncio.run(reader.get("/api/v2/summary.json"))
    house.publish(incident_id, "Second word.", status="identified")
    assert asyncio.run(reader.get("/api/v2/summary.json")).body == before.body
    reader.site.refresh()
    after = asyncio.run(reader.get("/api/v2/summary.json"))
    assert json.loads(after.body)["incidents"][0]["incident_updates"][0]["body"] == "Second word."
    assert after.headers["etag"] != before.headers["etag"]
    assert "Second word." in asyncio.run(reader.get("/status/")).body.decode()
    assert "Second word." in asyncio.run(reader.get(f"/status/incidents/{incident_id}/")).body.decode()


def test_whoever_has_it_already_gets_no_body(house: House, reader: Reader) -> None:
    reader.site.refresh()
    for path in ("/api/v2/status.json", "/status/", "/status/history.atom"):
        full = asyncio.run(reader.get(path))
        assert full.status == 200
        for condition in (
            {"if_none_match": full.headers["etag"]},
            {"if_none_match": f'"other", W/{full.headers["etag"]}'},
            {"if_modified_since": full.headers["last-modified"]},
        ):
            same = asyncio.run(reader.get(path, **condition))
            assert (same.status, same.body, same.headers["etag"]) == (304, b"", full.headers["etag"])
        for condition in ({"if_none_match": '"other"'}, {"if_modified_since": "rubbish"}):
            assert asyncio.run(reader.get(path, **condition)).status == 200
        assert asyncio.run(reader.get(path, method="HEAD")).body == b""


def test_a_packed_answer_is_the_same_to_the_reader(house: House, reader: Reader) -> None:
    reader.site.refresh()
    plain = asyncio.run(reader.get("/status/en/"))
    packed = asyncio.run(reader.get("/status/en/", accept_encoding="gzip, br"))
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(packed.body) < len(plain.body) / 3
    assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("pt;q=0.9, de", "pt-br"),
        ("de, fr", "en"),
        ("en;q=0, id;q=0.1", "id"),
        ("*;q=x,,;", "en"),
    ],
)
def test_an_address_without_a_language_speaks_the_readers(
    house: House, reader: Reader, accepted: str, language: str
) -> None:
    reader.site.refresh()
    answered = asyncio.run(reader.get("/status/", accept_language=accepted))
    assert answered.headers["content-language"] == language
    assert "accept-language" in answered.headers["vary"]
    assert f'<html lang="{language}">' in answered.body.decode()


def test_other_pages_may_read_the_json_and_nobody_may_frame_or_script_the_page(house: House, reader: Reader) -> None:
    reader.site.refresh()
    document = asyncio.run(reader.get("/api/v2/summary.json"))
    page = asyncio.run(reader.get("/status/"))
    assert document.headers["access-control-allow-origin"] == "*"
    assert asyncio.run(reader.get("/api/v2/summary.json", method="OPTIONS")).status == 204
    assert "access-control-allow-origin" not in page.headers
    policy = page.headers["content-security-policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert b"<script" not in page.body
    assert b" style=" not in page.body
    assert "set-cookie" not in page.headers


def test_what_it_does_not_know_and_what_is_written_goes_to_django(house: House, reader: Reader) -> None:
    reader.site.refresh()
    for path, method in (("/status/nothing/", "GET"), ("/status/subscribe/", "POST"), ("/status/", "POST")):
        assert asyncio.run(reader.get(path, method=method)).headers["x-from"] == "django"
    assert asyncio.run(reader.get("/status")).headers["location"] == "/status/"


def test_without_a_database_the_last_page_is_served_with_its_age(
    house: House, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.publish(house.declare(), "The last word.")
    reader.site.refresh()
    _away(monkeypatch)
    with pytest.raises(OperationalError):
        reader.site.refresh()
    reader.site._looked -= 42
    answered = asyncio.run(reader.get("/status/"))
    assert "The last word." in answered.body.decode()
    assert 42 <= int(answered.headers["age"]) < 60


def test_a_process_that_starts_without_a_database_reads_the_copy_on_disk(
    house: House, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.publish(house.declare(), "The last word.")
    reader.site.refresh()
    _away(monkeypatch)
    later = Reader(reader.site._folder)

    async def begin() -> None:
        await later.site._look(begin=True)

    asyncio.run(begin())
    for path in ("/status/", "/status/pt-br/", "/api/v2/summary.json", "/status/history.rss"):
        assert "The last word." in asyncio.run(later.get(path)).body.decode()


def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Any:
        raise OperationalError

    monkeypatch.setattr(queries, "public_version", gone)
    monkeypatch.setattr("holdfast.incidents.status.serving.connection.close", lambda: None)
