"""What the assistant had no article for is counted for those who write, after the batch and without numbers."""

from __future__ import annotations

from holdfast.assistant.contract import HandOver, Reason
from holdfast.knowledge import unanswered


def test_a_question_without_an_article_is_counted_once_the_batch_is_committed(
    accept, triage, assistant, django_capture_on_commit_callbacks
):
    assistant[-1] = HandOver(Reason.NO_ARTICLE, "No article is near this question.", "en")
    accept("Do you insure my phone, order 48213?", email="a@x")
    accept("insure my phone", email="b@x", key="two")
    with django_capture_on_commit_callbacks(execute=True):
        triage()
        assert unanswered.groups() == []
    (group,) = unanswered.groups(locale="en")
    assert (group.questions, group.asks[0]) == (2, "Do you insure my phone, order [number]?")


def test_who_asks_for_a_person_did_not_look_for_an_article(
    accept, triage, assistant, django_capture_on_commit_callbacks
):
    assistant[-1] = HandOver(Reason.PERSON_ASKED, "Asked for a person.", "en")
    accept("a person please")
    with django_capture_on_commit_callbacks(execute=True):
        triage()
    assert unanswered.groups() == []
