"""Scores as a table: a pseudonym, weeks, no content, and an audit row."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from securebase.errors import InputError, NotPermittedError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.exports.actions import download_scores
from securebase.workbench.measures.actions import rate_session, type_in_administration
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def full(cast: Cast) -> Cast:
    for week, value in enumerate((6.0, 3.0)):
        at = NOON + timedelta(days=7 * week)
        session = (
            cast.session if week == 0 else create_session(episode=cast.episode, by=cast.alma, number=2, held_at=at)
        )
        for moment in (Moment.BEFORE, Moment.AFTER):
            check_in = invite_check_in(session=session, by=cast.alma, moment=moment, mode="link", at=at).check_in
            record_check_in(
                check_in=check_in,
                responses=answers(check_in.instrument_id, value),
                submission=f"{week}{moment}",
                at=at if moment is Moment.BEFORE else at + timedelta(hours=1),
            )
    return cast


def test_file_reads_back_to_the_same_scores(full: Cast, tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_bytes(download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)))
    cohort = read_cohort(
        file, person="person", time="time", outcome="symptoms", processes=["alliance", "loneliness"], time_unit="week"
    )
    episode = cohort.episodes[0]
    assert [s.value for s in episode.scores("symptoms")] == [6.0, 3.0]
    assert [s.value for s in episode.scores("alliance")] == [6.0, 3.0]
    assert [s.at for s in episode.scores("symptoms")] == pytest.approx([14 / 24, 7 + 14 / 24], abs=0.01)


def table(cast: Cast) -> list[dict[str, str]]:
    text = download_scores(episode=cast.episode, by=cast.alma, at=NOON + timedelta(days=30)).decode()
    return list(csv.DictReader(io.StringIO(text)))


def phq9(cast: Cast, responses: dict[int, float | None], at: datetime) -> None:
    type_in_administration(
        episode=cast.episode, by=cast.alma, instrument="phq9", responses=responses, at=at, submission=str(at)
    )


def test_every_scale_has_a_column_and_every_row_a_score(full: Cast) -> None:
    phq9(full, dict.fromkeys(range(1, 9), 2.0) | {9: 0.0}, NOON + timedelta(days=9))
    phq9(full, {1: 2.0, 9: 0.0}, NOON + timedelta(days=10))  # missing items: no total and no row
    rows = table(full)
    assert [r["phq9_total"] for r in rows if r["phq9_total"]] == ["16"]
    assert [r["symptoms"] for r in rows if r["symptoms"]] == ["6", "3"]
    assert len(rows) == 5
    assert all(any(v for k, v in r.items() if k not in ("person", "time")) for r in rows)


def test_symptoms_column_is_the_episodes_measure(full: Cast) -> None:
    episode = full.episode
    episode.symptom_measure = "phq9:total"
    episode.save()
    phq9(full, dict.fromkeys(range(1, 9), 2.0) | {9: 0.0}, NOON - timedelta(minutes=4))
    rows = table(full)
    assert [r["symptoms"] for r in rows if r["symptoms"]] == ["16"]
    assert [r["session_before_symptoms"] for r in rows if r["session_before_symptoms"]] == ["6", "3"]


def test_rounded_times_separate_before_from_after(full: Cast) -> None:
    rows = table(full)
    assert [r["time"] for r in rows] == ["0.083", "0.089", "1.083", "1.089"]
    assert [bool(r["symptoms"]) for r in rows] == [True, False, True, False]
    assert [bool(r["alliance"]) for r in rows] == [False, True, False, True]


def test_scores_of_one_scale_within_minutes_all_stay(full: Cast) -> None:
    for minute, value in enumerate((1.0, 2.0, 3.0)):
        phq9(full, dict.fromkeys(range(1, 10), 0.0) | {1: value}, NOON + timedelta(minutes=minute))
    rows = table(full)
    assert [r["phq9_total"] for r in rows if r["phq9_total"]] == ["1", "2", "3"]
    assert len({r["time"] for r in rows}) == len(rows)


def test_file_has_no_name_and_no_date(full: Cast) -> None:
    text = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    for word in ("Carla", "2026-", str(full.carla.id), str(full.carla.id)[:8]):
        assert word not in text
    second = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    assert text == second  # the pseudonym stays the same
    assert Entry.objects.filter(action="scores.downloaded", client=str(full.carla.id)).count() == 2


def test_name_that_is_a_formula_stays_out(full: Cast) -> None:
    full.carla.name_shown = "=HYPERLINK(1)"
    full.carla.save()
    text = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    assert not any(cell.startswith(("=", "+", "@")) for line in text.splitlines() for cell in line.split(","))


def test_download_needs_the_therapist_and_a_score(cast: Cast) -> None:
    with pytest.raises(InputError, match="no score"):
        download_scores(episode=cast.episode, by=cast.alma, at=NOON)
    for account in (cast.bruno, cast.dario, cast.rosa, cast.adam):
        with pytest.raises(NotPermittedError):
            download_scores(episode=cast.episode, by=account, at=NOON)


def test_file_name_says_nothing_about_the_client(full: Cast, alma: Browser) -> None:
    answer = alma.get(reverse("client-scores", args=[full.carla.id]))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="securebase-scores.csv"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.content.startswith(b"person,time,symptoms,")


def test_additional_questionnaires_have_their_own_columns(cast: Cast) -> None:
    """A construct names the check-in's column even if an additional questionnaire was answered earlier."""
    second = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON + timedelta(days=7))
    after = cast.invite(Moment.AFTER, extras=["expectation"]).check_in
    record_check_in(
        check_in=after,
        responses=answers("session_after"),
        submission="a",
        at=NOON + timedelta(hours=1),
        extra={"expectation": {1: 9.0, 2: 9.0, 3: 2.0, 4: 2.0}},
    )
    before = invite_check_in(
        session=second, by=cast.alma, moment=Moment.BEFORE, mode="link", at=second.held_at, extras=()
    ).check_in
    record_check_in(check_in=before, responses=answers("session_before", 3.0), submission="b", at=second.held_at)
    rate_session(
        session=cast.session,
        by=cast.alma,
        responses=answers("therapist_after", 1.0),
        submission="c",
        at=NOON + timedelta(hours=2),
    )
    rows = table(cast)
    assert [row["hope"] for row in rows] == ["", "3"]
    assert [row["expectation_expectation"] for row in rows] == ["9", ""]
    assert [row["credibility"] for row in rows] == ["2", ""]
    assert [row["alliance"] for row in rows] == ["4", ""]
    assert not any("therapist" in name for name in rows[0])
