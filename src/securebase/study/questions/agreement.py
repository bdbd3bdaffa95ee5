"""Agreement of two ratings of one thing, such as goals by client and therapist: in itself, and as a predictor.

How far one rating follows the other is in `truth_and_bias`. As a predictor, agreement is read from a response surface:
the outcome at the next session is regressed on both ratings, their squares and their product (Edwards & Parry 1993):

    y(t + 1) = b₁ x + b₂ z + b₃ x² + b₄ x z + b₅ z² + γ y(t) + person's mean or line + e.

Along the line of agreement (x = z) the surface has the slope b₁ + b₂ and the curvature b₃ + b₄ + b₅; along the line of
disagreement (x = −z) the slope b₁ − b₂ and the curvature b₃ − b₄ + b₅. Its ridge is the line of agreement itself only
if b₃ = b₅ and b₁ = b₂ too (Humberg, Nestler & Back 2019). Where b₄ = 0 the surface is a bowl: it rises with extreme
ratings, as much where they agree as where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import MIN_PAIRS, MIN_PERSONS
from securebase.study.phrases import number
from securebase.study.questions.question import Answer, AnswerInterval, AnswerTable, QuestionData
from securebase.study.questions.truth_and_bias import TruthAndBias, truth_and_bias
from securebase.study.regression import regress
from securebase.study.variance import ConstructCorrelations, Correlation, correlate

#: (b₁ … b₅) → slope and curvature along agreement, slope and curvature along disagreement, asymmetry of the ridge, b₄
_CONTRASTS = np.array(
    [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1], [1, -1, 0, 0, 0], [0, 0, 1, -1, 1], [0, 0, 1, 0, -1], [0, 0, 0, 1, 0]], float
)
#: ratings that differ by less than this, in SDs of both together, count as agreement
_AGREEMENT = 0.5
#: SD of one rating by that of the other above which they are not taken to use one scale
_SCALE_RATIO = 5.0


@dataclass(frozen=True, slots=True)
class ResponseSurface:
    """Features of a surface in SDs of the outcome per SD of both ratings together, errors clustered by person.

    coefficients: b₁ to b₅. product: b₄.
    """

    detrending: Detrending
    coefficients: tuple[float, ...]
    agreement_slope: AnswerInterval
    agreement_curvature: AnswerInterval
    disagreement_slope: AnswerInterval
    disagreement_curvature: AnswerInterval
    asymmetry: AnswerInterval
    product: AnswerInterval
    n_pairs: int
    n_persons: int


@dataclass(frozen=True, slots=True)
class AgreementAnswer(Answer):
    """Both surfaces; None where they cannot be estimated. shares: of sessions with x lower, about equal, and higher.

    worse: sign of the curvature along disagreement with which disagreement precedes a worse outcome. roles: the first
    rating as judgement of the second, then reversed. accuracy: correlations of both ratings. spreads: their
    SDs.
    """

    heading: ClassVar[str] = "Agreement of two ratings"
    rule: ClassVar[str] = (
        "The surface is estimated within persons, once centred and once detrended. Disagreement is said to precede a "
        "worse outcome if the curvature along disagreement differs from 0 in that direction in both; if the product of "
        "both ratings differs from 0 in the other direction (detrended), as otherwise extreme ratings may explain the "
        "result; and if neither the slope along disagreement nor the asymmetry of the ridge differs from 0 "
        "(detrended), as otherwise the level of one rating may. Both ratings must use the same scale: nothing is "
        f"judged if the SD of one exceeds {_SCALE_RATIO:g} times that of the other. Measurement "
        "error flattens the curvature. Truth and bias (West and Kenny): the second rating counts as the truth, the "
        "first as a judgement of it. Directional bias is the difference of their mean levels; truth force is how far "
        "the judgement moves with the truth; bias force its pull towards the outcome of the same session, given the "
        "truth. A force within persons is stated if centred and detrended intervals exclude 0 on the same side. "
        "Neither rating is known to be right: the roles are reversed as a sensitivity analysis. Measurement error "
        "weakens truth force and correlation. The correlation within persons is their temporal congruence."
    )

    question: str
    first: str
    second: str
    outcome: str
    worse: int
    shares: tuple[float, float, float] | None
    centred: ResponseSurface | None
    detrended: ResponseSurface | None
    roles: tuple[TruthAndBias, ...] = ()
    accuracy: ConstructCorrelations | None = None
    spreads: tuple[float, float] = (1.0, 1.0)

    @property
    def one_scale(self) -> bool:
        """Return whether the ratings vary, and alike enough to use one scale."""
        lower, higher = sorted(self.spreads)
        return 0 < higher <= _SCALE_RATIO * lower

    @property
    def supported(self) -> bool:
        """Return whether disagreement precedes a worse outcome by the rule."""
        if not self.one_scale or self.centred is None or self.detrended is None:
            return False
        curved = {self.centred.disagreement_curvature.sign, self.detrended.disagreement_curvature.sign} == {self.worse}
        differ = self.detrended.product.sign == -self.worse
        return curved and differ and not (self.detrended.disagreement_slope.sign or self.detrended.asymmetry.sign)

    def in_words(self, labels: Mapping[str, str]) -> str:
        """Return how far one rating follows the other, and whether disagreement precedes a worse outcome."""
        if not self.one_scale:
            first, second = (labels.get(name, name) for name in (self.first, self.second))
            narrow, wide = map(number, sorted(self.spreads))
            # rounding errors of a constant
            if min(self.spreads) <= 1e-9 * max(self.spreads):
                return (
                    f"{first} and {second}: agreement cannot be estimated here (no row has both, or one does not vary)."
                )
            return (
                f"{first} and {second}: agreement is not judged, because their SDs ({narrow} and {wide}) suggest "
                "different scales. Put both on one scale first."
            )
        return " ".join([*self._following_in_words(labels), self._surface_in_words(labels)])

    def _following_in_words(self, labels: Mapping[str, str]) -> list[str]:
        role = self.roles[0] if self.roles else None
        if role is None or role.directional_bias is None:
            return []
        judgement, truth, outcome = (labels.get(n, n) for n in (role.judgement, role.truth, self.outcome))
        level = {
            1: "is higher on average than",
            -1: "is lower on average than",
            0: "is not shown to differ in level from",
        }
        followed: list[tuple[str, list[AnswerInterval | None]]] = [
            ("between persons", [role.truth_between]),
            ("within persons", [role.truth_within, role.truth_detrended]),
        ]
        follows = [words for words, forces in followed if all(force and force.sign > 0 for force in forces)]
        sentences = [f"{judgement} {level[role.directional_bias.sign]} {truth}."]
        sentences.append(
            f"It follows {truth} {' and '.join(follows)}." if follows else f"It is not shown to follow {truth}."
        )
        pulls = {interval.sign if interval else 0 for interval in (role.bias_force, role.bias_detrended)}
        if pulls in ({1}, {-1}):
            side = "higher" if pulls == {1} else "lower"
            sentences.append(f"Given {truth}, it is {side} in sessions with higher {outcome}.")
        return sentences

    def _surface_in_words(self, labels: Mapping[str, str]) -> str:
        first, second, outcome = (labels.get(name, name) for name in (self.first, self.second, self.outcome))
        if self.centred is None or self.detrended is None:
            return f"{first} and {second}: agreement cannot be estimated here (too few pairs, or no variation)."
        if self.supported:
            return (
                f"Disagreement between {first} and {second}, in either direction, tends to precede worse ratings of "
                f"{outcome} than agreement."
            )
        return f"Whether agreement of {first} and {second} precedes better ratings of {outcome} is inconclusive."

    def tables(self, labels: Mapping[str, str]) -> tuple[AnswerTable, ...]:
        """Return truth and bias in both roles, and the correlations of the ratings."""
        if not self.one_scale or not self.roles or self.accuracy is None or self.roles[0].directional_bias is None:
            return ()
        names = [labels.get(role.judgement, role.judgement) for role in self.roles]
        biases = [role.directional_bias for role in self.roles]
        rows = [("directional bias, in points", *map(_cell, biases))]
        for (name, first), (_, second) in zip(self.roles[0].forces, self.roles[1].forces, strict=True):
            rows.append((name, _cell(first), _cell(second)))
        levels = ("correlation, between persons", "correlation, within persons", "correlation, detrended")
        values = (self.accuracy.between, self.accuracy.within, self.accuracy.within_detrended)
        rows += [(level, *2 * (_correlation(r),)) for level, r in zip(levels, values, strict=True)]
        return (
            AnswerTable(
                "Truth and bias (95% interval)", ("measure", *(f"{n} as judgement" for n in names)), tuple(rows)
            ),
        )

    def figures_in_words(self, labels: Mapping[str, str]) -> str:
        """Return slopes and curvatures of the detrended surface, and how often both ratings agree."""
        surface = self.detrended
        if not self.one_scale or surface is None or self.shares is None:
            return ""
        lower, equal, higher = (f"{share:.0%}" for share in self.shares)
        first, second = labels.get(self.first, self.first), labels.get(self.second, self.second)
        return (
            f"Detrended within person: along disagreement slope {surface.disagreement_slope}, curvature "
            f"{surface.disagreement_curvature}; along agreement slope {surface.agreement_slope}, curvature "
            f"{surface.agreement_curvature}; asymmetry {surface.asymmetry}; product {surface.product}. "
            f"{first} is lower than {second} in {lower} of sessions, about equal in {equal}, higher in {higher}."
        )


def _cell(interval: AnswerInterval | None) -> str:
    return "–" if interval is None else str(interval)


def _correlation(r: Correlation | None) -> str:
    return "–" if r is None else f"{number(r.estimate)} ({number(r.lower)} to {number(r.upper)})"


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Ask how far two ratings on one scale agree, and whether agreement precedes a better outcome."""

    first: str
    second: str

    @property
    def columns(self) -> tuple[str, ...]:
        return self.first, self.second

    def answer(self, data: QuestionData) -> AgreementAnswer:
        """Estimate the surface, centred and detrended."""
        centred, detrended = (_surface(data, self, method) for method in Detrending)
        # a surface that is curved upwards along disagreement raises the outcome where the ratings differ
        worse = -int(data.sign(data.outcome))
        shares = _shares(data, self)
        return AgreementAnswer(
            "agreement",
            self.first,
            self.second,
            data.outcome,
            worse,
            shares,
            centred,
            detrended,
            roles=(truth_and_bias(data, self.first, self.second), truth_and_bias(data, self.second, self.first)),
            accuracy=correlate(data.table, self.first, self.second),
            spreads=_spreads(data, self),
        )


