"""The executable graph: what a choice changes, with the same random numbers as the ordinary course."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.simulate.play import (
    LOOP,
    STRESSOR,
    Play,
    PlayChoice,
    Stressor,
    TechniqueUse,
    Warmth,
    link_label,
    play,
    switchable,
)

STYLES = ("secure", "anxious", "avoidant", "disorganised")
#: a choice of every kind
CHOICES = (
    *(PlayChoice(style=style) for style in STYLES),
    *(PlayChoice(stressor=stressor) for stressor in Stressor if stressor is not Stressor.NONE),
    PlayChoice(warmth=Warmth.HIGH),
    PlayChoice(technique=TechniqueUse.MORE),
)


def last(courses: Play, construct: str) -> float:
    return float(courses.difference(construct)[-1])


def test_the_ordinary_course_differs_from_itself_in_nothing() -> None:
    ordinary = play(n=50)
    assert not (ordinary.chosen.mean - ordinary.ordinary.mean).any()
    assert ordinary.links("symptoms", 16) == ()
    assert ordinary.chosen.mean[0] == pytest.approx(0.0, abs=1e-9)
    assert ordinary.chosen.mean[-1, ordinary.index("symptoms")] < -0.8
    assert (ordinary.chosen.lower < ordinary.chosen.upper).all()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    choice = PlayChoice(style="anxious", stressor=Stressor.LOSS)
    first = play(choice, n=40).chosen.mean
    assert np.array_equal(first, play(choice, n=40).chosen.mean)
    assert not np.array_equal(first, play(choice, n=40, seed=2).chosen.mean)


def test_styles_are_ordered() -> None:
    by_style = {style: play(PlayChoice(style=style)) for style in STYLES}
    for construct, sign in (
        ("symptoms", 1),
        ("interpersonal_stress", 1),
        ("social_support", -1),
        ("support_seeking", -1),
        ("attachment_security", -1),
    ):
        secure, anxious, avoidant, disorganised = (sign * last(by_style[style], construct) for style in STYLES)
        assert secure < min(anxious, avoidant) - 0.1, construct
        assert max(anxious, avoidant) < disorganised - 0.1, construct


@pytest.mark.parametrize("stressor", ["loss", "conflict", "change"])
def test_a_stressor_raises_stress_which_decays(stressor: Stressor) -> None:
    stress = play(PlayChoice(stressor=stressor, at=6)).difference("interpersonal_stress")
    assert not stress[:5].any()
    assert stress[5] > 1.0
    assert (np.diff(stress[5:]) < 0.05).all()
    assert 0 < stress[-1] < stress[5] / 4
    symptoms = play(PlayChoice(stressor=stressor, at=6)).difference("symptoms")
    assert symptoms[5] > symptoms[-1] > 0


def test_a_warm_therapist_raises_felt_security_and_the_alliance() -> None:
    high, low = play(PlayChoice(warmth=Warmth.HIGH)), play(PlayChoice(warmth=Warmth.LOW))
    for construct, least in (("felt_security", 0.5), ("felt_understood", 0.3), ("alliance", 0.08)):
        assert last(high, construct) > least
        assert last(low, construct) < -least
    assert last(high, "symptoms") < -0.05
    assert high.links("felt_security", 16)[0].origin == "therapist_sensitivity"
    assert high.links("alliance", 16)[0].origin == "positive_regard"


def test_more_technique_raises_processing_and_emotional_competence() -> None:
    more = play(PlayChoice(technique=TechniqueUse.MORE))
    assert last(more, "emotional_processing") > 0.08
    assert last(more, "emotional_competence") > 0.08
    assert last(more, "symptoms") < -0.05
    assert "technique_use" in [part.origin for part in more.links("symptoms", 16)]


def test_without_the_link_from_seeking_to_support_the_gap_narrows() -> None:
    def gap(*off: str) -> float:
        secure, insecure = (play(PlayChoice(style=style, off=off)) for style in ("secure", "disorganised"))
        return float(secure.difference("social_support")[-1] - insecure.difference("social_support")[-1])

    assert gap("seeking_support_week") < gap() - 0.1
    # the whole loop off: less of the gap is left
    assert gap(*LOOP) < gap("seeking_support_week") - 0.1


def test_switching_a_link_off_leaves_the_draws_of_everything_else() -> None:
    """A construct that the link does not reach hardly moves: the shocks are nearly the same."""
    courses = play(PlayChoice(off=("seeking_support_week",)))
    for construct in ("attachment_anxiety", "felt_security", "technique_use", "emotional_processing"):
        assert np.abs(courses.difference(construct)).max() < 0.02, construct
    assert np.abs(courses.difference("social_support")).max() > 0.005


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_parts_of_a_difference_add_up_to_it(choice: PlayChoice) -> None:
    """The remainder is what is chosen itself, and products and paths to a change, which have no part."""
    courses = play(choice)
    for construct in ("social_support", "support_seeking", "alliance", "interpersonal_stress", "felt_security"):
        difference = courses.difference(construct)[-1]
        parts = sum(courses.carried[construct][-1].values())
        assert parts == pytest.approx(difference, abs=0.04 + 0.15 * abs(difference)), construct


def test_a_stressor_is_carried_by_the_edges_of_life_events_and_its_own_mark() -> None:
    courses = play(PlayChoice(stressor=Stressor.CHANGE, at=7))
    for construct in ("interpersonal_stress", "symptoms", "problem_severity", "role_adjustment"):
        (part,) = courses.links(construct, 7)
        assert part.origin == STRESSOR
        assert part.size == pytest.approx(courses.difference(construct)[6], rel=1e-6)
    loss = play(PlayChoice(stressor=Stressor.LOSS, at=7))
    assert loss.links("social_support", 7)[0].origin == STRESSOR
    off = play(PlayChoice(stressor=Stressor.CHANGE, at=7, off=("events_stress_week",)))
    assert off.difference("interpersonal_stress")[6] < 0.2


@pytest.mark.parametrize("construct", ["symptoms", "interpersonal_stress", "social_support", "support_seeking"])
def test_style_and_stressor_add_up(construct: str) -> None:
    """The pages say so: no edge of the theory lets attachment change what a stressor does."""
    loss = play(PlayChoice(stressor=Stressor.LOSS)).difference(construct)
    for style in STYLES:
        both, alone = (play(PlayChoice(style, stressor)).chosen.mean for stressor in (Stressor.LOSS, Stressor.NONE))
        k = play(n=2).index(construct)
        assert both[:, k] - alone[:, k] == pytest.approx(loss, abs=0.03)


def test_every_link_of_the_loop_can_be_switched_off_and_has_a_label() -> None:
    assert set(LOOP) <= set(switchable())
    assert link_label("seeking_support_week") == "Clear support seeking → Social support"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"style": "aloof"}, "unknown attachment style “aloof”"),
        ({"stressor": "exam"}, "unknown stressor “exam”"),
        ({"warmth": "hot"}, "unknown warmth “hot”"),
        ({"technique": "less"}, "unknown technique “less”"),
        ({"at": 17}, "at must be a session from 1 to 16"),
        ({"at": 0}, "at must be"),
        ({"off": ("alliance_symptoms",)}, "unknown edge “alliance_symptoms”"),
        ({"off": ("alliance_symptoms_week",)}, "“alliance_symptoms_week” cannot be switched off"),
    ],
)
def test_invalid_choices_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        replace(PlayChoice(), **fields)  # type: ignore[arg-type]


def test_an_unknown_construct_is_refused() -> None:
    with pytest.raises(ModelError, match="“mood” is not simulated"):
        play(n=10).difference("mood")
