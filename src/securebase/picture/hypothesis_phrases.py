"""All sentences about working hypotheses, with the verbs of `phrases`.

No sentence claims that one construct affected another, and every number about a client states its data share.
"""

from __future__ import annotations

from collections.abc import Sequence

from securebase.picture.parts import ForecastErrors, Hypotheses, Hypothesis, Interval, RankingVerdict
from securebase.picture.phrases import number, percent, points, session, signed_number

FAILED = "What the change moves with could not be computed"
REST_UNAFFECTED = "Everything else on this page is as it was."
TOO_FEW = (
    "There are too few reports of symptoms, alliance and the mechanisms to say what the change in symptoms moves with."
)
LEGEND = (
    "Carried: therapy is read as what moves everything, and the constructs pass it on. Apart: every construct has a "
    "trend of its own, and only movements around it count. Grey: borrowed from other clients, less than 30% from this "
    "one. Lines are 90% intervals."
)
NOT_MEASURED = (
    "Medication and life events are not recorded here, so nothing measured can be set beside what may be hidden."
)
CANNOT_TELL = "cannot tell yet"
BETWEEN_SD = "How far lagged effects differ between clients (SD, half-normal scale)"


def joint_label(labels: Sequence[str]) -> str:
    """Return “Alliance”, or “Alliance with social support” for constructs that cannot be distinguished."""
    return " with ".join([labels[0], *(label[0].lower() + label[1:] for label in labels[1:])])


def interval(estimate: Interval, digits: int = 1) -> str:
    low, high = number(estimate.low, digits), number(estimate.high, digits)
    return f"{_signed_number(estimate.value, digits)} ({low} to {high})"


def _signed_number(value: float, digits: int) -> str:
    text = number(value, digits)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def heading_sentence(part: Hypotheses) -> str:
    """Describe the change that is split into contributions, and its period."""
    moved = "lower" if part.change < 0 else "higher"
    change = f"{points(part.change)} {moved}" if number(part.change) != "0" else "unchanged"
    span = f"From {session(part.first_session, part.first_at)} to {session(part.last_session, part.last_at)}"
    return (
        f"{span} symptoms, with measurement error taken out, are {change}. The lines show how many of these points "
        "move with each construct's state a moment earlier. They do not add up to the whole: symptoms fade by "
        "themselves, and much stays unexplained."
    )


def pooling_sentence(part: Hypotheses) -> str:
    if part.less_pooling:
        return (
            "There are enough sessions to look at this client with less borrowing (the prior is twice as wide). It "
            "stays an exploration, and each number says how much of it is this client's."
        )
    return "Each number leans on other clients, and says how much of it is this client's."


def verdict_sentence(part: Hypotheses) -> str:
    """State which contribution is the largest, or that the data cannot show it."""
    top = max(part.rows, key=lambda h: h.largest)
    best = f"the best chance of any is {percent(top.largest)}, where guessing gives {percent(top.chance)}"
    if part.verdict is RankingVerdict.LARGEST:
        return (
            f"Which moves most with symptoms: {part.about}, with a chance of {percent(top.largest)} in both readings "
            f"(guessing gives {percent(top.chance)})."
        )
    if part.verdict is RankingVerdict.NOT_YET:
        return f"Which moves most with symptoms: {CANNOT_TELL}; {best}."
    remaining = (
        "no planned session is left" if part.sessions_left == 0 else "the sessions that are left would not suffice"
    )
    return f"Which moves most with symptoms: cannot be told, and not within this course; {best}, and {remaining}."


def order_sentence(part: Hypotheses) -> str:
    """Return the ranking, or an empty text while its gate is closed."""
    by_label = {h.label: h.largest for h in part.rows}
    listed = ", ".join(f"{label} {percent(by_label[label])}" for label in part.order)
    return f"Chance of being the largest, in order: {listed}." if part.order else ""


def omission_sentence(labels: Sequence[str]) -> str:
    return f"Reported too seldom to be looked at: {', '.join(labels).lower()}." if labels else ""