def _scaled(data: QuestionData, question: RatingAgreement) -> np.ndarray | None:
    """Return both ratings (2, rows) around their common mean, in SDs of both together."""
    ratings = np.array([data.table.values[name] for name in question.columns])
    ratings[:, ~np.isfinite(ratings).all(axis=0)] = np.nan
    if not np.isfinite(ratings).any():
        return None
    spread = float(np.nanstd(ratings))
    return (ratings - np.nanmean(ratings)) / spread if spread > 0 else None


def _spreads(data: QuestionData, question: RatingAgreement) -> tuple[float, float]:
    """Return the SD of each rating, over rows with both; 0 without any."""
    ratings = np.array([data.table.values[name] for name in question.columns])
    both = ratings[:, np.isfinite(ratings).all(axis=0)]
    first, second = both.std(axis=1) if both.size else (0.0, 0.0)
    return float(first), float(second)


def _shares(data: QuestionData, question: RatingAgreement) -> tuple[float, float, float] | None:
    ratings = _scaled(data, question)
    if ratings is None:
        return None
    difference = ratings[0] - ratings[1]
    difference = difference[np.isfinite(difference)]
    lower, higher = float((difference < -_AGREEMENT).mean()), float((difference > _AGREEMENT).mean())
    return lower, 1.0 - lower - higher, higher


