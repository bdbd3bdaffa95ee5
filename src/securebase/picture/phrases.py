"""All sentences of a picture about one client.

Verbs are *moves with*, *tends to come before*, *fits*. A score below the client's usual level is never described as
below that of other clients. No sentence names a winner among the mechanisms, makes a promise or implies a gender.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from securebase.picture.parts import GateLevel

#: The texts of a signal: brief (for a row of the caseload), title, sentence, question for the session.
SignalText = tuple[str, str, str, str]

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


def signed_number(value: float) -> str:
    """Format a number with its sign: “+0.4”, “−1.2”, “0”."""
    text = number(value)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def points(value: float) -> str:
    """Format the absolute value in points: “1 point”, “2.5 points”."""
    text = number(abs(value))
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
    return f"{n} {singular if n == 1 else plural or singular + 's'}"


def session(n: int | None, at: float) -> str:
    """Return “session 7”, or “day 45” for a report without a session."""
    return f"session {n}" if n is not None else f"day {round(at)}"


# ------------------------------------------------------------------ evidence gates


def gate_sentence(paired: int) -> str:
    """State how many complete sessions there are, and what makes a session complete."""
    return f"{count(paired, 'complete session')} so far (rated before and after)."


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
            "after 16 sessions is right one time in three (by chance: one in four)."
        )
    else:
        waits.append(
            "Even after 100 sessions, simulated rankings of four mechanisms are right only half the time (by chance: "
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
    "The expected path is the range of the middle 80% of clients, in the model, whose first score was within half a "
    "standard deviation of this client's. It is a base rate, not a target."
)
INTERVALS = "Intervals and chances assume that the model is right. How often they hold in practice is not known yet."
NOT_A_DEVICE = "This is not a medical device. It makes no diagnosis and changes no treatment."


def unvalidated_notice(label: str) -> str:
    return f"The {label} is not validated yet: read its scores with care."


# ------------------------------------------------------------------ signals: brief, title, sentence, question


def safety_question(instrument: str, item: int, label: str, *, own_wording: bool) -> str:
    """Name the question; the product's own needs no item number."""
    return "safety question" if own_wording else f"{instrument} item {item} ({label})"


def safety_answer(value: float, maximum: float, option: str | None) -> str:
    """Return the response option's label if there is one, else the value and its maximum."""
    return f"“{option}”" if option else f"{number(value)} of {number(maximum)}"


def day(calendar_day: date) -> str:
    return f"{calendar_day.day} {calendar_day:%B %Y}"


def in_session(time: str) -> str:
    """Return “in session 7”, or “on day 45”."""
    return f"on {time}" if time.startswith("day") else f"in {time}"


def between(before: str, after: str) -> str:
    """Return “between sessions 4 and 5”, or “between day 21 and session 5”."""
    names = [time.removeprefix("session ") for time in (before, after)]
    return (
        f"between sessions {names[0]} and {names[1]}"
        if all(map(str.isdigit, names))
        else f"between {before} and {after}"
    )


def safety(question: str, answer: str, time: str) -> SignalText:
    """Return the texts of a safety alert; `time` is the day, preceded by the session if known."""
    item = "" if answer.startswith("“") else f"{question}, "
    return (
        f"Safety alert: {item}{answer} ({time})",
        "A safety alert needs your attention.",
        f"{question[0].upper()}{question[1:]}: {answer} ({time}).",
        "How safe are you feeling right now, and what would help you stay safe until we meet again?",
    )


def rated_rupture(
    value: float, time: str, expected: float, later: tuple[float, str] | None, *, own_level: bool, rated_since: bool
) -> SignalText:
    """Return the texts of an open rupture that the ratings show.

    `later` is a still lower later rating with its time. `own_level` is True once the client's usual level is estimated,
    `rated_since` if there is any later rating, without which the alliance could not have recovered.
    """
    against = "this client's expected rating" if own_level else "the level of the first ratings"
    below = shown_difference(value, expected)
    recovery = f" It later fell to {number(later[0])} ({later[1]})." if later else ""
    return (
        f"Alliance {number(below)} below expected {in_session(time)}",
        "The alliance fell and has not recovered." if rated_since else f"The alliance fell {in_session(time)}.",
        f"Rated {number(value)} {in_session(time)}, {points(below)} below {against} ({number(expected)}): a larger "
        f"drop than normal variation explains.{recovery}",
        "Something between us may have felt different last time. What was that like for you?",
    )


