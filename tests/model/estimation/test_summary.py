"""Printed fits: data, outcome, log-likelihood, and every estimate with its standard error and unit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import securebase as sb
from securebase.model.estimation.summary import unit_of

COHORT = sb.simulate("default", n_clients=40, rng=np.random.default_rng(1), sessions=6, dropout=0.0)
ROWS = sb.panel(COHORT, ("symptoms", "alliance"))


def test_a_printed_fit_names_data_outcome_and_every_estimate() -> None:
    rows = sb.panel(COHORT, ("symptoms",))
    fitted = sb.fit(rows, sb.Specification(("symptoms",), trend="linear"))
    lines = str(fitted).splitlines()
    assert lines[0] == "Continuous-time model of symptoms: trend linear, start stationary, time in weeks"
    assert lines[1] == f"40 persons, {rows.n_observations} scores, 6 parameters"
    assert lines[2].startswith(f"Outcome: {fitted.outcome.kind}.")
    assert lines[3].startswith(f"Log-likelihood {fitted.log_likelihood:.2f}")
    table = {line.split()[0]: line for line in lines[6:-2]}
    assert list(table) == list(fitted.estimates)
    estimate = fitted.estimates["drift[symptoms,symptoms]"]
    assert f"{estimate.value:.4g}" in table["drift[symptoms,symptoms]"]
    assert table["drift[symptoms,symptoms]"].endswith("per week")
    assert table["slope[symptoms]"].endswith("points per week")
    assert lines[-1] == "Standard errors: observed information."


def test_an_estimate_without_standard_error_has_a_dash() -> None:
    fitted = sb.fit(sb.panel(COHORT, ("symptoms",)), sb.Specification(("symptoms",)))
    first, *remaining = fitted.estimates
    estimates = {first: replace(fitted.estimates[first], standard_error=None)}
    estimates |= {name: fitted.estimates[name] for name in remaining}
    assert " –  per week" in str(replace(fitted, estimates=estimates))


def test_a_printed_refusal_gives_its_reason_and_advice() -> None:
    refused = sb.fit(ROWS.select_persons(np.array([0])), sb.Specification(("symptoms", "alliance")))
    text = str(refused)
    assert "Outcome: not_enough_data." in text
    assert "Log-likelihood" not in text
    assert text.endswith(refused.outcome.what_to_do)


def test_a_printed_discrete_time_fit_names_its_model() -> None:
    model = sb.discrete_time_specification(ROWS, "clpm", equal_lags=True)
    text = str(sb.fit_discrete_time(ROWS, model))
    assert text.startswith("Discrete-time panel model of symptoms, alliance: 6 waves, random intercepts no, lags equal")
    assert "lags[symptoms,alliance]" in text


@pytest.mark.parametrize(
    ("name", "slopes_per_time", "unit"),
    [
        ("drift[y,y]", False, "per day"),
        ("drift[y,x]", False, "points per point per day"),
        ("diffusion[y,x]", False, "points² per day"),
        ("level_covariance[y,x]", False, "points²"),
        ("change_covariance[y,y]", False, "points²"),
        ("change_covariance[y,y]", True, "points² per day²"),
        ("level_change_covariance[y,x]", True, "points² per day"),
        ("rate", False, "per day"),
        ("covariate_effect[y,age]", False, "points per unit"),
        ("measurement_noise[y]", False, "points²"),
    ],
)
def test_units_follow_the_block_of_an_estimate(name: str, slopes_per_time: bool, unit: str) -> None:
    assert unit_of(name, "day", slopes_per_time=slopes_per_time) == unit
