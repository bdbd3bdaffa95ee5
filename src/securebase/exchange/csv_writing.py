"""Writer of a cohort as a CSV file that `read_cohort` reads back. Formulas are escaped against CSV injection."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from securebase.errors import TableError, check_class
from securebase.exchange.formulas import escape_formula
from securebase.exchange.grid import clean
from securebase.exchange.values import is_missing
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

Measures = Mapping[str, tuple[str, str]]


def write_cohort(
    cohort: Cohort, path: str | Path, *, layout: Literal["long", "wide"] = "long", measures: Measures | None = None
) -> None:
    r"""Write the client-rated scores of a cohort to a CSV file that `read_cohort` reads back.

    Inputs are not written. Cells that a spreadsheet would run as a formula are escaped with an apostrophe.

    Parameters
    ----------
    cohort : Cohort
        The cohort. Its outcome and processes are written, and their second ratings in a session.
    path : str or Path
        File to write (UTF-8, comma-separated). An existing file is replaced.
    layout : {"long", "wide"}, default "long"
        Long: columns person, time (in ``cohort.time_unit``) and one per construct, then arm, therapist and covariates
        where known. Wide: person, then ``construct_n`` for each whole-numbered time n.
    measures : mapping of str to (str, str), optional
        Construct → (instrument id, scale id) to write, for constructs measured with several instruments.

    Raises
    ------
    TableError
        If the file cannot be written, or could not be read back unchanged: two episodes of one name, two scores at one
        time, a construct called person or time, or a wide layout with fractional times.
    InputError
        If `cohort` is not a Cohort.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import securebase
    >>> table = b"who,session,mood\nA,1,12\nA,2,9\nB,1,15\nB,2,15\n"
    >>> cohort = securebase.read_cohort(table, person="who", time="session", outcome="mood")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     securebase.write_cohort(cohort, Path(folder) / "mood.csv", layout="wide")
    ...     print((Path(folder) / "mood.csv").read_text())
    person,mood_1,mood_2
    A,12,9
    B,15,15
    <BLANKLINE>
    """
    check_class(cohort, Cohort, "cohort", advice="Read one with securebase.read_cohort, or simulate one.")
    file = Path(path).name
    ratings = (name for pair in cohort.before_and_after.values() for name in pair)
    names = tuple(dict.fromkeys((cohort.outcome, *cohort.processes, *ratings)))
    if reserved := {"person", "time"} & set(names):
        raise TableError(
            f"construct name “{min(reserved)}” is reserved for a column", file=file, advice="Rename the construct."
        )
    _check_persons(cohort.episodes, file)
    tables = {e.person: _values_by_time(cohort, e, names, measures or {}, file) for e in cohort.episodes}
    facts = {e.person: _facts(e) for e in cohort.episodes}
    covariates = [n for n in dict.fromkeys(n for own in facts.values() for n in own) if n not in names]
    rows = _long_rows(tables, names, covariates, facts) if layout == "long" else _wide_rows(tables, names, file)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    try:
        Path(path).write_bytes(text.getvalue().encode("utf-8"))
    except OSError as error:
        raise TableError(
            f"cannot write the file ({error.strerror})", file=str(path), advice="Choose another file."
        ) from None


#: person → time → values in the order of the constructs
_TimeValues = dict[float, list[float | None]]


def _facts(episode: EpisodeRecord) -> dict[str, str]:
    """Return the known arm, therapist and covariates of a person."""
    texts = {"arm": episode.arm, "therapist": episode.therapist}
    facts = {name: escape_formula(text) for name, text in texts.items() if text}
    facts |= {name: _number(value) for name, value in episode.covariates.items()}
    return facts | {b.name: _number(round(b.value, 4)) for b in episode.brought}


def _long_rows(
    tables: Mapping[str, _TimeValues],
    names: Sequence[str],
    covariates: Sequence[str],
    facts: Mapping[str, Mapping[str, str]],
) -> list[list[str]]:
    header = ["person", "time", *(escape_formula(n) for n in (*names, *covariates))]
    return [
        header,
        *(
            [escape_formula(p), _number(t), *map(_number, values), *(facts[p].get(n, "") for n in covariates)]
            for p, table in tables.items()
            for t, values in table.items()
        ),
    ]


def _wide_rows(tables: Mapping[str, _TimeValues], names: Sequence[str], file: str) -> list[list[str]]:
    times = sorted({t for table in tables.values() for t in table})
    if any(t != int(t) or t < 0 for t in times):
        raise TableError("the wide layout needs whole-numbered times", file=file, advice='Use layout="long".')
    none: list[float | None] = [None] * len(names)
    header = ["person", *(f"{escape_formula(n)}_{int(t)}" for n in names for t in times)]
    body = [
        [escape_formula(p), *(_number(table.get(t, none)[k]) for k in range(len(names)) for t in times)]
        for p, table in tables.items()
    ]
    return [header, *body]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _check_persons(episodes: Sequence[EpisodeRecord], file: str) -> None:
    names: set[str] = set()
    for episode in episodes:
        if episode.person in names:
            raise TableError(f"two episodes have the name “{episode.person}”", file=file, advice="Rename one of them.")
        if episode.person != clean(episode.person) or is_missing(escape_formula(episode.person)):
            raise TableError(
                f"the name “{episode.person}” would not be read back unchanged", file=file, advice="Rename the person."
            )
        names.add(episode.person)


def _values_by_time(
    cohort: Cohort, episode: EpisodeRecord, names: Sequence[str], measures: Measures, file: str
) -> _TimeValues:
    """Return one person's values by time in the cohort's unit, ascending. Times without values stay."""
    by_session = cohort.time_unit == "session"
    table: _TimeValues = {}
    administrations = [a for a in episode.administrations if a.respondent is Respondent.CLIENT]
    for administration in sorted(administrations, key=lambda a: a.at):
        if by_session and administration.session is not None:
            time = float(administration.session)
        else:
            time = administration.at / cohort.days_per_unit
        values = table.setdefault(time, [None] * len(names))
        for k, name in enumerate(names):
            value = _value(administration.scores, name, episode, measures, file)
            if value is not None:
                values[k] = value
    return dict(sorted(table.items()))


def _value(
    scores: Sequence[ScoreRecord], name: str, episode: EpisodeRecord, measures: Measures, file: str
) -> float | None:
    candidates = [s for s in scores if s.construct == name]
    measure = measures.get(name, episode.symptom_measure if name == "symptoms" else None)
    if measure is not None:
        candidates = [s for s in candidates if (s.instrument, s.scale) == measure]
    if len(candidates) > 1:
        raise TableError(
            f"“{name}” of “{episode.person}” has several scores at one time",
            file=file,
            advice="Choose instrument and scale with `measures`.",
        )
    return candidates[0].value if candidates else None
