"""Tests of the whole picture: gates, safe failure, fingerprint and constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from episodes import alert, episode, session_day
from securebase.errors import InputError
from securebase.model.observations import episode_panel
from securebase.model.track import track
from securebase.picture.axis import time_axis
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.fingerprints import default_parameter_set, picture_fingerprint
from securebase.picture.parts import GateLevel
from securebase.picture.series import DEFAULT_MEASURES, record_at
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, RuptureRecord, ScoreRecord
from securebase.records.vocabulary import Moment, RuptureKind

SYMPTOMS = [7.5, 7.2, 7.0, 6.4, 6.2, 6.8, 7.0, 6.0, 5.5, 5.0, 4.8, 4.4, 4.0]
ALLIANCE = [6.9, 7.2, 7.4, 7.8, 7.6, 5.1, 5.6, 6.9, 7.6, 7.5, 8.0, 7.9, 8.1]


def course(n: int) -> EpisodeRecord:
    return episode(n, symptoms=SYMPTOMS[:n], alliance=ALLIANCE[:n])


def calm(n: int) -> EpisodeRecord:
    """Return the course without its rupture (test_alliance covers ruptures)."""
    return episode(n, symptoms=SYMPTOMS[:n], alliance=[6.9 if a < 6 else a for a in ALLIANCE[:n]])


def picture(n: int) -> ClientPicture:
    return client_picture(course(n), as_of=session_day(max(n, 1)) + 1)


def test_an_empty_record_gives_a_picture() -> None:
    empty = client_picture(EpisodeRecord("nobody"), as_of=0.0)
    assert (empty.gate.level, empty.symptoms.reported, empty.signals) == (GateLevel.REPORTED, (), ())
    assert empty.problems
    assert ClientPicture.from_json(empty.to_json()) == empty


@pytest.mark.parametrize("n", [1, 2, 5])
def test_below_six_paired_sessions_there_is_no_person_specific_forecast(n: int) -> None:
    early = picture(n)
    assert early.symptoms.expected
    assert not early.symptoms.estimated
    assert not early.symptoms.forecast
    assert early.symptoms.remission_chance is None
    assert early.alliance.usual is None
    assert not early.alliance.bars
    assert all(m.usual is None for m in early.mechanisms)


@pytest.mark.parametrize("n", [6, 12, 13])
def test_from_six_paired_sessions_there_are_levels_and_a_forecast(n: int) -> None:
    later = picture(n)
    assert len(later.symptoms.forecast) == 16 - n
    assert [f.session for f in later.symptoms.forecast] == list(range(n + 1, 17))
    assert later.alliance.usual is not None
    assert len(later.alliance.bars) == n
    assert all(m.usual is not None for m in later.mechanisms)


def test_contributions_open_at_twelve_paired_sessions() -> None:
    assert picture(11).hypotheses is None
    assert any("12 complete sessions" in sentence for sentence in picture(7).gate.waits)
    assert not any("12 complete sessions" in sentence for sentence in picture(13).gate.waits)
    assert any("100 complete sessions" in sentence for sentence in picture(13).gate.waits)
    assert picture(13).hypotheses is not None


def test_a_picture_without_hypotheses_is_otherwise_the_same() -> None:
    reduced = client_picture(course(13), as_of=session_day(13) + 1, whole=False)
    assert not reduced.whole
    assert replace(reduced, whole=True, constants=picture(13).constants, hypotheses=picture(13).hypotheses) == picture(
        13
    )


def test_intervals_are_nested_and_within_the_scale() -> None:
    for f in picture(8).symptoms.forecast:
        assert 0 <= f.low90 <= f.low50 <= f.value <= f.high50 <= f.high90 <= 10


def test_numbers_equal_those_of_the_model() -> None:
    """Build the panel and track it by hand, then compare the same rows."""
    default_set = default_parameter_set()
    record = calm(9)
    panel = episode_panel(record, default_set.specification.constructs, DEFAULT_MEASURES)
    axis = [s.at / 7 for s in time_axis(record, session_day(9) + 1) if not s.held]
    tracked = track(panel, default_set.specification, default_set.in_score_units(DEFAULT_MEASURES), forecast_times=axis)
    result = client_picture(record, as_of=session_day(9) + 1)
    assert [e.value for e in result.symptoms.estimated] == pytest.approx(list(tracked.smoothed[:, 0]))
    assert [f.value for f in result.symptoms.forecast] == pytest.approx(list(tracked.forecast[:, 0]))
    usual = result.alliance.usual
    assert usual is not None
    assert usual.value == pytest.approx(tracked.usual_level[1] + tracked.trend[-1, 1])
    rows = np.flatnonzero(np.isfinite(tracked.observed[:, 1]))
    assert [b.state for b in result.alliance.bars] == pytest.approx(list(tracked.state_like[rows, 1]))


def test_usual_level_and_deviation_add_up_to_the_estimate() -> None:
    record = calm(9)
    result = client_picture(record, as_of=session_day(9) + 1)
    default_set = default_parameter_set()
    panel = episode_panel(record, default_set.specification.constructs, DEFAULT_MEASURES)
    tracked = track(panel, default_set.specification, default_set.in_score_units(DEFAULT_MEASURES))
    rows = np.flatnonzero(np.isfinite(tracked.observed[:, 1]))
    assert [b.usual + b.state for b in result.alliance.bars] == pytest.approx(list(tracked.smoothed[rows, 1]), abs=1e-9)


def test_an_unknown_symptom_measure_is_shown_as_reported_and_said_to_be_unknown() -> None:
    scores = tuple(ScoreRecord("symptoms", 20.0 - n, 7.0 * n, Moment.BEFORE, n + 1, "own", "total") for n in range(8))
    rows = tuple(AdministrationRecord("own", s.at, Moment.BEFORE, s.session, scores=(s,)) for s in scores)
    base = course(8)
    record = replace(
        base,
        administrations=(*base.administrations, *rows),
        symptom_measure=("own", "total"),
        safety_alerts=(alert(8),),
    )
    result = client_picture(record, as_of=session_day(8) + 1)
    assert len(result.symptoms.reported) == 8
    assert not result.symptoms.forecast
    assert not result.symptoms.expected
    assert result.problems == ()
    note = "Not known for this measure: severity bands, reliable change, expected path, forecast."
    assert result.symptoms.notes[-1] == note
    assert result.alliance.usual is not None
    assert result.signals[0].kind.value == "safety"


def test_a_picture_ignores_later_entries() -> None:
    complete = replace(course(9), ruptures=(RuptureRecord(session_day(6), 6, RuptureKind.WITHDRAWAL, session_day(8)),))
    earlier = record_at(complete, session_day(7))
    assert [s.number for s in earlier.sessions] == [1, 2, 3, 4, 5, 6, 7]
    assert earlier.ruptures[0].repaired_at is None
    assert (
        client_picture(complete, as_of=session_day(7)).symptoms
        == client_picture(earlier, as_of=session_day(7)).symptoms
    )


def test_the_fingerprint_follows_data_day_and_versions() -> None:
    record = course(4)
    day = session_day(4) + 1
    first, other_set = picture_fingerprint(record, as_of=day), replace(default_parameter_set(), version="99")
    assert first == picture_fingerprint(record, as_of=day + 0.01)
    assert first != picture_fingerprint(record, as_of=day + 1)
    assert first != picture_fingerprint(course(5), as_of=day)
    assert first != picture_fingerprint(record, as_of=day, parameter_set=other_set)
    assert client_picture(record, as_of=day).fingerprint == first


def test_future_sessions_keep_the_clients_spacing() -> None:
    record = course(3)
    axis = time_axis(record, session_day(3) + 1)
    assert [s.number for s in axis] == list(range(1, 17))
    assert axis[4].at - axis[3].at == pytest.approx(7.0)
    late = time_axis(record, session_day(3) + 40)
    assert late[3].at >= session_day(3) + 40


def test_a_session_with_a_completed_check_in_is_not_forecast() -> None:
    """With the check-in of session 8 completed hours before, session 8 has a report and the forecast begins at 9."""
    record = course(8)
    early = replace(record, sessions=record.sessions[:7])
    early = replace(
        early,
        administrations=tuple(
            a for a in record.administrations if a.session is not None and (a.session < 8 or a.moment is Moment.BEFORE)
        ),
    )
    result = client_picture(early, as_of=session_day(8) - 0.02)
    assert result.symptoms.reported[-1].session == 8
    assert result.header.sessions_held == 7
    assert [f.session for f in result.symptoms.forecast] == list(range(9, 17))


def test_a_person_of_a_table_is_refused_rather_than_shown_without_answers() -> None:
    administration = AdministrationRecord(
        "table", at=0.0, scores=(ScoreRecord("PHQ", 12.0, 0.0, instrument="table", scale="PHQ"),)
    )
    with pytest.raises(InputError, match=r"Aster.*track"):
        client_picture(EpisodeRecord("Aster", administrations=(administration,)), as_of=1.0)


def test_another_instrument_of_the_catalogue_is_accepted() -> None:
    administration = AdministrationRecord(
        "gad7", at=0.0, scores=(ScoreRecord("anxiety", 12.0, 0.0, instrument="gad7", scale="total"),)
    )
    assert client_picture(EpisodeRecord("Ash", administrations=(administration,)), as_of=1.0).symptoms.reported == ()


def test_worksheets_people_and_circles_do_not_change_the_picture() -> None:
    record, day = course(5), session_day(5)
    with_worksheets = replace(
        record,
        artefacts=(ArtefactRecord("a", "incident", {"what": "a quarrel"}, at=1.0, begun_at=1.0),),
        relationships=(RelationshipRecord("l", "Lena"),),
        circles=(ClosenessCircle("c", 1.0, placements=(Placement("l", 0.3, 90),)),),
    )
    assert picture_fingerprint(with_worksheets, as_of=day) == picture_fingerprint(record, as_of=day)
    assert client_picture(with_worksheets, as_of=day) == client_picture(record, as_of=day)