def marked_rupture(kind: str | None, time: str) -> SignalText:
    return (
        f"Rupture marked {in_session(time)}, not repaired",
        f"A rupture{f' ({kind})' if kind else ''} is open.",
        f"It was marked {in_session(time)}. No repair has been recorded.",
        "How have things been between us since then?",
    )


def _repair_sign(back: str, *, recorded: bool) -> str:
    return f"a repair was recorded {in_session(back)}" if recorded else f"ratings had recovered by {back}"


def repaired_rupture(time: str, back: str, *, recorded: bool) -> SignalText:
    sign = _repair_sign(back, recorded=recorded)
    return (
        f"Rupture of {time} repaired",
        f"The rupture of {time} is repaired.",
        f"{sign[0].upper()}{sign[1:]}.",
        "What did we do to repair it, and could you use that with someone else?",
    )


def not_on_track(above: float, n: int) -> SignalText:
    return (
        f"Symptoms off track for {count(n, 'report')}",
        "Symptoms are off track.",
        f"For {count(n, 'report')} in a row they were worse than in 90% of comparable clients; the latest is "
        f"{points(above)} beyond that limit.",
        "What is getting in the way right now, and is our focus still the right one?",
    )


def _movement_verb(change: float) -> str:
    return "fallen" if change < 0 else "risen"


def deterioration(change: float, label: str, caveat: str = "") -> SignalText:
    """Return the texts of reliable deterioration; `caveat` is set if only the last report shows it."""
    return (
        f"{'Last report reliably worse than the first' if caveat else 'Reliably worse since the start'} "
        f"({points(change)})",
        "The last report is reliably worse than the first."
        if caveat
        else "Symptoms are reliably worse than at the start.",
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error explains.{caveat}",
        "What has become harder since we began, and what should we do differently?",
    )


def improvement(change: float, label: str, caveat: str = "") -> SignalText:
    return (
        f"{'Last report reliably better than the first' if caveat else 'Reliable improvement'} ({points(change)})",
        "The last report is reliably better than the first."
        if caveat
        else "Symptoms are reliably better than at the start.",
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error explains.{caveat}",
        "What has changed, and what did you do to bring it about?",
    )


def significant_change(change: float, label: str, caveat: str = "") -> SignalText:
    return (
        "Clinically significant change" + (" in the last report" if caveat else ""),
        "The change to the last report is clinically significant."
        if caveat
        else "The change is clinically significant.",
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error explains, into the "
        f"range of people without the problem.{caveat}",
        "What do you want to hold on to, and how would you notice early if it slipped?",
    )


def sudden_change(change: float, before: str, after: str, *, gain: bool) -> SignalText:
    when = between(before, after)
    if gain:
        return (
            f"Sudden gain {when}",
            f"There was a sudden gain {when}.",
            f"Symptoms fell by {points(change)} from one report to the next and stayed lower.",
            "What happened that week?",
        )
    return (
        f"Symptoms jumped {when}",
        f"Symptoms jumped {when}.",
        f"They rose by {points(change)} from one report to the next and stayed higher.",
        "What happened that week, and who did you tell?",
    )


def missing_symptoms(n_sessions: int) -> SignalText:
    sessions = count(n_sessions, "session")
    return (
        f"No symptom score after {sessions}",
        "There is no symptom score yet.",
        f"Without a score on the chosen questionnaire ({sessions} so far), change cannot be tracked.",
        "Would a one-minute check-in before each session work for you?",
    )


def missing_check_in(number_: int) -> SignalText:
    return (
        f"No check-in for session {number_}",
        f"There is no check-in for session {number_}.",
        "The check-ins before and after the session are unanswered.",
        "What made it hard to answer, and would another way be easier?",
    )


def little_change(sessions_left: int, label: str, value: float, band: str | None, chance: float | None) -> SignalText:
    """Return the texts of little change near the end; `chance` of remission by then is None until it may be shown."""
    remaining = count(sessions_left, "planned session") + " left" if sessions_left else "no planned session left"
    outlook = f" Estimated chance of remission by the end: {percent(chance)}." if chance is not None else ""
    return (
        f"No reliable change yet, {remaining}",
        "Little has changed, and the end is near.",
        f"{label} is at {number(value)}{f' ({band})' if band else ''}, within measurement error of the first report, "
        f"with {remaining}.{outlook}",
        "How can we make the most of the time we have left, and what should come after it?",
    )


