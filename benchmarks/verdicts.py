"""Known truths of an independent simulator: how often each analysis is right, withholds or is wrong.

The results have a page of their own, docs/conclusions.md.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scipy import stats

from benchmarks import conclusions as groups
from benchmarks.conclusions import (
    ADJUSTED,
    FOLLOWED,
    READINGS,
    RULE,
    RULE_IRREGULAR,
    SESSIONS,
    SETS,
    SIX,
    WITHIN,
    WITHIN_IRREGULAR,
)
from benchmarks.page import Part, table
from benchmarks.product_truths import PRODUCT, PRODUCT_SIX, SIGNATURES
from benchmarks.stored import replications
from truths.catalogue import draw_cohort
from truths.columns import COLUMNS
from truths.crises import CRISES
from truths.irregular import IRREGULAR
from truths.judge import judge
from truths.pairs import PAIRS
from truths.rivals import RIVALS
from truths.sessions import SESSION_DESIGNS
from truths.truth import Truth

CLIENTS = (60, 240)
COHORTS = 200
PAGE = "conclusions.md"
NOT_ASKED = "not asked"
OUTCOMES = ("wrong", "warned", "right", "withheld", NOT_ASKED)
#: an analysis may be wrong in this share of cohorts, and more by chance
LEVEL = 0.05
GROUPS: Mapping[str, Sequence[Truth]] = {
    groups.PAIRS: PAIRS,
    groups.COLUMNS: COLUMNS,
    groups.CRISES: CRISES,
    groups.RIVALS: RIVALS,
    groups.IRREGULAR: IRREGULAR,
    groups.SESSIONS_TWICE: SESSION_DESIGNS,
    groups.PRODUCT: PRODUCT,
    groups.PRODUCT_SIX: PRODUCT_SIX,
}
#: group → modules that draw its cohorts
SIMULATORS: Mapping[str, tuple[str, ...]] = {
    groups.PAIRS: ("truths.pairs",),
    groups.COLUMNS: ("truths.columns",),
    groups.CRISES: ("truths.crises",),
    groups.RIVALS: ("truths.rivals",),
    groups.IRREGULAR: ("truths.irregular",),
    groups.SESSIONS_TWICE: ("truths.sessions",),
    groups.PRODUCT: ("benchmarks.product_truths",),
    groups.PRODUCT_SIX: ("benchmarks.product_truths",),
}
GROUP_OF = {truth.name: group for group, truths_ in GROUPS.items() for truth in truths_}
TRUTHS: Mapping[str, Truth] = {truth.name: truth for group in GROUPS.values() for truth in group}
#: (set of analyses, clients, truth) of every row, in the order of measurement
CASES = tuple(
    (analyses, clients, truth.name)
    for analyses in SETS
    for clients in CLIENTS
    for group in SETS[analyses].groups
    for truth in GROUPS[group]
)


@dataclass(frozen=True, slots=True)
class TruthResult:
    """Conclusions of one set of analyses about one truth and size: analysis → outcome → share of the cohorts."""

    truth: str
    clients: int
    analyses: str
    cohorts: int
    shares: dict[str, dict[str, float]]
    on: str


def read_cohort(reading: str, name: str, clients: int, cohort: int) -> Any:
    """Simulate one cohort and read it: plain values."""
    truth = TRUTHS[name]
    return READINGS[reading].read(draw_cohort(truth, clients, cohort), truth)


def judge_cohort(analyses: str, name: str, stored: Mapping[str, Any]) -> dict[str, str]:
    """Judge a set of analyses by the stored readings of one cohort: analysis → outcome."""
    truth = TRUTHS[name]
    return {
        analysis: judge(truth, conclusions).outcome if conclusions else NOT_ASKED
        for analysis, conclusions in SETS[analyses].conclude(truth, stored).items()
    }


def assess(analyses: str, name: str, clients: int, cohorts: int) -> TruthResult:
    """Judge many cohorts of one truth. Stored readings are used again until simulator or readings change."""
    stored = {}
    for reading in SETS[analyses].readings:
        modules = (*READINGS[reading].modules, *SIMULATORS[GROUP_OF[name]])
        work = partial(read_cohort, reading, name, clients)
        label = f"verdicts-{reading}-{name}-{clients}"
        stored[reading] = replications(label, work, cohorts, depends_on=SIGNATURES.get(name, ""), modules=modules)
    outcomes = [
        judge_cohort(analyses, name, {reading: values[cohort] for reading, values in stored.items()})
        for cohort in range(cohorts)
    ]
    shares = {}
    for analysis in SETS[analyses].analyses:
        counts = Counter(outcome[analysis] for outcome in outcomes)
        shares[analysis] = {outcome: counts[outcome] / cohorts for outcome in OUTCOMES}
    return TruthResult(name, clients, analyses, cohorts, shares, time.strftime("%Y-%m-%d", time.gmtime()))


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of cases: cohorts of each truth, and names of sets, truths and sizes (empty: all)."""

    cohorts: int = COHORTS
    sets: Sequence[str] = ()
    truths: Sequence[str] = ()
    clients: Sequence[int] = ()

    def __post_init__(self) -> None:
        unknown = {*self.sets} - {*SETS} | {*self.truths} - {*TRUTHS} | {*self.clients} - {*CLIENTS}
        if unknown:
            raise ValueError(f"no such set, truth or size: {', '.join(map(str, sorted(unknown, key=str)))}")

    def __contains__(self, case: tuple[str, int, str]) -> bool:
        analyses, clients, truth = case
        return (
            (not self.sets or analyses in self.sets)
            and (not self.clients or clients in self.clients)
            and (not self.truths or truth in self.truths)
        )


