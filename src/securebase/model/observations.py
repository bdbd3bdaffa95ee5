"""From records to the rows that the model reads.

One row is one moment of one person. What was asked before and after the same session shares its moment, so it shares
a row. Scores of different instruments are in different points: for one construct only one scale is ever read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent

#: construct → (instrument, scale)
Measures = Mapping[str, tuple[str, str]]
#: fields of a panel by name
_Parts = dict[str, Any]


#: construct → its several (instrument, scale), the leading one first
Indicators = Mapping[str, Sequence[tuple[str, str]]]


def panel(
    cohort: Cohort,
    constructs: Sequence[str] | None = None,
    *,
    measures: Measures | None = None,
    indicators: Indicators | None = None,
    covariates: Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    therapists: bool | None = None,
) -> Panel:
    """Rows of every person of a cohort, in its own time unit. Constructs default to the outcome and the processes.

    indicators: constructs that are read with several scales at once. covariates: names of what persons bring along, as
    a table or a scenario calls it. inputs: names of what was done. therapists: whether to say who treats whom; a person
    of whom that is not known is the only one of a therapist. What is not given is as the cohort has it.
    A moment with one of the inputs keeps its row, with or without a score. Persons without a single row are left out.

    Raises ModelError where nothing is left, where one construct was measured with several scales and neither `measures`
    nor `indicators` says which to read, or where a covariate, or an input that a score depends on, is missing.
    """
    chosen = tuple(constructs) if constructs is not None else (cohort.outcome, *cohort.processes)
    several = {c: s for c, s in (cohort.indicators if indicators is None else indicators).items() if c in chosen}
    several = {c: s for c, s in several.items() if c not in (measures or {}) and len(s) > 0}
    done = tuple(cohort.inputs if inputs is None else inputs)
    scales = _columns(cohort.episodes, chosen, measures or {}, several)
    read = [(e, _rows(e, scales, cohort.days_per_unit, done)) for e in cohort.episodes]
    kept = [(e, rows) for e, rows in read if rows]
    found = _assemble([(e.person, rows) for e, rows in kept], chosen, scales, cohort.time_unit, cohort.days_per_unit)
    episodes = [e for e, _ in kept]
    return replace(
        found,
        **_inputs(found, episodes, done, cohort.days_per_unit),
        **_covariates(episodes, tuple(cohort.covariates if covariates is None else covariates)),
        therapist=_therapists(episodes) if (cohort.therapists if therapists is None else therapists) else None,
    )


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
    scales = {(c, *measures[c]): c for c in chosen if c in measures}
    rows = _rows(record, scales, days_per_unit)
    return _assemble([(record.person, rows)] if rows else [], chosen, scales, time_unit, days_per_unit)


#: one row: time, session number or −1, name of the column of scores → value
_Row = tuple[float, int, dict[str, float]]
#: (construct, instrument, scale) → name of the column of scores
_Scales = Mapping[tuple[str, str, str], str]


def _columns(
    episodes: Sequence[EpisodeRecord], constructs: tuple[str, ...], measures: Measures, indicators: Indicators
) -> _Scales:
    """Columns in the order of constructs; one of several is called like its scale, a single one like its construct."""
    single = _measures(episodes, [c for c in constructs if c not in indicators], measures)
    there = {(s.construct, s.instrument, s.scale) for e in episodes for s in _client_scores(e.administrations)}
    scales: dict[tuple[str, str, str], str] = {}
    for construct in constructs:
        if construct not in indicators:
            scales[construct, *single[construct]] = construct
            continue
        for instrument, scale in indicators[construct]:
            if (construct, instrument, scale) not in there:
                raise ModelError(f"there is no score of “{scale}” for “{construct}”", advice="Leave this column out.")
            scales[construct, instrument, scale] = scale if len(indicators[construct]) > 1 else construct
    return scales


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


def _client_scores(administrations: Iterable[AdministrationRecord]) -> Iterable[ScoreRecord]:
    return (s for a in administrations for s in a.scores if s.respondent == Respondent.CLIENT)


def _rows(record: EpisodeRecord, scales: _Scales, days_per_unit: float, inputs: Sequence[str] = ()) -> list[_Row]:
    """Rows in order of time. A moment at which a chosen instrument was given but yielded no score keeps its (empty)
    row, because a person's start counts from the first row. A later entry for the same moment replaces an earlier one.
    """
    instruments = {instrument for _, instrument, _ in scales}
    rows: dict[float, tuple[int, dict[str, float]]] = {}
    for administration in sorted(record.administrations, key=lambda a: a.at):
        values = {
            scales[s.construct, s.instrument, s.scale]: s.value
            for s in _client_scores((administration,))
            if (s.construct, s.instrument, s.scale) in scales
        }
        empty = not administration.scores and administration.instrument in instruments
        if not values and not empty:
            continue
        wave, known = rows.get(administration.at, (-1, {}))
        wave = administration.session if administration.session is not None else wave
        rows[administration.at] = (wave, known | values)
    for at in {i.at for i in record.inputs if i.name in inputs}:
        rows.setdefault(at, (-1, {}))
    return [(at / days_per_unit, wave, values) for at, (wave, values) in sorted(rows.items())]


def _assemble(
    persons: Sequence[tuple[str, list[_Row]]],
    constructs: tuple[str, ...],
    scales: _Scales,
    time_unit: str,
    days_per_unit: float,
) -> Panel:
    rows = [row for _, own in persons for row in own]
    several = tuple((name, key[0]) for key, name in scales.items()) if len(scales) > len(constructs) else ()
    # a construct that nothing was recorded of keeps an empty column
    columns = tuple(name for name, _ in several) or constructs
    if not rows:
        raise ModelError("there is no row with a score", advice="Check which columns or instruments were chosen.")
    return Panel(
        persons=tuple(name for name, _ in persons),
        constructs=constructs,
        starts=np.cumsum([0, *(len(own) for _, own in persons)], dtype=np.int64),
        times=np.array([row[0] for row in rows], dtype=np.float64),
        scores=np.array([[row[2].get(c, np.nan) for c in columns] for row in rows], dtype=np.float64),
        wave=np.array([row[1] for row in rows], dtype=np.int64),
        time_unit=time_unit,
        days_per_unit=days_per_unit,
        indicators=several,
    )


def _inputs(found: Panel, episodes: Sequence[EpisodeRecord], names: tuple[str, ...], days_per_unit: float) -> _Parts:
    """Inputs by row (rows, k). What was done in the session of a row stands at the next one, on the way to which it
    works. Where no score comes after, nothing is needed, and 0 stands there."""
    if not names:
        return {}
    inputs = np.zeros((len(found.times), len(names)))
    for i, episode in enumerate(episodes):
        rows = found.rows_of(i)
        known = {(d.name, d.at / days_per_unit, d.moment is Moment.AFTER): d.value for d in episode.inputs}
        scored = np.flatnonzero(np.isfinite(found.scores[rows]).any(axis=1))
        last = int(scored[-1]) if len(scored) else 0
        times = found.times[rows]
        for j in range(1, len(times)):
            for k, name in enumerate(names):
                value = known.get((name, times[j], False), known.get((name, times[j - 1], True)))
                if value is None and j <= last:
                    raise ModelError(
                        f"the input “{name}” of “{episode.person}” is not known on the way to {times[j]:g} "
                        f"{found.time_unit}s",
                        advice="Record what was done, 0 where nothing was.",
                    )
                inputs[rows.start + j, k] = 0.0 if value is None else value
    return {"inputs": inputs, "input_names": names}


def _covariates(episodes: Sequence[EpisodeRecord], names: tuple[str, ...]) -> _Parts:
    """Covariates by person (persons, c)."""
    if not names:
        return {}
    known = [{b.name: b.value for b in e.brought} | dict(e.covariates) for e in episodes]
    for name in names:
        without = [e.person for e, own in zip(episodes, known, strict=True) if name not in own]
        if without:
            some = ", ".join(f"“{person}”" for person in without[:5]) + (", …" if len(without) > 5 else "")
            raise ModelError(
                f"the covariate “{name}” is not known of {len(without)} of {len(episodes)} persons: {some}",
                advice="Leave these persons or the covariate out.",
            )
    values = np.array([[own[name] for name in names] for own in known], dtype=np.float64)
    return {"covariates": values, "covariate_names": names}


def _therapists(episodes: Sequence[EpisodeRecord]) -> NDArray[np.int64]:
    """Numbers by first appearance; a person of whom it is not known has one of their own."""
    numbers: dict[tuple[str, int], int] = {}
    keys = [(e.therapist, -1 if e.therapist else i) for i, e in enumerate(episodes)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
