"""Session designs behave under the contrasts of ratings before and after a session as the design says."""

from __future__ import annotations

import numpy as np
import pytest

from truths.catalogue import TRUTHS, draw_cohort
from truths.sessions import ALLIANCE_AFTER, ALLIANCE_BEFORE, SYMPTOMS_AFTER, SYMPTOMS_BEFORE
from truths.truth import Array

CLIENTS = 4000


def deviation(before: Array) -> Array:
    """Return w (level before the session − mean of the k earlier ones), w = k/(k + 1), less the mean of the session."""
    known = np.isfinite(before)
    k = np.cumsum(known, axis=1) - known
    earlier = (np.nancumsum(before, axis=1) - np.nan_to_num(before)) / np.where(k > 0, k, np.nan)
    difference = before - earlier
    with np.errstate(invalid="ignore"):
        centred = difference[:, 1:] - np.nanmean(difference[:, 1:], axis=0)
    return np.asarray(k[:, 1:] / (k[:, 1:] + 1) * centred)


def change(before: Array, after: Array) -> Array:
    """Return after − before, less the mean of the session, from the second session on."""
    difference = (after - before)[:, 1:]
    return np.asarray(difference - np.nanmean(difference, axis=0))


def contrasts(name: str) -> tuple[float, float, float]:
    """Return the expected t of 60 clients: symptoms to change of alliance, alliance to that of symptoms, difference."""
    columns = draw_cohort(TRUTHS[name], CLIENTS, 0)
    y, a = columns[SYMPTOMS_BEFORE], columns[ALLIANCE_BEFORE]
    to_alliance = np.nansum(deviation(y) * change(a, columns[ALLIANCE_AFTER]), axis=1)
    to_symptoms = np.nansum(deviation(a) * change(y, columns[SYMPTOMS_AFTER]), axis=1)
    return expected_t(to_alliance), expected_t(to_symptoms), expected_t(to_alliance - to_symptoms)


def expected_t(contributions: Array) -> float:
    """Return the t statistic that 60 clients have on average."""
    return float(np.sqrt(60) * contributions.mean() / contributions.std(ddof=1))


@pytest.mark.parametrize(
    ("name", "directions"),
    [
        # sign of each contrast, 0 where the design found it at its level
        ("sessions_without_link", (0, 0, 0)),
        ("sessions_and_factor", (0, 0, 0)),
        ("sessions_and_unequal_carry_over", (0, 0, 0)),
        ("shared_shocks_in_session", (0, 0, 0)),
        ("sessions_and_earlier_confounder", (0, 0, 0)),
        ("symptoms_change_alliance_in_session", (-1, 0, -1)),
        ("symptoms_change_alliance_beside_factor", (-1, 0, -1)),
        ("symptoms_change_alliance_beside_carry_over", (-1, 0, -1)),
        ("alliance_changes_symptoms_in_session", (0, -1, 1)),
        ("equal_links_in_session", (-1, -1, 0)),
        # the design's remaining hole: relief that only alliance shows looks like an effect with the other sign
        ("relief_in_session", (1, 1, 0)),
        ("relief_seen_in_alliance", (1, 0, 1)),
        ("return_to_usual_in_session", (0, 0, 0)),
        # another scale after the session looks like an effect of either sign
        ("wider_scale_after_session", (-1, 0, -1)),
        ("wider_scales_after_session", (-1, -1, 0)),
    ],
)
def test_contrasts_have_the_directions_of_the_design(name: str, directions: tuple[int, int, int]) -> None:
    for statistic, direction in zip(contrasts(name), directions, strict=True):
        if direction:
            assert direction * statistic > 2.8, "found in 80% of cohorts of 60"
        else:
            assert abs(statistic) < 0.5


def test_older_ratings_of_one_column_look_like_an_effect_on_it() -> None:
    to_alliance, to_symptoms, paired = contrasts("older_alliance_before_session")
    assert to_alliance < -1.0
    assert paired < -0.5
    assert abs(to_symptoms) < 0.5
