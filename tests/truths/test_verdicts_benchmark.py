"""The benchmark of conclusions: its analyses are those of a study, and its page shows wrong, right and not asked."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from securebase.study.reciprocal import AssociationVerdict, estimate_lags
from truths.catalogue import TRUTHS, draw_cohort
from truths.judge import judge

sys.path.append(str(Path(__file__).parents[2]))
conclusions: ModuleType = import_module("benchmarks.conclusions")
verdicts: ModuleType = import_module("benchmarks.verdicts")
MEASURED = dict.fromkeys(("on", "processor", "securebase", "python", "numpy", "scipy"), "–")


@pytest.mark.parametrize("name", ["alliance_first", "same_week_factor", "shared_bend", "follower"])
@pytest.mark.parametrize("cohort", range(2))
def test_persists_is_the_verdict_of_a_study(name: str, cohort: int) -> None:
    truth = TRUTHS[name]
    columns, moments, outcome = conclusions.rated_once(draw_cohort(truth, 40, cohort), truth)
    lags = estimate_lags(conclusions.session_table(columns, moments), outcome, truth.processes)
    concluded = conclusions.ANALYSES["persists"](columns, truth)
    assert len(concluded) == 2 * len(truth.processes)
    for lag, conclusion in zip(lags, concluded, strict=True):
        assert (conclusion.source, conclusion.target) == (lag.link.earlier, lag.link.later)
        assert (conclusion.rung == "leads") is (lag.verdict is AssociationVerdict.PERSISTS)
        assert conclusion.attenuates is (lag.verdict is AssociationVerdict.ATTENUATES)
        if conclusion.rung == "leads":
            assert conclusion.sign * lag.main.detrended.raw > 0  # type: ignore[union-attr]


@pytest.mark.parametrize("analyses", ["single", "rule"])
@pytest.mark.parametrize(
    "name", ["floor_without_link", "reversed_copy", "follower", "switch_after_a_bad_week", "relief_in_session"]
)
def test_every_analysis_concludes_about_odd_columns(name: str, analyses: str) -> None:
    outcomes = verdicts.judge_cohort(analyses, name, 40, 0)
    assert tuple(outcomes) == conclusions.SETS[analyses][0]
    assert {*outcomes.values()} <= {*verdicts.OUTCOMES}
    if analyses == "single":
        other_columns = len(TRUTHS[name].columns) == 3
        assert (outcomes["adjusted for the other columns"] == "not asked") is not other_columns


@pytest.mark.parametrize(
    ("name", "outcome"),
    # the confounder leads, with the warning of an earlier cause
    [("same_week_factor", "withheld"), ("alliance_first", "right"), ("confounder_a_week_earlier", "warned")],
)
def test_the_rule_is_judged_by_its_rung_direction_and_sign(name: str, outcome: str) -> None:
    assert verdicts.judge_cohort("rule", name, 60, 0)[conclusions.RULE] == outcome


def test_the_rule_refuses_a_reversed_copy() -> None:
    truth = TRUTHS["reversed_copy"]
    concluded = conclusions.by_rule(draw_cohort(truth, 60, 0), truth)[conclusions.RULE]
    assert {conclusion.rung for conclusion in concluded} == {"refused"}


def test_cohorts_of_a_truth_are_judged_as_the_design_found() -> None:
    factor = [verdicts.judge_cohort("single", "same_week_factor", 60, cohort) for cohort in range(8)]
    assert all(outcome["persists"] == "wrong" for outcome in factor)
    assert sum(outcome["time reversal"] == "wrong" for outcome in factor) <= 2
    link = [verdicts.judge_cohort("single", "alliance_first", 60, cohort) for cohort in range(8)]
    assert sum(outcome["persists"] == "right" for outcome in link) >= 6
    assert sum(outcome["time reversal"] == "right" for outcome in link) >= 6


def test_session_designs_are_asked_as_a_study_has_them_today() -> None:
    truth = TRUTHS["symptoms_change_alliance_in_session"]
    cohort = draw_cohort(truth, 60, 0)
    columns, moments, outcome = conclusions.rated_once(cohort, truth)
    assert list(columns) == ["symptoms", "alliance"]
    assert {name: moment.value for name, moment in moments.items()} == {"symptoms": "before", "alliance": "after"}
    assert outcome == "symptoms"
    assert judge(truth, conclusions.ANALYSES["persists"](cohort, truth)).outcome == "right"


def test_a_share_is_above_the_level_from_seventeen_of_two_hundred() -> None:
    assert not verdicts.is_above_level(16 / 200, 200)
    assert verdicts.is_above_level(17 / 200, 200)
    assert not verdicts.is_above_level(0.0, 200)


def test_the_page_shows_wrong_and_right_shares() -> None:
    def result(truth: str, wrong: float, right: float, warned: float = 0.0, not_asked: float = 0.0) -> object:
        shares = {"wrong": wrong, "warned": warned, "right": right, "withheld": 0.0, "not asked": not_asked}
        return verdicts.TruthResult(truth, 60, "single", 200, dict.fromkeys(conclusions.ANALYSES, shares))

    page = verdicts.page(
        [
            result("no_link", 0.03, 0.0),
            result("alliance_first", 0.2, 0.7),
            result("season", 0.0, 0.0, not_asked=1.0),
            result("confounder_a_week_earlier", 0.01, 0.0, warned=0.9),
        ],
        MEASURED,
    )
    rows = {row.split("`")[1]: row.split("|")[2:-1] for row in page.splitlines() if row.startswith("| ") and "`" in row}
    assert {cell.strip() for cell in rows["no_link"][1:]} == {"0.03 / –"}
    assert {cell.strip() for cell in rows["alliance_first"][1:]} == {"**0.20** / 0.70"}
    assert {cell.strip() for cell in rows["season"][1:]} == {"–"}
    assert {cell.strip() for cell in rows["confounder_a_week_earlier"][1:]} == {"0.01, 0.90 warned / –"}
    assert {cell.strip() for cell in rows["same_week_factor"][1:]} == {"–"}, "not measured"
    assert rows["alliance_first"][0].strip() == "alliance → symptoms, next session"


def test_stored_cohorts_belong_to_the_simulator_that_drew_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts.truths, "__path__", [str(tmp_path)])
    checksums = []
    for name, text in (("parts.py", "a"), ("parts.py", "b"), ("test_parts.py", "c")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        checksums.append(verdicts.source())
    assert checksums[0] != checksums[1]
    assert checksums[1] == checksums[2], "tests of the simulator draw nothing"
