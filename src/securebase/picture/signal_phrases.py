"""The texts of signals (brief, title, sentence and question for the session) and the criteria that raise them."""

from __future__ import annotations

from securebase.ipt.hand_over import BASIS
from securebase.picture.phrases import (
    count,
    in_session,
    number,
    percent,
    points,
    repair_sign,
    shown_difference,
    threshold_points,
)

#: The texts of a signal: brief (for a row of the caseload), title, sentence, question for the session.
SignalText = tuple[str, str, str, str]


def safety_question(instrument: str, item: int, label: str, *, own_wording: bool) -> str:
    """Name the question; the product's own needs no item number."""
    return "safety question" if own_wording else f"{instrument} item {item} ({label})"


def safety_answer(value: float, maximum: float, option: str | None) -> str:
    """Return the response option's label if there is one, else the value and its maximum."""
    return f"“{option}”" if option else f"{number(value)} of {number(maximum)}"


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


def repaired_rupture(time: str, back: str, *, recorded: bool) -> SignalText:
    sign = repair_sign(back, recorded=recorded)
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
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error explains, and crossed "
        f"the clinical cut-off.{caveat}",
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


def hand_over(session: int, carried: float, cut: float) -> SignalText:
    carried_points = f"{number(carried)} of 10 points of their support"
    return (
        "Much of the support may still come from you",
        "Much of the support may still come from you.",
        f"By session {session} you carried {carried_points} (signal above {number(cut)}).",
        "Who else could you turn to for this once we have finished?",
    )


# ------------------------------------------------------------------ criteria


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
    "Symptom score, smoothed over earlier reports, worse than the 80% band of the expected path in two or more "
    "reports in a row."
)
RELIABLE_CRITERION = "Reliable change (Jacobson & Truax, 1991)"
SUDDEN_CRITERION = "Criteria of Tang & DeRubeis (1999)."
MISSING_CRITERION = "Usually recorded by this session in IPT."
HAND_OVER_CRITERION = (
    "Your share of support, as the client rated it or as recorded in “Sources of support”, times the support ratings "
    "since session 7, minus half of that at sessions 1 and 2. Checked after two thirds of the course and twice more. "
    f"{BASIS}"
)
NO_CHECK_IN_CRITERION = "Both check-ins of the last session, before and after, are unanswered."


def reliable_criterion(threshold: float | None, basis: str, verified: bool) -> str:
    """Return the criterion with its threshold, if given, and its basis or a note that the threshold is not verified."""
    limit = "" if threshold is None else f", threshold {threshold_points(threshold)}"
    note = f" ({basis})" if basis and verified else ""
    if not verified:
        note = ", not verified" if limit else ", threshold not verified"
    return f"{RELIABLE_CRITERION}{limit}{note}."


def single_report_caveat(before: str | None) -> str:
    """Return the caveat on a verdict that only the last report supports; `before` is the preceding verdict.

    The preceding verdict is named if it was reliable too, in the other direction.
    """
    preceding = {
        "improved": "; the one before was reliably better than the first",
        "worse": "; the one before was reliably worse than the first",
    }.get(before or "", "")
    return f" Based on one report{preceding}. The next one will show whether it lasts."
