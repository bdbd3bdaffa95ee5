"""The run as a whole: verdicts, seeds, the table, and that the literature set still meets what it met."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.model.parameter_set import parameter_set
from securebase.study.calibration import table
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration, calibrate, select_targets
from securebase.study.calibration.target import Outcome, Target, TargetVerdict
from securebase.study.calibration.targets import TARGETS

PAGE = Path(__file__).parents[3] / "docs" / "calibration.md"
C1 = next(t for t in TARGETS if t.id == "C1")


@pytest.fixture(scope="module")
def small() -> Calibration:
    return calibrate(cohorts=8, seed=7)


def outcome(*values: float, **changed: object) -> Outcome:
    return Outcome(replace(C1, **changed), np.array(values))  # type: ignore[arg-type]


def test_the_median_decides_and_limits_count() -> None:
    assert outcome(0.1, 0.2, 0.9, band=(0.2, 0.3)).verdict is TargetVerdict.MET
    assert outcome(0.1, 0.19, 0.9, band=(0.2, 0.3)).verdict is TargetVerdict.FAILED
    assert outcome(np.nan, band=(0.2, 0.3)).verdict is TargetVerdict.FAILED
    assert outcome(band=(0.2, 0.3), statistic=None).verdict is TargetVerdict.NOT_SIMULATED
    assert outcome(5.0, band=(0.2, inf)).verdict is TargetVerdict.MET


def test_a_source_is_covered_where_its_interval_lies_among_the_cohorts() -> None:
    values = np.linspace(0.0, 1.0, 101).tolist()
    assert outcome(*values, interval=(0.03, 0.9)).covers is True
    assert outcome(*values, interval=(0.01, 0.9)).covers is False
    assert outcome(*values, interval=None, value=0.5).covers is True
    assert outcome(*values, interval=None, value=None).covers is None


def test_every_row_of_the_design_has_a_target() -> None:
    rows = {t.id for t in TARGETS}

    assert rows == {f"C{i}" for i in range(1, 36)}


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.key)
def test_a_target_is_sound(target: Target) -> None:
    low, high = target.band
    assert low < high
    assert target.source
    assert target.pins
    assert target.design in DESIGNS
    assert target.value is None or low <= target.value <= high
    if target.interval is not None and target.value is not None:
        assert target.interval[0] <= target.value <= target.interval[1]
    if target.statistic is None:
        assert target.remark.endswith(".")


def test_keys_are_unique() -> None:
    assert len({t.key for t in TARGETS}) == len(TARGETS)


def test_a_target_gives_the_same_alone_as_among_all(small: Calibration) -> None:
    alone = calibrate(cohorts=2, seed=7, only=["c4"])
    assert {o.target.id for o in alone.outcomes} == {"C4"}
    for one in alone.outcomes:
        among = next(o for o in small.outcomes if o.target.key == one.target.key)
        assert one.values.tolist() == among.values[:2].tolist()


def test_an_unknown_row_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no target “C99”") as error:
        select_targets(["C99"])
    assert "C35" in error.value.advice


def test_every_figure_comes_out(small: Calibration) -> None:
    for one in small.outcomes:
        expected = 0 if one.target.statistic is None else 8
        assert len(one.given) == expected, one.target.key


#: figures that a change of the literature set must not lose, with a margin for 8 cohorts beyond each end of the band
KEPT = {
    "C1 with outcome": 0.04,
    "C4 1 session": 0.03,
    "C5 own means out": 0.02,
    "C7 reverse": 0.02,
    "C14 waiting list": 0.08,
    "C15 natural course": 0.05,
    "C17 start": 0.3,
    "C17 end": 0.3,
    "C17 fall": 0.02,
    "C18 response": 0.03,
    "C19 dropout": 0.03,
    "C23 dependent": 0.04,
    "C26 clients": 0.03,
    "C29 dose": 0.1,
    "C32 early change": 0.04,
}


@pytest.mark.parametrize("key", KEPT)
def test_the_literature_set_still_meets(key: str, small: Calibration) -> None:
    one = next(o for o in small.outcomes if o.target.key == key)
    low, high = one.target.band
    assert low - KEPT[key] <= one.median <= high + KEPT[key]


def test_the_table_keeps_failures_and_what_is_not_simulated(small: Calibration) -> None:
    text = table.markdown(small, "securebase calibrate")
    for one in small.outcomes:
        assert f"| {one.target.key} |" in text
        if one.verdict is not TargetVerdict.MET:
            assert f"- {one.target.key}: " in text
    said = table.as_json(small)
    json.dumps(said["targets"][0])
    assert len(said["targets"]) == len(TARGETS)


@pytest.mark.parametrize(
    ("value", "percent", "said"),
    [
        (0.284, False, ".28"),
        (-1.3, False, "−1.30"),
        (-0.001, False, ".00"),
        (0.456, True, "46%"),
        (0.047, True, "4.7%"),
    ],
)
def test_figures_are_written_as_in_the_field(value: float, percent: bool, said: str) -> None:
    assert table.format_value(replace(C1, percent=percent), value) == said
    assert table.format_value(C1, float("nan")) == "–"


def test_bands_are_written_with_open_ends() -> None:
    assert table.band(replace(C1, band=(0.3, inf))) == "at least .30"
    assert table.band(replace(C1, band=(-inf, -0.02))) == "at most −.02"
    assert table.band(C1) == ".20 to .35"


def test_the_page_of_the_documentation_is_that_of_the_shelf() -> None:
    """The page is made by hand with 200 cohorts; what can be checked without them is checked here."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    printed = {line.split(" | ")[0].removeprefix("| "): line.split(" | ") for line in lines if line.startswith("| C")}
    assert list(printed) == [t.key for t in TARGETS]
    for target in TARGETS:
        cells = printed[target.key]
        assert cells[1] == target.what
        assert cells[2] == target.published
        assert cells[3] == target.basis.value
        assert cells[4].removesuffix("\\*") == table.band(target)
        assert (cells[5] == "–") == (target.statistic is None)
    assert not any(table.NO_REASON in line for line in lines)


def test_the_page_was_made_with_the_present_parameter_set() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"parameter set “literature: whole_clinic” version {parameter_set().version})" in text
    assert "200 cohorts" in text
