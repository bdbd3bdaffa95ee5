"""The verb: estimates with standard errors by the exact likelihood, and an honest word on how the fit ended.

BFGS on log-likelihood / persons with the exact gradient, Newton's steps to finish, observed information by central
differences of the gradient, standard errors on the natural scale by the delta method. How it ended is a value with
advice (`Fit.outcome`), never a crash: converged, boundary, not_separable, indefinite, not_enough_data, not_converged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm

from securebase.errors import Advice, ModelError
from securebase.model.equations import stationary_covariance
from securebase.model.fit.begin import begin
from securebase.model.fit.climb import Indices, Point, bfgs, polish
from securebase.model.fit.enough import n_parameters, not_enough
from securebase.model.fit.scale import Covariance, Fixed, Scale, scale
from securebase.model.likelihood import Likelihood, kernel_name
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Trend

Progress = Callable[[int, float], None]

#: “converged”: no entry of the gradient of log-likelihood / persons is larger, on the internal scale
FLAT = 1e-6
#: a variance below this share of its construct's total variance is heading to zero, and is then held at `_ZERO`
_NEARLY_ZERO, _ZERO = 1e-4, 1e-9
#: smallest eigenvalue that counts as positive: of the Hessian, whose differences are no more exact than this, and of
#: the Hessian scaled to a unit diagonal, which does not depend on how strongly a single parameter is determined
_POSITIVE = 1e-8
#: what a construct's movement shares with itself one median gap later, as a share of movement and noise together: below
#: this it is as good as noise, and nothing holds the drift
_LASTING = 0.02
#: a standardised score, or a gap in median gaps, beyond this is far from all others
_FAR_SCORE, _FAR_GAP = 6.0, 100.0
_COVARIANCES = ("diffusion", "start_covariance", "level_covariance", "change_covariance", "therapist_covariance")
#: weak prior on the internal scale of a trend's rate (apart): normal around the middle of its range, of this spread
_RATE_SPREAD = 1.5
#: weak prior on the logarithm of a noise variance, where a reliability is given: its spread
_NOISE_SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """On the natural scale. No standard error where the estimate is held (at a boundary, or by definition)."""

    value: float
    standard_error: float | None


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found. `parameters` is None, `estimates` empty and `log_likelihood` None where it was refused.

    covariance: of the estimates, in their order (NaN where there is no standard error). gradient_norm: largest entry
    of the gradient of log-likelihood / persons on the internal scale. hessian_eigenvalues: of its negative Hessian,
    ascending. held: internal variances held at zero. log_likelihood has no prior in it.
    """

    specification: Specification
    parameters: Parameters | None
    estimates: Mapping[str, Estimate]
    log_likelihood: float | None
    n_parameters: int
    n_persons: int
    n_observations: int
    outcome: Advice
    gradient_norm: float | None = None
    hessian_eigenvalues: tuple[float, ...] = ()
    iterations: int = 0
    kernel: str = ""
    seconds: float = 0.0
    covariance: Array = field(default_factory=lambda: np.zeros((0, 0)))
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_regular(self) -> bool:
        return self.outcome.kind == "converged"

    def interval(self, name: str, z: float = 1.959963984540054) -> tuple[float, float] | None:
        """Interval of an estimate, by default of 95%; of a variance on the log scale, so that it stays above zero.
        None where the estimate has no standard error."""
        value, error = self.estimates[name].value, self.estimates[name].standard_error
        if error is None:
            return None
        if _is_variance(name):
            factor = float(np.exp(min(z * error / value, 700.0)))
            return value / factor, value * factor
        return value - z * error, value + z * error


def fit(
    panel: Panel,
    specification: Specification,
    *,
    progress: Progress | None = None,
    reliability: Mapping[str, float] | None = None,
) -> Fit:
    """Estimate every parameter of the specification from the panel by maximum likelihood.

    progress: called with (step, log-likelihood so far). reliability: construct → reliability of its score, as a weak
    prior on its measurement noise (off by default). Trend carried: as therapy is on in every row, the level at the
    first row and the usual level cannot be told apart, so start_mean is held at 0 and level_mean is the mean there.
    Raises ModelError where panel and specification do not belong together.
    """
    began = time.perf_counter()
    if panel.constructs != specification.constructs:
        raise ModelError("the panel and the specification name different constructs")
    missing = not_enough(panel, specification)
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
    problem = _Problem(panel, specification, reliability or {})
    best = _attempt(problem, begin(problem.scale), progress)
    if best.kind != "converged":
        again = _attempt(problem, begin(problem.scale, persistence=0.7), progress)
        best = max(best, again, key=lambda e: (round(-e.point.value * problem.n, 4), e.kind == "converged"))
    return _report(problem, best, time.perf_counter() - began)


