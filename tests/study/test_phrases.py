"""Figures and sentences of a study."""

from dataclasses import replace

import pytest

from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, LagStep, Link
from securebase.study.parts import EffectRow, ModelSummary, NotFitted, ResidualRow
from securebase.study.phrases import (
    agreement_in_words,
    alternatives_in_words,
    autocorrelation_in_words,
    caveats_in_words,
    figures_in_words,
    finding_in_words,
    flags_in_words,
    model_in_words,
    number,
    p_value,
)
from securebase.study.reciprocal import AssociationVerdict, LagFinding, LagPair, LeaveOneOutSummary


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


def pair(centred: LagEstimate, detrended: LagEstimate, verdict: AssociationVerdict, label: str = "one way") -> LagPair:
    attenuation = 1 - detrended.raw / centred.raw
    return LagPair(label, label, centred, detrended, None, attenuation, verdict)


def finding(
    centred: float, p1: float, detrended: float, p2: float, verdict: AssociationVerdict, adjusted: float = 0.2
) -> LagFinding:
    """Return a finding whose time-adjusted estimate is significant if its size exceeds .1."""
    main = pair(lag(centred, p1), lag(detrended, p2, Detrending.DETRENDED), verdict)
    adjusted_lag = lag(adjusted, 0.01 if abs(adjusted) > 0.1 else 0.6, Detrending.DETRENDED)
    time_adjusted = pair(lag(centred, p1), adjusted_lag, verdict)
    reverse = pair(
        lag(centred, p1), lag(detrended, p2, Detrending.DETRENDED), AssociationVerdict.EMERGES, "another way"
    )
    final = verdict
    if verdict is AssociationVerdict.PERSISTS and abs(adjusted) < 0.1:
        final = AssociationVerdict.ATTENUATES
    return LagFinding(Link("x", "y", LagStep.NEXT_SESSION), True, main, time_adjusted, (main, reverse), final)


LABELS = {"x": "Warmth", "y": "Problems"}


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        (
            finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.ATTENUATES),
            ("precede lower Problems", "attenuates", "so it may reflect a shared trend"),
        ),
        (
            finding(-0.30, 0.001, -0.13, 0.01, AssociationVerdict.ATTENUATES),
            ("attenuates", "much of it may reflect a shared trend"),
        ),
        (
            finding(-0.30, 0.001, 0.13, 0.01, AssociationVerdict.ATTENUATES),
            ("changes sign", "may reflect a shared trend"),
        ),
        (
            finding(-0.30, 0.001, 0.03, 0.64, AssociationVerdict.ATTENUATES),
            ("attenuates", "so it may reflect a shared trend"),
        ),
        (
            finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.PERSISTS),
            ("precede higher Problems", "persists", ", and after adjustment for the common time course"),
        ),
        (
            finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.PERSISTS, 0.02),
            ("persists", ", but attenuates after adjustment for the common time course", "shared trend"),
        ),
        (
            finding(0.30, 0.001, 0.26, 0.06, AssociationVerdict.INCONCLUSIVE),
            ("no longer significant", "inconclusive"),
        ),
        (
            finding(0.02, 0.60, 0.01, 0.80, AssociationVerdict.INCONCLUSIVE),
            ("Inconclusive", "not significantly related", "either within-person centred or detrended"),
        ),
        (
            finding(0.02, 0.60, 0.26, 0.01, AssociationVerdict.EMERGES),
            ("above the person’s own trend", "emerges only after detrending"),
        ),
    ],
)
def test_each_verdict_has_a_sentence_without_figures(result, parts):
    words = finding_in_words(result, LABELS)
    assert "Warmth" in words
    for part in parts:
        assert part in words
    assert words.endswith(".")
    assert ".." not in words
    assert not any(sign.isdigit() for sign in words)


