"""Verdicts of a study: one row for each ordered pair, from two columns with a known truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from securebase.records.vocabulary import Moment
from securebase.study.conclusions import build_pairs, verdicts
from securebase.study.table import SessionTable
from securebase.study.verdict import Verdict
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.readings import Readings, read_pair
from securebase.study.verdicts.rule import Rung
from truths.catalogue import TRUTHS, draw_cohort

from .verdicts.tiny_truths import pair

#: the keys that the result format promises
KEYS = {
    *("from", "to", "occasion", "rung", "estimate", "interval", "p", "p_adjusted", "n_persons", "n_identifying"),
    *("readings", "hidden_cause", "would_settle"),
}


def rows(**columns: np.ndarray[Any, np.dtype[np.float64]]) -> SessionTable:
    """Return columns (persons, sessions) as a table; the outcome y is rated before the session, all others after it."""
    n, sessions = columns["y"].shape
    return SessionTable(
        n,
        np.repeat(np.arange(n), sessions),
        np.tile(np.arange(sessions, dtype=float), n),
        {name: values.ravel() for name, values in columns.items()},
        {name: Moment.BEFORE if name == "y" else Moment.AFTER for name in columns},
        "session",
    )


def by_link(concluded: tuple[Verdict, ...]) -> Mapping[str, Verdict]:
    return {f"{v.earlier} → {v.later}": v for v in concluded}


@pytest.fixture(scope="module")
def concluded() -> Mapping[str, Verdict]:
    """Conclude where x lowers the next y, z switches once in 12 persons, and w is y reversed."""
    data = pair("true_lag", np.random.default_rng(4), 90)
    z = np.zeros_like(data.y)
    z[:12, 6:] = 1.0
    return by_link(verdicts(rows(y=data.y, x=data.x, z=z, w=10.0 - data.y), "y", ("x", "z", "w")))


def test_every_ordered_pair_has_a_row_in_the_order_of_the_lags(concluded: Mapping[str, Verdict]) -> None:
    assert list(concluded) == ["x → y", "y → x", "z → y", "y → z", "w → y", "y → w"]
    assert [v.occasion for v in concluded.values()] == ["next", "same"] * 3


def test_only_the_stronger_direction_leads(concluded: Mapping[str, Verdict]) -> None:
    leads, other = concluded["x → y"], concluded["y → x"]
    assert (leads.rung, other.rung) == (Rung.LEADS_ADJUSTED, Rung.INCONCLUSIVE)
    assert (leads.other_leads, other.other_leads) == (False, True)
    assert leads.estimate is not None
    assert leads.interval is not None
    assert leads.interval[0] < leads.estimate < leads.interval[1] < 0
    # three pairs, two of them refused: nothing to correct
    assert leads.p == leads.p_adjusted
    assert (other.p, other.p_adjusted) == (None, None)
    assert leads.n_identifying <= leads.n_persons <= 90


def test_each_reading_has_the_sign_of_its_own_direction(concluded: Mapping[str, Verdict]) -> None:
    readings, other = concluded["x → y"].readings, concluded["y → x"].readings
    assert readings.time_reversal is not None
    assert other.time_reversal is not None
    assert readings.time_reversal.statistic is not None
    assert other.time_reversal.statistic == -readings.time_reversal.statistic > 1.96
    common = readings.time_reversal_on_common_scale
    assert common is not None
    assert common.statistic is not None
    assert common.statistic < -1.96
    assert other.time_reversal_on_common_scale == replace(common, statistic=-common.statistic)
    assert not readings.rests_on_scales
    assert readings.within_person_likelihood is not None
    assert readings.within_person_likelihood.statistic < -1.96
    assert readings.private_parts is not None
    assert other.private_parts is None
    same, following = readings.association
    assert (same.occasion, following.occasion) == ("same", "next")
    assert following.estimate < 0


def test_a_direction_is_tested_beside_bends_rivals_and_a_mixed_cause(concluded: Mapping[str, Verdict]) -> None:
    readings, other = concluded["x → y"].readings, concluded["y → x"].readings
    assert list(readings.rivals) == ["z"], "w is a copy of y"
    assert readings.rivals["z"] is not None
    assert readings.rivals["z"].p < 0.05
    assert readings.bends is not None
    assert readings.bends.holds
    assert readings.mixed_cause is not None
    assert (other.rivals, other.bends, other.mixed_cause) == ({}, None, None)


def test_every_verdict_about_a_link_names_the_cause_that_would_explain_it_away(
    concluded: Mapping[str, Verdict],
) -> None:
    cause = concluded["x → y"].hidden_cause
    assert cause is not None
    assert 0 < cause.to_insignificance < cause.to_zero < 1
    assert cause.lead == 0.5
    assert list(cause.measured) == ["z"]
    assert concluded["y → x"].hidden_cause is None
    assert concluded["w → y"].hidden_cause is None
    data = pair("same_week_factor", np.random.default_rng(6), 90)
    for verdict in verdicts(rows(y=data.y, x=data.x), "y", ("x",)):
        assert verdict.rung is Rung.TOGETHER
        assert verdict.hidden_cause is not None
        assert verdict.hidden_cause.lead == 0.0, "its order is not known"


def test_a_measured_confounder_leaves_the_pair_at_leads() -> None:
    columns = draw_cohort(TRUTHS["measured_confounder"], 40, 0)
    table = rows(y=columns["symptoms"], x=columns["alliance"])
    alone = by_link(verdicts(table, "y", ("x",)))["x → y"]
    assert alone.rung is Rung.LEADS
    assert alone.readings.rivals == {}
    stress = {"stress": columns["stress"].ravel()}
    beside = by_link(verdicts(table, "y", ("x",), inputs=stress))["x → y"]
    assert beside.rung is Rung.LEADS
    assert beside.readings.rivals["stress"] is not None
    assert beside.readings.rivals["stress"].p > 0.05


def test_an_estimate_does_not_depend_on_the_units_of_the_columns() -> None:
    data = pair("true_lag", np.random.default_rng(5), 45)
    first, second = (
        by_link(verdicts(rows(y=scale * data.y, x=5.0 + 0.1 * data.x), "y", ("x",)))["x → y"] for scale in (1.0, 20.0)
    )
    assert second.estimate == pytest.approx(first.estimate, rel=0.02)
    assert second.readings.association[1].estimate == pytest.approx(first.readings.association[1].estimate)


def test_unsuitable_columns_are_refused_with_reason_and_the_persons_behind_them(
    concluded: Mapping[str, Verdict],
) -> None:
    switch, copy = concluded["z → y"], concluded["w → y"]
    assert (switch.rung, switch.reason) == (Rung.REFUSED, Refusal.HARDLY_VARIES)
    assert switch.readings.movement_from.movers == switch.readings.movement_from.changes == 12
    assert switch.n_identifying < 13
    assert (copy.rung, copy.reason) == (Rung.REFUSED, Refusal.COPY)
    for verdict in (switch, copy):
        assert (verdict.estimate, verdict.interval, verdict.p) == (None, None, None)
        assert verdict.would_settle.designs == ()


def test_pairs_that_move_together_show_their_strongest_association_in_both_rows() -> None:
    data = pair("same_week_factor", np.random.default_rng(6), 90)
    first, second = verdicts(rows(y=data.y, x=data.x), "y", ("x",))
    assert (first.rung, second.rung) == (Rung.TOGETHER, Rung.TOGETHER)
    assert first.estimate == second.estimate == first.readings.association[0].estimate < 0
    assert first.p_adjusted is not None
    assert first.p_adjusted < 0.05


def test_the_json_has_the_keys_of_the_format(concluded: Mapping[str, Verdict]) -> None:
    for link, verdict in concluded.items():
        values = json.loads(json.dumps(verdict.to_json(), allow_nan=False))
        assert set(values) >= KEYS
        assert link == f"{values['from']} → {values['to']}"
        assert values["rung"] == verdict.rung.value
        assert set(values["would_settle"]) == {"persons", "designs"}
    assert concluded["w → y"].to_json()["reason"] == "copy"


def test_few_persons_still_show_what_persists_beside_their_refusal() -> None:
    """Fifteen persons vary in x, and in them x precedes y: too few to judge an order, but not to detrend."""
    data = pair("true_lag", np.random.default_rng(8), 60)
    x = data.x.copy()
    x[15:] = 0.0
    first, _ = verdicts(rows(y=data.y, x=x), "y", ("x",))
    assert (first.rung, first.reason) == (Rung.REFUSED, Refusal.HARDLY_VARIES)
    assert first.persistence is not None
    assert first.readings.attenuation is not None
    assert first.readings.attenuation.detrended < 0
    assert first.estimate is None


def test_a_mistyped_time_makes_no_common_course_of_as_many_moments() -> None:
    """One person has a gap of a hundred million sessions: as many moments would take minutes."""
    data = pair("true_lag", np.random.default_rng(9), 40)
    table = rows(y=data.y, x=data.x)
    times = table.times.copy()
    times[15] = 1e8
    pairs = [build_pairs(replace(table, times=t), "y", ("x",))["x"] for t in (times, table.times)]
    assert pairs[0].times[0, 15] == 14.0 + 1000.0
    assert np.nanmax(pairs[0].times[1:]) == np.nanmax(pairs[1].times) == 15.0
    long_break = np.where(table.times > 7.0, table.times + 900.0, table.times)
    assert np.nanmax(build_pairs(replace(table, times=long_break), "y", ("x",))["x"].times) == 915.0


def test_a_fit_that_did_not_end_regularly_has_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pair("no_link", np.random.default_rng(10), 30)
    read = read_pair(Pair.of_sessions(data.y, data.x))
    assert isinstance(read, Readings)
    effects = {direction: replace(test, regular=False) for direction, test in read.effects.items()}
    monkeypatch.setattr("securebase.study.conclusions.read_pair", lambda _pair: replace(read, effects=effects))
    for verdict in verdicts(rows(y=data.y, x=data.x), "y", ("x",)):
        assert verdict.rung is not Rung.LEADS
        assert verdict.readings.within_person_likelihood is None
        if verdict.rung is not Rung.TOGETHER:
            assert (verdict.estimate, verdict.interval) == (None, None)
        assert verdict.to_json()["readings"]["within_person_likelihood"] is None


def test_a_direction_is_tested_across_therapists_where_these_are_named(concluded: Mapping[str, Verdict]) -> None:
    data = pair("true_lag", np.random.default_rng(4), 90)
    x_to_y, y_to_x = verdicts(rows(y=data.y, x=data.x), "y", ("x",), therapist=np.arange(90) % 30)
    tests = x_to_y.readings.across_therapists
    assert tests is not None
    assert (tests.n_therapists, tests.p_adjusted is not None, tests.is_lost) == (30, True, False)
    assert x_to_y.rung is Rung.LEADS
    assert x_to_y.to_json()["readings"]["across_therapists"]["n_therapists"] == 30
    assert y_to_x.readings.across_therapists is None
    assert concluded["x → y"].readings.across_therapists is None
