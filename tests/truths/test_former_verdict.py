"""The former verdict of a study, kept for the benchmark: its rule, and what it made of known truths."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

sys.path.append(str(Path(__file__).parents[2]))
former: ModuleType = import_module("benchmarks.former_verdict")


@dataclass(frozen=True)
class Lag:
    raw: float
    significant: bool


@pytest.mark.parametrize(
    ("centred", "detrended", "adjusted", "expected"),
    [
        ((-0.30, True), (-0.13, False), None, "attenuates"),
        # a loss of more than half, significant or not
        ((-0.30, True), (-0.13, True), None, "attenuates"),
        # the sign changes
        ((-0.30, True), (0.20, True), None, "attenuates"),
        ((0.33, True), (0.26, True), None, "persists"),
        ((0.33, True), (0.26, False), None, "inconclusive"),
        ((0.10, False), (0.26, True), None, "emerges"),
        ((0.10, False), (0.02, False), None, "inconclusive"),
        ((0.33, True), (0.26, True), (0.20, True), "persists"),
        ((0.33, True), (0.26, True), (0.10, True), "attenuates"),
        ((0.33, True), (0.26, True), (0.20, False), "inconclusive"),
        ((0.10, False), (0.26, True), (0.02, False), "emerges"),
    ],
)
def test_the_former_rule_compares_ratios(
    centred: tuple[float, bool], detrended: tuple[float, bool], adjusted: tuple[float, bool] | None, expected: str
) -> None:
    third = None if adjusted is None else Lag(*adjusted)
    assert former.former_verdict(Lag(*centred), Lag(*detrended), third).value == expected


def test_without_an_estimate_it_was_inconclusive() -> None:
    assert former.former_verdict(None, Lag(0.3, True), None).value == "inconclusive"
