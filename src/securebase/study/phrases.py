"""Estimates of a study in plain words: lags, their sensitivity analyses, and the fitted models beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.study.agreement import is_usable, matching_effect, residual_autocorrelations
from securebase.study.estimator import LagEstimate
from securebase.study.labels import describe_trend
from securebase.study.parts import EffectRow, ModelSummary, NotFitted
from securebase.study.reciprocal import LagFinding


def number(x: float, decimals: int = 2) -> str:
    """Format a standardised figure as papers print it: −.13, .05, 1.20."""
    text = f"{abs(x):.{decimals}f}"
    if float(text) == 0:
        return f".{'0' * decimals}"
    text = text.removeprefix("0")
    return f"−{text}" if x < 0 else text


def p_value(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {number(p, 3)}"


def figures_in_words(finding: LagFinding) -> str:
    """Return the estimates of a lag, standardised; nothing if there are none."""
    pair, adjusted, leave_one_out = finding.main, finding.time_adjusted.detrended, finding.main.leave_one_out
    if pair.centred is None or pair.detrended is None:
        return ""
    figures = [
        f"Within-person centred {number(pair.centred.estimate)} ({_error(pair.centred)})",
        f"detrended {number(pair.detrended.estimate)} ({_error(pair.detrended)})",
    ]
    if adjusted is not None:
        figures.append(f"adjusted for the common time course {number(adjusted.estimate)} ({_error(adjusted)})")
    words = f"{'; '.join(figures)}."
    if finding.therapist_clustered is not None:
        clustered = finding.therapist_clustered
        words = (
            f"{words} Errors clustered by {clustered.n_therapists} therapists: detrended SE "
            f"{number(clustered.standard_error, 3)}, {p_value(clustered.p_value)}."
        )
    if leave_one_out is None:
        return words
    return (
        f"{words} Leaving out one person: detrended {number(leave_one_out.lowest)} to {number(leave_one_out.highest)}, "
        f"{_max_p(leave_one_out.max_p_value)}."
    )


def _max_p(p: float) -> str:
    return "p always < .001" if p < 0.001 else f"p at most {number(p, 3)}"


def _error(lag: LagEstimate) -> str:
    return f"SE {number(lag.standard_error, 3)}, {p_value(lag.p_value)}"


def alternatives_in_words(finding: LagFinding) -> str:
    """Return the range of the detrended lag over the sensitivity analyses, and what they all assume."""
    lags = [a.detrended.estimate for a in finding.estimable_alternatives if a.detrended is not None]
    if not lags:
        return "No sensitivity analysis was possible."
    span = number(min(lags)) if len(lags) == 1 else f"{number(min(lags))} to {number(max(lags))}"
    analyses = "1 sensitivity analysis" if len(lags) == 1 else f"{len(lags)} sensitivity analyses"
    return f"Detrended lag in {analyses}: {span}. All share the assumption that no hidden cause moves both columns."


def model_in_words(finding: LagFinding, models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> str:
    """Return the fitted models' effects in the same direction over the usual distance of two rows."""
    effects = []
    for model in models:
        if not isinstance(model, ModelSummary):
            continue
        if not is_usable(model):
            effects.append(f"{model.outcome.replace('_', ' ')} with {describe_trend(model.trend)}")
        elif (effect := matching_effect(finding, model)) is not None:
            effects.append(f"{_effect(effect)} with {describe_trend(model.trend)}")
    if not effects:
        return "No model could be fitted."
    doubts = [
        f" The residuals of {labels.get(name, name)} are autocorrelated ({', '.join(number(r) for _, r in values)}), "
        "which casts doubt on the model there."
        for name in (finding.link.earlier, finding.link.later)
        if (values := residual_autocorrelations(models, name))
    ]
    return f"Fitted model: {', '.join(effects)}.{''.join(doubts)}"


def autocorrelation_in_words(models: Sequence[ModelSummary | NotFitted], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return one sentence for each column whose residual autocorrelation speaks against the models."""
    names = dict.fromkeys(r.construct for m in models if isinstance(m, ModelSummary) for r in m.residuals)
    sentences = []
    for name in names:
        trends = dict.fromkeys(describe_trend(trend) for trend, _ in residual_autocorrelations(models, name))
        if trends:
            sentences.append(
                f"{labels.get(name, name)}: residual autocorrelation beyond chance ({', '.join(trends)}) speaks "
                "against the model for this column; its effects may be artefacts of misspecification."
            )
    return tuple(sentences)


def _effect(effect: EffectRow) -> str:
    if effect.lower is None or effect.upper is None:
        return f"{number(effect.estimate)} (no interval)"
    return f"{number(effect.estimate)} ({number(effect.lower)} to {number(effect.upper)})"
