"""The continuous-time model of one panel, as the engine fits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import Advice, ModelError
from securebase.model.equations import stationary_covariance
from securebase.model.estimation.blocks import CovarianceBlock
from securebase.model.estimation.names import block_of, columns_of, diagonal_column
from securebase.model.estimation.optimise import (
    Indices,
    Iterate,
    KnownHessian,
    Optimum,
    bfgs,
    forward_difference_hessian,
    hessian,
)
from securebase.model.estimation.problem import NormalPrior, Problem
from securebase.model.estimation.result import FitResult
from securebase.model.fit import priors
from securebase.model.fit.identifiability import find_refusals
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.fit.result import Fit
from securebase.model.fit.start_values import initial_values
from securebase.model.fit.transforms import FixedBlock, Transform, build_transform, parameter_blocks
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend

#: autocovariance of a construct's state at one median gap over its total variance (state and noise), below which the
#: state cannot be separated from noise and the drift is not identified
_MIN_PERSISTENCE = 0.02
#: absolute z score, and gap in median gaps, beyond which a value counts as an outlier
_FAR_SCORE, _FAR_GAP = 6.0, 100.0
#: rows of the subsample that gives the start of a large panel, and the gradient tolerance there
_SUBSAMPLE_ROWS, _SUBSAMPLE_TOLERANCE = 3000, 1e-3
#: SD of the weak normal prior on the internal scale of a trend's rate (apart), centred on the middle of its range
_RATE_SPREAD = 1.5
#: SD of the weak normal prior on the logarithm of a noise variance, where a reliability is given
_NOISE_SPREAD = 0.5
#: autocorrelation of the states at one median gap where a search starts again
_FALLBACK_PERSISTENCE = 0.7
#: covariance block that can become singular → its name in a sentence
_SINGULAR = {
    "diffusion": "diffusion matrix",
    "start_covariance": "covariance of initial deviations",
    "level_covariance": "covariance of long-run means",
    "change_covariance": "covariance of random slopes",
    "therapist_covariance": "covariance of therapist means",
}


class ContinuousTimeProblem(Problem[Parameters, Fit]):
    """The continuous-time model of one panel, with reliabilities or a parameter set as prior."""

    def __init__(
        self,
        panel: Panel,
        specification: Specification,
        *,
        reliability: Mapping[str, float] | None = None,
        prior: ShrinkagePrior | None = None,
    ) -> None:
        super().__init__(panel)
        self.specification, self.reliability, self.prior = specification, reliability or {}, prior

    @cached_property
    def scale(self) -> Transform:
        return build_transform(self.panel, self.specification)

    @cached_property
    def likelihood(self) -> Likelihood:
        return self.likelihood_of(self.scale.panel)

    @property
    def n_parameters(self) -> int:
        return sum(block.size for block in parameter_blocks(self.specification, self.specification.planned_end))

    @property
    def fingerprints(self) -> dict[str, str]:
        """Digests of the scores with their times, and of each covariate, input and therapist column used."""
        panel, spec = self.panel, self.specification
        columns: dict[str, NDArray[Any] | None] = {"therapists": panel.therapist} if spec.therapists else {}
        for kind, values, names in (
            ("covariate", panel.covariates, spec.covariates),
            ("input", panel.inputs, spec.inputs),
        ):
            columns |= {f"{kind} {name}": None if values is None else values[:, k] for k, name in enumerate(names)}
        digests = {
            name: sha256(np.ascontiguousarray(column).tobytes()).hexdigest()
            for name, column in columns.items()
            if column is not None
        }
        return {"scores": panel.fingerprint, **digests}

    @cached_property
    def log_prior(self) -> NormalPrior:
        scale = self.scale
        if self.prior is None:
            mean, precision = np.zeros(scale.size), np.zeros(scale.size)
            precision[scale.where("rate")] = _RATE_SPREAD**-2
        else:
            mean, precision = priors.prior_moments(scale, self.prior)
        for k, name in enumerate(self.specification.scores):
            if name in self.reliability:
                # scores have variance 1, so the noise variance is 1 − reliability
                i = scale.where("measurement_noise")[k]
                mean[i] = np.log(max(1.0 - self.reliability[name], 1e-3))
                precision[i] = _NOISE_SPREAD**-2
        return NormalPrior(mean, precision)

    @cached_property
    def subsample(self) -> ContinuousTimeProblem:
        """The same problem for evenly spaced persons with about `_SUBSAMPLE_ROWS` rows; itself for a small panel."""
        share = self.likelihood.n_rows / _SUBSAMPLE_ROWS
        if share < 2.0:
            return self
        few = copy(self)
        persons = np.unique(np.linspace(0, self.n - 1, max(int(self.n / share), 2)).astype(np.int64))
        few.likelihood = self.likelihood_of(self.scale.panel.select_persons(persons))
        few.n = len(persons)
        # the prior keeps its weight relative to the fewer persons
        few.log_prior = replace(self.log_prior, precision=self.log_prior.precision * len(persons) / self.n)
        return few

    def likelihood_of(self, panel: Panel) -> Likelihood:
        return Likelihood(panel, self.scale.specification)

    def refusals(self) -> Iterator[Advice]:
        return find_refusals(self.panel, self.specification, self.n_parameters, has_prior=self.prior is not None)

    def first_start(self) -> Array:
        """Return the prior's centre, or moments; for a large panel the optimum of its subsample, if that is better."""
        if self.prior is not None:
            return self.log_prior.mean
        x, few = initial_values(self.scale), self.subsample
        if few is self:
            return x
        end, _ = bfgs(
            few,
            x,
            tolerance=_SUBSAMPLE_TOLERANCE,
            curvature=lambda at: forward_difference_hessian(few, at, few.known_hessian(at.x)),
            floor=self.floor,
        )
        return end.x if self(end.x)[0] < self(x)[0] else x

    def fallback_start(self) -> Array | None:
        return initial_values(self.scale, persistence=_FALLBACK_PERSISTENCE) if self.prior is None else None

    def first_curvature(self, point: Iterate) -> Array:
        """Approximate the Hessian from the subsample, which is accurate enough to start BFGS."""
        few = self.subsample
        return forward_difference_hessian(few, Iterate(point.x, *few(point.x)), few.known_hessian(point.x))

    def curvature(self, x: Array, indices: Indices, near_singular: bool) -> Array:
        # one-sided differences would most likely be computed in vain
        gradient = None if near_singular else self(x)[1]
        return hessian(self, x, indices, gradient=gradient, known=self.known_hessian(x))

    def known_hessian(self, x: Array) -> KnownHessian | None:
        """Return the second derivatives along the covariance of levels and random slopes, which need no differences.

        None with therapists, and where the likelihood is undefined.
        """
        if self.specification.therapists:
            return None
        at = self.scale.where("level_covariance")
        block = next(b for b in self.scale.blocks if b.name == "level_covariance")
        assert isinstance(block, CovarianceBlock)
        try:
            bar, form = self.likelihood.along_person_covariance(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return None
        return at, (np.diag(self.log_prior.precision[at]) - block.hessian(x[at], bar, form)) / self.n

    def clusters(self) -> tuple[str, list[NDArray[np.int64]]]:
        """Return persons, or the clients of each therapist, who are not independent."""
        therapist = self.panel.therapist
        if self.specification.therapists and therapist is not None:
            return "therapists", [np.flatnonzero(therapist == t).astype(np.int64) for t in np.unique(therapist)]
        return super().clusters()

    def examine(self, optimum: Optimum) -> Optimum:
        """Name the constructs without persistence where the fit fails."""
        if optimum.kind in ("not_converged", "indefinite") and not optimum.unbounded:
            names = self._constructs_without_persistence(optimum.iterate)
            return replace(optimum, kind="not_separable" if names else optimum.kind, without_persistence=names)
        return optimum

    def _constructs_without_persistence(self, end: Iterate) -> tuple[str, ...]:
        """Return the constructs with almost no autocovariance at one median gap (internal time 1).

        With P = Cov(x) and noise R the lag-one autocorrelation of the scores is (exp(A) P)_kk / (P_kk + R_kk).
        """
        parameters = self.scale.standard(end.x)
        try:
            P = stationary_covariance(parameters.drift, parameters.diffusion)
        except ModelError:
            return ()
        total = np.diag(P) + parameters.measurement_noise[self.scale.reference_columns]
        persistence = np.diag(np.asarray(expm(parameters.drift)) @ P) / total
        constructs = self.specification.constructs
        return tuple(c for c, r in zip(constructs, persistence, strict=True) if abs(r) < _MIN_PERSISTENCE)

    def result(self, plain: FitResult, parameters: Parameters | None, optimum: Optimum | None) -> Fit:
        result = Fit(**vars(plain), specification=self.specification, parameters=parameters)
        if optimum is None:
            return result
        result = replace(result, reliability=dict(self.reliability))
        if self.prior is None or optimum.kind != "converged":
            return result
        J = self.scale.jacobian(optimum.iterate.x)[:, optimum.free]
        all_shares = priors.data_shares(J, plain.covariance, self.log_prior.precision[optimum.free])
        shares = {n: float(v) for n, v in zip(plain.estimates, all_shares, strict=True) if np.isfinite(v)}
        outcome = priors.regularisation_advice(self.prior, self.n, self.scale.size, shares)
        return replace(result, outcome=outcome, data_share=shares)

    def notes(self) -> tuple[str, ...]:
        notes = []
        if len(self.scale.where("rate")) and self.prior is None:
            notes.append(
                f"The trend's rate has a weak normal prior, SD {_RATE_SPREAD}, on the logistic scale of log(rate × "
                "planned end) between 0.1 and 10."
            )
        if self.reliability:
            notes.append(
                "The logarithm of the measurement error variance has a normal prior from the stated reliability, SD "
                f"{_NOISE_SPREAD}. The log-likelihood at the estimates is not the maximum, so AIC and BIC are not "
                "given."
            )
        if any(isinstance(block, FixedBlock) for block in self.scale.blocks):
            notes.append(
                "The long-run mean refers to the first row: therapy acts in every row, so the mean without therapy is "
                "not identified."
            )
        return tuple(notes)

    def remedies(self) -> dict[str, str]:
        return {
            "boundary": "Give the reliability of the scores, gather more rows for each person, or use fewer "
            "constructs.",
            "indefinite": "Use fewer constructs or a simpler trend or start, or gather more persons or rows.",
            "not_converged": f"Use fewer constructs, or a simpler trend or start.{self.outlier_hint()}",
        }

    def advice(self, optimum: Optimum) -> Advice:
        if optimum.kind != "not_separable":
            return super().advice(optimum)
        names = " and ".join(f"“{c}”" for c in optimum.without_persistence)
        trend_clause = "" if self.specification.trend == Trend.NONE else " and the trend"
        return Advice(
            "not_separable",
            f"Deviations of {names} from the long-run mean{trend_clause} do not persist from one row to the next, so "
            "the state cannot be separated from measurement error and the drift is not identified.",
            "Leave the column out of the model, or gather rows that are closer together.",
        )

    def outlier_hint(self) -> str:
        """Return a hint at outliers, a common cause of failed convergence; empty without any."""
        panel = self.scale.panel
        far = np.nanmax(np.abs(panel.scores), axis=0)
        names = [f"some scores of “{c}”" for c, z in zip(self.specification.scores, far, strict=True) if z > _FAR_SCORE]
        if (np.diff(panel.times)[panel.within_person] > _FAR_GAP).any():
            names.append("some times")
        return f" Check the table: {' and '.join(names)} lie far from all others." if names else ""

    def describe_held(self, name: str) -> str:
        block = block_of(name)
        if block == "measurement_noise":
            return f"the measurement error variance of “{columns_of(name)}” is zero"
        return f"the {_SINGULAR.get(block, block)} is singular at “{diagonal_column(name)}”"
