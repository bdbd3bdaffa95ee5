"""Every sentence about working hypotheses. Like `wording`: what moves with what, what tends to come before, what fits.

Nothing here says that one thing did something to another, and every number about one client says how much of it is
that client's.
"""

from __future__ import annotations

from collections.abc import Sequence

from securebase.picture.parts import Foretelling, Hypotheses, Hypothesis, Interval, RankingVerdict
from securebase.picture.phrases import number, percent, points, session, signed

FAILED = "What the change moves with could not be computed"
FAILED_SAFELY = "Everything else on this page is as it was."
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


def together(labels: Sequence[str]) -> str:
    """“Alliance”, or “Alliance with social support” for what cannot be told apart."""
    return " with ".join([labels[0], *(one[0].lower() + one[1:] for one in labels[1:])])


def interval(one: Interval, digits: int = 1) -> str:
    return f"{_signed(one.value, digits)} ({number(one.low, digits)} to {number(one.high, digits)})"


def _signed(value: float, digits: int) -> str:
    text = number(value, digits)
    return text if text == "0" or text.startswith("−") else f"+{text}"


def heading_says(part: Hypotheses) -> str:
    """What is split up, and since when."""
    moved = "lower" if part.change < 0 else "higher"
    change = f"{points(part.change)} {moved}" if number(part.change) != "0" else "unchanged"
    span = f"From {session(part.first_session, part.first_at)} to {session(part.last_session, part.last_at)}"
    return (
        f"{span} symptoms, with measurement error taken out, are {change}. The lines show how many of these points "
        "move with each construct's state a moment earlier. They do not add up to the whole: symptoms fade by "
        "themselves, and much stays unexplained."
    )


def pooling_says(part: Hypotheses) -> str:
    if part.less_pooling:
        return (
            "There are enough sessions to look at this client with less borrowing (the prior is twice as wide). It "
            "stays an exploration, and each number says how much of it is this client's."
        )
    return "Each number leans on other clients, and says how much of it is this client's."


def verdict_says(part: Hypotheses) -> str:
    """Which is the largest: mostly that it cannot be told."""
    top = max(part.rows, key=lambda h: h.largest)
    best = f"the best chance of any is {percent(top.largest)}, where guessing gives {percent(top.chance)}"
    if part.verdict is RankingVerdict.LARGEST:
        return (
            f"Which moves most with symptoms: {part.about}, with a chance of {percent(top.largest)} in both readings "
            f"(guessing gives {percent(top.chance)})."
        )
    if part.verdict is RankingVerdict.NOT_YET:
        return f"Which moves most with symptoms: {CANNOT_TELL}; {best}."
    left = "no planned session is left" if part.sessions_left == 0 else "the sessions that are left would not suffice"
    return f"Which moves most with symptoms: cannot be told, and not within this course; {best}, and {left}."


def order_says(part: Hypotheses) -> str:
    """The ranking, where it may be shown."""
    by_label = {h.label: h.largest for h in part.rows}
    listed = ", ".join(f"{label} {percent(by_label[label])}" for label in part.order)
    return f"Chance of being the largest, in order: {listed}." if part.order else ""


def left_out_says(labels: Sequence[str]) -> str:
    return f"Reported too seldom to be looked at: {', '.join(labels).lower()}." if labels else ""


def foretelling_says(found: Foretelling) -> str:
    """Whether the model foretells the next report better than three simple rules."""
    rules = {
        "the last report": found.last,
        "the mean of earlier reports": found.own_mean,
        "the expected path": found.expected,
    }
    better = [name for name, error in rules.items() if error <= found.model]
    told = ", ".join(f"{name} by {points_(error)}" for name, error in rules.items())
    missed = (
        f"Over {found.reports} reports the model, before it knew this client's own effects, missed the next symptom "
        f"score by {points_(found.model)} (root mean square), {told}."
    )
    if not better:
        return f"{missed} It foretold better than each of them."
    names = better[0] if len(better) == 1 else f"{', '.join(better[:-1])} and {better[-1]}"
    return f"{missed} It did not foretell better than {names}, so its account of this course deserves little weight."


def points_(value: float) -> str:
    """Errors need a second decimal to be compared."""
    return f"{number(value, 2)} points"


def cautions(part: Hypotheses) -> tuple[tuple[str, str], ...]:
    """(label, what must be known of its number before it is used), gravest first; what holds for all is said once."""
    everyone: list[str] = []
    borrowed, trended = (all(getattr(h, name) for h in part.rows) for name in ("borrowed", "rests_on_trend"))
    if borrowed:
        top = max(h.share for h in part.rows)
        everyone.append(f"Borrowed from other clients: at most {percent(top)} of any number comes from this one.")
    if trended:
        everyone.append("The two readings disagree: the numbers rest on a shared trend.")
    told = [("All of them", " ".join(everyone))] if everyone else []
    for one in part.rows:
        said = row_says(one, borrowed=not borrowed, trend=not trended)
        if said:
            told.append((one.label, " ".join(said)))
    return tuple(told)


def row_says(one: Hypothesis, *, borrowed: bool = True, trend: bool = True) -> tuple[str, ...]:
    """What must be known of one number. `borrowed`, `trend`: whether these are to be said here and not once for all."""
    said = []
    if borrowed and one.borrowed:
        said.append(f"Borrowed from other clients: {percent(one.share)} of it comes from this one.")
    elif borrowed:
        said.append(f"{percent(one.share)} of it comes from this client.")
    if trend and one.rests_on_trend:
        said.append("The two readings disagree: the number rests on a shared trend.")
    if one.future_fails:
        said.append(
            "A control fails: it goes with earlier symptoms more than the model allows, and what comes later cannot "
            "have moved them."
        )
    if one.decoy_fails:
        said.append(
            f"With the reports of simulated clients in place of this one's, {one.decoys} of {one.decoys_made} tries "
            "gave as much."
        )
    if abs(one.reverse.value) > abs(one.effect.value):
        said.append("The other way round, symptoms first, is the larger of the two.")
    return tuple(said)


def hidden_says(part: Hypotheses) -> str:
    """How strong something unmeasured would have to be."""
    each = "; ".join(f"{h.label.lower()} {number(h.hidden, 2)}" for h in part.rows)
    return (
        "Something unmeasured would be enough to give all of an effect if it went with both sides by this much "
        f"(correlation, all else known taken out): {each}. {NOT_MEASURED}"
    )


def question(part: Hypotheses) -> str:
    """For the session: about what moves most with symptoms, without taking the answer for granted."""
    top = max(part.rows, key=lambda h: abs(h.carried.value))
    name = top.label.lower()
    return f"When {name} changed over these weeks, did your mood change after it, before it, or not at all?"


def table_column(one: Hypothesis) -> tuple[str, ...]:
    """The numbers of one construct, in the order of TABLE_ROWS."""
    return (
        interval(one.carried),
        interval(one.apart),
        percent(one.share),
        interval(one.effect, 2),
        percent(one.direction),
        interval(one.effect_apart, 2),
        percent(one.direction_apart),
        f"{percent(one.largest)} ({percent(one.chance)})",
        interval(one.reverse, 2),
        percent(one.reverse_direction),
        number(one.hidden, 2),
        f"{signed(one.future)}{', fails' if one.future_fails else ''}",
        f"{one.decoys} of {one.decoys_made}{', fails' if one.decoy_fails else ''}",
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
