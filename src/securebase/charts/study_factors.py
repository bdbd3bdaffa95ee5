"""Forest of factors: their relations with improvement between and within persons, and the differences beneath."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.interval_rows import IntervalRow, domain_of, interval_panel
from securebase.study.questions.factors import LEVELS, FactorsAnswer

#: pixels of the labels on a page, and between the levels
_LEFT, _GAP = 235, 30
_TITLES: Mapping[str, str] = {
    "between": "Between persons, 95% intervals",
    "within": "Within persons, 95% intervals",
}


@style.skip_validation
def factors_chart(
    answer: FactorsAnswer, labels: Mapping[str, str], *, width: int = style.FULL_WIDTH
) -> alt.ConcatChart:
    """Return relations and differences with 95% intervals: levels side by side, on a phone one below the other."""
    narrow = width < style.HALF_WIDTH
    rows = {level: _build_rows(answer, labels, level) for level in LEVELS}
    domain = domain_of([row for level in LEVELS for row in rows[level]])
    span = (width - _LEFT - _GAP) // 2
    if narrow:
        present = {level: [r for r in rows[level] if r.interval or r.is_heading] for level in LEVELS}
        panels = [
            interval_panel(present[level], _TITLES[level], domain, (0, width), narrow=True)
            for level in LEVELS
            if any(row.interval for row in present[level])
        ]
    else:
        between, within = LEVELS
        unnamed = [replace(row, label="") for row in rows[within]]
        panels = [
            interval_panel(rows[between], _TITLES[between], domain, (_LEFT, _LEFT + span), narrow=False),
            interval_panel(unnamed, _TITLES[within], domain, (0, span), narrow=False),
        ]
    return style.apply_theme(
        alt.concat(*panels, columns=1 if narrow else 2, spacing=18 if narrow else _GAP),
        label="Relations of factors with improvement, and their differences",
        description=f"{answer.in_words(labels)} {answer.figures_in_words(labels)}".strip(),
    )


def _build_rows(answer: FactorsAnswer, labels: Mapping[str, str], level: str) -> list[IntervalRow]:
    """Return a row for each factor, a heading, and a row for each difference."""
    relations = {r.factor: r.relation for r in answer.relations if r.level == level}
    differences = {(d.first, d.second): d.difference for d in answer.differences if d.level == level}
    pairs = list(dict.fromkeys((d.first, d.second) for d in answer.differences))
    rows = [IntervalRow(labels.get(name, name), relations.get(name)) for name in answer.factors]
    rows += [IntervalRow("Differences, simultaneous intervals", is_heading=True)] if pairs else []
    for first, second in pairs:
        interval = differences.get((first, second))
        colour = tokens.INK if interval and interval.sign else tokens.OTHER
        rows.append(IntervalRow(f"{labels.get(first, first)} − {labels.get(second, second)}", interval, colour))
    return rows
