"""The curve of one retold story: drawn from three retellings on, near the ratings, and described without a cause."""

from __future__ import annotations

import pytest

from securebase.charts.retellings import retellings_svg, text_alternative
from securebase.ipt.retellings import RatedRetelling, RetellingSeries
from securebase.picture.retellings import ASSUMED, BASIS, story_curve


def series(*ratings: tuple[float, float | None]) -> RetellingSeries:
    return RetellingSeries(
        "fire",
        tuple(RatedRetelling(str(k), 7.0 * k, k + 1, peak, end) for k, (peak, end) in enumerate(ratings)),
    )


def test_a_curve_lies_near_the_ratings_of_three_retellings() -> None:
    story = series((85, 60), (72, 48), (60, 40))
    curve = story_curve(story)
    assert [peak.median for peak in curve.peaks] == pytest.approx([85, 72, 60], abs=6)
    assert all(e.low < e.median < e.high < e.low + 20 for e in curve.peaks)
    assert curve.sentences[0].startswith("Estimated fall within a retelling: 30% (90% interval ")
    assert curve.sentences[1].startswith("Estimated return of distress after a long pause: ")
    description = text_alternative(story, curve.peaks)[1]
    assert f"Expected peaks (90% interval): {curve.peaks[0].low:.0f} to {curve.peaks[0].high:.0f};" in description


def test_two_retellings_give_a_sentence_instead_of_a_curve() -> None:
    curve = story_curve(series((85, 60), (72, 48)))
    assert curve.peaks == ()
    assert curve.sentences == ("A curve is drawn from the third retelling.",)
    assert story_curve(series((85, 60))).sentences == ()


def test_without_distress_at_the_end_nothing_is_estimated() -> None:
    curve = story_curve(series((85, None), (72, None), (60, None)))
    assert curve.peaks == ()
    assert curve.sentences == ("A curve needs a rating of distress at the end of at least one retelling.",)


def test_the_assumptions_are_wide_and_the_page_names_them() -> None:
    # an unusual story is drawn little towards them: 10% and 60% instead of 35%
    slow, fast = story_curve(series((80, 72), (78, 70), (76, 68))), story_curve(series((80, 32), (50, 20), (40, 16)))
    assert int(slow.sentences[0].split(": ")[1].split("%")[0]) < 16
    assert int(fast.sentences[0].split(": ")[1].split("%")[0]) > 53
    assert (ASSUMED.within_sd, ASSUMED.returns_sd) == (1.0, 1.0)
    assert "assumed values" in BASIS
    assert "not been validated" in BASIS


def test_no_sentence_claims_a_cause_or_a_benefit() -> None:
    text = " ".join([*story_curve(series((85, 60), (72, 48), (60, 40))).sentences, BASIS]).lower()
    assert not [word for word in ("cause", "because", "due to", "helps", "works", "heal") if word in text]


def test_the_chart_has_a_band_only_where_there_is_a_curve() -> None:
    three, two = series((85, 60), (72, 48), (60, 40)), series((85, 60), (72, 48))
    assert retellings_svg(three, story_curve(three).peaks).count("<path") > retellings_svg(three).count("<path")
    assert retellings_svg(two, story_curve(two).peaks) == retellings_svg(two)
