"""Public data from the folder SECUREBASE_REFERENCE, and recorded times of other programs."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from securebase.model.panel import Panel

#: processor seconds recorded on one idle core for the same work, with standard errors
RECORDED = {
    "ctsem": 16.5,
    "OpenMx": 22.7,
    "ctsem, 6 constructs": 120.0,
    "nlme": 3.5875,
}


def folder() -> Path | None:
    named = os.environ.get("SECUREBASE_REFERENCE")
    return Path(named) if named else None


def panel(file: str, person: str, time: str, columns: Sequence[str], unit: tuple[str, float]) -> Panel | None:
    """Return the first row of each person and time of a table, None without the folder. unit: name, days."""
    root = folder()
    if root is None:
        return None
    rows: dict[str, dict[float, list[float]]] = {}
    with (root / "data" / file).open(newline="") as stream:
        for row in csv.DictReader(stream):
            scores = [float(row[c]) if row[c] not in ("", "NA") else np.nan for c in columns]
            rows.setdefault(row[person], {}).setdefault(float(row[time]), scores)
    times = [np.array(sorted(times_of_person)) for times_of_person in rows.values()]
    return Panel(
        persons=tuple(rows),
        constructs=tuple(columns),
        starts=np.concatenate([[0], np.cumsum([len(t) for t in times])]).astype(np.int64),
        times=np.concatenate(times),
        scores=np.array([times_of_person[t] for times_of_person in rows.values() for t in sorted(times_of_person)]),
        wave=np.full(sum(len(t) for t in times), -1, dtype=np.int64),
        time_unit=unit[0],
        days_per_unit=unit[1],
    )
