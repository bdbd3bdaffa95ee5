"""The scenarios of the whole web show what their truths say, in true values of many clients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError, ParameterSetError
from securebase.model.arms import arm
from securebase.model.parameters import Array
from securebase.model.scenario import Scenario, open_scenarios, read_scenario, scenario
from securebase.model.simulate import simulate, simulate_table
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.web.network import Web

SESSIONS = 16


class Clients:
    """n clients of a scenario with their true courses."""

    def __init__(
        self, tested: Scenario | str, n: int = 1000, *, style: str = "", off: tuple[str, ...] = (), arms: str = ""
    ) -> None:
        loaded = scenario(tested) if isinstance(tested, str) else tested
        rng = np.random.default_rng(1)
        streams = Streams.spawn_from(rng)
        self.web: Web = replace(loaded.web, off=off).build(loaded.parameter_set)
        chosen = tuple(arm(name) for name in arms.split()) or loaded.arms
        by_client = tuple(chosen[i % len(chosen)] for i in range(n))
        self.people: People = draw_people(
            loaded.parameter_set, loaded.happens, by_client, rng, streams, web=self.web, style=style
        )
        days = np.tile(7.0 * np.arange(SESSIONS), (n, 1))
        attendance = Attendance(days, np.full(n, SESSIONS), np.zeros((n, SESSIONS, self.web.terms.core)))
        self.courses: SimulatedCourses = true_courses(
            loaded.parameter_set,
            loaded.happens,
            self.people,
            attendance,
            rng=rng,
            streams=streams,
            web=self.web,
        )
        self.arms = np.array([a.id for a in by_client])

    def values(self, construct: str) -> Array:
        """Return true values (n, sessions)."""
        values: Array = self.courses.true[:, :, self.web.index(construct)]
        return values

    def change(self, construct: str) -> Array:
        values = self.values(construct)
        return np.asarray(values[:, -1] - values[:, 0])


def lags(clients: Clients, outcome: str, *processes: str) -> Array:
    """Return the raw lags (k,) of processes on the next outcome beside its own past, within-person centred."""

    def centred(name: str) -> Array:
        values = clients.values(name)
        return np.asarray(values - values.mean(axis=1, keepdims=True))

    X = np.column_stack([centred(name)[:, :-1].ravel() for name in (*processes, outcome)])
    finding = np.linalg.lstsq(X, centred(outcome)[:, 1:].ravel())[0]
    sd = np.array([clients.web.sd[clients.web.index(name)] for name in processes])
    return np.asarray(finding[:-1] * sd / clients.web.sd[clients.web.index(outcome)])


def test_the_scenarios_of_the_whole_web_exist() -> None:
    new = {"diathesis", "friends_serve", "therapist_unique", "placebo", "slow_attachment", "vicious_loop"}
    assert new | {"pillars", "treatment_by_problem"} == set(open_scenarios())


@pytest.mark.parametrize("name", open_scenarios())
def test_an_open_scenario_keeps_within_its_budget(name: str) -> None:
    tested = scenario(name)
    web = tested.web.build(tested.parameter_set)
    assert max(web.explained.values()) <= 0.75
    assert web.spectral_radius < 0.985


@pytest.mark.parametrize(("size", "expected"), [(0.0, 0.0), (0.10, 0.10)])
def test_in_diathesis_stress_adds_more_symptoms_in_vulnerable_clients(size: float, expected: float) -> None:
    tested = scenario("diathesis")
    sizes = {"stress_vulnerability_symptoms_product": size}
    clients = Clients(replace(tested, web=replace(tested.web, sizes=sizes)), 4000)
    vulnerable = clients.values("vulnerability")[:, 0]
    groups = [vulnerable > 1.0, vulnerable < -1.0]
    slopes = []
    for group in groups:
        x, y = (clients.values(name)[group] for name in ("interpersonal_stress", "symptoms"))
        x, y = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
        X = np.column_stack([x[:, :-1].ravel(), y[:, :-1].ravel()])
        slopes.append(np.linalg.lstsq(X, y[:, 1:].ravel())[0][0])
    sd = clients.web.sd
    distance = vulnerable[groups[0]].mean() - vulnerable[groups[1]].mean()
    per_sd = (slopes[0] - slopes[1]) / distance * sd[clients.web.index("interpersonal_stress")]
    # events move stress and symptoms too, so that the deviations are wider than the states
    assert per_sd / sd[clients.web.index("symptoms")] == pytest.approx(expected, abs=0.03)


def test_friends_do_what_the_therapist_does_or_nothing() -> None:
    serve, unique = Clients("friends_serve", 2000), Clients("therapist_unique", 2000)
    for outcome, better in (("symptoms", -1.0), ("interpersonal_skills", 1.0), ("insight", 1.0)):
        alliance, support = better * lags(serve, outcome, "alliance", "social_support")
        assert support > 0.025, outcome
        alliance, support = better * lags(unique, outcome, "alliance", "social_support")
        assert alliance > 0.025, outcome
        assert abs(support) < 0.03, outcome


def test_in_friends_serve_support_helps_only_with_committed_and_objective_friends() -> None:
    clients = Clients("friends_serve", 4000)
    quality = clients.values("tie_commitment")[:, 0] + clients.values("tie_objectivity")[:, 0]
    support, skills = clients.values("social_support"), clients.values("interpersonal_skills")
    finding = []
    for group in (quality > 1.5, quality < -1.5):
        x, y = (v[group] - v[group].mean(axis=1, keepdims=True) for v in (support, skills))
        X = np.column_stack([x[:, :-1].ravel(), y[:, :-1].ravel()])
        finding.append(np.linalg.lstsq(X, y[:, 1:].ravel())[0][0])
    assert finding[0] > 0.2
    assert finding[1] < 0.1


def test_a_placebo_works_by_hope_alone() -> None:
    clients = Clients("placebo", 3000, arms="placebo waiting_list")
    hope = clients.web.index("hope")
    treated = clients.arms == "placebo"
    push = clients.people.push
    assert push[treated][0, hope] > 0
    assert not np.delete(push[treated], hope, axis=1).any()
    assert not push[~treated].any()
    gain = clients.change("symptoms")
    assert gain[treated].mean() - gain[~treated].mean() == pytest.approx(-0.8, abs=0.15)
    assert clients.change("insight")[treated].mean() == pytest.approx(0.0, abs=0.08)
    hopeless = Clients("placebo", 3000, off=("hope_symptoms_week",), arms="placebo waiting_list").change("symptoms")
    assert hopeless[treated].mean() - hopeless[~treated].mean() == pytest.approx(0.0, abs=0.15)
    hope_lag, alliance_lag = lags(clients, "symptoms", "hope", "alliance")
    assert hope_lag < -0.2
    assert abs(alliance_lag) < 0.03


def test_in_slow_attachment_only_experiences_move_the_working_model() -> None:
    clients = Clients("slow_attachment", 2000)
    experiences = np.array([len(events) for events in clients.courses.corrective.events])
    for name in ("attachment_anxiety", "attachment_avoidance"):
        assert not clients.people.change[:, clients.web.index(name)].any()
        change = clients.change(name)
        assert change[experiences == 0].mean() == pytest.approx(0.0, abs=0.05)
        assert change[experiences > 2].mean() < change[experiences == 1].mean() < -0.1
        assert np.corrcoef(experiences, change)[0, 1] < -0.4


def insecurity_gap(off: tuple[str, ...] = ()) -> dict[str, float]:
    """Return disorganised less secure clients of `vicious_loop`, with links switched off."""
    insecure, secure = (Clients("vicious_loop", style=style, off=off) for style in ("disorganised", "secure"))

    def events(clients: Clients) -> float:
        return float(np.mean([sum(event.dependent for event in of) for of in clients.courses.life_events.events]))

    gap = {
        name: float(insecure.values(name).mean() - secure.values(name).mean())
        for name in ("support_seeking", "social_support", "interpersonal_stress")
    }
    end = float(insecure.values("symptoms")[:, -1].mean() - secure.values("symptoms")[:, -1].mean())
    return {**gap, "events": events(insecure) - events(secure), "symptoms": end}


def test_the_vicious_loop_closes_link_by_link() -> None:
    on = insecurity_gap()
    assert on["support_seeking"] < -1
    assert on["social_support"] < -1
    assert min(on[name] for name in ("interpersonal_stress", "events", "symptoms")) > 0.8
    without_support = insecurity_gap(("seeking_support_week",))
    assert without_support["social_support"] > 0.7 * on["social_support"]
    assert without_support["symptoms"] < on["symptoms"] - 0.15
    assert insecurity_gap(("seeking_stress_week",))["interpersonal_stress"] < 0.7 * on["interpersonal_stress"]
    assert insecurity_gap(("symptoms_seeking_week",))["support_seeking"] > on["support_seeking"] + 0.1
    assert insecurity_gap(("seeking_events_week",))["events"] < 0.8 * on["events"]
    without_attachment = insecurity_gap(("anxious_seeking_level", "avoidance_seeking_level"))
    assert without_attachment["symptoms"] < on["symptoms"] - 0.2


def test_treatments_differ_by_problem_and_not_over_all() -> None:
    clients = Clients("treatment_by_problem", 3000)
    problems = clients.people.problems
    assert problems is not None
    change, areas = clients.change("symptoms"), np.array([area.value for area in problems])

    def difference(rows: Array) -> float:
        ipt, other = (change[rows & (clients.arms == name)].mean() for name in ("ipt", "other_therapy"))
        return float(ipt - other)

    assert difference(areas == "grief") == pytest.approx(-0.4, abs=0.2)
    assert difference(areas == "role_dispute") == pytest.approx(0.0, abs=0.2)
    assert difference(areas == "role_transition") == pytest.approx(0.4, abs=0.2)
    assert difference(areas != "") == pytest.approx(0.0, abs=0.12)


def test_problem_areas_are_recorded_where_treatments_differ_by_them() -> None:
    rng = np.random.default_rng(1)
    episodes = simulate("treatment_by_problem", n_clients=6, rng=rng, sessions=2).episodes
    assert [(e.arm, e.problem_areas[0].value) for e in episodes] == [
        ("ipt", "grief"),
        ("other_therapy", "grief"),
        ("ipt", "role_dispute"),
        ("other_therapy", "role_dispute"),
        ("ipt", "role_transition"),
        ("other_therapy", "role_transition"),
    ]
    (episode,) = simulate("pillars", n_clients=1, rng=rng, sessions=2).episodes
    assert not episode.problem_areas


def test_an_own_change_must_belong_to_a_construct_of_the_web() -> None:
    text = 'id = "x"\nname = "X"\nabout = "X."\ntruth = ["X."]\nparameter_set = "literature"\n[web.own_change]\n'
    assert read_scenario("x.toml", text + "hope = 0.0").web.own_change == {"hope": 0.0}
    with pytest.raises(ParameterSetError, match="own_change: “symptoms” is not a construct"):
        read_scenario("x.toml", text + "symptoms = 0.0")
    with pytest.raises(ModelError):
        scenario("pillars").web.build(scenario("pillars").parameter_set).index("mood")


def test_the_table_names_problem_areas_where_treatments_differ_by_them() -> None:
    tables = [
        simulate_table(name, n_clients=6, rng=np.random.default_rng(1), sessions=2)
        for name in ("treatment_by_problem", "pillars")
    ]
    assert tables[0].columns["problem_area"][::4].tolist() == ["grief", "role_dispute", "role_transition"]
    assert "problem_area" not in tables[1].columns
