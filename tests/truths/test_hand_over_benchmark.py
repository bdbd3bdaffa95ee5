"""The checked-in results of the hand-over meet what they promise, and its page shows them."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from securebase.model.parameter_set import ScaleUnit

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
hand_over: ModuleType = import_module("benchmarks.hand_over")


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["hand_over"]
    return [hand_over.HandOverResult(**result) for result in stored["results"]]


def test_the_hand_over_is_signalled_as_often_as_promised() -> None:
    first = stored_results()[0]
    assert first.assumption == {
        "base": 0.15,
        "base_sd": 0.10,
        "error": 1.5,
        "schedule": "every session from 11",
        "points": 2.2,
    }
    assert first.clients[hand_over.CAUGHT] > 1000
    assert first.signals[hand_over.CAUGHT][-1] >= 0.80
    assert first.signals[hand_over.SPARED][-1] <= 0.10


def test_the_page_of_the_hand_over_has_a_row_for_each_assumption() -> None:
    text = hand_over.page(stored_results(), {"on": "2026-11-29"})
    rows = [line for line in text.splitlines() if line.startswith("| 0.")]
    assert len(rows) == len(hand_over.ASSUMPTIONS) == 16
    assert (ROOT / "docs" / hand_over.PAGE).read_text("utf-8").splitlines()[4:] == text.splitlines()[4:]


def test_answers_without_error_are_base_plus_the_rest_of_the_true_share() -> None:
    assumption = hand_over.AnswerAssumption(0.2, 0.0, 0.0, "every session from 11", 2.2)
    shares = np.linspace(0.0, 0.75, 16)
    answers = hand_over.answers(shares, assumption, np.random.default_rng(1))
    assert answers == {n: round(10 * (0.2 + 0.8 * shares[n - 1])) for n in (1, 2, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16)}


def test_the_true_share_is_that_of_the_support_in_points() -> None:
    unit = ScaleUnit("social_support", mean=4.0, sd=2.5, reliability=0.64, verified=False, source="")
    person = type("Person", (), {"provided": np.array([0.0, 1.0, 1.0]), "values": np.array([[0.0], [1.0], [-9.0]])})()
    assert hand_over.true_shares(person, 0, unit, 2.0) == pytest.approx([0.0, 2.0 / 6.0, 1.0])


def test_cohorts_of_the_package_are_told_apart_by_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_over, "CHUNK", 40)
    monkeypatch.setattr(hand_over, "ASSUMPTIONS", hand_over.ASSUMPTIONS[:1])
    signalled = {}
    for name in (hand_over.CAUGHT, hand_over.SPARED):
        values = np.array(hand_over.simulate_chunk(name, 0)["clients"], dtype=float)[:, 0]
        signalled[name] = float((np.nan_to_num(values, nan=-np.inf) > 0).any(axis=1).mean())
    assert signalled[hand_over.CAUGHT] > 0.65
    assert signalled[hand_over.SPARED] < 0.2
