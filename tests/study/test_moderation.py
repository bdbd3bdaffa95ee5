"""Moderation compared with explicit loops and known truths, and its rate of false positives."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from securebase.charts.study_slopes import expected_outcome, slopes_chart
from securebase.records.vocabulary import Moment
from securebase.reports.study_report import study_report
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagStep, shortest_link
from securebase.study.moderation import (
    MIN_PAIRS,
    ModerationQuestion,
    estimate_moderation,
    moderation_finding,
    moderation_findings,
    varies_within_persons,
)
from securebase.study.moderation_phrases import CANNOT_DISTINGUISH, moderation_figures_in_words, moderation_in_words
from securebase.study.study import study
from study_tables import cohort, draw_moderated_table, table

LABELS = {"x": "Technique", "y": "Problems", "m": "Alliance"}


def question(rows, moderator="m"):
    return ModerationQuestion(shortest_link(rows, "x", "y"), moderator, not varies_within_persons(rows, moderator))


def loop_detrend(rows, values, method):
    """Centre or detrend person by person, with numpy's polynomial fit."""
    deviations = np.full(rows.n_rows, np.nan)
    degree = 0 if method is Detrending.CENTRED else 1
    for i in range(rows.n_persons):
        indices = np.flatnonzero((rows.person == i) & np.isfinite(values))
        if len(indices) >= degree + 2:
            deviations[indices] = values[indices] - np.polyval(
                np.polyfit(rows.times[indices], values[indices], degree), rows.times[indices]
            )
    return deviations


def loop_rows(rows, method, kind):
    """Return y, x, product, own past, moderator, person of every complete pair of sessions, row by row."""
    x, y = loop_detrend(rows, rows.values["x"], method), loop_detrend(rows, rows.values["y"], method)
    m = x if kind == "square" else loop_detrend(rows, rows.values["m"], method)
    if kind == "between":
        person_means = np.array([np.nanmean(rows.values["m"][rows.person == i]) for i in range(rows.n_persons)])
        m = (person_means - person_means.mean())[rows.person]
    product = x * m if kind == "between" else loop_detrend(rows, x * m, method)
    pairs = []
    for a in range(rows.n_rows - 1):
        b = a + 1
        if rows.person[a] == rows.person[b]:
            row = (y[b], x[a], product[a], y[a], m[a], rows.person[a])
            if np.isfinite(row).all():
                pairs.append(row)
    return np.array(pairs)


def loop_fit(pairs, kind, shift=0.0):
    columns = [np.ones(len(pairs)), pairs[:, 1], pairs[:, 2] - shift * pairs[:, 1], pairs[:, 3]]
    if kind == "within":
        columns.append(pairs[:, 4])
    return np.linalg.lstsq(np.column_stack(columns), pairs[:, 0], rcond=None)[0]


KINDS = ("within", "between", "square")


@pytest.fixture(scope="module")
def messy():
    return {
        "within": draw_moderated_table(3, n=30, sessions=12, high=-0.4, shared_trend=0.1, missing=0.15),
        "between": draw_moderated_table(4, n=30, sessions=12, high=-0.4, between=True, missing=0.05),
        "square": draw_moderated_table(5, n=30, sessions=12, square=-0.2, shared_trend=0.1, missing=0.15),
    }


def estimate_in(messy, kind, method):
    rows = messy[kind]
    return rows, estimate_moderation(rows, question(rows, "x" if kind == "square" else "m"), method)


@pytest.mark.parametrize("method", Detrending)
@pytest.mark.parametrize("kind", KINDS)
def test_estimate_equals_loops(messy, kind, method):
    rows, estimate = estimate_in(messy, kind, method)
    pairs = loop_rows(rows, method, kind)
    b = loop_fit(pairs, kind)
    sd = pairs.std(axis=0, ddof=1)
    sm = sd[4]
    if kind == "between":
        sm = np.std([pairs[pairs[:, 5] == i][0, 4] for i in np.unique(pairs[:, 5])], ddof=1)
    twice = 2 if kind == "square" else 1
    assert (estimate.n_pairs, estimate.n_persons) == (len(pairs), len(np.unique(pairs[:, 5])))
    assert estimate.raw == pytest.approx(b[2], abs=1e-9)
    assert estimate.lag == pytest.approx(b[1] * sd[1] / sd[0], abs=1e-9)
    assert estimate.estimate == pytest.approx(twice * b[2] * sd[1] * sm / sd[0], abs=1e-9)
    assert estimate.standard_error / estimate.raw_standard_error == pytest.approx(twice * sd[1] * sm / sd[0])


