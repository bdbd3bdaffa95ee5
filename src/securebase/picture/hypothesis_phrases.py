"""All sentences about working hypotheses, with the verbs of `phrases`.

No sentence claims that one construct affected another, and every number about a client states its data share.
"""

from __future__ import annotations

from collections.abc import Sequence

from securebase.picture.parts import ForecastErrors, Hypotheses, Hypothesis, Interval, RankingVerdict
from securebase.picture.phrases import join_names, number, percent, points, session, signed_number

FAILED = "What symptoms move with could not be estimated"
REST_UNAFFECTED = "The rest of this page is unaffected."
TOO_FEW = "There are too few reports of symptoms, alliance and mechanisms to estimate what symptoms move with."
LEGEND = (
    "“With trend” counts improvement over the course, “detrended” only movements around each score's own trend. "
    "Grey: under 30% from this client. Lines: 90% intervals."
)
CANNOT_TELL = "cannot tell"
BETWEEN_SD = "Lagged effects: SD between clients (half-normal)"
#: A construct in a question to the client, who need not know its name.
PLAIN_NAMES = {
    "alliance": "the way we work together",
    "social_support": "the support around you",
    "interpersonal_stress": "the stress with other people",
    "emotional_processing": "the way you deal with feelings",
    "interpersonal_skills": "the way you deal with people",
}


def joint_label(labels: Sequence[str]) -> str:
    """Return “Alliance”, or “Alliance and social support” for constructs that cannot be distinguished."""
    return " and ".join([labels[0], *(label[0].lower() + label[1:] for label in labels[1:])])


def interval(estimate: Interval, digits: int = 1) -> str:
    low, high = number(estimate.low, digits), number(estimate.high, digits)
    return f"{signed_number(estimate.value, digits)} ({low} to {high})"


def heading_sentence(part: Hypotheses) -> str:
    """Describe the change that is split into contributions, and its period."""
    moved = "lower" if part.change < 0 else "higher"
    change = f"{points(part.change)} {moved}" if number(part.change) != "0" else "unchanged"
    span = f"From {session(part.first_session, part.first_at)} to {session(part.last_session, part.last_at)}"
    return (
        f"{span} the model's estimate of symptoms is {change}. The chart shows the points by which it moves with each "
        "process. They do not add up, and much remains unexplained."
    )


def pooling_sentence(part: Hypotheses) -> str:
    """State how much of the estimates comes from other clients."""
    share = max(h.share for h in part.rows)
    if part.less_pooling:
        return (
            f"This client's own data now count more (up to {percent(share)} of an estimate; the prior is twice as "
            "wide). This stays exploratory."
        )
    if share < 0.5:
        return f"Most of each estimate comes from other clients, at most {percent(share)} from this one."
    return f"Other clients shape each estimate; up to {percent(share)} comes from this one."


def verdict_sentence(part: Hypotheses) -> str:
    """State which contribution is the largest, or that the data cannot show it."""
    top = max(part.rows, key=lambda h: h.largest)
    if part.verdict is RankingVerdict.LARGEST:
        return (
            f"Symptoms move most with {part.about.lower()}, with a chance of {percent(top.largest)} in both models (by "
            f"guessing: {percent(top.chance)})."
        )
    subject = "which process moves most with symptoms"
    best = f"highest probability {percent(top.largest)}, chance level {percent(top.chance)}"
    if part.verdict is RankingVerdict.NOT_YET:
        return f"We {CANNOT_TELL} yet {subject} ({best})."
    remaining = (
        "this course has no session left to settle it"
        if part.sessions_left == 0
        else "more sessions in this course will not settle it"
    )
    return f"We {CANNOT_TELL} {subject} ({best}), and {remaining}."


def order_sentence(part: Hypotheses) -> str:
    """Return the ranking, or an empty text while its gate is closed."""
    by_label = {h.label: h.largest for h in part.rows}
    listed = ", ".join(f"{label} {percent(by_label[label])}" for label in part.order)
    return f"Chance of being the largest: {listed}." if part.order else ""


def omission_sentence(labels: Sequence[str]) -> str:
    return f"Too few reports to estimate: {', '.join(labels).lower()}." if labels else ""


def forecast_check_sentence(errors: ForecastErrors) -> str:
    """Compare the model's prediction error with those of three simple rules."""
    rules = {
        "“same as last time”": errors.last,
        "the mean so far": errors.own_mean,
        "the expected path": errors.expected,
    }
    better = [name for name, error in rules.items() if error <= errors.model]
    comparison = ", ".join(f"{name} by {number(error, 2)}" for name, error in rules.items())
    start = (
        f"Over {errors.reports} reports the model's next-session predictions were off by "
        f"{precise_points(errors.model)} (root mean square), {comparison}."
    )
    if not better:
        return f"{start} The model did better than all three."
    return f"{start} The model did no better than {join_names(better)}: give its estimates little weight."


