"""What this data cannot tell, computed from its size and shape: sentences with numbers in them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import stats

from securebase.records.vocabulary import Moment
from securebase.study.phrases import number
from securebase.study.reciprocal import LagFinding
from securebase.study.result import Size, StudyRequest
from securebase.study.table import SessionTable
from securebase.study.therapists import FEW_THERAPISTS
from securebase.study.variance import VarianceRow

#: robust standard errors are known to be too small with fewer persons than this
_FEW_PERSONS = 40


def limits(
    table: SessionTable,
    asked: StudyRequest,
    size: Size,
    variance: tuple[VarianceRow, ...],
    lags: tuple[LagFinding, ...],
) -> tuple[str, ...]:
    """One sentence a limit; those that always hold come last."""
    found = [
        *_adjustments(asked),
        *_smallest_effects(lags, asked.labels),
        *_short_courses(table, lags, asked),
        *_few_persons(size),
        *_left_out(lags, asked.labels),
        *_missing(table, variance),
        *_order(asked),
        *_how_many(lags),
    ]
    return (*found, *_ALWAYS)


_ALWAYS = (
    "Nobody was assigned to a process by chance. A lag says what tends to come first, not what brings it about: a "
    "hidden event that moves both, one a little earlier than the other, looks the same.",
    "Scores contain error of measurement. The lags take scores as they are, which pulls them towards zero and leaves "
    "part of the past uncontrolled; only the fitted model separates error from movement.",
    "These are averages over persons. They do not say what holds for one of them.",
    "Missing values are taken to be missing for reasons that the recorded values explain. Persons who leave because "
    "of how they feel at that moment break this.",
)


def _adjustments(asked: StudyRequest) -> list[str]:
    """What only the fitted models take account of, and what of it cannot bear on a lag."""
    found = []
    if asked.covariates:
        found.append(
            f"{', '.join(asked.covariates)}: usual levels in the fitted models are adjusted for it. The lags compare "
            "each person with themselves, so that what never changes in a person drops out; whether lags differ "
            "between kinds of persons is not looked at."
        )
    if asked.inputs:
        found.append(
            f"{', '.join(asked.inputs)}: what was done pushes the columns in the fitted models only. The lags take no "
            "account of it. Unless chance decided who got how much of it and when, its effect is what tended to follow."
        )
    several = [c for c in (asked.outcome, *asked.processes) if sum(its == c for _, its in asked.indicators) > 1]
    for construct in several:
        first, *others = (name for name, its in asked.indicators if its == construct)
        found.append(f"{asked.label(construct)}: the lags read {first} alone; the models read {', '.join(others)} too.")
    if asked.n_therapists is not None:
        few = ", too few for errors clustered by them to be trusted" if asked.n_therapists < FEW_THERAPISTS else ""
        found.append(
            f"Clients have {asked.n_therapists} therapists{few}. In the fitted models clients of one therapist share a "
            "level; that therapists differ in how things move in their clients is not looked at."
        )
    return found


def _smallest_effects(lags: tuple[LagFinding, ...], labels: Mapping[str, str]) -> list[str]:
    """The lag that would be found four times in five: (t.975 + z.80) standard errors."""
    found = []
    for lag in lags:
        if not lag.toward_outcome or lag.main.detrended is None:
            continue
        d = lag.main.detrended
        least = (stats.t.ppf(0.975, d.n_persons - 1) + stats.norm.ppf(0.8)) * d.standard_error
        found.append(
            f"{labels.get(lag.link.earlier, lag.link.earlier)}: with {d.n_pairs:,} pairs from {d.n_persons:,} persons, "
            f"a true lag smaller than about {number(float(least))} (own line taken out) would be missed more often "
            "than one time in five."
        )
    return found


def _short_courses(table: SessionTable, lags: tuple[LagFinding, ...], asked: StudyRequest) -> list[str]:
    """Nickell's bias of the own past, by its usual approximation, at the median number of values."""
    there = np.isfinite(table.values[asked.outcome])
    count = np.bincount(table.person[there], minlength=table.n_persons)
    usual = float(np.median(count[count > 1])) if (count > 1).any() else 0.0
    own = next((x.main for x in lags if x.toward_outcome and x.main.centred and x.main.detrended), None)
    if usual < 3 or own is None or own.centred is None or own.detrended is None:
        return []
    mean = (1 + own.centred.own_past) / usual
    line = 2 * (1 + own.detrended.own_past) / usual
    return [
        f"Courses are short: half of the persons have {usual:.0f} values of {asked.label(asked.outcome)} or fewer. "
        f"Taking out a mean from so few lowers what a column seems to carry over from itself by about {number(mean)}, "
        f"taking out a line by about {number(line)}, and can move the lag between two columns too. The row “corrected "
        "for short courses” shows how much this may matter; it supposes that one straight line holds over a whole "
        "course, and overcorrects where courses bend."
    ]


def _few_persons(size: Size) -> list[str]:
    if size.n_persons >= _FEW_PERSONS:
        return []
    return [
        f"With {size.n_persons} persons, standard errors that allow for persons are themselves uncertain and rather "
        "too small."
    ]


def _left_out(lags: tuple[LagFinding, ...], labels: Mapping[str, str]) -> list[str]:
    lost = {f"{labels.get(x.link.earlier, x.link.earlier)}": x.main.persons_lost for x in lags if x.toward_outcome}
    parts = [f"{count} from {name}" for name, count in lost.items() if count]
    if not parts:
        return []
    return [f"Taking out lines needs three values a person; persons that fall out for this: {', '.join(parts)}."]


def _missing(table: SessionTable, variance: tuple[VarianceRow, ...]) -> list[str]:
    parts = [f"{row.label} at {row.n_missing / table.n_rows:.0%}" for row in variance if row.n_missing]
    if not parts:
        return []
    return [f"Values are missing for {', '.join(parts)} of the {table.n_rows:,} sessions in the table."]


def _order(asked: StudyRequest) -> list[str]:
    before = [asked.label(c) for c, m in asked.moments.items() if m == Moment.BEFORE]
    after = [asked.label(c) for c, m in asked.moments.items() if m == Moment.AFTER]
    if not (before and after):
        return []
    return [
        f"The order within a session was taken as stated: {', '.join(before)} before it, {', '.join(after)} after or "
        "during it. If this is wrong, the lags from what comes before to what comes after are no lags."
    ]


def _how_many(lags: tuple[LagFinding, ...]) -> list[str]:
    tests = 2 * len(lags)
    if tests < 4:
        return []
    return [
        f"{tests} lags are tested at .05 and none is corrected for this; where nothing was there, "
        f"{number(1 - 0.95**tests)} would be the chance of at least one below .05 (if the tests were independent)."
    ]
