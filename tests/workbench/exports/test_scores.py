"""Scores as a table: a pseudonym, weeks, no content, and an audit row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client as Browser
from django.urls import reverse

from securebase.errors import InputError, NotPermittedError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.vocabulary import Moment
from securebase.workbench.audit.models import Entry
from securebase.workbench.exports.actions import download_scores
from securebase.workbench.therapy_sessions import actions
from workbench.cast import NOON, Cast, answers


@pytest.fixture
def full(cast: Cast) -> Cast:
    for week, value in enumerate((6.0, 3.0)):
        at = NOON + timedelta(days=7 * week)
        session = (
            cast.session
            if week == 0
            else actions.create_session(episode=cast.episode, by=cast.alma, number=2, held_at=at)
        )
        for moment in (Moment.BEFORE, Moment.AFTER):
            check_in = actions.invite_check_in(
                session=session, by=cast.alma, moment=moment, mode="link", at=at
            ).check_in
            actions.record_check_in(
                check_in=check_in,
                responses=answers(check_in.instrument_id, value),
                submission=f"{week}{moment}",
                at=at if moment is Moment.BEFORE else at + timedelta(hours=1),
            )
    return cast


def test_it_reads_back_to_the_same_scores(full: Cast, tmp_path: Path) -> None:
    file = tmp_path / "scores.csv"
    file.write_bytes(download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)))
    cohort = read_cohort(
        file, person="person", time="time", outcome="symptoms", processes=["alliance", "loneliness"], time_unit="week"
    )
    found = cohort.episodes[0]
    assert [s.value for s in found.scores("symptoms")] == [6.0, 3.0]
    assert [s.value for s in found.scores("alliance")] == [6.0, 3.0]
    assert [s.at for s in found.scores("symptoms")] == pytest.approx([14 / 24, 7 + 14 / 24], abs=0.01)


def test_it_names_nobody_and_no_day(full: Cast) -> None:
    text = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    for word in ("Carla", "2026-", str(full.carla.id), str(full.carla.id)[:8]):
        assert word not in text
    again = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    assert text == again  # the pseudonym stays the same
    assert Entry.objects.filter(action="scores.downloaded", client=str(full.carla.id)).count() == 2


def test_a_name_that_is_a_formula_cannot_get_in(full: Cast) -> None:
    full.carla.name_shown = "=HYPERLINK(1)"
    full.carla.save()
    text = download_scores(episode=full.episode, by=full.alma, at=NOON + timedelta(days=30)).decode()
    assert not any(cell.startswith(("=", "+", "@")) for line in text.splitlines() for cell in line.split(","))


def test_only_her_therapist_downloads_and_only_where_there_is_something(cast: Cast) -> None:
    with pytest.raises(InputError, match="no score"):
        download_scores(episode=cast.episode, by=cast.alma, at=NOON)
    for account in (cast.bruno, cast.dario, cast.rosa, cast.adam):
        with pytest.raises(NotPermittedError):
            download_scores(episode=cast.episode, by=account, at=NOON)


def test_the_page_gives_a_file_whose_name_says_nothing(full: Cast, alma: Browser) -> None:
    answer = alma.get(reverse("client-scores", args=[full.carla.id]))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="securebase-scores.csv"'
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.content.startswith(b"person,time,symptoms,")
