"""`ct_sparse`: equal to the plain fit without its prior, near a known truth with it, and silent below its minimum."""

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.model.fit import effect_score, fit, priors
from securebase.model.fit.priors import ShrinkagePrior, prior_moments
from securebase.model.fit.transforms import build_transform
from securebase.model.specification import Trend
from securebase.records.vocabulary import Moment
from securebase.study.estimator import LagStep, Link
from securebase.study.estimators import ct_sparse
from securebase.study.estimators.ct_sparse import (
    SparseEstimate,
    asked_often,
    borrowed_prior,
    count_pairs,
    estimate_plain,
    estimate_sparse,
    missing_data,
    pair_panel,
)
from securebase.study.models import effects, specification_for
from study_tables import table
from truths.sparse import SESSIONS, WEEKLY, SparsePair, one_in_eight, one_in_four, rare

LINK = Link("x", "y", LagStep.NEXT_SESSION)


def session_table(pair, persons, seed):
    x, y = pair.draw(persons, np.random.default_rng(seed))
    person = np.repeat(np.arange(persons), SESSIONS)
    moments = {"x": Moment.AFTER, "y": Moment.BEFORE}
    return table(person, np.tile(np.arange(SESSIONS), persons), moments, x=x.ravel(), y=y.ravel())


@pytest.fixture(scope="module")
def rare_and_weekly():
    return session_table(SparsePair(rare(one_in_four), WEEKLY, -0.10, -0.06, -0.2, -0.3), 200, 1)


def test_without_its_prior_it_is_the_plain_fit(monkeypatch):
    """Both columns weekly, so that the plain fit ends regularly; the weak prior of the rate belongs to every fit."""
    rows = session_table(SparsePair(WEEKLY, WEEKLY, -0.10, -0.06, -0.2, -0.3), 100, 3)
    plain = estimate_plain(rows, LINK)

    def only_the_rate(scale, prior):
        mean, precision = prior_moments(scale, prior)
        return mean, np.where(scale.where("rate") == np.arange(scale.size), precision, 0.0)

    monkeypatch.setattr(ct_sparse, "_widened", lambda estimate, *_: estimate)
    with_prior = estimate_sparse(rows, LINK)
    monkeypatch.setattr(priors, "prior_moments", only_the_rate)
    without = estimate_sparse(rows, LINK)
    assert without.estimate == pytest.approx(plain.estimate, abs=1e-5)
    assert without.standard_error == pytest.approx(plain.standard_error, rel=1e-3)
    assert without.shift < 1e-3
    assert abs(with_prior.estimate - plain.estimate) > 1e-4


def test_effects_covariances_and_means_have_no_prior(rare_and_weekly):
    panel = pair_panel(rare_and_weekly, LINK)
    specification = specification_for(panel, Trend.APART, random_slopes=True)
    prior, scale = borrowed_prior(panel, ["rare", "often"]), build_transform(panel, specification)
    centre, precision = prior_moments(scale, prior)
    assert np.isfinite(centre).all()
    flat = {name: (precision[scale.where(name)] == 0).tolist() for name in (b.name for b in scale.blocks)}
    off, on = True, False
    assert flat == {
        "drift": [on, off, off, on],
        "diffusion": [on, off, on],
        "level_covariance": [on, off, on, off, off, on, off, off, off, on],
        "level_mean": [off, off],
        "change": [off, off],
        "rate": [on],
        "measurement_noise": [on, on],
    }
    assert (prior_moments(scale, ShrinkagePrior("the same", prior.parameters))[1] > 0).all()
    with pytest.raises(InputError, match="unknown flat part “drift”"):
        ShrinkagePrior("x", prior.parameters, flat=("drift",))


def test_the_borrowed_values_are_those_of_the_set(rare_and_weekly):
    """Variances of scores split by hand into error, level and state; the state keeps its persistence over a week."""
    panel = pair_panel(rare_and_weekly, LINK)
    for change in (0.0, -0.07):
        centre = borrowed_prior(panel, ["rare", "often"], change).parameters
        for k, kind in enumerate(("rare", "often")):
            n, total = ct_sparse.BORROWED[kind], np.nanvar(panel.scores[:, k])
            state = centre.diffusion[k, k] / (-2 * centre.drift[k, k])
            assert np.exp(centre.drift[k, k]) == pytest.approx(n.persistence + change)
            assert centre.measurement_noise[k] == pytest.approx((1 - n.reliability) * total)
            assert centre.level_covariance[k, k] == pytest.approx(n.level_share * n.reliability * total)
            assert state + centre.level_covariance[k, k] + centre.measurement_noise[k] == pytest.approx(total)


