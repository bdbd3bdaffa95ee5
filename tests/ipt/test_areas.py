"""What is said of each problem area is whole, and points to places on the shelf that are there."""

from __future__ import annotations

import pytest

from securebase.errors import ShelfError
from securebase.ipt.areas import Area, area, areas, read_areas
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.sources import source, sources
from securebase.ipt.task import tasks
from securebase.records.vocabulary import DisputeStage, ProblemArea

ONE = """
[[areas]]
area = "{name}"
in_words = "Words."
choose_when = ["When"]
goals = ["Goal"]
strategies = ["Do"]
sources = ["K"]

  [[areas.track]]
  what = "What"
  at = "telling.peak"
"""
WHOLE = "".join(ONE.format(name=a.value) for a in ProblemArea)


def test_every_area_is_there_once() -> None:
    assert list(areas()) == list(ProblemArea)


@pytest.mark.parametrize("one", areas().values(), ids=lambda a: a.area.value)
def test_an_area_is_tracked_where_its_work_is_written_down(one: Area) -> None:
    assert len(one.strategies) >= 3
    assert set(one.sources) <= set(sources())
    for tracked in one.track:
        assert one.area in worksheet(tracked.worksheet).areas


def test_only_a_dispute_has_stages_and_it_has_them_all() -> None:
    assert [s.stage for s in area("role_dispute").stages] == list(DisputeStage)
    assert [a.area for a in areas().values() if a.stages] == [ProblemArea.ROLE_DISPUTE]


def test_every_source_is_one_that_something_is_drawn_from() -> None:
    named = [key for part in (*areas().values(), *worksheets().values(), *tasks()) for key in part.sources]
    assert set(named) == set(sources())
    assert not source("K").seen


def test_an_area_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ShelfError, match="role_dispute"):
        area("boredom")
    with pytest.raises(ShelfError, match="ISIPT"):
        source("HEARSAY")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('area = "grief"', 'area = "gloom"', "gloom"),
        ('area = "grief"', 'area = "role_dispute"', "grief"),
        ("telling.peak", "telling.pique", "telling.pique"),
        ("telling.peak", "telling", "worksheet.field"),
        ('goals = ["Goal"]', "goals = []", "goals"),
        ("in_words", "in_word", "in_word"),
    ],
)
def test_an_area_that_is_not_sound_is_told_where(old: str, new: str, says: str) -> None:
    assert len(read_areas("areas.toml", WHOLE.encode())) == len(ProblemArea)
    with pytest.raises(ShelfError, match=says) as error:
        read_areas("areas.toml", WHOLE.replace(old, new, 1).encode())
    assert "areas.toml" in str(error.value)
