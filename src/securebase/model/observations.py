"""Rows that the model reads, built from the records of a cohort or of one episode.

A row is one moment of one person. Questionnaires before and after the same session share its moment and so its row.
Scores of different instruments are in different points, so each column of scores is read from one scale only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.arguments import check_instance, check_names, check_scale
from securebase.model.panel import Panel
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent

#: construct → (instrument, scale)
Measures = Mapping[str, tuple[str, str]]
#: construct → several (instrument, scale), the reference indicator first
Indicators = Mapping[str, Sequence[tuple[str, str]]]
#: fields of a panel by name
_PanelFields = dict[str, Any]


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
    """Build the panel of a cohort: one row per person and moment, in the cohort's own time unit.

    Row j of person i holds the scores y_ij at time t_ij = (days since the episode began) / days_per_unit, NaN where
    missing. A moment at which an instrument was given without a score, or an input was recorded, keeps its row.
    Persons without any row are left out. Arguments that are None take the cohort's own value.

    Parameters
    ----------
    cohort : Cohort
        Episodes with their scores, covariates, inputs and therapists.
    constructs : sequence of str, optional
        Names of the p constructs, in order. Default: the outcome, then the processes.
    measures : mapping of str to (str, str), optional
        Construct → (instrument, scale) to read where several scales measured the construct.
    indicators : mapping of str to sequence of (str, str), optional
        Construct → several (instrument, scale) that are read side by side, the reference indicator first.
    covariates : sequence of str, optional
        Names of time-invariant covariates, as the table or scenario names them.
    inputs : sequence of str, optional
        Names of time-varying inputs. An input recorded after a session acts on the way to the next row.
    therapists : bool, optional
        Whether to number the therapists. A person whose therapist is unknown gets a therapist of their own.

    Returns
    -------
    panel : Panel
        n rows with q columns of scores, in points of the scales.

    Raises
    ------
    ModelError
        If no row is left, a construct was measured with several scales and neither `measures` nor `indicators` selects
        one, a score is missing altogether, or a covariate or an input that a score depends on is missing.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=3, rng=np.random.default_rng(1))
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> rows.persons
    ('sim-001', 'sim-002', 'sim-003')
    >>> rows.scores.shape, rows.time_unit
    ((35, 2), 'week')
    """
    check_instance(cohort, Cohort, "cohort", advice="Read one with securebase.read_cohort, or simulate one.")
    chosen = (cohort.outcome, *cohort.processes) if constructs is None else check_names(constructs, "constructs")
    for column, scale in (measures or {}).items():
        check_scale(column, scale)
    for column, scales_of_column in (indicators or {}).items():
        for scale in scales_of_column:
            check_scale(column, scale)
    several = {c: s for c, s in (cohort.indicators if indicators is None else indicators).items() if c in chosen}
    several = {c: s for c, s in several.items() if c not in (measures or {}) and len(s) > 0}
    input_names = cohort.inputs if inputs is None else check_names(inputs, "inputs")
    covariate_names = cohort.covariates if covariates is None else check_names(covariates, "covariates")
    scales = _columns(cohort.episodes, chosen, measures or {}, several)
    candidates = [(e, _rows(e, scales, cohort.days_per_unit, input_names)) for e in cohort.episodes]
    included = [(e, rows) for e, rows in candidates if rows]
    plain = _assemble(
        [(e.person, rows) for e, rows in included], chosen, scales, cohort.time_unit, cohort.days_per_unit
    )
    episodes = [e for e, _ in included]
    return replace(
        plain,
        **_inputs(plain, episodes, input_names, cohort.days_per_unit),
        **_covariates(episodes, covariate_names),
        therapist=_therapists(episodes) if (cohort.therapists if therapists is None else therapists) else None,
    )


def episode_panel(
    record: EpisodeRecord,
    constructs: Sequence[str],
    measures: Measures,
    days_per_unit: float = 7.0,
    time_unit: str = "week",
) -> Panel:
    """Build the panel of one person; constructs without a measure or a score stay missing (NaN).

    Raises ModelError if nothing was recorded at all.
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
    """Select the columns in the order of constructs; a single one is named like its construct."""
    single = _measures(episodes, [c for c in constructs if c not in indicators], measures)
    scored = {(s.construct, s.instrument, s.scale) for e in episodes for s in _client_scores(e.administrations)}
    scales: dict[tuple[str, str, str], str] = {}
    for construct in constructs:
        if construct not in indicators:
            scales[construct, *single[construct]] = construct
            continue
        for instrument, scale in indicators[construct]:
            if (construct, instrument, scale) not in scored:
                raise ModelError(
                    f"no score of scale “{scale}” for construct “{construct}”", advice="Leave this column out."
                )
            scales[construct, instrument, scale] = scale if len(indicators[construct]) > 1 else construct
    return scales


