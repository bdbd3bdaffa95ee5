"""Columns that cannot serve in a study; fits that did not end regularly leave a reason there, and no numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import Advice, ModelError, NoEstimateError
from securebase.model.fit import Fit, fit
from securebase.model.observations import panel
from securebase.model.panel import Panel
from securebase.model.specification import Start, Trend
from securebase.study import models
from securebase.study.models import fit_models, specification_for
from securebase.study.parts import ModelSummary, NotFitted
from securebase.study.reciprocal import estimate_lags
from securebase.study.suitability import check_analysable, check_estimated, unsuitable_columns
from study_tables import cohort, draw_table


@pytest.fixture(scope="module")
def rows() -> Panel:
    return panel(cohort(draw_table(1, n=40, sessions=8)))


@pytest.fixture(scope="module")
def fitted(rows) -> Fit:
    return fit(rows, specification_for(rows, "none"))


def fit_all(rows: Panel, result: Fit, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], object]:
    """Return the reasons of a study's models if every fit ended as `result`, and what else depends on them."""
    monkeypatch.setattr(models, "fit", lambda *_: result)
    summaries, residuals, checks = fit_models(
        rows, Trend.NONE, Start.STATIONARY, lambda _: None, rng=np.random.default_rng(1)
    )
    assert all(isinstance(summary, NotFitted) for summary in summaries)
    return [summary.reason for summary in summaries], (residuals, checks)


@pytest.mark.parametrize("kind", ["indefinite", "not_converged", "not_separable"])
def test_a_fit_that_did_not_end_regularly_leaves_no_numbers_in_a_study(rows, fitted, monkeypatch, kind):
    monkeypatch.setattr(models, "fit", lambda *_: fitted)
    assert isinstance(fit_models(rows, Trend.NONE, Start.STATIONARY, lambda _: None)[0][0], ModelSummary)
    irregular = replace(fitted, outcome=Advice(kind, "It ended early.", "Use fewer constructs."))
    reasons, others = fit_all(rows, irregular, monkeypatch)
    assert reasons == ["It ended early. Use fewer constructs."] * 3
    assert others == ({}, None)


def test_an_unstable_drift_is_all_that_a_study_says_of_its_model(rows, fitted, monkeypatch):
    drift = np.array([[0.1, -0.4], [0.4, 0.1]])
    unstable = replace(fitted, parameters=replace(fitted.parameters, drift=drift))
    reasons, others = fit_all(rows, unstable, monkeypatch)
    assert all(reason.startswith("Unstable drift: its eigenvalues are 0.10 ± 0.40i per session") for reason in reasons)
    assert others == ({}, None)


def test_reasons_are_given_in_the_order_of_the_columns(rows):
    y, x = rows.scores.T
    first_four = np.arange(len(y)) < rows.starts[4]
    switch, few = np.where(first_four, np.arange(len(y)) % 2, 0), np.where(first_four, x, np.nan)
    wider = replace(rows, constructs=("y", "a", "b", "c", "x"), scores=np.column_stack([y, switch, few, y + x, x]))
    reasons = {name: reason.sentence for name, reason in unsuitable_columns(wider).items()}
    assert list(reasons) == ["a", "b", "x"]
    assert reasons["a"] == "“a” changes within 4 of the 40 persons; at least 5 are needed."
    assert reasons["b"].startswith("Persons with three values or more of “b”: 4 of 40; at least 5")
    assert reasons["x"] == "“x” is a copy or a linear function of “y” and “c”."


def test_a_study_is_refused_if_the_outcome_or_every_process_is_unsuitable():
    reason = Advice("not_enough_data", "“x” never changes.", "Leave it out.")
    check_analysable({"x": reason}, "y", ["x", "z"], "t.csv")
    check_analysable({}, "y", [], "t.csv")
    with pytest.raises(ModelError, match=r"^t\.csv: “x” never changes\. Leave it out\.$"):
        check_analysable({"x": reason}, "y", ["x"], "t.csv")
    with pytest.raises(ModelError, match=r"never changes\. Neither can “z” be analysed"):
        check_analysable({"x": reason, "z": reason}, "y", ["x", "z"], "t.csv")
    with pytest.raises(ModelError):
        check_analysable({"y": reason}, "y", ["z"], "t.csv")


def test_a_study_without_any_estimate_ends_with_an_error_of_its_own(rows, fitted):
    lags = estimate_lags(draw_table(1, n=4, sessions=3), "y", ("x",))
    failed = NotFitted("none", "The search ended early. Use fewer constructs.")
    with pytest.raises(NoEstimateError, match=r"^t\.csv: no association could be estimated .* Use fewer constructs\.$"):
        check_estimated(lags, [failed], "t.csv")
    check_estimated(lags, [failed, models.summarise(fitted, 0.0)], "t.csv")
    check_estimated(estimate_lags(draw_table(1, n=20, sessions=6), "y", ("x",)), [failed], "t.csv")
    check_estimated((), [failed], "t.csv")


@pytest.mark.parametrize(("n", "sessions", "needed"), [(3, 8, "persons"), (8, 2, "rows of each person")])
def test_too_few_persons_need_persons_and_too_few_rows_need_rows(n, sessions, needed):
    reasons = unsuitable_columns(panel(cohort(draw_table(2, n=n, sessions=sessions))))
    assert reasons["y"].what_to_do.startswith(f"Gather more {needed}, and check")
