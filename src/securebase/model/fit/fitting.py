"""The verb: estimates with standard errors by the exact likelihood, and an honest word on how the fit ended.

BFGS on log-likelihood / persons with the exact gradient, Newton's steps to finish, observed information by central
differences of the gradient, standard errors on the natural scale by the delta method. How it ended is a value with
advice (`Fit.outcome`), never a crash: converged, boundary, not_separable, indefinite, not_enough_data, regularised,
not_converged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.linalg import expm

from securebase.errors import Advice, ModelError
from securebase.model.equations import stationary_covariance
from securebase.model.fit import priors
from securebase.model.fit.boundary import Optimum, diagonal_roots, maximise
from securebase.model.fit.fingerprint import fingerprints
from securebase.model.fit.identifiability import identifiability_refusal, n_parameters
from securebase.model.fit.multistart import draw_starts, summarise_starts
from securebase.model.fit.optimise import Indices, Iterate, bfgs, forward_difference_hessian, hessian
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.fit.result import FitResult, delta_method_covariance, with_standard_errors
from securebase.model.fit.start_values import initial_values
from securebase.model.fit.transforms import FixedBlock, Transform, build_transform
from securebase.model.likelihood import Likelihood, kernel_name
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Trend

Progress = Callable[[int, float], None]

#: what a construct's movement shares with itself one median gap later, as a share of movement and noise together: below
#: this it is as good as noise, and nothing holds the drift
_MIN_PERSISTENCE = 0.02
#: a standardised score, or a gap in median gaps, beyond this is far from all others
_FAR_SCORE, _FAR_GAP = 6.0, 100.0
#: rows that are enough to find roughly where to climb, and how flat it must be there
_SUBSAMPLE_ROWS, _SUBSAMPLE_TOLERANCE = 3000, 1e-3
#: weak prior on the internal scale of a trend's rate (apart): normal around the middle of its range, of this spread
_RATE_SPREAD = 1.5
#: weak prior on the logarithm of a noise variance, where a reliability is given: its spread
_NOISE_SPREAD = 0.5


@dataclass(frozen=True, eq=False)
class InternalSolution:
    """Where a fit ended on the internal scale: x, which of its numbers are free, and the negative Hessian of
    (log-likelihood + log-prior) / persons along those."""

    x: Array
    free: Indices
    hessian: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(FitResult):
    """What a fit of the continuous-time model found. `parameters` is None where it was refused.

    data_share: share of each estimate that comes from the data, where the fit was drawn towards a parameter set.
    """

    specification: Specification
    parameters: Parameters | None
    internal: InternalSolution | None = field(default=None, repr=False)
    reliability: Mapping[str, float] = field(default_factory=dict)
    data_share: Mapping[str, float] = field(default_factory=dict, repr=False)

    @property
    def is_regularised(self) -> bool:
        return bool(self.reliability) or super().is_regularised


def fit(
    panel: Panel,
    specification: Specification,
    *,
    progress: Progress | None = None,
    reliability: Mapping[str, float] | None = None,
    starts: int = 1,
    rng: np.random.Generator | None = None,
    prior: ShrinkagePrior | None = None,
) -> Fit:
    """Estimate every parameter of the specification from the panel by maximum likelihood.

    progress: called with (step, log-likelihood so far). reliability: construct → reliability of its score, as a weak
    prior on its measurement noise (off by default). starts: how many places to climb from, drawn around the first by
    `rng`; the best ending is taken. towards: parameters that the estimates are drawn towards, where data are few; such
    a fit is never regular (`towards.py`). Trend carried: as therapy is on in every row, the level at the first row and
    the usual level cannot be told apart, so start_mean is held at 0 and level_mean is the mean there.
    Raises ModelError where panel and specification do not belong together, or several starts have no rng.
    """
    began = time.perf_counter()
    if panel.constructs != specification.constructs:
        raise ModelError("the panel and the specification name different constructs")
    if starts > 1 and rng is None:
        raise ModelError("several starts are drawn, and no random numbers were given", advice="Pass rng.")
    _check_reliability(specification, reliability or {})
    missing = identifiability_refusal(panel, specification, has_prior=prior is not None)
    if missing is not None:
        return Fit(
            specification=specification,
            parameters=None,
            estimates={},
            log_likelihood=None,
            n_parameters=n_parameters(specification),
            n_persons=panel.n_persons,
            n_observations=panel.n_observations,
            outcome=missing,
            kernel=kernel_name(),
            seconds=time.perf_counter() - began,
        )
    problem = _PanelObjective(panel, specification, reliability or {}, prior)
    first = _first_start(problem) if prior is None else problem.prior_mean
    endings = [_maximise_from(problem, first, progress)]
    if endings[0].kind != "converged" and prior is None:
        again = _maximise_from(problem, initial_values(problem.scale, persistence=0.7), progress)
        endings = [_best(problem, [endings[0], again])]
    if starts > 1 and rng is not None:
        endings += [_maximise_from(problem, x, progress) for x in draw_starts(problem, first, starts - 1, rng)]
    found = _build_fit(problem, _best(problem, endings), time.perf_counter() - began)
    if starts > 1:
        told = summarise_starts([-e.point.value * problem.n for e in endings])
        found = replace(found, notes=(*found.notes, told))
    return found


def _best(problem: _PanelObjective, endings: list[Optimum]) -> Optimum:
    return max(endings, key=lambda e: (round(-e.point.value * problem.n, 4), e.kind == "converged"))


def _check_reliability(specification: Specification, reliability: Mapping[str, float]) -> None:
    for name, value in reliability.items():
        if name not in specification.scores:
            raise ModelError(
                f"a reliability is given for “{name}”, which is no score of this model",
                advice=f"Its scores are {', '.join(specification.scores)}.",
            )
        if not 0.0 < value < 1.0:
            raise ModelError(f"the reliability of “{name}” must lie between 0 and 1, and is {value:g}")


class _PanelObjective:
    """Minus (log-likelihood + log-prior) / persons as a function of the internal numbers."""

    def __init__(
        self,
        panel: Panel,
        specification: Specification,
        reliability: Mapping[str, float],
        prior: ShrinkagePrior | None = None,
    ) -> None:
        self.given = panel
        self.specification = specification
        self.scale: Transform = build_transform(panel, specification)
        self.likelihood = Likelihood(self.scale.panel, self.scale.specification)
        self.n = panel.n_persons
        self.prior_mean, self.prior_precision = np.zeros(self.scale.size), np.zeros(self.scale.size)
        self.reliability, self.prior = reliability, prior
        self.prior_precision[self.scale.where("rate")] = _RATE_SPREAD**-2
        if prior is not None:
            self.prior_mean, self.prior_precision = priors.prior_moments(self.scale, prior)
        for k, name in enumerate(specification.scores):
            if name in reliability:
                where = self.scale.where("measurement_noise")[k]
                self.prior_mean[where] = np.log(max(1.0 - reliability[name], 1e-3))
                self.prior_precision[where] = _NOISE_SPREAD**-2

    def __call__(self, x: Array) -> tuple[float, Array]:
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        away = x - self.prior_mean
        value -= 0.5 * float(self.prior_precision @ away**2)
        pulled = self.scale.pull(x, gradient) - self.prior_precision * away
        return -value / self.n, -pulled / self.n

    def log_likelihood(self, x: Array) -> float:
        return self.likelihood.value(self.scale.standard(x)) + self.scale.log_likelihood_shift

    def variances(self) -> dict[int, str]:
        """Position in x → name, for the logarithm of every noise variance and of every diagonal root of a covariance
        (whose square is what is left of a construct's variance once those before it are known)."""
        of = self.specification
        where = self.scale.where("measurement_noise")
        found = {int(i): f"measurement_noise[{name}]" for i, name in zip(where, of.scores, strict=True)}
        for block, (k, i) in diagonal_roots(self.scale):
            name, at = ("change_covariance", k - of.p) if k >= of.p else (block.name, k)
            found[i] = f"{name}[{of.constructs[at]},{of.constructs[at]}]"
        return found

    def first_curvature(self, point: Iterate) -> Array:
        """From some of the persons where there are many rows: roughly right is enough to begin with."""
        few = self.subsample
        return forward_difference_hessian(few, Iterate(point.x, *few(point.x)))

    def curvature(self, x: Array, where: Indices) -> Array:
        return hessian(self, x, where, at=self(x)[1])

    @cached_property
    def subsample(self) -> _PanelObjective:
        """The same objective for evenly spaced persons with about `_SUBSAMPLE_ROWS` rows; itself for a small panel."""
        share = self.likelihood.n_rows / _SUBSAMPLE_ROWS
        if share < 2.0:
            return self
        few = copy(self)
        persons = np.unique(np.linspace(0, self.n - 1, max(int(self.n / share), 2)).astype(np.int64))
        few.likelihood = Likelihood(self.scale.panel.only(persons), self.scale.specification)
        few.n = len(persons)
        # the prior weighs as much against fewer persons
        few.prior_precision = self.prior_precision * len(persons) / self.n
        return few


def _first_start(problem: _PanelObjective) -> Array:
    """Where the first climb begins: of many persons, where a climb with some of them ends, if it ends somewhere."""
    x, few = initial_values(problem.scale), problem.subsample
    if few is problem:
        return x
    near, _ = bfgs(few, x, until=_SUBSAMPLE_TOLERANCE, curvature=lambda point: forward_difference_hessian(few, point))
    return near.x if problem(near.x)[0] < problem(x)[0] else x


def _maximise_from(problem: _PanelObjective, x: Array, progress: Progress | None) -> Optimum:
    """One climb from one start, and which constructs keep it from ending well."""

    def told(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * problem.n + problem.scale.log_likelihood_shift)

    ending = maximise(problem, x, told)
    if ending.kind in ("not_converged", "indefinite"):
        fleeting = _without_persistence(problem, ending.point)
        return replace(ending, kind="not_separable" if fleeting else ending.kind, fleeting=fleeting)
    return ending


def _without_persistence(problem: _PanelObjective, point: Iterate) -> tuple[str, ...]:
    """Constructs of which hardly anything that moves is still there one median gap (internal time 1) later."""
    own = problem.scale.standard(point.x)
    try:
        P = stationary_covariance(own.drift, own.diffusion)
    except ModelError:
        return ()
    kept = np.diag(np.asarray(expm(own.drift)) @ P) / (np.diag(P) + own.measurement_noise[problem.scale.leading])
    return tuple(
        c for c, share in zip(problem.specification.constructs, kept, strict=True) if abs(share) < _MIN_PERSISTENCE
    )


def _build_fit(problem: _PanelObjective, ending: Optimum, seconds: float) -> Fit:
    own, x = problem.scale, ending.point.x
    parameters = own.natural(x)
    values = parameters.named(problem.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    shares: dict[str, float] = {}
    outcome = _advice(problem, ending)
    if ending.kind in ("converged", "boundary"):
        # what is held at zero has no standard error
        still = np.isin(list(values), list(ending.held))
        J = own.jacobian(x)[:, ending.free]
        covariance = delta_method_covariance(J, ending.hessian * problem.n, still)
        if problem.prior is not None and ending.kind == "converged":
            from_data = priors.data_shares(J, covariance, problem.prior_precision[ending.free])
            shares = {n: float(v) for n, v in zip(values, from_data, strict=True) if np.isfinite(v)}
            outcome = priors.regularisation_advice(problem.prior, problem.n, own.size, shares)
    return Fit(
        specification=problem.specification,
        parameters=parameters,
        estimates=with_standard_errors(values, covariance),
        log_likelihood=problem.log_likelihood(x),
        n_parameters=own.size,
        n_persons=problem.given.n_persons,
        n_observations=problem.given.n_observations,
        outcome=outcome,
        gradient_norm=float(np.abs(ending.point.gradient[ending.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(ending.hessian)),
        iterations=ending.steps,
        kernel=kernel_name(),
        seconds=seconds,
        covariance=covariance,
        held=ending.held,
        notes=_notes(problem),
        internal=InternalSolution(x, ending.free, ending.hessian),
        fingerprints=fingerprints(problem.given, problem.specification),
        reliability=dict(problem.reliability),
        data_share=shares,
    )


def _notes(problem: _PanelObjective) -> tuple[str, ...]:
    notes = []
    if len(problem.scale.where("rate")) and problem.prior is None:
        notes.append(
            f"The trend's rate has a weak prior: normal, spread {_RATE_SPREAD}, on the logistic scale of "
            "log(rate × planned end) between 0.1 and 10."
        )
    if problem.reliability:
        notes.append(
            f"Measurement noise has a prior from the reliability given: spread {_NOISE_SPREAD} of its log. The "
            "log-likelihood is that at the estimates and not the highest there is, so there is no AIC and no BIC."
        )
    if any(isinstance(block, FixedBlock) for block in problem.scale.blocks):
        notes.append("The usual level is the mean at the first row: with therapy on throughout, no other can be told.")
    return tuple(notes)


def _advice(problem: _PanelObjective, ending: Optimum) -> Advice:
    match ending.kind:
        case "converged":
            return Advice("converged", "The fit converged: flat gradient, positive-definite Hessian.")
        case "boundary":
            return Advice(
                "boundary",
                f"The fit ended at a boundary: {' and '.join(_describe_boundary(name) for name in ending.held)}. "
                "Standard errors of the others take this as given.",
                "Give the reliability of the scores, gather more rows for each person, or use fewer constructs.",
            )
        case "not_separable":
            names = " and ".join(f"“{c}”" for c in ending.fleeting)
            return Advice(
                "not_separable",
                f"Around the usual level{_trend_clause(problem)}, nothing in {names} was found to last from one row to "
                "the next: such movement cannot be told from error of measurement, and no drift can be given.",
                "Leave the column out of the model, or gather rows that are closer together. Usual levels and trend "
                "may be read; drift, diffusion and noise may not.",
            )
        case "indefinite":
            return Advice(
                "indefinite",
                "The data do not determine every parameter: in some direction the likelihood is flat or curves upward.",
                "Use fewer constructs or a simpler trend or start, or gather more persons or rows.",
            )
    return Advice(
        "not_converged",
        "The search ended before the gradient was flat; the estimates are not the best there are.",
        f"Use fewer constructs, or a simpler trend or start.{_outlier_hint(problem)}",
    )


def _trend_clause(problem: _PanelObjective) -> str:
    return "" if problem.specification.trend == Trend.NONE else " and the trend"


def _outlier_hint(problem: _PanelObjective) -> str:
    """What lies far from all others, which may be why a search does not end; nothing where there is no such thing."""
    panel = problem.scale.panel
    far = np.nanmax(np.abs(panel.scores), axis=0)
    names = [f"some scores of “{c}”" for c, z in zip(problem.specification.scores, far, strict=True) if z > _FAR_SCORE]
    if (np.diff(panel.times)[panel.within_person] > _FAR_GAP).any():
        names.append("some times")
    return f" Check the table: {' and '.join(names)} lie far from all others." if names else ""


def _describe_boundary(name: str) -> str:
    if name.startswith("measurement_noise"):
        return f"{name} went to zero"
    block, construct = name.rstrip("]").split("[")[0], name.rstrip("]").split(",")[-1]
    return f"{block} became singular at “{construct}”"
