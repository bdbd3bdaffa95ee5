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


def gate_sentence(level: GateLevel, paired: int) -> str:
    """Describe what the picture shows at this gate, and from how many paired sessions."""
    base = f"{count(paired, 'paired session')} so far"
    if level is GateLevel.REPORTED:
        return (
            f"{base}. Shown are the reports themselves, change against measurement error, and the path of people who "
            "began alike. A forecast of this client's own opens at 6."
        )
    part = "the model's general values with this client's own levels and trend, and a forecast with its uncertainty"
    if level is GateLevel.COHORT:
        return f"{base}. Shown are {part}."
    return f"{base}. Shown are {part}; and what the change in symptoms moves with, mostly borrowed from other clients."


def closed_gates(level: GateLevel, paired: int) -> tuple[str, ...]:
    """List what the picture does not show yet, and why."""
    waits = []
    if level is GateLevel.REPORTED:
        waits.append(
            f"Own usual levels and a forecast wait for {count(6 - paired, 'more paired session')}: with fewer, they "
            "would say more about other clients than about this one."
        )
    if level < GateLevel.CONTRIBUTIONS:
        waits.append("How far change in symptoms moves with each mechanism waits for 12 paired sessions.")
    elif level is GateLevel.CONTRIBUTIONS:
        waits.append(
            "Looking at this client with less borrowing from others waits for 24 paired sessions, or 50 reports "
            "between sessions."
        )
    if level < GateLevel.RANKING:
        waits.append(
            "Which mechanism matters most for one person cannot be read from one course of weekly sessions: in "
            "simulation, ranking four mechanisms by 16 sessions of one person's data is right about one time in three, "
            "where chance is one in four. A ranking waits for 100 paired sessions."
        )
    else:
        waits.append(
            "Nothing waits. In simulation, ranking four mechanisms by 100 sessions of one person's data is still right "
            "only about every other time, where chance is one in four."
        )
    return tuple(waits)


HYPOTHESES_HEADING = "Working hypotheses about change"
FEEDBACK_EFFECT = (
    "Feedback of this kind helps a little on average (about .15 standard deviations in a meta-analysis). It is a "
    "prompt for a conversation and no substitute for judgement."
)
MECHANISMS_ARE_HYPOTHESES = (
    "That therapy works through support, stress, emotional processing and skills is itself a hypothesis "
    "(Lipsitz & Markowitz, 2013). The curves show reports and no effect of one thing on another."
)
SHARED_IMPROVEMENT = (
    "Two things that both improve over a course look related even where neither does anything to the other."
)
EXPECTED_COURSE = (
    "The expected path is the middle 80% of people who began within half a standard deviation of the same first score, "
    "according to the model. It is a base rate, no promise and no target."
)
INTERVALS = (
    "A 90% interval is meant to hold nine times in ten if the model is right. How often it held in this clinic has not "
    "been checked yet."
)
NOT_A_DEVICE = "This is no medical device: it makes no diagnosis and changes no treatment."


def unvalidated_notice(label: str) -> str:
    return f"The {label} is in the product's own words and not validated yet. Read its numbers with care."


# ------------------------------------------------------------------ signals: brief, title, sentence, question


def safety_question(instrument: str, item: int, label: str, *, own_wording: bool) -> str:
    """Name the question; the product's own needs no item number."""
    return "the safety question of the check-in" if own_wording else f"{instrument} item {item} ({label})"


def safety_answer(value: float, maximum: float, option: str | None) -> str:
    """Return the response option's label if there is one, else the value and its maximum."""
    return f"“{option}”" if option else f"{number(value)} of {number(maximum)}"


def day(calendar_day: date) -> str:
    return f"{calendar_day.day} {calendar_day:%B %Y}"


