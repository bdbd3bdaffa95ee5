"""What bends a lag: against explicit loops, against known truths, and how often it is found where nothing is."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from securebase.charts.study_slopes import expected, slopes_chart
from securebase.records.vocabulary import Moment
from securebase.reports.study_report import study_report
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagStep, link
from securebase.study.moderation import (
    FEWEST_PAIRS,
    ModerationQuestion,
    bend_finding,
    bends,
    estimate_bend,
    moves_within,
)
from securebase.study.moderation_phrases import bend_figures_in_words, bend_in_words
from securebase.study.reciprocal import AssociationVerdict
from securebase.study.study import study
from study_tables import bent, cohort, table

LABELS = {"x": "Technique", "y": "Problems", "m": "Alliance"}


def asked(rows, moderator="m"):
    return ModerationQuestion(link(rows, "x", "y"), moderator, not moves_within(rows, moderator))


def out(rows, values, form):
    """Each person's values less the own mean or line, by numpy's fit of a polynomial."""
    left = np.full(rows.n_rows, np.nan)
    degree = 0 if form is Detrending.CENTRED else 1
    for i in range(rows.n_persons):
        own = np.flatnonzero((rows.person == i) & np.isfinite(values))
        if len(own) >= degree + 2:
            left[own] = values[own] - np.polyval(np.polyfit(rows.times[own], values[own], degree), rows.times[own])
    return left


def slow_rows(rows, form, kind):
    """y, x, product, own past, moderator for every complete pair of sessions, row by row."""
    x, y = out(rows, rows.values["x"], form), out(rows, rows.values["y"], form)
    m = x if kind == "square" else out(rows, rows.values["m"], form)
    if kind == "between":
        own = np.array([np.nanmean(rows.values["m"][rows.person == i]) for i in range(rows.n_persons)])
        m = (own - own.mean())[rows.person]
    product = x * m if kind == "between" else out(rows, x * m, form)
    found = []
    for a in range(rows.n_rows - 1):
        b = a + 1
        if rows.person[a] == rows.person[b]:
            row = (y[b], x[a], product[a], y[a], m[a], rows.person[a])
            if np.isfinite(row).all():
                found.append(row)
    return np.array(found)


def slow_fit(pairs, kind, shift=0.0):
    columns = [np.ones(len(pairs)), pairs[:, 1], pairs[:, 2] - shift * pairs[:, 1], pairs[:, 3]]
    if kind == "within":
        columns.append(pairs[:, 4])
    return np.linalg.lstsq(np.column_stack(columns), pairs[:, 0], rcond=None)[0]


KINDS = ("within", "between", "square")


@pytest.fixture(scope="module")
def messy():
    return {
        "within": bent(3, n=30, sessions=12, high=-0.4, shared_trend=0.1, missing=0.15),
        "between": bent(4, n=30, sessions=12, high=-0.4, between=True, missing=0.05),
        "square": bent(5, n=30, sessions=12, square=-0.2, shared_trend=0.1, missing=0.15),
    }


def found_in(messy, kind, form):
    rows = messy[kind]
    return rows, estimate_bend(rows, asked(rows, "x" if kind == "square" else "m"), form)


@pytest.mark.parametrize("form", Detrending)
@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_equals_loops(messy, kind, form):
    rows, found = found_in(messy, kind, form)
    pairs = slow_rows(rows, form, kind)
    b = slow_fit(pairs, kind)
    sd = pairs.std(axis=0, ddof=1)
    sm = sd[4]
    if kind == "between":
        sm = np.std([pairs[pairs[:, 5] == i][0, 4] for i in np.unique(pairs[:, 5])], ddof=1)
    twice = 2 if kind == "square" else 1
    assert (found.n_pairs, found.n_persons) == (len(pairs), len(np.unique(pairs[:, 5])))
    assert found.raw == pytest.approx(b[2], abs=1e-9)
    assert found.lag == pytest.approx(b[1] * sd[1] / sd[0], abs=1e-9)
    assert found.estimate == pytest.approx(twice * b[2] * sd[1] * sm / sd[0], abs=1e-9)
    assert found.standard_error / found.raw_standard_error == pytest.approx(twice * sd[1] * sm / sd[0])


@pytest.mark.parametrize("kind", ["within", "between"])
def test_a_simple_slope_is_the_lag_of_the_same_regression_with_the_moderator_moved(messy, kind):
    """With m − SD in the place of m the coefficient of x is the slope at one SD above; and so is its error."""
    rows, found = found_in(messy, kind, Detrending.CENTRED)
    pairs = slow_rows(rows, Detrending.CENTRED, kind)
    sd = pairs.std(axis=0, ddof=1)
    sm = found.estimate / found.raw * sd[0] / sd[1]
    for slope, at in zip(found.slopes, (-1, 0, 1), strict=True):
        moved = slow_fit(pairs, kind, shift=at * sm)
        assert slope.at == at
        assert slope.slope == pytest.approx(moved[1] * sd[1] / sd[0], abs=1e-9)
        assert slope.upper - slope.slope == pytest.approx(
            stats.t.ppf(0.975, found.n_persons - 1) * slope.standard_error
        )
    persons = np.unique(pairs[:, 5])
    without = np.array([slow_fit(pairs[pairs[:, 5] != i], kind, shift=sm)[1] for i in persons])
    jackknife = np.sqrt((len(persons) - 1) / len(persons) * ((without - without.mean()) ** 2).sum())
    assert found.slopes[2].standard_error == pytest.approx(jackknife * sd[1] / sd[0], rel=0.15)


def test_of_a_curve_the_slopes_are_its_tangents(messy):
    rows, found = found_in(messy, "square", Detrending.CENTRED)
    pairs = slow_rows(rows, Detrending.CENTRED, "square")
    b, sd = slow_fit(pairs, "square"), pairs.std(axis=0, ddof=1)
    for slope, value in zip(
        found.slopes, (np.percentile(pairs[:, 1], 5), 0.0, np.percentile(pairs[:, 1], 95)), strict=True
    ):
        assert slope.slope == pytest.approx((b[1] + 2 * b[2] * value) * sd[1] / sd[0], abs=1e-9)


def test_what_is_drawn_is_what_the_slopes_say(messy):
    _, found = found_in(messy, "within", Detrending.DETRENDED)
    for slope in found.slopes:
        assert expected(found, 1.0, slope.at, curvature=False) == pytest.approx((slope.slope, slope.lower, slope.upper))
    _, curve = found_in(messy, "square", Detrending.DETRENDED)
    step = 1e-5
    for slope in curve.slopes:
        rise = (
            expected(curve, slope.at + step, 0, curvature=True)[0]
            - expected(curve, slope.at - step, 0, curvature=True)[0]
        )
        assert rise / (2 * step) == pytest.approx(slope.slope, abs=1e-6)


def test_a_moderator_asked_no_earlier_than_the_outcome_is_taken_a_session_before():
    rows = bent(6, n=30, high=-0.4)
    moments = {"y": Moment.AFTER, "x": Moment.BEFORE, "m": Moment.AFTER}
    rows = table(rows.person, rows.times, moments, **rows.values)
    assert link(rows, "x", "y").step is LagStep.SAME_SESSION
    found = estimate_bend(rows, asked(rows), Detrending.CENTRED)
    x, y, m = (out(rows, rows.values[name], Detrending.CENTRED) for name in "xym")
    before = np.full(rows.n_rows, np.nan)
    for a in range(1, rows.n_rows):
        before[a] = m[a - 1] if rows.person[a] == rows.person[a - 1] else np.nan
    product = out(rows, x * before, Detrending.CENTRED)
    later = [a for a in range(1, rows.n_rows) if rows.person[a] == rows.person[a - 1]]
    pairs = np.array([(y[a], x[a], product[a], y[a - 1], before[a], rows.person[a]) for a in later])
    assert found.raw == pytest.approx(slow_fit(pairs, "within")[2], abs=1e-9)
    # asked before, it may be taken at the same session
    same = estimate_bend(replace(rows, moments={**moments, "m": Moment.BEFORE}), asked(rows), Detrending.CENTRED)
    assert same.raw != pytest.approx(found.raw, abs=1e-6)


@pytest.mark.parametrize("between", [False, True])
def test_a_gate_is_found_with_its_simple_slopes(between):
    """x → y is −.4 above the usual value of m and nothing below it: between −.4 and 0 the lag moves with m."""
    rows = bent(7, n=300, sessions=20, high=-0.4, between=between, missing=0.1)
    (finding,) = bends(rows, "y", ("x",), ("m",))
    assert finding.question.between is between
    assert finding.verdict is AssociationVerdict.STAYS
    low, _, high = finding.detrended.slopes
    assert high.upper < -0.2
    # a straight product overshoots at its ends a little: what there is of a lag at the low end is small
    assert abs(low.slope) < 0.12
    words = bend_in_words(finding, LABELS)
    assert "tends to come before lower Problems at the next session" in words
    assert "A gate, below which nothing happens, and a gradual change look alike here." in words
    assert not any(sign.isdigit() for sign in words)


def test_a_plain_product_is_recovered():
    """One step of m changes the lag by .2 everywhere: in points the product has just that coefficient."""
    rng = np.random.default_rng(8)
    rows = bent(8, n=400, sessions=24)
    x, m = (out(rows, rows.values[name], Detrending.CENTRED) for name in "xm")
    y = np.zeros(rows.n_rows)
    for a in range(1, rows.n_rows):
        same = rows.person[a] == rows.person[a - 1]
        y[a] = (0.3 * y[a - 1] + (0.1 + 0.2 * m[a - 1]) * x[a - 1] if same else 0.0) + rng.normal()
    rows = table(rows.person, rows.times, rows.moments, **{**rows.values, "y": y})
    for form in Detrending:
        found = estimate_bend(rows, asked(rows), form)
        assert abs(found.raw - 0.2) < 3.3 * found.raw_standard_error
        assert found.raw_standard_error < 0.02


def test_an_inverted_u_turns_and_levelling_off_does_not():
    (_, turned) = bends(bent(9, n=200, square=-0.3), "y", ("x",), ("m",), curvature=True)
    assert turned.verdict is AssociationVerdict.STAYS
    assert turned.detrended.turns
    assert "tends to be highest after a middling Technique" in bend_in_words(turned, LABELS)
    levels = bent(9, n=200, low=0.5, high=0.5, square=-0.1)
    (levelled,) = bends(levels, "y", ("x",), (), curvature=True)
    assert levelled.verdict is AssociationVerdict.STAYS
    assert not levelled.detrended.turns
    assert "levels off the higher Technique is" in bend_in_words(levelled, LABELS)


def test_a_bend_of_one_column_does_not_pass_for_a_product():
    """x² → y, and m goes along with x: the product is told from zero until the square is held equal."""
    fooled = 0
    for seed in range(12):
        (finding,) = bends(bent(100 + seed, n=200, square=-0.25), "y", ("x",), ("m",))
        fooled += finding.centred.told_from_zero
        assert finding.verdict is not AssociationVerdict.STAYS
    assert fooled >= 6


def test_a_course_that_all_share_does_not_pass_for_a_product():
    """Everybody's course bends in all three columns: the own mean alone finds a product that is not there."""
    fooled = 0
    for seed in range(20):
        (finding,) = bends(bent(200 + seed, n=60, low=-0.2, high=-0.2, common_bend=4.0), "y", ("x",), ("m",))
        fooled += finding.centred.told_from_zero
        assert finding.verdict is not AssociationVerdict.STAYS
    assert fooled >= 10


