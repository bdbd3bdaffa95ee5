"""Figures and sentences of a study."""

from dataclasses import replace

import pytest

from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, LagStep, Link
from securebase.study.parts import EffectRow, ModelSummary, NotFitted, ResidualRow
from securebase.study.phrases import (
    alternatives_in_words,
    autocorrelation_in_words,
    figures_in_words,
    model_in_words,
    number,
    p_value,
)
from securebase.study.reciprocal import LagFinding, LagPair, LeaveOneOutSummary


@pytest.mark.parametrize(
    ("x", "expected"),
    [(-0.128, "−.13"), (0.05, ".05"), (1.2, "1.20"), (-0.001, ".00"), (0.996, "1.00"), (-1.005, "−1.00"), (0, ".00")],
)
def test_numbers_are_formatted_as_in_papers(x, expected):
    assert number(x) == expected


def test_p_values():
    assert p_value(0.0004) == "p < .001"
    assert p_value(0.0716) == "p = .072"


def lag(raw: float, p: float, detrending: Detrending = Detrending.CENTRED) -> LagEstimate:
    return LagEstimate(detrending, raw, 0.05, raw - 0.1, raw + 0.1, p, 0.3, 0.1, raw, 0.05, 100, 50)


def pair(centred: LagEstimate, detrended: LagEstimate, label: str = "one way") -> LagPair:
    return LagPair(label, label, centred, detrended)


def finding(centred: float, p1: float, detrended: float, p2: float) -> LagFinding:
    main = pair(lag(centred, p1), lag(detrended, p2, Detrending.DETRENDED))
    adjusted = pair(lag(centred, p1), lag(0.2, 0.01, Detrending.DETRENDED))
    other = pair(lag(centred, p1), lag(detrended / 2, p2, Detrending.DETRENDED), "another way")
    return LagFinding(Link("x", "y", LagStep.NEXT_SESSION), True, main, adjusted, (main, other))


LABELS = {"x": "Warmth", "y": "Problems"}


def test_a_lag_without_estimate_has_no_figures():
    empty = LagPair("one", "one", None, None, "too few pairs of sessions")
    result = LagFinding(Link("x", "y", LagStep.NEXT_SESSION), True, empty, empty, (empty,))
    assert figures_in_words(result) == ""
    assert alternatives_in_words(result) == "No sensitivity analysis was possible."


def test_sensitivity_analyses_are_a_range_and_no_evidence_for_what_they_share():
    result = finding(-0.30, 0.001, -0.14, 0.07)
    assumption = "All share the assumption that no hidden cause moves both columns."
    assert alternatives_in_words(result) == f"Detrended lag in 2 sensitivity analyses: −.14 to −.07. {assumption}"
    single = replace(result, alternatives=result.alternatives[:1])
    assert alternatives_in_words(single) == f"Detrended lag in 1 sensitivity analysis: −.14. {assumption}"


def test_a_missing_model_is_stated():
    result = finding(-0.30, 0.001, -0.13, 0.07)
    assert model_in_words(result, [NotFitted("carried", "too little")], LABELS) == "No model could be fitted."
    assert EffectRow("x", "y", 0.1, None, None, None).lower is None


def with_main_influence(result: LagFinding, summary: LeaveOneOutSummary) -> LagFinding:
    return replace(result, main=replace(result.main, leave_one_out=summary))


def test_figures_of_a_finding():
    result = finding(0.30, 0.001, 0.26, 0.01)
    assert figures_in_words(result) == (
        "Within-person centred .30 (SE .050, p = .001); detrended .26 (SE .050, p = .010); adjusted for the common "
        "time course .20 (SE .050, p = .010)."
    )
    summary = LeaveOneOutSummary(0.088, 0.145, 0.085, 56)
    certain = with_main_influence(result, replace(summary, max_p_value=0.0002))
    assert figures_in_words(certain).endswith("p always < .001.")
    uncertain = with_main_influence(result, summary)
    assert figures_in_words(uncertain).endswith("Leaving out one person: detrended .09 to .14, p at most .085.")


def model(
    trend: str, estimate: float, half_width: float, outcome: str = "converged", autocorrelation: float = 0.0
) -> ModelSummary:
    effect = EffectRow("x", "y", estimate, half_width / 1.96, estimate - half_width, estimate + half_width)
    return ModelSummary(
        trend, "stationary", "session", ("y", "x"), outcome, "It ended.", "", -1.0, 9, 50, 900, 2.0, 3.0, 0.0, 1.0, 9,
        "readable", effects=(effect,),
        residuals=(
            ResidualRow("y", 900, 0.0, 1.0, 0.01, 0.05), ResidualRow("x", 900, 0.0, 1.0, autocorrelation, 0.05),
        ),
    )  # fmt: skip


def test_effects_of_the_models_are_listed_without_a_vote():
    models = [
        model("carried", -0.14, 0.08),
        model("apart", 0.2, 0.07, "not_converged"),
        NotFitted("free", "too little"),
    ]
    words = model_in_words(finding(0.30, 0.001, 0.26, 0.01), models, LABELS)
    assert words == "Fitted model: −.14 (−.22 to −.06) with trend carried, not converged with trend apart."


def test_residual_autocorrelation_speaks_against_the_model():
    models = [model("carried", -0.04, 0.08, autocorrelation=-0.18), model("apart", -0.04, 0.08, autocorrelation=-0.14)]
    (sentence,) = autocorrelation_in_words(models, LABELS)
    assert sentence.startswith("Warmth: residual autocorrelation beyond chance (trend carried, trend apart)")
    assert "speaks against the model" in sentence
    weak = [model("carried", 0.1, 0.1, autocorrelation=0.04), NotFitted("apart", "too little")]
    assert autocorrelation_in_words(weak, LABELS) == ()
    not_converged = model("carried", 0.1, 0.1, "not_converged", autocorrelation=-0.3)
    assert autocorrelation_in_words([not_converged], LABELS) == ()
    words = model_in_words(finding(0.30, 0.001, 0.26, 0.01), models, LABELS)
    assert "The residuals of Warmth are autocorrelated (−.18, −.14), which casts doubt on the model there." in words
