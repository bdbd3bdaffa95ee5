"""Estimators of the theory's edges beside slow versions, known truths and their minima."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from edge_tables import edge, edge_table
from securebase.study.detrending import Detrending
from securebase.study.edges import lags
from securebase.study.edges.change import changes, estimate_arms, estimate_change
from securebase.study.edges.common_course import remove_common_slope
from securebase.study.edges.events import estimate_events, poisson
from securebase.study.edges.lags import estimate_lag
from securebase.study.edges.levels import estimate_levels
from securebase.study.edges.moderation import estimate_product
from securebase.study.edges.result import NotEstimableError
from securebase.study.edges.same_session import estimate_same_session
from securebase.study.edges.stories import estimate_stories
from securebase.study.estimator import shortest_link
from securebase.study.estimators.ct_sparse import SparseEstimate
from securebase.study.moderation import ModerationQuestion, estimate_moderation
from securebase.study.variance import correlate
from truths.stories import Stories


def reason(estimate, data, one):
    with pytest.raises(NotEstimableError) as error:
        estimate(data, one)
    return str(error.value)


# lags


@pytest.fixture
def stubs(monkeypatch):
    """Replace both fits; returns the names of those that were called."""
    called = []
    given = {"plain": SparseEstimate(-0.2, 0.05, None, 70, 900), "sparse": SparseEstimate(0.1, 0.05, 0.2, 70, 900)}

    def stub(name):
        return lambda *_: called.append(name) or given[name]

    monkeypatch.setattr(lags, "estimate_plain", stub("plain"))
    monkeypatch.setattr(lags, "estimate_sparse", stub("sparse"))
    return called, given


def often_and(n_rare, persons=110, sessions=12):
    x, y = np.random.default_rng(9).normal(size=(2, persons, sessions))
    return edge_table({"x": x, "y": np.where(np.arange(sessions) < n_rare, y, np.nan)})


def test_columns_asked_often_get_the_plain_fit_and_others_the_sparse_one(stubs):
    called, _ = stubs
    assert estimate_lag(often_and(6), edge("x", "y")).method == "lag"
    rare = estimate_lag(often_and(5), edge("x", "y"))
    assert (rare.method, rare.columns, rare.estimate) == ("ct_sparse", ("x", "y"), 0.1)
    assert (rare.lower, rare.upper) == (pytest.approx(0.002), pytest.approx(0.198))
    assert called == ["plain", "sparse"]


def test_a_plain_fit_that_fails_or_says_nothing_is_repeated_as_a_sparse_one(stubs):
    called, given = stubs
    for useless in (None, SparseEstimate(-2.9, 4.0, None, 70, 900)):
        given["plain"] = useless
        assert estimate_lag(often_and(12), edge("x", "y")).method == "ct_sparse"
    assert called == ["plain", "sparse"] * 2


def test_what_rests_on_the_prior_or_says_nothing_is_no_number(stubs):
    _, given = stubs
    given["sparse"] = SparseEstimate(0.1, 0.05, 0.6, 70, 900)
    assert "depends on the prior" in reason(estimate_lag, often_and(5), edge("x", "y"))
    given["sparse"] = SparseEstimate(0.1, 0.51, 0.2, 70, 900)
    assert "The standard error is more than 0.5" in reason(estimate_lag, often_and(5), edge("x", "y"))
    given["sparse"] = None
    assert "did not converge" in reason(estimate_lag, often_and(5), edge("x", "y"))


def test_a_lag_below_its_minimum_is_not_fitted(stubs):
    called, _ = stubs
    assert "59 clients have 4 values of every column; 60 are needed (1 more)" in reason(
        estimate_lag, often_and(12, persons=59), edge("x", "y")
    )
    assert "“y” is rated 3.0 times per client: 99 clients" in reason(
        estimate_lag, often_and(3, persons=99), edge("x", "y")
    )
    assert reason(estimate_lag, often_and(3), edge("alliance", "y")) == (
        "The table has no column for Alliance. Measured by “ARM-5”, “SAI”, “After the session” and others."
    )
    assert called == []


# one session


def test_same_session_is_the_correlation_within_persons():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(70, 3)) + rng.normal(size=(70, 1))
    y = 0.5 * x + rng.normal(size=x.shape) + 2 * np.arange(3)
    data = edge_table({"x": x + np.arange(3), "y": np.where(rng.random(x.shape) < 0.1, np.nan, y)})
    result = estimate_same_session(data, edge("x", "y"))
    # the same over sessions with both, after the common course is removed from each column
    rows = data.rows.select(np.isfinite(data.values("y")))
    flat = {name: remove_common_slope(rows, values) for name, values in rows.values.items()}
    known = correlate(replace(rows, values=flat), "x", "y").within
    assert (result.estimate, result.lower, result.upper) == pytest.approx((known.estimate, known.lower, known.upper))
    assert (result.n_clients, result.n_values) == (known.n_persons, known.n)
    few = edge_table({"x": x[:59], "y": y[:59]})
    assert reason(estimate_same_session, few, edge("x", "y")) == (
        "59 clients have “x” and “y” in the same session at least twice; 60 are needed (1 more)."
    )


def test_same_session_takes_the_columns_that_meet_most_often():
    """One construct is rated weekly and on the same card as the other; only the card meets it."""
    rng = np.random.default_rng(2)
    card = rng.normal(size=(80, 6))
    weekly = rng.normal(size=(80, 6))
    card[:, ::2] = np.nan
    weekly[:, 1::2] = np.nan
    other = np.where(np.isfinite(card), rng.normal(size=card.shape), np.nan)
    data = edge_table({"weekly": weekly, "card": card, "y": other}, weekly="openness", card="openness")
    assert estimate_same_session(data, edge("openness", "y")).columns == ("card", "y")


def test_two_columns_that_merely_improve_do_not_move_together():
    """Both follow one course, at paces of the clients' own; around each person's line nothing is left."""
    significant = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        course = np.linspace(0, 3, 10) * (1 + 0.5 * rng.normal(size=(80, 1)))
        x, y = rng.normal(size=(2, 80, 10)) + course * np.array([1, -1])[:, None, None]
        data = edge_table({"x": x, "y": y})
        assert correlate(data.rows, "x", "y").within.upper < -0.2
        result = estimate_same_session(data, edge("x", "y"))
        significant.append(result.p_value < 0.05)
        assert "detrended" in result.scale
    assert sum(significant) <= 4
    few = edge_table({"x": x[:, ::5], "y": y[:, ::5]})
    assert "clients may improve at one pace in both" in estimate_same_session(few, edge("x", "y")).scale


COPY = "“x” and “y” correlate beyond ±.95: one is a copy of the other."


@pytest.mark.parametrize("change", [lambda x: x, lambda x: -x, lambda x: 3e6 * x + 1e9])
@pytest.mark.parametrize("estimate", [estimate_lag, estimate_levels, estimate_same_session, estimate_change])
def test_a_copy_has_no_association(estimate, change):
    rng = np.random.default_rng(11)
    x = rng.normal(size=(110, 1)) + rng.normal(size=(110, 8))
    assert reason(estimate, edge_table({"x": x, "y": change(x)}), edge("x", "y")) == COPY


def test_improvement_since_the_start_is_a_copy_of_the_change():
    x = np.random.default_rng(12).normal(size=(110, 1)) * 9 + np.random.default_rng(13).normal(size=(110, 8))
    assert reason(estimate_change, edge_table({"x": x, "y": x[:, :1] - x}), edge("x", "y")) == COPY


def test_an_indicator_copied_from_its_event_is_refused():
    happened = np.random.default_rng(14).random((120, 8)) < 0.2
    data = edge_table({"life_events": happened, "y": 2.0 - happened})
    assert reason(estimate_events, data, edge("life_events", "y")) == COPY.replace("“x”", "“life_events”")


def test_rounding_errors_of_a_column_without_movement_are_no_data():
    """A value that a client keeps, and one that rises by one each session: less means or lines, dust is left."""
    rng = np.random.default_rng(15)
    constant = np.repeat(rng.normal(size=(120, 1)), 12, axis=1)
    data = edge_table({"kept": constant, "count": np.arange(12) / 3 + constant, "y": rng.normal(size=constant.shape)})
    for name in ("kept", "count"):
        words = f"“{name}” never departs from a line over time within a client."
        assert reason(estimate_same_session, data, edge(name, "y")) == words
    assert reason(estimate_lag, data, edge("kept", "y")) == "“kept” never changes within a client."
    events = edge_table({"life_events": rng.random(constant.shape) < 0.2, "y": constant})
    for one in (edge("life_events", "y"), edge("y", "life_events")):
        assert reason(estimate_events, events, one) == "“y” never changes within a client."


# products


def test_a_product_is_that_of_the_study():
    rng = np.random.default_rng(3)
    x, m = rng.normal(size=(2, 200, 8))
    y = np.roll(0.4 * x * m, 1, axis=1) + rng.normal(size=x.shape)
    data = edge_table({"x": x, "m": m, "y": y})
    result = estimate_product(data, edge("x", "y", moderator="m"))
    question = ModerationQuestion(shortest_link(data.rows, "x", "y"), "m")
    known = estimate_moderation(data.rows, question, Detrending.DETRENDED)
    assert (result.estimate, result.lower, result.p_value) == (known.estimate, known.lower, known.p_value)
    assert result.estimate > 0.2
    assert estimate_product(data, edge("x", "y")).method == "curvature"
    few = edge_table({"x": x[:199], "m": m[:199], "y": y[:199]})
    assert "199 clients have 3 values of every column; 200 are needed (1 more)" in reason(
        estimate_product, few, edge("x", "y", moderator="m")
    )


# events


def with_events(seed, *, jump=0.0, rate=0.0, persons=200, sessions=10):
    """Draw a state; events raise it by `jump` in their session, and come exp(rate · last state) times as often."""
    rng = np.random.default_rng(seed)
    state = rng.normal(size=(persons, sessions))
    chance = 0.1 * np.exp(rate * np.column_stack([np.zeros(persons), state[:, :-1]]))
    happened = rng.random(state.shape) < chance
    return edge_table({"corrective_experience": happened, "y": state + jump * happened})


def test_the_value_at_an_event_is_recovered():
    up = [estimate_events(with_events(s, jump=1.0), edge("corrective_experience", "y")) for s in range(10)]
    # in SDs within persons, which the events widen a little
    assert np.mean([e.estimate for e in up]) == pytest.approx(1.0 / np.sqrt(1.09), abs=0.1)
    none = [estimate_events(with_events(s), edge("corrective_experience", "y")) for s in range(20)]
    assert abs(np.mean([e.estimate for e in none])) < 0.06
    assert sum(e.p_value < 0.05 for e in none) <= 4


def test_the_rate_after_a_state_is_recovered():
    results = [estimate_events(with_events(s, rate=0.6), edge("y", "corrective_experience")) for s in range(10)]
    assert np.mean([e.estimate for e in results]) == pytest.approx(0.6, abs=0.12)
    assert all(e.lower > 0 for e in results)
    assert results[0].remark == f"rate ratio {np.exp(results[0].estimate):.2f}"


def test_poisson_regression_finds_the_maximum_of_the_likelihood():
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 2))])
    y = rng.poisson(np.exp(X @ [-1.0, 0.5, -0.2])).astype(float)
    beta, covariance = poisson(y, X, np.arange(300))
    known = optimize.minimize(lambda b: np.exp(X @ b).sum() - y @ X @ b, np.zeros(3), tol=1e-12)
    assert beta == pytest.approx(known.x, abs=1e-4)
    # with one row a cluster, close to the inverse information of a true Poisson model
    information = np.linalg.inv(X.T @ (X * np.exp(X @ beta)[:, None]))
    assert np.sqrt(np.diag(covariance)) == pytest.approx(np.sqrt(np.diag(information)), rel=0.2)


def test_few_events_are_counted():
    data = with_events(5, persons=30)
    events = int(data.values("corrective_experience").sum())
    assert events < 40
    assert f"“corrective_experience” has {events} events in " in reason(
        estimate_events, data, edge("corrective_experience", "y")
    )


def test_where_nobody_recorded_events_none_is_counted():
    """Half of the clients record life events; the others, who improve less, have no value, which is not a zero."""
    rng = np.random.default_rng(16)
    recorded = np.arange(240)[:, None] < 120
    happened = np.where(recorded, rng.random((240, 8)) < 0.3, np.nan)
    y = rng.normal(size=(240, 8)) + np.arange(8) * np.where(recorded, 0.5, 0.0)
    data = edge_table({"life_events": happened, "y": y})
    after = estimate_events(data, edge("y", "life_events"))
    assert (after.n_clients, after.n_values) == (120, np.nansum(happened[:, 1:]))
    change = estimate_change(data, edge("life_events", "y"))
    assert change.n_clients == 120
    assert change.lower < 0 < change.upper
    only_ones = edge_table({"corrective_experience": np.where(happened == 1, 1.0, np.nan), "y": y})
    assert estimate_change(only_ones, edge("corrective_experience", "y")).n_clients == 240


def test_events_that_always_happen_follow_no_state():
    y = np.random.default_rng(17).normal(size=(60, 6))
    data = edge_table({"life_events": np.ones_like(y), "y": y})
    assert reason(estimate_events, data, edge("y", "life_events")) == "“life_events” happens in every session."


# change


def test_changes_of_longer_courses_are_no_association():
    """Both columns move by a line that all share, for 3 to 12 sessions, and so does the number of events."""
    rng = np.random.default_rng(18)
    held = np.arange(12) < rng.integers(3, 13, size=(400, 1))
    drawn = rng.normal(size=(2, 400, 12)) + np.arange(12) * np.array([0.5, -0.5])[:, None, None]
    x, y = np.where(held, drawn, np.nan)
    happened = np.where(held, rng.random(y.shape) < 0.3, np.nan)
    data = edge_table({"x": x, "y": y, "life_events": happened})
    assert np.corrcoef(changes(data, "x"), changes(data, "y"))[0, 1] < -0.3
    for name in ("x", "life_events"):
        result = estimate_change(data, edge(name, "y"))
        assert result.lower < 0 < result.upper


def test_change_is_last_minus_first():
    data = edge_table({"y": np.array([[1.0, np.nan, 4.0], [np.nan, 2.0, np.nan], [5.0, 3.0, 1.0]])})
    assert changes(data, "y") == pytest.approx([3.0, np.nan, -4.0], nan_ok=True)


def test_change_beside_the_number_of_events_or_another_change():
    rng = np.random.default_rng(6)
    happened = rng.random((120, 5)) < 0.3
    y = np.zeros((120, 5))
    y[:, -1] = happened.sum(axis=1) + rng.normal(size=120)
    data = edge_table({"corrective_experience": happened, "y": y, "z": y + rng.normal(size=y.shape)})
    r, n = stats.pearsonr(happened.sum(axis=1), y[:, -1])[0], len(y)
    result = estimate_change(data, edge("corrective_experience", "y"))
    # of a partial correlation given one column, the time between the values
    p = 2 * stats.t.sf(abs(r) * np.sqrt((n - 3) / (1 - r**2)), n - 3)
    assert (result.estimate, result.p_value) == pytest.approx((r, p))
    other = data.values("z").reshape(120, 5)
    assert estimate_change(data, edge("z", "y")).estimate == pytest.approx(
        np.corrcoef(other[:, -1] - other[:, 0], y[:, -1])[0, 1]
    )
    few = edge_table({"corrective_experience": happened[:99], "y": y[:99]})
    assert "99 clients have a first and a last value of “y”; 100 are needed (1 more)" in reason(
        estimate_change, few, edge("corrective_experience", "y")
    )


def test_arms_are_compared_by_welchs_t():
    rng = np.random.default_rng(7)
    arm = np.repeat([1.0, 0.0], [70, 60])
    y = rng.normal(size=(130, 4)) * (1 + arm[:, None])
    y[:, -1] += arm
    one = edge("therapy", "y")
    result = estimate_arms(edge_table({"therapy": np.repeat(arm[:, None], 4, axis=1), "y": y}), one)
    change = y[:, -1] - y[:, 0]
    known = stats.ttest_ind(change[arm == 1], change[arm == 0], equal_var=False)
    assert result.p_value == pytest.approx(known.pvalue)
    sd = np.sqrt((change[arm == 1].var(ddof=1) + change[arm == 0].var(ddof=1)) / 2)
    interval = known.confidence_interval(0.95)
    assert (result.lower, result.upper) == pytest.approx((interval.low / sd, interval.high / sd))
    same = edge_table({"therapy": np.repeat(arm[:, None], 4, axis=1), "y": np.repeat(y[:, :1], 4, axis=1)})
    assert reason(estimate_arms, same, one) == "The change of “y” is the same for every client of an arm."
    moving = edge_table({"therapy": np.where(np.arange(4) < 3, arm[:, None], 1.0), "y": y})
    assert "“therapy” changes within 60 of the clients; it must" in reason(estimate_arms, moving, one)
    few = edge_table({"therapy": np.repeat(arm[:129, None], 4, axis=1), "y": y[:129]})
    assert "60 in each arm are needed (1 more)" in reason(estimate_arms, few, one)
    assert reason(estimate_arms, edge_table({"y": y}), one) == (
        "Needs clients without therapy: the table has no column “therapy” (1 or 0)."
    )


# stories


def retelling_table(n):
    """Return a table of n stories, one a client, in the sessions of their days."""
    stories = Stories().draw(n, np.random.default_rng(8))
    sessions = 1 + int(max(s.days[-1] for s in stories) // 7)
    names = ("retelling_event", "topic_fear", "telling_end_distress")
    columns = {name: np.full((n, sessions), np.nan) for name in names}
    for i, story in enumerate(stories):
        at = (np.array(story.days) // 7).astype(int)
        for name, values in zip(names, (1.0, story.peaks, story.ends), strict=True):
            columns[name][i, at] = values
    return edge_table(columns)


def test_the_fall_within_a_retelling_is_recovered():
    result = estimate_stories(retelling_table(80), edge("retelling", "topic_fear", sign="-"))
    assert result.lower < -0.35 < result.upper
    assert result.upper - result.lower < 0.1
    assert result.p_value < 0.001
    assert reason(estimate_stories, retelling_table(59), edge("retelling", "topic_fear")) == (
        "“retelling_event” has 59 stories with 3 retellings; 60 are needed (1 more)."
    )