@pytest.mark.parametrize("kind", ["within", "between"])
def test_a_simple_slope_is_the_lag_with_a_shifted_moderator(messy, kind):
    """With m − SD instead of m, the coefficient of x and its error are those at one SD above the usual value."""
    rows, estimate = estimate_in(messy, kind, Detrending.CENTRED)
    pairs = loop_rows(rows, Detrending.CENTRED, kind)
    sd = pairs.std(axis=0, ddof=1)
    sm = estimate.estimate / estimate.raw * sd[0] / sd[1]
    for slope, at in zip(estimate.slopes, (-1, 0, 1), strict=True):
        shifted = loop_fit(pairs, kind, shift=at * sm)
        assert slope.at == at
        assert slope.slope == pytest.approx(shifted[1] * sd[1] / sd[0], abs=1e-9)
        assert slope.upper - slope.slope == pytest.approx(
            stats.t.ppf(0.975, estimate.n_persons - 1) * slope.standard_error
        )
    persons = np.unique(pairs[:, 5])
    leave_one_out = np.array([loop_fit(pairs[pairs[:, 5] != i], kind, shift=sm)[1] for i in persons])
    jackknife = np.sqrt((len(persons) - 1) / len(persons) * ((leave_one_out - leave_one_out.mean()) ** 2).sum())
    assert estimate.slopes[2].standard_error == pytest.approx(jackknife * sd[1] / sd[0], rel=0.15)


def test_slopes_of_a_curvature_are_its_tangents(messy):
    rows, estimate = estimate_in(messy, "square", Detrending.CENTRED)
    pairs = loop_rows(rows, Detrending.CENTRED, "square")
    b, sd = loop_fit(pairs, "square"), pairs.std(axis=0, ddof=1)
    for slope, value in zip(
        estimate.slopes, (np.percentile(pairs[:, 1], 5), 0.0, np.percentile(pairs[:, 1], 95)), strict=True
    ):
        assert slope.slope == pytest.approx((b[1] + 2 * b[2] * value) * sd[1] / sd[0], abs=1e-9)


def test_chart_agrees_with_the_simple_slopes(messy):
    _, estimate = estimate_in(messy, "within", Detrending.DETRENDED)
    for slope in estimate.slopes:
        assert expected_outcome(estimate, 1.0, slope.at, curvature=False) == pytest.approx(
            (slope.slope, slope.lower, slope.upper)
        )
    _, curve = estimate_in(messy, "square", Detrending.DETRENDED)
    step = 1e-5
    for slope in curve.slopes:
        rise = (
            expected_outcome(curve, slope.at + step, 0, curvature=True)[0]
            - expected_outcome(curve, slope.at - step, 0, curvature=True)[0]
        )
        assert rise / (2 * step) == pytest.approx(slope.slope, abs=1e-6)


def test_a_moderator_measured_no_earlier_than_the_outcome_is_lagged_by_a_session():
    rows = draw_moderated_table(6, n=30, high=-0.4)
    moments = {"y": Moment.AFTER, "x": Moment.BEFORE, "m": Moment.AFTER}
    rows = table(rows.person, rows.times, moments, **rows.values)
    assert shortest_link(rows, "x", "y").step is LagStep.SAME_SESSION
    estimate = estimate_moderation(rows, question(rows), Detrending.CENTRED)
    x, y, m = (loop_detrend(rows, rows.values[name], Detrending.CENTRED) for name in "xym")
    before = np.full(rows.n_rows, np.nan)
    for a in range(1, rows.n_rows):
        before[a] = m[a - 1] if rows.person[a] == rows.person[a - 1] else np.nan
    product = loop_detrend(rows, x * before, Detrending.CENTRED)
    later = [a for a in range(1, rows.n_rows) if rows.person[a] == rows.person[a - 1]]
    pairs = np.array([(y[a], x[a], product[a], y[a - 1], before[a], rows.person[a]) for a in later])
    assert estimate.raw == pytest.approx(loop_fit(pairs, "within")[2], abs=1e-9)
    # a moderator measured before the session is that of the same session
    earlier_estimate = estimate_moderation(
        replace(rows, moments={**moments, "m": Moment.BEFORE}), question(rows), Detrending.CENTRED
    )
    assert earlier_estimate.raw != pytest.approx(estimate.raw, abs=1e-6)