ALL = Selection()


def assess_all(selection: Selection = ALL, earlier: Sequence[TruthResult] = ()) -> list[TruthResult]:
    """Judge truths by sets of analyses, first with few clients; results of what is not selected are kept."""
    known = {(result.analyses, result.clients, result.truth): result for result in earlier}
    results = []
    for case in CASES:
        if case in selection:
            analyses, clients, truth = case
            known[case] = assess(analyses, truth, clients, selection.cohorts)
            print(f"  {analyses}: {truth}, {clients} clients, {selection.cohorts} cohorts", flush=True)
        results += [known[case]] if case in known else []
    return results


def is_above_level(share: float, cohorts: int) -> bool:
    """Return whether a share of wrong cohorts is significantly above 5%: more than 16 of 200."""
    return bool(stats.binom.sf(round(share * cohorts) - 1, cohorts, LEVEL) < 0.025)


def section(results: list[TruthResult]) -> list[str]:
    """Return the lines of this part of the page of benchmarks."""
    return [
        "## What analyses conclude",
        "",
        f"[Conclusions about known truths]({PAGE}) lists how often each analysis of two columns is wrong or "
        f"right, over {len({result.truth for result in results})} truths of a simulator that shares nothing with the "
        "model.",
        "",
    ]


def page(results: list[TruthResult], measured: Mapping[str, Any]) -> str:
    """Return docs/conclusions.md."""
    lines = [
        "# Conclusions about known truths",
        "",
        "Generated by `python -m benchmarks verdicts`; do not edit. An interruption loses only the cohorts in "
        f"progress: the next call continues. `--cohorts N` simulates fewer than {COHORTS}, `--small` only a few; "
        f"`--sets` measures only some of the sets {', '.join(f'`{name}`' for name in SETS)}, `--truths` and "
        "`--clients` only some truths and sizes.",
        "",
        "A simulator that shares nothing with the model of the package (`tests/truths/`) draws cohorts of 16 sessions "
        "with 8% of the ratings missing. Every person has a usual level and a linear trend of their own, and all "
        "share a common course. Symptoms are rated before each session and alliance after it. Each analysis is asked "
        "for both directions of every pair with symptoms, each at the level .05 without correction.",
        "",
        "- **wrong**: it concludes a link that does not hold, or one with the other sign, or says of a link that holds "
        "that it attenuates under detrending;",
        "- **right**: it concludes every link that holds, was asked and is identifiable, and nothing wrong;",
        "- everything else is **withheld**, which is the best that an analysis can do where no link holds.",
        "",
        "**Bold**: wrong significantly more often than in 5% of cohorts. †: a confounder, measured or not, reaches "
        "another column before symptoms. No analysis of these two columns can tell this from a link. An analysis "
        "that says so beside its conclusion, as the rule does, counts as *warned* instead of wrong.",
        "",
        "- *persists*: the former verdict of a study, by the ratio of detrended to centred estimate;",
        "- *one session later*, *person fixed effects from the pairs*, *half-panel jackknife*, *adjusted for the other "
        "columns*: its sensitivity analyses, by the same rule without the last step. Those that differ only by gaps, "
        "empty sessions or short courses are left out, since these are rare here. The last needs a third column;",
        "- *time reversal*: asymmetry in time of the detrended pair, which causes of both columns at once cannot "
        "produce. Alone, it takes the sign of the link from the association;",
        f"- *{WITHIN}*: an effect on the next value, persons' lines integrated out, with correlated shocks and error;",
        f"- *{RULE}*: the rule of a study (`securebase.study.verdicts`): the direction on which time reversal (of the "
        "ratings and of both columns on a common scale), that likelihood, and that likelihood beside private parts "
        "agree, corrected by Holm over the pairs of a study;",
        f"- *{SIX}*: the same in a study of five processes, four of which are linked to nothing;",
        f"- *{FOLLOWED}*: the same rule, except that a direction becomes inconclusive if it does not remain beside a "
        "bend of each person's own, and `leads_adjusted` if it remains beside every other process;",
        f"- *{ADJUSTED}*: the verdicts `leads_adjusted` alone. For a confounder that is a column, they count as wrong;",
        f"- *{WITHIN_IRREGULAR}* and *{RULE_IRREGULAR}*: both for sessions 4 to 14 days apart, with missed weeks;",
        f"- *{SESSIONS}*: the rule for both columns rated before and after each session.",
        "",
        "The scenarios of the package are simulated by its own model. There, a column that shares its shocks with "
        "another one that moves symptoms passes on what that one does (†); of two opposite links, only the stronger "
        "can be told.",
        "",
        "An analysis without a column in a table has not been measured yet.",
        "",
    ]
    for clients in sorted({result.clients for result in results}):
        of_size = [result for result in results if result.clients == clients]
        sets = [analyses for analyses in SETS if any(result.analyses == analyses for result in of_size)]
        lines += [f"## {clients} clients", "", *_cohorts_of(sets, of_size), ""]
        for heading, group in GROUPS.items():
            asked = [analyses for analyses in sets if heading in SETS[analyses].groups]
            names = [name for analyses in asked for name in SETS[analyses].analyses]
            rows = [_row(truth, asked, of_size) for truth in group]
            if asked:
                lines += [f"### {heading}, {clients} clients", "", "Shares: wrong / right.", ""]
                lines += [*table(["truth", "links that hold", *names], rows, "ll"), ""]
    lines += [
        "## When and where it was measured",
        "",
        *(f"- {line}" for line in _measured_on(results)),
        "",
        f"Processor: {measured['processor']}. Last with Securebase {measured['securebase']}, Python "
        f"{measured['python']}, NumPy {measured['numpy']}, SciPy {measured['scipy']}.",
        "",
    ]
    return "\n".join(lines)