def precise_points(value: float) -> str:
    """Format points with two decimals, which a comparison of errors needs."""
    return f"{number(value, 2)} points"


def cautions(part: Hypotheses) -> tuple[tuple[str, str], ...]:
    """Return (title, caution) pairs, most serious first; each caution comes once and names its constructs."""
    pairs = (
        ("Control", _future_caution(part)),
        ("Simulated clients", _decoy_caution(part)),
        ("Symptoms first", _reverse_caution(part)),
        ("Shared trend", _trend_caution(part)),
        ("Other clients", _borrowing_caution(part)),
    )
    return tuple((title, sentence) for title, sentence in pairs if sentence)


def _names(rows: Sequence[Hypothesis]) -> str:
    return join_names([row.label.lower() for row in rows])


def _future_caution(part: Hypotheses) -> str:
    """Name the constructs whose later reports go with earlier symptoms, which they cannot have changed."""
    rows = [row for row in part.rows if row.future_fails]
    return f"Earlier symptoms move with later {_names(rows)}, which cannot have changed them." if rows else ""


def _decoy_caution(part: Hypotheses) -> str:
    """Name the constructs for which simulated clients without an effect gave as large an estimate."""
    rows = [row for row in part.rows if row.decoy_fails]
    listed = join_names([f"{row.label.lower()} ({row.decoys} of {row.decoys_made})" for row in rows])
    return f"Without such an effect, estimates were as large for {listed}." if rows else ""


def _reverse_caution(part: Hypotheses) -> str:
    rows = [row for row in part.rows if abs(row.reverse.value) > abs(row.effect.value)]
    return f"The reverse order fits better for {_names(rows)}." if rows else ""


def _trend_caution(part: Hypotheses) -> str:
    """Name the constructs on which the two models of the trend disagree."""
    rows = [row for row in part.rows if row.rests_on_trend]
    if not rows:
        return ""
    which = "every process" if len(rows) == len(part.rows) else _names(rows)
    return f"“With trend” and “detrended” disagree for {which}."


def _borrowing_caution(part: Hypotheses) -> str:
    """Name the constructs that are mostly borrowed, unless all are and `pooling_sentence` says so."""
    rows = [row for row in part.rows if row.borrowed]
    if not rows or len(rows) == len(part.rows):
        return ""
    return f"Less than 30% comes from this client for {_names(rows)}."


def hidden_confounder_sentence(part: Hypotheses) -> str:
    """State how strongly an unmeasured variable would have to correlate with both sides."""
    strengths = " to ".join(dict.fromkeys(number(f(h.hidden for h in part.rows), 2) for f in (min, max)))
    return f"An unmeasured factor would explain an association away if it correlated with both sides at {strengths}."


def leading(part: Hypotheses) -> Hypothesis:
    """Return the hypothesis with the largest contribution, which the question for the session is about."""
    return max(part.rows, key=lambda h: abs(h.carried.value))


def question(part: Hypotheses) -> str:
    """Return an open question for the session about the construct with the largest contribution."""
    top = leading(part)
    name = join_names([PLAIN_NAMES.get(construct, top.label.lower()) for construct in top.constructs])
    return f"When {name} changed over these weeks, did your mood change before, after, or not at all?"


def table_column(row: Hypothesis) -> tuple[str, ...]:
    """Return the numbers of one construct, in the order of TABLE_ROWS."""
    return (
        interval(row.carried),
        interval(row.apart),
        percent(row.share),
        interval(row.effect, 2),
        percent(row.direction),
        interval(row.effect_apart, 2),
        percent(row.direction_apart),
        f"{percent(row.largest)} ({percent(row.chance)})",
        interval(row.reverse, 2),
        percent(row.reverse_direction),
        number(row.hidden, 2),
        f"{signed_number(row.future)}{', fails' if row.future_fails else ''}",
        f"{row.decoys} of {row.decoys_made}{', fails' if row.decoy_fails else ''}",
    )


TABLE_ROWS = (
    "With trend, points",
    "Detrended, points",
    "From this client",
    "Weekly effect with trend (SD)",
    "P(direction)",
    "Weekly effect detrended (SD)",
    "P(direction)",
    "P(largest), chance level",
    "Symptoms first (SD)",
    "P(direction)",
    "Unmeasured factor needed (r)",
    "Control: future before past (z)",
    "Control: simulated clients",
)