@pytest.mark.parametrize("between", [False, True])
def test_a_threshold_moderator_is_detected_with_its_simple_slopes(between):
    """The lag x → y is −.4 above the usual value of m and zero below it."""
    rows = draw_moderated_table(7, n=300, sessions=20, high=-0.4, between=between, missing=0.1)
    (finding,) = moderation_findings(rows, "y", ("x",), ("m",))
    assert finding.question.between_persons is between
    assert finding.supported
    low, _, high = finding.detrended.slopes
    assert high.upper < -0.2
    # a linear interaction overshoots slightly at its ends: the lag at the low end is small, not zero
    assert abs(low.slope) < 0.12
    words = moderation_in_words(finding, LABELS)
    assert "tends to precede lower Problems at the next session" in words
    assert CANNOT_DISTINGUISH in words
    assert not any(sign.isdigit() for sign in words)


def test_a_linear_interaction_is_recovered():
    """One point of m changes the lag by .2, the coefficient of the product in points."""
    rng = np.random.default_rng(8)
    rows = draw_moderated_table(8, n=400, sessions=24)
    x, m = (loop_detrend(rows, rows.values[name], Detrending.CENTRED) for name in "xm")
    y = np.zeros(rows.n_rows)
    for a in range(1, rows.n_rows):
        same_person = rows.person[a] == rows.person[a - 1]
        y[a] = (0.3 * y[a - 1] + (0.1 + 0.2 * m[a - 1]) * x[a - 1] if same_person else 0.0) + rng.normal()
    rows = table(rows.person, rows.times, rows.moments, **{**rows.values, "y": y})
    for method in Detrending:
        estimate = estimate_moderation(rows, question(rows), method)
        assert abs(estimate.raw - 0.2) < 3.3 * estimate.raw_standard_error
        assert estimate.raw_standard_error < 0.02


def test_an_inverted_u_changes_sign_and_levelling_off_does_not():
    (_, inverted_u) = moderation_findings(
        draw_moderated_table(9, n=200, square=-0.3), "y", ("x",), ("m",), curvature=True
    )
    assert inverted_u.supported
    assert inverted_u.detrended.changes_sign
    assert "tends to be highest after intermediate values of Technique" in moderation_in_words(inverted_u, LABELS)
    rows = draw_moderated_table(9, n=200, low=0.5, high=0.5, square=-0.1)
    (levelling,) = moderation_findings(rows, "y", ("x",), (), curvature=True)
    assert levelling.supported
    assert not levelling.detrended.changes_sign
    assert "levels off with higher Technique" in moderation_in_words(levelling, LABELS)


def test_curvature_of_one_column_does_not_pass_for_an_interaction():
    """x² → y, and m is correlated with x: the product is significant until adjusted for the square."""
    false_positives = 0
    for seed in range(12):
        (finding,) = moderation_findings(draw_moderated_table(100 + seed, n=200, square=-0.25), "y", ("x",), ("m",))
        false_positives += finding.centred.significant
        assert not finding.supported
    assert false_positives >= 6


def test_a_common_course_does_not_pass_for_an_interaction():
    """All three columns follow a curved common course: centring alone finds a spurious product."""
    false_positives = 0
    for seed in range(20):
        (finding,) = moderation_findings(
            draw_moderated_table(200 + seed, n=60, low=-0.2, high=-0.2, common_curve=4.0), "y", ("x",), ("m",)
        )
        false_positives += finding.centred.significant
        assert not finding.supported
    assert false_positives >= 10


@pytest.mark.slow
@pytest.mark.parametrize("between", [False, True])
def test_false_positives_are_as_rare_as_stated(between):
    """A lag, correlated trends and missing values, but no product: 5% at each step, within the 99.9% binomial band."""
    n = 200
    hits, supported = np.zeros(2), 0
    for seed in range(n):
        rows = draw_moderated_table(1000 + seed, n=60, sessions=12, low=-0.2, high=-0.2, between=between, missing=0.1)
        (finding,) = moderation_findings(rows, "y", ("x",), ("m",))
        hits += [finding.centred.significant, finding.detrended.significant]
        supported += finding.supported
    maximum = stats.binom.ppf(0.9995, n, 0.05)
    assert (hits <= maximum).all()
    assert hits.max() >= stats.binom.ppf(0.0005, n, 0.05)
    assert supported <= stats.binom.ppf(0.9995, n, 0.05) / 2


