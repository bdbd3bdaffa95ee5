"""From a score back to answers: every scale on the shelf gives the score back within what whole answers allow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.instrument import Method
from securebase.measurement.scoring import score
from securebase.model.responses import responses_for

EVERY_SCALE = [(i.id, s.id) for i in instruments().values() for s in i.scales if not s.only_without]


@pytest.mark.parametrize(("name", "scale_id"), EVERY_SCALE)
@settings(max_examples=25)
@given(share=st.floats(-0.2, 1.2), seed=st.integers(0, 1000))
def test_responses_reproduce_the_drawn_score(name: str, scale_id: str, share: float, seed: int) -> None:
    shelf = instrument(name)
    scale = shelf.scale(scale_id)
    target = scale.minimum + share * (scale.maximum - scale.minimum)
    answers = responses_for(shelf, {scale_id: target}, np.random.default_rng(seed))
    scored = score(shelf, answers)  # refuses what is not whole or not allowed
    value = scored.scores[scale_id].value
    assert value is not None
    step = max(shelf.item(n).step for n in scale.items)
    apart = scale.multiplier * step / (len(scale.items) if scale.method is Method.MEAN else 1)
    assert abs(value - min(max(target, scale.minimum), scale.maximum)) <= apart / 2 + 1e-6


def test_items_vary_within_their_range() -> None:
    shelf, rng = instrument("session_before"), np.random.default_rng(1)
    samples = [responses_for(shelf, {"symptoms": 5.0}, rng) for _ in range(400)]
    firsts = np.array([d[1] for d in samples])
    assert 0.6 < firsts.std() < 2.0
    assert {sum(d[n] or 0.0 for n in range(1, 6)) for d in samples} == {25.0}


@pytest.mark.parametrize("name", ["session_before", "phq9"])
def test_no_alert_is_raised_unless_requested_or_unavoidable(name: str) -> None:
    shelf, rng = instrument(name), np.random.default_rng(1)
    scale = next(s for s in shelf.scales if s.construct == "symptoms")
    for value in np.linspace(scale.minimum, 0.85 * scale.maximum, 30):
        assert not score(shelf, responses_for(shelf, {scale.id: value}, rng)).alerts
        loud = score(shelf, responses_for(shelf, {scale.id: max(value, 1.0)}, rng, alarm=True))
        assert [a.value for a in loud.alerts] == [1.0]
    full = score(shelf, responses_for(shelf, {scale.id: scale.maximum}, rng))
    assert full.scores[scale.id].value == scale.maximum


def test_the_same_stream_gives_the_same_responses() -> None:
    shelf = instrument("phq9")
    draws = [responses_for(shelf, {"total": 12.3}, np.random.default_rng(4)) for _ in range(2)]
    assert draws[0] == draws[1]
