"""Charts of the client page: separate images in two widths, with sizes known before they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from securebase.charts import alliance, contributions, mechanisms, symptoms
from securebase.charts.render import image, svg
from securebase.charts.style import HALF_WIDTH, PHONE_WIDTH
from securebase.picture.client import ClientPicture

#: Width in pixels of a full-page chart. It stays readable when scaled to pages of 700 to 1,100 pixels, so two widths
#: suffice; each takes 80 to 190 ms to draw when first requested.
PAGE_WIDTH = 900

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Chart:
    """A chart's drawing and text alternative; `sizes` are the pixels reserved for it on a wide page and on a phone."""

    draw: Callable[..., Any]
    text_alternative: Callable[[ClientPicture], tuple[str, str]]
    widths: tuple[int, int]
    sizes: Callable[[ClientPicture], tuple[Size, Size]]
    is_empty: Callable[[ClientPicture], bool]


def _hypotheses_height(picture: ClientPicture) -> int:
    rows = picture.hypotheses.rows if picture.hypotheses is not None else ()
    return contributions.height(len(rows)) + 42  # 42 pixels for the axis below the rows and its title


_CHARTS = {
    "symptoms": _Chart(
        symptoms.symptoms_chart,
        symptoms.text_alternative,
        (HALF_WIDTH, PHONE_WIDTH),
        lambda _: ((HALF_WIDTH, 250), (PHONE_WIDTH, 220)),
        lambda p: not p.symptoms.reported,
    ),
    "alliance": _Chart(
        alliance.alliance_chart,
        alliance.text_alternative,
        (PAGE_WIDTH, PHONE_WIDTH),
        lambda _: ((PAGE_WIDTH, 210), (PHONE_WIDTH, 200)),
        lambda p: not (p.alliance.reported or p.alliance.ruptures),
    ),
    "mechanisms": _Chart(
        mechanisms.mechanisms_chart,
        mechanisms.text_alternative,
        (PAGE_WIDTH, PHONE_WIDTH),
        lambda _: ((882, 146), (316, 302)),
        lambda p: not any(m.reported for m in p.mechanisms),
    ),
    "hypotheses": _Chart(
        contributions.contributions_chart,
        contributions.text_alternative,
        (PAGE_WIDTH, PHONE_WIDTH),
        lambda p: ((PAGE_WIDTH + 8, _hypotheses_height(p)), (PHONE_WIDTH + 8, _hypotheses_height(p))),
        lambda p: p.hypotheses is None,
    ),
}
#: Drawings that a URL may name.
NAMES = tuple(f"{chart}_{width}" for chart in _CHARTS for width in ("wide", "phone"))


@dataclass(frozen=True, slots=True)
class ChartSlot:
    """A chart on the page: the names and sizes of its two drawings, and its text alternative."""

    wide: str
    phone: str
    wide_size: Size
    phone_size: Size
    words: str


def chart_slots(picture: ClientPicture) -> dict[str, ChartSlot]:
    """Return the charts that have data to show, by name."""
    slots = {}
    for name, chart in _CHARTS.items():
        if not chart.is_empty(picture):
            wide, phone = chart.sizes(picture)
            label, description = chart.text_alternative(picture)
            slots[name] = ChartSlot(f"{name}_wide", f"{name}_phone", wide, phone, f"{label}. {description}")
    return slots


def draw_chart(name: str, picture: ClientPicture) -> str | None:
    """Return one drawing as an SVG file, or None if it has no data to show."""
    chart, for_phone = _CHARTS[name.rsplit("_", maxsplit=1)[0]], name.endswith("_phone")
    if chart.is_empty(picture):
        return None
    return image(svg(chart.draw(picture, width=chart.widths[for_phone])), chart.sizes(picture)[for_phone])
