"""Records to rows: one row per moment, one scale per construct."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.measurement.constructs import construct
from securebase.model import observations
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent


def given(
    at: float, *, session: int | None = None, instrument: str = "table", respondent: str = "client", **scores: float
) -> AdministrationRecord:
    score_records = tuple(
        ScoreRecord(name, value, at, Moment.BEFORE, session, instrument, name, Respondent(respondent))
        for name, value in scores.items()
    )
    return AdministrationRecord(instrument, at, session=session, scores=score_records)


def cohort(*episodes: EpisodeRecord) -> Cohort:
    return Cohort(episodes, (construct("symptoms"), construct("alliance")), "symptoms", ("alliance",))


CARLA = EpisodeRecord("Carla", (given(7.0, session=2, symptoms=11.0), given(0.0, session=1, symptoms=14.0)))
BEATE = EpisodeRecord(
    "Beate", (given(0.0, session=1, symptoms=9.0), given(0.0, session=1, alliance=6.0), given(10.5, alliance=7.0))
)


def test_rows_are_moments_in_order_of_time_and_missing_scores_stay_missing() -> None:
    panel = observations.panel(cohort(CARLA, BEATE))
    assert panel.persons == ("Carla", "Beate")
    assert panel.constructs == ("symptoms", "alliance")
    np.testing.assert_array_equal(panel.starts, [0, 2, 4])
    np.testing.assert_array_equal(panel.times, [0.0, 1.0, 0.0, 1.5])  # weeks
    np.testing.assert_array_equal(panel.wave, [1, 2, 1, -1])
    np.testing.assert_array_equal(panel.scores, [[14.0, np.nan], [11.0, np.nan], [9.0, 6.0], [np.nan, 7.0]])


def test_questionnaires_before_and_after_a_session_share_a_row() -> None:
    panel = observations.panel(cohort(BEATE))
    np.testing.assert_array_equal(panel.scores[0], [9.0, 6.0])


def test_only_the_chosen_constructs_are_read() -> None:
    panel = observations.panel(cohort(CARLA, BEATE), ["alliance"])
    assert panel.persons == ("Beate",)  # Carla has no row with this instrument's scale
    np.testing.assert_array_equal(panel.scores[:, 0], [6.0, 7.0])


def test_an_empty_row_of_a_table_is_kept() -> None:
    empty = EpisodeRecord("Beate", (given(0.0), given(7.0, symptoms=3.0), given(7.0, alliance=1.0), given(14.0)))
    panel = observations.panel(cohort(empty))
    np.testing.assert_array_equal(panel.times, [0.0, 1.0, 2.0])
    assert np.isnan(panel.scores[[0, 2]]).all()


def test_a_later_entry_for_the_same_moment_replaces_the_earlier() -> None:
    twice = EpisodeRecord("Carla", (given(0.0, symptoms=14.0), given(0.0, symptoms=12.0), given(7.0, symptoms=10.0)))
    np.testing.assert_array_equal(observations.panel(cohort(twice), ["symptoms"]).scores[:, 0], [12.0, 10.0])


def test_two_scales_of_one_construct_are_never_mixed() -> None:
    two = EpisodeRecord("Carla", (given(0.0, symptoms=14.0), given(7.0, instrument="phq9", symptoms=10.0)))
    with pytest.raises(ModelError, match=r"several scales: phq9 \(symptoms\), table \(symptoms\)"):
        observations.panel(cohort(two), ["symptoms"])
    phq9_panel = observations.panel(cohort(two), ["symptoms"], measures={"symptoms": ("phq9", "symptoms")})
    np.testing.assert_array_equal(phq9_panel.scores[:, 0], [10.0])


def test_therapist_ratings_are_not_read_as_client_scores() -> None:
    rated = EpisodeRecord("Carla", (given(0.0, symptoms=14.0), given(7.0, respondent="therapist", symptoms=1.0)))
    np.testing.assert_array_equal(observations.panel(cohort(rated), ["symptoms"]).scores[:, 0], [14.0])


def test_a_cohort_without_scores_is_refused() -> None:
    with pytest.raises(ModelError, match="no score for “hope”"):
        observations.panel(cohort(CARLA), ["hope"])
    with pytest.raises(ModelError, match="no row"):
        observations.episode_panel(EpisodeRecord("Carla"), ["symptoms"], {"symptoms": ("table", "symptoms")})


def test_an_episode_is_converted_to_the_requested_unit() -> None:
    measures = {"symptoms": ("table", "symptoms"), "alliance": ("table", "alliance")}
    panel = observations.episode_panel(BEATE, ("symptoms", "alliance", "hope"), measures, 1.0, "day")
    np.testing.assert_array_equal(panel.times, [0.0, 10.5])
    assert (panel.time_unit, panel.days_per_unit) == ("day", 1.0)
    assert np.isnan(panel.scores[:, 2]).all()
