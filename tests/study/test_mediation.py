"""Mediation against a known truth, regressions written out, and a jackknife over persons."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.model.simulate import simulate
from securebase.records.vocabulary import Moment
from securebase.reports.study_report import study_report
from securebase.study.detrending import Detrending, detrend
from securebase.study.mediation import RULE, MediationEstimate, MediationFinding, estimate_mediation, mediation_findings
from securebase.study.mediation_phrases import mediation_figures_in_words, mediation_in_words
from securebase.study.study import study
from securebase.study.table import SessionTable

A, B, DIRECT = 0.4, 0.5, 0.15
LABELS = {"x": "Stress", "m": "Support", "y": "Symptoms"}


def draw(seed: int, *, n: int = 60, sessions: int = 16, b: float = B) -> SessionTable:
    """Draw x → m at the next session (A), m → y at the one after (b), and x → y at the next (DIRECT)."""
    rng = np.random.default_rng(seed)
    x, m, y = (rng.normal(size=(n, sessions)) for _ in range(3))
    for t in range(1, sessions):
        m[:, t] += A * x[:, t - 1]
        y[:, t] += b * m[:, t - 1] + DIRECT * x[:, t - 1]
    person, session = np.indices((n, sessions)).reshape(2, -1)
    values = {name: v.ravel() for name, v in (("y", y), ("x", x), ("m", m))}
    moments = dict.fromkeys(values, Moment.BEFORE)
    return SessionTable(n, person, session.astype(float), values, moments, "session")


def estimate(table: SessionTable, method: Detrending = Detrending.CENTRED) -> MediationEstimate:
    result = estimate_mediation(table, "x", "y", ["m"], method)
    assert result is not None
    return result


def test_known_effects_are_recovered() -> None:
    result = estimate(draw(1, n=400, sessions=30))
    sd_m, sd_y = np.sqrt(1 + A**2), np.sqrt(1 + B**2 * (1 + A**2) + DIRECT**2)
    assert result.joint.estimate == pytest.approx(A / sd_m * B * sd_m / sd_y, abs=0.03)
    assert result.direct.estimate == pytest.approx(DIRECT / sd_y, abs=0.03)
    assert result.joint.lower < A * B / sd_y < result.joint.upper


def test_a_path_is_the_product_of_two_regressions() -> None:
    table = draw(2)
    first, second = table.successive()
    columns = {n: detrend(Detrending.DETRENDED, v, table.times, table.person) for n, v in table.values.items()}

    def slope(earlier: str, later: str) -> float:
        other = ({"x", "m", "y"} - {earlier, later}).pop()
        X = np.column_stack([np.ones(len(first)), *(columns[n][first] for n in (earlier, later, other))])
        b = np.linalg.lstsq(X, columns[later][second], rcond=None)[0][1]
        return float(b * np.std(columns[earlier][first], ddof=1) / np.std(columns[later][second], ddof=1))

    result = estimate(table, Detrending.DETRENDED)
    assert result.paths[0].effect.estimate == pytest.approx(slope("x", "m") * slope("m", "y"), rel=1e-9)
    assert result.direct.estimate == pytest.approx(slope("x", "y"), rel=1e-9)
    assert result.joint == result.paths[0].effect


def test_the_standard_error_is_that_of_a_jackknife_over_persons() -> None:
    table = draw(3)
    without = []
    for i in range(table.n_persons):
        rows = table.person != i
        person = table.person[rows] - (table.person[rows] > i)
        values = {name: v[rows] for name, v in table.values.items()}
        left = SessionTable(table.n_persons - 1, person, table.times[rows], values, table.moments, "session")
        without.append(estimate(left).joint.estimate)
    n = table.n_persons
    jackknife = np.sqrt((n - 1) / n * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert estimate(table).joint.standard_error == pytest.approx(jackknife, rel=0.1)


def test_a_path_needs_both_lags() -> None:
    (real,) = mediation_findings(draw(4), "y", ["x", "m"], ["m"])
    without = [mediation_findings(draw(seed, b=0.0), "y", ["x", "m"], ["m"])[0] for seed in range(100, 140)]
    assert real.supported == ("m",)
    assert sum(bool(finding.supported) for finding in without) <= 5  # 5% of 40, and its chance
    broken = next(finding for finding in without if not finding.supported)
    assert mediation_findings(draw(4), "y", ["x", "m"], []) == ()
    assert mediation_in_words(real, LABELS).startswith(
        "Stress → Symptoms: the lags are consistent with mediation by Support"
    )
    assert mediation_in_words(broken, LABELS) == "Stress → Symptoms through other columns: inconclusive."
    assert "through Support" in mediation_figures_in_words(real, LABELS)
    assert "with an unmeasured common cause of Support and Symptoms, and with measurement error" in mediation_in_words(
        real, LABELS
    )
    empty = MediationFinding("x", "y", None, None)
    assert "cannot be estimated" in mediation_in_words(empty, LABELS)
    assert mediation_figures_in_words(empty, LABELS) == ""


@pytest.mark.parametrize("copied", ["x", "y"])
def test_a_mediator_that_is_a_rounded_copy_gives_no_figure(copied: str) -> None:
    """Beside its original a copy leaves rounding errors: it gave direct lags of −33,000 with narrow intervals."""
    rows = draw(6)
    values = {**rows.values, "m": np.round(7 * rows.values[copied] + 2, 4)}
    table = SessionTable(rows.n_persons, rows.person, rows.times, values, rows.moments, "session")
    (finding,) = mediation_findings(table, "y", ["x", "m"], ["m"])
    assert (finding.centred, finding.detrended) == (None, None)
    assert mediation_in_words(finding, LABELS).endswith("(too few pairs, no variation, or a copy).")


def test_a_noisy_twin_of_the_process_is_no_mediator_and_the_rule_names_it() -> None:
    """Nothing passes through m, which moves with x in the same session; both are measured with error."""
    supported = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        state, y, errors = np.zeros((200, 12)), np.zeros((200, 12)), rng.normal(size=(3, 200, 12))
        for t in range(1, 12):
            state[:, t] = 0.6 * state[:, t - 1] + rng.normal(size=200)
            y[:, t] = 0.5 * y[:, t - 1] + 0.4 * state[:, t - 1] + rng.normal(size=200)
        rows = draw(1, n=200, sessions=12)
        drawn = {"y": y + 0.7 * errors[0], "x": state + 0.7 * errors[1], "m": 0.8 * state + 0.7 * errors[2]}
        values = {name: v.ravel() for name, v in drawn.items()}
        table = SessionTable(200, rows.person, rows.times, values, rows.moments, "session")
        supported += bool(mediation_findings(table, "y", ["x", "m"], ["m"])[0].supported)
    assert supported >= 8
    assert "a mediator that moves with the process, if both are measured with error" in RULE


def test_several_paths_add_up() -> None:
    rows = draw(5)
    values = {**rows.values, "z": rows.values["m"] + np.random.default_rng(1).normal(size=rows.n_rows)}
    moments = dict.fromkeys(values, Moment.BEFORE)
    table = SessionTable(rows.n_persons, rows.person, rows.times, values, moments, "session")
    result = estimate_mediation(table, "x", "y", ["m", "z"], Detrending.DETRENDED)
    assert result is not None
    assert result.joint.estimate == pytest.approx(sum(path.effect.estimate for path in result.paths))


def test_a_study_reports_its_mediators() -> None:
    cohort = simulate("default", n_clients=15, rng=np.random.default_rng(1))
    result = study(cohort, processes=["alliance", "social_support"], mediators=["social_support"])
    (finding,) = result.to_json()["mediation"]
    assert finding["process"] == "alliance"
    assert [path["mediator"] for path in finding["detrended"]["paths"]] == ["social_support"]
    page = study_report(result)
    assert RULE in page
    assert "total indirect" in page
    with pytest.raises(InputError, match="“symptoms” is not among the processes"):
        study(cohort, processes=["alliance"], mediators=["symptoms"])
    with pytest.raises(InputError, match="every process is a mediator"):
        study(cohort, processes=["alliance"], mediators="alliance")
