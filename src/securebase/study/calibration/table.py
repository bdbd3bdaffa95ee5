"""A calibration as a table: rows in words, as Markdown for the documentation, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.target import Interval, Outcome, Target, TargetVerdict

MISSING = "–"
#: of a figure that fails here and has no reason of its own
NO_REASON = "No reason is noted. The fewer the cohorts, the less certain is the median itself."


@dataclass(frozen=True, slots=True)
class Row:
    """One target as it is printed."""

    key: str
    what: str
    published: str
    basis: str
    band: str
    median: str
    range_95: str
    verdict: str
    covers: str
    persons: str
    source: str
    remark: str


def rows(made: Calibration) -> list[Row]:
    """Every target in the order of the table, the ones that fail and the ones not simulated among them."""
    return [_row(o) for o in made.outcomes]


def _row(outcome: Outcome) -> Row:
    target, verdict = outcome.target, outcome.verdict
    covers = outcome.covers
    return Row(
        key=target.key,
        what=target.what,
        published=target.published,
        basis=target.basis.value,
        band=band(target) + ("*" if target.own_band else ""),
        median=format_value(target, outcome.median),
        range_95=_interval(target, outcome.range_95) if len(outcome.given) else MISSING,
        verdict=verdict.value,
        covers=MISSING if covers is None else "yes" if covers else "no",
        persons=f"{target.persons:,}",
        source=target.source,
        remark="" if verdict is TargetVerdict.MET else target.remark or NO_REASON,
    )


def format_value(target: Target, value: float) -> str:
    """A figure of this target: .28, −1.30, 46%; an en dash where there is none."""
    if not isfinite(value):
        return MISSING
    if target.percent:
        text = f"{100 * value:.{0 if abs(value) >= 0.1 else 1}f}%"
    else:
        text = f"{value:.{target.decimals}f}"
    if float(text.rstrip("%")) == 0:
        text = text.removeprefix("-")
    text = text.replace("-", "−")
    small = not target.percent and text.lstrip("−").startswith("0.")
    return text.replace("0.", ".", 1) if small else text


def band(target: Target) -> str:
    """.20 to .35; at least 30%; at most −.02."""
    low, high = target.band
    if high == inf:
        return f"at least {format_value(target, low)}"
    return f"at most {format_value(target, high)}" if low == -inf else _interval(target, target.band)


def _interval(target: Target, interval: Interval) -> str:
    return f"{format_value(target, interval[0])} to {format_value(target, interval[1])}"


def summary(made: Calibration) -> str:
    """How many of how many, in a sentence."""
    met, failed = made.count(TargetVerdict.MET), made.count(TargetVerdict.FAILED)
    waiting = made.count(TargetVerdict.NOT_SIMULATED)
    return (
        f"Of {len(made.outcomes)} figures {met} are met, {failed} fail and {waiting} are not simulated "
        f"({made.cohorts:,} cohorts, seed {made.seed}, scenario “{made.scenario}”, "
        f"parameter set “{made.parameter_set}” version {made.version})."
    )


def as_json(made: Calibration) -> dict[str, Any]:
    """Plain values; limits that are open are None."""
    return {
        "scenario": made.scenario,
        "parameter_set": made.parameter_set,
        "version": made.version,
        "cohorts": made.cohorts,
        "seed": made.seed,
        "targets": [_plain(o) for o in made.outcomes],
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    target = outcome.target
    return {
        "id": target.id,
        "part": target.part,
        "what": target.what,
        "published": target.published,
        "value": target.value,
        "interval": target.interval,
        "band": [limit if isfinite(limit) else None for limit in target.band],
        "own_band": target.own_band,
        "pins": target.pins,
        "basis": target.basis.value,
        "source": target.source,
        "design": target.design,
        "persons": target.persons,
        "cohorts": len(outcome.given),
        "median": outcome.median,
        "range_95": outcome.range_95,
        "verdict": outcome.verdict.value,
        "covers_source": outcome.covers,
        "remark": target.remark,
    }


_HEAD = """# Calibration

Does a cohort drawn from the literature set look like the cohorts that were published? This page is what

    {command}

printed. {summary}

A target is met where the median over cohorts lies in its band. Bands are published intervals, widened where studies
differ; one with an asterisk is a judgement of this project. *Source within* says whether 95 of 100 cohorts take in the
source's interval (its figure, where it gives no interval); it decides nothing. Each figure is computed with as many
clients a cohort (an arm, in a trial) as its source had, or a few hundred where it had more.

Basis: V seen in the source, V2 second-hand, C computed from public data, U unverified. A V or C stands for the
published figure, not for the way it was carried over to these scales.
"""


_LEGEND = """Each figure on its own scale. Grey: the band. Diamond: the published figure. Dot, thick and thin line:
median, half and 95 of 100 cohorts; red where the median lies outside the band. What lies far out is drawn at the edge.
"""


def markdown(made: Calibration, command: str, *, picture: str = "") -> str:
    """The page of the documentation. `command`: what was typed to make it; `picture`: where its strips are drawn."""
    return "\n".join(_page(made, command, picture)) + "\n"


def _page(made: Calibration, command: str, picture: str) -> Iterator[str]:
    yield _HEAD.format(command=command, summary=summary(made))
    if picture:
        yield f"![A strip for each figure: its band, the published value, simulated cohorts]({picture})\n"
        yield _LEGEND
    yield from _table(made)
    yield "\n## What fails, and why\n"
    yield from _remarks(made, TargetVerdict.FAILED)
    yield "\n## What is not simulated\n"
    yield from _remarks(made, TargetVerdict.NOT_SIMULATED)
    yield "\n## What is simulated\n"
    yield from (f"- `{d.id}`: {d.about}." for d in DESIGNS.values())
    yield "\n## Where the figures come from\n"
    for source in dict.fromkeys(o.target.source for o in made.outcomes):
        keys = ", ".join(o.target.key for o in made.outcomes if o.target.source == source)
        yield f"- {keys}: {source}."


def _table(made: Calibration) -> Iterator[str]:
    yield "| | Figure | Published | Basis | Band | Median | 95% of cohorts | Source within | Clients | |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for r in rows(made):
        verdict = f"**{r.verdict}**" if r.verdict == TargetVerdict.FAILED.value else r.verdict
        yield (
            f"| {r.key} | {r.what} | {r.published} | {r.basis} | {r.band.replace('*', chr(92) + '*')} | {r.median} | "
            f"{r.range_95} | {r.covers} | {r.persons} | {verdict} |"
        )


def _remarks(made: Calibration, verdict: TargetVerdict) -> Iterator[str]:
    found = [f"- {r.key}: {r.remark}" for r in rows(made) if r.verdict == verdict.value]
    yield from found or ["Nothing."]