class _Problem:
    """Minus (log-likelihood + log-prior) / persons as a function of the internal numbers."""

    def __init__(self, panel: Panel, specification: Specification, reliability: Mapping[str, float]) -> None:
        self.given = panel
        self.specification = specification
        self.scale: Scale = scale(panel, specification)
        self.likelihood = Likelihood(self.scale.panel, self.scale.specification)
        self.n = panel.n_persons
        self.prior_at, self.prior_precision = np.zeros(self.scale.size), np.zeros(self.scale.size)
        self.prior_precision[self.scale.where("rate")] = _RATE_SPREAD**-2
        for k, name in enumerate(specification.scores):
            if name in reliability:
                where = self.scale.where("measurement_noise")[k]
                self.prior_at[where] = np.log(max(1.0 - reliability[name], 1e-3))
                self.prior_precision[where] = _NOISE_SPREAD**-2

    def __call__(self, x: Array) -> tuple[float, Array]:
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        away = x - self.prior_at
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
        for block, (k, i) in self.roots():
            name, at = ("change_covariance", k - of.p) if k >= of.p else (block.name, k)
            found[i] = f"{name}[{of.constructs[at]},{of.constructs[at]}]"
        return found

    def roots(self) -> list[tuple[Covariance, tuple[int, int]]]:
        """Every diagonal root of every covariance: its block, its row there and its position in x."""
        return [
            (block, (int(row), int(i)))
            for block in self.scale.blocks
            if isinstance(block, Covariance)
            for i, row, column in zip(self.scale.where(block.name), *block.lower, strict=True)
            if row == column
        ]


@dataclass(frozen=True, eq=False)
class _Ending:
    kind: str
    point: Point
    free: Indices
    hessian: Array
    steps: int
    held: tuple[str, ...]
    #: constructs whose movement does not last to the next row
    fleeting: tuple[str, ...] = ()


def _attempt(problem: _Problem, x: Array, progress: Progress | None) -> _Ending:
    """One climb from one start; variances that head to zero are held there and the rest is fitted again."""

    def told(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * problem.n + problem.scale.log_likelihood_shift)

    point, steps = bfgs(problem, x, until=FLAT / 2, progress=told)
    everything = np.arange(len(x))
    held: dict[int, str] = {}
    for _ in range(5):
        free = np.setdiff1d(everything, list(held))
        heading = _heading_to_zero(problem, point, held)
        if not heading:
            point, H = polish(problem, point, free, until=FLAT / 2)
            heading = _heading_to_zero(problem, point, held)
        if not heading:
            break
        pinned, tried = point.x.copy(), dict(held)
        for i, name in heading.items():
            tried |= _hold(problem, pinned, i, name)
        lower, more = _climb_along(problem, pinned, np.setdiff1d(everything, list(tried)))
        steps += more
        if not lower.value <= point.value + 1e-8:
            point, H = polish(problem, point, free, until=FLAT / 2)
            break
        point, held = lower, tried
    kind = _kind(point, free, H, held)
    fleeting: tuple[str, ...] = ()
    if kind in ("not_converged", "indefinite"):
        fleeting = _fleeting(problem, point)
        kind = "not_separable" if fleeting else kind
    return _Ending(kind, point, free, H, steps, tuple(n for n in held.values() if n), fleeting)


def _hold(problem: _Problem, x: Array, position: int, name: str) -> dict[int, str]:
    """Put a variance at zero, in place. Where a diagonal root is zero, the entries below it and the later roots say
    the same thing twice, so those entries are held at zero too (without a name) and the roots take them over."""
    if name.startswith("measurement_noise"):
        x[position] = np.log(_ZERO)
        return {position: name}
    x[position] = 0.5 * np.log(_ZERO)
    held = {position: name}
    block, k = next((block, row) for block, (row, at) in problem.roots() if at == position)
    at = {(int(r), int(c)): int(w) for r, c, w in zip(*block.lower, problem.scale.where(block.name), strict=True)}
    for r in range(k + 1, block.shape[0]):
        below, root = at[r, k], at[r, r]
        x[root] = 0.5 * np.log(np.exp(2.0 * x[root]) + x[below] ** 2)
        x[below] = 0.0
        held[below] = ""
    return held


def _climb_along(problem: _Problem, pinned: Array, free: Indices) -> tuple[Point, int]:
    def rest(part: Array) -> tuple[float, Array]:
        x = pinned.copy()
        x[free] = part
        value, gradient = problem(x)
        return value, gradient[free]

    found, steps = bfgs(rest, pinned[free], until=FLAT / 2)
    x = pinned.copy()
    x[free] = found.x
    return Point(x, *problem(x)), steps


def _heading_to_zero(problem: _Problem, point: Point, held: Mapping[int, str]) -> dict[int, str]:
    """Position → name of every variance that is nearly zero and not yet held."""
    found = {}
    for i, name in problem.variances().items():
        log_variance = point.x[i] if name.startswith("measurement_noise") else 2.0 * point.x[i]
        if i not in held and log_variance < np.log(_NEARLY_ZERO):
            found[i] = name
    return found


def _kind(point: Point, free: Indices, H: Array, held: Mapping[int, str]) -> str:
    values = np.linalg.eigvalsh(H)
    if not np.isfinite(point.value) or np.abs(point.gradient[free]).max(initial=0.0) >= FLAT:
        return "not_converged"
    roots = np.sqrt(np.maximum(np.diag(H), 1e-300))
    if values[0] <= _POSITIVE or np.linalg.eigvalsh(H / np.multiply.outer(roots, roots))[0] <= _POSITIVE:
        return "indefinite"
    return "boundary" if held else "converged"


