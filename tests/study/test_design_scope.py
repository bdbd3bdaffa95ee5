"""The scope of a design: questions that four kinds of table can and cannot answer, said only where it holds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from securebase.exchange.csv_tables import read_cohort
from securebase.model.simulate import simulate
from securebase.reports.study_report import study_report
from securebase.study import study as study_module
from securebase.study.design_scope import design_scope
from securebase.study.parts import DataSize, NotFitted, StudyRequest
from securebase.study.study import study

REFERENCE = Path(os.environ.get("SECUREBASE_REFERENCE", "")) / "data"
needs_reference = pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)
SIZE = DataSize(60, 960, 10, 16.0, 20, 1.0)
REQUEST = StudyRequest(
    "symptoms", ("alliance",), {"symptoms": "Symptoms", "alliance": "Alliance"}, {}, "week", "carried", "stationary"
)
NO_ARM = "Whether treatment works, or which works better: no column names the treatment arm"


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit no models and test no order: the scope of a design depends on neither."""
    monkeypatch.setattr(study_module, "verdicts", lambda *_args, **_options: ())
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))


def cannot(request: StudyRequest, size: DataSize = SIZE) -> str:
    return " ".join(design_scope(request, size).cannot)


@needs_reference
def test_five_waves_of_two_variables() -> None:
    """No arms, no mediator, no ratings between the waves, and too few for single persons."""
    cohort = read_cohort(REFERENCE / "RICLPM.csv", person=None, layout="wide", outcome="y", processes=("x",))
    result = study(cohort, occasion="wave")
    can, words = " ".join(result.scope.can), " ".join(result.scope.cannot)
    assert "Whether x and y move together within persons" in can
    assert "from one wave to the next" in can
    for phrase in (
        NO_ARM,
        "What comes first between two waves: nothing was rated in between.",
        "mediation needs a second process",
        "Whether x causes change in y: it was not assigned at random.",
        "about 24 waves each (median here: 5)",
    ):
        assert phrase in words
    assert "session" not in words
    report = " ".join(study_report(result).split())
    assert "<h2>What this design can and cannot answer</h2>" in report
    assert NO_ARM in report


@needs_reference
def test_one_outcome_with_medication_and_no_comparison_group() -> None:
    cohort = read_cohort(
        REFERENCE / "cbt_bdi_sessions.csv", person="ID", time="time", time_unit="day", outcome="BDI", inputs=("med",)
    )
    result = study(cohort, trend="linear")
    assert result.scope.can == ("The course of BDI, and differences between persons.",)
    words = " ".join(result.scope.cannot)
    for phrase in (
        NO_ARM,
        "How treatment works, or what changes together with BDI: no process is named.",
        "The effect of med, unless assigned at random: persons who receive it may differ from others",
        "Whether therapists differ",
    ):
        assert phrase in words


def test_a_clinic_that_rates_once_a_session() -> None:
    cohort = simulate("whole_clinic", n_clients=30, rng=np.random.default_rng(1))
    measures = {
        "symptoms": ("session_before", "symptoms"),
        "alliance": ("session_after", "alliance"),
        "social_support": ("session_before", "social_support"),
    }
    result = study(cohort, processes=("alliance", "social_support"), measures=measures)
    words = " ".join(result.scope.cannot)
    assert "What comes first within a session: that needs ratings of alliance, social support and symptoms" in words
    assert "Whether alliance and social support cause change in symptoms: they were not assigned at random." in words
    assert "mediation needs" not in words


def test_two_arms_are_compared_and_one_is_not() -> None:
    two = replace(REQUEST, arms=("ipt", "waiting_list"))
    assert "Whether the arms ipt and waiting_list differ in Symptoms." in design_scope(two, SIZE).can
    assert "an effect of treatment: only random assignment shows it" in cannot(two)
    assert "no column names the treatment arm" not in cannot(two)
    assert "all persons are in one arm (ipt)" in cannot(replace(REQUEST, arms=("ipt",)))


def test_the_study_reads_the_arms_of_the_cohort() -> None:
    cohort = simulate("default", n_clients=24, rng=np.random.default_rng(1))
    halves: list[Any] = [
        replace(record, arm="ipt" if k % 2 else "waiting_list") for k, record in enumerate(cohort.episodes)
    ]
    result = study(replace(cohort, episodes=tuple(halves)), processes=("alliance",))
    assert result.request.arms == ("ipt", "waiting_list")


def test_a_design_that_settles_a_question_is_not_said_to_leave_it_open() -> None:
    twice = {"symptoms": ("s1", "s2"), "alliance": ("a1", "a2")}
    assert "What comes first within a session" not in cannot(replace(REQUEST, before_and_after=twice))
    only_process = {"alliance": ("a1", "a2")}
    assert "What comes first within a session" in cannot(replace(REQUEST, before_and_after=only_process))
    assert "therapists" not in cannot(replace(REQUEST, n_therapists=8))
    assert "single person" not in cannot(REQUEST, replace(SIZE, median=24.0))
    assigned = design_scope(replace(REQUEST, assigned=("prompt",)), SIZE)
    assert "The effect of prompt, if assigned at random, as the request says." in assigned.can
