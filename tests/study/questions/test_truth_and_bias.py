"""Truth and bias of a judgement against regressions by hand, a mixed model, and known forces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from question_truths import draw_judgements, question_data
from securebase.charts.render import svg
from securebase.charts.study_agreement import agreement_chart
from securebase.study.questions.agreement import AgreementAnswer, RatingAgreement
from securebase.study.questions.question import AnswerInterval, QuestionData
from securebase.study.questions.truth_and_bias import TruthAndBias, truth_and_bias

LABELS = {"x": "Alliance (therapist)", "z": "Alliance (client)", "y": "Symptoms"}


def columns(data: QuestionData) -> dict[str, np.ndarray]:
    return {name: values.reshape(data.table.n_persons, -1) for name, values in data.table.values.items()}


def estimate(interval: AnswerInterval | None) -> AnswerInterval:
    assert interval is not None
    return interval


def test_forces_are_those_of_regressions_by_hand() -> None:
    data = draw_judgements(1, n=40, sessions=8)
    values, n = columns(data), 40
    role = truth_and_bias(data, "x", "z")
    x, z, y = (values[name] for name in ("x", "z", "y"))
    difference = x.mean(axis=1) - z.mean(axis=1)
    bias = estimate(role.directional_bias)
    assert bias.estimate == pytest.approx(difference.mean())
    assert bias.standard_error == pytest.approx(difference.std(ddof=1) / np.sqrt(n))
    between = np.polyfit(z.mean(axis=1), x.mean(axis=1), 1)[0]
    assert estimate(role.truth_between).estimate == pytest.approx(between)
    person = np.repeat(np.eye(n), 8, axis=0)
    lines = person * np.tile(np.arange(8.0), n)[:, None]
    for nuisance, truth, pull in (
        (person, role.truth_within, role.bias_force),
        (np.column_stack([person, lines]), role.truth_detrended, role.bias_detrended),
    ):
        design = np.column_stack([z.ravel(), y.ravel(), nuisance])
        coefficients = np.linalg.lstsq(design, x.ravel(), rcond=None)[0]
        left = [v - nuisance @ np.linalg.lstsq(nuisance, v, rcond=None)[0] for v in (x.ravel(), y.ravel())]
        assert estimate(truth).estimate == pytest.approx(coefficients[0])
        assert estimate(pull).estimate == pytest.approx(coefficients[1] * left[1].std() / left[0].std())


def test_the_truth_force_within_persons_is_that_of_a_mixed_model() -> None:
    """A random intercept with the person's mean of the truth beside it (Mundlak) leaves the force within persons."""
    data = draw_judgements(2, n=120, sessions=8)
    values = columns(data)
    x, z, y = (values[name] for name in ("x", "z", "y"))
    means = [np.repeat(v.mean(axis=1), 8) for v in (z, y)]
    design = sm.add_constant(np.column_stack([z.ravel(), y.ravel(), *means]))
    fitted = sm.MixedLM(x.ravel(), design, groups=np.repeat(np.arange(120), 8)).fit()
    truth = estimate(truth_and_bias(data, "x", "z").truth_within)
    assert truth.estimate == pytest.approx(fitted.params[1], abs=1e-4)
    assert truth.standard_error == pytest.approx(fitted.bse[1], rel=0.2)


def test_known_forces_are_recovered_and_covered() -> None:
    rows: list[TruthAndBias] = [truth_and_bias(draw_judgements(seed), "x", "z") for seed in range(60)]
    known = {"directional_bias": 0.8, "truth_between": 0.5, "truth_within": 0.4, "truth_detrended": 0.4}
    for name, true in known.items():
        intervals = [estimate(getattr(row, name)) for row in rows]
        assert np.mean([i.estimate for i in intervals]) == pytest.approx(true, abs=0.05)
        # 95% of 60, less three standard errors
        assert sum(i.lower < true < i.upper for i in intervals) >= 52
    # SD of deviations of the judgement: √(.4² + .3² + .5²) of those of truth, outcome and error
    assert np.mean([estimate(row.bias_force).estimate for row in rows]) == pytest.approx(-0.3 / 0.707, abs=0.03)


def test_a_judgement_that_follows_nothing_is_not_said_to_follow() -> None:
    """60 tables without any force: the sentence states one in at most 6 (5%, and three standard errors more)."""
    stated = [
        RatingAgreement("x", "z").answer(draw_judgements(seed, bias=0.0, between=0.0, within=0.0, force=0.0))
        for seed in range(60)
    ]
    words = [result.in_words(LABELS) for result in stated]
    assert sum("It follows Alliance (client)" in text for text in words) <= 6
    assert sum("in the same session" in text for text in words) <= 6
    assert sum("on average" in text for text in words) <= 7


def answer() -> AgreementAnswer:
    return RatingAgreement("x", "z").answer(draw_judgements(1))


def test_the_sentences_name_level_truth_and_bias() -> None:
    words = answer().in_words(LABELS)
    assert words.startswith(
        "Alliance (therapist) is higher on average than Alliance (client). It follows Alliance (client) between "
        "persons and within persons. Given Alliance (client), it is lower in sessions with higher Symptoms."
    )
    nothing = replace(answer(), roles=())
    assert nothing.in_words(LABELS).startswith("Whether agreement of Alliance (therapist) and Alliance (client)")
    assert nothing.tables(LABELS) == ()


def test_reversed_roles_and_both_correlations_stand_beside() -> None:
    result = answer()
    first, second = result.roles
    assert (second.judgement, second.truth) == ("z", "x")
    assert estimate(second.directional_bias).estimate == pytest.approx(-estimate(first.directional_bias).estimate)
    table = result.tables(LABELS)[0]
    assert table.columns == ("measure", "Alliance (therapist) as judgement", "Alliance (client) as judgement")
    assert table.rows[0][0] == "directional bias, in points"
    assert len(table.rows) == 9
    assert result.accuracy is not None
    assert result.accuracy.within_detrended is not None


def test_an_outcome_that_is_missing_leaves_the_truth_force() -> None:
    data = draw_judgements(1)
    role = truth_and_bias(question_data({**columns(data), "y": np.full((60, 12), np.nan)}), "x", "z")
    assert role.bias_force is None
    assert estimate(role.truth_within).sign == 1
    few = truth_and_bias(draw_judgements(1, n=3), "x", "z")
    assert (few.directional_bias, few.n_persons) == (None, 3)


def test_the_chart_holds_both_roles_at_both_widths() -> None:
    for width in (820, 350):
        picture = svg(agreement_chart(answer(), LABELS, width=width))
        assert "Alliance (therapist) as judgement of Alliance (client)" in picture
        assert picture.count(">bias force, detrended<") == 2
