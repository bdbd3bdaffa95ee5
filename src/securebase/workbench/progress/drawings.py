"""The charts of a client page, each in the widths at which it can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from securebase.charts.alliance import alliance_chart
from securebase.charts.mechanisms import mechanisms_chart
from securebase.charts.render import svg
from securebase.charts.style import HALF, PHONE, WHOLE
from securebase.charts.symptoms import symptoms_chart
from securebase.picture.client import ClientPicture

#: name of a chart in a page → how it is drawn: `_wide`, `_middle` (tablets), `_phone`
_CHARTS: dict[str, tuple[Callable[..., Any], int]] = {
    "symptoms_wide": (symptoms_chart, HALF),
    "symptoms_phone": (symptoms_chart, PHONE),
    "alliance_wide": (alliance_chart, WHOLE),
    "alliance_middle": (alliance_chart, HALF),
    "alliance_phone": (alliance_chart, PHONE),
    "mechanisms_wide": (mechanisms_chart, WHOLE),
    "mechanisms_middle": (mechanisms_chart, HALF),
    "mechanisms_phone": (mechanisms_chart, PHONE),
}


def drawn(picture: ClientPicture) -> dict[str, str]:
    """Every chart that has something to show, by name."""
    empty = {
        "symptoms": not picture.symptoms.reported,
        "alliance": not (picture.alliance.reported or picture.alliance.ruptures),
        "mechanisms": not any(m.reported for m in picture.mechanisms),
    }
    return {
        name: svg(chart(picture, width=width))
        for name, (chart, width) in _CHARTS.items()
        if not empty[name.split("_", maxsplit=1)[0]]
    }
