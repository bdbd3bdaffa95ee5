"""Outcomes of a course, from symptoms to the life situation, each with reliable change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from securebase.measurement.catalogue import measure_subject
from securebase.measurement.change import change_rules
from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.measurement.course_outcome import CourseOutcome, OutcomeStatement, course_outcome
from securebase.measurement.rotation import ROTATION
from securebase.model.parameter_set import ParameterSet
from securebase.picture.fluctuation import ChangeOfLevel
from securebase.picture.phrases import join_names, number, threshold_points
from securebase.picture.series import Measure, find_measure
from securebase.picture.slow_lines import answers_in_turn, slow_line
from securebase.records.episode import AdministrationRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

#: Outcomes with the constructs that can represent each; of several asked equally often, the first is used, and of a
#: construct's scales the one that was begun last.
OUTCOMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Symptoms", ("symptoms",)),
    ("Functioning", ("functioning_impairment",)),
    ("Wellbeing", ("wellbeing",)),
    ("Relationships", ("interpersonal_problems", "perceived_support", "intimacy")),
    ("Resilience", ("resilience",)),
    ("Life situation", ("life_situation",)),
)
#: Outcomes that are listed only if they were asked; the other four always are.
ONLY_IF_ASKED = frozenset({"Resilience", "Life situation"})
NOT_KNOWN = "not known yet"
NOT_ASKED = "not asked yet"
#: Shown once beside outcomes whose change is not known yet.
WHY_NOT_KNOWN = f"“{NOT_KNOWN.capitalize()}”: asked too rarely, or on a scale whose measurement error is not known."
_VERDICTS = {
    "improved": "reliable improvement",
    "worse": "reliable deterioration",
    "within_error": "within measurement error",
    "within_fluctuation": "within error and fluctuation",
}
_BRIEF = _VERDICTS | {
    "improved": "reliably better",
    "worse": "reliably worse",
    "within_fluctuation": "within error",
}


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """One outcome on the scale that was asked most often: number of scores, first and last one, and their change.

    verdict, threshold: of reliable change; None with fewer than two scores, or where the threshold is not known.
    ending: clinically significant change, response, remission and sudden gains or losses, as far as the instrument's
    thresholds tell.
    """

    name: str
    measure: str = ""
    asked: int = 0
    first: float | None = None
    last: float | None = None
    verdict: str | None = None
    threshold: float | None = None
    ending: tuple[str, ...] = ()


def outcome_changes(
    administrations: Sequence[AdministrationRecord], symptom_measure: Measure, parameter_set: ParameterSet
) -> tuple[OutcomeChange, ...]:
    """Return the outcomes of a course from what the client answered, with times in days.

    Symptoms are those of the measure that the course follows; the row has the name of what that measure is about, and
    takes the place of another row about the same construct. Questions that check-ins ask in turn are compared as on
    the page of slow constructs: means of both questions, against error and ordinary fluctuation.
    """
    own_administrations = [a for a in administrations if a.respondent is Respondent.CLIENT]
    by_client = sorted((s for a in own_administrations for s in a.scores), key=lambda s: s.at)
    followed = [s for s in by_client if (s.instrument, s.scale) == symptom_measure]
    construct = followed[0].construct if followed else "symptoms"
    name = "Symptoms" if construct == "symptoms" else measure_subject(*symptom_measure)
    outcomes = [_outcome(name, (construct,), followed, parameter_set, own_administrations)]
    for name, constructs in OUTCOMES[1:]:
        own = [s for s in by_client if s.construct in constructs]
        if construct not in constructs and (own or name not in ONLY_IF_ASKED):
            outcomes.append(_outcome(name, constructs, own, parameter_set, own_administrations))
    return tuple(outcomes)


def _outcome(
    name: str,
    constructs: Sequence[str],
    scores: Sequence[ScoreRecord],
    parameter_set: ParameterSet,
    administrations: Sequence[AdministrationRecord],
) -> OutcomeChange:
    if not scores:
        return OutcomeChange(name)
    counts = Counter((s.construct, s.instrument, s.scale) for s in scores)
    chosen = max(reversed(counts), key=lambda key: (counts[key], -constructs.index(key[0])))
    series = [s.value for s in scores if (s.construct, s.instrument, s.scale) == chosen]
    instrument, scale = find_measure(chosen[1:], parameter_set)
    measure = chosen[2]
    if instrument is not None and scale is not None:
        measure = scale.label.lower() if instrument.own_wording else instrument.name
    if chosen[1] == ROTATION and scale is not None and len(scale.items) > 1:
        return _in_turn(name, chosen[0], measure, administrations)
    outcome = course_outcome(series, change_rules(scale)) if scale is not None else None
    if outcome is None:
        return OutcomeChange(name, measure, len(series), series[0], series[-1])
    change, ending = outcome.change, _ending(outcome)
    return OutcomeChange(
        name, measure, len(series), outcome.first, outcome.last, change.verdict, change.threshold, ending
    )


def _ending(outcome: CourseOutcome) -> tuple[str, ...]:
    """Return what was reached by the last score; after reliable improvement, also that an end was not reached."""
    improved, parts = outcome.change.verdict == "improved", []
    for statement in (OutcomeStatement.RECOVERY, OutcomeStatement.RESPONSE, OutcomeStatement.REMISSION):
        holds = outcome.holds(statement)
        if holds:
            parts.append(statement.value)
        elif improved and holds is False and statement is not OutcomeStatement.RECOVERY:
            parts.append(f"no {statement.value}")
    sudden = outcome.sudden
    if sudden is not None:
        parts += [f"sudden gain{' (reversed later)' * sudden.gain_reversed}"] * sudden.gain
        parts += [f"sudden worsening{' (reversed later)' * sudden.loss_reversed}"] * sudden.loss
    return tuple(parts)


def _in_turn(name: str, construct: str, measure: str, administrations: Sequence[AdministrationRecord]) -> OutcomeChange:
    """Return the change of a scale whose questions are asked in turn, between means of both questions."""
    line, asked = slow_line(administrations, construct), len(answers_in_turn(administrations, construct))
    if not line.pairs:
        return OutcomeChange(name, measure, asked)
    first, last = line.pairs[0].value, line.pairs[-1].value
    if line.change is None or line.change.result is ChangeOfLevel.TOO_COARSE:
        return OutcomeChange(name, measure, asked, first, last)
    better = CONSTRUCTS[construct].direction is Direction.HIGHER_IS_BETTER
    rose = line.change.result is ChangeOfLevel.HIGHER
    verdict = ("improved" if rose == better else "worse") if line.change.is_claimed else "within_fluctuation"
    return OutcomeChange(name, measure, asked, first, last, verdict, line.change.threshold)


def outcome_facts(outcomes: Sequence[OutcomeChange]) -> tuple[tuple[str, str], ...]:
    """Return name and description of each outcome: first and last score, and reliable change."""
    return tuple((outcome.name, _describe(outcome)) for outcome in outcomes)


def _describe(outcome: OutcomeChange) -> str:
    """Return a phrase such as “17 → 7 (PHQ-9): reliable improvement, threshold 6 points”."""
    if outcome.first is None or outcome.last is None:
        return NOT_KNOWN if outcome.asked else NOT_ASKED
    # two answers in turn have one mean, which is first and last
    one = outcome.asked == 1 or (outcome.verdict is None and outcome.first == outcome.last)
    values = number(outcome.first) if one else f"{number(outcome.first)} → {number(outcome.last)}"
    measure = "" if outcome.measure == outcome.name.lower() else f" ({outcome.measure})"
    limit = "" if outcome.threshold is None else f", threshold {threshold_points(outcome.threshold)}"
    ending = f"; {', '.join(outcome.ending)}" if outcome.ending else ""
    return f"{values}{measure}: {_VERDICTS.get(outcome.verdict or '', NOT_KNOWN)}{limit}{ending}"


def why_not_known(outcomes: Sequence[OutcomeChange]) -> str:
    """Return why the change of some outcomes is not known yet; empty if there are none."""
    return WHY_NOT_KNOWN if any(o.asked and o.verdict in {None, "unknown"} for o in outcomes) else ""


def outcomes_line(outcomes: Sequence[OutcomeChange]) -> str:
    """Return a line on the outcomes but the first, like “Wellbeing reliably better; others not known yet”."""
    groups: dict[str, list[str]] = {}
    for outcome in outcomes[1:]:
        state = NOT_ASKED if outcome.asked == 0 else _BRIEF.get(outcome.verdict or "", NOT_KNOWN)
        groups.setdefault(state, []).append(outcome.name.lower())
    known = [f"{join_names(names)} {state}" for state, names in groups.items() if state not in {NOT_ASKED, NOT_KNOWN}]
    unknown = [state for state in (NOT_KNOWN, NOT_ASKED) if state in groups]
    if unknown:
        known.append(f"{'others' if known else f'besides {outcomes[0].name.lower()},'} {unknown[0]}")
    line = "; ".join(known)
    return f"{line[0].upper()}{line[1:]}." if line else ""
