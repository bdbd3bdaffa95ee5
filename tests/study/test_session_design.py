"""Both columns rated before and after each session: right where a link holds, withheld where none does."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from securebase.records.vocabulary import Moment
from securebase.study.design_verdict import DesignVerdict, SessionReadings
from securebase.study.session_design import session_verdicts
from securebase.study.table import SessionTable
from securebase.study.verdicts.before_and_after import Doubt
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.rule import Rung
from truths.catalogue import TRUTHS, draw_cohort
from truths.judge import Conclusion, judge
from truths.sessions import MOMENTS
from truths.truth import ALLIANCE, SYMPTOMS

TWICE = {name: (f"{name}_before", f"{name}_after") for name in (SYMPTOMS, ALLIANCE)}


def session_rows(columns: dict[str, np.ndarray]) -> SessionTable:
    n, sessions = next(iter(columns.values())).shape
    return SessionTable(
        n,
        np.repeat(np.arange(n), sessions),
        np.tile(np.arange(sessions, dtype=float), n),
        {name: values.ravel() for name, values in columns.items()},
        {name: Moment(moment) for name, moment in MOMENTS},
        "session",
    )


def cohort_verdicts(truth: str, persons: int, cohort: int) -> tuple[DesignVerdict, ...]:
    return session_verdicts(
        session_rows(dict(draw_cohort(TRUTHS[truth], persons, cohort))), SYMPTOMS, [ALLIANCE], TWICE
    )


def outcomes(truth: str, persons: int = 60, cohorts: int = 40) -> Counter[str]:
    """Return how often the verdicts of a cohort are right, withheld or wrong."""
    counts: Counter[str] = Counter()
    for cohort in range(cohorts):
        conclusions = [
            Conclusion(v.earlier, v.later, v.rung.value, v.direction, occasion="same")
            for v in cohort_verdicts(truth, persons, cohort)
        ]
        counts[judge(TRUTHS[truth], conclusions).outcome] += 1
    return counts


def within_person_correlation(persons: int) -> float:
    """Return the correlation of the ratings before the session, less each person's line."""
    columns = draw_cohort(TRUTHS["symptoms_change_alliance_in_session"], persons, 0)
    rests = []
    for y, x in zip(columns["symptoms_before"], columns["alliance_before"], strict=True):
        known = np.isfinite(y) & np.isfinite(x)
        t = np.flatnonzero(known)
        rests.append([v[known] - np.polyval(np.polyfit(t, v[known], 1), t) for v in (y, x)])
    return float(np.corrcoef(np.concatenate(rests, axis=1))[0, 1])


@pytest.mark.parametrize(
    "truth",
    [
        "symptoms_change_alliance_in_session",
        "symptoms_change_alliance_beside_factor",
        "symptoms_change_alliance_beside_carry_over",
        "alliance_changes_symptoms_in_session",
    ],
)
def test_a_link_within_the_session_is_told(truth: str) -> None:
    counts = outcomes(truth, 240, 20)
    assert counts["right"] >= 17
    assert counts["wrong"] == 0


@pytest.mark.parametrize(
    "truth",
    [
        "sessions_without_link",
        "sessions_and_factor",
        "sessions_and_unequal_carry_over",
        "shared_shocks_in_session",
        "sessions_and_earlier_confounder",
        "equal_links_in_session",
        "relief_in_session",
        "return_to_usual_in_session",
        "wider_scale_after_session",
        "wider_scales_after_session",
        "older_ratings_before_session",
        "older_alliance_before_session",
    ],
)
def test_where_no_link_can_be_told_nothing_leads(truth: str) -> None:
    # of 40 at a level of .05 more than 4 are wrong in 5 of 100 runs
    assert outcomes(truth)["withheld"] >= 36


@pytest.mark.parametrize(
    ("truth", "doubt"),
    [("wider_scale_after_session", Doubt.SCALE), ("older_alliance_before_session", Doubt.TIMING)],
)
def test_a_change_that_scale_or_age_of_ratings_explain_is_withheld_with_the_reason(truth: str, doubt: Doubt) -> None:
    doubts = []
    for cohort in range(20):
        _, row = cohort_verdicts(truth, 240, cohort)
        assert isinstance(row.readings, SessionReadings)
        assert row.rung is not Rung.LEADS or row.readings.doubt is None
        assert row.to_json()["readings"]["doubt"] == row.readings.doubt
        doubts.append(row.readings.doubt)
    assert doubts.count(doubt) >= 5
    assert set(doubts) <= {doubt, None}


def test_relief_that_only_alliance_shows_is_contradicted() -> None:
    rungs = Counter(v.rung for cohort in range(20) for v in cohort_verdicts("relief_seen_in_alliance", 120, cohort))
    assert rungs[Rung.CONTRADICTED] >= 36
    assert rungs[Rung.LEADS] == 0