def test_a_known_effect_is_recovered(rare_and_weekly):
    """Truth −.10 and −.06; over three cohorts the mean lies within three of its standard errors."""
    pair = SparsePair(rare(one_in_four), WEEKLY, -0.10, -0.06, -0.2, -0.3)
    estimates = [estimate_sparse(session_table(pair, 200, seed), LINK) for seed in (2, 3)]
    estimates.append(estimate_sparse(rare_and_weekly, LINK))
    values, errors = np.array([(e.estimate, e.standard_error) for e in estimates]).T
    assert abs(values.mean() + 0.10) < 3 * errors.mean() / np.sqrt(len(values))
    assert (np.abs(values + 0.10) < 3 * errors).all()
    assert not any(e.rests_on_prior for e in estimates)
    assert all(e.n_persons == 200 and e.n_values == 200 * 20 for e in estimates)


def test_the_sensitivity_is_the_largest_shift_over_both_persistences(rare_and_weekly):
    panel = pair_panel(rare_and_weekly, LINK)
    specification = specification_for(panel, Trend.APART, random_slopes=True)
    values = []
    for change in (0.0, -0.07, 0.07):
        prior = borrowed_prior(panel, ["rare", "often"], change)
        (row,) = (r for r in effects(fit(panel, specification, prior=prior)) if (r.earlier, r.later) == ("x", "y"))
        values.append(row.estimate)
        if not change:
            error = row.standard_error
    result = estimate_sparse(rare_and_weekly, LINK)
    assert result.estimate == pytest.approx(values[0])
    assert result.shift == pytest.approx(max(abs(v - values[0]) for v in values[1:]) / error)
    assert not SparseEstimate(0.1, 0.05, 0.5, 200, 900).rests_on_prior
    assert SparseEstimate(0.1, 0.05, 0.51, 200, 900).rests_on_prior
    assert not SparseEstimate(0.1, 0.05, None, 200, 900).rests_on_prior


def test_a_refit_that_fails_counts_as_resting_on_the_prior(rare_and_weekly, monkeypatch):
    calls = []

    def fail_later(panel, specification, **given):
        calls.append(given)
        result = fit(panel, specification, **given)
        return result if len(calls) == 1 else type(result)(**{**vars(result), "parameters": None})

    monkeypatch.setattr(ct_sparse, "fit", fail_later)
    result = estimate_sparse(rare_and_weekly, LINK)
    assert len(calls) == 3
    assert result.rests_on_prior


def with_a_cause_of_its_own(seed):
    """Return a rare x and a weekly y without any link; y has a slow part that no pair of columns can model."""
    rng = np.random.default_rng(seed)
    x, y = SparsePair(rare(one_in_eight), WEEKLY, 0.0, 0.0, 0.0, 0.0).draw(200, rng)
    cause = np.repeat(rng.standard_normal((200, 1)), SESSIONS, axis=1)
    for t in range(1, SESSIONS):
        cause[:, t] = 0.95 * cause[:, t - 1] + np.sqrt(1 - 0.95**2) * rng.standard_normal(200)
    moments = {"x": Moment.AFTER, "y": Moment.BEFORE}
    at = np.tile(np.arange(SESSIONS), 200)
    return table(np.repeat(np.arange(200), SESSIONS), at, moments, x=x.ravel(), y=(y + 0.8 * cause).ravel())


def test_a_rare_column_does_not_pass_for_a_hidden_cause_of_the_other(monkeypatch):
    """The fit finds an effect of either sign in cohorts without one; the score test takes it back."""
    before = []

    def keep(estimate, *given):
        before.append(estimate)
        return widened(estimate, *given)

    widened = ct_sparse._widened
    monkeypatch.setattr(ct_sparse, "_widened", keep)
    estimates = [estimate_sparse(with_a_cause_of_its_own(seed), LINK) for seed in (3, 4, 5)]
    assert [e.p_value < 0.02 for e in before] == [True] * 3
    assert {np.sign(e.estimate) for e in before} == {-1.0, 1.0}
    assert [e.p_value > 0.05 for e in estimates] == [True] * 3
    assert [e.estimate for e in estimates] == [e.estimate for e in before]


