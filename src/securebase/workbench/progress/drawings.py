"""The charts of a client page, each in the widths at which it can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from securebase.charts.alliance import alliance_chart
from securebase.charts.contributions import contributions_chart
from securebase.charts.mechanisms import mechanisms_chart
from securebase.charts.render import svg
from securebase.charts.style import HALF, PHONE
from securebase.charts.symptoms import symptoms_chart
from securebase.picture.client import ClientPicture

#: Pixels across of a chart as wide as the page: read at 1,100 (a little larger) down to 700 (a little smaller), so that
#: two widths do. Every width costs some 60 to 130 ms when a picture is first looked at.
PAGE = 900

#: name of a chart in a page → how it is drawn: `_wide`, `_phone`
_CHARTS: dict[str, tuple[Callable[..., Any], int]] = {
    "symptoms_wide": (symptoms_chart, HALF),
    "symptoms_phone": (symptoms_chart, PHONE),
    "alliance_wide": (alliance_chart, PAGE),
    "alliance_phone": (alliance_chart, PHONE),
    "mechanisms_wide": (mechanisms_chart, PAGE),
    "mechanisms_phone": (mechanisms_chart, PHONE),
    "hypotheses_wide": (contributions_chart, PAGE),
    "hypotheses_phone": (contributions_chart, PHONE),
}


def drawn(picture: ClientPicture) -> dict[str, str]:
    """Every chart that has something to show, by name."""
    empty = {
        "symptoms": not picture.symptoms.reported,
        "alliance": not (picture.alliance.reported or picture.alliance.ruptures),
        "mechanisms": not any(m.reported for m in picture.mechanisms),
        "hypotheses": picture.hypotheses is None,
    }
    return {
        name: svg(chart(picture, width=width))
        for name, (chart, width) in _CHARTS.items()
        if not empty[name.split("_", maxsplit=1)[0]]
    }
