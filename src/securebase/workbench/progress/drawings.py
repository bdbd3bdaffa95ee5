"""The charts of a client page: each an image of its own, in two widths, its size known before it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from securebase.charts import alliance, contributions, mechanisms, symptoms
from securebase.charts.render import image, svg
from securebase.charts.style import HALF, PHONE
from securebase.picture.client import ClientPicture

#: Pixels across of a chart as wide as the page: read at 1,100 (a little larger) down to 700 (a little smaller), so that
#: two widths do. Every width costs some 80 to 190 ms when it is first looked at.
PAGE = 900

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Chart:
    """How a chart is drawn and spoken; `sizes` are the pixels kept free for it on a wide page and on a phone."""

    draw: Callable[..., Any]
    text_alternative: Callable[[ClientPicture], tuple[str, str]]
    widths: tuple[int, int]
    sizes: Callable[[ClientPicture], tuple[Size, Size]]
    empty: Callable[[ClientPicture], bool]


def _hypotheses_high(picture: ClientPicture) -> int:
    rows = picture.hypotheses.rows if picture.hypotheses is not None else ()
    return contributions.height(len(rows)) + 42  # the axis below the lines, with its title


_CHARTS = {
    "symptoms": _Chart(
        symptoms.symptoms_chart,
        symptoms.text_alternative,
        (HALF, PHONE),
        lambda _: ((HALF, 250), (PHONE, 220)),
        lambda p: not p.symptoms.reported,
    ),
    "alliance": _Chart(
        alliance.alliance_chart,
        alliance.text_alternative,
        (PAGE, PHONE),
        lambda _: ((PAGE, 210), (PHONE, 200)),
        lambda p: not (p.alliance.reported or p.alliance.ruptures),
    ),
    "mechanisms": _Chart(
        mechanisms.mechanisms_chart,
        mechanisms.text_alternative,
        (PAGE, PHONE),
        lambda _: ((882, 146), (316, 302)),
        lambda p: not any(m.reported for m in p.mechanisms),
    ),
    "hypotheses": _Chart(
        contributions.contributions_chart,
        contributions.text_alternative,
        (PAGE, PHONE),
        lambda p: ((PAGE + 8, _hypotheses_high(p)), (PHONE + 8, _hypotheses_high(p))),
        lambda p: p.hypotheses is None,
    ),
}
#: what an address may ask for
NAMES = tuple(f"{chart}_{where}" for chart in _CHARTS for where in ("wide", "phone"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart that the page has a place for: the names of its two drawings, their sizes, and its words."""

    wide: str
    phone: str
    wide_size: Size
    phone_size: Size
    words: str


def shown(picture: ClientPicture) -> dict[str, Shown]:
    """Every chart that has something to show."""
    found = {}
    for name, chart in _CHARTS.items():
        if not chart.empty(picture):
            wide, phone = chart.sizes(picture)
            label, description = chart.text_alternative(picture)
            found[name] = Shown(f"{name}_wide", f"{name}_phone", wide, phone, f"{label}. {description}")
    return found


def drawn(name: str, picture: ClientPicture) -> str | None:
    """One drawing as an SVG file; None where it has nothing to show."""
    chart, phone = name.rsplit("_", maxsplit=1)[0], name.endswith("_phone")
    kind = _CHARTS[chart]
    if kind.empty(picture):
        return None
    return image(svg(kind.draw(picture, width=kind.widths[phone])), kind.sizes(picture)[phone])