@pytest.mark.slow
@pytest.mark.parametrize("between", [False, True])
def test_where_nothing_bends_a_bend_is_found_as_rarely_as_stated(between):
    """A lag, shared lines and missing values, but no product: 5% at each step, within the 99.9% binomial band."""
    n = 200
    hits, stays = np.zeros(2), 0
    for seed in range(n):
        rows = bent(1000 + seed, n=60, sessions=12, low=-0.2, high=-0.2, between=between, missing=0.1)
        (finding,) = bends(rows, "y", ("x",), ("m",))
        hits += [finding.centred.told_from_zero, finding.detrended.told_from_zero]
        stays += finding.verdict is AssociationVerdict.STAYS
    most = stats.binom.ppf(0.9995, n, 0.05)
    assert (hits <= most).all()
    assert hits.max() >= stats.binom.ppf(0.0005, n, 0.05)
    assert stays <= stats.binom.ppf(0.9995, n, 0.05) / 2


def test_too_little_is_said_and_not_estimated():
    few = bent(10, n=6, high=-0.4)
    (finding,) = bends(few, "y", ("x",), ("m",))
    assert (finding.centred, finding.verdict) == (None, AssociationVerdict.CANNOT_TELL)
    assert "cannot be estimated here" in bend_in_words(finding, LABELS)
    assert bend_figures_in_words(finding) == ""
    short = bent(10, n=12, sessions=3, high=-0.4)
    assert short.n_rows - short.n_persons < FEWEST_PAIRS
    assert bend_finding(short, asked(short)).centred is None
    still = bent(10, n=30)
    still = table(still.person, still.times, still.moments, **{**still.values, "x": np.ones(still.n_rows)})
    assert bend_finding(still, asked(still)).centred is None


