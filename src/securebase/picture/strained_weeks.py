"""The formulation in numbers: weeks of high strain and low support, and symptoms at the report after them.

It describes one client and needs no model. The weeks appear once the picture shows this client's own levels; the
symptoms after them only once it explores this client's own lagged effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

import numpy as np

from securebase.model.distributions import t_quantile
from securebase.picture.gates import GATE_THRESHOLDS
from securebase.picture.parts import GateLevel
from securebase.picture.phrases import count, join_names, number, signed_number
from securebase.picture.series import PreparedRecord

#: Weeks of each kind, followed by a report, that a comparison needs.
MIN_WEEKS = 4


OWN_MEANS = "High and low mean above and below the client’s own mean."


@dataclass(frozen=True, slots=True)
class NextSymptoms:
    """Symptoms at the next report after strained weeks less those after other weeks, in points (90% interval).

    Adjusted for the symptoms of the week itself and for time, by least squares.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StrainedWeeks:
    """Sessions whose week had strain above and support below the client's own means, of all sessions rated."""

    sessions: tuple[int, ...]
    rated: int
    after: NextSymptoms | None = None


def strained_weeks(prepared: PreparedRecord) -> StrainedWeeks | None:
    """Return the strained weeks; None below the gate of own levels, or without ratings of both."""
    if not prepared.shows_estimates:
        return None
    strain, support = (_by_session(prepared, name) for name in ("interpersonal_stress", "social_support"))
    rated = sorted(set(strain) & set(support))
    if not rated:
        return None
    usual_strain, usual_support = fmean(strain[n] for n in rated), fmean(support[n] for n in rated)
    sessions = tuple(n for n in rated if strain[n] > usual_strain and support[n] < usual_support)
    explores = prepared.gate.level >= GateLevel.EXPLORATION
    return StrainedWeeks(sessions, len(rated), _next_symptoms(prepared, rated, sessions) if explores else None)


def _by_session(prepared: PreparedRecord, construct: str) -> Mapping[int, float]:
    return {r.session: r.value for r in prepared.series[construct].reported if r.session is not None}


def _next_symptoms(prepared: PreparedRecord, rated: list[int], strained: tuple[int, ...]) -> NextSymptoms | None:
    """Regress symptoms at session n + 1 on: strained in week n (0/1), symptoms at session n, n. None with few weeks."""
    symptoms = _by_session(prepared, "symptoms")
    weeks = [n for n in rated if n in symptoms and n + 1 in symptoms]
    is_strained = np.array([n in strained for n in weeks], dtype=float)
    if min(is_strained.sum(), (1 - is_strained).sum()) < MIN_WEEKS:
        return None
    design = np.column_stack([is_strained, [symptoms[n] for n in weeks], weeks, np.ones(len(weeks))])
    after = np.array([symptoms[n + 1] for n in weeks])
    coefficients, _, rank, _ = np.linalg.lstsq(design, after, rcond=None)
    df = len(weeks) - design.shape[1]
    if rank < design.shape[1] or df < 1:
        return None
    residuals = after - design @ coefficients
    variance = float(residuals @ residuals) / df * np.linalg.inv(design.T @ design)[0, 0]
    value, half = float(coefficients[0]), t_quantile(0.95, df) * sqrt(float(variance))
    return NextSymptoms(value, value - half, value + half)


def strained_weeks_line(prepared: PreparedRecord) -> str:
    """Return one line for the page of the formulation, or what is still needed for it."""
    part, paired = strained_weeks(prepared), prepared.gate.paired
    needed = GATE_THRESHOLDS[GateLevel.COHORT]
    if not prepared.shows_estimates:
        return f"Weeks of high strain and low support are shown from {needed} complete sessions ({paired} so far)."
    if part is None:
        return "Strain and support have not been rated for the same weeks yet."
    return f"{describe_weeks(part)} {OWN_MEANS} {_describe_after(part, prepared)}"


def describe_weeks(part: StrainedWeeks) -> str:
    """Name the sessions that followed a week of high strain and low support."""
    if not part.sessions:
        return f"None of the {count(part.rated, 'rated week')} had both high strain and low support."
    names = join_names([str(n) for n in part.sessions])
    weeks = f"week before session {names}" if len(part.sessions) == 1 else f"weeks before sessions {names}"
    return f"High strain and low support in the {weeks}."


def _describe_after(part: StrainedWeeks, prepared: PreparedRecord) -> str:
    needed = GATE_THRESHOLDS[GateLevel.EXPLORATION]
    if prepared.gate.level < GateLevel.EXPLORATION:
        return f"Symptoms after such weeks are shown from {needed} complete sessions ({prepared.gate.paired} so far)."
    if part.after is None:
        return "There are too few such weeks to compare the symptoms that followed."
    low, high = number(part.after.low), number(part.after.high)
    difference = f"{signed_number(part.after.value)} points (90% interval {low} to {high})"
    return f"Next symptom report compared with other weeks: {difference}, adjusted for current symptoms and the trend."
