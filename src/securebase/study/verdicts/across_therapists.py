r"""Test whether a direction that leads is significant across therapists, whose clients may share moods or weeks.

Time reversal and M sum independent contributions of persons. If clients of one therapist move alike, only therapists
are independent. Time reversal is therefore repeated as a t test of therapists' sums of the asymmetries a_i. The signed
root z of M's likelihood ratio is divided by the root of its design effect (Kent 1982, Biometrika 69, 19–27; Chandler
and Bate 2007, Biometrika 94, 167–183), where that is above 1,

    D = G / (G − 1) Σ_g (Σ_{i∈g} u_i)² / I,    u_i = s_iβ − H_βγ H_γγ⁻¹ s_iγ,    I = H_ββ − H_βγ H_γγ⁻¹ H_γβ,

with s_i the gradient of person i's log-likelihood at the fit, H the curvature of all, G therapists, and compared with
t of G − 1 degrees of freedom. A score test without β would have far less power: the likelihood is not quadratic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from securebase.model.distributions import t_tail
from securebase.model.estimation.optimise import Iterate, forward_difference_hessian
from securebase.study.verdicts.course import Array, Indices, Pair, adjust_for_common_course
from securebase.study.verdicts.likelihood import RestrictedLikelihood
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.reversal import antisymmetry, joint_residuals
from securebase.study.verdicts.rule import PairVerdict, Rung, holm
from securebase.study.verdicts.session_sums import Contrast, contrast
from securebase.study.verdicts.within import LagDirection, fit_within

#: with fewer therapists, their sums do not tell how much therapists differ
MIN_THERAPISTS = 10
#: step of the central differences of persons' log-likelihoods
_STEP = 1e-4
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class AcrossTherapists:
    """Both tests across therapists. reversal: asymmetry in time; effect: the cross-lagged coefficient."""

    reversal: Contrast
    effect: Contrast

    @property
    def n_therapists(self) -> int:
        """Return the number of therapists whose clients contribute."""
        return min(self.reversal.n_persons, self.effect.n_persons)

    @property
    def p(self) -> float:
        """Return the larger p of the two tests."""
        return max(self.reversal.p, self.effect.p)

    @property
    def is_known(self) -> bool:
        """Return whether there are enough therapists to tell."""
        return self.n_therapists >= MIN_THERAPISTS


def across_therapists(pair: Pair, direction: LagDirection, therapist: Indices) -> AcrossTherapists:
    """Test a direction across therapists. pair: as observed; therapist: (N,) number of each person's therapist."""
    adjusted = adjust_for_common_course(pair)
    y, x = joint_residuals(adjusted)
    counts = np.isfinite(y).any(axis=1)
    within = fit_within(adjusted)
    likelihood = RestrictedLikelihood(adjusted, private=False)
    scores, information = efficient_scores(likelihood, within.theta, direction.position)
    sums = _sums(scores, therapist[likelihood.persons])
    n = len(sums)
    design_effect = n / max(n - 1, 1) * float((sums**2).sum()) / information if information > 0 else np.inf
    z = within.tests[direction].z / np.sqrt(max(design_effect, 1.0))
    a = _sums(antisymmetry(y, x)[counts], therapist[counts])
    return AcrossTherapists(
        reversal=contrast(a[:, None], np.ones((len(a), 1), dtype=bool)),
        effect=Contrast(z, 2.0 * float(t_tail(abs(z), max(n - 1, 1))), n),
    )


def efficient_scores(likelihood: RestrictedLikelihood, theta: Array, position: int) -> tuple[Array, float]:
    """Return each person's efficient score (persons,) of one parameter at theta, and its information."""
    steps = _STEP * np.eye(len(theta))
    scores = np.array([likelihood.of_persons(theta + h) - likelihood.of_persons(theta - h) for h in steps]).T
    scores /= 2.0 * _STEP
    others = np.arange(len(theta)) != position
    H = forward_difference_hessian(likelihood.objective, Iterate(theta, *likelihood.objective(theta)))
    projection = np.linalg.lstsq(H[np.ix_(others, others)], H[others, position], rcond=None)[0]
    information = float(H[position, position] - H[position, others] @ projection)
    return scores[:, position] - scores[:, others] @ projection, information


def corrected_across_therapists(
    verdicts: Mapping[_Key, PairVerdict], tests: Mapping[_Key, AcrossTherapists]
) -> dict[_Key, float]:
    """Return the p of each test, at least that of its verdict, corrected by Holm over all pairs not refused."""
    family = {key: verdict.readings.p for key, verdict in verdicts.items() if verdict.readings is not None}
    largest_p = {key: max(p, tests[key].p) if key in tests else p for key, p in family.items()}
    corrected = dict(zip(largest_p, holm(list(largest_p.values())), strict=True))
    return {key: corrected[key] for key, test in tests.items() if test.is_known}


def conclude_across_therapists(
    verdicts: Mapping[_Key, PairVerdict], p_adjusted: Mapping[_Key, float]
) -> dict[_Key, PairVerdict]:
    """Return the verdicts, inconclusive where a direction is not significant across therapists."""
    lost = {key for key, p in p_adjusted.items() if p >= LEVEL}
    return {
        key: replace(verdict, rung=Rung.INCONCLUSIVE, direction=None) if key in lost else verdict
        for key, verdict in verdicts.items()
    }


def _sums(values: Array, therapist: Indices) -> Array:
    """Return the sum of values (persons,) of each therapist."""
    present, number = np.unique(therapist, return_inverse=True)
    return np.bincount(number, weights=values, minlength=len(present)).astype(np.float64)
