"""Estimates of random lagged effects in a cohort, with their outcome and advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from securebase.errors import Advice
from securebase.model.person_effects.one_client import PersonEffects
from securebase.model.standardised import Edge


class CohortOutcome(StrEnum):
    """Outcome of a cohort fit; all but the first come with advice."""

    CONVERGED = "converged"
    BOUNDARY = "boundary"
    INDEFINITE = "indefinite"
    NOT_CONVERGED = "not_converged"


@dataclass(frozen=True, slots=True)
class NamedEstimate:
    """An estimate with its standard error; None at the boundary of zero."""

    name: str
    value: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Maximum of the marginal likelihood by Gauss–Hermite quadrature, for one effect: mean, SD between clients, value.

    Its difference from the Laplace estimates measures their error.
    """

    mean: float
    between_sd: float
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class CohortEffects:
    """Random lagged effects of k edges in N clients, with q covariates: the result of `fit_person_effects`.

    The standardised effects u of client i over one time unit of the model are

        u_i = μ + W (z_i − z̄) + e_i,    e_i ~ N(0, diag(τ²)),

    with `mean` μ, `coefficients` W (k, q) and `between_sd` τ. Standard errors are None for a τ at its boundary of zero.

    Attributes
    ----------
    edges : tuple of (str, str)
        The k effects (from, to) that vary between clients.
    covariates : tuple of str
        Names of the q covariates.
    mean : tuple of NamedEstimate
        μ (k,): mean effect of each edge at the means of the covariates.
    between_sd : tuple of NamedEstimate
        τ (k,): SD of each effect between clients, given the covariates.
    coefficients : tuple of NamedEstimate
        W (k · q,): change of each effect per unit of each covariate.
    log_likelihood : float
        Laplace approximation of the marginal log-likelihood at the estimate.
    log_likelihood_homogeneous : float
        The same for the homogeneous model: W = 0 and τ = 0.
    by_quadrature : Quadrature or None
        Gauss–Hermite quadrature as a check of the Laplace approximation, for one edge; otherwise None.
    p_homogeneous : float
        p value of the likelihood-ratio test of the homogeneous model. One edge without covariates: equal mixture of
        χ²(0) and χ²(1), because τ = 0 is on the boundary. Otherwise: χ² with all degrees of freedom, conservative.
    outcome : CohortOutcome
        Outcome of the fit: converged, boundary (a τ is zero), indefinite or not_converged.
    advice : tuple of Advice
        Remarks on the fit.
    clients : tuple of PersonEffects
        Each client's effects, shrunk towards μ + W (z_i − z̄).

    References
    ----------
    Tierney, L., & Kadane, J. B. (1986). Accurate approximations for posterior moments and marginal densities.
    Journal of the American Statistical Association, 81(393), 82–86.
    Self, S. G., & Liang, K.-Y. (1987). Asymptotic properties of maximum likelihood estimators and likelihood ratio
    tests under nonstandard conditions. Journal of the American Statistical Association, 82(398), 605–610.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> rng = np.random.default_rng(1)
    >>> cohort = securebase.simulate("default", n_clients=8, rng=rng, sessions=8, dropout=0.0)
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> effects = securebase.fit_person_effects(
    ...     rows, known.specification, known.in_score_units(), [("alliance", "symptoms")]
    ... )
    >>> len(effects.clients), effects.between_sd[0].value >= 0
    (8, True)
    """

    edges: tuple[Edge, ...]
    covariates: tuple[str, ...]
    mean: tuple[NamedEstimate, ...]
    between_sd: tuple[NamedEstimate, ...]
    coefficients: tuple[NamedEstimate, ...]
    log_likelihood: float
    log_likelihood_homogeneous: float
    by_quadrature: Quadrature | None
    p_homogeneous: float
    outcome: CohortOutcome
    advice: tuple[Advice, ...]
    clients: tuple[PersonEffects, ...]

    @property
    def converged(self) -> bool:
        return self.outcome in {CohortOutcome.CONVERGED, CohortOutcome.BOUNDARY}


def advice_on_outcome(outcome: CohortOutcome, at_zero: list[str], p_homogeneous: float) -> tuple[Advice, ...]:
    advice = []
    if outcome is CohortOutcome.BOUNDARY:
        advice.append(
            Advice(
                "boundary",
                f"The SD between persons was estimated at its boundary of zero: {', '.join(at_zero)}. This does "
                "not show that the effect is the same for all.",
                "Treat the other standard errors as conditional on this.",
            )
        )
    if outcome is CohortOutcome.INDEFINITE:
        advice.append(
            Advice(
                "indefinite",
                "In some direction the likelihood is flat: these data do not determine how the effects differ.",
                "Let fewer edges vary between persons, or use more sessions per person.",
            )
        )
    if outcome is CohortOutcome.NOT_CONVERGED:
        advice.append(
            Advice("not_converged", "The search ended before it converged.", "Let fewer edges vary between persons.")
        )
    if p_homogeneous < 0.05:
        advice.append(
            Advice(
                "heterogeneous",
                f"Effects differ between persons (test of homogeneity, p = {p_homogeneous:.2g}). A model "
                "with one effect for all describes an average that may hold for few, and its standard errors are too "
                "small.",
                "Report the SD between persons with the mean.",
            )
        )
    return tuple(advice)


def advice_on_approximation(quadrature: Quadrature | None, sd: float, error: float) -> tuple[Advice, ...]:
    if quadrature is None or abs(quadrature.between_sd - sd) < 0.5 * error:
        return ()
    return (
        Advice(
            "approximation",
            f"The Laplace approximation estimates the SD between persons as {sd:.2f}, quadrature as "
            f"{quadrature.between_sd:.2f}.",
            "Use the estimate by quadrature.",
        ),
    )
