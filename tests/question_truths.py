"""Tables with a known truth for tests of the further questions of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.constructs import Direction
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable

Array = NDArray[np.float64]

AREAS = ("problem_area_grief", "problem_area_role_dispute")


def question_data(
    values: Mapping[str, Array],
    panel: Any = None,
    processes: tuple[str, ...] = (),
    *,
    arms: Sequence[str] = (),
    therapists: Sequence[str] = (),
) -> QuestionData:
    """Return columns (persons, sessions) as data of a question; higher y is worse; arms and therapists by person."""
    n, sessions = next(iter(values.values())).shape
    person, session = np.indices((n, sessions)).reshape(2, -1)
    columns = {name: array.ravel() for name, array in values.items()}
    table = SessionTable(n, person, session.astype(float), columns, dict.fromkeys(columns, Moment.BEFORE), "session")
    persons = tuple(str(i) for i in range(n))
    groups = zip(persons, arms or [""] * n, therapists or [""] * n, strict=True)
    episodes = tuple(EpisodeRecord(name, arm=arm, therapist=therapist) for name, arm, therapist in groups)
    cohort = Cohort(episodes, (), "y", processes)
    return QuestionData(cohort, persons, table, panel, "y", processes, {"y": Direction.HIGHER_IS_WORSE})


def draw_ratings(
    seed: int, *, n: int = 60, sessions: int = 16, curve: float = 0.0, slope: float = 0.0, shift: float = 0.0
) -> QuestionData:
    """Draw two ratings x and z; the next y rises by curve (x − z)² + slope (x − z)."""
    rng = np.random.default_rng(seed)
    usual = rng.normal(size=(n, 1))
    x, z = usual + rng.normal(size=(n, sessions)), 0.5 * usual + shift + rng.normal(size=(n, sessions))
    y = rng.normal(size=(n, 1)) + rng.normal(size=(n, sessions))
    y[:, 1:] += (curve * (x - z) ** 2 + slope * (x - z))[:, :-1]
    return question_data({"x": x, "z": z, "y": y})


def draw_persons(
    seed: int, *, n: int = 60, sessions: int = 16, mean: float = -0.4, spread: float = 0.0, opposite: float = 0.0
) -> QuestionData:
    """Draw x and y with persistence .3; x raises y of the same row by `mean` ± `spread`, reversed in some persons."""
    rng = np.random.default_rng(seed)
    effect = mean + spread * rng.normal(size=n)
    effect[: round(opposite * n)] *= -1
    x, y = np.zeros((2, n, sessions))
    x[:, 0], y[:, 0] = rng.normal(size=(2, n))
    for t in range(1, sessions):
        x[:, t] = 0.3 * x[:, t - 1] + rng.normal(size=n)
        y[:, t] = 0.3 * y[:, t - 1] + effect * x[:, t] + rng.normal(size=n)
    return question_data({"x": x + rng.normal(size=(n, 1)), "y": y + rng.normal(size=(n, 1))})


def draw_gains(
    seed: int,
    *,
    n: int = 80,
    gain: float = 0.0,
    shared: float = 0.5,
    proportional: float = 0.0,
    error: float = 0.6,
    sessions: int = 10,
) -> QuestionData:
    """Draw y that falls from a first value, correlated `shared` with x, by 2 + proportional · first + gain · x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    first = shared * x + np.sqrt(1 - shared**2) * rng.normal(size=n)
    last = first - 2.0 - proportional * first - gain * x + 0.5 * rng.normal(size=n)
    course = np.linspace(0.0, 1.0, sessions)
    y = first[:, None] * (1 - course) + last[:, None] * course + error * rng.normal(size=(n, sessions))
    return question_data({"x": np.repeat(x[:, None], sessions, axis=1), "y": y})


def draw_areas(
    seed: int, *, grief: float = 2.0, dispute: float = 2.0, spread: float = 1.0, n: int = 40
) -> QuestionData:
    """Draw y of two areas that falls by these SDs of its first ratings in each area; SDs differ by `spread`."""
    rng = np.random.default_rng(seed)
    unit = np.repeat([1.0, spread], n)[:, None]
    first = rng.normal(size=(2 * n, 1))
    fall = np.repeat([grief, dispute], n)[:, None]
    y = unit * (first - fall * np.linspace(0, 1, 6) + 0.3 * rng.normal(size=(2 * n, 6)))
    area = np.repeat([1.0, 0.0], n)[:, None] * np.ones(6)
    return question_data({"y": y, AREAS[0]: area, AREAS[1]: 1.0 - area})


