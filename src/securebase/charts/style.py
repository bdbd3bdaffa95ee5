"""How every chart looks: warm paper, quiet ink, one colour for each construct wherever it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import altair as alt

INK = "#25313a"
SOFT = "#5d6a73"
LINE = "#e6e0d6"
GHOST = "#ece7dd"
PAPER = "#ffffff"
ALERT = "#b23a22"
GOOD = "#3b7a4a"
OTHER = "#8a939a"

#: One colour a construct; the six are told apart by people who see colour differently (a test measures it).
CONSTRUCT_COLOURS = {
    "symptoms": INK,
    "alliance": "#1d6a72",
    "social_support": "#4b8f5c",
    "interpersonal_stress": "#c2622d",
    "emotional_processing": "#7b6bb0",
    "interpersonal_skills": "#b08a1e",
}

#: Widths in pixels of the drawing area's whole picture: half a page, a whole page, a phone.
HALF, WHOLE, PHONE = 540, 1080, 330

_Chart = TypeVar(
    "_Chart",
    alt.Chart,
    alt.LayerChart,
    alt.HConcatChart,
    alt.VConcatChart,
    alt.ConcatChart,
    alt.FacetChart,
)


def colour(construct: str) -> str:
    """The colour of a construct; a construct that a table brought gets the neutral one."""
    return CONSTRUCT_COLOURS.get(construct, OTHER)


def table(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart without marks over rows that travel inside it."""
    return alt.Chart(alt.InlineData(values=[dict(row) for row in rows]))


def layered(*layers: alt.Chart, fitted: bool = True, **properties: Any) -> alt.LayerChart:
    """Layers on top of each other; `fitted` so that the whole picture, with its axes, has the width asked for."""
    sized = {"autosize": alt.AutoSizeParams(type="fit", contains="padding")} if fitted else {}
    return cast("alt.LayerChart", alt.layer(*layers, **sized, **properties))


#: Made once: every `configure_…` of the library copies the whole chart, rows and all.
_LOOK = alt.Config(
    font="sans-serif",
    padding={"left": 2, "right": 6, "top": 6, "bottom": 2},
    view=alt.ViewConfig(stroke=None),
    axis=alt.AxisConfig(
        domain=False,
        ticks=False,
        gridColor=LINE,
        labelColor=SOFT,
        labelFontSize=11.5,
        labelPadding=6,
        titleColor=SOFT,
        titleFontSize=11.5,
        titleFontWeight="normal",
    ),
    header=alt.HeaderConfig(labelColor=INK, labelFontSize=13, titleColor=SOFT),
    legend=alt.LegendConfig(labelColor=SOFT, titleColor=SOFT, labelFontSize=11.5, titleFontSize=11.5),
    text=alt.MarkConfig(color=SOFT, fontSize=11.5),
    title=alt.TitleConfig(color=INK, fontSize=13, fontWeight="normal", anchor="start"),
)


def themed(chart: _Chart, *, label: str, description: str) -> _Chart:
    """The chart with the look of the product and with the words that a screen reader speaks.

    `label` names the chart in a few words, `description` says what it shows. `render.svg` writes both into the image.
    """
    named: _Chart = chart.copy(deep=False)
    named.config = _LOOK
    named.description = description
    named.usermeta = {"label": label}
    named.background = "transparent"
    return named
