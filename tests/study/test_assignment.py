"""Verdicts of columns that were assigned by chance, from the rows of a table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.study.assignment import assignment_verdicts
from securebase.study.design_phrases import design_in_words
from securebase.study.design_verdict import AssignmentReadings
from securebase.study.table import SessionTable
from securebase.study.verdicts.randomised import AssignmentRefusal
from securebase.study.verdicts.rule import Rung
from truths.catalogue import TRUTHS, draw_cohort
from truths.judge import Conclusion, judge

BEFORE, AFTER = Moment.BEFORE, Moment.AFTER


def session_rows(columns: Mapping[str, np.ndarray], moments: Mapping[str, Moment]) -> SessionTable:
    n, sessions = next(iter(columns.values())).shape
    return SessionTable(
        n,
        np.repeat(np.arange(n), sessions),
        np.tile(np.arange(sessions, dtype=float), n),
        {name: values.ravel() for name, values in columns.items()},
        moments,
        "session",
    )


def drawn(
    seed: int, *, next_session: float = 0.0, same_session: float = 0.0, arm: float = 0.0
) -> dict[str, np.ndarray]:
    """Return an outcome y, a prompt that changes the next rating or that of its session, an arm, and noise."""
    rng = np.random.default_rng(seed)
    prompt, noise = (rng.random((2, 60, 12)) < 0.5).astype(float)
    arms = np.repeat(rng.permutation(np.arange(60) % 2).astype(float)[:, None], 12, axis=1)
    y = (
        rng.normal(size=(60, 1))
        + rng.normal(size=(60, 12))
        + same_session * prompt
        + arm * arms * np.linspace(0, 1, 12)
    )
    y[:, 1:] += next_session * prompt[:, :-1]
    return {"y": y, "prompt": prompt, "arm": arms, "noise": noise}


@pytest.mark.parametrize(("moments", "occasion"), [((BEFORE, AFTER), "next"), ((AFTER, BEFORE), "same")])
def test_the_moments_decide_which_rating_is_the_next_one(moments: tuple[Moment, Moment], occasion: str) -> None:
    effects = {"next_session": -1.0} if occasion == "next" else {"same_session": -1.0}
    table = session_rows(drawn(1, **effects), dict(zip(("y", "prompt"), moments, strict=True)))
    (row,) = assignment_verdicts(table, "y", ["prompt"])
    assert (row.earlier, row.later, row.occasion) == ("prompt", "y", occasion)
    assert (row.rung, row.direction, row.unit) == (Rung.RANDOMISED, -1, "points")
    assert row.interval is not None
    assert row.interval[0] < -1.0 < row.interval[1]
    assert isinstance(row.readings, AssignmentReadings)
    assert row.readings.within_persons
    values = json.loads(json.dumps(row.to_json(), allow_nan=False))
    assert (values["from"], values["to"], values["rung"]) == ("prompt", "y", "randomised")
    assert values["would_settle"] == {"persons": None, "designs": []}


def test_an_arm_has_its_effect_on_the_last_rating() -> None:
    table = session_rows(drawn(2, arm=-2.0), {"y": BEFORE, "arm": AFTER})
    (row,) = assignment_verdicts(table, "y", ["arm"])
    assert (row.occasion, row.rung, row.direction, row.n_persons) == ("last", Rung.RANDOMISED, -1, 60)
    (late,) = assignment_verdicts(session_rows(drawn(2, arm=-2.0), {"y": AFTER, "arm": AFTER}), "y", ["arm"])
    assert (late.rung, late.reason) == (Rung.REFUSED, AssignmentRefusal.NO_FIRST_RATING)
    assert (late.estimate, late.interval, late.p, late.p_adjusted) == (None, None, None, None)


@pytest.mark.parametrize("moment", [BEFORE, AFTER, Moment.BETWEEN])
def test_an_unknown_order_within_the_row_is_refused_with_advice(moment: Moment) -> None:
    table = session_rows(drawn(3), {"y": moment, "prompt": moment})
    with pytest.raises(InputError, match="the order of “prompt” and “y” within a row is unknown") as refused:
        assignment_verdicts(table, "y", ["prompt"])
    assert "--asked-before" in refused.value.advice


def test_an_effect_beside_selectively_missing_ratings_is_withheld_with_its_numbers() -> None:
    """A few ratings are missing after a bad one with a prompt, and after a good one without."""
    withheld = 0
    for seed in range(6):
        columns = drawn(seed, next_session=-1.0)
        unwelcome = (columns["prompt"] == 1) == (columns["y"] > -0.5)
        columns["y"][:, 1:][(unwelcome & (np.random.default_rng(100 + seed).random((60, 12)) < 0.1))[:, :-1]] = np.nan
        (row,) = assignment_verdicts(session_rows(columns, {"y": BEFORE, "prompt": AFTER}), "y", ["prompt"])
        assert isinstance(row.readings, AssignmentReadings)
        if row.rung is not Rung.REFUSED and row.readings.withheld:
            withheld += 1
            assert (row.rung, row.direction, row.would_settle) == (Rung.INCONCLUSIVE, 0, None)
            assert row.estimate is not None
            assert row.p_adjusted is not None
            assert row.p_adjusted < 0.05
            assert row.to_json()["readings"]["p_selective"] == row.readings.p_selective < 0.05
    assert withheld >= 2


def test_several_columns_are_corrected_by_holm() -> None:
    moments = {"y": BEFORE, **dict.fromkeys(("prompt", "noise", "arm"), AFTER)}
    rungs: Counter[Rung] = Counter()
    for seed in range(12):
        table = session_rows(drawn(seed, next_session=-0.2), moments)
        (alone,) = assignment_verdicts(table, "y", ["prompt"])
        rows = assignment_verdicts(table, "y", ["prompt", "noise", "arm"])
        ps = sorted(row.p for row in rows if row.p is not None)
        assert alone.p == rows[0].p == alone.p_adjusted
        smallest = min(rows, key=lambda row: row.p or 0.0)
        assert smallest.p_adjusted == pytest.approx(min(1.0, 3 * ps[0]))
        rungs[alone.rung] += 1
        assert rows[0].rung is (Rung.RANDOMISED if (rows[0].p_adjusted or 1.0) < 0.05 else Rung.INCONCLUSIVE)
        if rows[0].rung is Rung.INCONCLUSIVE:
            assert rows[0].direction == 0
            if alone.would_settle is not None and rows[0].would_settle is not None:
                assert rows[0].would_settle > alone.would_settle
            assert rows[0].would_settle is None or rows[0].would_settle > 60
    assert min(rungs[Rung.RANDOMISED], rungs[Rung.INCONCLUSIVE]) >= 2


def test_medication_that_begins_after_a_bad_week_is_not_concluded() -> None:
    truth = TRUTHS["switch_after_a_bad_week"]
    for cohort in range(5):
        table = session_rows(draw_cohort(truth, 240, cohort), {"symptoms": BEFORE, "medication": AFTER})
        (row,) = assignment_verdicts(table, "symptoms", ["medication"])
        assert (row.rung, row.reason) == (Rung.REFUSED, AssignmentRefusal.TOLD_BY_THE_PAST)
        conclusion = Conclusion(row.earlier, row.later, row.rung.value, row.direction)
        assert judge(truth, [conclusion]).outcome == "withheld"


def trial(seed: int, *, difference: float, n: int = 800) -> SessionTable:
    """Return a trial of two arms: first ratings of SD 2, last ones with slope .5, noise 1, and a difference in SDs."""
    rng = np.random.default_rng(seed)
    first = rng.normal(10, 2, n)
    arm = rng.permutation(np.arange(n) % 2).astype(float)
    last = 5 + 0.5 * first + 2 * difference * arm + rng.normal(0, 1, n)
    columns = {"y": np.column_stack([first, last]), "arm": np.column_stack([arm, arm])}
    return session_rows(columns, {"y": BEFORE, "arm": AFTER})


def test_arms_are_equivalent_only_if_both_one_sided_tests_say_so() -> None:
    """Compare with an analysis of covariance and two one-sided t tests, written out."""
    table = trial(1, difference=0.02)
    (row,) = assignment_verdicts(table, "y", ["arm"])
    excluded = row.equivalence
    assert excluded is not None
    first, last = table.values["y"].reshape(-1, 2).T
    X = np.column_stack([np.ones(len(first)), table.values["arm"].reshape(-1, 2)[:, 0], first])
    coefficients, residual, *_ = np.linalg.lstsq(X, last, rcond=None)
    error = float(np.sqrt(residual[0] / (len(first) - 3) * np.linalg.inv(X.T @ X)[1, 1]))
    assert excluded.sd == pytest.approx(first.std(ddof=1))
    assert excluded.margin == pytest.approx(abs(coefficients[1]) + 1.6468 * error, rel=0.02)
    bound = 0.2 * excluded.sd
    one_sided = [stats.t.sf((bound + side * coefficients[1]) / error, len(first) - 3) for side in (1, -1)]
    assert excluded.p == pytest.approx(max(one_sided), rel=0.3)
    assert excluded.p < 0.001
    assert "are equivalent within .20 SDs" in design_in_words(row, lambda name: name)


@pytest.mark.parametrize(("difference", "n"), [(0.25, 800), (0.0, 60)])
def test_a_difference_at_the_bound_or_a_small_trial_is_not_equivalent(difference: float, n: int) -> None:
    (row,) = assignment_verdicts(trial(2, difference=difference, n=n), "y", ["arm"])
    assert row.equivalence is not None
    assert row.equivalence.p > 0.05
    assert row.to_json()["equivalence"]["margin"] == row.equivalence.margin


def test_the_level_of_equivalence_is_kept_at_the_bound() -> None:
    margins = [
        assignment_verdicts(trial(seed, difference=0.2, n=400), "y", ["arm"])[0].equivalence for seed in range(60)
    ]
    assert sum(e is not None and e.p < 0.05 for e in margins) <= 7  # 5% of 60, and its chance


def test_arms_that_belong_to_therapists_are_refused() -> None:
    """Eight therapists differ in how their clients fare, four of them in each arm: “randomised” in 9 of 40 before."""
    rng = np.random.default_rng(1)
    therapist = np.arange(60) % 8
    columns = drawn(4, arm=-2.0)
    nested = np.repeat((therapist < 4).astype(float)[:, None], 12, axis=1)
    fares = rng.normal(size=8)[therapist][:, None] * np.linspace(0, 1, 12)
    moments = {"y": BEFORE, "arm": AFTER, "method": AFTER}
    table = session_rows({**columns, "y": columns["y"] + fares, "method": nested}, moments)
    crossed, row = assignment_verdicts(table, "y", ["arm", "method"], therapist)
    assert crossed.rung is Rung.RANDOMISED
    assert "assigned by chance, to each person alone, and that the same" in design_in_words(crossed, lambda name: name)
    assert (row.rung, row.reason, row.estimate) == (Rung.REFUSED, AssignmentRefusal.BY_THERAPIST, None)
    assert "All clients of a therapist have the same method, so therapists were assigned" in design_in_words(
        row, lambda name: name
    )
    # nearly every client has a therapist of his own: that pairs agree may be chance
    (alone,) = assignment_verdicts(table, "y", ["arm"], np.arange(60))
    assert alone.rung is Rung.RANDOMISED
