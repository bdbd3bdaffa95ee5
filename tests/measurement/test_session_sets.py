"""The session sets, on which the pages and the model build."""

import pytest

from securebase.measurement import catalogue
from securebase.measurement.constructs import CONSTRUCTS, TRACKED_CONSTRUCTS
from securebase.measurement.rotation import ROTATION

BEFORE, AFTER = catalogue.instrument("session_before"), catalogue.instrument("session_after")


def test_scales_are_named_by_their_construct_and_run_from_0_to_10() -> None:
    assert [s.id for s in BEFORE.scales] == [
        "symptoms",
        "social_support",
        "interpersonal_stress",
        "interpersonal_skills",
        "loneliness",
        "hope",
    ]
    assert [s.id for s in AFTER.scales] == [
        *("alliance", "alliance_bond", "felt_understood", "openness", "emotional_processing")
    ]
    for scale in (*BEFORE.scales, *AFTER.scales):
        assert scale.construct == scale.id
        assert (scale.minimum, scale.maximum) == (0, 10)
        assert scale.claims


def test_together_they_measure_every_tracked_construct_at_its_moment() -> None:
    moments = {s.construct: i.moment for i in (BEFORE, AFTER) for s in i.scales}
    assert {name: CONSTRUCTS[name].moment for name in TRACKED_CONSTRUCTS}.items() <= moments.items()


def test_the_safety_question_belongs_to_no_score_and_has_four_worded_answers() -> None:
    (rule,) = BEFORE.safety_rules
    item = BEFORE.item(rule.item)
    assert rule.at_least == 1
    assert [option.value for option in item.options] == [0, 1, 2, 3]
    assert all(rule.item not in scale.items for scale in BEFORE.scales)


OWN_WORDING = [i for i in catalogue.instruments().values() if i.own_wording]


@pytest.mark.parametrize("instrument", OWN_WORDING, ids=lambda i: i.id)
def test_a_check_in_takes_a_minute(instrument: object) -> None:
    """A question takes about four seconds to read and answer when it fits two lines of a phone."""
    items = instrument.items  # type: ignore[attr-defined]
    # the rotating questions are asked a few at a time (test_schedule.py)
    assert len(items) <= 12 or instrument.id == ROTATION  # type: ignore[attr-defined]
    assert all(len(item.text) <= 80 and item.text.endswith("?") for item in items)
    assert all(len(label) <= 22 for item in items for label in (item.low_label, item.high_label))


@pytest.mark.parametrize("scale", [BEFORE.scale("symptoms"), AFTER.scale("alliance")], ids=lambda s: s.id)
def test_reliable_change_states_its_assumption(scale: object) -> None:
    change = scale.reliable_change  # type: ignore[attr-defined]
    assert change.points == pytest.approx(1.96 * 2**0.5 * change.sd * (1 - change.reliability) ** 0.5)
    assert change.basis.startswith("assumed")
    assert not change.verified


def test_client_and_therapist_answer_the_same_items() -> None:
    """Pages show the therapist's rating beside the client's, so number, range and labels must agree."""
    therapist_set = catalogue.instrument("therapist_after")
    assert therapist_set.respondent == "therapist"
    for number in (1, 2, 3, 4):
        client, therapist = AFTER.item(number), therapist_set.item(number)
        assert (client.minimum, client.maximum, client.step) == (therapist.minimum, therapist.maximum, therapist.step)
        assert (client.low_label, client.high_label) == (therapist.low_label, therapist.high_label)
    for scale in ("alliance", "felt_understood"):
        assert therapist_set.scale(scale).items == AFTER.scale(scale).items
        assert therapist_set.scale(scale).construct == AFTER.scale(scale).construct
