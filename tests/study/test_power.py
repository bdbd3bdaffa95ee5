"""Power of a planned study: agreement with a plain loop and between runners, counts of fits, and the search."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from power_plans import SPREAD, plan, quick, stopped_after, three
from securebase.errors import InputError, ParameterSetError
from securebase.model.equations import stationary_covariance, trend_mean
from securebase.model.fit import fit
from securebase.model.parameter_set import parameter_set
from securebase.model.simulate import simulate_panel
from securebase.study.cluster import on_cluster
from securebase.study.models import effects, specification_for
from securebase.study.power import PowerPlan, power, truth_from_fit, truth_from_set
from securebase.study.power.plan import PowerDesign, Setting
from securebase.study.power.replicate import FAILED, Replication, batches, draw_sample, replicate
from securebase.study.power.search import fit_curve, next_clients, required_clients
from securebase.study.power.summary import Proportion, summarise_design
from securebase.study.replications import on_cores

SMALL = PowerPlan(clients=(60,), sessions=(6,), effects=(-0.25,), missing=(0.1,), dropout=(0.2,), replications=10)


@pytest.fixture(scope="module")
def small():
    return power(SMALL, run=on_cores(1))


# --- the truth -------------------------------------------------------------------------------------


def test_a_truth_from_a_set_has_the_effects_of_the_set():
    truth, stated = truth_from_set(), parameter_set().standardised
    assert truth.effect("alliance", "symptoms") == pytest.approx(stated.effects["alliance", "symptoms"], abs=1e-12)
    assert truth.effect("symptoms", "alliance") == pytest.approx(stated.effects["symptoms", "alliance"], abs=1e-12)


@pytest.mark.parametrize("value", [-0.3, 0.0, 0.2])
@pytest.mark.parametrize("trend", ["carried", "apart"])
def test_setting_an_effect_keeps_all_other_properties(value, trend):
    truth = truth_from_set("literature", ("symptoms", "alliance", "social_support"), trend)
    changed = truth.with_effect("alliance", "symptoms", value)
    names = truth.specification.constructs
    for earlier in names:
        for later in names:
            if earlier != later:
                expected = value if (earlier, later) == ("alliance", "symptoms") else truth.effect(earlier, later)
                assert changed.effect(earlier, later) == pytest.approx(expected, abs=1e-10)
    before, after = truth.parameters, changed.parameters
    np.testing.assert_allclose(
        stationary_covariance(after.drift, after.diffusion), stationary_covariance(before.drift, before.diffusion)
    )
    end = np.array([0.0, truth.specification.planned_end])
    ends = [trend_mean(truth.specification, p, end)[1] for p in (before, after)]
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-10)


def test_setting_the_present_effect_changes_nothing():
    truth = truth_from_set()
    again = truth.with_effect("alliance", "symptoms", truth.effect("alliance", "symptoms"))
    for name in ("drift", "diffusion", "therapy_effect"):
        np.testing.assert_allclose(getattr(again.parameters, name), getattr(truth.parameters, name), atol=1e-12)


@pytest.mark.parametrize(
    ("build", "part"),
    [
        (lambda: truth_from_set("no_such"), "no_such"),
        (lambda: truth_from_set("literature", ("symptoms", "luck")), "luck"),
        (lambda: truth_from_set("literature", ("symptoms",)), "two or more"),
        (lambda: truth_from_set(trend="linear"), "linear"),
        (lambda: truth_from_set().with_effect("alliance", "luck", 0.1), "luck"),
        (lambda: truth_from_set().with_effect("alliance", "alliance", 0.1), "itself"),
        (lambda: truth_from_set().with_effect("alliance", "symptoms", -0.95), "is impossible"),
    ],
)
def test_an_impossible_truth_raises(build, part):
    with pytest.raises(ParameterSetError, match=part):
        build()


def write_fit(tmp_path, truth, **changes):
    specification = truth.specification
    saved = {
        "parameters": {
            n: {"estimate": v, "standard_error": 0.1} for n, v in truth.parameters.named(specification).items()
        },
        "outcome_of_fit": "converged",
        "n_persons": 80,
        "model": {
            "constructs": specification.constructs,
            "trend": specification.trend,
            "start": specification.start,
            "time_unit": specification.time_unit,
            "planned_end": specification.planned_end,
        },
    }
    file = tmp_path / "fit.json"
    file.write_text(json.dumps(saved | changes), encoding="utf-8")
    return file


@pytest.mark.parametrize("trend", ["carried", "apart"])
def test_a_saved_fit_becomes_the_truth(tmp_path, trend):
    truth = truth_from_set(trend=trend)
    read = truth_from_fit(write_fit(tmp_path, truth))
    assert read.specification == truth.specification
    assert read.parameters.named(read.specification) == truth.parameters.named(truth.specification)
    assert "80 persons" in read.name


def test_a_carried_fit_can_be_converted_to_apart(tmp_path):
    truth = truth_from_set()
    read = truth_from_fit(write_fit(tmp_path, truth), "apart")
    expected = truth_from_set(trend="apart")
    assert read.parameters.named(read.specification) == pytest.approx(expected.parameters.named(expected.specification))


def test_an_unsuitable_fit_raises(tmp_path):
    truth = truth_from_set()
    with pytest.raises(ParameterSetError, match="not enough data"):
        truth_from_fit(write_fit(tmp_path, truth, outcome_of_fit="not_enough_data"))
    with pytest.raises(ParameterSetError, match=r"has no 'level_mean\[symptoms\]'"):
        truth_from_fit(write_fit(tmp_path, truth, parameters={"a": {"estimate": 1.0}}))
    entries = {n: {"estimate": v} for n, v in truth.parameters.named(truth.specification).items()}
    with pytest.raises(ParameterSetError, match=r"more parts than the basic model: loading\[a\]"):
        truth_from_fit(write_fit(tmp_path, truth, parameters=entries | {"loading[a]": {"estimate": 1.0}}))
    with pytest.raises(ParameterSetError, match="to linear"):
        truth_from_fit(write_fit(tmp_path, truth), "linear")
    (tmp_path / "fit.json").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(ParameterSetError, match="securebase fit TABLE"):
        truth_from_fit(tmp_path / "fit.json")
    with pytest.raises(ParameterSetError, match="cannot read"):
        truth_from_fit(tmp_path / "none.json")


# --- the plan --------------------------------------------------------------------------------------


def test_a_plan_has_every_combination_once():
    power_plan = plan(clients=(80, 40, 40), effects=(0.0, -0.2), missing=(0.0, 0.1), dropout=0.2)
    assert power_plan.clients == (40, 80)
    assert len(power_plan.designs) == 2 * 2 * 2 * 2
    assert len({d.key for d in power_plan.designs}) == len(set(power_plan.designs)) == 16
    assert PowerPlan().effects == (-0.1,)


@pytest.mark.parametrize(
    "changes",
    [
        {"clients": ()},
        {"clients": (1,)},
        {"clients": (30.5,)},
        {"sessions": (1,)},
        {"missing": (1.0,)},
        {"missing": ()},
        {"dropout": (-0.1,)},
        {"replications": 3},
        {"seed": -1},
        {"alpha": 0.6},
        {"days_between": 0.0},
        {"effects": (-0.99,)},
        {"earlier": "luck"},
        {"clients": "50"},
        {"clients": ("few", 50)},
        {"clients": None},
        {"missing": ("a",)},
        {"effects": (float("nan"),)},
        {"effects": ("weak",)},
        {"alpha": "5%"},
        {"days_between": "weekly"},
        {"truth": "literature"},
    ],
)
def test_an_invalid_plan_raises(changes):
    with pytest.raises(InputError):
        plan(**changes)


def test_arrays_of_numbers_are_accepted():
    power_plan = PowerPlan(clients=np.arange(50, 200, 50), effects=np.array([-0.2, -0.1]))
    assert power_plan.clients == (50, 100, 150)
    assert power_plan.effects == (-0.2, -0.1)
    assert type(power_plan.clients[0]) is int


# --- one replication -------------------------------------------------------------------------------


def test_a_sample_has_the_planned_clients_sessions_and_missing_scores():
    power_plan = plan(clients=(2000,), sessions=(10,), missing=(0.2,), dropout=(0.3,), days_between=3.5)
    sample = draw_sample(batches(power_plan, power_plan.designs, 5)[0], 0)
    length = np.diff(sample.starts)
    assert sample.n_persons == 2000
    assert np.isnan(sample.scores).mean() == pytest.approx(0.2, abs=0.01)
    assert (length < 10).mean() == pytest.approx(0.3, abs=0.04)
    early = length[length < 10]
    assert early.min() == 1
    assert early.mean() == pytest.approx(5, abs=0.4)  # uniform over 1 to 9
    assert set(np.round(np.diff(sample.times)[np.diff(sample.times) > 0], 9)) == {0.5}


def test_a_sample_depends_only_on_its_design_and_number():
    small_plan, large_plan = plan(clients=(40,)), plan(clients=(40, 160), effects=(-0.15, 0.0), replications=100)
    first, second = (
        next(b for b in batches(p, p.designs, 5) if b.design == small_plan.designs[0]) for p in (small_plan, large_plan)
    )
    np.testing.assert_array_equal(draw_sample(first, 3).scores, draw_sample(second, 3).scores)
    assert (draw_sample(first, 3).scores != draw_sample(first, 4).scores).any()


def test_a_failing_fit_is_counted_and_does_not_raise(monkeypatch):
    power_plan = plan(clients=(40,), sessions=(2,))
    task = batches(power_plan, power_plan.designs, 2)[0]
    assert replicate(task) == [Replication("not_enough_data", None, None)] * 2

    def breaks(*_):
        raise np.linalg.LinAlgError

    monkeypatch.setattr("securebase.study.power.replicate.fit", breaks)
    assert replicate(task) == [Replication(FAILED, None, None)] * 2


def test_batches_cover_every_replication_once_and_alternate_designs():
    power_plan = plan(replications=12)
    tasks = batches(power_plan, power_plan.designs, 5)
    assert [b.design for b in tasks[:4]] == list(power_plan.designs)
    for design in power_plan.designs:
        numbers = [n for b in tasks if b.design == design for n in range(b.first, b.last)]
        assert numbers == list(range(12))


# --- agreement with a plain loop and between runners -----------------------------------------------


def test_power_equals_a_plain_loop(small):
    """Repeat seeds, samples, fits and counts without batches, workers or summaries."""
    truth = SMALL.truth.with_effect("alliance", "symptoms", -0.25)
    below, widths, kinds, estimates = 0, [], Counter(), []
    for number in range(10):
        key = (60, 6, 1, 250_000, 100_000, 200_000, number)
        rng = np.random.default_rng(np.random.SeedSequence(1, spawn_key=key))
        leaves, last = rng.random(60) < 0.2, rng.integers(1, 6, size=60)
        times = [np.arange(float(last[i] if leaves[i] else 6)) for i in range(60)]
        simulated = simulate_panel(truth.specification, truth.parameters, times, rng)
        simulated.scores[rng.random(simulated.scores.shape) < 0.1] = np.nan
        fitted = fit(simulated, specification_for(simulated, "carried"))
        kinds[fitted.outcome.kind] += 1
        if fitted.parameters is None:
            continue
        row = next(e for e in effects(fitted, 1.0) if (e.earlier, e.later) == ("alliance", "symptoms"))
        if row.standard_error is not None:
            upper = row.estimate + stats.norm.ppf(0.975) * row.standard_error
            below += fitted.outcome.kind == "converged" and upper < 0
            widths.append(2 * stats.norm.ppf(0.975) * row.standard_error)
            estimates.append(row.estimate)
    (cell,) = small.cells
    assert (cell.power.count, cell.power.total) == (below, 10)
    assert dict(cell.outcomes) == dict(kinds)
    assert cell.n_intervals == len(widths)
    assert cell.mean_width == pytest.approx(np.mean(widths), rel=1e-12)
    assert cell.bias == pytest.approx(np.mean(estimates) + 0.25, abs=1e-12)
    assert cell.empirical_se == pytest.approx(np.std(estimates, ddof=1), rel=1e-12)


def test_two_workers_give_the_same_numbers(small):
    assert power(SMALL, run=on_cores(2)).to_json() == small.to_json()


@pytest.mark.slow
def test_a_local_cluster_of_two_workers_gives_the_same_numbers(small):
    pytest.importorskip("distributed", reason="dask is not installed: pip install “securebase[cluster]”")
    with on_cluster("local", workers=2) as run:
        assert power(SMALL, run=run).to_json() == small.to_json()


@pytest.mark.slow
def test_without_an_effect_type_i_errors_have_rate_alpha():
    """The small version of `python -m benchmarks type_one`, which counts 1,000 replications of 150 clients."""
    cell = power(plan(clients=(80,), sessions=(8,), effects=(0.0,), replications=60), run=on_cores(1)).cells[0]
    assert cell.power is None
    low, high = stats.binom.ppf([0.0005, 0.9995], 60, 0.025)
    assert low <= cell.below <= high
    assert low <= cell.above <= high
    low, high = stats.binom.ppf([0.0005, 0.9995], cell.n_intervals, 0.95)
    assert low <= cell.coverage.count <= high
    assert abs(cell.bias) < 4 * cell.bias_se


@pytest.mark.slow
def test_more_clients_have_more_power():
    small_cell, large_cell = power(
        plan(clients=(40, 240), sessions=(8,), effects=(-0.2,), replications=14), run=on_cores(1)
    ).cells
    assert small_cell.power.upper < large_cell.power.lower
    assert small_cell.mean_width > 1.5 * large_cell.mean_width


# --- counts of fits --------------------------------------------------------------------------------


def test_every_fit_is_counted_and_irregular_fits_do_not_detect():
    replications = [
        Replication("converged", -0.3, 0.1),
        Replication("converged", -0.1, 0.1),
        Replication("converged", 0.4, 0.1),
        Replication("boundary", -0.5, 0.1),
        Replication("not_converged", -9.0, None),
        Replication("not_enough_data", None, None),
        Replication(FAILED, None, None),
    ]
    cell = summarise_design(PowerDesign(50, 8, Setting(-0.2)), replications, planned=8, alpha=0.05)
    assert (cell.power.count, cell.power.total) == (1, 7)
    assert cell.power_with_boundary.count == 2
    assert cell.wrong_sign.count == 1
    assert cell.irregular == 4
    assert sum(cell.outcomes.values()) == cell.completed == 7
    assert cell.n_intervals == 4
    assert cell.bias == pytest.approx(np.mean([-0.3, -0.1, 0.4, -0.5]) + 0.2)
    assert cell.mean_width == pytest.approx(2 * 1.959964 * 0.1)
    assert (cell.coverage.count, cell.coverage.total) == (2, 4)
    none = summarise_design(PowerDesign(50, 8, Setting(0.0)), replications, planned=8, alpha=0.05)
    assert none.power is None
    assert none.false_positives.count == 2


def test_no_replications_give_no_figures():
    cell = summarise_design(PowerDesign(50, 8, Setting(-0.2)), [], planned=8, alpha=0.05)
    assert cell.power.value is None
    assert cell.bias is cell.empirical_se is cell.mean_width is None
    assert cell.coverage.value is None


@pytest.mark.parametrize(("count", "total"), [(0, 20), (20, 20), (7, 20), (411, 500)])
def test_the_interval_of_a_proportion_is_the_exact_binomial_one(count, total):
    exact = stats.binomtest(count, total).proportion_ci(method="exact")
    proportion = Proportion(count, total)
    assert (proportion.lower, proportion.upper) == pytest.approx((exact.low, exact.high), abs=1e-12)


# --- the search ------------------------------------------------------------------------------------


def test_a_search_finds_the_theoretical_number():
    """With `quick` 18 of 20 fits converge; their power is Φ(|effect| / SE − 1.96), SE² = 2.25 / (N (T − 3))."""
    power_plan = plan(replications=2000, sessions=(8, 16))
    result = power(power_plan, target_power=0.7, run=quick)
    for answer, sessions in zip(result.required_clients, (8, 16), strict=True):
        z = stats.norm.ppf(0.7 / 0.9) + stats.norm.ppf(0.975)
        true = (z * SPREAD / 0.15) ** 2 / (sessions - 3)
        assert answer.lower < answer.clients < answer.upper
        assert answer.clients == pytest.approx(true, rel=0.12)
        assert abs(answer.nearest - answer.clients) <= max(0.02 * answer.clients, (answer.upper - answer.lower) / 4)
        assert answer.simulated.value == pytest.approx(0.7, abs=0.06)


def test_the_curve_recovers_the_probit_of_the_counts():
    cells = []
    for n in (50, 100, 200, 400):
        share = stats.norm.cdf(-1.96 + 0.2 * np.sqrt(n))
        hits = round(100_000 * share)
        replications = [Replication("converged", -1.0, 0.1)] * hits + [Replication("converged", 0.0, 0.1)] * (
            100_000 - hits
        )
        cells.append(summarise_design(PowerDesign(n, 8, Setting(-1.0)), replications, planned=100_000, alpha=0.05))
    curve = fit_curve(cells, 0.05)
    assert curve.start == pytest.approx(-1.96, abs=1e-3)
    assert curve.slope == pytest.approx(0.2, abs=1e-4)
    expected = ((stats.norm.ppf(0.8) + 1.96) / 0.2) ** 2
    assert curve.clients(0.8) == pytest.approx(expected, rel=1e-3)
    assert curve.power(curve.clients(0.8)) == pytest.approx(0.8)
    low, high = curve.interval(0.8)
    assert low < expected < high
    assert next_clients(cells, 0.8, 0.05) is None  # 200 is close enough
    assert next_clients(cells, 0.9, 0.05) == int(np.ceil(curve.clients(0.9)))


def test_a_search_among_proportions_of_zero_or_one_proceeds_stepwise():
    def cell_with(n, hits):
        replications = [Replication("converged", -1.0 if i < hits else 0.0, 0.1) for i in range(50)]
        return summarise_design(PowerDesign(n, 8, Setting(-1.0)), replications, planned=50, alpha=0.05)

    assert next_clients([cell_with(400, 50), cell_with(800, 50)], 0.8, 0.05) < 400
    assert 200 < next_clients([cell_with(100, 0), cell_with(200, 0)], 0.8, 0.05) <= 800
    assert next_clients([cell_with(100, 0), cell_with(20_000, 0)], 0.8, 0.05) is None
    answer = required_clients([cell_with(100, 0), cell_with(20_000, 0)], Setting(-1.0), 8, 0.8, 0.05)
    assert answer.clients is None


def test_an_invalid_target_power_raises():
    with pytest.raises(InputError, match="effect other than zero"):
        power(plan(effects=(0.0,)), target_power=0.8, run=quick)
    with pytest.raises(InputError, match="between"):
        power(plan(), target_power=8.0, run=quick)
    for target in (float("nan"), ".8"):
        with pytest.raises(InputError, match="“target_power” must be a finite number"):
            power(plan(), target_power=target, run=quick)


def test_power_needs_a_plan():
    with pytest.raises(InputError, match=r"plan must be a PowerPlan \(got dict\)"):
        power({"clients": 50})


def test_the_summary_states_power_type_i_errors_and_required_clients():
    result = power(plan(effects=(-0.15, 0.0)), run=quick, target_power=0.8)
    lines = str(result).splitlines()
    assert lines[0] == "Power for the effect of alliance on symptoms over one week, alpha 0.05"
    assert len(lines) == 1 + len(result.cells) + len(result.required_clients)
    assert any("effect −.15: power " in line for line in lines)
    assert any("effect 0: type I error " in line for line in lines)
    assert "clients" in lines[-1]


# --- the result ------------------------------------------------------------------------------------


def test_progress_is_reported_to_the_end():
    steps = []
    power(plan(), run=quick, progress=lambda completed, total: steps.append((completed, total)))
    assert steps[0] == (0, 160)
    assert steps[-1] == (160, 160)
    assert [n for n, _ in steps] == sorted(n for n, _ in steps)


def test_an_interrupted_simulation_states_the_completed_replications():
    result = power(plan(), run=stopped_after(6), target_power=0.8)
    assert result.interrupted
    assert [c.completed for c in result.cells] == [10, 10, 5, 5]
    assert {c.planned for c in result.cells} == {40}
    assert "Of the 40 samples planned for each of these designs, 5 to 10 were drawn" in result.methods
    assert len(result.required_clients) == 2
    empty = power(plan(), run=stopped_after(0), target_power=0.8)
    assert [c.completed for c in empty.cells] == [0] * 4
    assert empty.to_json()["designs"][0]["power"] is None
    assert {n.clients for n in empty.required_clients} == {None}


def test_the_table_and_the_json_are_complete_and_agree():
    result = power(plan(effects=(-0.15, 0.0), missing=(0.0, 0.1)), run=quick)
    rows = list(csv.DictReader(io.StringIO(result.to_csv())))
    values = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert len(rows) == len(values["designs"]) == len(result.plan.designs) == 16
    for row, design, cell in zip(rows, values["designs"], result.cells, strict=True):
        assert list(row) == list(design)
        for name, text in row.items():
            assert (text == "") == (design[name] is None), name
            if text:
                assert float(text) == design[name]
        assert sum(v for k, v in design.items() if k.startswith("ended_")) == design["replications"] == cell.completed
        assert (design["power"] is None) == (design["effect"] == 0) != (design["false_positives"] is None)
    assert values["plan"]["seed"] == 1
    assert set(values["versions"]) >= {"securebase", "numpy", "scipy"}
    assert (
        values["parameters"]["0"]["drift[symptoms,alliance]"]
        != values["parameters"]["-0.15"]["drift[symptoms,alliance]"]
    )


def test_the_methods_paragraph_is_complete():
    result = power(plan(missing=(0.1,), dropout=(0.2,), seed=7), run=quick, target_power=0.8)
    text = result.methods
    for part in (
        "seed 7",
        f"Securebase {result.versions['securebase']}",
        "40 or 160 clients with 8 or 16 weekly sessions",
        "10% of single scores missing completely at random",
        "20% of clients dropping out at random",
        "effect of alliance on symptoms one week later of −.15",
        "parameter set “literature”",
        "trend carried",
        "40 samples were drawn for each of these designs",
        "alpha .05",
        "Monte Carlo standard error was at most",
        "count as not detected",
        "With 8 sessions, power .80 is reached with about",
    ):
        assert part in text
    total = sum(c.completed for c in result.cells)
    irregular = sum(c.irregular for c in result.cells)
    assert f"Of {total:,} fits, {irregular:,} did not converge regularly" in text
    assert "All 10 fits converged" in replace(result, cells=(_all_converged(),), required_clients=()).methods


def _all_converged():
    return summarise_design(
        PowerDesign(40, 8, Setting(-0.15)), [Replication("converged", -0.1, 0.1)] * 10, planned=40, alpha=0.05
    )


def test_more_constructs_and_another_trend():
    power_plan = three()
    assert power_plan.truth.specification.p == 3
    result = power(power_plan, run=quick)
    assert (
        "a hierarchical continuous-time state-space model of alliance, symptoms and 1 other construct" in result.methods
    )
    assert "trend apart" in result.methods
    (replication,) = replicate(replace(batches(power_plan, power_plan.designs, 5)[0], last=1))
    assert replication.outcome in ("converged", "boundary")
    assert replication.estimate is not None


def test_limits_name_unverified_numbers_and_imprecise_figures():
    text = " ".join(power(plan(), run=quick).limits)
    assert "not yet been checked against the original publication" in text
    assert "fewer than 100 replications" in text
    assert "more than 5% of fits" in text
