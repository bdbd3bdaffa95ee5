"""Verdicts of designs that settle an order, in plain sentences, with figures and what would explain them away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from securebase.study.design_verdict import AssignmentReadings, DesignVerdict, SessionReadings, SettlingDesign
from securebase.study.phrases import number, p_value
from securebase.study.verdicts.before_and_after import Doubt
from securebase.study.verdicts.identifying import MIN_IDENTIFYING
from securebase.study.verdicts.randomised import EQUIVALENT, MIN_PERSONS, AssignmentRefusal
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung

Label = Callable[[str], str]

DESIGN_LABELS: Mapping[SettlingDesign, str] = {
    SettlingDesign.BEFORE_AND_AFTER: "both rated before and after each session",
    SettlingDesign.ASSIGNED: "assigned by chance",
}


def design_in_words(verdict: DesignVerdict, label: Label) -> str:
    """Return a verdict as one to four sentences."""
    words = _session_words if verdict.design is SettlingDesign.BEFORE_AND_AFTER else _assigned_words
    return words(verdict, label(verdict.earlier), label(verdict.later))


def occasion_in_words(verdict: DesignVerdict) -> str:
    """Return when the later column is rated."""
    return {"same": "same session", "next": "next session", "last": "last rating"}[verdict.occasion]


def estimate_in_words(verdict: DesignVerdict) -> str:
    """Return the estimate with its 95% interval; a dash if there is none."""
    if verdict.estimate is None or verdict.interval is None:
        return "–"
    show = _points if verdict.unit == "points" else number
    points = " points" if verdict.unit == "points" else ""
    return f"{show(verdict.estimate)}{points} ({show(verdict.interval[0])} to {show(verdict.interval[1])})"


def _session_words(verdict: DesignVerdict, x: str, y: str) -> str:
    higher = "higher" if (verdict.estimate or 0.0) > 0 else "lower"
    tests = _tests(verdict)
    if verdict.rung is Rung.LEADS:
        return (
            f"Above-average {x} before a session tends to come before {higher} {y} after it{tests}. Both columns were "
            "rated before and after each session, so causes that act between sessions do not explain this if they show "
            f"in {y} as much before the session as after it. A hidden cause that shows in {x} before the session but "
            f"in {y} later or more strongly after it can give the same result, and so can ratings of {y} before the "
            f"session that are older than those of {x}."
        )
    if verdict.rung is Rung.TOGETHER:
        return (
            f"{x} and {y} change together within the session{tests}: each follows the other, or both return to their "
            "usual level or use another part of their scales after it. Which comes first is not known."
        )
    if verdict.rung is Rung.CONTRADICTED:
        return (
            f"{x} before {y}, within the session: contradicted. The change within the session has the opposite sign to "
            "the association of the columns, as happens when a session relieves a state that only one of them shows."
        )
    if verdict.rung is Rung.REFUSED:
        return (
            f"{x} before {y}, within the session: refused. {verdict.n_persons:,} persons have ratings before and "
            f"after a session and an earlier rating; {MIN_IDENTIFYING:.0f} are needed."
        )
    if verdict.other_leads:
        return (
            f"{x} before {y}, within the session: inconclusive. This design can detect only the stronger of two "
            "directions."
        )
    assert isinstance(verdict.readings, SessionReadings)
    doubt = "" if verdict.readings.doubt is None else _DOUBTS[verdict.readings.doubt].format(x=x, y=y)
    return f"{x} before {y}, within the session: inconclusive{tests}.{doubt}{_would_decide(verdict)}"


def _assigned_words(verdict: DesignVerdict, x: str, y: str) -> str:
    if verdict.rung is Rung.REFUSED:
        return f"{x}, assigned by chance: refused. {_REASONS[_reason(verdict)](verdict, x, y)}"
    when = {"same": f"{y} later in the session", "next": f"{y} at the next session", "last": f"the last rating of {y}"}
    arms = verdict.occasion == "last"
    basis, each = (", given the first rating", ", to each person alone,") if arms else ("", "")
    if verdict.rung is Rung.RANDOMISED:
        estimate = verdict.estimate or 0.0
        higher = "higher" if estimate > 0 else "lower"
        return (
            f"Per unit of {x}, {when[verdict.occasion]} was {_points(abs(estimate))} points {higher} on "
            f"average{basis}{_tests(verdict)}. This assumes that {x} was assigned by chance{each or ','} and that "
            "the same kinds of ratings are missing whatever was assigned. Three tests do not clearly contradict this: "
            f"whether earlier ratings predict {x} ({p_value(_readings(verdict).p_past)}), and whether {x} predicts "
            f"whose ratings are missing ({p_value(_readings(verdict).p_missing)}) or after which ratings the next one "
            f"is missing ({p_value(_readings(verdict).p_selective)})."
        )
    if _readings(verdict).withheld:
        return f"{x}, assigned by chance: inconclusive{_tests(verdict)}. {_selective_missing(verdict, x, y)}"
    return (
        f"{x}, assigned by chance: inconclusive. No difference in {when[verdict.occasion]} was detected"
        f"{_tests(verdict)}.{_equivalence(verdict)}{_would_decide(verdict)}"
    )


def _equivalence(verdict: DesignVerdict) -> str:
    """Return which differences between arms are excluded, and whether the arms are equivalent."""
    excluded = verdict.equivalence
    if excluded is None or excluded.sd == 0:
        return ""
    equivalent = "are" if excluded.p < LEVEL else "are not shown to be"
    sds = number(excluded.margin / excluded.sd)
    return (
        f" Differences beyond {_points(excluded.margin)} points ({sds} SDs) are excluded; the arms {equivalent} "
        f"equivalent within {number(EQUIVALENT)} SDs (two one-sided tests, {p_value(excluded.p)})."
    )


def _points(x: float) -> str:
    return f"{x:.2f}".replace("-", "−")


def _tests(verdict: DesignVerdict) -> str:
    """Return estimate, interval and p values in parentheses."""
    parts = []
    if verdict.estimate is not None and verdict.interval is not None and verdict.rung is not Rung.TOGETHER:
        show = _points if verdict.unit == "points" else number
        parts.append(
            f"{show(verdict.estimate)}, 95% interval {show(verdict.interval[0])} to {show(verdict.interval[1])}"
        )
    if verdict.p is not None and verdict.p_adjusted is not None:
        parts.append(f"{p_value(verdict.p)}, corrected {p_value(verdict.p_adjusted)}")
    parts.append(f"{verdict.n_persons:,} persons, effectively {verdict.n_identifying:,.0f}")
    return f" ({'; '.join(parts)})"


def _would_decide(verdict: DesignVerdict) -> str:
    if verdict.would_settle is None:
        return ""
    persons = f"{verdict.would_settle:,} persons"
    return f" If the effect is as large as estimated, about {persons} would give 80% power."


def _readings(verdict: DesignVerdict) -> AssignmentReadings:
    assert isinstance(verdict.readings, AssignmentReadings)
    return verdict.readings


def _reason(verdict: DesignVerdict) -> AssignmentRefusal:
    assert isinstance(verdict.reason, AssignmentRefusal)
    return verdict.reason


def _few_persons(verdict: DesignVerdict, x: str, y: str) -> str:
    return f"{verdict.n_persons:,} persons have the ratings of {y} that are compared; {MIN_PERSONS} are needed."


def _hardly_varies(verdict: DesignVerdict, x: str, _y: str) -> str:
    return (
        f"{x} varies in too few persons: effectively {verdict.n_identifying:,.0f} of {verdict.n_persons:,}, where "
        f"{MIN_IDENTIFYING:.0f} are needed."
    )


def _told_by_the_past(verdict: DesignVerdict, x: str, y: str) -> str:
    return (
        f"{x} was not assigned by chance: earlier ratings of {y} predict it ({p_value(_readings(verdict).p_past)}). "
        f"Whatever follows {x} may stem from what these ratings show."
    )


def _told_by_missing(verdict: DesignVerdict, x: str, y: str) -> str:
    readings = _readings(verdict)
    consequence = f"whether the next rating of {y} is missing" if readings.within_persons else f"how long {y} is rated"
    p = p_value(readings.p_missing)
    return f"{x} predicts {consequence} ({p}), so the persons compared may differ in more than {x}."


def _selective_missing(verdict: DesignVerdict, x: str, y: str) -> str:
    return (
        f"Which ratings of {y} are followed by a missing one seems to depend on {x} "
        f"({p_value(_readings(verdict).p_selective)}). The remaining ratings may differ for this reason alone."
    )


def _no_first_rating(_verdict: DesignVerdict, x: str, y: str) -> str:
    return (
        f"{y} is first rated after the first session, so there is no rating before {x} began. Rate {y} before "
        "the first session (--asked-before)."
    )


def _by_therapist(_verdict: DesignVerdict, x: str, y: str) -> str:
    return (
        f"All clients of a therapist have the same {x}, so therapists were assigned, not clients. A difference in {y} "
        f"may be one between therapists. Assign {x} to each client by chance."
    )


_DOUBTS: Mapping[Doubt, str] = {
    Doubt.SCALE: (
        " The change in {y} within the session is related to {x} before it, but no more than if the rating of {y} "
        "after the session merely used more or less of the scale."
    ),
    Doubt.TIMING: (
        " The change in {y} within the session is related to {x} before it, but not significantly to {x} at the "
        "previous session. Ratings of {y} before the session that are older than those of {x} would give the same "
        "result."
    ),
}
_REASONS: Mapping[AssignmentRefusal, Callable[[DesignVerdict, str, str], str]] = {
    AssignmentRefusal.FEW_PERSONS: _few_persons,
    AssignmentRefusal.HARDLY_VARIES: _hardly_varies,
    AssignmentRefusal.TOLD_BY_THE_PAST: _told_by_the_past,
    AssignmentRefusal.TOLD_BY_MISSING: _told_by_missing,
    AssignmentRefusal.SELECTIVE_MISSING: _selective_missing,
    AssignmentRefusal.NO_FIRST_RATING: _no_first_rating,
    AssignmentRefusal.BY_THERAPIST: _by_therapist,
}
