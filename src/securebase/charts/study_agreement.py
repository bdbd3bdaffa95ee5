"""Forest of how far one rating follows another: truth force and bias force, also with roles reversed."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.interval_rows import IntervalRow, domain_of, interval_panel
from securebase.study.questions.agreement import AgreementAnswer

#: pixels of the labels on a page
_LEFT = 330


@style.skip_validation
def agreement_chart(
    answer: AgreementAnswer, labels: Mapping[str, str], *, width: int = style.FULL_WIDTH
) -> alt.LayerChart:
    """Return the forces of the first rating as judgement of the second, below them those of reversed roles."""
    narrow = width < style.HALF_WIDTH
    rows: list[IntervalRow] = []
    for role, colour in zip(answer.roles, (style.CONSTRUCT_COLOURS["alliance"], tokens.OTHER), strict=True):
        judgement, truth = (labels.get(name, name) for name in (role.judgement, role.truth))
        rows.append(IntervalRow(f"{judgement} as judgement of {truth}", is_heading=True))
        rows += [IntervalRow(name, value, colour) for name, value in role.forces if value]
    chart = interval_panel(
        rows, "force, 95% intervals", domain_of(rows), (0 if narrow else _LEFT, width), narrow=narrow
    )
    return style.apply_theme(
        chart,
        label="How far one rating follows the other",
        description=f"{answer.in_words(labels)} {answer.figures_in_words(labels)}".strip(),
    )