def _fleeting(problem: _Problem, point: Point) -> tuple[str, ...]:
    """Constructs of which hardly anything that moves is still there one median gap (internal time 1) later."""
    own = problem.scale.standard(point.x)
    try:
        P = stationary_covariance(own.drift, own.diffusion)
    except ModelError:
        return ()
    kept = np.diag(np.asarray(expm(own.drift)) @ P) / (np.diag(P) + own.measurement_noise[problem.scale.leading])
    return tuple(c for c, share in zip(problem.specification.constructs, kept, strict=True) if abs(share) < _LASTING)


def _report(problem: _Problem, ending: _Ending, seconds: float) -> Fit:
    own, x = problem.scale, ending.point.x
    parameters = own.natural(x)
    values = parameters.named(problem.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    J = own.jacobian(x)[:, ending.free]
    if ending.kind in ("converged", "boundary"):
        covariance = J @ np.linalg.solve(ending.hessian * problem.n, J.T)
        still = np.abs(J).max(axis=1, initial=0.0) == 0
        # what is held at zero has no standard error
        still |= np.isin(list(values), list(ending.held))
        covariance[still] = covariance[:, still] = np.nan
    spread = np.sqrt(np.diag(covariance))
    estimates = {
        name: Estimate(value, float(se) if np.isfinite(se) else None)
        for (name, value), se in zip(values.items(), spread, strict=True)
    }
    return Fit(
        specification=problem.specification,
        parameters=parameters,
        estimates=estimates,
        log_likelihood=problem.log_likelihood(x),
        n_parameters=own.size,
        n_persons=problem.given.n_persons,
        n_observations=problem.given.n_observations,
        outcome=_advice(problem, ending),
        gradient_norm=float(np.abs(ending.point.gradient[ending.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(ending.hessian)),
        iterations=ending.steps,
        kernel=kernel_name(),
        seconds=seconds,
        covariance=covariance,
        held=ending.held,
        notes=_notes(problem),
    )


def _notes(problem: _Problem) -> tuple[str, ...]:
    notes = []
    if len(problem.scale.where("rate")):
        notes.append(
            f"The trend's rate has a weak prior: normal, spread {_RATE_SPREAD}, on the logistic scale of "
            "log(rate × planned end) between 0.1 and 10."
        )
    if (problem.prior_precision[problem.scale.where("measurement_noise")] > 0).any():
        notes.append(
            f"Measurement noise has a weak prior from the reliability given: spread {_NOISE_SPREAD} of its log."
        )
    if any(isinstance(block, Fixed) for block in problem.scale.blocks):
        notes.append("The usual level is the mean at the first row: with therapy on throughout, no other can be told.")
    return tuple(notes)


def _advice(problem: _Problem, ending: _Ending) -> Advice:
    match ending.kind:
        case "converged":
            return Advice("converged", "The fit converged: flat gradient, positive-definite Hessian.")
        case "boundary":
            return Advice(
                "boundary",
                f"The fit ended at a boundary: {' and '.join(_gone(name) for name in ending.held)}. "
                "Standard errors of the others take this as given.",
                "Give the reliability of the scores, gather more rows for each person, or use fewer constructs.",
            )
        case "not_separable":
            names = " and ".join(f"“{c}”" for c in ending.fleeting)
            return Advice(
                "not_separable",
                f"Around the usual level{_around(problem)}, nothing in {names} was found to last from one row to the "
                "next: such movement cannot be told from error of measurement, and no drift can be given.",
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
        f"Use fewer constructs, or a simpler trend or start.{_far_away(problem)}",
    )


def _around(problem: _Problem) -> str:
    return "" if problem.specification.trend == Trend.NONE else " and the trend"


def _far_away(problem: _Problem) -> str:
    """What lies far from all others, which may be why a search does not end; nothing where there is no such thing."""
    panel = problem.scale.panel
    far = np.nanmax(np.abs(panel.scores), axis=0)
    names = [f"some scores of “{c}”" for c, z in zip(problem.specification.scores, far, strict=True) if z > _FAR_SCORE]
    gaps = np.diff(panel.times)
    inside = np.ones(len(gaps), dtype=bool)
    inside[panel.starts[1:-1] - 1] = False
    if (gaps[inside] > _FAR_GAP).any():
        names.append("some times")
    return f" Check the table: {' and '.join(names)} lie far from all others." if names else ""


def _is_variance(name: str) -> bool:
    """Noise, and the diagonal of a covariance; names are as in Parameters.named."""
    block, _, inside = name.rstrip("]").partition("[")
    row, _, column = inside.partition(",")
    return block == "measurement_noise" or (block in _COVARIANCES and row == column)


def _gone(name: str) -> str:
    if name.startswith("measurement_noise"):
        return f"{name} went to zero"
    block, construct = name.rstrip("]").split("[")[0], name.rstrip("]").split(",")[-1]
    return f"{block} became singular at “{construct}”"