#: planned sessions of a trial, the first before treatment
TRIAL_SESSIONS = 13
_TRIAL_SLOPE, _TRIAL_ERROR = 0.06, 0.5


def draw_trial(
    seed: int,
    *,
    n: int = 100,
    effect: float = 0.0,
    dropout: float = 0.03,
    selective: tuple[float, float] = (0.0, 0.0),
    missed: float = 0.05,
    therapists: int = 0,
    therapist_share: float = 0.0,
) -> QuestionData:
    """Draw two arms of n persons; in “new”, y at the end is better than in “old” by `effect` SDs of y at the end.

    dropout: chance a week at y = 0, shifted in log odds by `selective` (“new”, “old”) per point of the last rating that
    was given, so that ratings are missing at random. therapists: of each arm, with a share of the variance at the end.
    """
    rng = np.random.default_rng(seed)
    new = np.arange(2 * n) % 2 == 0
    time = np.arange(TRIAL_SESSIONS) / (TRIAL_SESSIONS - 1)
    slope = _TRIAL_SLOPE * (TRIAL_SESSIONS - 1)
    spread = np.sqrt(1.0 + slope**2 + _TRIAL_ERROR**2)
    line = rng.normal(size=(2 * n, 1)) + slope * rng.normal(size=(2 * n, 1)) * time
    y = line - 1.5 * time - effect * spread * new[:, None] * time
    names: list[str] = []
    if therapists:
        clients = np.arange(2 * n) // 2 % therapists + therapists * new
        names = [f"t{k}" for k in clients]
        # the share is of the variance that the first rating leaves, which therapists are not part of
        rest = spread**2 - 1.0 / (1.0 + _TRIAL_ERROR**2)
        size = np.sqrt(therapist_share / max(1.0 - therapist_share, 1e-9) * rest)
        y += size * rng.normal(size=2 * therapists)[clients][:, None] * time
    y += _TRIAL_ERROR * rng.normal(size=y.shape)
    y[:, 1:][rng.random((2 * n, TRIAL_SESSIONS - 1)) < missed] = np.nan
    last, present = y[:, 0].copy(), np.ones(2 * n, dtype=bool)
    pull = np.where(new, *selective)
    for t in range(1, TRIAL_SESSIONS):
        odds = dropout / (1.0 - dropout) * np.exp(pull * last)
        present &= rng.random(2 * n) >= odds / (1.0 + odds)
        y[~present, t:] = np.nan
        last = np.where(np.isfinite(y[:, t]), y[:, t], last)
    return question_data({"y": y}, arms=["new" if a else "old" for a in new], therapists=names)


def draw_factors(
    seed: int,
    *,
    n: int = 60,
    sessions: int = 16,
    factors: int = 4,
    between: tuple[float, ...] = (0.3,),
    within: tuple[float, ...] = (0.15,),
) -> QuestionData:
    """Draw correlated factors x0, x1, …: y falls faster by `between` per SD of their traits, and by `within` next time.

    Effects are of the first factors; the last one given is that of all others too.
    """
    rng = np.random.default_rng(seed)

    def effects(given: tuple[float, ...]) -> Array:
        return np.array([*given, *(given[-1:] * (factors - len(given)))])

    trait, state = (
        np.sqrt(0.5) * (rng.normal(size=(1, n, k)) + rng.normal(size=(factors, n, k))) for k in (1, sessions)
    )
    y = rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, sessions))
    y -= np.linspace(0, 1, sessions) * (1 + np.tensordot(effects(between), trait, 1))
    y[:, 1:] -= np.tensordot(effects(within), state, 1)[:, :-1]
    return question_data({**{f"x{k}": trait[k] + state[k] for k in range(factors)}, "y": y})


def draw_judgements(
    seed: int,
    *,
    n: int = 60,
    sessions: int = 12,
    bias: float = 0.8,
    between: float = 0.5,
    within: float = 0.4,
    force: float = -0.3,
) -> QuestionData:
    """Draw z, y and a judgement x of z: bias + between · person’s z + within · deviation of z + force · deviation of y.

    The bias is at the mean of z, which is 5.
    """
    rng = np.random.default_rng(seed)
    person, moving, mood = rng.normal(size=(n, 1)), rng.normal(size=(n, sessions)), rng.normal(size=(n, sessions))
    moving, mood = (series - series.mean(axis=1, keepdims=True) for series in (moving, mood))
    x = 5 + bias + between * person + within * moving + force * mood + 0.6 * rng.normal(size=(n, 1))
    x += 0.5 * rng.normal(size=(n, sessions))
    return question_data({"x": x, "z": 5 + person + moving, "y": 10 + rng.normal(size=(n, 1)) + mood})
