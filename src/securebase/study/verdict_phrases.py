"""Verdicts in plain sentences, each with the persons behind it. No verb claims a cause: *tends to come before*."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from securebase.study.parts import StudyRequest
from securebase.study.phrases import number, p_value
from securebase.study.verdict import Verdict
from securebase.study.verdicts.attenuation import Persistence
from securebase.study.verdicts.hidden_cause import HiddenCause
from securebase.study.verdicts.identifying import MAX_CORRELATION, MIN_IDENTIFYING, Movement, Refusal
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung

#: larger samples are not named
_MAX_PERSONS = 10_000
RUNG_LABELS: Mapping[Rung, str] = {
    Rung.REFUSED: "refused",
    Rung.TOGETHER: "together",
    Rung.LEADS: "leads",
    Rung.LEADS_ADJUSTED: "leads, adjusted",
    Rung.RANDOMISED: "randomised",
    Rung.CONTRADICTED: "contradicted",
    Rung.INCONCLUSIVE: "inconclusive",
}

RULE = (
    "Leads: three tests agree in sign, and the largest p is below .05 after Holm’s correction over the pairs: "
    "asymmetry in time, as rated and on a common scale; the cross-lagged coefficient of a within-"
    "person VAR(1) with correlated shocks and measurement error; and the same with a private autoregressive part in "
    "each column. Only the stronger direction is credited, if it remains beside a bend of each person’s own and across "
    "ten or more named therapists. Leads, adjusted: it remains beside every other column. "
    "Contradicted: two significant readings disagree in sign. "
    "Together: the smallest p of three within-person associations, times three and corrected by Holm, is below .05. "
    "Refused: a column copies the other, varies in too few persons, moves in one direction only, or has too few rows. "
    "Inconclusive: everything else. When detrended, an association persists (significant with the same sign before and "
    "after), attenuates (it loses more than detrending takes by itself; the rest is not significant and at most two "
    "thirds), is weaker (only the first holds), or is inconclusive."
)


def verdict_in_words(verdict: Verdict, request: StudyRequest) -> str:
    """Return a verdict with the persons behind it, its warning, and what remains without trends."""
    x, y = request.label(verdict.earlier), request.label(verdict.later)
    if verdict.rung is Rung.TOGETHER and verdict.earlier == request.outcome:
        # both rows of the pair get one sentence
        x, y = y, x
    return join(
        (
            _SENTENCES[verdict.rung](verdict, x, y),
            _scales(verdict),
            _beside_rivals(verdict, request),
            _cause(verdict, request, x, y),
            _persistence(verdict),
        )
    )


def identified_by(verdict: Verdict) -> str:
    """Return the number that identifies a verdict: persons with one switch each, or Kish’s effective number."""
    moved = verdict.readings.movement_from
    if _switches_once(moved):
        return f"{moved.movers:,} persons with one switch each"
    return f"{verdict.n_identifying:,.0f} of {verdict.n_persons:,}"


def detrended_label(verdict: Verdict) -> str:
    """Return what remains of an association when detrended, in one word; empty where it was not tested."""
    if verdict.persistence is None:
        return ""
    return "weaker" if _is_only_weaker(verdict) else verdict.persistence.value


def detrended_legend(occasion: str) -> str:
    """Return what the words of `detrended_label` mean; occasion: what the table calls a row."""
    return (
        f"When detrended: what is left of the association with the next {occasion}. Weaker: it loses more than "
        "detrending takes by itself; how much is left remains open."
    )


def settle_in_words(verdicts: Iterable[Verdict], request: StudyRequest) -> str:
    """Return the designs that settle an order, one sentence for all verdicts; nothing where no order is open."""
    if not any(verdict.would_settle.designs for verdict in verdicts):
        return ""
    occasion = request.occasion
    return (
        f"To settle an order, rate both columns before and after each {occasion}, or assign the earlier column at "
        f"random. One more rating between two {occasion}s does not settle it."
    )


def join(sentences: Iterable[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _switches_once(moved: Movement) -> bool:
    return moved.movers > 0 and moved.changes == moved.movers


def _persons(verdict: Verdict) -> str:
    moved = verdict.readings.movement_from
    if _switches_once(moved):
        return f"{moved.movers:,} persons with one switch each identify the effect"
    return f"It rests on {verdict.n_persons:,} persons, effectively {verdict.n_identifying:,.0f}"


def _p_values(verdict: Verdict) -> str:
    if verdict.p is None or verdict.p_adjusted is None:
        return ""
    return f" ({p_value(verdict.p)}; corrected {p_value(verdict.p_adjusted)})"


def _leads(verdict: Verdict, x: str, y: str) -> str:
    # where x is rated before y in one row, an effect in the row shows one row later, where the tests look
    same = " It compares successive rows, so this may happen within one row." if verdict.occasion == "same" else ""
    direction = "" if verdict.estimate is None else "higher " if verdict.estimate > 0 else "lower "
    mixed = verdict.readings.mixed_cause
    badge = " It remains beside a hidden factor and shared shocks at once." if mixed is not None and mixed.holds else ""
    return (
        f"Above-average {x} tends to come before {direction}{y}{_p_values(verdict)}. {_persons(verdict)}.{same}{badge}"
        f"{_therapists(verdict)}"
    )


def _therapists(verdict: Verdict) -> str:
    """Return whether a direction remains across therapists, where these are known."""
    tests = verdict.readings.across_therapists
    if tests is None:
        return ""
    if tests.p_adjusted is None:
        return (
            f" These persons have {tests.n_therapists} therapists, too few to check whether the direction holds across "
            "therapists; what clients of the same therapist have in common may explain it."
        )
    return f" It remains significant across {tests.n_therapists} therapists (corrected {p_value(tests.p_adjusted)})."


def _beside_rivals(verdict: Verdict, request: StudyRequest) -> str:
    """Return beside which other columns a direction remains, and beside which not."""
    rivals = verdict.readings.rivals
    if verdict.rung is Rung.LEADS_ADJUSTED:
        each = ", one at a time" if len(rivals) > 1 else ""
        return f"It remains beside {_list(rivals, request)}{each}."
    open_ = [name for name, test in rivals.items() if test is None or test.p >= LEVEL]
    if verdict.rung is not Rung.LEADS or not rivals:
        return ""
    if not open_:
        return f"Beside {_list(rivals, request)} it is not significant after correction."
    return f"It is not significant beside {_list(open_, request)}, which may explain it."


def _list(names: Iterable[str], request: StudyRequest) -> str:
    labels = [request.label(name) for name in names]
    return ", ".join(labels[:-1]) + " and " + labels[-1] if len(labels) > 1 else "".join(labels)


def _cause(verdict: Verdict, request: StudyRequest, x: str, y: str) -> str:
    """Return the hidden cause that would give the same result, and how strong it would have to be."""
    cause = verdict.hidden_cause
    leads = verdict.rung in (Rung.LEADS, Rung.LEADS_ADJUSTED)
    warning = f"A hidden cause that reaches {x} before {y}, or shows in it sooner, would give the same result"
    if cause is None:
        return f"{warning}." if leads else ""
    uncertain = f" ({_percent(cause.to_insignificance)} makes it uncertain)" if cause.to_insignificance else ""
    size = f"{_percent(cause.to_zero)} of what is left of both{uncertain}"
    if leads:
        early = f", at least half a {request.occasion} earlier in {x}" if cause.lead else ""
        sentence = f"{warning} if it accounts for {size}{early}."
    else:
        sentence = f"A hidden cause that accounts for {size} would explain it."
    return join((sentence, _strongest(cause, request)))


def _strongest(cause: HiddenCause, request: StudyRequest) -> str:
    """Return how strong the strongest of the other columns is in this respect, with x and with y."""
    if not cause.measured:
        return ""
    name, strength = max(cause.measured.items(), key=lambda item: item[1].bias)
    shares = [_percent(strength.with_earlier), _percent(strength.with_later)]
    of_both = f"{shares[0]} of each" if shares[0] == shares[1] else f"{shares[0]} and {shares[1]}"
    return f"By comparison, {request.label(name)} accounts for {of_both}."


def _percent(share: float) -> str:
    return "less than 1%" if share < 0.01 else f"{100 * share:.0f}%"


def _associated(verdict: Verdict, x: str, y: str) -> str:
    sign = "" if verdict.estimate is None else "higher" if verdict.estimate > 0 else "lower"
    direction = f": higher {x} with {sign} {y}" if sign else ""
    return (
        f"{x} and {y} move together{direction}; their order is not known{_p_values(verdict)}. {_persons(verdict)}."
        f"{_would_decide(verdict)}"
    )


def _scales(verdict: Verdict) -> str:
    """Return that an order depends on the scales, where that may be why none is concluded."""
    readings = verdict.readings
    ratings, common = readings.time_reversal, readings.time_reversal_on_common_scale
    withheld = verdict.rung in (Rung.TOGETHER, Rung.INCONCLUSIVE) and readings.rests_on_scales
    if not withheld or ratings is None or common is None:
        return ""
    other = "it is not significant" if common.p >= LEVEL else "it has the opposite sign"
    return (
        f"The asymmetry in time of the ratings ({p_value(ratings.p)}) depends on their scales: on a common scale "
        f"{other} ({p_value(common.p)}), so a floor, a ceiling or few categories may account for it."
    )


def _contradicted(verdict: Verdict, x: str, y: str) -> str:
    return f"{x} before {y}: two readings of these columns disagree in sign, so nothing is concluded about their order."


def _inconclusive(verdict: Verdict, x: str, y: str) -> str:
    if verdict.other_leads:
        return f"{x} before {y}: inconclusive. This design can detect only the stronger of two directions."
    bends = verdict.readings.bends
    if bends is not None and not bends.holds:
        return (
            f"{x} before {y}: inconclusive{_p_values(verdict)}. It rests on the straight line of each person’s trend: "
            f"beside a bend, nothing is left. {_persons(verdict)}."
        )
    clustered = verdict.readings.across_therapists
    if clustered is not None and clustered.is_lost:
        return (
            f"{x} before {y}: inconclusive{_p_values(verdict)}. Clients of the same therapist may change alike. "
            f"Across the {clustered.n_therapists} therapists the direction is not significant after correction "
            f"(uncorrected {p_value(max(clustered.p_reversal, clustered.p_effect))}). {_persons(verdict)}."
        )
    return f"{x} before {y}: inconclusive. {_persons(verdict)}.{_would_decide(verdict)}"


def _would_decide(verdict: Verdict) -> str:
    persons = verdict.would_settle.persons
    if persons is None:
        return ""
    if persons > _MAX_PERSONS:
        return f" If the lags are as large as estimated, even {_MAX_PERSONS:,} persons would not give 80% power."
    return f" If the lags are as large as estimated, about {persons:,} persons would give 80% power."


def _refused(verdict: Verdict, x: str, y: str) -> str:
    reason = "" if verdict.reason is None else _REASONS[verdict.reason](verdict, x, y)
    return f"{x} before {y}: refused. {reason}"


def _copy(_verdict: Verdict, x: str, y: str) -> str:
    return f"Detrended, {x} and {y} correlate beyond ±{number(MAX_CORRELATION)}: one is a copy of the other."


def _hardly_varies(verdict: Verdict, x: str, y: str) -> str:
    if verdict.n_persons == 0:
        return "No person has enough values of both columns."
    if verdict.n_identifying >= MIN_IDENTIFYING:
        return f"{y} varies in too few persons."
    if _switches_once(verdict.readings.movement_from):
        return f"{x} hardly varies. {_persons(verdict)}."
    return (
        f"{x} varies in too few persons: effectively {verdict.n_identifying:,.0f} of {verdict.n_persons:,}, where "
        f"{MIN_IDENTIFYING:.0f} are needed."
    )


def _one_way(verdict: Verdict, x: str, y: str) -> str:
    moved = {x: verdict.readings.movement_from, y: verdict.readings.movement_to}
    column, movement = min(moved.items(), key=lambda item: item[1].returners)
    words = (
        f"In most persons, {column} moves in one direction only, so anything else that changed then would look alike."
    )
    if _switches_once(movement):
        return f"{words} {movement.movers:,} persons with one switch each identify the effect."
    return f"{words} It changes in {movement.movers:,} persons and changes back in {movement.returners:,}."


def _short(_verdict: Verdict, _x: str, _y: str) -> str:
    return "On average, persons have fewer than three usable pairs of successive rows."


def _persistence(verdict: Verdict) -> str:
    """Return what remains without trends; nothing where that cannot be told, or for both directions at once."""
    if verdict.rung is Rung.TOGETHER:
        return ""
    match verdict.persistence:
        case Persistence.PERSISTS:
            few = ", though in few persons" if verdict.rung is Rung.REFUSED else ""
            return f"The association persists when detrended{few}."
        case Persistence.ATTENUATES:
            return "The association attenuates when detrended, so it may reflect a shared trend."
    if _is_only_weaker(verdict):
        return "The association is weaker when detrended; how much of it is left remains open."
    return ""


def _is_only_weaker(verdict: Verdict) -> bool:
    """Return whether an association is significantly weaker when detrended, while how much is left is open."""
    t3 = verdict.readings.attenuation
    return verdict.persistence is Persistence.INCONCLUSIVE and t3 is not None and t3.weaker


_Words = Callable[[Verdict, str, str], str]
_REASONS: Mapping[Refusal, _Words] = {
    Refusal.COPY: _copy,
    Refusal.HARDLY_VARIES: _hardly_varies,
    Refusal.ONE_WAY: _one_way,
    Refusal.SHORT: _short,
}
_SENTENCES: Mapping[Rung, _Words] = {
    Rung.REFUSED: _refused,
    Rung.TOGETHER: _associated,
    Rung.LEADS: _leads,
    Rung.LEADS_ADJUSTED: _leads,
    Rung.CONTRADICTED: _contradicted,
    Rung.INCONCLUSIVE: _inconclusive,
}
