"""The calibration report: complete, every mark at its place, and no external resources."""

from __future__ import annotations

import re

import numpy as np
import pytest

from securebase.charts import tokens
from securebase.charts.calibration_strips import strips_chart
from securebase.reports.calibration_report import calibration_report
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.target import Outcome, TargetVerdict, calibration_targets


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    """Return an invented run with every figure in the middle of its band except C1, which is far above."""
    outcomes = []
    for target in calibration_targets():
        low, high = (limit if np.isfinite(limit) else 0.5 for limit in target.band)
        at = 9.0 if target.id == "C1" else (low + high) / 2
        values = np.linspace(at - 0.01, at + 0.01, 21) if target.simulated else np.empty(0)
        outcomes.append(Outcome(target, values))
    return Calibration("default", "literature", "1", 21, 1, tuple(outcomes))


def strip_rows(calibration: Calibration) -> dict[str, dict[str, object]]:
    datasets = strips_chart(calibration).to_dict()["datasets"].values()
    return {row["key"]: row for rows in datasets for row in rows}


@pytest.mark.usefixtures("validated_charts")
def test_every_figure_is_in_the_report(calibration: Calibration) -> None:
    html = calibration_report(calibration, "securebase calibrate")
    for outcome in calibration.outcomes:
        assert outcome.target.key in html
        assert outcome.target.source.replace("&", "&amp;") in html
    assert not re.search(r"<(script|link|img)\b|https?://(?!www\.w3\.org)", html)


def test_failures_are_listed_once_above_the_table(calibration: Calibration) -> None:
    report = calibration_report(calibration, "securebase calibrate")
    head = report.split("Failed targets")[1].split("All targets")[0]
    failed = [o.target.key for o in calibration.outcomes if o.verdict is TargetVerdict.FAILED]
    assert "C1 with outcome" in failed
    assert re.findall(r"<dt>(.*?)</dt>", head) == failed


def test_a_strip_is_scaled_to_its_band(calibration: Calibration) -> None:
    strips = strip_rows(calibration)
    assert len(strips) == sum(t.simulated for t in calibration_targets())
    far = strips["C1 with outcome"]
    assert (far["band_low"], far["band_high"]) == pytest.approx((-1, 1))
    assert far["median"] == 2.6  # limited to the edge
    assert far["colour"] == tokens.ALERT
    # the published .278 in a band of .20 to .35
    assert far["published"] == pytest.approx((0.278 - 0.275) / 0.075)
    inside = strips["C4 1 session"]
    assert inside["median"] == pytest.approx(0)
    assert inside["colour"] == tokens.GOOD


def test_an_open_band_runs_to_the_edge(calibration: Calibration) -> None:
    strips = strip_rows(calibration)
    assert strips["C6 attenuation"]["band_high"] == 2.6
    assert strips["C6 attenuation"]["band_low"] == pytest.approx(-1)
    assert strips["C35 symptoms first"]["band_low"] == -2.6
