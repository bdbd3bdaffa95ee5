r"""Random-effects meta-analysis of one effect size per study.

With g_i and variance v_i, τ² by moments (DerSimonian & Laird 1986) and w_i = 1 / (v_i + τ²), the mean is Σ w g / Σ w.
Its error is that of Hartung & Knapp (2001) and Sidik & Jonkman (2002), Σ w (g − mean)² / ((k − 1) Σ w), with t_{k−1},
but never below the usual 1 / Σ w (Röver, Knapp & Friede 2015). The true effect of a further study lies within

    mean ± t_{k−2} √(τ² + SE²)    in 95% of cases (Higgins, Thompson & Spiegelhalter 2009).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.errors import InputError
from securebase.model.distributions import chi2_tail, t_quantile
from securebase.study.phrases import number, p_value
from securebase.study.questions.question import AnswerInterval
from securebase.study.trial.effect_rows import EffectSize


@dataclass(frozen=True, slots=True)
class MetaAnalysis:
    """Combined effect. q, p_q: test of equal true effects; i_squared: share of variance between studies.

    weights: of the studies, in shares. prediction: of the true effect of a further study; None with two studies.
    """

    studies: tuple[EffectSize, ...]
    mean: AnswerInterval
    tau_squared: float
    i_squared: float
    q: float
    p_q: float
    weights: tuple[float, ...]
    prediction: tuple[float, float] | None

    @property
    def in_words(self) -> tuple[str, ...]:
        """The result as sentences."""
        prediction = (
            "With two studies there is no prediction interval."
            if self.prediction is None
            else f"95% prediction interval for the true effect of a further study: {number(self.prediction[0])} to "
            f"{number(self.prediction[1])}."
        )
        return (
            f"Pooled effect of {len(self.studies)} studies: Hedges’ g = {self.mean}, random effects with the "
            "Hartung–Knapp interval.",
            f"Heterogeneity: τ² = {number(self.tau_squared, 3)}, I² = {self.i_squared:.0%}; Q = {self.q:.2f}, "
            f"{p_value(self.p_q)}. {prediction}",
        )


def combine(rows: Sequence[EffectSize]) -> MetaAnalysis:
    """Combine one effect of each study. Raises InputError for dependent effects, opposite directions or one study."""
    _check(rows)
    # statsmodels takes a second to import: only load it to combine
    from statsmodels.stats.meta_analysis import combine_effects

    g, v = np.array([r.g for r in rows]), np.array([r.variance for r in rows])
    with np.errstate(invalid="ignore"):
        combined = combine_effects(g, v, method_re="dl")
    k = len(rows)
    # without variance between studies, the estimate by moments can be negative
    tau_squared = max(float(combined.tau2), 0.0)
    weights = 1.0 / (v + tau_squared)
    if combined.tau2 > 0:
        mean, hartung_knapp = float(combined.mean_effect_re), float(combined.var_hksj_re)
    else:
        mean, hartung_knapp = float(combined.mean_effect_fe), float(combined.var_hksj_fe)
    error = float(np.sqrt(max(hartung_knapp, 1.0 / weights.sum())))
    prediction = None
    if k > 2:
        half = t_quantile(0.975, k - 2) * np.sqrt(tau_squared + error**2)
        prediction = float(mean - half), float(mean + half)
    q = float(combined.q)
    return MetaAnalysis(
        tuple(rows),
        AnswerInterval.of_t(mean, error, k - 1),
        tau_squared,
        max(0.0, 1.0 - (k - 1) / q) if q > 0 else 0.0,
        q,
        float(chi2_tail(q, k - 1)),
        tuple(map(float, weights / weights.sum())),
        prediction,
    )


def _check(rows: Sequence[EffectSize]) -> None:
    study, count = Counter(r.study for r in rows).most_common(1)[0] if rows else ("", 0)
    if count > 1:
        raise InputError(
            f"the study “{study}” has {count} effects, which depend on each other",
            advice="Choose one of its outcomes with --outcome, or keep one row for each study.",
        )
    if len(rows) < 2:
        raise InputError(
            f"two or more studies are needed (got {len(rows)})", advice="Give more files, or another --outcome."
        )
    pairs = {(r.arm, r.reference) for r in rows if r.arm and r.arm != r.reference}
    if opposite := next(((a, b) for a, b in sorted(pairs) if (b, a) in pairs), None):
        raise InputError(
            f"some studies compare “{opposite[0]}” with “{opposite[1]}”, others the reverse",
            advice="Give all the same reference (securebase study --reference).",
        )
