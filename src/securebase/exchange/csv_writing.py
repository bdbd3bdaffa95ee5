"""A cohort → a CSV file that `read_cohort` reads back. Cells that a spreadsheet would run as formulas are disarmed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.formulas import neutralised
from securebase.exchange.grid import clean
from securebase.exchange.values import is_missing
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

Measures = Mapping[str, tuple[str, str]]


def write_cohort(
    cohort: Cohort, path: str | Path, *, layout: Literal["long", "wide"] = "long", measures: Measures | None = None
) -> None:
    """Write what the client answered on the cohort's outcome and processes.

    Long: columns person, time (in the cohort's unit), then one for each construct, then arm, therapist and what was
    brought along where the cohort knows of any; what was done
    (inputs) is not written. Wide: person, then construct_n for each whole-numbered time n.
    `measures` says which (instrument, scale) to write for a construct that was measured with several.

    Raises TableError where the file could not be read back to the same.
    """
    file = Path(path).name
    names = (cohort.outcome, *cohort.processes)
    if taken := {"person", "time"} & set(names):
        raise TableError(f"a construct is called “{min(taken)}”, as is a column of its own", file=file)
    _check_persons(cohort.episodes, file)
    tables = {e.person: _by_time(cohort, e, names, measures or {}, file) for e in cohort.episodes}
    facts = {e.person: _facts(e) for e in cohort.episodes}
    beside = [n for n in dict.fromkeys(n for own in facts.values() for n in own) if n not in names]
    rows = _long(tables, names, beside, facts) if layout == "long" else _wide(tables, names, file)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    Path(path).write_bytes(text.getvalue().encode("utf-8"))


#: person → time → values in the order of the constructs
_Times = dict[float, list[float | None]]


def _facts(episode: EpisodeRecord) -> dict[str, str]:
    """What is the same on every row of a person, as far as it is known."""
    named = {"arm": episode.arm, "therapist": episode.therapist}
    known = {name: neutralised(text) for name, text in named.items() if text}
    known |= {name: _number(value) for name, value in episode.covariates.items()}
    return known | {b.name: _number(round(b.value, 4)) for b in episode.brought}


def _long(
    tables: Mapping[str, _Times],
    names: Sequence[str],
    beside: Sequence[str],
    facts: Mapping[str, Mapping[str, str]],
) -> list[list[str]]:
    header = ["person", "time", *(neutralised(n) for n in (*names, *beside))]
    return [
        header,
        *(
            [neutralised(p), _number(t), *map(_number, values), *(facts[p].get(n, "") for n in beside)]
            for p, own in tables.items()
            for t, values in own.items()
        ),
    ]


def _wide(tables: Mapping[str, _Times], names: Sequence[str], file: str) -> list[list[str]]:
    times = sorted({t for own in tables.values() for t in own})
    if any(t != int(t) or t < 0 for t in times):
        raise TableError("times are not whole numbers", file=file, advice="Write the long layout.")
    none: list[float | None] = [None] * len(names)
    header = ["person", *(f"{neutralised(n)}_{int(t)}" for n in names for t in times)]
    body = [
        [neutralised(p), *(_number(own.get(t, none)[k]) for k in range(len(names)) for t in times)]
        for p, own in tables.items()
    ]
    return [header, *body]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _check_persons(episodes: Sequence[EpisodeRecord], file: str) -> None:
    seen: set[str] = set()
    for episode in episodes:
        if episode.person in seen:
            raise TableError(f"two episodes carry the name “{episode.person}”", file=file, advice="Rename one of them.")
        if episode.person != clean(episode.person) or is_missing(neutralised(episode.person)):
            raise TableError(
                f"the name “{episode.person}” would not be read back as it is", file=file, advice="Rename the person."
            )
        seen.add(episode.person)


def _by_time(cohort: Cohort, episode: EpisodeRecord, names: Sequence[str], measures: Measures, file: str) -> _Times:
    """Values of one person by time in the cohort's unit, times ascending; moments without any value stay."""
    by_session = cohort.time_unit == "session"
    found: _Times = {}
    own = [a for a in episode.administrations if a.respondent is Respondent.CLIENT]
    for administration in sorted(own, key=lambda a: a.at):
        if by_session and administration.session is not None:
            time = float(administration.session)
        else:
            time = administration.at / cohort.days_per_unit
        values = found.setdefault(time, [None] * len(names))
        for k, name in enumerate(names):
            value = _value(administration.scores, name, episode, measures, file)
            if value is not None:
                values[k] = value
    return dict(sorted(found.items()))


def _value(
    scores: Sequence[ScoreRecord], name: str, episode: EpisodeRecord, measures: Measures, file: str
) -> float | None:
    there = [s for s in scores if s.construct == name]
    wanted = measures.get(name, episode.symptom_measure if name == "symptoms" else None)
    if wanted is not None:
        there = [s for s in there if (s.instrument, s.scale) == wanted]
    if len(there) > 1:
        raise TableError(
            f"“{name}” of “{episode.person}” has several scores at one moment",
            file=file,
            advice="Say with which instrument and scale it is to be written.",
        )
    return there[0].value if there else None
