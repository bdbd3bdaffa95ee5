"""Earlier versions of instruments keep their wording, and a scale id keeps its meaning across versions."""

import pytest

from each import each
from securebase.errors import InstrumentError
from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, WorkedExample
from securebase.measurement.scoring import score

EARLIER = [version for name in catalogue.instruments() for version in catalogue.earlier_versions(name)]


def test_versions_are_numbered_without_a_gap_and_the_shelf_holds_the_latest() -> None:
    for name, latest in catalogue.instruments().items():
        versions = [int(v.version) for v in (*catalogue.earlier_versions(name), latest)]
        assert versions == list(range(1, len(versions) + 1)), name


@each(EARLIER, lambda earlier: f"{earlier.id} {earlier.version}")
def test_a_scale_id_has_one_meaning_in_all_versions(earlier: Instrument) -> None:
    """Scores of one id form one series, so construct, items, scoring, range and safety items must agree."""
    latest = catalogue.instrument(earlier.id)
    asked = [(i.items, i.window, [scale.id for scale in i.scales]) for i in (earlier, latest)]
    assert asked[0] != asked[1], "a version that asks the same"
    assert [(i.number, i.minimum, i.maximum, i.step) for i in earlier.items] == [
        (i.number, i.minimum, i.maximum, i.step) for i in latest.items
    ]
    assert earlier.safety_rules == latest.safety_rules
    current = {scale.id: scale for scale in latest.scales}
    for scale in earlier.scales:
        if scale.id in current:
            same = current[scale.id]
            assert (same.construct, same.items, same.method, same.missing, same.reversed_items) == (
                scale.construct, scale.items, scale.method, scale.missing, scale.reversed_items
            )  # fmt: skip
            assert (same.direction, same.minimum, same.maximum) == (scale.direction, scale.minimum, scale.maximum)
            assert (same.max_missing, same.multiplier) == (scale.max_missing, scale.multiplier)
            # a corrected threshold is corrected in every version: one series has one reading
            assert (same.bands, same.reliable_change, same.caseness_from) == (
                scale.bands, scale.reliable_change, scale.caseness_from
            )  # fmt: skip
        assert catalogue.find_scale(earlier.id, scale.id) is not None


@each([(v, e) for v in EARLIER for e in v.examples], lambda case: f"{case[0].id} {case[0].version}, {case[1].about}")
def test_worked_examples_of_earlier_versions_still_hold(case: tuple[Instrument, WorkedExample]) -> None:
    earlier, example = case
    result = score(earlier, example.responses)
    assert {name: s.value for name, s in result.scores.items()} == pytest.approx(dict(example.scores), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "number", "before", "after", "scale_before", "scale_after"),
    [
        ("dispute_week", 1, "heated or frozen", "How tense", "dispute", "tension"),
        ("emotion_month", 3, "How many kinds", "How fully", "emotion_regulation", "emotional_range"),
        ("emotion_month", 4, "hold a feeling?", "hold a feeling back?", "emotion_regulation", "emotional_range"),
        ("own_attachment", 5, "at once", "and then push", "attachment_disorganisation", "push_and_pull"),
    ],
)
def test_an_item_with_a_new_meaning_has_a_new_version_and_a_new_scale(
    name: str, number: int, before: str, after: str, scale_before: str, scale_after: str
) -> None:
    earlier, latest = catalogue.instrument_in_version(name, "1"), catalogue.instrument(name)
    assert catalogue.instrument_in_version(name, latest.version) is latest
    assert before in earlier.item(number).text
    assert after in latest.item(number).text
    assert number in earlier.scale(scale_before).items
    assert number in latest.scale(scale_after).items
    assert scale_before not in {s.id for s in latest.scales}
    assert catalogue.find_scale(name, scale_before) == earlier.scale(scale_before)


def test_an_unknown_version_instrument_or_scale_is_refused() -> None:
    with pytest.raises(InstrumentError, match="unknown version “9” of phq9"):
        catalogue.instrument_in_version("phq9", "9")
    with pytest.raises(InstrumentError, match="unknown instrument"):
        catalogue.instrument_in_version("phq99", "1")
    assert catalogue.find_scale("phq9", "none") is None
    assert catalogue.find_scale("phq99", "total") is None
