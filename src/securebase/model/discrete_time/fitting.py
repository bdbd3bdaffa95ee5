"""Maximum-likelihood estimation of discrete-time panel models, with standard errors and a classified outcome."""

from __future__ import annotations

from typing import get_args

from securebase.errors import ModelError
from securebase.model.arguments import PANEL_ADVICE, check_instance
from securebase.model.discrete_time.problem import DiscreteTimeProblem, Information
from securebase.model.discrete_time.result import DiscreteTimeFit
from securebase.model.discrete_time.specification import DiscreteTimeSpecification
from securebase.model.estimation.engine import Progress, estimate
from securebase.model.panel import Panel


def fit_discrete_time(
    panel: Panel,
    specification: DiscreteTimeSpecification,
    *,
    information: Information = "observed",
    progress: Progress | None = None,
) -> DiscreteTimeFit:
    """Fit a discrete-time panel model by full-information maximum likelihood.

    For person i at wave t = 1..T, with p constructs ::

        y_it = μ_t + b_i + s_it,                b_i ~ N(0, Σ_b)
        s_i,t+1 = Φ_t s_it + ζ_it,              ζ_it ~ N(0, Q_t),    s_i1 ~ N(0, P_1)

    with means μ_t (p,), random intercepts b_i, autoregressive and cross-lagged effects Φ_t (p, p), residual covariances
    Q_t (p, p) and the within-person covariance P_1 (p, p) at the first wave. There is no measurement error. Waves count
    as equally spaced, and all observed scores enter the likelihood.

    =========  =====================  =========================  ==================================================
    Model      Random intercepts b_i  Φ_t, Q_t and μ_t           P_1
    =========  =====================  =========================  ==================================================
    RI-CLPM    yes                    free or equal over waves   free
    CLPM       none (b_i = 0)         free or equal over waves   free
    VAR        yes                    equal over waves           stationary, P_1 = Φ P_1 Φ' + Q, at a person's first
                                                                 observed wave
    =========  =====================  =========================  ==================================================

    In the CLPM the lagged effects mix differences between persons with changes within them; in the RI-CLPM and the VAR
    they are within persons.

    Parameters
    ----------
    panel : Panel
        Scores with a wave (or session) number in every row.
    specification : DiscreteTimeSpecification
        The model, as from `discrete_time_specification`.
    information : {"observed", "expected"}
        Basis of the standard errors. Programs and textbooks mostly use the expected information for complete data; with
        missing scores it is valid only if they are missing completely at random.
    progress : callable, optional
        Called with (iteration, log-likelihood so far).

    Returns
    -------
    DiscreteTimeFit
        Estimates, standard errors and the outcome with advice. Too little data give a refusal (`parameters` is None),
        not an exception.

    Raises
    ------
    ModelError
        If panel and specification do not match, `information` is unknown, or the expected information is not available:
        with a stationary start, and with many patterns of missing scores over many waves.

    Notes
    -----
    Estimates are named ``lags[y 3,x 2]`` (from x at wave 2 to y at wave 3), ``residual_covariance[y 3,x 3]``,
    ``mean[y 3]``, ``start_covariance[y,x]`` and ``level_covariance[y,x]``; parameters that are equal over waves
    have no numbers. Lags are in points of y per point of x, means in points, covariances in squared points.

    References
    ----------
    Hamaker, E. L., Kuiper, R. M., & Grasman, R. P. P. P. (2015). A critique of the cross-lagged panel model.
    Psychological Methods, 20(1), 102–116.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=80, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> model = securebase.discrete_time_specification(rows, "clpm", equal_lags=True)
    >>> securebase.fit_discrete_time(rows, model).outcome.kind
    'converged'
    """
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    check_instance(
        specification,
        DiscreteTimeSpecification,
        "specification",
        advice="Build one with discrete_time_specification; continuous-time models are fitted by fit.",
    )
    if information not in get_args(Information):
        raise ModelError(f"unknown information “{information}”", advice="Use one of observed, expected.")
    return estimate(DiscreteTimeProblem(panel, specification, information), progress=progress)