def safety(question: str, answer: str, time: str) -> SignalText:
    """Return the texts of a safety alert; `time` is the day, preceded by the session if known."""
    item = "" if answer.startswith("“") else f"{question}, "
    return (
        f"Safety answer waiting: {item}{answer} ({time})",
        "A safety answer is waiting for you.",
        f"{question[0].upper()}{question[1:]} was answered {answer} ({time}); nobody has acknowledged it yet.",
        "How safe are you feeling right now, and what would help you stay safe until we meet again?",
    )


def rated_rupture(
    value: float, time: str, expected: float, later: tuple[float, str] | None, *, own_level: bool, rated_since: bool
) -> SignalText:
    """Return the texts of an open rupture that the ratings show.

    `later` is a still lower later rating with its time. `own_level` is True once the client's usual level is estimated,
    `rated_since` if there is any later rating, without which the alliance could not have recovered.
    """
    against = "what was to be expected for this client" if own_level else "what the first ratings suggested"
    short = "their own expected level" if own_level else "the first ratings"
    below = shown_difference(value, expected)
    recovery = f" Since then it has been as low as {number(later[0])} ({later[1]})." if later else ""
    return (
        f"Alliance fell {number(below)} below {short} in {time}",
        "The alliance fell and has not come back." if rated_since else f"The alliance fell in {time}.",
        f"Rated {number(value)} in {time}, {points(below)} below {against} ({number(expected)}): more than "
        f"measurement error and usual movement account for.{recovery}",
        "Last time something between us may have felt different. What was that like for you?",
    )


def marked_rupture(kind: str, time: str) -> SignalText:
    return (
        f"Rupture marked in {time}, not repaired",
        f"A rupture ({kind}) is open.",
        f"It was marked in {time}, and no repair has been recorded since.",
        "How are the two of us doing since then?",
    )


def repaired_rupture(time: str, back: str, *, recorded: bool) -> SignalText:
    sign = "a repair was recorded" if recorded else "ratings came back to where they were expected"
    return (
        f"Rupture of {time} repaired",
        f"The rupture of {time} is repaired.",
        f"By {back} {sign}.",
        "What did the two of you do that could be used with someone else?",
    )


def not_on_track(above: float, n: int) -> SignalText:
    return (
        f"Symptoms above the expected path for {count(n, 'session')}",
        "Symptoms are not on the expected path.",
        f"The estimate has been above the middle 80% of people who began alike for {count(n, 'report')} running, "
        f"now by {points(above)}.",
        "What is getting in the way just now, and is our focus still the right one?",
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
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error accounts for.{caveat}",
        "What has become harder since we began, and what would have to change in how we work?",
    )


def improvement(change: float, label: str, caveat: str = "") -> SignalText:
    return (
        f"{'Last report reliably better than the first' if caveat else 'Reliable improvement'} ({points(change)})",
        "The last report is reliably better than the first."
        if caveat
        else "Symptoms are reliably better than at the start.",
        f"{label} has {_movement_verb(change)} by {points(change)}, more than measurement error accounts for.{caveat}",
        "What has been different, and which part of it was your own doing?",
    )


def significant_change(change: float, label: str, caveat: str = "") -> SignalText:
    return (
        "Clinically significant change" + (" in the last report" if caveat else ""),
        "The change to the last report is clinically significant."
        if caveat
        else "The change is clinically significant.",
        f"{label} has {_movement_verb(change)} by {points(change)}, beyond measurement error, and crossed into the "
        f"range of people without the problem.{caveat}",
        "What would you like to keep hold of, and how would you notice early if it slipped?",
    )


def sudden_change(change: float, before: str, after: str, *, gain: bool) -> SignalText:
    if gain:
        return (
            f"Sudden gain between {before} and {after}",
            f"There was a sudden gain between {before} and {after}.",
            f"Symptoms fell by {points(change)} from one report to the next, and stayed lower.",
            "What happened in that week?",
        )
    return (
        f"Sudden loss between {before} and {after}",
        f"There was a sudden loss between {before} and {after}.",
        f"Symptoms rose by {points(change)} from one report to the next, and stayed higher.",
        "What happened in that week, and who knew about it?",
    )


