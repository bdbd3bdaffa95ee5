"""Scoring against a slow, obvious oracle, and properties that hold for any responses."""

import random
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from securebase.errors import ResponseError
from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, Item, ResponseOption, Scale
from securebase.measurement.scoring import check_responses, score

SHELF = catalogue.instruments()
ANY_INSTRUMENT = st.sampled_from(list(SHELF.values()))


def allowed(item: Item) -> list[float]:
    options = [option.value for option in item.options]
    if any(not option.missing for option in item.options):
        return options
    steps = round((item.maximum - item.minimum) / item.step)
    return [round(item.minimum + k * item.step, 10) for k in range(steps + 1)] + options


@st.composite
def administrations(draw: st.DrawFn) -> tuple[Instrument, dict[int, float | None]]:
    """Draw an instrument with allowed responses, some of them missing."""
    instrument = draw(ANY_INSTRUMENT)
    rng = random.Random(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from([0.0, 0.05, 0.3, 1.0]))
    responses: dict[int, float | None] = {
        item.number: None if rng.random() < share else rng.choice(allowed(item)) for item in instrument.items
    }
    return instrument, responses


def oracle(instrument: Instrument, scale: Scale, responses: Mapping[int, float | None]) -> Fraction | None:
    """Apply the scoring rules literally, in exact fractions."""
    for number in scale.only_without:
        if responses.get(number) is not None:
            return None
    total, n_answered = Fraction(0), 0
    for number in scale.items:
        response = responses.get(number)
        item = instrument.item(number)
        if response is None or response in [option.value for option in item.options if option.missing]:
            continue
        value = Fraction(str(response))
        if number in scale.reversed_items:
            value = Fraction(str(item.minimum)) + Fraction(str(item.maximum)) - value
        total, n_answered = total + value, n_answered + 1
    missing = len(scale.items) - n_answered
    if n_answered == 0 or missing > scale.max_missing:
        return None
    if scale.method == "mean":
        return Fraction(str(scale.multiplier)) * total / n_answered
    return Fraction(str(scale.multiplier)) * total * len(scale.items) / n_answered


@given(administrations())
def test_agrees_with_the_oracle_and_stays_in_range(case: tuple[Instrument, dict[int, float | None]]) -> None:
    instrument, responses = case
    result = score(instrument, responses)
    for scale in instrument.scales:
        value, expected = result.scores[scale.id].value, oracle(instrument, scale, responses)
        assert (value is None) == (expected is None)
        if value is not None and expected is not None:
            assert value == pytest.approx(float(expected), abs=1e-9)
            assert scale.minimum <= value <= scale.maximum
        assert bool(result.scores[scale.id].note) == (value is None or result.scores[scale.id].n_missing > 0)


@given(administrations(), st.randoms(use_true_random=False))
def test_order_of_responses_is_irrelevant(
    case: tuple[Instrument, dict[int, float | None]], shuffler: random.Random
) -> None:
    instrument, responses = case
    pairs = list(responses.items())
    shuffler.shuffle(pairs)
    assert score(instrument, dict(pairs)) == score(instrument, responses)


@given(administrations())
def test_an_absent_item_is_the_same_as_none(case: tuple[Instrument, dict[int, float | None]]) -> None:
    instrument, responses = case
    given_responses = {number: value for number, value in responses.items() if value is not None}
    assert score(instrument, given_responses) == score(instrument, responses)


@given(administrations())
def test_safety_alerts_need_no_other_response(case: tuple[Instrument, dict[int, float | None]]) -> None:
    instrument, responses = case
    result = score(instrument, responses)
    for rule in instrument.safety_rules:
        alone = score(instrument, {rule.item: responses[rule.item]})
        assert [a for a in alone.alerts if a.item == rule.item] == [a for a in result.alerts if a.item == rule.item]
        assert (rule.item in result.safety_unanswered) == (responses[rule.item] is None)


RUBBISH = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
    st.just(10**400),
    st.text(max_size=5),
    st.booleans(),
    st.complex_numbers(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
)


