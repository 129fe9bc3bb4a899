"""What is learned from the articles is built once, and anew when they change, without anybody waiting for it."""

from __future__ import annotations

import threading

import pytest

from holdfast.knowledge.kept import Kept


class Shelf:
    """Something to learn from, which counts how often that is done and can be told to take its time."""

    def __init__(self) -> None:
        self.version, self.built = 1, 0
        self.may_go_on, self.begun = threading.Event(), threading.Event()
        self.may_go_on.set()
        self.done = threading.Condition()

    def build(self) -> str:
        version = self.version
        self.begun.set()
        assert self.may_go_on.wait(10)
        with self.done:
            self.built += 1
            self.done.notify_all()
        return f"index of {version}"

    def wait_for(self, built: int) -> None:
        with self.done:
            assert self.done.wait_for(lambda: self.built >= built, 10)

    def kept(self, *, fresh_for: float = 0.0, at_once: float = 0.0) -> Kept[str]:
        return Kept(self.build, stamp=lambda: self.version, name="shelf", fresh_for=fresh_for, at_once=at_once)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def _comes(kept: Kept[str], wanted: str) -> bool:
    """Whether a rebuild beside the caller ends in what is wanted; it is published a moment after it was built."""
    for thread in [each for each in threading.enumerate() if each.name == "shelf"]:
        thread.join(10)
    return kept.get() == wanted


def test_it_is_built_once_and_looked_after_only_now_and_then(shelf: Shelf) -> None:
    kept = shelf.kept(fresh_for=1e9)
    assert [kept.get(), kept.get()] == ["index of 1"] * 2
    shelf.version = 2
    assert kept.get() == "index of 1"
    assert shelf.built == 1
    kept.forget()
    assert kept.get() == "index of 2"


def test_after_a_change_the_old_one_answers_until_the_new_one_is_there(shelf: Shelf) -> None:
    kept = shelf.kept()
    kept.get()
    shelf.may_go_on.clear()
    shelf.begun.clear()
    shelf.version = 2
    assert kept.get() == "index of 1"
    assert shelf.begun.wait(10)
    assert kept.get() == "index of 1", "a second asker starts no second building"
    shelf.may_go_on.set()
    shelf.wait_for(2)
    assert _comes(kept, "index of 2")
    assert shelf.built == 2


def test_what_is_quick_to_build_is_built_at_once(shelf: Shelf) -> None:
    kept = shelf.kept(at_once=60)
    kept.get()
    shelf.version = 2
    assert kept.get() == "index of 2"


def test_who_cannot_wait_gets_nothing_until_it_is_there(shelf: Shelf) -> None:
    kept = shelf.kept()
    shelf.may_go_on.clear()
    assert kept.at_hand() is None
    shelf.may_go_on.set()
    shelf.wait_for(1)
    assert _comes(kept, "index of 1")
    assert kept.at_hand() == "index of 1"
