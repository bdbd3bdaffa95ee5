"""Every problem area is described completely and points to existing worksheet fields."""

from __future__ import annotations

import pytest

from securebase.errors import ShelfError
from securebase.ipt.areas import Area, area, areas, read_areas
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.sources import source, sources
from securebase.ipt.task import tasks
from securebase.records.vocabulary import DisputeStage, ProblemArea

ENTRY = """
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
COMPLETE = "".join(ENTRY.format(name=a.value) for a in ProblemArea)


def test_every_area_is_described_once() -> None:
    assert list(areas()) == list(ProblemArea)


@pytest.mark.parametrize("entry", areas().values(), ids=lambda a: a.area.value)
def test_an_area_is_tracked_in_worksheets_of_that_area(entry: Area) -> None:
    assert len(entry.strategies) >= 3
    assert set(entry.sources) <= set(sources())
    for point in entry.track:
        assert entry.area in worksheet(point.worksheet).areas


def test_only_a_dispute_has_stages_and_it_has_them_all() -> None:
    assert [s.stage for s in area("role_dispute").stages] == list(DisputeStage)
    assert [a.area for a in areas().values() if a.stages] == [ProblemArea.ROLE_DISPUTE]


def test_every_source_is_cited() -> None:
    cited = [key for part in (*areas().values(), *worksheets().values(), *tasks()) for key in part.sources]
    assert set(cited) == set(sources())
    assert not source("K").seen


def test_an_unknown_area_or_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ShelfError, match="role_dispute"):
        area("boredom")
    with pytest.raises(ShelfError, match="ISIPT"):
        source("HEARSAY")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('area = "grief"', 'area = "gloom"', "gloom"),
        ('area = "grief"', 'area = "role_dispute"', "grief"),
        ("telling.peak", "telling.pique", "telling.pique"),
        ("telling.peak", "telling", "worksheet.field"),
        ('goals = ["Goal"]', "goals = []", "goals"),
        ("in_words", "in_word", "in_word"),
    ],
)
def test_an_invalid_area_is_refused_with_the_field(old: str, new: str, message: str) -> None:
    assert len(read_areas("areas.toml", COMPLETE.encode())) == len(ProblemArea)
    with pytest.raises(ShelfError, match=message) as error:
        read_areas("areas.toml", COMPLETE.replace(old, new, 1).encode())
    assert "areas.toml" in str(error.value)
