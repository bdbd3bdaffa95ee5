"""Every row of the register runs, and every kind of probe fails when what it rests on is taken away."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from msgspec.structs import replace

from each import each
from securebase.model.scenario import scenario
from securebase.model.theory import SIMULATORS, STUDY_METHODS, EdgeLocation, TheoryEdge, theory
from securebase.register import columns, edges, places, register
from securebase.register.analyses import ClaimAnalysis, analyses, holds
from securebase.register.columns import Asked, asked_columns
from securebase.register.row import RegisterRow, RowKind, RowState
from securebase.register.simulations import EdgeSimulation, has_sign, simulations, value_of
from securebase.register.statements import statement_of
from securebase.study.calibration.sampling import draw_arms
from securebase.study.calibration.statistics import STATISTICS, convert_arguments

ROOT = Path(__file__).parents[2]


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_places", ROOT / "docs" / "make_places.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def edge(begin: str, end: str, moderator: str = "") -> TheoryEdge:
    return next(e for e in theory().edges if e.ends == tuple(filter(None, (begin, moderator, end))))


def without_column(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    remaining = {name: asked for name, asked in asked_columns().items() if name not in names}
    for module in (columns, places):
        monkeypatch.setattr(module, "asked_columns", lambda: remaining)


@pytest.fixture(scope="module")
def rows() -> tuple[RegisterRow, ...]:
    """Return all rows: they share simulated cohorts and results of commands, which are computed once."""
    return register.register()


def test_there_is_a_row_for_each_kind_of_support_of_each_claim(rows: tuple[RegisterRow, ...]) -> None:
    needed = [(claim.id, kind) for claim in theory().claims.values() for kind in claim.needs]
    assert [(row.claim, row.kind.value) for row in rows] == needed
    assert len(rows) == 192


@pytest.mark.parametrize("kind", RowKind)
def test_every_kind_of_support_is_covered(rows: tuple[RegisterRow, ...], kind: RowKind) -> None:
    assert [(row.claim, row.lacks) for row in rows if row.kind is kind and row.state is RowState.OPEN] == []


def test_the_page_is_that_of_the_register(rows: tuple[RegisterRow, ...]) -> None:
    module = load_script()
    assert module.PAGE.read_text(encoding="utf-8") == module.page(rows), "run python docs/make_places.py"


def test_the_page_distinguishes_covered_from_open(rows: tuple[RegisterRow, ...]) -> None:
    module = load_script()
    covered, still_open = (
        RegisterRow("S1", RowKind.EDGE, ("a place",)),
        RegisterRow("S1", RowKind.EDGE, (), "4 ratings"),
    )
    assert [module.state([row]) for row in (covered, still_open)] == ["covered", "open"]
    assert module.state([covered, still_open]) == "partly covered"
    assert module.line(still_open) == "| edge | **open**: needs 4 ratings |"
    assert "No claim is open." in module.count(rows)[0]
    lacking = [replace_row(row) if row.claim == "S60" else row for row in rows]
    assert "Open or partly covered: S60." in module.count(lacking)[0]


def replace_row(row: RegisterRow) -> RegisterRow:
    return dataclasses.replace(row, shown_by=())


# ---- each kind of probe fails when what it rests on is taken away ----------------------------------------------------
def test_a_measure_falls_with_its_column_and_with_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(places.measures_of("S100"))
    assert list(places.measures_of("S100", pages=())) == []
    without_column(monkeypatch, "tie_commitment", "tie_objectivity")
    assert list(places.measures_of("S100")) == []
    assert register.probe("S100", RowKind.MEASURE).state is RowState.OPEN


def test_a_tool_falls_with_its_page_and_with_what_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(places.tools_of("S91"))
    assert list(places.tools_of("S91", pages=places.routes() - {"worksheet-begin"})) == []
    assert [place for place in places.tools_of("S58") if "`session`" in place]
    without_column(monkeypatch, "rupture_repair")
    assert [place for place in places.tools_of("S58") if "`session`" in place] == []
    monkeypatch.setattr(places, "sample", lambda _: "")
    assert list(places.tools_of("S68")) == []


def test_a_lag_falls_with_its_column_or_if_it_is_asked_too_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    hope = replace(edge("hope", "alliance"), by="lag")
    assert edges.edge_in_words(hope).endswith("from 8 sessions on")
    rare = replace(edge("alliance", "insight"), by="lag")
    assert edges.edge_in_words(rare) == ""
    assert edges.missing_in_words(rare) == "8 ratings of insight (now 4)"
    assert edges.edge_in_words(replace(hope, by="")) == ""
    repeated = replace(edge("problem_severity", "symptoms"), to_construct="relationship_quality", by="lag")
    assert edges.missing_in_words(repeated) == "8 ratings of relationship_quality (now 1)"
    assert edges.edge_in_words(replace(repeated, by="levels"))
    without_column(monkeypatch, "hope")
    assert edges.edge_in_words(hope) == ""


def test_every_method_of_the_theory_has_a_minimum_and_every_process_an_edge() -> None:
    assert set(STUDY_METHODS) <= set(edges.NEEDED)
    shown = {(f.begin, f.moderator, f.end) for f in simulations().edge}
    # no cohort can show an open sign
    by_process = [e for e in theory().select(place=EdgeLocation.SIMULATED) if e.by and e.sign != "?"]
    of_the_web = {(f.begin, f.moderator, f.end) for f in simulations().edge if "edge" in f.arguments}
    assert {(e.from_construct, e.moderator, e.to_construct) for e in by_process} == shown - of_the_web
    assert {e.by for e in by_process} == set(SIMULATORS)


@each([f for f in simulations().edge if "edge" in f.arguments], lambda f: f.arguments["edge"])
def test_an_edge_of_the_web_falls_if_another_one_is_switched_off(feature: EdgeSimulation) -> None:
    shown = next(e for e in theory().edges if e.id == feature.arguments["edge"])
    assert (shown.from_construct, shown.to_construct) == (feature.begin, feature.end)
    assert "simulated, scenarios of the whole web" in edges.edge_in_words(shown)
    other = {**feature.arguments, "edge": "insight_symptoms_week"}
    assert "simulated" not in edges.edge_in_words(replace(shown, id="another_edge"))
    assert not has_sign(replace(feature, arguments=other))


def test_an_edge_falls_if_the_model_or_a_cohort_has_another_sign() -> None:
    support = edge("social_support", "symptoms")
    assert edges.edge_in_words(support)
    assert edges.edge_in_words(replace(support, sign="+")) == ""
    repair = replace(edge("rupture_repair", "alliance"), estimate="")
    assert edges.edge_in_words(repair)
    assert edges.edge_in_words(replace(repair, sign="-")) == ""


def test_a_simulation_falls_in_a_scenario_without_the_feature() -> None:
    features = {f.claim: f for f in simulations().claim}
    assert has_sign(features["S13"])
    assert not has_sign(replace(features["S13"], scenario="default"))
    assert not has_sign(replace(features["S24"], scenario="co_trend_only"))
    assert not has_sign(replace(features["S5"], arms=("ipt", "waiting_list"), arguments={"control": "waiting_list"}))
    assert not has_sign(replace(features["S16"], sign="-"))
    assert not has_sign(replace(features["S99"], scenario="friends_serve"))
    assert not has_sign(replace(features["S100"], scenario="therapist_unique"))
    assert not has_sign(replace(features["S46"], arguments={**features["S46"].arguments, "of": "insight"}))
    assert not has_sign(replace(features["S79"], arguments={"of": "symptoms", "links": ["seeking_events_week"]}))


def test_stress_generation_falls_if_events_do_not_follow_from_symptoms() -> None:
    """Events raise symptoms too, so that a small correlation remains without stress generation."""
    feature = next(f for f in simulations().claim if f.claim == "S74")
    truth = scenario(feature.scenario)
    events = dataclasses.replace(truth.happens.life_events, with_symptoms=0.0, with_stress=0.0)
    without = dataclasses.replace(truth, happens=dataclasses.replace(truth.happens, life_events=events))
    clients = draw_arms(without, feature.arms, 400, np.random.default_rng(1))
    left = STATISTICS[feature.statistic](clients, **convert_arguments(feature.statistic, feature.arguments))
    assert left < feature.size < value_of(feature)


def test_an_analysis_falls_if_its_key_leads_nowhere_or_to_nothing() -> None:
    shown = next(a for a in analyses() if a.claim == "S44")
    assert holds(shown)
    assert not holds(replace(shown, key="within.lowest"))
    assert not holds(replace(shown, key="within.low.0"))
    assert not holds(
        ClaimAnalysis("S3", "a response that the questionnaire does not define", "track", "change.response")
    )
    with pytest.raises(KeyError):
        holds(replace(shown, result="a name"))


def test_a_statement_falls_if_it_is_not_printed() -> None:
    (shown,) = statement_of("S24")
    assert shown.endswith("(`securebase theory --claim S24`, page `theory-results`)")
    assert "page" not in statement_of("S24", pages=())[0]
    assert statement_of("S23") == []


def test_a_row_that_is_only_a_name_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> list[str]:
        return []

    monkeypatch.setattr(register, "PROBES", dict.fromkeys(RowKind, nothing))
    assert all(register.probe("S8", kind).state is RowState.OPEN for kind in RowKind)


def test_columns_are_counted_in_the_sessions_of_a_course() -> None:
    """The session set is asked every session, a questionnaire of every sixth session twice, on paper three times."""
    asked: Mapping[str, Asked] = asked_columns()
    assert asked["symptoms"].sessions == tuple(range(1, 17))
    assert len(asked["insight"].sessions) == 4
    assert asked["perceived_support"].sessions == (1, 8, 16)
    assert asked["symptoms"].in_words == "every session"
    assert asked["insight"].in_words == "4 of 16 sessions"
    # both parties rate the alliance of every session, so that their agreement can be studied
    assert asked["alliance"].sessions == asked["alliance_by_therapist"].sessions == tuple(range(1, 17))
