"""Items that a column holds in turn: their different means do not look like movement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge_tables import edge_table
from securebase.study.edges.reading import center_items

PERSONS, SESSIONS = 150, 8


def in_turn(difference, persons=PERSONS):
    """Return a column of pure noise whose two items differ by so much, and which item each value is."""
    rng = np.random.default_rng(1)
    item = (np.arange(SESSIONS) + rng.integers(0, 2, size=(persons, 1))) % 2 + 1.0
    noise = rng.normal(size=(persons, SESSIONS))
    return noise, noise + difference * (item == 2), item


def test_the_difference_between_items_is_removed_and_the_mean_remains():
    noise, values, item = in_turn(3.0)
    rows = center_items(edge_table({"x": values, "x_item": item, "y": noise}).rows)
    assert set(rows.values) == set(rows.moments) == {"x", "y"}
    centered = rows.values["x"]
    assert np.isclose(centered.mean(), values.mean())
    for number in (1, 2):
        assert np.isclose(centered[item.ravel() == number].mean(), values.mean())
    assert np.corrcoef(centered, noise.ravel())[0, 1] > 0.999
    assert np.array_equal(rows.values["y"], noise.ravel())


def test_values_alternate_before_and_not_after():
    noise, values, item = in_turn(3.0)
    rows = edge_table({"x": values, "x_item": item}).rows

    def follows(table):
        x = table.values["x"].reshape(PERSONS, SESSIONS)
        x = x - x.mean(axis=1, keepdims=True)
        return (x[:, 1:] * x[:, :-1]).mean() / x.var()

    assert follows(rows) < -0.5
    assert abs(follows(center_items(rows)) - follows(replace(rows, values={"x": noise.ravel()}))) < 0.02


def test_missing_values_stay_missing_and_values_without_an_item_are_one_item_more():
    _, values, item = in_turn(2.0)
    values[:, 0], item[:, 0] = 9.0, np.nan  # both items, with another mean
    values[:, 1] = np.nan
    item[:, 1] = np.nan
    centered = center_items(edge_table({"x": values, "x_item": item}).rows).values["x"].reshape(PERSONS, SESSIONS)
    assert np.isnan(centered[:, 1]).all()
    assert np.allclose(centered[:, 0], np.nanmean(values))


def test_a_column_that_only_ends_in_item_stays():
    rows = edge_table({"single_item": np.arange(6.0).reshape(2, 3), "y": np.zeros((2, 3))}).rows
    assert set(center_items(rows).values) == {"single_item", "y"}