def test_the_score_test_agrees_with_the_likelihood_ratio_where_the_model_is_true():
    rows = session_table(SparsePair(WEEKLY, WEEKLY, -0.10, -0.06, -0.2, -0.3), 200, 3)
    panel = pair_panel(rows, LINK)
    prior = borrowed_prior(panel, ["often", "often"])
    both = specification_for(panel, Trend.APART, random_slopes=True)
    for pair, other in ((("x", "y"), ("y", "x")), (("y", "x"), ("x", "y"))):
        larger, smaller = fit(panel, both, prior=prior), fit(panel, replace(both, effects=(other,)), prior=prior)
        ratio = np.sqrt(2 * (larger.log_likelihood - smaller.log_likelihood))
        z = effect_score(smaller, panel, both, prior, pair)
        (effect,) = (r.estimate for r in effects(larger) if (r.earlier, r.later) == pair)
        assert np.sign(z) == np.sign(effect)
        assert abs(z) == pytest.approx(ratio, rel=0.15, abs=0.1)


def test_an_estimate_without_agreement_of_the_score_test_has_no_bound(rare_and_weekly, monkeypatch):
    for z, error in ((-0.5, np.inf), (np.nan, np.inf), (0.5, None)):
        monkeypatch.setattr(ct_sparse, "effect_score", lambda *_, z=z: -z)
        panel = pair_panel(rare_and_weekly, LINK)
        plain = SparseEstimate(-0.2, 0.05, 0.1, 200, 900)
        result = ct_sparse._widened(plain, panel, ["rare", "often"], None, ("x", "y"))
        assert result.standard_error == (error or pytest.approx(0.4))
        assert result.p_value > 0.05
    # an effect that only other constructs carry has no test of its own
    assert ct_sparse._widened(plain, panel, ["rare", "often"], [("y", "x")], ("x", "y")) == plain


def ratings(persons, x_at, y_at, sessions=12):
    """Return a table whose columns were rated at these sessions by everybody."""
    at = np.tile(np.arange(sessions), persons)
    x, y = (np.where(np.isin(at, asked), 1.0, np.nan) for asked in (x_at, y_at))
    return table(np.repeat(np.arange(persons), sessions), at, {"x": Moment.AFTER, "y": Moment.BEFORE}, x=x, y=y)


def test_it_names_what_is_missing():
    """Two ratings of a column that is rated rarely, four of one that is rated often."""
    every, two, one = range(12), (0, 6), (0,)
    assert missing_data(ratings(100, two, every), LINK) == ""
    assert missing_data(ratings(99, two, every), LINK) == (
        "“x” is rated 2.0 times per client: 99 clients have 2 ratings of “x” and 4 ratings of “y”; 100 are needed "
        "(1 more)."
    )
    assert "“y” is rated 1.0 times per client: 0 clients" in missing_data(ratings(150, every, one), LINK)
    assert "0 clients have 4 ratings of both columns" in missing_data(ratings(150, range(3), range(3), 3), LINK)
    assert missing_data(ratings(100, two, (1, 7)), LINK) == ""
    assert "99 clients have 2 ratings of both columns; 100 are needed (1 more)" in missing_data(
        ratings(99, two, (1, 7)), LINK
    )


def test_two_rare_columns_must_meet_within_two_weeks():
    """A pair is a rating of y one or two sessions after one of x; not at the same session, and not before it."""
    rows = ratings(200, (0, 4, 8, 12), (3, 7, 10, 14), sessions=16)
    assert count_pairs(rows, LINK) == 200 * 2  # 8 → 10 and 12 → 14
    assert missing_data(rows, LINK) == ""
    apart = ratings(200, (0, 4, 8, 12), (3, 7, 11, 15), sessions=16)
    assert missing_data(apart, LINK) == "0 ratings of “y” follow one of “x” within 2 weeks; 90 are needed (90 more)."
    assert count_pairs(ratings(5, (0, 4), (0, 4)), LINK) == 0
    assert count_pairs(rows, LINK, days_per_unit=14.0) == 0


def test_asked_often_means_half_of_the_sessions_of_those_who_were_asked():
    assert asked_often(ratings(3, range(0, 12, 2), ()), "x")
    assert not asked_often(ratings(3, range(0, 12, 3), ()), "x")
    some = ratings(4, range(12), ())
    some.values["x"][some.person > 0] = np.nan
    assert asked_often(some, "x")
