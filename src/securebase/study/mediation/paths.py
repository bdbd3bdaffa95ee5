r"""Regressions of a path model, and indirect effects with Monte Carlo intervals.

A path model has stages: the cause x, one or several stages of mediators, the outcome y. Every variable w of a stage is
regressed on the stage before it, on all earlier stages, and on controls; y once more on x and the controls of the first
stage. With standardised coefficients, along a route x → m₁ → … → m_k → y,

    indirect = a · d₁ ⋯ d_{k−1} · b,    total = coefficient of x in the last regression,    direct = total − indirect.

All coefficients have one joint covariance: the sum over persons of products of their influences, so that errors are
clustered by person and a correlates with b. Products are not normal; their intervals are quantiles of products of draws
from the t distribution with this covariance (MacKinnon, Lockwood & Williams 2004, Multivariate Behavioral Research 39,
99–128).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from securebase.model.distributions import normal_quantile
from securebase.study.estimator import Array, Indices
from securebase.study.mediation.confounding import Confounding, confounding
from securebase.study.questions.question import AnswerInterval
from securebase.study.regression import Regression, regress

#: draws of the coefficients; the quantiles of an interval then vary by less than 2% of its width
DRAWS = 20_000
#: probability with which the smallest indirect effect is found
POWER = 0.80

#: stages of a path model: the cause, mediators, the outcome
Stages = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class PathStep:
    """A standardised coefficient of a path model."""

    earlier: str
    later: str
    effect: AnswerInterval


@dataclass(frozen=True, slots=True)
class Route:
    """The indirect effect along one route. through: its mediators in order. smallest: see `smallest_indirect`."""

    through: tuple[str, ...]
    effect: AnswerInterval
    smallest: float


@dataclass(frozen=True, slots=True)
class PathEstimate:
    """Estimates of a path model in SDs. share: of the total that is indirect; None if the total may be zero.

    direct: all that does not pass along the routes.
    """

    paths: tuple[PathStep, ...]
    routes: tuple[Route, ...]
    indirect: AnswerInterval
    direct: AnswerInterval
    total: AnswerInterval
    share: AnswerInterval | None
    confounding: tuple[Confounding, ...]
    n_persons: int
    n_rows: int

    def path(self, earlier: str, later: str) -> PathStep:
        """Return the path between two variables."""
        return next(p for p in self.paths if (p.earlier, p.later) == (earlier, later))


@dataclass(frozen=True, eq=False)
class Equation:
    """One regression. causes: earlier variables of the model; controls: label → column. All (rows,)."""

    target: str
    later: Array
    causes: Mapping[str, Array]
    controls: Mapping[str, Array]

    @property
    def columns(self) -> Array:
        return np.column_stack([*self.causes.values(), *self.controls.values()])


def earlier(name: str) -> str:
    """Return the label of a control that is an earlier value of a variable."""
    return f"{name}, earlier"


def build_equations(
    stages: Stages,
    value: Callable[[str, int], Array],
    controls: Callable[[str, int], Mapping[str, Array]],
) -> list[Equation]:
    """Return the regressions of a path model; the last one is that of the total effect.

    value: variable, stage → (rows,). controls: target, stage before it → label → (rows,).
    """
    cause, outcome = stages[0][0], stages[-1][0]
    equations = []
    for k in range(1, len(stages)):
        # the stage just before comes first, then the earlier ones
        causes = {name: value(name, j) for j in range(k - 1, -1, -1) for name in stages[j]}
        equations += [Equation(name, value(name, k), causes, controls(name, k - 1)) for name in stages[k]]
    last = len(stages) - 1
    return [*equations, Equation(outcome, value(outcome, last), {cause: value(cause, 0)}, controls(outcome, 0))]


def estimate_paths(
    stages: Stages,
    equations: Sequence[Equation],
    person: Indices,
    n_persons: int,
    *,
    scales: Mapping[str, float] | None,
) -> PathEstimate | None:
    """Estimate a path model in rows where all its columns are known; None if a regression is not identified.

    scales: SD of each variable, or None for those in the rows used.
    """
    complete = np.all([np.isfinite(e.later) & np.isfinite(e.columns).all(axis=1) for e in equations], axis=0)
    cluster = person[complete]
    regressions = [regress(e.later[complete], e.columns[complete], cluster, n_persons) for e in equations]
    if any(r is None for r in regressions) or min(r.n_clusters for r in regressions if r) < 2:
        return None
    fitted = [r for r in regressions if r is not None]
    scale = scales or _scales(equations, complete)
    cause, outcome = stages[0][0], stages[-1][0]
    names, values, influence = _coefficients(equations, fitted, scale)
    df = fitted[0].n_clusters - 1
    draws = _draw(values, influence.T @ influence, df)
    index = {edge: k for k, edge in enumerate(names)}
    chains = [(cause, *through, outcome) for through in routes_of(stages)]
    steps = [[index[edge] for edge in pairwise(chain)] for chain in chains]
    products = np.column_stack([draws[:, s].prod(axis=1) for s in steps])
    points = np.array([values[s].prod() for s in steps])
    errors = np.sqrt(np.diag(influence.T @ influence))
    total, total_draws = values[-1], draws[:, -1]
    total_effect = AnswerInterval.of_t(float(total), float(errors[-1]), df)
    indirect, indirect_draws = float(points.sum()), products.sum(axis=1)
    share = of_draws(indirect / total, indirect_draws / total_draws) if total_effect.sign else None
    shown = [k for k, edge in enumerate(names) if k < len(names) - 1 and _is_step(edge, stages)]
    return PathEstimate(
        tuple(PathStep(*names[k], AnswerInterval.of_t(float(values[k]), float(errors[k]), df)) for k in shown),
        tuple(
            Route(chain[1:-1], of_draws(float(point), product), smallest_indirect(errors[s]))
            for chain, point, product, s in zip(chains, points, products.T, steps, strict=True)
        ),
        of_draws(indirect, indirect_draws),
        of_draws(float(total - indirect), total_draws - indirect_draws),
        total_effect,
        share,
        tuple(
            _sensitivity(chain[-2], equations[-2], complete, draws[:, s], scale)
            for chain, s in zip(chains, steps, strict=True)
        ),
        fitted[0].n_clusters,
        int(complete.sum()),
    )


def routes_of(stages: Stages) -> tuple[tuple[str, ...], ...]:
    """Return the mediators of each route: every mediator of a single stage, or one chain through several stages."""
    between = stages[1:-1]
    return tuple((name,) for name in between[0]) if len(between) == 1 else (tuple(s[0] for s in between),)


def smallest_indirect(standard_errors: Array) -> float:
    """Return the indirect effect that is found with `POWER` if its k steps have these standard errors.

    Each step must then be significant with probability POWER^(1/k), so that it exceeds z.₉₇₅ + z of that probability.
    """
    z = normal_quantile(0.975) + normal_quantile(POWER ** (1.0 / len(standard_errors)))
    return float(np.prod(z * standard_errors))


def of_draws(estimate: float, draws: Array) -> AnswerInterval:
    """Return an estimate with the standard deviation and the middle 95% of its draws."""
    lower, upper = np.quantile(draws, [0.025, 0.975])
    return AnswerInterval(float(estimate), float(draws.std(ddof=1)), float(lower), float(upper))


def _sensitivity(
    mediator: str, equation: Equation, complete: Array, steps: Array, scale: Mapping[str, float]
) -> Confounding:
    """Return the confounding of the path from a mediator to the outcome. equation: of the outcome on the mediators."""
    causes, controls = (
        {name: column[complete] for name, column in columns.items()} for columns in (equation.causes, equation.controls)
    )
    unit = scale[mediator] / scale[equation.target]
    return confounding(mediator, equation.later[complete], causes, controls, steps=steps, unit=unit)


def _is_step(edge: tuple[str, str], stages: Stages) -> bool:
    """Return whether an edge leads from one stage to the next."""
    return any(edge[0] in a and edge[1] in b for a, b in pairwise(stages))


def _scales(equations: Sequence[Equation], complete: Array) -> dict[str, float]:
    """Return the SD of each variable in the rows used."""
    columns = {name: column for e in equations for name, column in e.causes.items()}
    columns |= {e.target: e.later for e in equations}
    return {name: float(np.std(column[complete], ddof=1)) for name, column in columns.items()}


def _coefficients(
    equations: Sequence[Equation], fitted: Sequence[Regression], scale: Mapping[str, float]
) -> tuple[list[tuple[str, str]], Array, Array]:
    """Return the edges, their standardised coefficients (k,) and influences (persons, k)."""
    edges, values, influences = [], [], []
    for equation, regression in zip(equations, fitted, strict=True):
        for k, name in enumerate(equation.causes, start=1):
            unit = scale[name] / scale[equation.target]
            edges.append((name, equation.target))
            values.append(regression.coefficients[k] * unit)
            influences.append(regression.influence[:, k] * unit)
    return edges, np.array(values), np.column_stack(influences)


def _draw(values: Array, covariance: Array, df: int) -> Array:
    """Draw coefficients (draws, k) from a t distribution, with a fixed seed, so that results are reproducible."""
    rng = np.random.default_rng(1)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    normal = rng.standard_normal((DRAWS, len(values))) @ root.T
    return np.asarray(values + normal / np.sqrt(rng.chisquare(df, (DRAWS, 1)) / df))
