"""Therapists in a study, and the model with random slopes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from securebase.exchange.csv_tables import read_cohort
from securebase.study.agreement import residual_autocorrelations
from securebase.study.detrending import Detrending
from securebase.study.estimator import estimate_pairs, session_pairs, shortest_link
from securebase.study.estimators import PRIMARY
from securebase.study.phrases import figures_in_words
from securebase.study.reciprocal import estimate_lags
from securebase.study.regression import regress
from securebase.study.study import study
from securebase.study.therapists import cluster_by_therapist
from study_tables import draw_table

EXAMPLE = Path(__file__).parents[2] / "examples" / "full_model.csv"


def test_errors_equal_those_of_a_regression_clustered_by_therapist() -> None:
    table = draw_table(4, n=40, sessions=10, lag=0.3, missing=0.1)
    therapist = np.random.default_rng(1).integers(0, 9, size=40)
    pairs = session_pairs(table, shortest_link(table, "x", "y"), Detrending.DETRENDED)
    estimate = estimate_pairs(pairs, Detrending.DETRENDED)
    assert estimate is not None
    oracle = regress(
        pairs.later, np.column_stack([pairs.earlier, pairs.own_past]), therapist[pairs.person], int(therapist.max()) + 1
    )
    assert oracle is not None
    clustered = cluster_by_therapist(estimate, therapist)
    assert clustered is not None
    assert clustered.n_therapists == oracle.n_clusters
    scale = estimate.lag.standard_error / estimate.lag.raw_standard_error
    assert clustered.standard_error == pytest.approx(float(oracle.standard_errors[1]) * scale, rel=1e-10)


def test_one_therapist_a_person_changes_nothing() -> None:
    table = draw_table(4, n=30, sessions=10, lag=0.3)
    estimate = PRIMARY.estimate(table, shortest_link(table, "x", "y"), Detrending.DETRENDED)
    assert estimate is not None
    clustered = cluster_by_therapist(estimate, np.arange(30))
    assert clustered is not None
    assert clustered.standard_error == pytest.approx(estimate.lag.standard_error)
    assert clustered.p_value == pytest.approx(estimate.lag.p_value)
    assert cluster_by_therapist(estimate, np.zeros(30, dtype=np.int64)) is None


def test_errors_by_therapist_stand_beside_the_lag() -> None:
    table = draw_table(4, n=60, sessions=12, lag=0.4)
    finding = estimate_lags(table, "y", ("x",), np.arange(60) % 6)[0]
    assert finding.therapist_clustered is not None
    assert "Errors clustered by 6 therapists: detrended SE" in figures_in_words(finding)
    assert "therapist" not in figures_in_words(estimate_lags(table, "y", ("x",))[0])


@pytest.fixture(scope="module")
def result():
    cohort = read_cohort(
        EXAMPLE,
        person="client",
        time="session",
        outcome="symptoms",
        processes=["alliance"],
        indicators={"symptoms": ["phq9", "bdi"]},
        covariates=["gender"],
        therapist="therapist",
        inputs=["exposure"],
        input_moments={"exposure": "after"},
    )
    return study(cohort)


def test_every_model_is_fitted_with_all_columns_of_the_table(result) -> None:
    assert [m.trend for m in result.models] == ["carried", "apart", "random slopes"]
    for model in result.models:
        names = {row.name for row in model.parameters}
        assert {"input_effect[symptoms,exposure]", "loading[bdi]", "covariate_effect[alliance,gender=man]"} <= names
    random_slopes = result.models[2]
    assert any(row.name.startswith("change_covariance") for row in random_slopes.parameters)
    assert random_slopes.converged
    # the simulated lag
    effect = next(e for e in random_slopes.effects if (e.earlier, e.later) == ("alliance", "symptoms"))
    assert effect.upper < 0


def test_limits_name_what_the_lags_do_not_adjust_for(result) -> None:
    text = " ".join(result.limits)
    for part in (
        "gender=man: the fitted models adjust long-run means",
        "exposure: time-varying inputs enter the fitted models only",
        "the lags use phq9 alone; the models use bdi too",
        "Clients have 15 therapists, too few",
    ):
        assert part in text
    assert all("random slopes" in words for words in result.model_in_words)
    assert result.to_json()["request"]["n_therapists"] == 15


def test_residual_autocorrelation_of_an_indicator_counts_for_its_construct(result) -> None:
    model = result.models[0]
    assert [row.construct for row in model.residuals] == ["phq9", "bdi", "alliance"]
    worse = replace(
        model,
        residuals=tuple(replace(r, autocorrelation=0.4 if r.construct == "bdi" else 0.0) for r in model.residuals),
    )
    assert residual_autocorrelations((worse,), "symptoms") == [("carried", 0.4)]
    assert residual_autocorrelations((worse,), "alliance") == []
