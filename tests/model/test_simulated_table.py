"""The table of a simulated cohort: every construct with its reliability, every event, and what was not asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from each import each
from securebase.errors import ModelError, ParameterSetError
from securebase.measurement.constructs import construct
from securebase.model.processes import SelectiveMissingness
from securebase.model.scenario import scenario
from securebase.model.simulate import draw_clients, simulate, simulate_table, simulate_with_truth, tabulate
from securebase.model.simulate.ratings import rated_constructs
from securebase.model.states import Layer, states

PILLARS = scenario("pillars")
CLIENTS = draw_clients(PILLARS, n_clients=2_000, rng=np.random.default_rng(1), sessions=6)
TABLE = tabulate(CLIENTS).columns
AT_FIRST = TABLE["session"] == 1
RATED = rated_constructs(CLIENTS)
TRAITS = tuple(name for name, state in states().items() if state.layer is Layer.TRAIT and name != "early_care")


def table(**given):
    return simulate_table(**{"n_clients": 40, "rng": np.random.default_rng(2), "sessions": 8} | given).columns


def test_every_construct_but_care_in_childhood_has_a_column() -> None:
    assert set(RATED) == set(CLIENTS.web.names) - {"early_care"}
    assert set(RATED) <= set(TABLE)
    assert {"support_seeking", "social_support", "interpersonal_stress", "hope", "tie_commitment"} <= set(RATED)


@each(RATED)
def test_a_rating_has_the_mean_the_spread_and_the_reliability_that_its_construct_states(name: str) -> None:
    k = CLIENTS.web.index(name)
    rating, true = TABLE[name][AT_FIRST], CLIENTS.courses.true[:, 0, k]
    reliability = CLIENTS.web.reliabilities[name]
    # one SD of true values in points; the error of the mean of two items, each with an SD of 2
    points = 2 / np.sqrt(1 + 2 * (1 - reliability) / reliability)
    assert rating.mean() == pytest.approx(5 + points * true.mean(), abs=0.1)
    assert np.polyfit(true, rating, 1)[0] == pytest.approx(points, rel=0.06)
    error = rating - 5 - points * true
    assert error.var() == pytest.approx(points**2 * (1 - reliability) / reliability, rel=0.12)
    assert np.isin(2 * rating, np.arange(21)).all()


def test_a_single_item_has_a_standard_deviation_of_two_at_the_first_session() -> None:
    for name in ("hope", "wellbeing", "symptoms"):
        rating = TABLE[name][AT_FIRST]
        error = (1 - CLIENTS.web.reliabilities[name]) / CLIENTS.web.reliabilities[name]
        # the mean of two items has half of their error
        assert rating.std() == pytest.approx(2 * np.sqrt((1 + error) / (1 + 2 * error)), rel=0.06)


def test_traits_are_asked_once() -> None:
    for name in TRAITS:
        assert np.isfinite(TABLE[name][AT_FIRST]).all()
        assert np.isnan(TABLE[name][~AT_FIRST]).all()


def test_indices_follow_from_the_ratings_of_their_parts() -> None:
    insecurity = (TABLE["attachment_anxiety"] + TABLE["attachment_avoidance"]) / 2
    assert TABLE["attachment_security"] == pytest.approx(10 - insecurity)
    assert "alliance_task" not in TABLE


def test_the_true_values_are_those_of_the_records() -> None:
    _, truth = simulate_with_truth(PILLARS, n_clients=5, rng=np.random.default_rng(4), style="anxious")
    clients = draw_clients(PILLARS, n_clients=5, rng=np.random.default_rng(4), style="anxious")
    for i, person in enumerate(truth.persons):
        assert np.array_equal(person.values, clients.courses.true[i, : len(person.values)])
    assert truth.to_dict() == clients.truth().to_dict()


def test_the_same_seed_gives_the_same_table_and_another_seed_another() -> None:
    first, again, other = table(), table(), table(rng=np.random.default_rng(3))
    assert list(first) == list(again)
    assert all(np.array_equal(first[n], again[n], equal_nan=first[n].dtype.kind == "f") for n in first)
    assert not np.array_equal(first["hope"], other["hope"])


def test_check_ins_are_missed_as_a_whole_with_the_planned_probability() -> None:
    columns = table(n_clients=400, missing=0.3)
    for moment in ("before", "after"):
        names = [n for n in RATED if construct(n).moment == moment and n not in {*TRAITS, "fidelity", "technique_use"}]
        missed = np.isnan([columns[name] for name in names])
        assert (missed.all(axis=0) == missed.any(axis=0)).all()
        assert missed.mean() == pytest.approx(0.3, abs=0.03)
    assert np.isfinite(columns["fidelity"]).all()
    assert np.isfinite(columns["rupture"]).all()


def test_check_ins_are_missed_more_often_with_high_symptoms() -> None:
    source = replace(PILLARS, happens=replace(PILLARS.happens, missing=SelectiveMissingness(with_symptoms=1.0)))
    clients = draw_clients(source, n_clients=400, rng=np.random.default_rng(5), sessions=4, missing=0.2)
    missed = np.isnan(tabulate(clients).columns["hope"])
    symptoms = clients.courses.true[:, :, clients.web.index("symptoms")].ravel()
    assert missed[symptoms > 1].mean() > missed[symptoms < -1].mean() + 0.2


def test_rows_end_with_the_course() -> None:
    columns = table(n_clients=200, dropout=0.5)
    clients = draw_clients(PILLARS, n_clients=200, rng=np.random.default_rng(2), sessions=8, dropout=0.5)
    assert len(columns["person"]) == clients.courses.held.sum() < 1_600
    last = columns["ending"][np.flatnonzero(np.diff(columns["session"], append=1) <= 0)]
    assert (last == [ending.value for ending in clients.courses.endings]).all()
    assert set(last) == {"planned", "left"}


def test_events_are_those_of_the_records() -> None:
    columns = table(n_clients=60)
    episodes = simulate(PILLARS, n_clients=60, rng=np.random.default_rng(2), sessions=8).episodes
    for column, recorded in (
        ("life_events_dependent", [sum(x.dependent for x in e.life_events) for e in episodes]),
        ("life_events_independent", [sum(not x.dependent for x in e.life_events) for e in episodes]),
        ("rupture", [len(e.ruptures) for e in episodes]),
        ("rupture_repair", [sum(r.repaired_at is not None for r in e.ruptures) for e in episodes]),
        ("corrective_experience", [len(e.corrective_experiences) for e in episodes]),
        ("retelling", [len(e.tellings) for e in episodes]),
    ):
        assert columns[column].reshape(60, 8).sum(axis=1).tolist() == recorded
        assert sum(recorded) > 0
    assert (np.isfinite(columns["retelling_peak"]) == (columns["retelling"] == 1)).all()
    assert (columns["retelling_peak"] >= columns["retelling_end"] - 30)[columns["retelling"] == 1].all()
    assert 0.4 < columns["emotional_practice"].mean() < 0.6


def test_a_trial_names_its_arms_and_asks_nothing_after_sessions_that_were_not_held() -> None:
    columns = table(arms=("ipt", "waiting_list"))
    waiting = columns["arm"] == "waiting_list"
    assert (columns["therapy"] == ~waiting).all()
    assert np.isnan(columns["alliance"][waiting]).all()
    assert np.isfinite(columns["symptoms"][waiting]).all()
    assert columns["corrective_experience"][waiting].sum() == 0
    assert not {"arm", "therapy", "style", "therapist"} & set(table())


def test_a_style_is_named_and_moves_what_it_should() -> None:
    anxious, secure = table(n_clients=300, style="anxious"), table(n_clients=300, style="secure")
    assert set(anxious["style"]) == {"anxious"}
    assert anxious["attachment_anxiety"].mean() > secure["attachment_anxiety"].mean() + 2
    assert anxious["support_seeking"].mean() < secure["support_seeking"].mean()


def test_a_table_without_clients_has_columns_without_rows() -> None:
    columns = table(n_clients=0)
    assert {len(values) for values in columns.values()} == {0}


def test_a_closed_scenario_has_the_same_columns_but_no_styles() -> None:
    assert set(RATED) <= set(table(scenario="default"))
    with pytest.raises(ParameterSetError, match="no attachment styles"):
        table(scenario="default", style="secure")


def test_an_unknown_style_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"unknown attachment style “calm”.*secure, anxious"):
        table(style="calm")
