"""Outcomes of a course: symptoms, functioning, wellbeing, relationships and resilience, each with reliable change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from securebase.measurement.change import score_change
from securebase.model.parameter_set import ParameterSet
from securebase.picture.phrases import join_names, number, threshold_points
from securebase.picture.series import Measure, find_measure
from securebase.records.episode import ScoreRecord
from securebase.records.vocabulary import Respondent

#: Outcomes with the constructs that can represent each; of several asked equally often, the first is used.
OUTCOMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Symptoms", ("symptoms",)),
    ("Functioning", ("functioning_impairment",)),
    ("Wellbeing", ("wellbeing",)),
    ("Relationships", ("interpersonal_problems", "perceived_support", "intimacy")),
    ("Resilience", ("resilience",)),
)
#: The outcome that is listed only if it was asked; the other four always are.
ONLY_IF_ASKED = "Resilience"
NOT_KNOWN = "not known yet"
NOT_ASKED = "not asked yet"
#: Shown once beside outcomes whose change is not known yet.
WHY_NOT_KNOWN = f"“{NOT_KNOWN.capitalize()}”: asked only once, or on a scale whose measurement error is not known."
_VERDICTS = {
    "improved": "reliable improvement",
    "worse": "reliable deterioration",
    "within_error": "within measurement error",
}
_BRIEF = _VERDICTS | {"improved": "reliably better", "worse": "reliably worse"}


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """One outcome on the scale that was asked most often: number of scores, first and last one, and their change.

    verdict, threshold: of reliable change; None with fewer than two scores, or where the threshold is not known.
    """

    name: str
    measure: str = ""
    asked: int = 0
    first: float | None = None
    last: float | None = None
    verdict: str | None = None
    threshold: float | None = None


def outcome_changes(
    scores: Iterable[ScoreRecord], symptom_measure: Measure, parameter_set: ParameterSet
) -> tuple[OutcomeChange, ...]:
    """Return the outcomes of a course from the client's scores; symptoms on the measure that the course follows."""
    by_client = sorted((s for s in scores if s.respondent is Respondent.CLIENT), key=lambda s: s.at)
    outcomes = []
    for name, constructs in OUTCOMES:
        own = [s for s in by_client if s.construct in constructs]
        if name == "Symptoms":
            own = [s for s in own if (s.instrument, s.scale) == symptom_measure]
        if own or name != ONLY_IF_ASKED:
            outcomes.append(_outcome(name, constructs, own, parameter_set))
    return tuple(outcomes)


def _outcome(
    name: str, constructs: Sequence[str], scores: Sequence[ScoreRecord], parameter_set: ParameterSet
) -> OutcomeChange:
    if not scores:
        return OutcomeChange(name)
    counts = Counter((s.construct, s.instrument, s.scale) for s in scores)
    chosen = max(counts, key=lambda key: (counts[key], -constructs.index(key[0])))
    series = [s.value for s in scores if (s.construct, s.instrument, s.scale) == chosen]
    instrument, scale = find_measure(chosen[1:], parameter_set)
    measure = chosen[2]
    if instrument is not None and scale is not None:
        measure = scale.label.lower() if instrument.own_wording else instrument.name
    if len(series) < 2 or scale is None:
        return OutcomeChange(name, measure, len(series), series[0], series[-1])
    change = score_change(scale, series[0], series[-1])
    return OutcomeChange(name, measure, len(series), series[0], series[-1], change.verdict, change.threshold)


def outcome_facts(outcomes: Sequence[OutcomeChange]) -> tuple[tuple[str, str], ...]:
    """Return name and description of each outcome: first and last score, and reliable change."""
    return tuple((outcome.name, _describe(outcome)) for outcome in outcomes)


def _describe(outcome: OutcomeChange) -> str:
    """Return a phrase such as “17 → 7 (PHQ-9): reliable improvement, threshold 6 points”."""
    if outcome.first is None or outcome.last is None:
        return NOT_ASKED
    values = number(outcome.first) if outcome.asked == 1 else f"{number(outcome.first)} → {number(outcome.last)}"
    measure = "" if outcome.measure == outcome.name.lower() else f" ({outcome.measure})"
    limit = "" if outcome.threshold is None else f", threshold {threshold_points(outcome.threshold)}"
    return f"{values}{measure}: {_VERDICTS.get(outcome.verdict or '', NOT_KNOWN)}{limit}"


def why_not_known(outcomes: Sequence[OutcomeChange]) -> str:
    """Return why the change of some outcomes is not known yet; empty if there are none."""
    return WHY_NOT_KNOWN if any(o.asked and o.verdict in {None, "unknown"} for o in outcomes) else ""


def outcomes_line(outcomes: Sequence[OutcomeChange]) -> str:
    """Return one line on the outcomes besides symptoms, such as “Functioning not asked yet”."""
    groups: dict[str, list[str]] = {}
    for outcome in outcomes[1:]:
        state = NOT_ASKED if outcome.asked == 0 else _BRIEF.get(outcome.verdict or "", NOT_KNOWN)
        groups.setdefault(state, []).append(outcome.name.lower())
    line = "; ".join(f"{join_names(names)} {state}" for state, names in groups.items())
    return f"{line[0].upper()}{line[1:]}." if line else ""