def _surface(data: QuestionData, question: RatingAgreement, method: Detrending) -> ResponseSurface | None:
    table, ratings = data.table, _scaled(data, question)
    if ratings is None:
        return None
    x, z = ratings
    earlier, later = table.successive()
    y = table.values[data.outcome]
    columns = [y[later], x[earlier], z[earlier], *((x * x)[earlier], (x * z)[earlier], (z * z)[earlier]), y[earlier]]
    rows = np.isfinite(np.column_stack(columns)).all(axis=1)
    person, times = table.person[later][rows], table.times[later][rows]
    # every term loses its own mean or line in each person, so that only movements within persons count, on the scale of
    # the ratings themselves: deviations of ratings cannot agree
    terms = np.column_stack([detrend(method, column[rows], times, person) for column in columns])
    usable = np.isfinite(terms).all(axis=1)
    terms, person = terms[usable], person[usable]
    if len(terms) < MIN_PAIRS or len(np.unique(person)) < MIN_PERSONS:
        return None
    spread = float(terms[:, 0].std(ddof=1))
    regression = regress(terms[:, 0], terms[:, 1:], person, table.n_persons) if spread > 0 else None
    if regression is None:
        return None
    coefficients = regression.coefficients[1:6] / spread
    covariance = _CONTRASTS @ regression.covariance[1:6, 1:6] @ _CONTRASTS.T / spread**2
    slope, curvature, other_slope, other_curvature, asymmetry, product = (
        AnswerInterval.of_t(value, float(np.sqrt(variance)), regression.n_clusters - 1)
        for value, variance in zip(_CONTRASTS @ coefficients, np.diag(covariance), strict=True)
    )
    return ResponseSurface(
        method,
        tuple(map(float, coefficients)),
        agreement_slope=slope,
        agreement_curvature=curvature,
        disagreement_slope=other_slope,
        disagreement_curvature=other_curvature,
        asymmetry=asymmetry,
        product=product,
        n_pairs=regression.n,
        n_persons=regression.n_clusters,
    )