def test_nothing_moderates_itself_unless_it_is_asked():
    rows = bent(11, n=20)
    assert bends(rows, "y", ("x",), ("x", "y")) == ()
    questions = [f.question.moderator for f in bends(rows, "y", ("x",), ("x", "m", "y"), curvature=True)]
    assert questions == ["m", "x"]


def test_words_for_each_verdict():
    (finding,) = bends(bent(7, n=300, sessions=20, high=-0.4), "y", ("x",), ("m",))
    said = {v: bend_in_words(replace(finding, verdict=v), LABELS) for v in AssociationVerdict}
    assert (
        said[AssociationVerdict.CANNOT_TELL]
        == "Whether Alliance bends the lag from Technique to Problems cannot be told."
    )
    assert said[AssociationVerdict.FADES].startswith(
        "It looks as if Alliance bends the lag from Technique to Problems, but this fades"
    )
    assert "only when each person’s own line is taken out" in said[AssociationVerdict.APPEARS]
    figures = bend_figures_in_words(finding)
    assert "would be missed more often than one time in five" in figures
    unclear = replace(
        finding.detrended, slopes=tuple(replace(s, lower=-1.0, upper=1.0) for s in finding.detrended.slopes)
    )
    assert "by itself it cannot be told from none at either end" in bend_in_words(
        replace(finding, detrended=unclear), LABELS
    )


