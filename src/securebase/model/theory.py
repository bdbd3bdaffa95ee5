"""The 108 claims of the theory, and every edge between constructs that they name, with its location in the product.

Claims and the edges outside the fitted model are TOML files on the shelf `claims/`, one file of edges per pillar; the
edges of the fitted model are read from the shelf `mechanisms/`. Every edge is a hypothesis; listing is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from msgspec import field
from msgspec.structs import replace

from securebase.errors import ModelError
from securebase.measurement.constructs import CONSTRUCTS, MECHANISM_CONSTRUCTS
from securebase.model.mechanism import THERAPY, EffectLevel, Grade, Lag, Mechanism, Pillar, Size, SizeScale
from securebase.model.mechanisms import MECHANISMS
from securebase.schema import Id, Number, Place, Positive, ShelfStruct, Text, read_toml

#: Claims that go beyond the evidence (rank, necessity, sufficiency, identity, route, “every”, catharsis): always shown
#: as hypotheses, with both sides.
CLAIMS_BEYOND_EVIDENCE = ("S12", "S13", "S24", "S30", "S44", "S87", "S94")

#: Origins and moderators that are not constructs of a person: name → label
EXTERNAL_ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        THERAPY: "Therapy",
        "therapy_brand": "Type of therapy",
        "therapy_phase": "Phase of therapy",
        "problem_area": "Problem area",
        "hidden_cause": "Hidden common cause",
    }
)

#: Mechanism of IPT (M1 to M4) that each construct belongs to: the four tracked ones first.
_MECHANISM_OF = {
    **{name: f"M{i}" for i, name in enumerate(MECHANISM_CONSTRUCTS, start=1)},
    **dict.fromkeys(
        (
            "perceived_support",
            "therapist_support",
            "network_size",
            "social_activity",
            "connectedness",
            "peer_influence",
        ),
        "M1",
    ),
    **dict.fromkeys(("loneliness", "intimacy"), "M1"),
    **dict.fromkeys(("problem_severity", "dispute", "life_events", "role_adjustment"), "M2"),
    **dict.fromkeys(("emotional_arousal", "emotional_expression", "emotional_practice", "emotional_competence"), "M3"),
    **dict.fromkeys(("emotion_regulation", "corrective_experience", "retelling", "topic_fear", "story_revision"), "M3"),
    **dict.fromkeys(("memory_distress", "positive_tone", "grief_intensity", "expectancy_violation"), "M3"),
    **dict.fromkeys(("support_seeking", "coping"), "M4"),
}


class EdgeLocation(StrEnum):
    """Location of an edge in the product.

    model: a mechanism of the shelf, with a prior; `fit` estimates it and `track` uses it. study: only a study of a
    table with its columns can estimate it. simulated: the simulator has it; a table can estimate it where
    `estimate` says how.
    """

    MODEL = "model"
    STUDY = "study"
    SIMULATED = "simulated"


class EdgeForm(StrEnum):
    """Functional form of an edge.

    product: moderation (interaction). gate: no effect unless the moderator (or the origin) exceeds a threshold.
    saturating: each further step adds less. accumulating: steps add up in a slow state. inverted_u: largest in the
    middle. event: occurs at moments, not in degrees.
    """

    LINEAR = "linear"
    PRODUCT = "product"
    GATE = "gate"
    SATURATING = "saturating"
    ACCUMULATING = "accumulating"
    INVERTED_U = "inverted_u"
    EVENT = "event"


class Simulation(StrEnum):
    """Part of an edge in the simulator.

    term: a term of the equations, of the size stated. target: no term; other edges must produce it, and a row of
    the calibration compares the result with the published figure. process: a process of the simulator contains it.
    """

    TERM = "term"
    TARGET = "target"
    PROCESS = "process"


class FormParameters(ShelfStruct, frozen=True):
    """Parameters of a form that is not linear.

    needs: threshold of a gate, in SDs above the mean of the first session; steepness: of its logistic curve. clip:
    bound of both factors of a product. scale: number of steps after which a saturating effect has fallen to 37%.
    """

    needs: Number = 0.0
    steepness: Positive = 3.0
    clip: Positive = 2.5
    scale: Positive = 5.0


@dataclass(frozen=True, slots=True)
class EdgeMethod:
    """Method that estimates or simulates an edge: a short label, and the code behind it (`module:name`)."""

    label: str
    computed_by: str


#: Estimators of an edge from a table, by name: `study` is above this package and cannot be imported here.
STUDY_METHODS: Mapping[str, EdgeMethod] = MappingProxyType(
    {
        "lag": EdgeMethod("lag between two columns", "securebase.study.edges.lags:estimate_lag"),
        "ct_sparse": EdgeMethod(
            "lag with priors on persistence and error", "securebase.study.estimators.ct_sparse:estimate_sparse"
        ),
        "same_session": EdgeMethod(
            "association within the session", "securebase.study.edges.same_session:estimate_same_session"
        ),
        "moderation": EdgeMethod("moderated lag", "securebase.study.edges.moderation:estimate_product"),
        "curvature": EdgeMethod("curvature of a lag", "securebase.study.edges.moderation:estimate_product"),
        "levels": EdgeMethod("between-person correlation", "securebase.study.edges.levels:estimate_levels"),
        "events": EdgeMethod("events and the values around them", "securebase.study.edges.events:estimate_events"),
        "change_scores": EdgeMethod("correlation of change scores", "securebase.study.edges.change:estimate_change"),
        "arms": EdgeMethod("comparison with clients without therapy", "securebase.study.edges.change:estimate_arms"),
        "stories": EdgeMethod("retellings of stories", "securebase.study.edges.stories:estimate_stories"),
    }
)

#: Processes, switched on by a scenario, that simulate an edge outside the fitted model.
SIMULATORS: Mapping[str, EdgeMethod] = MappingProxyType(
    {
        "brings": EdgeMethod("person covariates", "securebase.model.processes:SimulatedCovariate"),
        "arms": EdgeMethod("treatment arms", "securebase.model.arms:Arm"),
        "ruptures": EdgeMethod("ruptures and repairs", "securebase.model.processes:Ruptures"),
        "corrective_experiences": EdgeMethod(
            "corrective experiences", "securebase.model.processes:CorrectiveExperiences"
        ),
        "tellings": EdgeMethod("retellings", "securebase.model.processes:Retellings"),
        "support": EdgeMethod("support transferred to the network", "securebase.model.processes:Support"),
        "life_events": EdgeMethod("life events", "securebase.model.processes:LifeEvents"),
    }
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, paraphrased in a short sentence.

    needs: kinds of support in the product (edge, measure, tool, analysis, simulation, statement, core). uncertain: what
    is not known about it; empty unless it needs a statement.
    """

    id: str
    says: str
    part: str
    needs: tuple[str, ...]
    uncertain: str = ""

    @property
    def outruns_its_evidence(self) -> bool:
        """True if the claim goes beyond the evidence."""
        return self.id in CLAIMS_BEYOND_EVIDENCE


