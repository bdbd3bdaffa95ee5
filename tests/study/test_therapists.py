"""Therapists in a study, and the reading with a line of each person's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from securebase.exchange.csv_tables import read_cohort
from securebase.study.agreement import misfits
from securebase.study.detrending import Detrending
from securebase.study.estimator import estimate_pairs, link, pairs
from securebase.study.estimators import PRIMARY
from securebase.study.phrases import caveats_in_words, figures_in_words, flags_in_words
from securebase.study.reciprocal import findings
from securebase.study.regression import regress
from securebase.study.study import study
from securebase.study.therapists import by_therapist
from study_tables import drawn

EXAMPLE = Path(__file__).parents[2] / "examples" / "full_model.csv"


def test_errors_are_those_of_a_regression_clustered_by_therapist() -> None:
    table = drawn(4, n=40, sessions=10, lag=0.3, missing=0.1)
    therapist = np.random.default_rng(1).integers(0, 9, size=40)
    found = pairs(table, link(table, "x", "y"), Detrending.DETRENDED)
    whole = estimate_pairs(found, Detrending.DETRENDED)
    assert whole is not None
    oracle = regress(
        found.later, np.column_stack([found.earlier, found.own_past]), therapist[found.person], int(therapist.max()) + 1
    )
    assert oracle is not None
    shared = by_therapist(whole, therapist)
    assert shared is not None
    assert shared.n_therapists == oracle.n_clusters
    to_standard = whole.lag.standard_error / whole.lag.raw_standard_error
    assert shared.standard_error == pytest.approx(float(oracle.standard_errors[1]) * to_standard, rel=1e-10)


def test_a_therapist_a_person_changes_nothing() -> None:
    table = drawn(4, n=30, sessions=10, lag=0.3)
    whole = PRIMARY.estimate(table, link(table, "x", "y"), Detrending.DETRENDED)
    assert whole is not None
    shared = by_therapist(whole, np.arange(30))
    assert shared is not None
    assert shared.standard_error == pytest.approx(whole.lag.standard_error)
    assert shared.p_value == pytest.approx(whole.lag.p_value)
    assert by_therapist(whole, np.zeros(30, dtype=np.int64)) is None


def test_what_no_longer_stands_is_said_beside_the_verdict() -> None:
    table = drawn(4, n=60, sessions=12, lag=0.4)
    found = findings(table, "y", ("x",), np.arange(60) % 6)[0]
    assert found.verdict.value == "stays"
    assert found.by_therapist is not None
    assert "Errors clustered by 6 therapists: own line out SE" in figures_in_words(found)
    assert "therapist" not in caveats_in_words(found, ())
    lost = replace(found, by_therapist=replace(found.by_therapist, p_value=0.2))
    assert "With errors clustered by 6 therapists it can no longer be told from zero." in caveats_in_words(lost, ())
    assert "clustered by therapist" in flags_in_words(lost, ())
    assert "therapist" not in figures_in_words(findings(table, "y", ("x",))[0])


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


def test_every_reading_is_fitted_with_all_that_the_table_holds(result) -> None:
    assert [m.trend for m in result.models] == ["carried", "apart", "own lines"]
    for model in result.models:
        names = {row.name for row in model.parameters}
        assert {"input_effect[symptoms,exposure]", "loading[bdi]", "covariate_effect[alliance,gender=man]"} <= names
    own = result.models[2]
    assert any(row.name.startswith("change_covariance") for row in own.parameters)
    assert own.converged
    # the lag that was drawn, and that this reading is made for
    effect = next(e for e in own.effects if (e.earlier, e.later) == ("alliance", "symptoms"))
    assert effect.upper < 0


def test_what_the_lags_take_no_account_of_is_said(result) -> None:
    said = " ".join(result.limits)
    for part in (
        "gender=man: usual levels in the fitted models are adjusted",
        "exposure: what was done pushes the columns in the fitted models only",
        "the lags read phq9 alone; the models read bdi too",
        "Clients have 15 therapists, too few",
    ):
        assert part in said
    assert all("own lines" in words for words in result.model_in_words)
    assert result.to_json()["asked"]["n_therapists"] == 15


def test_a_column_that_the_model_misfits_is_a_doubt_about_its_construct(result) -> None:
    model = result.models[0]
    assert [row.construct for row in model.residuals] == ["phq9", "bdi", "alliance"]
    worse = replace(
        model,
        residuals=tuple(replace(r, autocorrelation=0.4 if r.construct == "bdi" else 0.0) for r in model.residuals),
    )
    assert misfits((worse,), "symptoms") == [("carried", 0.4)]
    assert misfits((worse,), "alliance") == []
