"""The joint model of a question: known effects come back, rare columns have priors, a failed fit gives no number."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from edge_tables import edge_table
from securebase.model.fit import Fit
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Trend
from securebase.records.vocabulary import Moment
from securebase.study.edges import joint
from securebase.study.edges.joint import Measures, fit_question, measures_of, measures_of_table
from securebase.study.edges.question import choose_constructs
from securebase.study.estimators import ct_sparse
from securebase.study.models import standardised_effects
from securebase.study.table import SessionTable

CONSTRUCTS = ("alliance", "symptoms", "hope")
CLIENTS, SESSIONS = 150, 16
#: hope raises the alliance and lowers symptoms: a confounder of their edge
TRUTH = Parameters(
    drift=np.array([[-0.6, 0.0, 0.3], [-0.15, -0.5, -0.3], [0.0, 0.0, -0.4]]),
    diffusion=np.diag([1.0, 1.0, 0.8]),
    level_mean=np.array([5.0, 6.0, 5.0]),
    level_covariance=0.6 * np.eye(3) + 0.2,
    measurement_noise=np.array([0.3, 0.3, 0.3]),
    change=np.array([0.8, -1.5, 0.6]),
    rate=0.1,
    change_covariance=0.4 * np.eye(3),
    level_change_covariance=np.zeros((3, 3)),
)
EXPECTED = standardised_effects(TRUTH.drift, TRUTH.diffusion)


@cache
def table() -> SessionTable:
    specification = Specification(CONSTRUCTS, trend=Trend.APART, random_slopes=True, planned_end=15.0)
    panel = simulate_panel(specification, TRUTH, [np.arange(float(SESSIONS))] * CLIENTS, np.random.default_rng(7))
    return SessionTable(
        CLIENTS,
        np.repeat(np.arange(CLIENTS), SESSIONS),
        panel.times,
        {name: panel.scores[:, k] for k, name in enumerate(CONSTRUCTS)},
        dict.fromkeys(CONSTRUCTS, Moment.BEFORE),
        "week",
    )


def without_some(rows: SessionTable, name: str, every: int) -> SessionTable:
    """Return the table with a rating of one column only in every n-th session."""
    sparse = np.where(np.arange(rows.n_rows) % every == rows.person % every, rows.values[name], np.nan)
    return replace(rows, values={**rows.values, name: sparse})


def measures(rows: SessionTable) -> Measures:
    return measures_of(rows, {name: name for name in rows.values}, 7.0)


def expected(origin: str, target: str) -> float:
    return float(EXPECTED[CONSTRUCTS.index(target), CONSTRUCTS.index(origin)])


def test_known_effects_come_back() -> None:
    asked = [("alliance", "symptoms"), ("hope", "symptoms")]
    data = measures(table())
    result = fit_question(choose_constructs(asked, data.columns), data)
    assert result.fit is not None
    assert result.fit.ended_regularly
    assert result.first == ""
    assert list(result.effects) == asked
    assert not result.reasons
    for edge, effect in result.effects.items():
        assert effect.shift is None
        assert effect.standard_error < 0.06
        assert abs(effect.estimate - expected(*edge)) < 3.5 * effect.standard_error
        assert effect.estimate < 0
    # what neither the theory nor the question names is held at zero
    assert result.fit.estimates["drift[hope,alliance]"].standard_error is None
    assert result.fit.specification.random_slopes


def test_a_rare_column_has_priors_and_no_number_with_too_few_ratings() -> None:
    rows = without_some(table(), "hope", 4)
    data = measures(rows)
    asked = [("alliance", "symptoms"), ("hope", "symptoms")]
    result = fit_question(choose_constructs(asked, data.columns), data)
    assert result.fit is not None
    assert result.fit.outcome.kind == "regularised"
    for edge in asked:
        effect = result.effects.get(edge)
        assert (effect is None) == (edge in result.reasons)
        assert effect is None or (effect.shift is not None and effect.shift <= ct_sparse.MAX_SHIFT)
    assert abs(result.effects[asked[0]].estimate - expected(*asked[0])) < 3.5 * result.effects[asked[0]].standard_error
    # with a rating in every sixteenth session no client has two
    few = measures(without_some(table(), "hope", 16))
    assert "hope" not in few.columns
    assert few.unusable == {"hope": "“hope” has 2 ratings or more in 0 clients; 100 are needed."}


def test_a_failed_fit_is_repeated_with_priors_and_gives_its_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    data = measures(table())
    question = choose_constructs([("alliance", "symptoms")], data.columns)
    plain = fit_question(question, data).fit
    assert plain is not None
    failed = replace(plain, outcome=replace(plain.outcome, kind="indefinite", sentence="Flat somewhere."))
    monkeypatch.setattr(joint, "fit_plain", lambda *_: ct_sparse.LagFit(failed, {}))
    repeated = fit_question(question, data)
    assert repeated.first == "Flat somewhere."
    assert repeated.fit is not None
    assert repeated.fit.outcome.kind == "regularised"
    assert repeated.effects or repeated.reasons
    # with fewer clients than the priors need, the failed fit is the answer
    rows = table()
    few = measures(rows.select(rows.person < 70))
    assert set(few.columns) == set(CONSTRUCTS)
    short = fit_question(question, few)
    assert short.fit is failed
    assert not short.effects
    assert (
        "70 clients have 4 ratings of both columns; 100 are needed (30 more)." in short.reasons["alliance", "symptoms"]
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"standard_error": 0.6}, "The standard error is more than .50."),
        ({"shift": 0.8}, "The estimate depends on the prior"),
        (None, "The fit gives no standard error."),
    ],
)
def test_an_estimate_that_says_little_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, float] | None, reason: str
) -> None:
    data, edge = measures(table()), ("alliance", "symptoms")
    fitted: Fit = ct_sparse.fit_plain(ct_sparse.session_panel(table(), {"symptoms": "symptoms"})).fit
    estimate = ct_sparse.SparseEstimate(0.1, 0.05, None, 150, 2400)
    other = {("hope", "symptoms"): estimate}
    effects = other if change is None else other | {edge: replace(estimate, **change)}
    monkeypatch.setattr(joint, "fit_plain", lambda *_: ct_sparse.LagFit(fitted, effects))
    result = fit_question(choose_constructs([edge], data.columns), data)
    assert not result.effects
    assert result.reasons[edge].startswith(reason)


def test_columns_come_from_the_data_dictionary_with_reasons() -> None:
    rng = np.random.default_rng(2)
    values = {name: rng.normal(size=(70, 8)) for name in ("mood", "alliance", "hope")}
    values["hope"] = np.repeat(values["hope"][:, :1], 8, axis=1)
    data = measures_of_table(edge_table(values, mood="symptoms"), ("symptoms", "alliance", "hope", "insight"))
    assert data.columns == {"symptoms": "mood", "alliance": "alliance"}
    assert data.unusable["hope"] == "“hope” never changes within a client."
    assert data.unusable["insight"].startswith("The table has no column for Insight.")


def test_a_column_of_a_table_labels_itself() -> None:
    assert joint.label("symptoms") == "Symptoms"
    assert joint.label("my_column") == "my_column"