def test_both_directions_have_a_row_with_its_numbers() -> None:
    other, leads = cohort_verdicts("symptoms_change_alliance_in_session", 60, 0)
    assert (leads.earlier, leads.later, leads.occasion) == (SYMPTOMS, ALLIANCE, "same")
    assert (leads.rung, leads.direction, leads.other_leads) == (Rung.LEADS, -1, False)
    assert (other.rung, other.direction, other.other_leads) == (Rung.INCONCLUSIVE, 0, True)
    assert leads.estimate is not None
    assert leads.interval is not None
    assert leads.interval[0] < leads.estimate < leads.interval[1] < 0
    assert leads.p == leads.p_adjusted
    assert (other.p, other.p_adjusted) == (None, None)
    assert other.estimate is not None
    assert (leads.would_settle, other.would_settle) == (None, None)
    for row in (other, leads):
        assert isinstance(row.readings, SessionReadings)
        assert row.readings.association == pytest.approx(within_person_correlation(60), abs=0.02)
        values = json.loads(json.dumps(row.to_json(), allow_nan=False))
        assert (values["from"], values["to"]) == (row.earlier, row.later)
        assert values["design"] == "before_and_after"


def test_an_estimate_does_not_depend_on_the_units_of_the_columns() -> None:
    columns = dict(draw_cohort(TRUTHS["symptoms_change_alliance_in_session"], 60, 0))
    scaled = {name: (100.0 if name.startswith(SYMPTOMS) else 0.2) * v for name, v in columns.items()}
    pairs = (session_verdicts(session_rows(values), SYMPTOMS, [ALLIANCE], TWICE) for values in (columns, scaled))
    for first, second in zip(*pairs, strict=True):
        assert second.estimate == pytest.approx(first.estimate)
        assert second.interval == pytest.approx(first.interval)
        assert second.p == pytest.approx(first.p)


def test_several_processes_are_corrected_by_holm_and_a_lost_direction_is_withheld() -> None:
    columns = dict(draw_cohort(TRUTHS["symptoms_change_alliance_in_session"], 60, 0))
    rng, shape = np.random.default_rng(2), columns["symptoms_before"].shape
    centred = np.nan_to_num(columns["symptoms_before"] - np.nanmean(columns["symptoms_before"]))
    lost = 0
    for size in np.linspace(0.08, 0.16, 12):
        names = ["trust", *(f"noise_{k}" for k in range(5))]
        drawn = {f"{name}_{moment}": rng.normal(size=shape) for name in names for moment in ("before", "after")}
        # some trust is carried over to the next session, without which its gain would not be known
        drawn["trust_before"][:, 1:] += 0.5 * drawn["trust_before"][:, :-1]
        drawn["trust_after"] = drawn["trust_before"] - size * centred + rng.normal(size=shape)
        table = session_rows({**columns, **drawn})
        twice = {**TWICE, **{name: (f"{name}_before", f"{name}_after") for name in names}}
        rows = session_verdicts(table, SYMPTOMS, names, twice)
        (_, alone), (_, beside) = session_verdicts(table, SYMPTOMS, ["trust"], twice), rows[:2]
        if alone.rung is not Rung.LEADS or beside.rung is Rung.TOGETHER:
            continue
        ps = sorted(
            next((v.p for v in pair if v.p is not None), 1.0) for pair in zip(rows[::2], rows[1::2], strict=True)
        )
        expected = max(min(1.0, (6 - rank) * p) for rank, p in enumerate(ps[: ps.index(alone.p or 0.0) + 1]))
        assert (beside.p, beside.p_adjusted) == (alone.p, pytest.approx(expected))
        assert beside.rung is (Rung.LEADS if expected < 0.05 else Rung.INCONCLUSIVE)
        assert alone.would_settle is None
        if expected >= 0.05:
            lost += 1
            assert beside.direction == 0
            assert beside.would_settle is not None
            assert beside.would_settle > 60
    assert lost >= 2


def test_few_persons_are_refused_without_numbers() -> None:
    for row in cohort_verdicts("symptoms_change_alliance_in_session", 15, 0):
        assert (row.rung, row.reason) == (Rung.REFUSED, Refusal.SHORT)
        assert (row.estimate, row.interval, row.p, row.p_adjusted) == (None, None, None, None)


def test_no_verdict_without_both_ratings_of_the_outcome() -> None:
    table = session_rows(dict(draw_cohort(TRUTHS["relief_seen_in_alliance"], 60, 0)))
    assert session_verdicts(table, SYMPTOMS, [ALLIANCE], {ALLIANCE: TWICE[ALLIANCE]}) == ()
    assert session_verdicts(table, SYMPTOMS, [ALLIANCE], {SYMPTOMS: TWICE[SYMPTOMS]}) == ()
