"""Files by their content: one file for the same bytes, and none goes that somebody stores meanwhile."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from holdfast.kit.blobs import BlobStore

WEEK = 7 * 86_400.0


def _age(store: BlobStore, digest: str) -> None:
    os.utime(store.path(digest), (time.time() - 2 * WEEK,) * 2)


def test_an_old_file_goes_and_one_stored_again_stays(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    old, again = store.put(b"old"), store.put(b"again")
    for digest in (old, again):
        _age(store, digest)
    assert store.put(b"again") == again
    assert (store.remove(old, unwanted_for=WEEK), store.remove(again, unwanted_for=WEEK)) == (True, False)
    with pytest.raises(FileNotFoundError):
        store.get(old)
    assert store.get(again) == b"again"
    assert store.remove(old, unwanted_for=WEEK), "gone already is gone"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [again[2:]]


def test_whoever_stores_the_same_bytes_while_they_go_has_them_afterwards(tmp_path: Path) -> None:
    store, lost = BlobStore(tmp_path), []
    digest = store.put(b"the same")
    over = threading.Event()

    def clear_up() -> None:
        while not over.is_set():
            store.remove(digest, unwanted_for=WEEK)

    clearing = threading.Thread(target=clear_up)
    clearing.start()
    try:
        for _ in range(300):
            store.put(b"the same")
            deadline, there = time.monotonic() + 5, False
            while not there and time.monotonic() < deadline:
                there = store.path(digest).exists()  # it may be aside for a moment, and comes back
            lost.append(not there)
    finally:
        over.set()
        clearing.join()
    assert not any(lost)


def test_what_a_killed_one_had_put_aside_goes_the_next_time(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"old")
    _age(store, digest)
    store.path(digest).rename(store.path(digest).with_name(f"{digest[2:]}.going"))
    assert store.remove(digest, unwanted_for=WEEK)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
