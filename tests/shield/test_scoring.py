"""One contact under one model: rules that hold for every contact there could be."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shield.crowds import CUSTOMERS, OTHER_WORDS, START, UNDER_CUSTOMERS_NAMES, Crowd, World, calm

from holdfast.shield.evidence import BANDS, Evidence, Friction
from holdfast.shield.judge import Judge
from holdfast.shield.model import Model
from holdfast.shield.reasons import AGAINST, FOR, UNKNOWN
from holdfast.shield.scoring import score
from holdfast.shield.traits import Traits, traits_of
from holdfast.shield.weighing import weigh

WORDS = ("stop", "the", "harbour", "loan", "now", "card", "declined", "my", "transfer", "limit")
FIELDS = (
    "verification",
    "operator",
    "source",
    "region",
    "tenure",
    "open_case",
    "need",
    "challenge",
    "intent",
    "language",
)
names = st.sampled_from(["", "alexa", "siri", "north net", "cable", "north", "elsewhere", "é" * 30]) | st.text(
    max_size=12
)
contacts = st.builds(
    Evidence,
    id=st.text(min_size=1, max_size=8),
    at=st.just(START),
    channel=st.sampled_from(["chat", "phone", "email", "assistant", "fax"]),
    text=st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map(" ".join),
    account=st.none() | names,
    verification=st.integers(0, 2),
    operator=st.none() | names,
    source=st.none() | names,
    region=st.none() | names,
    tenure_days=st.none() | st.integers(0, 20_000),
    open_case=st.none() | st.booleans(),
    need=st.none() | st.booleans(),
    challenge=st.none() | st.sampled_from(["pass", "fail"]),
    intent=st.none() | names,
    language=st.none() | st.sampled_from(["en", "de", "zh"]),
)


@cache
def flood(crowd: Crowd) -> Model:
    """The model of a minute in which such a crowd floods the line."""
    judge, world = Judge(), World(11)
    calm(judge, world)
    for number in range(25, 31):
        for evidence in world.minute(number, (CUSTOMERS, 20), (crowd, 120)):
            judge.judge(evidence)
    assert judge.model.alarm == "flood"
    return judge.model


CROWDS = (OTHER_WORDS, UNDER_CUSTOMERS_NAMES)
floods = st.sampled_from(CROWDS).map(flood)


@pytest.fixture(scope="module", autouse=True)
def _played() -> None:
    """Both floods are played before anything is drawn."""
    for crowd in CROWDS:
        flood(crowd)


@given(contacts, st.sampled_from(["none", "surge"]), floods)
def test_without_a_flood_nobody_is_treated_differently(evidence: Evidence, alarm: str, model: Model) -> None:
    decision = score(traits_of(evidence), replace(model, alarm=alarm))  # type: ignore[arg-type]
    assert (decision.band, decision.friction) == (0, Friction.NONE)
    assert decision.score <= 0


@settings(max_examples=200)
@given(contacts, floods, st.data())
def test_what_is_not_known_of_somebody_is_not_held_against_them(
    evidence: Evidence, model: Model, data: st.DataObject
) -> None:
    """Without a piece of evidence the score is what all the others say: only what spoke for them is missing."""
    traits = traits_of(evidence)
    field = data.draw(st.sampled_from(FIELDS))
    # That there is an operator also says that an assistant is asking, which stays known.
    less = replace(traits, **{field: 0 if field == "verification" else None})
    spoke = weigh(traits, model)
    pieces = {"need": spoke.need, **spoke.who, **spoke.said, **spoke.other}
    piece = pieces.get(field, 0.0)
    if field == "need" and piece < 0:
        return  # the next test: who loses this loses more than the piece
    assert score(less, model).score <= score(traits, model).score + max(0.0, -piece) + 0.002


@given(contacts, floods)
def test_of_whom_nothing_is_known_the_score_is_what_holds_for_anybody_and_what_they_say(
    evidence: Evidence, model: Model
) -> None:
    nobody = Evidence(id=evidence.id, at=START, channel="", text=evidence.text)
    weighed = weigh(traits_of(nobody), model)
    assert set(weighed.who) <= {"stratum"}
    assert weighed.other == {}
    assert weighed.need == 0


@given(contacts, floods)
def test_a_contact_that_data_explain_is_never_behind_the_same_one_that_they_do_not(
    evidence: Evidence, model: Model
) -> None:
    traits = traits_of(evidence)
    explained, unknown, unexplained = (score(replace(traits, need=need), model).band for need in (True, None, False))
    assert explained <= unknown <= unexplained


@given(contacts, floods)
def test_where_data_explain_a_contact_who_it_is_from_only_ever_speaks_for_it(evidence: Evidence, model: Model) -> None:
    traits = replace(traits_of(evidence), need=True)
    weighed = weigh(traits, model)
    without_who = (
        weighed.prior + weighed.need + sum(weighed.other.values()) + max(-5, min(5, sum(weighed.said.values())))
    )
    assert weighed.total <= without_who + 1e-9


@given(contacts, floods)
def test_decisions_come_out_the_same_from_stored_traits_and_model(evidence: Evidence, model: Model) -> None:
    traits = traits_of(evidence)
    stored = json.loads(json.dumps([traits.to_json(), model.to_json()]))
    assert Traits.from_json(stored[0]) == traits
    assert score(Traits.from_json(stored[0]), Model.from_json(stored[1])) == score(traits, model)


@given(contacts, floods)
def test_every_decision_of_a_flood_says_why_in_sentences(evidence: Evidence, model: Model) -> None:
    decision = score(traits_of(evidence), model)
    assert 0 <= decision.band < BANDS
    for sentence in decision.reasons:
        assert sentence.startswith((FOR, AGAINST, UNKNOWN))
        assert sentence.endswith((".", "?"))
        assert not any(word in sentence.lower() for word in ("attack", "bot ", "fraud", "suspicious"))
    if evidence.need is not None:
        assert any("Your records show" in sentence for sentence in decision.reasons)


@given(contacts, floods)
def test_while_identity_is_down_nobody_is_moved_back_or_questioned(evidence: Evidence, model: Model) -> None:
    decision = score(traits_of(evidence), replace(model, identity_down=True))
    assert decision.band == 0
    assert decision.score <= 0
    assert decision.friction in (Friction.NONE, Friction.CALLBACK)


@given(contacts, floods)
def test_whoever_has_answered_is_not_asked_again(evidence: Evidence, model: Model) -> None:
    if evidence.challenge is not None:
        decision = score(traits_of(evidence), model)
        assert decision.friction not in (Friction.CONFIRM_TOPIC, Friction.CONFIRM_CHANNEL)


@given(contacts)
def test_traits_hold_no_text_and_no_account(evidence: Evidence) -> None:
    marked = replace(evidence, text=f"zebrafish {evidence.text}", account="ZX-marker-77")
    stored = json.dumps(traits_of(marked).to_json())
    assert "zebrafish" not in stored
    assert "marker" not in stored


def test_texts_that_differ_in_a_word_meet_and_other_texts_do_not() -> None:
    model = flood(replace(OTHER_WORDS, says="script"))
    almost = "I demand that you stop this loan for the harbour now, the reefs are dying and you pay for it"
    other = "where is the parcel you said would come on Friday, nobody rang at my door all day long"
    assert model.cluster_of(traits_of(Evidence(id="1", at=START, channel="chat", text=almost)).signature) is not None
    assert model.cluster_of(traits_of(Evidence(id="2", at=START, channel="chat", text=other)).signature) is None
    decision = score(traits_of(Evidence(id="1", at=START, channel="chat", text=almost)), model)
    assert any("used almost these words" in sentence for sentence in decision.reasons)


def test_scripts_without_spaces_are_compared_too() -> None:
    one, same, other = (
        traits_of(Evidence(id="1", at=START, channel="chat", text=text)).signature
        for text in (
            "我的银行卡付款被拒绝了请帮助我",
            "我的银行卡付款被拒绝了请快帮助我",
            "新的地址怎么更改谢谢你们的回复",
        )
    )
    alike = [sum(map(int.__eq__, one, signature)) / len(one) for signature in (same, other)]
    assert alike[0] > 0.5 > alike[1]


@pytest.mark.parametrize(
    ("challenge", "asked"),
    [({"pass": -0.4, "fail": 1.5}, Friction.CONFIRM_CHANNEL), ({"pass": -0.05, "fail": 0.3}, Friction.CALLBACK)],
)
def test_close_behind_the_line_a_question_is_asked_as_long_as_answers_tell_people_apart(
    challenge: dict[str, float], asked: Friction
) -> None:
    model = Model(alarm="flood", flood_share=0.7, need={"yes": 0.0, "no": 0.0}, challenge=challenge)
    known = Evidence(id="1", at=START, channel="web", text="My card was declined", account="a", need=False)
    assert score(traits_of(known), model).friction is asked
    assert score(traits_of(replace(known, verification=2, need=True)), model).friction is Friction.CALLBACK
    far = replace(model, flood_share=0.95)
    assert score(traits_of(known), far).friction is Friction.CALLBACK