def forecast_check_sentence(errors: ForecastErrors) -> str:
    """Compare the model's prediction error with those of three simple rules."""
    rules = {
        "the last report": errors.last,
        "the mean of earlier reports": errors.own_mean,
        "the expected path": errors.expected,
    }
    better = [name for name, error in rules.items() if error <= errors.model]
    comparison = ", ".join(f"{name} by {precise_points(error)}" for name, error in rules.items())
    start = (
        f"Over {errors.reports} reports the model, before it knew this client's own effects, missed the next symptom "
        f"score by {precise_points(errors.model)} (root mean square), {comparison}."
    )
    if not better:
        return f"{start} It foretold better than each of them."
    names = better[0] if len(better) == 1 else f"{', '.join(better[:-1])} and {better[-1]}"
    return f"{start} It did not foretell better than {names}, so its account of this course deserves little weight."


def precise_points(value: float) -> str:
    """Format points with two decimals, which a comparison of errors needs."""
    return f"{number(value, 2)} points"


def cautions(part: Hypotheses) -> tuple[tuple[str, str], ...]:
    """Return (label, cautions) pairs, most serious first; cautions that hold for all constructs come once."""
    shared: list[str] = []
    borrowed, trended = (all(getattr(h, name) for h in part.rows) for name in ("borrowed", "rests_on_trend"))
    if borrowed:
        top = max(h.share for h in part.rows)
        shared.append(f"Borrowed from other clients: at most {percent(top)} of any number comes from this one.")
    if trended:
        shared.append("The two readings disagree: the numbers rest on a shared trend.")
    pairs = [("All of them", " ".join(shared))] if shared else []
    for row in part.rows:
        sentences = row_cautions(row, borrowed=not borrowed, trend=not trended)
        if sentences:
            pairs.append((row.label, " ".join(sentences)))
    return tuple(pairs)


def row_cautions(row: Hypothesis, *, borrowed: bool = True, trend: bool = True) -> tuple[str, ...]:
    """Return the cautions on one construct's numbers, without those on data share or trend if turned off."""
    sentences = []
    if borrowed and row.borrowed:
        sentences.append(f"Borrowed from other clients: {percent(row.share)} of it comes from this one.")
    elif borrowed:
        sentences.append(f"{percent(row.share)} of it comes from this client.")
    if trend and row.rests_on_trend:
        sentences.append("The two readings disagree: the number rests on a shared trend.")
    if row.future_fails:
        sentences.append(
            "A control fails: it goes with earlier symptoms more than the model allows, and what comes later cannot "
            "have moved them."
        )
    if row.decoy_fails:
        sentences.append(
            f"With the reports of simulated clients in place of this one's, {row.decoys} of {row.decoys_made} tries "
            "gave as much."
        )
    if abs(row.reverse.value) > abs(row.effect.value):
        sentences.append("The other way round, symptoms first, is the larger of the two.")
    return tuple(sentences)


def hidden_confounder_sentence(part: Hypotheses) -> str:
    """State how strongly an unmeasured variable would have to correlate with both sides."""
    thresholds = "; ".join(f"{h.label.lower()} {number(h.hidden, 2)}" for h in part.rows)
    return (
        "Something unmeasured would be enough to give all of an effect if it went with both sides by this much "
        f"(correlation, all else known taken out): {thresholds}. {NOT_MEASURED}"
    )


def question(part: Hypotheses) -> str:
    """Return an open question for the session about the construct with the largest contribution."""
    top = max(part.rows, key=lambda h: abs(h.carried.value))
    name = top.label.lower()
    return f"When {name} changed over these weeks, did your mood change after it, before it, or not at all?"


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
    "Carried, points",
    "Apart, points",
    "From this client",
    "Weekly effect, carried (SD)",
    "P of its direction",
    "Weekly effect, apart (SD)",
    "P of its direction",
    "P of largest (guessing)",
    "Symptoms first (SD)",
    "P of its direction",
    "Hidden third needed",
    "Future before past, z",
    "Decoys as far",
)
