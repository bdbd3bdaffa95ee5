"""Layers are composed without copies of their parts, and composing leaves them as they were."""

from __future__ import annotations

import altair as alt
import pytest

from securebase.charts import style

ROWS = ({"week": 0, "score": 20}, {"week": 1, "score": 14})


def _draw(chart: alt.Chart) -> alt.Chart:
    return chart.mark_line(color="teal").encode(x="week:Q", y="score:Q").properties(width=200, height=80)


@pytest.mark.usefixtures("validated_charts")
def test_a_layered_chart_is_what_altair_makes_of_the_same_layers() -> None:
    ours, theirs = _draw(style.table(ROWS)), _draw(alt.Chart(alt.InlineData(values=ROWS)))
    layered = style.layer(ours, ours.mark_point(size=40), fitted=False)
    assert layered.to_dict() == alt.layer(theirs, theirs.mark_point(size=40)).to_dict()


def test_composing_copies_no_parts_and_leaves_each_layer_unchanged() -> None:
    unit = _draw(style.table(ROWS))
    alone = unit.to_dict()
    layered = style.layer(unit, unit.mark_point(size=40), fitted=False)
    assert all(part.encoding is unit.encoding for part in layered.layer)
    whole = layered.to_dict()
    side_by_side = alt.concat(layered, style.layer(unit, fitted=False))
    assert all(part.encoding is unit.encoding for chart in side_by_side.concat for part in chart.layer)
    assert len(side_by_side.to_dict()["concat"]) == 2
    assert (unit.to_dict(), layered.to_dict()) == (alone, whole)
