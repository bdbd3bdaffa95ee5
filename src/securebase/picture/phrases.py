"""Numbers, times and sentences of a picture about one client; those of its signals are in `signal_phrases`.

Verbs are *moves with*, *tends to come before*, *fits*. A score below the client's usual level is never described as
below that of other clients. No sentence names a winner among the mechanisms, makes a promise or implies a gender.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from securebase.picture.parts import GateLevel

#: Words that no sentence about a client may contain (checked by a test).
FORBIDDEN = (
    "cause",
    "because of",
    "due to",
    "leads to",
    "led to",
    "drives",
    "driven by",
    "winner",
    "most important",
    "mechanism of action",
    "proves",
    "proven",
    "guarantee",
    "patient",
    " her ",
    " his ",
    " she ",
    " he ",
)


def round_half_up(value: float, digits: int = 1) -> Decimal:
    """Round half up from the decimal representation: the one rounding rule of all displayed numbers."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def shown_difference(first: float, last: float) -> float:
    """Return `last` less `first`, both rounded as displayed, so that a reader's subtraction agrees."""
    return float(round_half_up(last) - round_half_up(first))


def number(value: float, digits: int = 1) -> str:
    """Format a number for display, rounded half up, with a true minus sign and no trailing zeros."""
    text = f"{round_half_up(value, digits):.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text.replace("-", "−")


def signed_number(value: float, digits: int = 1) -> str:
    """Format a number with its sign: “+0.4”, “−1.2”, “0”."""
    text = number(value, digits)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def points(value: float) -> str:
    """Format the absolute value in points: “1 point”, “2.5 points”."""
    return _points(number(abs(value)))


def threshold_points(value: float) -> str:
    """Format a threshold of change in points, with two decimals where it has them: “2.15 points”.

    Rounded to one decimal, a threshold would contradict the change it is compared with.
    """
    return _points(number(value, 2))


def _points(text: str) -> str:
    return f"{text} point" if text == "1" else f"{text} points"


def percent(value: float) -> str:
    """Format a share (0 to 1) in whole percent, never rounded to a false 0% or 100%."""
    percentage = round(100 * value)
    if value > 0 and percentage == 0:
        return "under 1%"
    if value < 1 and percentage == 100:
        return "over 99%"
    return f"{percentage}%"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Return a number with its noun: “1 session”, “16 sessions”."""
    return f"{n} {singular if n == 1 else plural or singular + 's'}"


def session(n: int | None, at: float) -> str:
    """Return “session 7”, or “day 45” for a report without a session."""
    return f"session {n}" if n is not None else f"day {round(at)}"


# ------------------------------------------------------------------ evidence gates


def gate_sentence(paired: int) -> str:
    """State how many complete sessions there are, and what makes a session complete."""
    return f"{count(paired, 'complete session')} so far (rated before and after)."


#: What each gate opens, and when, for the steps of the client page.
GATE_STEPS = (
    (GateLevel.REPORTED, "Reports, change, expected path", ""),
    (GateLevel.COHORT, "Baseline and forecast", "6 complete sessions"),
    (GateLevel.CONTRIBUTIONS, "What symptoms move with", "12 complete sessions"),
    (GateLevel.EXPLORATION, "More weight on own data", "24, or 50 reports between sessions"),
)


def gate_steps(level: GateLevel) -> tuple[tuple[bool, str, str], ...]:
    """Return for each step whether it is open, what it shows, and when a closed one opens."""
    return tuple((level >= gate, shows, "" if level >= gate else opens) for gate, shows, opens in GATE_STEPS)


def closed_gates(level: GateLevel, paired: int) -> tuple[str, ...]:
    """List what the picture does not show yet, and why."""
    waits = []
    if level is GateLevel.REPORTED:
        waits.append(
            f"We need {count(6 - paired, 'more complete session')} before we can estimate this client's own baseline "
            "and forecast."
        )
    if level < GateLevel.CONTRIBUTIONS:
        waits.append("After 12 complete sessions we can also show how symptoms move with each mechanism.")
    if level < GateLevel.RANKING:
        waits.append(
            "Ranking the mechanisms takes 100 complete sessions. In simulations with four mechanisms, a ranking "
            "after 16 sessions is right one time in three (chance: one in four)."
        )
    else:
        waits.append(
            "Even after 100 sessions, simulated rankings of four mechanisms are right only half the time (chance: "
            "one in four)."
        )
    return tuple(waits)


HYPOTHESES_HEADING = "What may be moving with symptoms"
FEEDBACK_EFFECT = "Feedback like this helps a little on average (d about .15 in a meta-analysis)."
MECHANISMS_ARE_HYPOTHESES = (
    "That therapy works through support, stress, emotional processing and skills is itself a hypothesis "
    "(Lipsitz & Markowitz, 2013)."
)
SHARED_IMPROVEMENT = "Two scores that both improve look related even when neither affects the other."
EXPECTED_COURSE = (
    "The expected path is the middle 80% of clients in the model whose first score was within half a standard "
    "deviation of this one's. It is a base rate, not a target."
)
MODEL_ASSUMED = "Intervals and chances assume that the model is right."
INTERVALS = f"{MODEL_ASSUMED} How often they hold in practice is not known yet."
NOT_A_DEVICE = "This is not a medical device. It makes no diagnosis and changes no treatment."


def unvalidated_notice(label: str) -> str:
    return f"The {label} is not validated yet: read its scores with care."


# ------------------------------------------------------------------ times


def day(calendar_day: date) -> str:
    return f"{calendar_day.day} {calendar_day:%B %Y}"


def in_session(time: str) -> str:
    """Return “in session 7”, or “on day 45”."""
    return f"on {time}" if time.startswith("day") else f"in {time}"


# ------------------------------------------------------------------ responses that no curve shows


def join_names(names: Sequence[str]) -> str:
    """Return “a”, “a and b”, or “a, b and c”; empty without names."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def too_few_items_note(sessions: Sequence[str], score: str) -> str:
    """Return the note on sessions with too few responses for a score, e.g. the “symptom” score."""
    names = join_names(sessions)
    return f"{names[0].upper()}{names[1:]}: too few answers for {article(score)} {score} score."


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def missing_questionnaire_note(measure: str, time: str) -> str:
    return f"{time[0].upper()}{time[1:]} has a check-in but no {measure}, which this course follows."


