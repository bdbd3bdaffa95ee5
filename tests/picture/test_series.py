"""Tests of the selection of scores that all sections of a picture share."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import securebase.picture
from episodes import episode, session_day
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.picture.client import client_picture
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.series import DEFAULT_MEASURES, PreparedRecord, prepare
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment


def prepared(record: EpisodeRecord) -> PreparedRecord:
    """Prepare a record with the default parameters, to which the scale wai_sr is known too."""
    parameters = default_parameter_set()
    scales = {**parameters.scales, ("wai_sr", "total"): parameters.scales[DEFAULT_MEASURES["alliance"]]}
    return prepare(record, record.last_at + 1, replace(parameters, scales=scales))


def other_alliance(n: int, instrument: str, scale: str) -> tuple[AdministrationRecord, ...]:
    """Return n alliance ratings on another scale."""
    scores = [
        ScoreRecord("alliance", 50.0 + k, session_day(k) + 0.3, Moment.AFTER, k, instrument, scale)
        for k in range(1, n + 1)
    ]
    return tuple(AdministrationRecord(instrument, s.at, Moment.AFTER, s.session, scores=(s,)) for s in scores)


def test_each_record_is_selected_from_once(monkeypatch: pytest.MonkeyPatch) -> None:
    selected = []
    scores = EpisodeRecord.scores

    def spy(self: EpisodeRecord, construct: str, **keywords: object) -> tuple[ScoreRecord, ...]:
        selected.append(construct)
        return scores(self, construct, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(EpisodeRecord, "scores", spy)
    client_picture(episode(13), as_of=session_day(13) + 1)
    # the rule of the hand-over reads the share of support, which no series has
    assert selected == [*TRACKED_CONSTRUCTS, "therapist_support"]


def test_only_the_series_select_scores_from_the_record() -> None:
    """A section that needs scores takes a series, so that no two sections can differ in what they select."""
    folder = Path(next(iter(securebase.picture.__path__)))
    selecting = {
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scores")
        or (isinstance(node, ast.Attribute) and node.attr == "symptom_scores")
    }
    assert selecting == {"series.py"}


def test_the_scale_completed_most_often_is_shown() -> None:
    base = episode(4)
    few = replace(base, administrations=(*base.administrations, *other_alliance(3, "wai_sr", "total")))
    many = replace(base, administrations=(*base.administrations, *other_alliance(5, "wai_sr", "total")))
    unknown = replace(base, administrations=(*base.administrations, *other_alliance(5, "own", "total")))
    assert prepared(few).measures == DEFAULT_MEASURES
    assert prepared(many).measures == {**DEFAULT_MEASURES, "alliance": ("wai_sr", "total")}
    assert prepared(unknown).measures == DEFAULT_MEASURES
    assert prepared(many).series["alliance"].values == [51.0, 52.0, 53.0, 54.0, 55.0]


def test_a_measure_of_a_table_has_the_range_of_its_scores() -> None:
    own = tuple(
        AdministrationRecord("own", a.at, scores=tuple(replace(s, construct="symptoms") for s in a.scores))
        for a in other_alliance(3, "own", "total")
    )
    series = prepared(replace(episode(3), administrations=own, symptom_measure=("own", "total"))).series["symptoms"]
    assert (series.instrument, series.scale, series.measure_name) == (None, None, "total")
    assert (series.minimum, series.maximum) == (51.0, 53.0)
    assert series.interval(7.0, 52.0, 5.0).high == 53.0


def test_an_empty_series_says_that_there_is_nothing_to_track() -> None:
    assert not prepared(EpisodeRecord("nobody")).trackable
    assert not prepared(episode(3, symptoms=(None,) * 3, alliance=(None,) * 3)).trackable
    assert prepared(episode(3, symptoms=(None,) * 3)).trackable


def test_notes_name_what_is_left_out_of_a_series() -> None:
    partial = AdministrationRecord("session_after", session_day(4), Moment.AFTER, 4, responses={1: 4.0})
    record = replace(episode(3), administrations=(*episode(3).administrations, partial))
    assert prepared(record).series["alliance"].notes == ("Session 4: too few answers for an alliance score.",)
    assert prepared(episode(3)).series["alliance"].notes == ()
