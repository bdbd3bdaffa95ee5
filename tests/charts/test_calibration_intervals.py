"""The chart of a clinic's calibration: every share with its figure, on a page and on a phone, and in words."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from securebase.charts.calibration_intervals import HEIGHT, coverage_chart
from securebase.charts.render import svg
from securebase.charts.style import PHONE_WIDTH
from securebase.picture.calibration import clinic_share
from securebase.picture.verification import Tally, Verification

SHARES = {
    what: clinic_share([Tally(happened, 20)] * 40)
    for what, happened in zip(tuple(Verification)[:4], (12, 17, 2, 1), strict=True)
}


@pytest.mark.parametrize("width", [900, PHONE_WIDTH])
def test_every_share_is_drawn_with_its_figure(width: int) -> None:
    drawing = svg(coverage_chart(SHARES, width=width))
    root = ElementTree.fromstring(drawing)
    text = " ".join(e.text or "" for e in root.iter())
    for words in ("In the 50% interval", "60% (44 to 74%)", "In the 90% interval", "85% (70 to 93%)", "Worse than the"):
        assert words in text
    _, _, drawn, high = map(float, (root.get("viewBox") or "").split())
    assert (drawn, high) == (pytest.approx(width, abs=20), pytest.approx(HEIGHT, abs=16))


@pytest.mark.usefixtures("validated_charts")
def test_the_description_names_each_share_beside_that_of_a_calibrated_forecast() -> None:
    described = coverage_chart(SHARES).to_dict()["description"]
    assert "In the 50% interval: 60% (44 to 74%), calibrated 50%." in described
    assert "Better than the 90% interval: 5% (1 to 17%), calibrated 5%." in described
