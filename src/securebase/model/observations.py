"""From records to the rows that the model reads.

One row is one moment of one person. What was asked before and after the same session shares its moment, so it shares
a row. Scores of different instruments are in different points: for one construct only one scale is ever read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from securebase.errors import ModelError
from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.records.episode import Administration, EpisodeRecord, Score
from securebase.records.vocabulary import Respondent

#: construct → (instrument, scale)
Measures = Mapping[str, tuple[str, str]]


def panel(cohort: Cohort, constructs: Sequence[str] | None = None, *, measures: Measures | None = None) -> Panel:
    """Rows of every person of a cohort, in its own time unit. Constructs default to the outcome and the processes.

    Persons without a single row are left out. Raises ModelError where nothing is left, or where one construct was
    measured with several scales and `measures` does not say which one to read.
    """
    chosen = tuple(constructs) if constructs is not None else (cohort.outcome, *cohort.processes)
    selected = _measures(cohort.episodes, chosen, measures or {})
    rows = [(e.person, _rows(e, chosen, selected, cohort.days_per_unit)) for e in cohort.episodes]
    return _assemble([r for r in rows if r[1]], chosen, cohort.time_unit, cohort.days_per_unit)


def episode_panel(
    record: EpisodeRecord,
    constructs: Sequence[str],
    measures: Measures,
    days_per_unit: float = 7.0,
    time_unit: str = "week",
) -> Panel:
    """Rows of one person; constructs that have no entry in `measures` or no score stay missing (NaN).

    Raises ModelError where nothing was recorded at all.
    """
    chosen = tuple(constructs)
    rows = _rows(record, chosen, dict(measures), days_per_unit)
    return _assemble([(record.person, rows)] if rows else [], chosen, time_unit, days_per_unit)


#: one row: time, session number or −1, construct → value
_Row = tuple[float, int, dict[str, float]]


def _measures(
    episodes: Iterable[EpisodeRecord], constructs: Sequence[str], given: Measures
) -> dict[str, tuple[str, str]]:
    """The one scale to read for each construct: as given, or the only one there is."""
    found: dict[str, set[tuple[str, str]]] = {c: set() for c in constructs}
    for episode in episodes:
        for score in _client_scores(episode.administrations):
            if score.construct in found:
                found[score.construct].add((score.instrument, score.scale))
    selected: dict[str, tuple[str, str]] = {}
    for construct, scales in found.items():
        if construct in given:
            selected[construct] = given[construct]
        elif len(scales) > 1:
            names = ", ".join(sorted(f"{i} ({s})" for i, s in scales))
            raise ModelError(
                f"“{construct}” was measured with several scales: {names}",
                advice="Say which one to read; points of different scales cannot be mixed.",
            )
        elif scales:
            selected[construct] = next(iter(scales))
        else:
            raise ModelError(f"there is no score for “{construct}”", advice="Leave it out, or check its name.")
    return selected


def _client_scores(administrations: Iterable[Administration]) -> Iterable[Score]:
    return (s for a in administrations for s in a.scores if s.respondent == Respondent.CLIENT)


def _rows(record: EpisodeRecord, constructs: Sequence[str], measures: Measures, days_per_unit: float) -> list[_Row]:
    """Rows in order of time. A moment at which a chosen instrument was given but yielded no score keeps its (empty)
    row, because a person's start counts from the first row. A later entry for the same moment replaces an earlier one.
    """
    instruments = {measures[c][0] for c in constructs if c in measures}
    rows: dict[float, tuple[int, dict[str, float]]] = {}
    for administration in sorted(record.administrations, key=lambda a: a.at):
        values = {
            s.construct: s.value
            for s in _client_scores((administration,))
            if s.construct in constructs and measures.get(s.construct) == (s.instrument, s.scale)
        }
        empty = not administration.scores and administration.instrument in instruments
        if not values and not empty:
            continue
        wave, known = rows.get(administration.at, (-1, {}))
        wave = administration.session if administration.session is not None else wave
        rows[administration.at] = (wave, known | values)
    return [(at / days_per_unit, wave, values) for at, (wave, values) in rows.items()]


def _assemble(
    persons: Sequence[tuple[str, list[_Row]]], constructs: tuple[str, ...], time_unit: str, days_per_unit: float
) -> Panel:
    rows = [row for _, own in persons for row in own]
    if not rows:
        raise ModelError("there is no row with a score", advice="Check which columns or instruments were chosen.")
    return Panel(
        persons=tuple(name for name, _ in persons),
        constructs=constructs,
        starts=np.cumsum([0, *(len(own) for _, own in persons)], dtype=np.int64),
        times=np.array([row[0] for row in rows], dtype=np.float64),
        scores=np.array([[row[2].get(c, np.nan) for c in constructs] for row in rows], dtype=np.float64),
        wave=np.array([row[1] for row in rows], dtype=np.int64),
        time_unit=time_unit,
        days_per_unit=days_per_unit,
    )
