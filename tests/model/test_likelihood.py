"""The exact likelihood and its gradient against a dense normal and central differences, for both kernels."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from oracles import dense_normal, small_problems
from securebase.errors import ModelError
from securebase.model import likelihood
from securebase.model.kernel import compiled
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification, Start, Trend

KERNELS = ["readable", *(["compiled"] if compiled.AVAILABLE else [])]
Problem = tuple[Panel, Specification, Parameters]
EVERY_MODEL = [(trend, start) for trend in Trend for start in Start]


@pytest.fixture(params=KERNELS)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SECUREBASE_KERNEL", request.param)
    assert likelihood.kernel_name() == request.param
    return str(request.param)


@functools.cache
def dense(make: Callable[..., Problem], *arguments: object) -> float:
    """Return the dense log-likelihood of the problem that `make(*arguments)` returns, once for both kernels."""
    return dense_normal.log_likelihood(*make(*arguments))


def problem(p: int, trend: Trend, start: Start, seed: int) -> Problem:
    rng = np.random.default_rng([p, seed])
    specification = small_problems.specification(p, trend, start)
    return small_problems.panel(p, rng), specification, small_problems.parameters(specification, rng)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize(("trend", "start"), EVERY_MODEL)
def test_the_log_likelihood_equals_that_of_a_dense_normal(kernel: str, p: int, trend: Trend, start: Start) -> None:
    for seed in range(6):
        expected = dense(problem, p, trend, start, seed)
        assert likelihood.log_likelihood(*problem(p, trend, start, seed)) == pytest.approx(expected, rel=1e-9)


def is_symmetric(name: str) -> bool:
    return name == "diffusion" or (name.endswith("covariance") and name != "level_change_covariance")


def entries(parameters: Parameters) -> list[tuple[str, tuple[int, ...]]]:
    """Return every free entry, of a covariance its lower triangle."""
    free_entries = []
    for field in fields(parameters):
        value = getattr(parameters, field.name)
        if value is not None:
            for index in np.ndindex(np.shape(value)):
                if not (is_symmetric(field.name) and index[0] < index[1]):
                    free_entries.append((field.name, index))
    return free_entries


def moved(parameters: Parameters, name: str, index: tuple[int, ...], by: float) -> Parameters:
    value = np.array(getattr(parameters, name), dtype=float)
    value[index] += by
    if is_symmetric(name) and index[0] != index[1]:
        value[index[::-1]] += by
    return replace(parameters, **{name: float(value) if value.ndim == 0 else value})


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize(("trend", "start"), EVERY_MODEL)
def test_the_gradient_equals_central_differences(kernel: str, p: int, trend: Trend, start: Start) -> None:
    assert_gradient(problem, p, trend, start, 77)


@functools.cache
def differences(make: Callable[..., Problem], *arguments: object) -> list[float]:
    """Return the central difference of the log-likelihood along every entry, once for both kernels, by the faster."""
    panel, specification, parameters = make(*arguments)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SECUREBASE_KERNEL", KERNELS[-1])
        prepared = likelihood.Likelihood(panel, specification)
    step, slopes = 1e-4, []
    for name, index in entries(parameters):
        at = [prepared.value(moved(parameters, name, index, by * step)) for by in (-2, -1, 1, 2)]
        slopes.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step))
    return slopes


def assert_gradient(make: Callable[..., Problem], *arguments: object) -> None:
    panel, specification, parameters = make(*arguments)
    value, gradient = likelihood.log_likelihood_and_gradient(panel, specification, parameters)
    assert value == pytest.approx(likelihood.log_likelihood(panel, specification, parameters), rel=1e-12)
    for (name, index), expected in zip(entries(parameters), differences(make, *arguments), strict=True):
        derivative = float(np.asarray(getattr(gradient, name))[index])
        if is_symmetric(name) and index[0] != index[1]:
            derivative *= 2  # the entry represents both halves of a symmetric matrix
        assert derivative == pytest.approx(expected, rel=1e-6, abs=1e-6), name


def full_problem(p: int, trend: Trend, start: Start, part: str, seed: int) -> Problem:
    rng = np.random.default_rng([p, seed])
    specification = small_problems.specification_with(p, trend, start, part)
    return small_problems.panel_for(specification, rng), specification, small_problems.parameters(specification, rng)


@pytest.mark.parametrize("part", small_problems.PARTS)
@pytest.mark.parametrize("trend", list(Trend))
def test_every_part_of_the_full_model_is_a_dense_normal_with_its_exact_gradient(
    kernel: str, trend: Trend, part: str
) -> None:
    for p, start in ((1, Start.FREE), (2, Start.STATIONARY), (3, Start.FREE)):
        expected = dense(full_problem, p, trend, start, part, p)
        assert likelihood.log_likelihood(*full_problem(p, trend, start, part, p)) == pytest.approx(expected, rel=1e-9)
    assert_gradient(full_problem, 2, trend, Start.FREE, part, 5)


@pytest.mark.parametrize("random_slopes", [False, True])
@pytest.mark.parametrize("trend", list(Trend))
def test_compressed_patterns_change_nothing(kernel: str, trend: Trend, random_slopes: bool) -> None:
    panel, specification, parameters = compressed_problem(trend, random_slopes)
    prepared = likelihood.Likelihood(panel, specification)
    assert len(prepared.layout.starts) < 0.7 * panel.n_persons
    assert prepared.value(parameters) == pytest.approx(prepared.per_person(parameters).sum(), rel=1e-11)
    assert prepared.value(parameters) == pytest.approx(dense(compressed_problem, trend, random_slopes), rel=1e-9)
    assert_gradient(compressed_problem, trend, random_slopes)


def compressed_problem(trend: Trend, random_slopes: bool) -> Problem:
    rng = np.random.default_rng(3)
    specification = small_problems.specification(
        2, trend, Start.FREE, random_slopes=random_slopes, free_start_mean=True
    )
    parameters = small_problems.parameters(specification, rng)
    return shared_timetables(2, rng), specification, parameters


def shared_timetables(p: int, rng: np.random.Generator) -> Panel:
    """Return eighty persons with four timetables; most patterns of missing scores are shared, two are unique."""
    timetables = [np.cumsum(rng.uniform(0.2, 2.0, size=n)) for n in (1, 3, 4, 4)]
    holes = [np.ones((4, p), dtype=bool) for _ in range(2)]
    holes[1][1, 0] = holes[1][2, p - 1] = False
    times, scores, lengths = [], [], []
    for i in range(80):
        timetable = timetables[i % 4]
        values = rng.normal(size=(len(timetable), p))
        values[~holes[(i // 4) % 2][: len(timetable)]] = np.nan
        if i in (9, 23):
            values[0, 0] = np.nan
        times.append(timetable)
        scores.append(values)
        lengths.append(len(timetable))
    return Panel(
        persons=tuple(f"person {i}" for i in range(80)),
        constructs=tuple(f"c{k}" for k in range(p)),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        times=np.concatenate(times),
        scores=np.concatenate(scores),
        wave=np.full(sum(lengths), -1, dtype=np.int64),
    )


@pytest.mark.skipif(not compiled.AVAILABLE, reason="no compiled kernel was built here")
@pytest.mark.parametrize("part", ["", "random slopes", "all"])
@pytest.mark.parametrize("p", [1, 2, 3, 4, 6, 7])
def test_compiled_and_readable_kernels_agree(p: int, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed, (trend, start) in enumerate(EVERY_MODEL):
        rng = np.random.default_rng([p, seed])
        specification = (
            small_problems.specification_with(p, trend, start, part)
            if part
            else small_problems.specification(p, trend, start)
        )
        panel = small_problems.panel_for(specification, rng, persons=int(rng.integers(1, 40)), longest=9)
        parameters = small_problems.parameters(specification, rng)
        results = []
        for name in ("compiled", "readable"):
            monkeypatch.setenv("SECUREBASE_KERNEL", name)
            results.append(likelihood.log_likelihood_and_gradient(panel, specification, parameters))
        (value, gradient), (other_value, other_gradient) = results
        assert value == pytest.approx(other_value, rel=1e-10)
        for field in fields(gradient):
            derivative, reference = getattr(gradient, field.name), getattr(other_gradient, field.name)
            if derivative is not None:
                np.testing.assert_allclose(derivative, reference, rtol=1e-10, atol=1e-10 * np.abs(reference).max())


def test_a_person_without_rows_or_without_scores_adds_nothing(kernel: str) -> None:
    panel, specification, parameters = problem(2, Trend.LINEAR, Start.FREE, seed=5)
    log_likelihood = likelihood.log_likelihood(panel, specification, parameters)
    extended = Panel(
        persons=(*panel.persons, "no rows", "no scores", "no rows either"),
        constructs=panel.constructs,
        starts=np.append(panel.starts, [panel.starts[-1], panel.starts[-1] + 2, panel.starts[-1] + 2]),
        times=np.append(panel.times, [0.0, 1.0]),
        scores=np.vstack([panel.scores, np.full((2, 2), np.nan)]),
        wave=np.append(panel.wave, [-1, -1]),
    )
    assert likelihood.log_likelihood(extended, specification, parameters) == pytest.approx(log_likelihood, rel=1e-13)


def test_the_log_likelihood_is_the_sum_over_persons(kernel: str) -> None:
    panel, specification, parameters = problem(2, Trend.CARRIED, Start.STATIONARY, seed=6)
    per_person = likelihood.Likelihood(panel, specification).per_person(parameters)
    for person in range(panel.n_persons):
        rows = panel.rows_of(person)
        alone = Panel(
            persons=(panel.persons[person],),
            constructs=panel.constructs,
            starts=np.array([0, rows.stop - rows.start]),
            times=panel.times[rows],
            scores=panel.scores[rows],
            wave=panel.wave[rows],
        )
        assert likelihood.log_likelihood(alone, specification, parameters) == pytest.approx(
            per_person[person], rel=1e-12
        )


def test_a_level_covariance_of_zero_is_allowed(kernel: str) -> None:
    panel, specification, parameters = problem(2, Trend.NONE, Start.STATIONARY, seed=8)
    flat = replace(parameters, level_covariance=np.zeros((2, 2)))
    expected = dense_normal.log_likelihood(panel, specification, flat)
    assert likelihood.log_likelihood(panel, specification, flat) == pytest.approx(expected, rel=1e-9)


def test_growing_drift_is_refused_with_a_stationary_start_and_allowed_with_a_free_one(kernel: str) -> None:
    panel, specification, parameters = problem(2, Trend.NONE, Start.FREE, seed=9)
    growing = replace(parameters, drift=np.array([[0.05, 0.1], [0.0, -0.3]]))
    expected = dense_normal.log_likelihood(panel, specification, growing)
    assert likelihood.log_likelihood(panel, specification, growing) == pytest.approx(expected, rel=1e-9)
    stationary = replace(specification, start=Start.STATIONARY)
    with pytest.raises(ModelError, match="not stable"):
        likelihood.log_likelihood(panel, stationary, replace(growing, start_covariance=None))


def test_invalid_models_are_refused() -> None:
    panel, specification, parameters = problem(2, Trend.LINEAR, Start.FREE, seed=10)
    for wrong in (
        replace(parameters, slope=None),
        replace(parameters, start_covariance=None),
        replace(parameters, measurement_noise=np.array([-0.1, 0.2])),
        replace(parameters, level_covariance=np.array([[1.0, 2.0], [2.0, 1.0]])),
        replace(parameters, drift=-np.eye(3)),
    ):
        with pytest.raises(ModelError):
            likelihood.log_likelihood(panel, specification, wrong)
    with pytest.raises(ModelError, match="the panel has"):
        likelihood.log_likelihood(panel, replace(specification, constructs=("a", "b")), parameters)


def test_an_unknown_kernel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", "quantum")
    with pytest.raises(ModelError, match="quantum"):
        likelihood.kernel_name()


def test_without_a_compiled_kernel_the_readable_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECUREBASE_KERNEL", raising=False)
    monkeypatch.setattr(compiled, "AVAILABLE", False)
    assert likelihood.kernel_choice() == ("readable", likelihood.kernel_choice()[1])
    assert "no compiled kernel" in likelihood.kernel_choice()[1]
    monkeypatch.setenv("SECUREBASE_KERNEL", "compiled")
    with pytest.raises(ModelError, match="not built"):
        likelihood.kernel_name()
