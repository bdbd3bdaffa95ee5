"""Rows of the model from worksheets and from simulated courses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.model.retellings import RetellingRow, retelling_rows
from securebase.model.simulate import simulate
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord, RetellingRecord, TherapySessionRecord


def retelling(number: int, story: str, session: int, peak: float, end: float | None) -> ArtefactRecord:
    fields = {"story": story, "peak": peak} | ({} if end is None else {"end_distress": end})
    return ArtefactRecord(str(number), "telling", fields, at=float(number), begun_at=float(number), session=session)


def test_worksheets_give_one_row_each_under_the_name_of_their_story() -> None:
    sessions = tuple(TherapySessionRecord(n, 7.0 * n) for n in (1, 2, 3))
    artefacts = (
        retelling(1, "The fire", 1, 80.0, 60.0),
        retelling(2, "the fire", 2, 70.0, None),
        retelling(3, "The flood", 3, 50.0, 40.0),
    )
    record = EpisodeRecord("c1", sessions=sessions, artefacts=artefacts)
    # a typed copy of the same retellings is not counted again
    record = replace(record, tellings=(RetellingRecord(7.0, 1, 80.0, 60.0),))
    assert sorted(retelling_rows([record]), key=lambda row: row.day) == [
        RetellingRow("the fire", "c1", 7.0, 80.0, 60.0),
        RetellingRow("the fire", "c1", 14.0, 70.0, None),
        RetellingRow("The flood", "c1", 21.0, 50.0, 40.0),
    ]


def test_two_retellings_in_one_session_keep_their_order() -> None:
    sessions = (TherapySessionRecord(1, 7.0),)
    artefacts = (retelling(1, "x", 1, 80.0, 60.0), retelling(2, "x", 1, 70.0, 50.0))
    first, second = retelling_rows([EpisodeRecord("c", sessions=sessions, artefacts=artefacts)])
    assert (first.peak, second.peak) == (80.0, 70.0)
    assert 0 < second.day - first.day < 0.1


def test_simulated_courses_have_one_story_each() -> None:
    cohort = simulate("whole_clinic", n_clients=12, rng=np.random.default_rng(1))
    rows = retelling_rows(cohort.episodes)
    assert len(rows) == sum(len(episode.tellings) for episode in cohort.episodes) > 0
    assert {(row.client, row.story) for row in rows} == {(e.person, "") for e in cohort.episodes if e.tellings}