def test_too_little_data_gives_no_estimate():
    few = draw_moderated_table(10, n=6, high=-0.4)
    (finding,) = moderation_findings(few, "y", ("x",), ("m",))
    assert (finding.centred, finding.supported) == (None, False)
    assert "cannot be estimated here" in moderation_in_words(finding, LABELS)
    assert moderation_figures_in_words(finding) == ""
    short = draw_moderated_table(10, n=12, sessions=3, high=-0.4)
    assert short.n_rows - short.n_persons < MIN_PAIRS
    assert moderation_finding(short, question(short)).centred is None
    constant = draw_moderated_table(10, n=30)
    unit_column = np.ones(constant.n_rows)
    constant = table(constant.person, constant.times, constant.moments, **{**constant.values, "x": unit_column})
    assert moderation_finding(constant, question(constant)).centred is None


def test_curvature_is_tested_only_on_request():
    rows = draw_moderated_table(11, n=20)
    assert moderation_findings(rows, "y", ("x",), ("x", "y")) == ()
    questions = [f.question.moderator for f in moderation_findings(rows, "y", ("x",), ("x", "m", "y"), curvature=True)]
    assert questions == ["m", "x"]


def test_only_a_finding_that_holds_under_every_adjustment_is_stated():
    (finding,) = moderation_findings(draw_moderated_table(7, n=300, sessions=20, high=-0.4), "y", ("x",), ("m",))
    assert finding.supported
    assert "This holds detrended within person and adjusted for the common time course too." in moderation_in_words(
        finding, LABELS
    )
    unsupported = replace(finding, supported=False)
    assert moderation_in_words(unsupported, LABELS).startswith(
        "Alliance as moderator of Technique → Problems: inconclusive. Centring alone shows it, so it may reflect"
    )
    absent = replace(unsupported, centred=replace(finding.centred, p_value=0.4))
    assert moderation_in_words(absent, LABELS) == "Alliance as moderator of Technique → Problems: inconclusive."
    assert "detectable with 80% power" in moderation_figures_in_words(finding)
    wide = tuple(replace(s, lower=-1.0, upper=1.0) for s in finding.detrended.slopes)
    unclear = replace(finding, detrended=replace(finding.detrended, slopes=wide))
    assert "it is not significant at either end" in moderation_in_words(unclear, LABELS)


@pytest.fixture(scope="module")
def study_result():
    rows = draw_moderated_table(12, n=60, high=-0.5, missing=0.1)
    return rows, study(cohort(rows), processes=("x",), moderators=("m",), curvature=True, trend="none")


def test_a_moderator_changes_nothing_else_in_a_study(study_result):
    rows, result = study_result
    without_moderator = table(rows.person, rows.times, rows.moments, y=rows.values["y"], x=rows.values["x"])
    alone = study(cohort(without_moderator), trend="none")
    assert result.request.processes == ("x",)
    assert [lag.main for lag in result.lags] == [lag.main for lag in alone.lags]
    assert result.models[0].log_likelihood == alone.models[0].log_likelihood
    assert (alone.moderation, len(result.moderation)) == ((), 2)
    values = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert values["moderation"][0]["detrended"]["estimate"] == result.moderation[0].detrended.estimate
    words = [*result.moderation_in_words, *result.moderation_figures_in_words]
    assert not [w for w in words if re.search(r"\bcaus|\beffect of\b|\bleads? to\b|\bmoderates\b", w, re.IGNORECASE)]


@pytest.mark.usefixtures("validated_charts")
def test_the_report_shows_slopes_and_figures(study_result):
    _, result = study_result
    html = study_report(result)
    assert "Moderation of lags" in html
    assert "<b>Table 9.</b>" in html
    for words in result.moderation_in_words:
        assert words in html
    assert html.count("95% bands.") == 2
    chart = slopes_chart(result, result.moderation[0])
    assert chart.description == result.moderation_in_words[0]
    empty = replace(result.moderation[0], detrended=None, centred=None, time_adjusted=None)
    with pytest.raises(ValueError, match="cannot draw"):
        slopes_chart(result, empty)


def test_a_moderator_with_too_few_pairs_has_no_estimate_in_the_report(study_result):
    _, result = study_result
    empty = replace(result.moderation[0], detrended=None, centred=None, time_adjusted=None)
    assert study_report(replace(result, moderation=(empty,))).count("not estimated: too few pairs") == 3