def missing_focus(n_sessions: int) -> SignalText:
    return (
        "No problem area chosen yet",
        "No problem area has been chosen.",
        f"No focus has been agreed after {count(n_sessions, 'session')}.",
        "Which of the things we have talked about should we work on first?",
    )


def ending_not_named(sessions_left: int, phase: str) -> SignalText:
    remaining = f"{count(sessions_left, 'planned session')} left" if sessions_left else "No planned session left"
    return (
        "Ending not discussed yet",
        "The ending has not been discussed yet.",
        f"{remaining}, but the record still says {phase} phase.",
        "How do you see the time after our last session?",
    )


# ------------------------------------------------------------------ responses that no curve shows


def _join_names(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def too_few_items_note(sessions: Sequence[str], score: str) -> str:
    """Return the note on sessions with too few responses for a score, e.g. the “symptom” score."""
    names = _join_names(sessions)
    return f"{names[0].upper()}{names[1:]}: too few answers for {article(score)} {score} score."


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def missing_questionnaire_note(measure: str, time: str) -> str:
    return f"{time[0].upper()}{time[1:]} has a check-in but no {measure}, which tracks symptoms."


def other_measure_note(measure: str, value: float, time: str, symptom_measure: str) -> str:
    """Return the note on the last score of a measure other than the episode's symptom measure."""
    return (
        f"Also recorded: symptoms of {number(value)} on the {measure} ({time}). The curve shows the {symptom_measure} "
        "only."
    )


def unplotted_note(names: Sequence[str]) -> str:
    """Return the note on questionnaires whose constructs the picture does not show."""
    return f"Also recorded: {_join_names(names)} (see Scores)."


# ------------------------------------------------------------------ criteria of signals


SAFETY_CRITERION = (
    "The answer itself raised this alert. Safety alerts are never hidden, delayed or ranked below others."
)
RUPTURE_CRITERION = (
    "The rating is below the one-sided 5% limit of the model's forecast from this client's earlier reports. By design, "
    "one in twenty ordinary sessions is a false alarm."
)
RUPTURE_MARKED_CRITERION = "Marked in the record. It stays open until a repair is recorded or ratings recover."
REPAIR_CRITERION = "A rupture counts as repaired once a repair is recorded or ratings recover."
TRACK_CRITERION = (
    "Symptom score, smoothed over earlier reports, above the expected path in two or more reports in a row."
)
RELIABLE_CRITERION = "Reliable change (Jacobson & Truax, 1991)"
SUDDEN_CRITERION = "Criteria of Tang & DeRubeis (1999)."
MISSING_CRITERION = "Usually recorded by this session in IPT."
NO_CHECK_IN_CRITERION = "Both check-ins of the last session, before and after, are unanswered."


def reliable_criterion(threshold: float | None, basis: str, verified: bool) -> str:
    """Return the criterion with its threshold, if given, and its basis or a note that the threshold is not verified."""
    limit = "" if threshold is None else f", threshold {points(threshold)}"
    note = f" ({basis})" if basis and verified else ""
    if not verified:
        note = ", not verified" if limit else ", threshold not verified"
    return f"{RELIABLE_CRITERION}{limit}{note}."


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
    limit = f" (threshold {points(threshold)})" if threshold is not None else ""
    return f"{moved} than at the first report, {tail}{limit}."


def single_report_caveat(before: str | None) -> str:
    """Return the caveat on a verdict that only the last report supports; `before` is the preceding verdict.

    The preceding verdict is named if it was reliable too, in the other direction.
    """
    preceding = {
        "improved": "; the one before was reliably better than the first",
        "worse": "; the one before was reliably worse than the first",
    }.get(before or "", "")
    return f" Based on one report{preceding}. The next one will show whether it lasts."


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
    return f"The rupture of {time} is repaired: {_repair_sign(back, recorded=recorded)}."


TRACKING_FAILED = "The model could not follow this course"
RECORD_IS_SAFE = "The record is safe and is shown as reported."
