"""Relief by problem area against numbers by hand, and the comparison of areas against known truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from question_truths import AREAS, draw_areas, question_data
from securebase.errors import InputError
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import Direction
from securebase.records.vocabulary import ProblemArea
from securebase.study.questions.areas import OWN_OUTCOMES, Areas, AreasAnswer, welch


def test_relief_is_the_mean_change_in_sds_of_the_area() -> None:
    data = draw_areas(1, spread=3.0)
    answer = Areas(AREAS).answer(data)
    y = data.table.values["y"].reshape(80, 6)
    for relief, rows in zip(answer.reliefs, (slice(0, 40), slice(40, 80)), strict=True):
        first, last = y[rows, 0], y[rows, -1]
        assert (relief.mean, relief.spread) == pytest.approx((first.mean(), first.std(ddof=1)))
        change = (first - last) / first.std(ddof=1)
        assert relief.relief.estimate == pytest.approx(change.mean())
        without = [
            (np.delete(first, i) - np.delete(last, i)).mean() / np.delete(first, i).std(ddof=1) for i in range(40)
        ]
        jackknife = np.sqrt(39 / 40 * ((np.array(without) - np.mean(without)) ** 2).sum())
        assert relief.relief.standard_error == pytest.approx(jackknife, rel=1e-9)


def test_areas_with_the_same_relief_on_different_scales_are_not_said_to_differ() -> None:
    """In points, one area changes three times as much as the other."""
    assert sum(_differs(Areas(AREAS).answer(draw_areas(seed, spread=3.0))) for seed in range(60)) <= 7
    assert all(_differs(Areas(AREAS).answer(draw_areas(seed, dispute=4.5))) for seed in range(5))


def _differs(answer: AreasAnswer) -> bool:
    return any(c.p_adjusted < 0.05 for c in answer.comparisons)


def test_welch_is_the_test_of_unequal_variances_for_two_samples() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(1)
    a, b = rng.normal(size=12), 0.8 + 3 * rng.normal(size=30)
    assert welch([a, b]) == pytest.approx(ttest_ind(a, b, equal_var=False).pvalue)
    draws = [welch([rng.normal(size=8), 2 * rng.normal(size=15), 4 * rng.normal(size=10)]) for _ in range(600)]
    assert np.mean(np.array(draws) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_the_outcome_of_an_area_is_named_and_asked_in_it() -> None:
    for area, construct in OWN_OUTCOMES.items():
        asked = {
            scale.construct
            for instrument in instruments().values()
            if instrument.schedule is not None and tuple(instrument.schedule.areas) == (area.value,)
            for scale in instrument.scales
        }
        assert construct in asked
    assert set(OWN_OUTCOMES) == set(ProblemArea)
    data = draw_areas(1)
    columns = {name: v.reshape(80, 6) for name, v in data.table.values.items()}
    renamed = question_data({**columns, "grief_intensity": columns["y"]}, processes=("grief_intensity",))
    directions = {**renamed.directions, "grief_intensity": Direction.HIGHER_IS_WORSE}
    answer = Areas(AREAS).answer(replace(renamed, outcome="y", processes=("grief_intensity",), directions=directions))
    assert [(r.area, r.column) for r in answer.reliefs if r.own_outcome] == [("problem_area_grief", "grief_intensity")]
    assert answer.figures_in_words({}).startswith("Grief, 40 persons: grief_intensity (its own outcome) 1.93 (")


def test_persons_in_several_areas_are_left_out_and_counted() -> None:
    data = draw_areas(1)
    values = {name: v.copy().reshape(80, 6) for name, v in data.table.values.items()}
    values[AREAS[1]][:3] = 1.0
    answer = Areas(AREAS).answer(question_data(values))
    assert (answer.n_several, answer.reliefs[0].n_persons) == (3, 37)
    assert answer.figures_in_words({}).endswith("3 persons with several areas are left out.")


def test_other_values_are_refused_and_small_areas_give_no_figure() -> None:
    data = draw_areas(1, n=9)
    answer = Areas(AREAS).answer(data)
    assert answer.reliefs == ()
    assert "cannot be estimated here" in answer.in_words({})
    one = Areas(AREAS[:1]).answer(draw_areas(1))
    assert one.in_words({}).endswith("there is only one area, so there is nothing to compare.")
    wrong = {name: v.reshape(18, 6) for name, v in data.table.values.items()}
    with pytest.raises(InputError, match="must be 0 or 1"):
        Areas(AREAS).answer(question_data({**wrong, AREAS[0]: wrong[AREAS[0]] * 2}))


def test_the_sentences_name_columns_that_differ() -> None:
    assert Areas(AREAS).answer(draw_areas(1, dispute=3.5)).in_words({"y": "Strain"}) == (
        "Relief in Strain differs between problem areas."
    )
    assert (
        Areas(AREAS).answer(draw_areas(1)).in_words({"y": "Strain"})
        == "Relief in Strain is not shown to differ between them."
    )