def missing_symptoms(n_sessions: int) -> SignalText:
    return (
        f"No symptom score in {count(n_sessions, 'session')}",
        "There is no symptom score yet.",
        f"{count(n_sessions, 'session')} held without one on the measure that is followed; without it nothing can be "
        "said about change.",
        "Would a one-minute check-in before each session be all right for you?",
    )


def missing_check_in(number_: int) -> SignalText:
    return (
        f"No check-in for session {number_}",
        f"There is no check-in for session {number_}.",
        "Neither the questions before it nor those after it were answered.",
        "What made it hard to answer, and would another way be easier?",
    )


def little_change(sessions_left: int, label: str, value: float, band: str | None, chance: float | None) -> SignalText:
    """Return the texts of little change near the end; `chance` of remission by then is None until it may be shown."""
    remaining = count(sessions_left, "planned session") + " left" if sessions_left else "no planned session left"
    outlook = (
        f" The chance of remission by then is {percent(chance)}, if the model is right." if chance is not None else ""
    )
    return (
        f"No reliable change yet, {remaining}",
        "Little has changed so far, and the end is near.",
        f"{label} is at {number(value)}{f' ({band})' if band else ''}, within measurement error of the first report, "
        f"with {remaining}.{outlook}",
        "What would make the time that is left worth most, and what should come after it?",
    )


def missing_focus(n_sessions: int) -> SignalText:
    return (
        "No problem area chosen yet",
        "No problem area has been chosen.",
        f"{count(n_sessions, 'session')} held, and the work has no agreed focus in the record.",
        "Which of the things we talked about should we work on first?",
    )


