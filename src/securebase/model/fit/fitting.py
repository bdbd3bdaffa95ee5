"""Maximum-likelihood estimation of the continuous-time model, with standard errors and a classified outcome."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from securebase.errors import ModelError
from securebase.model.arguments import PANEL_ADVICE, check_generator, check_instance, check_number, check_whole_number
from securebase.model.estimation.engine import Progress, estimate
from securebase.model.estimation.uncertainty import add_robust_errors, draw_from, score_statistic
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.fit.problem import ContinuousTimeProblem
from securebase.model.fit.result import Fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification


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
    """Fit the continuous-time model to a panel by maximum likelihood.

    For person i of therapist h at time t, with p constructs and scores y in the points of their scales ::

        ds_i = (A s_i + E u_i) dt + G dW
        η_i(t) = μ + m(t) + b_i + f(t) c_i + g_h + Γ x_i + s_i(t)
        y_ij = ν_j + λ_j η_i,k(j)(t) + ε_ij,    ε_ij ~ N(0, r_j)

    with the state s_i, inputs u_i, trend m, random intercepts b_i and random slopes c_i (jointly normal), therapist
    effects g_h and covariates x_i. `Specification` defines every symbol and which options add which term.

    The Kalman filter gives the exact Gaussian likelihood, with Φ = exp(A Δt) and the covariance of shocks
    Q = ∫ exp(A v) GG' exp(A' v) dv over each gap Δt. BFGS with Newton refinement maximises it; standard errors come
    from the observed information by the delta method. Missing scores are left out (full information).

    Parameters
    ----------
    panel : Panel
        Scores (rows, q) of N persons at times (rows,), as from `securebase.panel`.
    specification : Specification
        Constructs, trend and further parts of the model, in the panel's time unit.
    progress : callable, optional
        Called with (iteration, log-likelihood so far).
    reliability : mapping of str to float, optional
        Score → reliability between 0 and 1, a weak prior on its measurement noise.
    starts : int
        Number of starting points; those after the first are drawn around it, and the best optimum is reported.
    rng : numpy.random.Generator, optional
        Source of the further starts.
    prior : ShrinkagePrior, optional
        Parameters towards which the estimates are shrunk where data are few. Such a fit counts as regularised, never
        as converged (decision 0010).

    Returns
    -------
    Fit
        Estimates, standard errors and the outcome with advice. Too little data give a refusal (`parameters` is None,
        outcome not_enough_data), not an exception.

    Raises
    ------
    ModelError
        If panel and specification differ in constructs, columns of scores or time unit, the panel lacks inputs,
        covariates or therapists of the specification, a reliability is unknown or outside 0 to 1, `starts` is below 1,
        or several starts come without `rng`.

    Notes
    -----
    Estimates are named after the fields of `Parameters`: ``drift[y,x]`` is the effect of the state of x on the rate of
    change of y, in points of y per point of x and time unit; ``diffusion[y,x]``, ``level_covariance[y,x]`` and other
    covariances give their lower triangle; ``level_mean[y]`` is in points; ``rate`` per time unit. ``print(result)``
    shows them with standard errors and units. The effect over a gap Δt is exp(A Δt), not A.

    With the trend carried, therapy acts in every row, so the level at the first row and the baseline are not identified
    apart: start_mean is held at 0 and level_mean is the mean at the first row (decision 0006).

    References
    ----------
    Kalman, R. E. (1960). A new approach to linear filtering and prediction problems. Journal of Basic Engineering,
    82(1), 35–45.
    Oud, J. H. L., & Jansen, R. A. R. G. (2000). Continuous time state space modeling of panel data by means of SEM.
    Psychometrika, 65(2), 199–215.
    Voelkle, M. C., Oud, J. H. L., Davidov, E., & Schmidt, P. (2012). An SEM approach to continuous time modeling of
    panel data: Relating authoritarianism and anomia. Psychological Methods, 17(2), 176–192.
    Driver, C. C., Oud, J. H. L., & Voelkle, M. C. (2017). Continuous time structural equation modeling with R package
    ctsem. Journal of Statistical Software, 77(5), 1–35.
    Lewis, A. S., & Overton, M. L. (2013). Nonsmooth optimization via quasi-Newton methods. Mathematical Programming,
    141, 135–163 (the line search).

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=60, rng=np.random.default_rng(1), sessions=12)
    >>> rows = securebase.panel(cohort, ("symptoms",))
    >>> result = securebase.fit(rows, securebase.Specification(("symptoms",), trend="linear"))
    >>> result.outcome.kind
    'converged'
    >>> result.estimates["drift[symptoms,symptoms]"].value < 0
    True
    """
    _check_arguments(panel, specification, starts, rng, prior)
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has the constructs {', '.join(panel.constructs)}, "
            f"the specification {', '.join(specification.constructs)}",
            advice="Build both from the same constructs.",
        )
    if panel.scores.shape[1] != len(specification.scores):
        raise ModelError(
            f"the panel has {panel.scores.shape[1]} columns of scores, the specification {len(specification.scores)}: "
            f"{', '.join(specification.scores)}",
            advice="Build the panel with the same indicators as the specification.",
        )
    if panel.days_per_unit != specification.days_per_unit:
        raise ModelError(
            f"the panel counts time in units of {panel.days_per_unit:g} days, the specification in units of "
            f"{specification.days_per_unit:g}",
            advice="Give both the same time_unit and days_per_unit.",
        )
    _check_reliability(specification, reliability or {})
    problem = ContinuousTimeProblem(panel, specification, reliability=reliability, prior=prior)
    return estimate(problem, progress=progress, starts=starts, rng=rng)


def with_robust_errors(fitted: Fit, panel: Panel) -> Fit:
    """Return the fit with robust standard errors, clustered by person or, in a model with therapists, by therapist.

    They measure the uncertainty about the pseudo-true values, the closest that this model can come to the truth; they
    do not correct a misspecified model. Raises ModelError if the panel differs from the one fitted, or if the
    Hessian is not positive definite.
    """
    return add_robust_errors(fitted, ContinuousTimeProblem(panel, fitted.specification))


def effect_score(
    without: Fit, panel: Panel, specification: Specification, prior: ShrinkagePrior, effect: tuple[str, str]
) -> float:
    """Return the robust score statistic of an effect (from, to) of a specification, from the fit without it.

    Positive where the effect would be. NaN if the fit without it did not end regularly. A latent cause of one column
    that the model lacks does not distort the statistic, because its sign depends on what the persons' scores of both
    columns share.
    """
    if without.parameters is None or not without.ended_regularly:
        return np.nan
    problem = ContinuousTimeProblem(panel, specification, prior=prior)
    x = problem.scale.standardised(without.parameters)
    row = list(without.estimates).index(f"drift[{effect[1]},{effect[0]}]")
    return score_statistic(problem, x, int(np.abs(problem.scale.jacobian(x)[row]).argmax()))


def draw_parameters(fitted: Fit, panel: Panel, count: int, rng: np.random.Generator) -> list[Parameters]:
    """Draw parameters from the normal approximation of their sampling distribution on the internal scale."""
    return draw_from(fitted, ContinuousTimeProblem(panel, fitted.specification), count, rng)


def _check_arguments(
    panel: object, specification: object, starts: int, rng: np.random.Generator | None, prior: object
) -> None:
    """Raise ModelError for arguments of the wrong class, and for several starts without a random generator."""
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    check_instance(
        specification,
        Specification,
        "specification",
        advice="Build one with securebase.Specification; discrete-time models are fitted by fit_discrete_time.",
    )
    check_whole_number(starts, "starts", minimum=1)
    if rng is not None:
        check_generator(rng)
    elif starts > 1:
        raise ModelError(f"starts is {starts}, but rng is missing", advice="Pass rng, a numpy.random.Generator.")
    if prior is not None:
        check_instance(
            prior, ShrinkagePrior, "prior", advice="Build one from a parameter set with securebase.prior_from_set."
        )


def _check_reliability(specification: Specification, reliability: Mapping[str, float]) -> None:
    check_instance(reliability, Mapping, "reliability", advice='Write {"symptoms": 0.85}.')
    for name, value in reliability.items():
        if name not in specification.scores:
            raise ModelError(
                f"a reliability is given for “{name}”, which is not a score of this model",
                advice=f"Its scores are {', '.join(specification.scores)}.",
            )
        check_number(value, f"the reliability of “{name}”")
        if not 0.0 < value < 1.0:
            raise ModelError(f"the reliability of “{name}” must lie between 0 and 1 (got {value:g})")
