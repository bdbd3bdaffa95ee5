"""Weeks of high strain and low support: which they are, when they may be said, and the symptoms that follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from episodes import episode
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.series import PreparedRecord, prepare
from securebase.picture.strained_weeks import strained_weeks, strained_weeks_line
from securebase.records.episode import EpisodeRecord


def prepared(record: EpisodeRecord) -> PreparedRecord:
    return prepare(record, record.last_at + 1, default_parameter_set())


def course(n: int, *, effect: float = 0.0, seed: int = 1) -> EpisodeRecord:
    """Simulate symptoms that follow a trend, themselves, and (by `effect`) a week of strain and low support."""
    rng = np.random.default_rng(seed)
    strain, support = rng.normal(5, 1.5, n).clip(0, 10), rng.normal(5, 1.5, n).clip(0, 10)
    strained = (strain > strain.mean()) & (support < support.mean())
    symptoms = [6.0]
    for week in range(1, n):
        expected = 3.0 + 0.4 * symptoms[-1] - 0.01 * week + effect * strained[week - 1]
        symptoms.append(expected + rng.normal(0, 0.5))
    ratings = {"interpersonal_stress": strain.tolist(), "social_support": support.tolist()}
    return episode(n, symptoms=symptoms, planned=n, **ratings)


def test_weeks_are_those_above_and_below_the_own_means() -> None:
    record = episode(6, interpersonal_stress=[2, 8, 8, 2, 8, 2], social_support=[5, 2, 8, 2, 2, 8])
    part = strained_weeks(prepared(record))
    assert part is not None
    assert (part.sessions, part.rated) == ((2, 5), 6)
    line = strained_weeks_line(prepared(record))
    assert "High strain and low support in the weeks before sessions 2 and 5." in line
    assert line.endswith("Symptoms after such weeks are shown from 24 complete sessions (6 so far).")


def test_nothing_is_said_below_the_gate_of_own_levels() -> None:
    record = episode(5, interpersonal_stress=[2, 8, 8, 2, 8], social_support=[5, 2, 8, 2, 2])
    assert strained_weeks(prepared(record)) is None
    expected = "Weeks of high strain and low support are shown from 6 complete sessions (5 so far)."
    assert strained_weeks_line(prepared(record)) == expected


def test_symptoms_afterwards_wait_for_the_gate_of_own_effects() -> None:
    for n, shown in ((23, False), (24, True)):
        part = strained_weeks(prepared(course(n)))
        assert part is not None
        assert (part.after is not None) is shown
    assert "90% interval" in strained_weeks_line(prepared(course(24)))
    calm = episode(30, interpersonal_stress=[5.0] * 29 + [6.0], social_support=[5.0] * 29 + [4.0])
    assert "too few such weeks to compare" in strained_weeks_line(prepared(calm))


def leave(column: Any, others: Any) -> Any:
    """Return what a least-squares fit on other columns leaves of a column."""
    return column - others @ np.linalg.solve(others.T @ others, others.T @ column)


def test_difference_equals_that_of_residuals() -> None:
    """Compare with the theorem of Frisch and Waugh: regress what the other columns leave of both sides."""
    ready = prepared(course(40, effect=1.0))
    part = strained_weeks(ready)
    assert part is not None
    assert part.after is not None
    symptoms, weeks = ready.series["symptoms"].values, np.arange(1, 40)
    others = np.column_stack([symptoms[:-1], weeks, np.ones(39)])
    x, y = leave(np.isin(weeks, part.sessions).astype(float), others), leave(np.array(symptoms[1:]), others)
    slope = x @ y / (x @ x)
    error = np.sqrt(np.sum((y - slope * x) ** 2) / (39 - 4) / (x @ x))
    assert part.after.value == pytest.approx(slope)
    # the upper 5% point of t with 35 degrees of freedom is 1.690
    assert (part.after.high - part.after.low) / 2 == pytest.approx(1.690 * error, rel=1e-3)


@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_interval_covers_the_simulated_effect(effect: float) -> None:
    parts = [strained_weeks(prepared(course(36, effect=effect, seed=seed))) for seed in range(60)]
    results = [part.after for part in parts if part is not None and part.after is not None]
    assert len(results) > 40
    assert np.mean([r.low <= effect <= r.high for r in results]) >= 0.8
    assert np.mean([r.value for r in results]) == pytest.approx(effect, abs=0.12)
