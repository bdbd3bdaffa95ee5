"""Daily data of 100 persons over 21 days: the steps agree with a multilevel model of another program (statsmodels).

The data are drawn here, and the multilevel models are fitted to rows that are built here: nothing is shared with the
product but the numbers that go in.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import statsmodels.api as sm

from mediation_tables import ask, table_of
from securebase.study.mediation.answer import WithinMediation

PERSONS, DAYS = 100, 21
A, B = 0.4, 0.3


def draw(seed: int, *, slopes: float = 0.0, together: float = 0.0) -> dict[str, np.ndarray]:
    """Draw x → m (A) and m → y (B) from day to day; slopes: SD of both between persons, together: their correlation."""
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal([0.0, 0.0], [[1.0, together], [together, 1.0]], PERSONS)
    a, b = A + slopes * z[:, 0], B + slopes * z[:, 1]
    level = rng.normal(size=(3, PERSONS, 1))
    x, m, y = rng.normal(size=(3, PERSONS, DAYS))
    for t in range(1, DAYS):
        x[:, t] += 0.3 * x[:, t - 1]
        m[:, t] += 0.2 * m[:, t - 1] + a * x[:, t - 1]
        y[:, t] += 0.2 * y[:, t - 1] + b * m[:, t - 1]
    return {"y": y + level[0], "x": x + level[1], "m": m + level[2]}


def multilevel_step(target: np.ndarray, *regressors: np.ndarray, slope: bool) -> float:
    """Return the fixed effect of the first regressor (persons, days); slope: whether it differs between persons."""
    X = np.column_stack([np.ones(target.size), *(v.ravel() for v in regressors)])
    random = X[:, 1:2] if slope else np.ones((target.size, 1))
    person = np.repeat(np.arange(PERSONS), target.shape[1])
    with warnings.catch_warnings():
        # a variance at zero, as within-person centring leaves no intercepts
        warnings.simplefilter("ignore")
        return float(sm.MixedLM(target.ravel(), X, groups=person, exog_re=random).fit(reml=False).fe_params[1])


def steps(values: dict[str, np.ndarray], *, slope: bool) -> tuple[float, float]:
    """Return a and b of the multilevel models, in points."""
    x, m, y = (v - v.mean(axis=1, keepdims=True) for v in (values["x"], values["m"], values["y"]))
    now, then, last = slice(0, DAYS - 2), slice(1, DAYS - 1), slice(2, DAYS)
    a = multilevel_step(m[:, then], x[:, now], m[:, now], y[:, now], slope=slope)
    b = multilevel_step(y[:, last], m[:, then], x[:, then], x[:, now], y[:, then], slope=slope)
    return a, b


def our_steps(values: dict[str, np.ndarray]) -> tuple[float, float]:
    """Return a and b of the answer, centred, in points."""
    answer = ask(table_of(values), "x", ["m"])
    assert isinstance(answer, WithinMediation)
    x, m, y = (v - v.mean(axis=1, keepdims=True) for v in (values["x"], values["m"], values["y"]))
    sd_x, sd_m, sd_y = x[:, :-2].std(ddof=1), m[:, 1:-1].std(ddof=1), y[:, 2:].std(ddof=1)
    a, b = (answer.centred.path(*edge).effect.estimate for edge in (("x", "m"), ("m", "y")))
    return a * sd_m / sd_x, b * sd_y / sd_m


def test_steps_without_random_slopes_are_the_same() -> None:
    values = draw(1)
    np.testing.assert_allclose(our_steps(values), steps(values, slope=False), atol=0.001)


def test_steps_with_random_slopes_agree_within_two_hundredths() -> None:
    """The mean of random slopes weighs persons a little differently: half a standard error at most."""
    values = draw(2, slopes=0.2)
    np.testing.assert_allclose(our_steps(values), steps(values, slope=True), atol=0.02)


def test_the_covariance_of_steps_between_persons_is_not_part_of_the_product() -> None:
    """The mean indirect effect is a · b + cov(a, b) (Kenny, Korchmaros & Bolger 2003), as the rule says."""
    a, b = our_steps(draw(3, slopes=0.3, together=0.9))
    mean_indirect = A * B + 0.9 * 0.3**2
    assert a * b == pytest.approx(A * B, abs=0.05)
    assert mean_indirect - a * b > 0.03
    assert "plus the covariance of a and b between persons, which is not estimated" in WithinMediation.rule
