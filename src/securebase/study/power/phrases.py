"""A plan's result in words: the paragraph for a methods section, what is needed, and what it cannot show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from securebase.study.phrases import number
from securebase.study.power.plan import MOST_CLIENTS, PowerPlan, Setting
from securebase.study.power.search import Needed
from securebase.study.power.summary import Cell

_READINGS = {
    "carried": "therapy as an input that pushes the constructs, which push each other (trend carried)",
    "apart": "a bounded change of each construct of its own (trend apart)",
    "linear": "a common straight line for each construct (trend linear)",
    "none": "no change of the means over time (trend none)",
}


#: where numbers of clients come from
CURVE = (
    "Numbers of clients are those at which a probit curve in the root of the number of clients, fitted to the samples "
    "of all designs that differ in this number only, reaches the wanted power; intervals by the delta method."
)


def methods(
    plan: PowerPlan,
    cells: Sequence[Cell],
    wanted: float | None,
    answers: Sequence[Needed],
    versions: Mapping[str, str],
) -> str:
    """One paragraph with all settings, the seed, the version, the replications, their Monte Carlo error and every fit
    that ended irregularly."""
    sentences = [
        f"Power was estimated by simulation with Securebase {versions['securebase']} (seed {plan.seed}).",
        _drawn(plan),
        _designs(plan),
        _replications(plan, cells),
        f"Power is the share of all samples in which the fit converged and the {_level(plan)} interval of the effect "
        f"(delta method, two-sided alpha {number(plan.alpha)}) excluded zero with the sign of the true effect; its "
        f"Monte Carlo standard error was at most {number(_largest_error(cells), 3)}.",
        _ended(cells),
    ]
    if wanted is not None:
        sentences.append(CURVE)
        sentences += [answer_in_words(answer, plan) for answer in answers]
    return " ".join(s for s in sentences if s)


def _drawn(plan: PowerPlan) -> str:
    own = plan.truth.specification
    others = own.p - 2
    beside = f" beside {others} other construct{'s' if others > 1 else ''}" if others else ""
    edge = f"{plan.earlier} on {plan.later}"
    size = f"a standardised within-person effect of {edge} one week later of {effects_in_words(plan)}"
    start = "" if own.start == "stationary" else ", free start"
    return (
        f"Samples were drawn from, and refitted by maximum likelihood with, a hierarchical continuous-time state-space "
        f"model of {_and(own.constructs) if not others else f'{plan.earlier} and {plan.later}'}{beside} with usual "
        f"levels that differ between persons, drift within persons, measurement noise, and "
        f"{_READINGS[own.trend.value]}{start}; its parameters were those of the {plan.truth.name}, with {size} "
        "(in standard deviations of movement within persons)."
    )


def _designs(plan: PowerPlan) -> str:
    apart = "weekly" if plan.days_between == 7 else f"{plan.days_between:g}-daily"
    parts = [f"{_or([f'{n:,}' for n in plan.clients])} clients with {_or(plan.sessions)} {apart} sessions"]
    parts.append(
        f"{_or([f'{m:.0%}' for m in plan.missing])} of single scores missing completely at random"
        if any(plan.missing)
        else "no missing scores"
    )
    parts.append(
        f"{_or([f'{d:.0%}' for d in plan.dropout])} of clients leaving early at random, evenly over sessions"
        if any(plan.dropout)
        else "no dropout"
    )
    return f"Designs were {parts[0]}, {parts[1]} and {parts[2]}, in every combination."


def _replications(plan: PowerPlan, cells: Sequence[Cell]) -> str:
    least, most = min(c.done for c in cells), max(c.done for c in cells)
    of = "each of these designs" if len(cells) > 1 else "this design"
    extra = len(cells) - len(plan.designs)
    more = (
        f" and of {extra} more number{'s' if extra > 1 else ''} of clients that the search tried" if extra > 0 else ""
    )
    if least == most == plan.replications:
        return f"{plan.replications:,} samples were drawn for {of}{more}."
    drawn = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return (
        f"Of the {plan.replications:,} samples planned for {of}{more}, {drawn} were drawn before the simulation was "
        "stopped."
    )


def ended(cells: Sequence[Cell]) -> Counter[str]:
    """How all fits ended."""
    total: Counter[str] = Counter()
    for c in cells:
        total.update(c.outcomes)
    return total


def _ended(cells: Sequence[Cell]) -> str:
    total = ended(cells)
    others = {kind: n for kind, n in total.most_common() if kind != "converged"}
    if not total.total():
        return ""
    if not others:
        return f"All {total.total():,} fits converged."
    named = _and([f"{kind.replace('_', ' ')} {n:,}" for kind, n in others.items()])
    worst = max((c for c in cells if c.done), key=lambda c: c.irregular / c.done)
    return (
        f"Of {total.total():,} fits, {sum(others.values()):,} did not converge regularly ({named}; at most "
        f"{worst.irregular / worst.done:.1%} in one design) and count as not detected."
    )


def answer_in_words(answer: Needed, plan: PowerPlan) -> str:
    """How many clients are needed, with its uncertainty."""
    setting = setting_in_words(answer.setting, plan, lead=", ")
    where = f"With {answer.sessions} sessions{setting}, power {number(answer.wanted)}"
    if answer.clients is None:
        tried = f"{max(answer.tried):,}" if answer.tried else "none"
        return f"{where} was not found up to {MOST_CLIENTS:,} clients (largest number simulated: {tried})."
    between = (
        ""
        if answer.lower is None or answer.upper is None
        else f" (95% interval {answer.lower:,.0f} to {answer.upper:,.0f})"
    )
    share, seen = answer.simulated, ""
    if share is not None and share.value is not None:
        ends = f"{number(share.lower)} to {number(share.upper)}"
        seen = f"; simulated with {answer.nearest:,}: {number(share.value)} ({ends})"
    beyond = (
        f", which is beyond the {max(answer.tried):,} that were simulated at most"
        if answer.clients > 1.2 * max(answer.tried)
        else ""
    )
    return f"{where} is reached with about {answer.clients:,} clients{between}{beyond}{seen}."


def setting_in_words(setting: Setting, plan: PowerPlan, lead: str = "") -> str:
    """Those parts of a setting in which the plan has more than one; nothing where there are none."""
    parts = []
    if len(plan.effects) > 1:
        parts.append(f"effect {effect_in_words(setting.effect)}")
    if len(plan.missing) > 1:
        parts.append(f"{setting.missing:.0%} missing")
    if len(plan.dropout) > 1:
        parts.append(f"{setting.dropout:.0%} leaving early")
    return f"{lead}{', '.join(parts)}" if parts else ""


def limits(plan: PowerPlan, cells: Sequence[Cell]) -> tuple[str, ...]:
    """What a plan's result does not show."""
    said = [
        "The truth that is drawn from is the model that is fitted. Real courses are not so obliging: scales have "
        "floors, people differ in how fast they change, and whoever gets worse may be the one who stops answering. "
        "Expect less power in a real study.",
        "Scores and clients go missing at random here, whatever the scores are.",
        f"An effect of {plan.earlier} on {plan.later} is what tends to come before what within persons. It says "
        "nothing of what would happen if somebody changed the first.",
    ]
    unverified = plan.truth.unverified
    if unverified:
        said.append(
            f"{len(unverified)} of the {len(plan.truth.statements)} numbers behind the {plan.truth.name} are "
            "judgements or not yet checked at their source. Plan with a range of effects, or from a fit of your own "
            "data."
        )
    elif not plan.truth.statements:
        said.append("The estimates that the truth is made of are themselves uncertain, which is not in these figures.")
    if any(c.done and c.irregular / c.done > 0.05 for c in cells):
        said.append(
            "In some designs more than 5% of fits end irregularly. They count as not detected; figures of bias, errors "
            "and coverage are over the fits that gave an interval, and may be kinder than all fits would be."
        )
    if min((c.done for c in cells), default=0) < 100:
        said.append("Some designs have fewer than 100 replications: their figures are rough, as their intervals say.")
    return tuple(said)


def _level(plan: PowerPlan) -> str:
    return f"{100 * (1 - plan.alpha):g}%"


def _largest_error(cells: Sequence[Cell]) -> float:
    shares = [c.power or c.false_alarms for c in cells]
    return max((s.standard_error or 0.0 for s in shares if s is not None), default=0.0)


def effects_in_words(plan: PowerPlan) -> str:
    return _or([effect_in_words(value) for value in plan.effects])


def effect_in_words(value: float) -> str:
    """Two decimals, or three where two would not be the number: −.15, −.125."""
    if value == 0:
        return "0"
    return number(value, 2 if round(value, 2) == round(value, 6) else 3)


def _and(words: Sequence[object]) -> str:
    return _joined(words, "and")


def _or(words: Sequence[object]) -> str:
    return _joined(words, "or")


def _joined(words: Sequence[object], last: str) -> str:
    texts = [str(w) for w in words]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}"