def ending_not_named(sessions_left: int, phase: str) -> SignalText:
    remaining = (
        f"{count(sessions_left, 'planned session')} {'is' if sessions_left == 1 else 'are'} left"
        if sessions_left
        else "No session is left"
    )
    return (
        "The ending has not been named",
        "The ending has not been named yet.",
        f"{remaining}, and the course is still recorded as in its {phase} phase.",
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
    verb = "was" if len(sessions) == 1 else "were"
    return f"{names[0].upper()}{names[1:]} {verb} answered, with too few items for {article(score)} {score} score."


def article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def missing_questionnaire_note(measure: str, time: str) -> str:
    return f"{time[0].upper()}{time[1:]} has its check-in; its {measure}, by which symptoms are followed, is missing."


def other_measure_note(measure: str, value: float, time: str, symptom_measure: str) -> str:
    """Return the note on the last score of a measure other than the episode's symptom measure."""
    return (
        f"On record too: symptoms of {number(value)} on the {measure} ({time}). This client is followed with the "
        f"{symptom_measure}, so other measures are not in this curve."
    )


def unplotted_note(names: Sequence[str]) -> str:
    """Return the note on questionnaires whose constructs the picture does not show."""
    return f"On record and in no curve here: {_join_names(names)}. The scores are under Scores."


# ------------------------------------------------------------------ criteria of signals


SAFETY_CRITERION = "Raised by the answer itself. It is never suppressed, delayed or ranked below anything."
RUPTURE_CRITERION = (
    "One-sided: the rating is below the 5% limit of what the model expected one step ahead from this client's earlier "
    "reports. By design one in twenty ordinary sessions is flagged falsely."
)
RUPTURE_MARKED_CRITERION = (
    "Marked by a person; open until a repair is recorded or ratings are back where they were expected."
)
TRACK_CRITERION = (
    "Symptom score, smoothed over the reports up to then, above the 80% band of the expected course at the last two "
    "reports or more."
)
RELIABLE_CRITERION = "Reliable change after Jacobson & Truax (1991)"
SUDDEN_CRITERION = "Criteria of Tang & DeRubeis (1999)"
MISSING_CRITERION = "Something a course of IPT usually has by now."


def reliable_criterion(threshold: float | None, basis: str, verified: bool) -> str:
    """Return the criterion with its threshold, basis and verification status."""
    limit = f", threshold {points(threshold)}" if threshold is not None else ""
    note = f" ({basis})" if basis else ""
    return f"{RELIABLE_CRITERION}{limit}{note}{'' if verified else '; not verified'}."


# ------------------------------------------------------------------ sentences beside charts


def change_sentence(points_: float, share: float | None, verdict: str, threshold: float | None) -> str:
    """Describe the change since the first report relative to measurement error."""
    if points_ == 0:
        moved = "No change"
    else:
        moved = f"{points(points_)} {'lower' if points_ < 0 else 'higher'}"
        moved += f" ({number(abs(share), 0)}%)" if share is not None else ""
    tail = {
        "improved": "more than measurement error accounts for: a reliable improvement",
        "worse": "more than measurement error accounts for: reliably worse",
        "within_error": "within what measurement error alone could give",
        "unknown": "measurement error is not known for this measure, so it cannot be told from chance",
    }[verdict]
    limit = f" (threshold {points(threshold)})" if threshold is not None else ""
    return f"{moved} than at the first report, {tail}{limit}." if points_ else f"{moved} since the first report."


def single_report_caveat(before: str | None) -> str:
    """Return the caveat on a verdict that only the last report supports; `before` is the preceding verdict."""
    preceding = {
        "improved": "the one before it was reliably better than the first",
        "worse": "the one before it was reliably worse than the first",
        "within_error": "the one before it lay within measurement error of the first",
    }.get(before or "", "")
    return (
        f" This rests on the last report alone{f'; {preceding}' if preceding else ''}. "
        "A second one will tell whether it holds."
    )


def remission_chance_sentence(chance: float, session_: int | None) -> str:
    end = f"session {session_}" if session_ is not None else "the end of the forecast"
    return f"Chance of a score in the range of remission at {end}: {percent(chance)}, if the model is right."


def forecast_sentence(session_: int | None, at: float, value: float, low: float, high: float) -> str:
    return (
        f"Forecast for {session(session_, at)}: {number(value)}, with a 90% interval from {number(low)} to "
        f"{number(high)} if the model is right."
    )


def usual_level_sentence(value: float, low: float, high: float, *, left_out: int = 0, counted_in: int = 0) -> str:
    """Describe the usual level; `left_out` and `counted_in` are the ratings during ruptures it excludes or includes."""
    note = ""
    if left_out:
        note = f", with {count(left_out, 'rating')} of the rupture left out"
    elif counted_in:
        note = "; the ratings of the rupture are counted in it, being half of all or more"
    return (
        f"Their usual level is about {number(value)} ({number(low)} to {number(high)}, 90% interval{note}): the "
        "trait-like part. A bar runs from it to the estimate of a session, with measurement error taken out: the "
        "state-like part. The dots are the ratings themselves."
    )


def usual_level_pending(paired: int) -> str:
    return f"Their own usual level can be told from {count(max(6 - paired, 1), 'more paired session')} on."


def open_rupture_sentence(time: str, evidence: tuple[float, float, float] | None) -> str:
    """Describe an open rupture by its `evidence` (rating, prediction and limit), or as marked by a person if None."""
    if evidence is not None:
        value, expected, limit = evidence
        below = points(shown_difference(value, expected))
        return (
            f"The rupture of {time} is open: rated {number(value)}, {below} below the "
            f"expected {number(expected)} (5% limit {number(limit)}). No repair is recorded, and no later rating came "
            "back."
        )
    return f"The rupture marked in {time} is open: no repair is recorded. The ratings by themselves do not show it."


def repaired_rupture_sentence(time: str, back: str, *, recorded: bool) -> str:
    sign = "a repair was recorded" if recorded else "ratings came back"
    return f"The rupture of {time} is repaired: {sign} by {back}."


TRACKING_FAILED = "The model could not follow this course"
RECORD_IS_SAFE = "What was recorded is safe and shown as it was reported."
