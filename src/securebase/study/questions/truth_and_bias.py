"""Truth and bias of one rating as a judgement of another (West & Kenny 2011), for example alliance by both parties.

With the second rating as truth T and the first as judgement J of the same session t of person i, on one scale:

    directional bias        b₀ = mean over persons of J̄_i − T̄_i
    truth force between     J̄_i = a + b_B T̄_i + u_i
    truth force, bias force J_it = b_W T_it + c y_it + person’s mean or line + e_it

y is the outcome: the bias force is the pull of the judgement towards how the outcome is rated in the same session,
beyond the truth. Accuracy is the correlation of both ratings, between persons and within them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import MIN_PAIRS, MIN_PERSONS, Array
from securebase.study.questions.question import AnswerInterval, QuestionData
from securebase.study.regression import regress


@dataclass(frozen=True, slots=True)
class TruthAndBias:
    """One rating judged by the other; None where it cannot be estimated.

    directional_bias: judgement minus truth, in points. truth_between, truth_within: points of the judgement per point
    of the truth. bias_force: SDs of the judgement per SD of the outcome, within persons, given the truth.
    truth_detrended, bias_detrended: the same, detrended within person.
    """

    judgement: str
    truth: str
    directional_bias: AnswerInterval | None
    truth_between: AnswerInterval | None
    truth_within: AnswerInterval | None
    truth_detrended: AnswerInterval | None
    bias_force: AnswerInterval | None
    bias_detrended: AnswerInterval | None
    n_persons: int

    @property
    def forces(self) -> tuple[tuple[str, AnswerInterval | None], ...]:
        """Return the forces with their names; not the directional bias, which is in points."""
        return (
            ("truth force, between persons", self.truth_between),
            ("truth force, within persons", self.truth_within),
            ("truth force, detrended", self.truth_detrended),
            ("bias force, within persons", self.bias_force),
            ("bias force, detrended", self.bias_detrended),
        )


def truth_and_bias(data: QuestionData, judgement: str, truth: str) -> TruthAndBias:
    """Estimate how far a judgement follows the truth, its mean level, and its pull towards the outcome."""
    table = data.table
    J, T, y = (table.values[name] for name in (judgement, truth, data.outcome))
    both = np.isfinite(J) & np.isfinite(T)
    J, T, person = J[both], T[both], table.person[both]
    count = np.bincount(person, minlength=table.n_persons)
    present = count > 0
    n = int(present.sum())
    if n < MIN_PERSONS:
        return TruthAndBias(judgement, truth, None, None, None, None, None, None, n)
    means = [np.bincount(person, x, table.n_persons)[present] / count[present] for x in (J, T)]
    difference = means[0] - means[1]
    bias = AnswerInterval.of_t(float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(n)), n - 1)
    between = regress(means[0], means[1][:, None], np.arange(n), n)
    within = {method: _within(data, (J, T, y[both]), both, method) for method in Detrending}
    return TruthAndBias(
        judgement,
        truth,
        bias,
        None
        if between is None
        else AnswerInterval.of_t(float(between.coefficients[1]), float(between.standard_errors[1]), n - 2),
        within[Detrending.CENTRED][0],
        within[Detrending.DETRENDED][0],
        within[Detrending.CENTRED][1],
        within[Detrending.DETRENDED][1],
        n,
    )


def _within(
    data: QuestionData, columns: tuple[Array, Array, Array], rows: np.ndarray, method: Detrending
) -> tuple[AnswerInterval | None, AnswerInterval | None]:
    """Return truth force and bias force; without enough rows with the outcome, the truth force alone."""
    person, times = data.table.person[rows], data.table.times[rows]
    for names in (3, 2):
        complete = np.isfinite(np.column_stack(columns[:names])).all(axis=1)
        cluster = person[complete]
        values = [detrend(method, column[complete], times[complete], cluster) for column in columns[:names]]
        usable = np.isfinite(np.column_stack(values)).all(axis=1)
        values, cluster = [value[usable] for value in values], cluster[usable]
        if len(cluster) < MIN_PAIRS or len(np.unique(cluster)) < MIN_PERSONS:
            continue
        spread = [float(value.std(ddof=1)) for value in values]
        constant = any(s <= 1e-9 * np.abs(c[complete]).max() for s, c in zip(spread, columns, strict=False))
        regression = (
            None if constant else regress(values[0], np.column_stack(values[1:]), cluster, data.table.n_persons)
        )
        if regression is None:
            continue
        df = regression.n_clusters - 1
        errors = regression.standard_errors
        truth = AnswerInterval.of_t(float(regression.coefficients[1]), float(errors[1]), df)
        if names == 2:
            return truth, None
        scale = spread[2] / spread[0]
        return truth, AnswerInterval.of_t(float(regression.coefficients[2] * scale), float(errors[2] * scale), df)
    return None, None
