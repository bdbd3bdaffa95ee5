"""Charts of the client page: separate images in two widths, with sizes known before they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from securebase.charts.client_chart import ClientChart, Size
from securebase.charts.render import image, svg
from securebase.picture.client import ClientPicture

#: names of the files of charts, in the order of the page
_SHELF = (
    "symptoms",
    "alliance",
    "mechanisms",
    "contributions",
)
_CHARTS: Mapping[str, ClientChart] = {
    chart.name: chart for chart in (import_module(f"securebase.charts.{name}").CLIENT_CHART for name in _SHELF)
}
#: Drawings that a URL may name.
NAMES = tuple(f"{chart}_{width}" for chart in _CHARTS for width in ("wide", "phone"))


@dataclass(frozen=True, slots=True)
class ChartSlot:
    """A chart on the page: names and sizes of its two drawings, text alternative, and the title of its own card."""

    wide: str
    phone: str
    wide_size: Size
    phone_size: Size
    words: str
    title: str


def chart_slots(picture: ClientPicture) -> dict[str, ChartSlot]:
    """Return the charts that have data to show, by name."""
    slots = {}
    for name, chart in _CHARTS.items():
        if not chart.is_empty(picture):
            wide, phone = chart.sizes(picture)
            label, description = chart.text_alternative(picture)
            slots[name] = ChartSlot(
                f"{name}_wide", f"{name}_phone", wide, phone, f"{label}. {description}", chart.title
            )
    return slots


def draw_chart(name: str, picture: ClientPicture) -> str | None:
    """Return one drawing as an SVG file, or None if it has no data to show."""
    chart, for_phone = _CHARTS[name.rsplit("_", maxsplit=1)[0]], name.endswith("_phone")
    if chart.is_empty(picture):
        return None
    return image(svg(chart.draw(picture, width=chart.widths[for_phone])), chart.sizes(picture)[for_phone])
