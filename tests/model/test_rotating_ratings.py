"""The simulated table as check-ins ask for it: the plan decides what is asked, and two items have two means."""

from __future__ import annotations

import numpy as np
import pytest

from each import each
from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.measurement.rotation import ROTATION, rotating_items
from securebase.model.scenario import scenario
from securebase.model.simulate import draw_clients, simulate_table, tabulate
from securebase.model.simulate.rotation import rotating_places

CLIENTS = draw_clients(scenario("pillars"), n_clients=600, rng=np.random.default_rng(1), dropout=0.0, missing=0.08)
TABLE = tabulate(CLIENTS, "rotation").columns
EVERYTHING = tabulate(CLIENTS).columns
SESSIONS = 16
SCALES = {scale.construct: scale for scale in instrument(ROTATION).scales}
RATED = [name for name in SCALES if name in TABLE]
PAIRED = [name for name in RATED if len(SCALES[name].items) > 1]


def by_client(name: str) -> np.ndarray:
    return TABLE[name].reshape(-1, SESSIONS)


def test_weekly_constructs_are_rated_as_before_and_rare_ones_only_in_rotation() -> None:
    for name in ("symptoms", "alliance", "alliance_bond", "hope", "loneliness", "fidelity"):
        assert np.array_equal(TABLE[name], EVERYTHING[name], equal_nan=True)
    assert len(RATED) >= 20
    for name in RATED:
        assert 0 < np.isfinite(TABLE[name]).sum() < np.isfinite(TABLE["symptoms"]).sum() / 2


def test_questions_about_the_problem_area_take_turns() -> None:
    """Severity comes before odd sessions; of those who grieve, grief before every fourth."""
    asked = {name: np.isfinite(by_client(name)) for name in ("problem_severity", "grief_intensity")}
    assert not asked["problem_severity"][:, 1::2].any()
    assert asked["problem_severity"][:, ::2].mean() > 0.8
    grieving = asked["grief_intensity"].any(axis=1)
    assert 0 < grieving.mean() < 0.5
    assert set(np.flatnonzero(asked["grief_intensity"].any(axis=0)) + 1) == {2, 6, 10, 14}


def test_questions_about_a_problem_area_are_for_its_clients() -> None:
    for name, area in (
        ("grief_intensity", "grief"),
        ("dispute", "role_dispute"),
        ("role_adjustment", "role_transition"),
    ):
        rated = np.isfinite(TABLE[name])
        assert set(TABLE["problem_area"][rated]) == {area}
        # all clients of the area are asked, each question in its turns
        clients = TABLE["person"][TABLE["problem_area"] == area]
        assert set(TABLE["person"][rated]) == set(clients)


def test_constructs_that_no_check_in_asks_have_no_column() -> None:
    absent = {"exploration", "anxiety", "emotional_competence", "felt_safety"}
    assert absent <= set(EVERYTHING)
    assert not absent & set(TABLE)


def test_the_plan_decides_what_each_client_is_asked() -> None:
    """Walk the plan for some clients, from the check-ins that they answered."""
    rating = {item: name for name in RATED for item in SCALES[name].items}
    answered = np.isfinite(by_client("alliance"))
    for client in (0, 5, 27, 28, 599):
        history: list[tuple[int, ...]] = []
        for session in range(1, SESSIONS + 1):
            places = rotating_places(SESSIONS)[session] if answered[client, session - 1] else 0
            items = rotating_items(places=places, history=history, client=client)
            history += [items] if items else []
            asked = {name for name in RATED if np.isfinite(by_client(name)[client, session - 1])}
            if session in (2, SESSIONS - 1):
                assert asked == (
                    {"attachment_anxiety", "attachment_avoidance"} if answered[client, session - 1] else set()
                )
                continue
            assert asked == {rating[item] for item in items if item in rating}
            for name in asked & {*PAIRED}:
                item = SCALES[name].items[int(by_client(f"{name}_item")[client, session - 1]) - 1]
                assert item in items


@each(PAIRED)
def test_the_two_items_of_a_construct_have_means_one_point_apart(name: str) -> None:
    # at sessions late in the course too: clients answer both items there
    values, item = TABLE[name], TABLE[f"{name}_item"]
    assert set(np.unique(item[np.isfinite(item)])) == {1.0, 2.0}
    # attachment is asked whole near both ends
    both = np.isfinite(values) & np.isnan(item)
    assert set(TABLE["session"][both]) <= ({2, SESSIONS - 1} if name.startswith("attachment_") else set())
    assert not (np.isnan(values) & np.isfinite(item)).any()
    difference = values[item == 1].mean() - values[item == 2].mean()
    assert difference == pytest.approx(1.0, abs=0.35)


@each(RATED)
def test_a_rotating_item_has_the_reliability_that_its_construct_states(name: str) -> None:
    k = CLIENTS.web.index(name)
    true = CLIENTS.courses.true[:, :, k].ravel()
    reliability = CLIENTS.web.reliabilities[name]
    points = 2 * np.sqrt(reliability)  # an item has an SD of 2 at the first session
    shift = np.where(TABLE.get(f"{name}_item", np.full(len(true), 1.5)) == 2, -0.5, 0.5)
    # without an item, it is the mean of both
    shift = np.where(np.isnan(TABLE[f"{name}_item"]), np.nan, shift) if name in PAIRED else 0.0
    error = TABLE[name] - 5 - shift - points * true
    here = np.isfinite(error) & (np.abs(5 + points * true - 5) < 2.5)
    assert error[here].var() == pytest.approx(4 * (1 - reliability), rel=0.2)
    assert set(TABLE[name][here]) <= set(range(11))


def test_another_word_is_refused() -> None:
    with pytest.raises(InputError, match=r"asked must be one of everything, rotation \(got 'all'\)"):
        simulate_table(n_clients=2, rng=np.random.default_rng(1), asked="all")  # type: ignore[arg-type]