@pytest.fixture(scope="module")
def whole():
    rows = bent(12, n=60, high=-0.5, missing=0.1)
    return rows, study(cohort(rows), processes=("x",), moderators=("m",), curvature=True, trend="none")


def test_a_moderator_changes_nothing_else_in_a_study(whole):
    rows, result = whole
    without = table(rows.person, rows.times, rows.moments, y=rows.values["y"], x=rows.values["x"])
    alone = study(cohort(without), trend="none")
    assert result.asked.processes == ("x",)
    assert [lag.main for lag in result.lags] == [lag.main for lag in alone.lags]
    assert result.models[0].log_likelihood == alone.models[0].log_likelihood
    assert (alone.bends, len(result.bends)) == ((), 2)
    said = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert said["bends"][0]["detrended"]["estimate"] == result.bends[0].detrended.estimate
    words = [*result.bends_in_words, *result.bend_figures_in_words]
    assert not [w for w in words if re.search(r"\bcaus|\beffect of\b|\bleads? to\b|\bmoderates\b", w, re.IGNORECASE)]


def test_the_report_shows_slopes_and_figures(whole):
    _, result = whole
    html = study_report(result)
    assert "What bends a lag" in html
    assert "<b>Table 9.</b>" in html
    for words in result.bends_in_words:
        assert words in html
    assert html.count("95% bands.") == 2
    drawn = slopes_chart(result, result.bends[0])
    assert drawn.description == result.bends_in_words[0]
    empty = replace(result.bends[0], detrended=None, centred=None, guard=None)
    with pytest.raises(ValueError, match="cannot be drawn"):
        slopes_chart(result, empty)
    assert (
        study_report(replace(result, bends=(empty,), bends_in_words=("No.",), bend_figures_in_words=("",))).count(
            "not estimated: too few pairs"
        )
        == 3
    )
