"""Forest plot of the differences between treatment arms, with the band of equivalence."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from securebase.charts import style
from securebase.charts.effects_forest import ForestRow, effects_forest
from securebase.study.questions.arms import ArmsAnswer


def arms_forest(answer: ArmsAnswer, labels: Mapping[str, str], *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return Hedges' g of every outcome and pair of arms."""
    several = len(answer.arms) > 2
    rows = []
    for e in answer.effects:
        name = labels.get(e.column, e.column)
        rows.append(
            ForestRow(f"{name}: {e.arm} – {e.reference}" if several else name, e.g.estimate, e.g.lower, e.g.upper)
        )
    better = "better" if all(e.directed for e in answer.effects) else "better or higher"
    title = "Hedges’ g" if several else f"Hedges’ g; to the right: {better} in {answer.arms[1]}"
    return effects_forest(rows, answer.margin, label="Differences between treatment arms", title=title, width=width)
