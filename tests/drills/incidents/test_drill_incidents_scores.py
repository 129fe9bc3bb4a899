"""Scores on timelines made by hand."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.drills.incidents.scores import is_wrong, longest_gap, score, twice
from holdfast.drills.incidents.timeline import By, Message, Promise, Question, Refusal, Timeline, Told, Truth, Word


def timeline(**given: Any) -> Timeline:
    return Timeline(**{"team": "us", "truth": Truth(people=4, affected=frozenset({0, 1})), "minutes": 100.0, **given})


def word(at: float, by: By = By.TEAM, *answers: str) -> Word:
    return Word(at=at, by=by, answers=frozenset(answers))


def test_silence_is_no_word_no_gap_and_no_answer() -> None:
    made = score(timeline(questions=[Question(at=1, person=0, topic="why")]))
    assert (made.first_public, made.first_affected, made.longest_gap) == (None, None, None)
    assert (made.words, made.unanswered, made.answered) == (0, 1, 0.0)


def test_the_longest_gap_runs_until_it_is_over_or_until_the_end() -> None:
    words = [word(10), word(30), word(35)]
    assert longest_gap(timeline(words=words)) == 65
    assert longest_gap(timeline(words=words, over=35.0)) == 20
    assert longest_gap(timeline(words=[*words, word(90)], over=35.0)) == 20
    assert longest_gap(timeline(words=[word(100)])) == 0
    assert longest_gap(timeline(words=[word(50)], over=10.0)) is None


def test_the_first_word_counts_whoever_said_it_and_wherever() -> None:
    made = score(timeline(words=[word(40, By.HOLDING), word(28, By.ELSEWHERE), word(60)]))
    assert (made.first_public, made.words, made.holding, made.elsewhere) == (28, 3, 1, 1)


def test_who_is_told_the_contrary_of_what_is_so_is_reckoned_from_the_truth() -> None:
    messages = [
        Message(at=5, person=2, key="a", told=Told.AFFECTED),  # is not
        Message(at=6, person=0, key="a", told=Told.AFFECTED),
        Message(at=7, person=1, key="a", told=Told.UNAFFECTED),  # is
        Message(at=8, person=3, key="a", told=Told.UNAFFECTED),
        Message(at=9, person=2, key="b"),
    ]
    made = score(timeline(messages=messages))
    assert (made.told_affected, made.told_unaffected) == (2, 2)
    assert (made.told_wrongly_affected, made.told_wrongly_unaffected, made.told_wrongly) == (1, 1, 2)
    assert made.first_affected == 6, "a message to somebody who is not affected is no word to the affected"


def test_promises_are_counted_as_the_ledger_has_them() -> None:
    states = ["kept", "kept", "late", "broken", "open"]
    made = score(timeline(promises=[Promise(made=0, due=1, state=state) for state in states]))
    assert (made.kept, made.late, made.broken) == (2, 1, 1)


def test_a_question_is_answered_by_a_word_on_its_topic_and_apart_from_that_where_it_was_asked() -> None:
    questions = [
        Question(at=1, person=0, topic="why", answered_at=20.0),
        Question(at=2, person=1, topic="why"),
        Question(at=3, person=2, topic="when", answered_at=20.0),
        Question(at=4, person=3, topic=None),
        Question(at=5, person=3, topic=None, answered_at=20.0),
    ]
    made = score(timeline(words=[word(20, By.TEAM, "why")], questions=questions))
    assert (made.questions, made.unanswered, made.strangers) == (3, 1, 1)
    assert made.answered == 2 / 3
    assert score(timeline(questions=questions, answers=False)).answered is None


def test_refused_texts_are_counted_once_for_each_rule() -> None:
    refusals = [
        Refusal(at=1, rules=("next", "apology"), sentence="Say when."),
        Refusal(at=2, rules=("next", "next"), sentence="Say when."),
    ]
    made = score(timeline(refusals=refusals))
    assert (made.refused, made.rules) == (2, (("next", 2), ("apology", 1)))


messages = st.builds(
    Message,
    at=st.floats(0, 100),
    person=st.integers(0, 3),
    key=st.sampled_from("ab"),
    told=st.sampled_from(list(Told)),
)


@given(st.lists(messages, max_size=30))
def test_twice_and_wrongly_told_never_exceed_what_was_sent(sent: list[Message]) -> None:
    made = score(timeline(messages=sent))
    assert twice(sent) == len(sent) - len({(each.key, each.person) for each in sent})
    assert made.told_wrongly == sum(is_wrong(each, affected=frozenset({0, 1})) for each in sent)
    assert made.told_wrongly <= made.told_affected + made.told_unaffected <= len(sent)
    assert score(timeline(messages=list(reversed(sent)))) == made, "the order in which it is read does not matter"


def test_the_json_of_a_score_always_has_the_same_keys() -> None:
    silent, spoken = (
        score(timeline()),
        score(timeline(words=[word(1)], refusals=[Refusal(at=1, rules=(), sentence="")])),
    )
    assert silent.as_json().keys() == spoken.as_json().keys()
    assert silent.as_json()["rules"] == {}
