"""Every construct moves by a stated rule, and an impossible state is refused."""

import pytest

from each import each
from securebase.errors import ModelError
from securebase.measurement.constructs import CONSTRUCTS, TRACKED_CONSTRUCTS
from securebase.model.states import ConstructState, Layer, read_states, states
from securebase.model.theory import Simulation, theory

STATES = states()
each_state = each(STATES.values(), lambda state: state.construct)
#: constructs that a process of its own holds
PROCESSES = {
    *("life_events", "corrective_experience", "retelling", "rupture_repair", "expectancy_violation"),
    "therapist_support",
}


def test_every_construct_has_one_home() -> None:
    """A state, a place in the fitted model, or a process; so does every end of a term."""
    assert set(STATES).isdisjoint({*TRACKED_CONSTRUCTS, *PROCESSES})
    assert {*STATES, *TRACKED_CONSTRUCTS, *PROCESSES} == set(CONSTRUCTS)
    for e in theory().edges:
        ends = {name for name in e.ends if name in CONSTRUCTS}
        assert ends <= {*STATES, *TRACKED_CONSTRUCTS, *PROCESSES}, e.id


@each_state
def test_a_state_names_its_source_or_says_that_it_is_a_judgement(state: ConstructState) -> None:
    assert state.source.endswith(".")
    assert state.verified <= any(c.isdigit() for c in state.source)
    # every block has numbers that no source states
    assert "Judgement" in state.source


@each_state
def test_the_parts_of_an_index_are_measured_themselves(state: ConstructState) -> None:
    """The weights have the signs that the directions of the constructs demand, and add up to 1 without their signs."""
    if state.layer is not Layer.INDEX:
        return
    assert sum(abs(weight) for weight in state.parts.values()) == pytest.approx(1.0)
    for name, weight in state.parts.items():
        assert name in TRACKED_CONSTRUCTS or STATES[name].layer in (Layer.WEEKLY, Layer.SLOW)
        alike = CONSTRUCTS[name].direction is CONSTRUCTS[state.construct].direction
        assert (weight > 0) is alike, (state.construct, name)


@each_state
def test_a_change_goes_in_the_direction_of_improvement(state: ConstructState) -> None:
    better = CONSTRUCTS[state.construct].direction.value
    for change in (state.natural_change, state.therapy_change):
        if change:
            assert better == ("better" if change > 0 else "worse"), state.construct


def test_a_mean_that_an_edge_moves_is_not_moved_twice() -> None:
    """An edge from therapy over the course is the whole change by therapy; a state must not add its own."""
    for e in theory().edges:
        if e.from_construct == "therapy" and not e.moderator and e.simulate is Simulation.TERM:
            state = STATES.get(e.to_construct)
            assert state is None or state.therapy_change is None, e.id


GOOD = '[[state]]\nconstruct = "hope"\nsource = "Judgement."\n'
MOVES = "persistence = 0.7\nlevel_share = 0.6\n"


def test_a_block_gets_the_layer_of_its_file() -> None:
    (state,) = read_states("weekly.toml", GOOD + MOVES)
    assert (state.construct, state.layer, state.persistence) == ("hope", Layer.WEEKLY, 0.7)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("daily.toml", GOOD, "must be named after a layer"),
        ("weekly.toml", GOOD.replace("hope", "mood") + MOVES, r"state\[1\].construct: unknown construct “mood”"),
        ("weekly.toml", GOOD, r"state\[1\].persistence: a state that moves needs a persistence above 0"),
        ("slow.toml", GOOD + "persistence = 0.9\n", r"state\[1\].persistence: .* a level_share between 0 and 1"),
        ("weekly.toml", GOOD + MOVES.replace("0.7", "1.0"), "persistence"),
        ("weekly.toml", GOOD + MOVES + "chance = 0.1\n", r"state\[1\].chance: an event, and nothing else"),
        ("event.toml", GOOD, r"state\[1\].chance: an event, and nothing else"),
        ("index.toml", GOOD, r"state\[1\].parts: an index, and nothing else"),
        ("trait.toml", GOOD + "parts = { symptoms = 1.0 }\n", r"state\[1\].parts: an index, and nothing else"),
        ("trait.toml", GOOD + "reliability = 0\n", "reliability"),
        ("trait.toml", GOOD + "colour = 1\n", "unknown field"),
        ("trait.toml", GOOD.replace('source = "Judgement."', ""), "source"),
    ],
)
def test_an_impossible_state_is_refused_with_the_problem(file: str, text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        list(read_states(file, text))
