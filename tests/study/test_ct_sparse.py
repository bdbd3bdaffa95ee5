"""`ct_sparse`: equal to the plain fit without its prior, near a known truth with it, and silent below its minimum."""

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.model.fit import fit, priors
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
from truths.sparse import SESSIONS, WEEKLY, SparsePair, one_in_four, rare

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


def ratings(persons, x_at, y_at, sessions=12):
    """Return a table whose columns were rated at these sessions by everybody."""
    at = np.tile(np.arange(sessions), persons)
    x, y = (np.where(np.isin(at, asked), 1.0, np.nan) for asked in (x_at, y_at))
    return table(np.repeat(np.arange(persons), sessions), at, {"x": Moment.AFTER, "y": Moment.BEFORE}, x=x, y=y)


def test_it_names_what_is_missing():
    every, four, three = range(12), (0, 3, 6, 9), (0, 4, 8)
    assert missing_data(ratings(100, four, every), LINK) == ""
    assert missing_data(ratings(99, four, every), LINK) == (
        "“x” is rated 4.0 times per client: 99 clients have 4 ratings of both columns; 100 are needed (1 more)."
    )
    assert "“y” is rated 3.0 times per client: 0 clients" in missing_data(ratings(150, every, three), LINK)
    assert missing_data(ratings(200, four, (1, 4, 7, 10)), LINK) == ""
    assert "199 clients have 4 ratings of both columns; 200 are needed (1 more)" in missing_data(
        ratings(199, four, (1, 4, 7, 10)), LINK
    )


def test_two_rare_columns_must_meet_within_two_weeks():
    """A pair is a rating of y one or two sessions after one of x; not at the same session, and not before it."""
    rows = ratings(200, (0, 4, 8, 12), (3, 7, 10, 14), sessions=16)
    assert count_pairs(rows, LINK) == 200 * 2  # 8 → 10 and 12 → 14
    assert missing_data(rows, LINK) == ""
    apart = ratings(200, (0, 4, 8, 12), (3, 7, 11, 14), sessions=16)
    assert missing_data(apart, LINK) == (
        "200 ratings of “y” follow one of “x” within 2 weeks; 300 are needed (100 more)."
    )
    assert count_pairs(ratings(5, (0, 4), (0, 4)), LINK) == 0
    assert count_pairs(rows, LINK, days_per_unit=14.0) == 0


def test_asked_often_means_half_of_the_sessions_of_those_who_were_asked():
    assert asked_often(ratings(3, range(0, 12, 2), ()), "x")
    assert not asked_often(ratings(3, range(0, 12, 3), ()), "x")
    some = ratings(4, range(12), ())
    some.values["x"][some.person > 0] = np.nan
    assert asked_often(some, "x")