class TheoryEdge(ShelfStruct, frozen=True):
    """A directed edge. `sign`: effect on the score of `to_construct`: +, −, 0 (none expected) or ? (open).

    id: unique and stable; scenarios and tests name it. With a moderator the sign is that of the product term, with an
    inverted U that of the curvature. by: key of STUDY_METHODS or SIMULATORS; empty if no study estimates it and no
    process simulates it. estimate: key of STUDY_METHODS with which a table can estimate a simulated edge too. figure: a
    published figure on another scale. size: None for a process with parameters of its own. carries_levels: share of the
    long-run multiplier of a lag that holds between persons too. acts_on: whether a between-person edge moves the level,
    or the change by the planned end.
    """

    id: Id
    from_construct: Text = field(name="from")
    to_construct: Text = field(name="to")
    claims: tuple[str, ...]
    sign: Literal["+", "-", "0", "?"]
    place: EdgeLocation
    about: Text
    pillar: Pillar = Pillar.COMMON_FACTORS
    level: EffectLevel = EffectLevel.WITHIN_PERSON
    lag: Lag = Lag.WEEK
    form: EdgeForm = EdgeForm.LINEAR
    grade: Grade = Grade.UNVERIFIED
    moderator: str = ""
    by: str = ""
    estimate: str = ""
    size: Size | None = None
    figure: str = ""
    calibration: tuple[str, ...] = ()
    simulate: Simulation = Simulation.TERM
    form_parameters: FormParameters = FormParameters()
    carries_levels: Number = 0.0
    acts_on: Literal["level", "change"] = "level"

    @property
    def ends(self) -> tuple[str, ...]:
        """Names of the constructs that it connects, with the moderator if there is one."""
        return tuple(name for name in (self.from_construct, self.moderator, self.to_construct) if name)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Mechanisms that its ends belong to: M1 support, M2 stress, M3 emotion, M4 skills."""
        return tuple(sorted({_MECHANISM_OF[name] for name in self.ends if name in _MECHANISM_OF}))

    @property
    def location_label(self) -> str:
        """Location as text: model, or study or simulated with the methods."""
        if self.place is EdgeLocation.MODEL:
            return self.place.value
        known = STUDY_METHODS if self.place is EdgeLocation.STUDY else SIMULATORS
        without = "no method yet" if self.place is EdgeLocation.STUDY else "scenarios of the whole web"
        also = f"; in studies: {STUDY_METHODS[self.estimate].label}" if self.estimate else ""
        return f"{self.place.value}: {known[self.by].label if self.by else without}{also}"

    @property
    def study_method(self) -> str:
        """Key of STUDY_METHODS with which a table can estimate it; empty if none can."""
        if self.place is EdgeLocation.MODEL:
            return "arms" if self.lag is Lag.COURSE else "lag"
        return self.by if self.place is EdgeLocation.STUDY else self.estimate

    @property
    def outruns_its_evidence(self) -> bool:
        """True if one of its claims goes beyond the evidence."""
        return any(claim in CLAIMS_BEYOND_EVIDENCE for claim in self.claims)

    @property
    def label(self) -> str:
        """Labels of its ends: from [× moderator] → to."""
        begin = label_of(self.from_construct)
        return f"{f'{begin} × {label_of(self.moderator)}' if self.moderator else begin} → {label_of(self.to_construct)}"


@dataclass(frozen=True, slots=True)
class Theory:
    """All claims in order, and all edges: those of the model first, then pillar by pillar."""

    claims: Mapping[str, Claim]
    edges: tuple[TheoryEdge, ...]

    def select(
        self,
        *,
        claim: str | None = None,
        pillar: Pillar | str | None = None,
        mechanism: str | None = None,
        place: EdgeLocation | str | None = None,
    ) -> tuple[TheoryEdge, ...]:
        """Return the edges that match all given criteria. Raises ModelError for an unknown claim or mechanism."""
        if claim is not None and claim not in self.claims:
            raise ModelError(f"unknown claim “{claim}”", advice=f"The claims are S1 to S{len(self.claims)}.")
        if mechanism is not None and mechanism not in _MECHANISM_OF.values():
            raise ModelError(f"unknown mechanism “{mechanism}”", advice="The mechanisms are M1 to M4.")
        return tuple(
            e
            for e in self.edges
            if (claim is None or claim in e.claims)
            and (pillar is None or e.pillar == pillar)
            and (mechanism is None or mechanism in e.mechanisms)
            and (place is None or e.place == place)
        )


def label_of(name: str) -> str:
    """Return the label of a construct or of an origin outside the person."""
    return EXTERNAL_ORIGINS[name] if name in EXTERNAL_ORIGINS else CONSTRUCTS[name].label


class ClaimEntry(ShelfStruct, frozen=True):
    """A claim in its file, under the heading of its part."""

    says: Text
    needs: tuple[str, ...] = ()
    uncertain: str = ""


class EdgesFile(ShelfStruct, frozen=True):
    """The file of the edges of one pillar."""

    edge: tuple[TheoryEdge, ...] = ()


@cache
def theory() -> Theory:
    """Return the whole theory, read once. Raises ModelError naming file and field if a file is invalid."""
    folder = resources.files("securebase.model") / "claims"
    claims = {c.id: c for c in _claims("claims.toml", (folder / "claims.toml").read_text("utf-8"))}
    edges = [_edge_of_mechanism(m) for m in MECHANISMS]
    for pillar in Pillar:
        file = f"{pillar.value}.toml"
        edges += read_edges(file, (folder / file).read_text("utf-8"), pillar, claims, [e.id for e in edges])
    return Theory(MappingProxyType(claims), tuple(edges))


def _claims(file: str, text: str) -> Iterator[Claim]:
    parts = read_toml(text, dict[str, dict[str, ClaimEntry]], Place(file, ModelError))
    for part, entries in parts.items():
        for name, entry in entries.items():
            yield Claim(name, entry.says, part, entry.needs, entry.uncertain)


def read_edges(
    file: str, text: str, pillar: Pillar, claims: Mapping[str, Claim], other_ids: Collection[str] = ()
) -> list[TheoryEdge]:
    """Read the edges of one file; `other_ids` are those of other files. Raises ModelError naming the invalid field."""
    place = Place(file, ModelError)
    edges = read_toml(text, EdgesFile, place).edge
    ids = set(other_ids)
    for n, edge in enumerate(edges, start=1):
        at = place.at("edge", n)
        if edge.id in ids:
            at.fail(f"“{edge.id}” is the id of another edge", "id", "Give each edge an id of its own.")
        ids.add(edge.id)
        _check_edge(edge, claims, at)
        _check_size(edge, at)
    return [replace(edge, pillar=pillar) for edge in edges]


def _edge_of_mechanism(m: Mechanism) -> TheoryEdge:
    return TheoryEdge(
        id=f"{m.from_construct}_{m.to_construct}_{m.lag.value}",
        from_construct=m.from_construct,
        to_construct=m.to_construct,
        claims=m.claims,
        sign="+" if m.prior.mean > 0 else "-",
        place=EdgeLocation.MODEL,
        pillar=m.pillar,
        about=m.about,
        level=m.level,
        lag=m.lag,
        grade=m.grade,
        size=Size(m.prior.mean, m.prior.sd, SizeScale(m.lag.value), m.prior.basis),
        calibration=m.calibration,
    )


def _check_edge(edge: TheoryEdge, claims: Mapping[str, Claim], place: Place) -> None:
    for key, name in (("from", edge.from_construct), ("to", edge.to_construct), ("moderator", edge.moderator)):
        if name and name not in CONSTRUCTS and (name not in EXTERNAL_ORIGINS or key == "to"):
            place.fail(f"unknown construct “{name}”", key)
    if not edge.claims or any(name not in claims for name in edge.claims):
        place.fail("must name at least one claim, and only known ones", "claims")
    # that these rows exist is for a test: the calibration is a room above
    if not all(re.fullmatch(r"C[1-9]\d*", target) for target in edge.calibration):
        place.fail(f"must be rows of the calibration, such as C5 (got {', '.join(edge.calibration)})", "calibration")
    if edge.place is EdgeLocation.MODEL:
        place.fail("an edge of the model must be a mechanism", "place", "Add it to the shelf of mechanisms.")
    known = STUDY_METHODS if edge.place is EdgeLocation.STUDY else SIMULATORS
    if edge.by and edge.by not in known:
        place.fail(f"must be one of {', '.join(known)} for an edge of {edge.place.value}", "by")
    if edge.form is EdgeForm.PRODUCT and not edge.moderator:
        place.fail("a product needs a moderator", "moderator", "Name the construct that moderates the effect.")
    if edge.estimate and (edge.place is not EdgeLocation.SIMULATED or edge.estimate not in STUDY_METHODS):
        place.fail(f"must be one of {', '.join(STUDY_METHODS)}, and only for a simulated edge", "estimate")


def _check_size(edge: TheoryEdge, place: Place) -> None:
    if edge.size is None and edge.simulate is Simulation.TERM:
        place.fail("a term of the simulator needs a size", "size", "Without a published figure, state a judgement.")
    if edge.simulate is Simulation.TARGET and not edge.calibration:
        place.fail("a target needs the row of the calibration that compares it", "calibration")
    if edge.size and edge.size.scale is SizeScale.WEEK and edge.size.measured == "between":
        place.fail(
            "a difference between persons is not an effect over a week (scale “week”, measured “between”)",
            "size",
            "Use scale “marginal_r”, or state a judgement for the week.",
        )
