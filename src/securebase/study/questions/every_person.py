"""Test of “every”: whether an association holds in each person, or only on average.

For each person i, r_i is the partial correlation of process and outcome in the same row, given the outcome of the row
before and time. Fisher's z_i = artanh r_i has a variance of about 1 / (rows − 5). Across persons, z_i ~ N(μ, τ² + v_i)
(random effects: DerSimonian & Laird 1986; interval of μ: Hartung & Knapp 2001). “Every” is tested as the absence of a
qualitative interaction (Gail & Simon 1985): if no z_i has the other sign in truth, then

    Q = Σ t_i² over persons with an estimate of the other sign

exceeds its value with at most p = Σ_h C(n, h) ½ⁿ P(χ²_h > Q).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from securebase.model.distributions import chi2_tail, normal_quantile, normal_tail, t_tail
from securebase.study.estimator import Array
from securebase.study.questions.question import Answer, AnswerInterval, QuestionData

#: rows of one person, complete in process, outcome and the outcome before, below which there is no r
MIN_ROWS = 8
#: persons below which nothing is said about all of them
MIN_PERSONS = 10
#: outcome of the row before, and time
_ADJUSTED = 2


@dataclass(frozen=True, slots=True)
class EveryPersonEstimate:
    """Correlations of one process with the outcome, person by person.

    mean: of z, as a correlation. spread: τ of z. same_sign: share of persons with the sign of the mean, by μ and τ.
    every_p: p of “every person has this sign”. n_opposite: persons whose estimate has the other sign.
    """

    mean: AnswerInterval
    spread: float
    same_sign: float
    every_p: float
    n_opposite: int
    n_persons: int


@dataclass(frozen=True, slots=True)
class EveryPersonAnswer(Answer):
    """One process and the outcome, person by person; estimate is None with too few persons."""

    heading: ClassVar[str] = "In every person?"
    rule: ClassVar[str] = (
        "Correlation of process and outcome in the same row, for each person, adjusted for the outcome in the row "
        "before and for time. “Every” is contradicted if associations of the opposite sign are more frequent or "
        "larger than chance allows (test of Gail and Simon, p < .05). It cannot be proven: where it is not "
        "contradicted, it remains open. The order of process and outcome remains open too."
    )

    question: str
    process: str
    outcome: str
    estimate: EveryPersonEstimate | None

    @property
    def contradicted(self) -> bool:
        return self.estimate is not None and bool(self.estimate.mean.sign) and self.estimate.every_p < 0.05

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return whether the association holds on average, and whether in every person, without figures."""
        process, outcome = labels.get(self.process, self.process), labels.get(self.outcome, self.outcome)
        if self.estimate is None:
            return (
                f"{process} and {outcome}, person by person: cannot be estimated here ({MIN_PERSONS} persons with "
                f"{MIN_ROWS} rows are needed)."
            )
        sign = self.estimate.mean.sign
        if not sign:
            return f"{process} and {outcome}, person by person: inconclusive even on average."
        level = "higher" if sign > 0 else "lower"
        start = f"On average, above-average {process} goes with {level} {outcome} in the same row"
        if self.contradicted:
            return f"{start}, but not in every person: some have the opposite association."
        return f"{start}. The data neither contradict nor show that this holds in every person."

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return mean, spread and the test of “every”."""
        e = self.estimate
        if e is None:
            return ""
        p = "p < .001" if e.every_p < 0.001 else f"p = {e.every_p:.3f}".replace("0.", ".", 1)
        return (
            f"Mean correlation {e.mean}; SD between persons {e.spread:.2f}; estimated share with this sign "
            f"{e.same_sign:.0%}; {e.n_opposite} of {e.n_persons} persons have an estimate of the other sign; test of "
            f"“every” {p}."
        )


@dataclass(frozen=True, slots=True)
class EveryPerson:
    """Ask whether the association of a process and the outcome holds in every person."""

    process: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.process,)

    def answer(self, data: QuestionData) -> EveryPersonAnswer:
        """Estimate the correlation in each person, and test whether all have one sign."""
        return EveryPersonAnswer("every person", self.process, data.outcome, _estimate(data, self.process))


def correlations(data: QuestionData, process: str) -> tuple[Array, Array]:
    """Return partial correlation and number of rows of each person who has enough."""
    table = data.table
    earlier, later = table.successive()
    x, y = table.values[process][later], table.values[data.outcome][later]
    past, person, times = table.values[data.outcome][earlier], table.person[later], table.times[later]
    complete = np.isfinite(np.column_stack([x, y, past])).all(axis=1)
    rows = []
    for i in np.unique(person[complete]):
        own = complete & (person == i)
        n = int(own.sum())
        if n < MIN_ROWS:
            continue
        adjusted = np.column_stack([np.ones(n), past[own], times[own]])
        residuals = np.column_stack([x[own], y[own]])
        size = np.sqrt((residuals**2).mean(axis=0))
        residuals = residuals - adjusted @ np.linalg.lstsq(adjusted, residuals, rcond=None)[0]
        # what rounding leaves of a column that the others determine is no variation
        if (np.sqrt((residuals**2).mean(axis=0)) > 1e-9 * np.maximum(size, 1e-300)).all():
            rows.append((float(np.corrcoef(residuals.T)[0, 1]), n))
    r, n_rows = np.array(rows, dtype=float).reshape(-1, 2).T
    return np.clip(r, -0.999999, 0.999999), n_rows


def _estimate(data: QuestionData, process: str) -> EveryPersonEstimate | None:
    r, rows = correlations(data, process)
    if len(r) < MIN_PERSONS:
        return None
    z, v = np.arctanh(r), 1.0 / (rows - _ADJUSTED - 3)
    mean, error, spread = random_effects(z, v)
    interval = AnswerInterval.of_t(mean, error, len(z) - 1)
    sign = 1.0 if mean >= 0 else -1.0
    # exact t of a partial correlation, as a normal deviate
    df = rows - _ADJUSTED - 2
    t = r * np.sqrt(df / (1.0 - r**2))
    tails = np.maximum(t_tail(np.abs(t), df), 1e-300)
    deviates = np.array([math.copysign(normal_quantile(float(p)), a) for p, a in zip(tails, t, strict=True)])
    same = float(normal_tail(-abs(mean) / spread)) if spread > 0 else 1.0
    bounds = (math.tanh(value) for value in (interval.estimate, interval.lower, interval.upper))
    estimate, lower, upper = bounds
    return EveryPersonEstimate(
        AnswerInterval(estimate, error, lower, upper),
        spread,
        same,
        every_p(sign * deviates),
        int((sign * r < 0).sum()),
        len(r),
    )


def random_effects(z: Array, v: Array) -> tuple[float, float, float]:
    """Return mean, its standard error (Hartung and Knapp) and the SD between persons (DerSimonian and Laird)."""
    weight = 1.0 / v
    fixed = float((weight * z).sum() / weight.sum())
    q = float((weight * (z - fixed) ** 2).sum())
    scale = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max((q - (len(z) - 1)) / scale, 0.0)
    weight = 1.0 / (v + between)
    mean = float((weight * z).sum() / weight.sum())
    error = math.sqrt(float((weight * (z - mean) ** 2).sum() / (len(z) - 1) / weight.sum()))
    return mean, error, math.sqrt(between)


def every_p(deviates: Array) -> float:
    """Return p of “no true value is negative” from independent normal deviates (Gail & Simon 1985)."""
    n, q = len(deviates), float((deviates[deviates < 0] ** 2).sum())
    if q == 0.0:
        return 1.0
    h = np.arange(1, n + 1)
    log_weight = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2.0) for k in h]
    return float(min((np.exp(log_weight) * chi2_tail(q, h)).sum(), 1.0))
