"""Calibration runs: verdicts, seeds, the table, and the targets that the literature set must keep meeting."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import msgspec
import numpy as np
import pytest

from each import each
from securebase.errors import InputError
from securebase.model.parameter_set import parameter_set
from securebase.model.theory import Simulation, theory
from securebase.schema import toml_files
from securebase.study.calibration import run, table
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration, calibrate, select_targets
from securebase.study.calibration.statistics import STATISTICS
from securebase.study.calibration.target import Outcome, Target, TargetVerdict, calibration_targets, read_targets

PAGE = Path(__file__).parents[3] / "docs" / "calibration.md"
TARGETS = calibration_targets()
C1 = next(t for t in TARGETS if t.id == "C1")


@pytest.fixture(scope="module")
def small() -> Calibration:
    return calibrate(cohorts=4, seed=7)


def outcome(*values: float, **changes: object) -> Outcome:
    return Outcome(msgspec.structs.replace(C1, **changes), np.array(values))


def test_verdict_depends_on_the_median_with_inclusive_limits() -> None:
    assert outcome(0.1, 0.2, 0.9, at_least=0.2, at_most=0.3).verdict is TargetVerdict.MET
    assert outcome(0.1, 0.19, 0.9, at_least=0.2, at_most=0.3).verdict is TargetVerdict.FAILED
    assert outcome(np.nan, at_least=0.2, at_most=0.3).verdict is TargetVerdict.FAILED
    assert (
        outcome(at_least=0.2, at_most=0.3, statistic="", remark="Not simulated.").verdict is TargetVerdict.NOT_SIMULATED
    )
    assert outcome(5.0, at_least=0.2, at_most=None).verdict is TargetVerdict.MET


def test_covers_requires_the_whole_interval_of_the_source() -> None:
    values = np.linspace(0.0, 1.0, 101).tolist()
    assert outcome(*values, interval=(0.03, 0.9)).covers is True
    assert outcome(*values, interval=(0.01, 0.9)).covers is False
    assert outcome(*values, interval=None, value=0.5).covers is True
    assert outcome(*values, interval=None, value=None).covers is None


def test_every_row_of_the_table_has_a_target() -> None:
    rows = {t.id for t in TARGETS}

    assert len(rows) >= 35
    assert rows == {f"C{i}" for i in range(1, len(rows) + 1)}


def test_the_figures_of_a_row_stand_in_one_file() -> None:
    files: dict[str, set[str]] = {}
    for file, content in toml_files(resources.files("securebase.study.calibration") / "targets"):
        for target in read_targets(file, content):
            files.setdefault(target.id, set()).add(file)
    assert {row: names for row, names in files.items() if len(names) > 1} == {}


def test_the_theory_names_only_rows_of_the_calibration() -> None:
    rows = {t.id for t in TARGETS}
    assert {(e.label, row) for e in theory().edges for row in e.calibration if row not in rows} == set()


def test_a_target_of_the_theory_has_the_figure_of_its_row() -> None:
    """A figure that no term makes is stated beside the edge and in the calibration: both agree."""
    for edge in theory().edges:
        if edge.simulate is Simulation.TARGET and edge.size is not None:
            rows = [t.value for t in TARGETS if t.id in edge.calibration and t.value is not None]
            assert any(abs(abs(row) - abs(edge.size.value)) < 0.006 for row in rows), edge.id


def test_no_statistic_is_left_without_a_target() -> None:
    assert {t.statistic for t in TARGETS if t.simulated} == set(STATISTICS)


NEW_TARGET = """[[target]]
id = "C99"
part = "one more"
label = "Alliance of session 5 and symptoms at the end, r"
published = "−.20"
value = -0.2
at_most = 0.0
aspect = "alliance between clients"
basis = "U"
source = "invented"
design = "followed"
persons = 45
statistic = "process_outcome_correlation"
arguments = { construct = "alliance", first = 5, last = 5 }
"""


def test_one_more_target_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = read_targets("mine.toml", NEW_TARGET)
    monkeypatch.setattr(run, "calibration_targets", lambda: (*TARGETS, *targets))
    calibration = calibrate(cohorts=1, only=["C99"])
    assert [(o.target.key, len(o.valid)) for o in calibration.outcomes] == [("C99 one more", 1)]
    assert "| C99 one more | Alliance of session 5 and symptoms" in table.markdown(calibration, "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "C99"', 'id = "36"', r"target\[1\]\.id: must be C and the number of the row \(got '36'\)"),
        ("process_outcome_correlation", "guess", r"target\[1\]\.statistic: unknown statistic “guess”"),
        (", last = 5", "", r"target\[1\]\.arguments: process_outcome_correlation takes construct, first, last \(got"),
        ("first = 5", 'first = "five"', r"target\[1\]\.arguments: first must be a whole number \(got 'five'\)"),
        ('"followed"', '"somewhere"', r"target\[1\]\.design: unknown design “somewhere”"),
        ("at_most = 0.0", "at_most = 0.0\nat_least = 0.1", r"target\[1\]\.at_least: must be below at_most"),
        ('statistic = "process', '#"', r"target\[1\]\.arguments: needs a statistic"),
        ("published = ", "publishd = ", r"target\[1\]\.publishd: unknown field"),
    ],
)
def test_an_invalid_target_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"mine\.toml, {message}"):
        read_targets("mine.toml", NEW_TARGET.replace(old, new))


@each(TARGETS, lambda target: target.key)
def test_target_is_consistent(target: Target) -> None:
    low, high = target.band
    assert target.source
    assert target.aspect
    assert target.design in DESIGNS
    assert target.value is None or low <= target.value <= high
    if target.interval is not None and target.value is not None:
        assert target.interval[0] <= target.value <= target.interval[1]
    if not target.simulated:
        assert target.remark.endswith(".")


def test_keys_are_unique() -> None:
    assert len({t.key for t in TARGETS}) == len(TARGETS)


def test_target_values_do_not_depend_on_other_targets(small: Calibration) -> None:
    alone = calibrate(cohorts=2, seed=7, only=["c4"])
    assert {o.target.id for o in alone.outcomes} == {"C4"}
    for result in alone.outcomes:
        reference = next(o for o in small.outcomes if o.target.key == result.target.key)
        assert result.values.tolist() == reference.values[:2].tolist()


def test_unknown_row_is_rejected_with_the_known_rows() -> None:
    with pytest.raises(InputError, match="unknown target “C98”") as error:
        select_targets(["C98"])
    assert "C35" in error.value.advice


def test_at_least_one_cohort_is_required() -> None:
    with pytest.raises(InputError, match="cohorts must be at least 1"):
        calibrate(cohorts=0, only=["C4"])


def test_every_simulated_target_is_defined_in_all_cohorts(small: Calibration) -> None:
    for result in small.outcomes:
        expected = 4 if result.target.simulated else 0
        assert len(result.valid) == expected, result.target.key


#: targets that a change of the literature set must keep meeting → margin beyond each limit of the band for 4 cohorts
MARGINS = {
    "C1 with outcome": 0.04,
    "C4 1 session": 0.03,
    "C5 centred": 0.02,
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


@pytest.mark.parametrize("key", MARGINS)
def test_literature_set_meets_the_target(key: str, small: Calibration) -> None:
    result = next(o for o in small.outcomes if o.target.key == key)
    low, high = result.target.band
    assert low - MARGINS[key] <= result.median <= high + MARGINS[key]


def test_table_includes_failed_and_not_simulated_targets(small: Calibration) -> None:
    text = table.markdown(small, "securebase calibrate")
    for result in small.outcomes:
        assert f"| {result.target.key} |" in text
        if result.verdict is not TargetVerdict.MET:
            assert f"- {result.target.key}: " in text
    plain = table.as_json(small)
    json.dumps(plain["targets"][0])
    assert len(plain["targets"]) == len(TARGETS)


@pytest.mark.parametrize(
    ("value", "percent", "text"),
    [
        (0.284, False, ".28"),
        (-1.3, False, "−1.30"),
        (-0.001, False, ".00"),
        (0.456, True, "46%"),
        (0.047, True, "4.7%"),
    ],
)
def test_figures_follow_the_format_of_journals(value: float, percent: bool, text: str) -> None:
    assert table.format_value(msgspec.structs.replace(C1, percent=percent), value) == text
    assert table.format_value(C1, float("nan")) == "–"


def test_bands_with_open_limits_are_formatted() -> None:
    assert table.band(msgspec.structs.replace(C1, at_least=0.3, at_most=None)) == "at least .30"
    assert table.band(msgspec.structs.replace(C1, at_least=None, at_most=-0.02)) == "at most −.02"
    assert table.band(C1) == ".20 to .35"


def test_documentation_page_lists_the_present_targets() -> None:
    """The page needs 200 cohorts and is written by hand; this test compares all that does not depend on them."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table_rows = {
        line.split(" | ")[0].removeprefix("| "): line.split(" | ") for line in lines if line.startswith("| C")
    }
    assert list(table_rows) == [t.key for t in TARGETS]
    for target in TARGETS:
        cells = table_rows[target.key]
        assert cells[1] == target.label
        assert cells[2] == target.published
        assert cells[3] == target.basis.value
        assert cells[4].removesuffix("\\*") == table.band(target)
        assert (cells[5] == "–") == (not target.simulated)
    assert not any(table.NO_REASON in line for line in lines)


def test_documentation_page_states_the_present_parameter_set() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"parameter set “literature: whole_clinic” version {parameter_set().version})" in text
    assert "200 cohorts" in text