def other_measure_note(measure: str, value: float, time: str, symptom_measure: str) -> str:
    """Return the note on the last score of a measure other than the episode's symptom measure."""
    return (
        f"Also recorded: symptoms of {number(value)} on the {measure} ({time}). The curve shows the {symptom_measure} "
        "only."
    )


def unplotted_note(names: Sequence[str]) -> str:
    """Return the note on questionnaires whose constructs the picture does not show."""
    return f"Also recorded: {join_names(names)} (see Scores)."


def unknown_facts_note(facts: Sequence[str]) -> str:
    """Return the note on what nobody knows about a measure, or what the model has no units for."""
    return f"Not known for this measure: {', '.join(facts)}."


# ------------------------------------------------------------------ sentences beside charts


def change_sentence(points_: float, share: float | None, verdict: str, threshold: float | None) -> str:
    """Describe the change since the first report relative to measurement error."""
    if points_ == 0:
        return "No change since the first report."
    moved = f"{points(points_)} {'lower' if points_ < 0 else 'higher'}"
    moved += f" ({number(abs(share), 0)}%)" if share is not None else ""
    tail = {
        "improved": "a reliable improvement",
        "worse": "reliably worse",
        "within_error": "within measurement error",
        "unknown": "which may be chance: the measurement error of this questionnaire is not known",
    }[verdict]
    limit = f" (threshold {threshold_points(threshold)})" if threshold is not None else ""
    return f"{moved} than at the first report, {tail}{limit}."


SINGLE_REPORT = "Based on one report."


def remission_chance_sentence(chance: float, session_: int | None) -> str:
    end = f"session {session_}" if session_ is not None else "the end of the forecast"
    return f"Estimated chance of remission by {end}: {percent(chance)}."


def forecast_sentence(session_: int | None, at: float, value: float, low: float, high: float) -> str:
    return f"Forecast for {session(session_, at)}: {number(value)} (90% interval {number(low)} to {number(high)})."


def usual_level_sentence(value: float, low: float, high: float, *, left_out: int = 0, counted_in: int = 0) -> str:
    """Describe the baseline; `left_out` and `counted_in` are the ratings during ruptures it excludes or includes."""
    note = ""
    if left_out:
        note = f"; {count(left_out, 'rating')} during a rupture left out"
    elif counted_in:
        note = "; it includes the ratings during a rupture, which are half of all or more"
    return f"Baseline: {number(value)} (90% interval {number(low)} to {number(high)}{note})."


def usual_level_pending(paired: int) -> str:
    n = max(6 - paired, 1)
    sessions = "one more complete session" if n == 1 else f"{n} more complete sessions"
    return f"We can estimate their baseline after {sessions}."


def repair_sign(back: str, *, recorded: bool) -> str:
    return f"a repair was recorded {in_session(back)}" if recorded else f"ratings had recovered by {back}"


def open_rupture_sentence(time: str, evidence: tuple[float, float, float] | None) -> str:
    """Describe an open rupture by its `evidence` (rating, prediction and limit), or as marked by a person if None."""
    if evidence is not None:
        value, expected, limit = evidence
        below = points(shown_difference(value, expected))
        return (
            f"The rupture of {time} is open: rated {number(value)}, {below} below the expected {number(expected)} "
            f"(5% limit {number(limit)})."
        )
    return f"The rupture marked {in_session(time)} is open. The ratings alone do not show it."


def repaired_rupture_sentence(time: str, back: str, *, recorded: bool) -> str:
    return f"The rupture of {time} is repaired: {repair_sign(back, recorded=recorded)}."


TRACKING_FAILED = "The model could not follow this course"
RECORD_IS_SAFE = "The record is safe and is shown as reported."