def _measured_on(results: Sequence[TruthResult]) -> list[str]:
    """Return one line per set of analyses and date."""
    days = dict.fromkeys((result.analyses, result.on) for result in results)
    return [f"{', '.join(SETS[analyses].analyses)}: {day}" for analyses, day in days]


def _cohorts_of(sets: Sequence[str], results: Sequence[TruthResult]) -> list[str]:
    """Return one sentence per set of analyses: how many cohorts of each truth it judged."""
    lines = []
    for analyses in sets:
        counts = [result.cohorts for result in results if result.analyses == analyses]
        number = f"{counts[0]}" if len({*counts}) == 1 else f"{min(counts)} to {max(counts)}"
        lines.append(f"{number} cohorts of each truth: {', '.join(SETS[analyses].analyses)}.  ")
    return lines


def _row(truth: Truth, sets: Sequence[str], results: Sequence[TruthResult]) -> list[str]:
    links = [
        f"{link.source} → {link.target}, {link.occasion} session{'' if link.tellable else ' (not identifiable)'}"
        for link in truth.links
    ]
    mark = " †" if truth.unseen else ""
    cells = []
    for analyses in sets:
        result = next((r for r in results if r.truth == truth.name and r.analyses == analyses), None)
        for analysis in SETS[analyses].analyses:
            cells.append("–" if result is None else _cell(result.shares[analysis], truth, result.cohorts))
    return [f"{truth.summary}{mark} (`{truth.name}`)", "; ".join(links) or "none", *cells]


def _cell(shares: Mapping[str, float], truth: Truth, cohorts: int) -> str:
    if shares[NOT_ASKED]:
        return "–"
    wrong = f"{shares['wrong']:.2f}"
    wrong = f"**{wrong}**" if is_above_level(shares["wrong"], cohorts) else wrong
    warned = f", {shares['warned']:.2f} warned" if shares["warned"] else ""
    right = f"{shares['right']:.2f}" if any(link.tellable for link in truth.links) else "–"
    return f"{wrong}{warned} / {right}"


PART = Part("verdicts", TruthResult, assess_all, section, measure_cohorts=assess_all)
