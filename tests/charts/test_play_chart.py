"""The chart of simulated courses: lines, bands, the stressor, one range for all panels, and both colour schemes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from securebase.charts import tokens
from securebase.charts.play import SIZE, play_chart, play_charts, value_range
from securebase.charts.render import image, svg
from securebase.model.simulate.play import Play, PlayChoice, Stressor, play
from securebase.picture.play_phrases import SHOWN, difference_sentence


@pytest.fixture(scope="module")
def courses() -> Play:
    return play(PlayChoice(style="disorganised", stressor=Stressor.CONFLICT, at=9), n=60)


@pytest.mark.usefixtures("validated_charts")
def test_a_panel_has_both_lines_both_bands_and_the_stressor(courses: Play) -> None:
    values = value_range(courses, SHOWN)
    drawing = svg(play_chart(courses, "symptoms", values=values))
    for attribute in (f'stroke="{tokens.ACCENT}"', f'stroke="{tokens.SOFT}"', f'fill="{tokens.BAND}"'):
        assert attribute in drawing
    # the lines differ without colour too
    assert 'stroke-dasharray="5,4"' in drawing
    root = ElementTree.fromstring(drawing)
    words = [text for e in root.iter() if (text := e.text)]
    assert "conflict" in words
    assert difference_sentence(courses, "symptoms") in words
    width, height = map(float, (root.get("viewBox") or "").split()[2:])
    assert [width, height] == pytest.approx(SIZE, abs=10)
    assert "prefers-color-scheme: dark" in image(drawing, SIZE)


def test_all_panels_have_one_range_that_holds_every_band(courses: Play) -> None:
    low, high = value_range(courses, SHOWN)
    for name in SHOWN:
        k = courses.index(name)
        for played in (courses.chosen, courses.ordinary):
            assert low <= played.lower[:, k].min() <= played.upper[:, k].max() <= high


def test_several_panels_share_one_key(courses: Play) -> None:
    drawing = svg(play_charts(courses, SHOWN, columns=3))
    assert drawing.count(">ordinary course<") == 1
    assert drawing.count(">conflict<") == len(SHOWN)


@pytest.mark.usefixtures("validated_charts")
def test_the_ordinary_course_is_drawn_once() -> None:
    drawing = svg(play_charts(play(n=40), SHOWN, columns=1))
    assert tokens.ACCENT not in drawing
    assert "this choice" not in drawing


def test_notes_are_drawn_above_the_panels_in_lines_of_the_width_of_three(courses: Play) -> None:
    assert "A note." not in svg(play_charts(courses, SHOWN, columns=3))
    drawing = svg(play_charts(courses, SHOWN, columns=3, notes=("A note.", "word " * 60)))
    lines = [
        text for e in ElementTree.fromstring(drawing).iter() if (text := e.text) and text.startswith(("A n", "word"))
    ]
    assert lines[0] == "A note."
    assert max(map(len, lines)) <= 140
    assert " ".join(lines[1:]).split() == ["word"] * 60
