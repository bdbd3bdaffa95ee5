"""A calibration as a table: formatted rows, a Markdown page for the documentation, plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from securebase.schema import plain_fields
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.target import Interval, Outcome, Target, TargetVerdict

MISSING = "–"
#: remark on a failed target without one of its own, e.g. in a run with few cohorts
NO_REASON = "No reason is recorded. With few cohorts the median is uncertain."


@dataclass(frozen=True, slots=True)
class Row:
    """One target as formatted text."""

    key: str
    label: str
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


def rows(calibration: Calibration) -> list[Row]:
    """Return a row for each target in the order of the table, including failed and not simulated ones."""
    return [_row(o) for o in calibration.outcomes]


def _row(outcome: Outcome) -> Row:
    target, verdict = outcome.target, outcome.verdict
    covers = outcome.covers
    return Row(
        key=target.key,
        label=target.label,
        published=target.published,
        basis=target.basis.value,
        band=band(target) + ("*" if target.own_band else ""),
        median=format_value(target, outcome.median),
        range_95=_interval(target, outcome.range_95) if len(outcome.valid) else MISSING,
        verdict=verdict.value,
        covers=MISSING if covers is None else "yes" if covers else "no",
        persons=f"{target.persons:,}",
        source=target.source,
        remark="" if verdict is TargetVerdict.MET else target.remark or NO_REASON,
    )


def format_value(target: Target, value: float) -> str:
    """Return a figure in the format of the target: .28, −1.30 or 46%; an en dash if undefined."""
    if not isfinite(value):
        return MISSING
    if target.percent:
        text = f"{100 * value:.{0 if abs(value) >= 0.1 else 1}f}%"
    else:
        text = f"{value:.2f}"
    if float(text.rstrip("%")) == 0:
        text = text.removeprefix("-")
    text = text.replace("-", "−")
    # no zero before the decimal point, as usual for correlations and standardised effects
    fraction = not target.percent and text.lstrip("−").startswith("0.")
    return text.replace("0.", ".", 1) if fraction else text


def band(target: Target) -> str:
    """Return the band as text: .20 to .35, at least 30% or at most −.02."""
    low, high = target.band
    if high == inf:
        return f"at least {format_value(target, low)}"
    return f"at most {format_value(target, high)}" if low == -inf else _interval(target, target.band)


def _interval(target: Target, interval: Interval) -> str:
    return f"{format_value(target, interval[0])} to {format_value(target, interval[1])}"


def summary(calibration: Calibration) -> str:
    """Return a sentence with the numbers of met, failed and not simulated targets."""
    met, failed = calibration.count(TargetVerdict.MET), calibration.count(TargetVerdict.FAILED)
    not_simulated = calibration.count(TargetVerdict.NOT_SIMULATED)
    number = len(calibration.outcomes)
    return (
        f"{number} {'target' if number == 1 else 'targets'}: {met} met, {failed} failed, {not_simulated} not simulated "
        f"({calibration.cohorts:,} {'cohort' if calibration.cohorts == 1 else 'cohorts'}, seed {calibration.seed}, "
        f"scenario “{calibration.scenario}”, "
        f"parameter set “{calibration.parameter_set}” version {calibration.version})."
    )


def as_json(calibration: Calibration) -> dict[str, Any]:
    """Return plain values for JSON; an open limit of a band is None."""
    return {
        **plain_fields(calibration, "scenario", "parameter_set", "version", "cohorts", "seed"),
        "targets": [_target_as_json(o) for o in calibration.outcomes],
    }


def _target_as_json(outcome: Outcome) -> dict[str, Any]:
    target = outcome.target
    return {
        **plain_fields(target, "id", "part"),
        "what": target.label,
        **plain_fields(target, "published", "value", "interval"),
        "band": [limit if isfinite(limit) else None for limit in target.band],
        "own_band": target.own_band,
        "pins": target.aspect,
        **plain_fields(target, "basis", "source", "design", "persons"),
        "cohorts": len(outcome.valid),
        **plain_fields(outcome, "median", "range_95", "verdict"),
        "covers_source": outcome.covers,
        "remark": target.remark,
    }


_HEAD = """# Calibration

Calibration compares cohorts simulated from the literature set with published figures. This page is the output of

    {command}

{summary}

A target is met if the median over cohorts lies in its band. Bands are published intervals, widened where studies
differ; an asterisk marks a band that is a judgement of this project. *Covers source* states whether the central 95% of
cohorts includes the source's interval (or its figure, if it gives no interval). It does not affect the verdict. Each
cohort (or each arm of a trial) has as many clients as the source, or a few hundred if the source had more.

Basis: V seen in the source, V2 second-hand, C computed from public data, U unverified. V and C refer to the published
figure, not to its conversion to these scales.
"""


_LEGEND = """Each figure has its own scale. Grey: the band. Diamond: the published figure. Dot, thick and thin line:
median, central 50% and central 95% of cohorts; red if the median lies outside the band. Values beyond the
edge are drawn at the edge.
"""


def markdown(calibration: Calibration, command: str, *, picture: str = "") -> str:
    """Return the page of the documentation. `command`: command line that produced it; `picture`: path of its chart."""
    return "\n".join(_page(calibration, command, picture)) + "\n"


def _page(calibration: Calibration, command: str, picture: str) -> Iterator[str]:
    yield _HEAD.format(command=command, summary=summary(calibration))
    if picture:
        yield f"![One strip per figure: band, published value, simulated cohorts]({picture})\n"
        yield _LEGEND
    yield from _table(calibration)
    yield "\n## Failed targets\n"
    yield from _remarks(calibration, TargetVerdict.FAILED)
    yield "\n## Targets that are not simulated\n"
    yield from _remarks(calibration, TargetVerdict.NOT_SIMULATED)
    yield "\n## Designs\n"
    yield from (f"- `{d.id}`: {d.description}." for d in DESIGNS.values())
    yield "\n## Sources\n"
    for source in dict.fromkeys(o.target.source for o in calibration.outcomes):
        keys = ", ".join(o.target.key for o in calibration.outcomes if o.target.source == source)
        yield f"- {keys}: {source}."


def _table(calibration: Calibration) -> Iterator[str]:
    yield "| | Figure | Published | Basis | Band | Median | 95% of cohorts | Covers source | Clients | |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for r in rows(calibration):
        verdict = f"**{r.verdict}**" if r.verdict == TargetVerdict.FAILED.value else r.verdict
        yield (
            f"| {r.key} | {r.label} | {r.published} | {r.basis} | {r.band.replace('*', chr(92) + '*')} | {r.median} | "
            f"{r.range_95} | {r.covers} | {r.persons} | {verdict} |"
        )


def _remarks(calibration: Calibration, verdict: TargetVerdict) -> Iterator[str]:
    remarks = [f"- {r.key}: {r.remark}" for r in rows(calibration) if r.verdict == verdict.value]
    yield from remarks or ["None."]
