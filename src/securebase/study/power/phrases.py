"""Results of a plan in words: the paragraph for a methods section, required numbers of clients, and limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from securebase.study.phrases import number
from securebase.study.power.plan import MAX_CLIENTS, PowerPlan, Setting
from securebase.study.power.search import RequiredClients
from securebase.study.power.summary import Cell

_TRENDS = {
    "carried": "therapy as an input to the constructs, which act on each other (trend carried)",
    "apart": "a bounded change of each construct by itself (trend apart)",
    "linear": "a common linear trend for each construct (trend linear)",
    "none": "constant means (trend none)",
}

#: outcome of an irregular fit → words after a number of fits
_ENDINGS = {"boundary": "at a boundary"}

#: origin of required numbers of clients
CURVE_SENTENCE = (
    "The required number of clients is where a probit curve in the square root of this number, fitted to all designs "
    "that differ only in it, reaches the target power; intervals by the delta method."
)


def methods(
    plan: PowerPlan,
    cells: Sequence[Cell],
    target_power: float | None,
    required: Sequence[RequiredClients],
    versions: Mapping[str, str],
) -> str:
    """Return one paragraph with all settings, seed, version, replications, Monte Carlo error and irregular fits."""
    sentences = [
        f"Power was estimated by simulation with Securebase {versions['securebase']} (seed {plan.seed}).",
        _model_sentence(plan),
        _designs_sentence(plan),
        _replications_sentence(plan, cells),
        f"Power is the share of all samples in which the fit converged and the {_level(plan)} interval of the effect "
        f"(delta method, two-sided alpha {number(plan.alpha)}) excluded zero with the sign of the true effect; its "
        f"Monte Carlo standard error was at most {number(_max_monte_carlo_error(cells), 3)}.",
        _outcomes_sentence(cells),
    ]
    if target_power is not None:
        sentences.append(CURVE_SENTENCE)
        sentences += [required_clients_in_words(answer, plan) for answer in required]
    return " ".join(s for s in sentences if s)


def _model_sentence(plan: PowerPlan) -> str:
    specification = plan.truth.specification
    n_others = specification.p - 2
    other_constructs = f" and {n_others} other construct{'s' if n_others > 1 else ''}" if n_others else ""
    constructs = _and(specification.constructs) if not n_others else f"{plan.earlier}, {plan.later}{other_constructs}"
    start = "" if specification.start == "stationary" else ", free start"
    return (
        f"Samples were drawn from, and refitted by maximum likelihood with, a hierarchical continuous-time state-space "
        f"model of {constructs} with random intercepts (long-run means), within-person drift, measurement error, and "
        f"{_TRENDS[specification.trend.value]}{start}; its parameters were those of the {plan.truth.name}, with a "
        f"standardised within-person effect of {plan.earlier} on {plan.later} one week later of "
        f"{effects_in_words(plan)} (in within-person standard deviations)."
    )


def _designs_sentence(plan: PowerPlan) -> str:
    interval = "weekly" if plan.days_between == 7 else f"{plan.days_between:g}-daily"
    size = f"{_or([f'{n:,}' for n in plan.clients])} clients with {_or(plan.sessions)} {interval} sessions"
    missing = "no missing scores"
    if any(plan.missing):
        missing = f"{_or([f'{m:.0%}' for m in plan.missing])} of single scores missing completely at random"
    dropout = "no dropout"
    if any(plan.dropout):
        dropout = f"{_or([f'{d:.0%}' for d in plan.dropout])} of clients dropping out at random, evenly over sessions"
    return f"Designs were {size}, {missing} and {dropout}, in every combination."


def _replications_sentence(plan: PowerPlan, cells: Sequence[Cell]) -> str:
    smallest, largest = min(c.completed for c in cells), max(c.completed for c in cells)
    designs = "each of these designs" if len(cells) > 1 else "this design"
    n_added = len(cells) - len(plan.designs)
    if n_added > 0:
        designs = f"{designs} and for {n_added} further sample size{'s' if n_added > 1 else ''} that the search tried"
    if smallest == largest == plan.replications:
        return f"{plan.replications:,} samples were drawn for {designs}."
    n_samples = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
    return (
        f"Of the {plan.replications:,} samples planned for {designs}, {n_samples} were drawn before the simulation was "
        "stopped."
    )


def count_outcomes(cells: Sequence[Cell]) -> Counter[str]:
    """Count the outcomes of all fits."""
    total: Counter[str] = Counter()
    for cell in cells:
        total.update(cell.outcomes)
    return total


def _outcomes_sentence(cells: Sequence[Cell]) -> str:
    outcomes = count_outcomes(cells)
    total = outcomes.total()
    irregular = {kind: n for kind, n in outcomes.most_common() if kind != "converged"}
    if not total:
        return ""
    if not irregular:
        return f"All {total:,} fits converged."
    kinds = _and([f"{n:,} {_ENDINGS.get(kind, kind.replace('_', ' '))}" for kind, n in irregular.items()])
    worst = max(c.irregular / c.completed for c in cells if c.completed)
    return (
        f"Of {total:,} fits, {sum(irregular.values()):,} did not converge regularly ({kinds}; at most {worst:.1%} in "
        "one design) and count as not detected."
    )


def required_clients_in_words(required: RequiredClients, plan: PowerPlan) -> str:
    """Return the required number of clients with its uncertainty."""
    setting = setting_in_words(required.setting, plan, lead=", ")
    condition = f"With {required.sessions} sessions{setting}, power {number(required.target_power)}"
    if required.clients is None:
        largest = f"{max(required.tried):,}" if required.tried else "none"
        return f"{condition} was not reached with up to {MAX_CLIENTS:,} clients (largest number simulated: {largest})."
    interval = ""
    if required.lower is not None and required.upper is not None:
        interval = f" (95% interval {required.lower:,.0f} to {required.upper:,.0f})"
    extrapolated = ""
    if required.clients > 1.2 * max(required.tried):
        extrapolated = f", an extrapolation beyond the largest simulated number, {max(required.tried):,}"
    share, simulated = required.simulated, ""
    if share is not None and share.value is not None:
        ends = f"{number(share.lower)} to {number(share.upper)}"
        simulated = f"; simulated with {required.nearest:,}: {number(share.value)} ({ends})"
    return f"{condition} is reached with about {required.clients:,} clients{interval}{extrapolated}{simulated}."


def setting_in_words(setting: Setting, plan: PowerPlan, lead: str = "") -> str:
    """Return the parts of a setting that vary in the plan; nothing if none does."""
    parts = []
    if len(plan.effects) > 1:
        parts.append(f"effect {effect_in_words(setting.effect)}")
    if len(plan.missing) > 1:
        parts.append(f"{setting.missing:.0%} missing")
    if len(plan.dropout) > 1:
        parts.append(f"{setting.dropout:.0%} dropping out")
    return f"{lead}{', '.join(parts)}" if parts else ""


def limits(plan: PowerPlan, cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the limits of a plan's results, one sentence each."""
    sentences = [
        "Samples are drawn from the model that is fitted. Real data deviate from it: scales have floors, people differ "
        "in how fast they change, and clients who get worse may be the ones who stop answering. Expect less power in a "
        "real study.",
        "Scores and clients are missing completely at random here, regardless of the scores.",
        f"The effect of {plan.earlier} on {plan.later} is a lagged association within persons. It does not show what "
        f"would happen to {plan.later} if {plan.earlier} were changed.",
    ]
    unverified = plan.truth.unverified
    if unverified:
        sentences.append(
            f"{len(unverified)} of the {len(plan.truth.statements)} numbers behind the {plan.truth.name} are "
            "judgements or have not yet been checked against the original publication. Plan with a range of effects, "
            "or from a fit of your own data."
        )
    elif not plan.truth.statements:
        sentences.append("The estimates used for simulation have sampling error, which these figures do not include.")
    if any(c.completed and c.irregular / c.completed > 0.05 for c in cells):
        sentences.append(
            "In some designs more than 5% of fits did not converge regularly. They count as not detected; bias, "
            "standard errors and coverage are computed over the fits that gave an interval, and may look better than "
            "over all fits."
        )
    if min((c.completed for c in cells), default=0) < 100:
        sentences.append(
            "Some designs have fewer than 100 replications: their figures are imprecise, as their intervals show."
        )
    return tuple(sentences)


def _level(plan: PowerPlan) -> str:
    return f"{100 * (1 - plan.alpha):g}%"


def _max_monte_carlo_error(cells: Sequence[Cell]) -> float:
    shares = [c.power or c.false_positives for c in cells]
    return max((s.standard_error or 0.0 for s in shares if s is not None), default=0.0)


def effects_in_words(plan: PowerPlan) -> str:
    return _or([effect_in_words(value) for value in plan.effects])


def effect_in_words(value: float) -> str:
    """Format an effect with two decimals, or three where two would change it: −.15, −.125."""
    if value == 0:
        return "0"
    return number(value, 2 if round(value, 2) == round(value, 6) else 3)


def _and(words: Sequence[object]) -> str:
    return _join(words, "and")


def _or(words: Sequence[object]) -> str:
    return _join(words, "or")


def _join(words: Sequence[object], conjunction: str) -> str:
    texts = [str(w) for w in words]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {conjunction} {texts[-1]}"
