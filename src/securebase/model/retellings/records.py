"""Retellings of recorded or simulated courses as rows of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from securebase.ipt.retellings import RetellingSeries, retelling_series
from securebase.model.retellings.table import RetellingRow
from securebase.records.episode import EpisodeRecord

#: Days between two retellings of one story in one session: the model needs their order.
_SAME_SESSION = 0.01


def retelling_rows(records: Iterable[EpisodeRecord]) -> list[RetellingRow]:
    """Return all retellings of these courses.

    Worksheets name the story. A course without any, such as a simulated one, has one story of typed retellings.
    """
    return [row for record in records for row in _rows_of(record)]


def rows_of_series(series: RetellingSeries, *, client: str) -> list[RetellingRow]:
    """Return the retellings of one story."""
    return _rows(series.name, client, [(r.at, r.peak, r.end) for r in series.tellings])


def _rows_of(record: EpisodeRecord) -> list[RetellingRow]:
    series = retelling_series(record)
    if not series:
        return _rows("", record.person, [(r.at, r.peak, r.end) for r in record.tellings])
    return [row for story in series for row in rows_of_series(story, client=record.person)]


def _rows(story: str, client: str, ratings: Sequence[tuple[float, float, float | None]]) -> list[RetellingRow]:
    """Return rows in order; later ones of the same day are moved behind the earlier ones."""
    days = [
        day + _SAME_SESSION * sum(before == day for before, _, _ in ratings[:k])
        for k, (day, _, _) in enumerate(ratings)
    ]
    return [RetellingRow(story, client, day, peak, end) for day, (_, peak, end) in zip(days, ratings, strict=True)]