def test_a_finding_without_estimate_gives_the_reason():
    empty = LagPair("one", "one", None, None, None, None, AssociationVerdict.INCONCLUSIVE, "too few pairs of sessions")
    result = LagFinding(
        Link("x", "y", LagStep.NEXT_SESSION), True, empty, empty, (empty,), AssociationVerdict.INCONCLUSIVE
    )
    assert "too few pairs" in finding_in_words(result, LABELS)
    assert figures_in_words(result) == ""
    assert alternatives_in_words(result) == "No sensitivity analysis was possible."


def test_dissenting_sensitivity_analyses_are_named():
    result = finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.ATTENUATES)
    assert alternatives_in_words(result) == "1 of 2 sensitivity analyses agree; exceptions: another way (emerges)."


def test_sensitivity_analyses_are_compared_before_adjustment_for_the_time_course():
    result = finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.PERSISTS, 0.02)
    assert result.verdict is AssociationVerdict.ATTENUATES
    words = "1 of 2 sensitivity analyses agree that it persists before that adjustment"
    assert alternatives_in_words(result).startswith(f"{words}; exceptions")
    assert agreement_in_words(result) == words


def test_a_missing_model_is_stated():
    result = finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.ATTENUATES)
    assert model_in_words(result, [NotFitted("carried", "too little")], LABELS) == "No model could be fitted."
    assert EffectRow("x", "y", 0.1, None, None, None).lower is None


def with_main_influence(result: LagFinding, summary: LeaveOneOutSummary) -> LagFinding:
    return replace(result, main=replace(result.main, leave_one_out=summary))


def test_figures_of_a_finding():
    result = finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.PERSISTS)
    assert figures_in_words(result) == (
        "Within-person centred .30 (SE .050, p = .001); detrended .26 (SE .050, p = .010; 13% smaller in "
        "points); adjusted for the common time course .20 (SE .050, p = .010)."
    )
    reversed_sign = figures_in_words(finding(-0.30, 0.001, 0.13, 0.01, AssociationVerdict.ATTENUATES))
    assert "; sign reversed)" in reversed_sign
    robust = with_main_influence(result, replace(influence(0), max_p_value=0.0002))
    assert figures_in_words(robust).endswith("p always < .001.")
    fragile = with_main_influence(result, influence(3))
    assert figures_in_words(fragile).endswith("Leaving out one person: detrended .09 to .14, p at most .085.")


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


def influence(n_influential: int, *verdicts: tuple[AssociationVerdict, int]) -> LeaveOneOutSummary:
    alternatives = verdicts or ((AssociationVerdict.INCONCLUSIVE, n_influential),)
    return LeaveOneOutSummary(0.088, 0.145, 0.085, 56, n_influential, alternatives)


PERSISTS, ATTENUATES = (
    (0.30, 0.001, 0.26, 0.01, AssociationVerdict.PERSISTS),
    (-0.30, 0.001, -0.13, 0.07, AssociationVerdict.ATTENUATES),
)


@pytest.mark.parametrize(
    ("arguments", "models", "words"),
    [
        (PERSISTS, [model("carried", -0.04, 0.08), model("apart", -0.04, 0.07)],
         "The fitted model does not show it."),
        (PERSISTS, [model("carried", 0.14, 0.08), model("apart", 0.14, 0.07)], "The fitted model shows it too."),
        (PERSISTS, [model("carried", 0.14, 0.08), model("apart", 0.01, 0.07)],
         "The fitted model shows it with trend carried only."),
        (PERSISTS, [model("carried", -0.14, 0.08), model("apart", -0.14, 0.07)],
         "The fitted model contradicts it."),
        (PERSISTS, [model("carried", -0.14, 0.08), model("apart", 0.01, 0.07)],
         "The fitted model contradicts it with trend carried, and does not show it with trend apart."),
        (ATTENUATES, [model("carried", -0.03, 0.07), model("apart", -0.04, 0.07)],
         "The fitted model does not show it either."),
        (ATTENUATES, [model("carried", -0.2, 0.07), model("apart", -0.2, 0.07)],
         "The fitted model shows it nevertheless."),
        (PERSISTS, [model("carried", 0.2, 0.07, "not_converged")], "There is no fitted model to compare it with."),
        (PERSISTS, [NotFitted("carried", "too little")], "There is no fitted model to compare it with."),
    ],
)  # fmt: skip
def test_evidence_of_the_fitted_model(arguments, models, words):
    assert caveats_in_words(finding(*arguments), models) == words


