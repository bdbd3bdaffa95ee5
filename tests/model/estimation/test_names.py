"""Names of estimates whose columns have commas in their own names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import securebase as sb
from securebase.model.estimation.names import diagonal_column, is_variance
from securebase.model.estimation.summary import unit_of
from securebase.model.simulate import simulate_panel

COMMAS = ("sleep, hours", "mood, evening")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("diffusion[y,y]", "y"),
        ("diffusion[y,x]", None),
        ("diffusion[a,b,a,b]", "a,b"),
        ("diffusion[a,b,b,a]", None),
        ("diffusion[sleep, hours,sleep, hours]", "sleep, hours"),
        ("diffusion[sleep, hours,mood, evening]", None),
        ("diffusion[items [1],items [1]]", "items [1]"),
        ("measurement_noise[sleep, hours]", None),
        ("rate", None),
    ],
)
def test_a_diagonal_entry_is_recognised_by_its_halves(name: str, column: str | None) -> None:
    assert diagonal_column(name) == column


def test_variances_and_units_do_not_depend_on_commas() -> None:
    assert is_variance("level_covariance[sleep, hours,sleep, hours]")
    assert is_variance("measurement_noise[sleep, hours]")
    assert not is_variance("level_covariance[sleep, hours,mood, evening]")
    assert not is_variance("level_change_covariance[sleep, hours,sleep, hours]")
    assert unit_of("drift[sleep, hours,sleep, hours]", "day") == "per day"
    assert unit_of("drift[sleep, hours,mood, evening]", "day") == "points per point per day"


def test_a_variance_at_its_boundary_is_held_whatever_its_construct_is_called() -> None:
    """Without spread of one level between persons, the covariance of long-run means is singular under either name."""
    plain = sb.Specification(("sleep", "mood"))
    truth = sb.Parameters(
        drift=np.array([[-0.8, 0.1], [0.0, -0.6]]),
        diffusion=np.array([[1.0, 0.0], [0.0, 1.0]]),
        level_mean=np.array([5.0, 5.0]),
        level_covariance=np.array([[1e-8, 0.0], [0.0, 1.0]]),
        measurement_noise=np.array([0.3, 0.3]),
    )
    panel = simulate_panel(plain, truth, [np.arange(8)] * 60, np.random.default_rng(4))
    fitted = sb.fit(panel, plain)
    renamed = sb.fit(replace(panel, constructs=COMMAS), replace(plain, constructs=COMMAS))
    assert fitted.outcome.kind == renamed.outcome.kind == "boundary"
    assert fitted.held == ("level_covariance[mood,mood]",)
    assert renamed.held == ("level_covariance[mood, evening,mood, evening]",)
    assert "singular at “mood, evening”" in renamed.outcome.sentence
    assert renamed.log_likelihood == fitted.log_likelihood
    names = zip(fitted.estimates, renamed.estimates, strict=True)
    assert all(fitted.interval(mine) == renamed.interval(theirs) for mine, theirs in names)