@given(ANY_INSTRUMENT, st.dictionaries(st.one_of(st.integers(-3, 60), st.text(max_size=3), st.floats()), RUBBISH))
def test_invalid_responses_are_refused_and_never_crash(instrument: Instrument, rubbish: dict[object, object]) -> None:
    values: list[tuple[Scale, float | None]] = []
    error_raised = None
    try:
        result = score(instrument, rubbish)  # type: ignore[arg-type]
        values = [(scale, result.scores[scale.id].value) for scale in instrument.scales]
    except ResponseError as error:
        error_raised = error
    assert error_raised is None or (error_raised.where.startswith(instrument.id) and error_raised.advice)
    assert all(value is None or scale.minimum <= value <= scale.maximum for scale, value in values)


CARE = SHELF["care"]
NA = 6


def care_by_hand(answers: list[int | None]) -> float | None:
    """Write the mean of the other answers into every gap, as the authors say, and add up; more than two: no score."""
    rated = [a for a in answers if a is not None and a != NA]
    if len(rated) < 8:
        return None
    return sum(a if a is not None and a != NA else sum(rated) / len(rated) for a in answers)


@given(st.lists(st.sampled_from([None, 1, 2, 3, 4, 5, NA]), min_size=10, max_size=10))
@example([4, 4, 4, 4, 4, 4, 4, 5, NA, None])
@example([NA] * 10)
def test_does_not_apply_is_kept_and_counts_as_missing(answers: list[int | None]) -> None:
    result = score(CARE, dict(enumerate(answers, start=1)))
    total, expected = result.scores["total"], care_by_hand(answers)
    assert total.value == (None if expected is None else pytest.approx(expected, abs=1e-9))
    assert total.n_missing == sum(a in (None, NA) for a in answers)
    assert list(result.responses.values()) == answers
    assert ("“does not apply”" in total.note) == (NA in answers)
    assert ("unanswered" in total.note) == (None in answers)


def test_the_note_tells_unanswered_from_does_not_apply() -> None:
    answers = dict.fromkeys(range(1, 9), 4.0)
    assert score(CARE, answers | {9: NA}).scores["total"].note == (
        "item 9 “does not apply”, item 10 unanswered; prorated from the other 8"
    )
    assert score(CARE, answers | {8: NA, 9: NA, 10: NA}).scores["total"].note == (
        "items 8 to 10 “does not apply”; at most 2 may be missing"
    )
    with pytest.raises(ResponseError, match=r"whole numbers from 1 to 5, or 6 \(does not apply\)\."):
        score(CARE, {1: 7})


def test_an_answer_that_counts_as_missing_neither_raises_nor_clears_an_alert() -> None:
    options = (ResponseOption(value=9, label="not asked", missing=True),)
    phq9 = SHELF["phq9"]
    items = tuple(structs.replace(i, options=options) if i.number == 9 else i for i in phq9.items)
    result = score(structs.replace(phq9, items=items), dict.fromkeys(range(1, 9), 1) | {9: 9})
    assert (result.alerts, result.safety_unanswered, result.scores["total"].value) == ((), (9,), None)


def test_the_error_names_instrument_item_value_and_allowed_values() -> None:
    with pytest.raises(ResponseError) as error:
        check_responses(SHELF["phq9"], {3: 4})
    assert str(error.value) == "phq9, item 3: response 4 is not allowed. Allowed: whole numbers from 0 to 3."
    with pytest.raises(ResponseError, match="Its items are 1 to 10"):
        check_responses(SHELF["phq9"], {11: 0})
    with pytest.raises(ResponseError, match=r"Allowed: 0, 1, 2, 3\."):
        check_responses(SHELF["session_before"], {11: 1.5})
    with pytest.raises(ResponseError, match=r"from 0 to 10 in steps of 0\.1"):
        check_responses(SHELF["srs"], {1: 9.05})


def test_checked_responses_hold_every_item_in_order() -> None:
    checked = check_responses(SHELF["gad7"], {7: 1, 2: 0})
    assert list(checked.items()) == [(1, None), (2, 0.0), (3, None), (4, None), (5, None), (6, None), (7, 1.0)]


def test_the_note_names_missing_items_and_their_treatment() -> None:
    core10 = SHELF["core10"]
    prorated = score(core10, dict.fromkeys(range(1, 10), 1)).scores["total"]
    assert prorated.note == "item 10 unanswered; prorated from the other 9"
    unscored = score(core10, dict.fromkeys(range(1, 9), 1)).scores["total"]
    assert (unscored.value, unscored.note) == (None, "items 9, 10 unanswered; at most 1 may be missing")
    assert score(SHELF["phq9"], {1: 0}).scores["total"].note == "items 2 to 9 unanswered; all items are required"
