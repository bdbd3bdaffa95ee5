"""Every edge of the theory alone: simulated with and without it from the same draws, it has its sign, form and size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace as replace_struct

from each import each
from securebase.model.arms import arm
from securebase.model.mechanism import THERAPY, SizeScale
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Array
from securebase.model.processes import CorrectiveExperiences, LifeEvents, Processes, Retellings
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.states import Layer, states
from securebase.model.theory import EdgeForm, EdgeLocation, Simulation, TheoryEdge, theory
from securebase.model.web.build import build_web
from securebase.model.web.network import Web, switch_off
from securebase.model.web.terms import EVENT_PROCESSES, PHASE, collect_terms

EDGES = [e for e in theory().edges if e.place is not EdgeLocation.MODEL and e.simulate is Simulation.TERM]
SET = parameter_set().with_random_slopes()
CORE = SET.specification.constructs
#: processes that make every event frequent
EVENTFUL = Processes(
    life_events=LifeEvents(dependent=0.5),
    corrective_experiences=CorrectiveExperiences(chance=0.9, needs=-3.0),
    tellings=Retellings(chance=0.9, first=1),
)
EVENTS = {*EVENT_PROCESSES, *(name for name, s in states().items() if s.layer is Layer.EVENT)}


@dataclass(frozen=True, eq=False)
class Pair:
    """The same persons with the edge and with its link switched off."""

    edge: TheoryEdge
    web: Web
    people: People
    on: SimulatedCourses
    off: SimulatedCourses

    def z(self, name: str, session: int, courses: SimulatedCourses | None = None) -> Array:
        """Return the deviations (n,) of a construct from its own level and mean course, in SDs of movement."""
        k, source = self.web.index(name), courses or self.off
        values = source.true[:, session, k] - self.people.level[:, k]
        return (values - values.mean()) / self.web.sd[k]

    def level(self, name: str) -> Array:
        k = self.web.index(name)
        return self.people.level[:, k] / self.web.level_sd[k]

    def difference(self, session: int) -> Array:
        """Return what the link adds to the end of the edge (n,), in SDs of its movement."""
        k = self.web.index(self.edge.to_construct)
        return (self.on.true[:, session, k] - self.off.true[:, session, k]) / self.web.sd[k]


def web_of(edge: TheoryEdge) -> Web:
    shelf = {name: s for name, s in states().items() if name in edge.ends or s.layer is Layer.EVENT}
    if "corrective_experience" in edge.ends:
        shelf |= {name: states()[name] for name in ("attachment_anxiety", "attachment_avoidance")}
    terms = collect_terms(CORE, shelf, [replace_size(edge)], enters_core=True)
    return build_web(SET, shelf, terms)


def replace_size(edge: TheoryEdge) -> TheoryEdge:
    """Return the edge, with a size where none is expected by default: it can be simulated all the same."""
    assert edge.size is not None
    return edge if edge.size.value else replace_struct(edge, size=replace_struct(edge.size, value=0.1))


@cache
def pair_of(edge_id: str, *, n: int = 200, sessions: int = 2, arms: tuple[str, ...] = ("ipt",)) -> Pair:
    edge = replace_size(next(e for e in EDGES if e.id == edge_id))
    web = web_of(edge)

    def walk(used: Web, levels_of: Web) -> tuple[People, SimulatedCourses]:
        rng = np.random.default_rng(1)
        streams = Streams.spawn_from(rng)
        in_arms = tuple(arm(arms[i % len(arms)]) for i in range(n))
        people = draw_people(SET, EVENTFUL, in_arms, rng, streams, web=levels_of)
        attendance = Attendance(
            np.tile(7.0 * np.arange(sessions), (n, 1)), np.full(n, sessions), np.zeros((n, sessions, 6))
        )
        return people, true_courses(SET, EVENTFUL, people, attendance, rng=rng, streams=streams, web=used)

    off = switch_off(web, (edge.id,)) if edge.id in {term.id for term in web.terms.all} else web
    acts_between = edge.size is not None and edge.size.scale in (SizeScale.PATH, SizeScale.MARGINAL_R)
    people, on = walk(web, web)
    # a lag must be seen apart from the levels that it carries
    return Pair(edge, web, people, on, walk(off, off if acts_between else web)[1])


def slope(y: Array, x: Array) -> float:
    """Return the least-squares slope of y on x."""
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))


def size_of(edge: TheoryEdge) -> float:
    size = replace_size(edge).size
    assert size is not None
    return size.value


def scale_of(edge: TheoryEdge) -> SizeScale:
    assert edge.size is not None
    return edge.size.scale


def ends_in_movement(edge: TheoryEdge) -> bool:
    return scale_of(edge) in (SizeScale.WEEK, SizeScale.SESSION)


LINEAR = [e for e in EDGES if ends_in_movement(e) and e.form in (EdgeForm.LINEAR, EdgeForm.ACCUMULATING)]
CURVED = [e for e in EDGES if ends_in_movement(e) and e not in LINEAR]
BETWEEN = [e for e in EDGES if scale_of(e) in (SizeScale.PATH, SizeScale.MARGINAL_R) and e.acts_on == "level"]
CHANGES = [e for e in EDGES if scale_of(e) in (SizeScale.PATH, SizeScale.MARGINAL_R) and e.acts_on == "change"]
COURSES = [e for e in EDGES if scale_of(e) is SizeScale.COURSE and e.from_construct == THERAPY]
#: arms that suit a problem, see test_web_scenarios
MATCHES = [e for e in EDGES if scale_of(e) is SizeScale.COURSE and e not in COURSES]
EFFECTS = [e for e in EDGES if scale_of(e) in (SizeScale.JUMP, SizeScale.FOREVER)]
CAUSES = [e for e in EDGES if scale_of(e) in (SizeScale.LOG_RATE, SizeScale.LOG_ODDS)]


PARTS = (LINEAR, CURVED, BETWEEN, CHANGES, COURSES, EFFECTS, CAUSES)


def test_every_simulated_edge_is_tried_alone() -> None:
    tried = [e.id for part in (*PARTS, MATCHES) for e in part]
    assert sorted(tried) == sorted(e.id for e in EDGES)
    assert min(len(part) for part in PARTS) > 0
    assert [e.id for e in MATCHES] == ["therapy_brand_problem_area_symptoms_course"]


@each(LINEAR, lambda e: e.id)
def test_a_lag_moves_its_end_by_its_size(edge: TheoryEdge) -> None:
    pair = pair_of(edge.id)
    at_once = scale_of(edge) is SizeScale.SESSION
    added, origin = pair.difference(1), pair.z(edge.from_construct, 1 if at_once else 0)
    # the person's own change by the next session is in the deviations too
    assert slope(added, origin) == pytest.approx(size_of(edge), abs=0.012, rel=0.2)
    # linear: nothing is left for the square
    assert abs(slope(added - slope(added, origin) * origin, origin**2)) < 0.01


@each(CURVED, lambda e: e.id)
def test_a_curved_term_has_its_form_and_size(edge: TheoryEdge) -> None:
    pair = pair_of(edge.id)
    at_once = scale_of(edge) is SizeScale.SESSION
    session, before = (0, 0) if at_once else (1, 0)
    origin = np.clip(pair.z(edge.from_construct, before), -2.5, 2.5)
    expected = expected_strength(pair, edge, origin, before)
    added = pair.difference(session)
    assert slope(added, expected) == pytest.approx(size_of(edge), rel=0.2, abs=0.01)
    assert abs(np.corrcoef(added, expected)[0, 1]) > 0.9
    if edge.form is EdgeForm.PRODUCT and edge.moderator != PHASE:
        assert abs(np.corrcoef(added, origin)[0, 1]) < 0.3


def expected_strength(pair: Pair, edge: TheoryEdge, origin: Array, session: int) -> Array:
    """Return the strength of a curved term, by a plain formula for each form."""
    given = edge.form_parameters
    if edge.form is EdgeForm.INVERTED_U:
        return origin**2 - 1.0
    if edge.form is EdgeForm.GATE:
        name = edge.moderator or edge.from_construct
        value = pair.off.true[:, session, pair.web.index(name)]
        gate = 1.0 / (1.0 + np.exp(-given.steepness * (value - given.needs)))
        return origin * gate if edge.moderator else gate
    if edge.moderator == PHASE:
        return origin * session / SET.specification.planned_end
    k = pair.web.index(edge.moderator)
    trait = k >= pair.web.terms.moving or edge.level.value == "cross_level"
    moderator = pair.level(edge.moderator) if trait else pair.z(edge.moderator, session)
    return origin * np.clip(moderator, -given.clip, given.clip)


@each(BETWEEN, lambda e: e.id)
def test_a_path_between_persons_has_its_size(edge: TheoryEdge) -> None:
    web = web_of(edge)
    terms, end, origin = web.terms, web.index(edge.to_construct), web.index(edge.from_construct)
    rng = np.random.default_rng(1)
    arms = (arm("ipt"),) * 1500
    people = draw_people(SET, Processes(), arms, rng, Streams.spawn_from(rng), web=web)
    x, y = people.level[:, origin], people.level[:, end]
    if edge.form is EdgeForm.PRODUCT:
        z = np.clip(x / web.level_sd[origin], -2.5, 2.5) * np.clip(
            people.level[:, web.index(edge.moderator)] / web.level_sd[web.index(edge.moderator)], -2.5, 2.5
        )
        assert slope(y / web.level_sd[end], z) == pytest.approx(size_of(edge), abs=0.06)
    elif scale_of(edge) is SizeScale.MARGINAL_R:
        covariance = float(np.cov(x, y)[0, 1])
        spread = [np.sqrt(web.level_sd[k] ** 2 + (web.sd[k] ** 2 if k < terms.moving else 0.0)) for k in (origin, end)]
        assert covariance / (spread[0] * spread[1]) == pytest.approx(size_of(edge), abs=0.06)
    else:
        assert slope(y / web.level_sd[end], x / web.level_sd[origin]) == pytest.approx(size_of(edge), abs=0.06)
    # whatever enters, the end differs between persons as much as it states
    assert y.std() == pytest.approx(web.level_sd[end], rel=0.06)


@each(CHANGES, lambda e: e.id)
def test_a_path_to_change_acts_by_the_planned_end(edge: TheoryEdge) -> None:
    published = scale_of(edge) is SizeScale.MARGINAL_R
    pair = pair_of(edge.id, n=1500 if published else 300, sessions=17)
    k = pair.web.index(edge.to_construct)
    (path,) = pair.web.terms.changes
    added = pair.on.true[:, -1, k] - pair.off.true[:, -1, k]
    assert slope(added, pair.level(edge.from_construct)) == pytest.approx(path.size, abs=0.02)
    if published:
        start, end = pair.on.true[:, 0, pair.web.index(edge.from_construct)], pair.on.true[:, -1, k]
        assert np.corrcoef(start, end)[0, 1] == pytest.approx(size_of(edge), abs=0.08)
    else:
        assert path.size == size_of(edge)


@each(COURSES, lambda e: e.id)
def test_therapy_moves_the_mean_by_the_planned_end(edge: TheoryEdge) -> None:
    """The same persons with therapy and on a waiting list."""
    treated, waiting = (pair_of(edge.id, n=300, sessions=17, arms=(name,)) for name in ("ipt", "waiting_list"))
    k = treated.web.index(edge.to_construct)
    gain = treated.on.true[:, -1, k] - waiting.on.true[:, -1, k]
    if edge.moderator:
        assert slope(gain, treated.level(edge.moderator)) == pytest.approx(size_of(edge), abs=0.03)
    else:
        assert gain.mean() == pytest.approx(size_of(edge), abs=0.09)


@each(EFFECTS, lambda e: e.id)
def test_an_event_moves_its_end(edge: TheoryEdge) -> None:
    pair = pair_of(edge.id, sessions=12)
    k = pair.web.index(edge.to_construct)
    added = pair.on.true[:, :, k] - pair.off.true[:, :, k]
    assert np.abs(added).max() > 0
    weight = pair.web.events.get(edge.from_construct, (1.0, 1.0))[1]
    assert np.sign(added[:, -1].mean()) == np.sign(size_of(edge) * weight)
    # before any event nothing differs
    assert np.abs(added[:, 0][added[:, 0] == 0]).size > 0 or edge.form is EdgeForm.SATURATING
    counts = event_counts(pair, edge.from_construct)
    once = counts[:, -1] > 0
    assert np.abs(added[~once]).max(initial=0.0) < 1e-9
    if scale_of(edge) is SizeScale.FOREVER and not edge.moderator and edge.form is EdgeForm.ACCUMULATING:
        # steps add up: the sum grows with the number of events
        assert abs(slope(added[:, -1], counts[:, -1])) > 0.4 * abs(size_of(edge))
    if edge.form is EdgeForm.SATURATING:
        early, late = added[:, 3].mean(), added[:, -1].mean() - added[:, -4].mean()
        assert abs(late) < abs(early)


def event_counts(pair: Pair, event: str) -> Array:
    """Return the events so far (n, sessions); a recorded list where the process keeps one."""
    n, sessions = pair.on.true.shape[:2]
    counts = np.zeros((n, sessions))
    lists = {
        "life_events": [[e.session for e in events] for events in pair.on.life_events.events],
        "corrective_experience": pair.on.corrective.events,
        "retelling": [[e.session for e in events] for events in pair.on.retellings.events],
    }
    if event not in lists:
        return np.ones((n, sessions))
    for i, happened in enumerate(lists[event]):
        for session in happened:
            counts[i, session - 1 :] += 1
    return counts


@each(CAUSES, lambda e: e.id)
def test_a_cause_makes_an_event_more_likely(edge: TheoryEdge) -> None:
    pair = pair_of(edge.id, n=1000, sessions=8)
    assert edge.to_construct in EVENTS
    counts = event_counts(pair, edge.to_construct)[:, -1]
    value = pair.on.true[:, 0, pair.web.index(edge.from_construct)]
    origin = (
        value
        if scale_of(edge) is SizeScale.LOG_RATE
        else pair.on.true[:, :, pair.web.index(edge.from_construct)].mean(axis=1)
    )
    high = origin > np.median(origin)
    ratio = counts[high].mean() / counts[~high].mean()
    assert np.log(ratio) * size_of(edge) > 0