def _measures(
    episodes: Iterable[EpisodeRecord], constructs: Sequence[str], given: Measures
) -> dict[str, tuple[str, str]]:
    """Select one scale per construct: the given one, or the only one with scores."""
    candidates: dict[str, set[tuple[str, str]]] = {c: set() for c in constructs}
    for episode in episodes:
        for score in _client_scores(episode.administrations):
            if score.construct in candidates:
                candidates[score.construct].add((score.instrument, score.scale))
    selected: dict[str, tuple[str, str]] = {}
    for construct, scales in candidates.items():
        if construct in given:
            selected[construct] = given[construct]
        elif len(scales) > 1:
            names = ", ".join(sorted(f"{i} ({s})" for i, s in scales))
            raise ModelError(
                f"“{construct}” was measured with several scales: {names}",
                advice="Select one with measures; points of different scales cannot be mixed.",
            )
        elif scales:
            selected[construct] = next(iter(scales))
        else:
            raise ModelError(f"no score for “{construct}”", advice=_scored_constructs(episodes))
    return selected


def _scored_constructs(episodes: Iterable[EpisodeRecord]) -> str:
    names = sorted({s.construct for e in episodes for s in _client_scores(e.administrations)})
    return f"The cohort has scores for {', '.join(names)}." if names else "The cohort has no scores."


def _client_scores(administrations: Iterable[AdministrationRecord]) -> Iterable[ScoreRecord]:
    return (s for a in administrations for s in a.scores if s.respondent == Respondent.CLIENT)


def _rows(record: EpisodeRecord, scales: _Scales, days_per_unit: float, inputs: Sequence[str] = ()) -> list[_Row]:
    """Collect the rows of one person in order of time.

    A moment at which a chosen instrument was given but yielded no score keeps its (empty) row, because the first row
    sets the person's start. A later entry for the same moment replaces an earlier one.
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
    rows = [row for _, person_rows in persons for row in person_rows]
    several = tuple((name, key[0]) for key, name in scales.items()) if len(scales) > len(constructs) else ()
    # a construct without any record keeps an empty column
    columns = tuple(name for name, _ in several) or constructs
    if not rows:
        raise ModelError("the panel has no row with a score", advice="Check which columns or instruments were chosen.")
    return Panel(
        persons=tuple(name for name, _ in persons),
        constructs=constructs,
        starts=np.cumsum([0, *(len(person_rows) for _, person_rows in persons)], dtype=np.int64),
        times=np.array([row[0] for row in rows], dtype=np.float64),
        scores=np.array([[row[2].get(c, np.nan) for c in columns] for row in rows], dtype=np.float64),
        wave=np.array([row[1] for row in rows], dtype=np.int64),
        time_unit=time_unit,
        days_per_unit=days_per_unit,
        indicators=several,
    )


def _inputs(
    plain: Panel, episodes: Sequence[EpisodeRecord], names: tuple[str, ...], days_per_unit: float
) -> _PanelFields:
    """Return the inputs by row (rows, k).

    An input recorded in the session of a row is stored at the next row, since it acts over the gap in between. After
    the last score no input is needed and 0 is stored.
    """
    if not names:
        return {}
    inputs = np.zeros((len(plain.times), len(names)))
    for i, episode in enumerate(episodes):
        rows = plain.rows_of(i)
        known = {(d.name, d.at / days_per_unit, d.moment is Moment.AFTER): d.value for d in episode.inputs}
        scored = np.flatnonzero(np.isfinite(plain.scores[rows]).any(axis=1))
        last = int(scored[-1]) if len(scored) else 0
        times = plain.times[rows]
        for j in range(1, len(times)):
            for k, name in enumerate(names):
                value = known.get((name, times[j], False), known.get((name, times[j - 1], True)))
                if value is None and j <= last:
                    raise ModelError(
                        f"the input “{name}” of “{episode.person}” is missing in the interval before "
                        f"{plain.time_unit} {times[j]:g}",
                        advice="Record the input, 0 where nothing was done.",
                    )
                inputs[rows.start + j, k] = 0.0 if value is None else value
    return {"inputs": inputs, "input_names": names}


def _covariates(episodes: Sequence[EpisodeRecord], names: tuple[str, ...]) -> _PanelFields:
    """Return the covariates by person (persons, c)."""
    if not names:
        return {}
    known = [{b.name: b.value for b in e.brought} | dict(e.covariates) for e in episodes]
    for name in names:
        missing = [e.person for e, own in zip(episodes, known, strict=True) if name not in own]
        if missing:
            some = ", ".join(f"“{person}”" for person in missing[:5]) + (", …" if len(missing) > 5 else "")
            raise ModelError(
                f"the covariate “{name}” is missing for {len(missing)} of {len(episodes)} persons: {some}",
                advice="Leave these persons or the covariate out.",
            )
    values = np.array([[own[name] for name in names] for own in known], dtype=np.float64)
    return {"covariates": values, "covariate_names": names}


def _therapists(episodes: Sequence[EpisodeRecord]) -> NDArray[np.int64]:
    """Return a number for each person's therapist, unique where the therapist is unknown."""
    numbers: dict[tuple[str, int], int] = {}
    keys = [(e.therapist, -1 if e.therapist else i) for i, e in enumerate(episodes)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
