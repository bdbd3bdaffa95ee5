"""Tails and quantiles equal those of `scipy.stats`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from securebase.model import distributions

VALUES = np.array([-40.0, -9.0, -1.3, 0.0, 0.2, 2.0, 7.5, 38.0])
DF = np.array([1.0, 2.5, 7.0, 30.0, 200.0])
QUANTILES = (1e-12, 1e-4, 0.025, 0.5, 0.8, 0.975, 1 - 1e-9)


def test_tails_equal_those_of_scipy() -> None:
    np.testing.assert_allclose(distributions.normal_tail(VALUES), stats.norm.sf(VALUES), rtol=1e-12)
    grid = VALUES[:, None], DF
    np.testing.assert_allclose(distributions.t_tail(*grid), stats.t.sf(*grid), rtol=1e-9)
    positive = np.abs(VALUES)[:, None], DF
    np.testing.assert_allclose(distributions.chi2_tail(*positive), stats.chi2.sf(*positive), rtol=1e-9)
    for statistic in (0.0, 0.4, 1.0, 3.7, 60.0):
        assert distributions.f_tail(statistic, (3, 17)) == pytest.approx(stats.f.sf(statistic, 3, 17), rel=1e-9)


@pytest.mark.parametrize("p", QUANTILES)
def test_quantiles_equal_those_of_scipy(p: float) -> None:
    assert distributions.normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-9, abs=1e-12)
    for df in DF:
        assert distributions.t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-7, abs=1e-12)
    assert distributions.beta_quantile(p, 3.0, 18.0) == pytest.approx(stats.beta.ppf(p, 3.0, 18.0), rel=1e-9)