def test_within_a_session_the_different_step_of_the_model_is_stated():
    result = replace(finding(*PERSISTS), link=Link("x", "y", LagStep.SAME_SESSION))
    words = caveats_in_words(result, [model("carried", -0.04, 0.08)])
    assert words == "The fitted model, which relates successive sessions, does not show it."


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (influence(4), "It is not robust: leaving out any one of 4 of the 56 persons makes it “inconclusive”."),
        (influence(1), "It is not robust: leaving out one of the 56 persons makes it “inconclusive”."),
        (influence(6, (AssociationVerdict.INCONCLUSIVE, 4), (AssociationVerdict.ATTENUATES, 2)),
         "It is not robust: leaving out any one of 6 of the 56 persons makes it “inconclusive” (4) or "
         "“attenuates” (2)."),
    ],
)  # fmt: skip
def test_influence_of_single_persons(summary, words):
    models = [model("carried", 0.14, 0.08)]
    assert caveats_in_words(replace(finding(*PERSISTS), leave_one_out=summary), models).endswith(words)


def test_robustness_is_stated_but_not_flagged():
    result = replace(finding(*PERSISTS), leave_one_out=influence(0, (AssociationVerdict.PERSISTS, 0)))
    models = [model("carried", 0.14, 0.08)]
    assert caveats_in_words(result, models).endswith("It is robust to leaving out any one person.")
    assert flags_in_words(result, models) == ""


def test_flags_name_evidence_against_a_verdict():
    result = replace(finding(*PERSISTS), leave_one_out=influence(4))
    assert flags_in_words(result, [model("carried", -0.04, 0.08)]) == (
        "the fitted model does not show it; not robust to leaving out one person"
    )
    attenuates = replace(finding(*ATTENUATES), leave_one_out=influence(0, (AssociationVerdict.ATTENUATES, 0)))
    assert flags_in_words(attenuates, [model("carried", -0.03, 0.07)]) == ""
    assert flags_in_words(attenuates, [model("carried", -0.2, 0.07)]) == "the fitted model shows it nevertheless"


def test_an_inconclusive_verdict_has_no_caveats():
    result = finding(0.30, 0.001, 0.26, 0.06, AssociationVerdict.INCONCLUSIVE)
    result = replace(result, leave_one_out=influence(3))
    assert caveats_in_words(result, [model("carried", 0.14, 0.08)]) == ""
    assert flags_in_words(result, [model("carried", 0.14, 0.08)]) == ""


def test_residual_autocorrelation_speaks_against_the_model():
    models = [model("carried", -0.04, 0.08, autocorrelation=-0.18), model("apart", -0.04, 0.08, autocorrelation=-0.14)]
    (sentence,) = autocorrelation_in_words(models, LABELS)
    assert sentence.startswith("Warmth: residual autocorrelation beyond chance (trend carried, trend apart)")
    assert "speaks against the model" in sentence
    weak = [model("carried", 0.1, 0.1, autocorrelation=0.04), NotFitted("apart", "too little")]
    assert autocorrelation_in_words(weak, LABELS) == ()
    not_converged = model("carried", 0.1, 0.1, "not_converged", autocorrelation=-0.3)
    assert autocorrelation_in_words([not_converged], LABELS) == ()
    words = model_in_words(finding(*PERSISTS), models, LABELS)
    assert "The residuals of Warmth are autocorrelated (−.18, −.14), which casts doubt on the model there." in words
