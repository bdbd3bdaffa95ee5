"""Random streams: person i of a process draws what NumPy draws from the seed (root, process, i)."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.model.simulate.seeds import seed_states
from securebase.model.simulate.streams import _PROCESSES, Streams


@pytest.mark.parametrize("root", [0, 1, 2**32 - 1, 2**32, 3**38, 2**62 - 1])
@pytest.mark.parametrize("process", [_PROCESSES[0], "ruptures", _PROCESSES[-1]])
def test_draws_are_those_of_numpys_own_seeds(root: int, process: str) -> None:
    seeds = [(root, _PROCESSES.index(process), i) for i in range(300)]
    expected = np.array([np.random.default_rng(seed).random((3, 2)) for seed in seeds])
    assert np.array_equal(Streams(root).uniforms(process, 300, 3, 2), expected)


def test_a_person_draws_the_same_whoever_else_is_simulated() -> None:
    few, many = (Streams(7).normals("web_levels", n, 4) for n in (1, 40))
    assert np.array_equal(few[0], many[0])
    assert len(np.unique(many)) == many.size


def test_nobody_draws_nothing() -> None:
    assert seed_states(5, 0, 0).shape == (0, 4)
    assert Streams(5).uniforms("ruptures", 0, 3).shape == (0, 3)
