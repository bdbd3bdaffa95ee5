"""The response surface against a regression with a dummy and a line for every person, and against known truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from question_truths import draw_ratings, question_data
from securebase.study.detrending import Detrending
from securebase.study.questions.agreement import AgreementAnswer, RatingAgreement
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable

LABELS = {"x": "Goals (client)", "z": "Goals (therapist)", "y": "Symptoms"}


def answer(data: QuestionData) -> AgreementAnswer:
    return RatingAgreement("x", "z").answer(data)


def surface_by_dummies(table: SessionTable, *, lines: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return b₁ to b₅ and the covariance of them, clustered by person, from one column per person and line."""
    ratings = np.array([table.values["x"], table.values["z"]])
    x, z = (ratings - ratings.mean()) / ratings.std()
    earlier, later = table.successive()
    y, person, times = table.values["y"], table.person[later], table.times[later]
    dummies = np.eye(table.n_persons)[person]
    nuisance = np.column_stack([dummies, dummies * times[:, None]]) if lines else dummies
    own = np.column_stack([x[earlier], z[earlier], (x * x)[earlier], (x * z)[earlier], (z * z)[earlier], y[earlier]])
    X = np.column_stack([own, nuisance])
    coefficients = np.linalg.lstsq(X, y[later], rcond=None)[0]
    residuals = y[later] - X @ coefficients
    outcome = y[later] - nuisance @ np.linalg.lstsq(nuisance, y[later], rcond=None)[0]
    bread = np.linalg.inv(X.T @ X)
    meat = sum(np.outer(s, s) for s in (X[person == i].T @ residuals[person == i] for i in range(table.n_persons)))
    spread = outcome.std(ddof=1)
    return coefficients[:5] / spread, (bread @ meat @ bread)[:5, :5] / spread**2


@pytest.mark.parametrize("method", Detrending)
def test_the_surface_is_that_of_a_regression_with_a_column_for_every_person(method: Detrending) -> None:
    data = draw_ratings(1, n=30, sessions=8, curve=0.1, slope=0.2)
    b, covariance = surface_by_dummies(data.table, lines=method is Detrending.DETRENDED)
    result = answer(data)
    surface = result.centred if method is Detrending.CENTRED else result.detrended
    assert surface is not None
    assert surface.coefficients == pytest.approx(tuple(b), rel=1e-8)
    contrasts = {
        "agreement_slope": (1, 1, 0, 0, 0),
        "agreement_curvature": (0, 0, 1, 1, 1),
        "disagreement_slope": (1, -1, 0, 0, 0),
        "disagreement_curvature": (0, 0, 1, -1, 1),
        "asymmetry": (0, 0, 1, 0, -1),
        "product": (0, 0, 0, 1, 0),
    }
    for name, weights in contrasts.items():
        interval, c = getattr(surface, name), np.array(weights, dtype=float)
        assert interval.estimate == pytest.approx(c @ b, rel=1e-8)
        # the correction for few persons differs by a factor near 1
        assert interval.standard_error == pytest.approx(np.sqrt(c @ covariance @ c), rel=0.05)


def test_a_known_curvature_is_recovered_and_its_interval_covers_it() -> None:
    """The next y rises by .15 (x − z)²: with both ratings in units of s, the curvature is 4 · .15 s²."""
    covered, supported = 0, 0
    for seed in range(60):
        data = draw_ratings(seed, curve=0.15)
        ratings = np.array([data.table.values["x"], data.table.values["z"]])
        surface = answer(data).detrended
        assert surface is not None
        slope = surface.disagreement_curvature
        # raw coefficient per point of y: SD of the detrended outcome cancels
        truth = 4 * 0.15 * ratings.var() * slope.estimate / (slope.estimate * _outcome_sd(data))
        covered += slope.lower < truth < slope.upper
        supported += answer(data).supported
    assert covered >= 53  # 95% of 60, less three standard errors
    assert supported >= 45


def _outcome_sd(data: QuestionData) -> float:
    """Return the SD of y of the later rows around each person's line."""
    y = data.table.values["y"].reshape(data.table.n_persons, -1)[:, 1:]
    t = np.arange(y.shape[1])
    lines = np.array([np.polyval(np.polyfit(t, row, 1), t) for row in y])
    return float((y - lines).std(ddof=1))


@pytest.mark.parametrize("truth", [{}, {"slope": 0.3}, {"slope": 0.3, "shift": 1.0}])
def test_the_level_of_one_rating_is_not_taken_for_agreement(truth: dict[str, float]) -> None:
    assert sum(answer(draw_ratings(seed, n=40, **truth)).supported for seed in range(40)) <= 4


def test_an_asymmetric_surface_is_not_agreement() -> None:
    """Only x − z > 0 matters: the curvature is real, but the level of one rating explains part of it."""
    data = draw_ratings(3, n=200, curve=0.15, slope=0.3)
    result = answer(data)
    assert result.centred is not None
    assert result.centred.disagreement_curvature.sign == 1
    assert not result.supported


def test_extreme_ratings_are_not_disagreement() -> None:
    """The next y rises with x² + z²: as much where both are extreme alike as where they differ."""
    supported, curved = 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, z, y = rng.normal(size=(3, 60, 16))
        y[:, 1:] += 0.15 * (x**2 + z**2)[:, :-1]
        result = answer(question_data({"x": x, "z": z, "y": y}))
        assert result.detrended is not None
        curved += result.detrended.disagreement_curvature.sign == 1
        supported += result.supported
    assert curved >= 15
    assert supported <= 2


def test_shares_count_sessions_in_which_the_ratings_differ() -> None:
    rows = np.tile([0.0, 0.0, 0.0, 4.0], (10, 1))
    result = answer(question_data({"x": rows, "z": np.zeros((10, 4)), "y": rows}))
    assert result.shares == pytest.approx((0.0, 0.75, 0.25))


def test_too_little_data_gives_no_surface() -> None:
    for data in (
        draw_ratings(1, n=4),
        question_data({"x": np.ones((30, 5)), "z": np.ones((30, 5)), "y": np.ones((30, 5))}),
    ):
        result = answer(data)
        assert (result.centred, result.detrended, result.supported) == (None, None, False)
        assert "cannot be estimated here" in result.in_words(LABELS)
        assert result.figures_in_words(LABELS) == ""


def test_ratings_on_different_scales_are_not_judged() -> None:
    data = draw_ratings(2, n=100, curve=0.15)
    values = {name: column.reshape(100, -1) for name, column in data.table.values.items()}
    result = answer(question_data(values | {"z": 15 * values["z"] + 20}))
    assert not result.supported
    assert "suggest different scales. Put both on one scale first." in result.in_words(LABELS)
    assert (result.tables(LABELS), result.figures_in_words(LABELS)) == ((), "")
    constant = answer(question_data(values | {"z": np.full_like(values["z"], 0.3)}))
    assert constant.in_words(LABELS) == (
        "Goals (client) and Goals (therapist): agreement cannot be estimated here (no row has both, or one does not "
        "vary)."
    )


def test_the_sentences_name_both_ratings_and_the_direction() -> None:
    result = answer(draw_ratings(2, n=100, curve=0.15))
    assert "Disagreement between Goals (client) and Goals (therapist), in either direction" in result.in_words(LABELS)
    assert "along disagreement slope" in result.figures_in_words(LABELS)
    assert "inconclusive" in replace(result, worse=-1).in_words(LABELS)
