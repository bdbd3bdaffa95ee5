"""Tables with a known truth for tests of the further questions of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.constructs import Direction
from securebase.records.vocabulary import Moment
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable

Array = NDArray[np.float64]

AREAS = ("problem_area_grief", "problem_area_role_dispute")


def question_data(values: Mapping[str, Array], panel: Any = None, processes: tuple[str, ...] = ()) -> QuestionData:
    """Return columns (persons, sessions) as data of a question; higher y is worse."""
    n, sessions = next(iter(values.values())).shape
    person, session = np.indices((n, sessions)).reshape(2, -1)
    columns = {name: array.ravel() for name, array in values.items()}
    table = SessionTable(n, person, session.astype(float), columns, dict.fromkeys(columns, Moment.BEFORE), "session")
    return QuestionData(table, panel, "y", processes, {"y": Direction.HIGHER_IS_WORSE})


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
