"""Small tables of sessions for tests of studies, and tables drawn from a known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.measurement.constructs import custom_construct
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment
from securebase.study.table import SessionTable

BEFORE_AFTER = {"y": Moment.BEFORE, "x": Moment.AFTER, "z": Moment.AFTER}


def table(
    person: Sequence[int],
    times: Sequence[float],
    moments: Mapping[str, Moment] = BEFORE_AFTER,
    **values: Sequence[float],
) -> SessionTable:
    """Return a table of these columns; persons are numbered from 0 and follow one another."""
    return SessionTable(
        max(person) + 1,
        np.array(person, dtype=np.int64),
        np.array(times, dtype=float),
        {name: np.array(column, dtype=float) for name, column in values.items()},
        moments,
        "session",
    )


def draw_table(
    seed: int,
    *,
    n: int = 60,
    sessions: int = 16,
    lag: float = 0.0,
    back: float = 0.0,
    shared_trend: float = 0.0,
    missing: float = 0.0,
    gaps: bool = False,
) -> SessionTable:
    """Draw a table in which x predicts the next y by `lag` and y predicts x of the same session by `back`.

    Autoregression .3, usual levels of SD 1. Persons have linear trends with slopes of SD `shared_trend` per session, of
    opposite sign in y and x.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, float, float, float]] = []
    for i in range(n):
        level_y, level_x, slope = rng.normal(size=3) * (1.0, 1.0, shared_trend)
        y, x, time = rng.normal(), rng.normal(), 0.0
        for _ in range(sessions):
            rows.append((i, time, level_y + y + slope * time, level_x + x - slope * time))
            y = 0.3 * y + lag * x + rng.normal()
            x = 0.3 * x + back * y + rng.normal()
            time += 1.0 + (rng.random() < 0.2 if gaps else 0)
    person, times, ys, xs = map(np.array, zip(*rows, strict=True))
    ys, xs = (np.where(rng.random(len(v)) < missing, np.nan, v) for v in (ys, xs))
    return table(person.astype(int), times, y=ys, x=xs)


def cohort(rows: SessionTable, labels: Mapping[str, str] | None = None) -> Cohort:
    """Return the rows as records, with y as the outcome and all other columns as processes."""
    names = list(rows.values)
    episodes = []
    for i in range(rows.n_persons):
        administrations, sessions = [], []
        for j in np.flatnonzero(rows.person == i):
            at, number = 7.0 * float(rows.times[j]), int(rows.times[j]) + 1
            sessions.append(TherapySessionRecord(number, at))
            for name in names:
                value, moment = float(rows.values[name][j]), rows.moments[name]
                score = ScoreRecord(name, value, at, moment, number, "table", name)
                scores = (score,) if np.isfinite(value) else ()
                administrations.append(AdministrationRecord("table", at, moment, number, scores=scores))
        episodes.append(EpisodeRecord(f"p{i}", tuple(administrations), tuple(sessions)))
    constructs = tuple(custom_construct(name) for name in names)
    return Cohort(tuple(episodes), constructs, "y", tuple(n for n in names if n != "y"), "session", 7.0)


def draw_moderated_table(
    seed: int,
    *,
    n: int = 60,
    sessions: int = 16,
    low: float = 0.0,
    high: float = 0.0,
    between: bool = False,
    square: float = 0.0,
    shared_trend: float = 0.0,
    common_curve: float = 0.0,
    missing: float = 0.0,
) -> SessionTable:
    """Draw a table in which x predicts the next y by `low` if the moderator m is below its usual value, else by `high`.

    `between`: m is constant within persons. `square`: effect of x² on the next y. `shared_trend`: SD of the person's
    linear slope, which y, x and m share. `common_curve`: height of an exponentially declining course that all persons
    share in all three columns. The shocks of x and m are correlated; autoregression .3.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, ...]] = []
    for i in range(n):
        levels, slope = rng.normal(size=3), rng.normal() * shared_trend
        y, x, m = rng.normal(size=3)
        m = rng.normal() if between else m
        for t in range(sessions):
            course = slope * t + common_curve * np.exp(-t / 4)
            observed_m = m if between else levels[2] + m + course
            rows.append((i, t, levels[0] + y + course, levels[1] + x + course, observed_m))
            y = 0.3 * y + (high if m > 0 else low) * x + square * (x**2 - 1) + rng.normal()
            shared = rng.normal()
            x = 0.3 * x + 0.55 * shared + 0.8 * rng.normal()
            m = m if between else 0.3 * m + 0.55 * shared + 0.8 * rng.normal()
    person, times, ys, xs, ms = (np.array(column) for column in zip(*rows, strict=True))
    ys, xs, ms = (np.where(rng.random(len(v)) < missing, np.nan, v) for v in (ys, xs, ms))
    after = {"y": Moment.BEFORE, "x": Moment.AFTER, "m": Moment.AFTER}
    return table(person.astype(int), times, after, y=ys, x=xs, m=ms)
