"""What bends a lag, in plain sentences without figures, and the figures they rest on."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.study.moderation import BendEstimate, BendFinding, SimpleSlope
from securebase.study.phrases import number, p_value, when
from securebase.study.reciprocal import AssociationVerdict

#: what the sentence cannot say
ALIKE = "A gate, below which nothing happens, and a gradual change look alike here."
_WHERE = {
    (True, False): "at the 5th and 95th percentile",
    (False, False): "where the moderator is one SD lower and higher than usual",
    (False, True): "in persons one SD below and above the mean of all",
}
RESTS = "it rests on a shared course, or on a bend of one of the columns by itself."


def bend_in_words(finding: BendFinding, labels: Mapping[str, str]) -> str:
    """What the three estimates say of one question, without figures."""
    asked = finding.question
    x, y, m = (labels.get(name, name) for name in (asked.process, asked.outcome, asked.moderator))
    later = f"{y} {when(asked.link.step)}"
    first, second = finding.centred, finding.detrended
    what = f"the lag from {x} to {y} is straight" if asked.curvature else f"{m} bends the lag from {x} to {y}"
    if first is None or second is None:
        return f"Whether {what}: cannot be estimated here (too few pairs of sessions, or nothing that varies)."
    if finding.verdict is AssociationVerdict.CANNOT_TELL:
        return f"Whether {what} cannot be told."
    if finding.verdict is AssociationVerdict.FADES:
        seen = what.replace(" is straight", " is not straight")
        return f"It looks as if {seen}, but this fades as more is taken out: {RESTS}"
    shape = _curve(second, x, later) if asked.curvature else _moderated(second, x, later, m, between=asked.between)
    return f"{shape} {_standing(finding)}"


def bend_figures_in_words(finding: BendFinding) -> str:
    """The change of the lag in three forms, and the lag itself where the moderator is low and where it is high."""
    if finding.centred is None or finding.detrended is None:
        return ""
    guard = "common course and single bends out too"
    if finding.question.curvature:
        guard = "common course out too"
    said = [f"own mean out {_error(finding.centred)}", f"own line out {_error(finding.detrended)}"]
    if finding.guard is not None:
        said.append(f"{guard} {_error(finding.guard)}")
    low, _, high = finding.detrended.slopes
    least = "" if finding.least is None else f" A change smaller than about {number(finding.least)} would be missed "
    least += "more often than one time in five." if least else ""
    where = _WHERE[finding.question.curvature, finding.question.between]
    return (
        f"Change of the standardised lag for each SD: {'; '.join(said)}. The lag {where}, own line out: {_slope(low)}; "
        f"{_slope(high)}.{least}"
    )


def _moderated(e: BendEstimate, x: str, later: str, m: str, *, between: bool) -> str:
    low, _, high = e.slopes
    start = f"In persons with higher {m}" if between else f"Where {m} is higher than usual"
    end = f"in those with lower {m}" if between else "where it is lower"
    if not (low.told_from_zero or high.told_from_zero):
        more = "upwards" if e.estimate > 0 else "downwards"
        return (
            f"{start}, the lag from {x} to {later} turns {more}; by itself it cannot be told from none at either end."
        )
    return f"{start}, {_tends(high, x, later)}; {end}, {_tends(low, x, later)}."


def _curve(e: BendEstimate, x: str, later: str) -> str:
    low, _, high = e.slopes
    if e.turns:
        best = "highest" if e.estimate < 0 else "lowest"
        return f"The lag from {x} turns: {later} tends to be {best} after a middling {x}."
    steeper = abs(high.slope) > abs(low.slope)
    return (
        f"The lag from {x} to {later} is not straight: it {'steepens' if steeper else 'levels off'} the higher {x} is."
    )


def _tends(slope: SimpleSlope, x: str, later: str) -> str:
    if not slope.told_from_zero:
        return f"no lag from {x} to {later} can be told from none"
    return f"higher {x} than usual tends to come before {'higher' if slope.slope > 0 else 'lower'} {later}"


def _standing(finding: BendFinding) -> str:
    """What taking out more does to it."""
    alike = "" if finding.question.curvature else f" {ALIKE}"
    if finding.verdict is AssociationVerdict.STAYS:
        return f"This stays when each person’s own line and the common course are taken out.{alike}"
    return f"This is seen only when each person’s own line is taken out.{alike}"


def _error(e: BendEstimate) -> str:
    return f"{number(e.estimate)} (SE {number(e.standard_error, 3)}, {p_value(e.p_value)})"


def _slope(s: SimpleSlope) -> str:
    return f"{number(s.slope)} ({number(s.lower)} to {number(s.upper)})"
