"""Write docs/explanation/theory.md and its pictures from the table of edges.

A test fails when page and table differ.

Run: python docs/make_theory.py
"""

from __future__ import annotations

from pathlib import Path

from securebase.model.mechanism import EffectLevel, Grade, Lag, Pillar, SizeScale
from securebase.model.theory import (
    CLAIMS_BEYOND_EVIDENCE,
    STUDY_METHODS,
    Claim,
    EdgeForm,
    EdgeLocation,
    Simulation,
    Theory,
    TheoryEdge,
    theory,
)
from securebase.reports.theory_page import theory_svg

HERE = Path(__file__).parent
PAGE = HERE / "explanation" / "theory.md"
IMAGES = HERE / "images"
NARROW = 350

NAMES = {
    Pillar.COMMON_FACTORS: "Common factors",
    Pillar.ATTACHMENT: "Attachment",
    Pillar.COMMUNICATION: "Communication",
    Pillar.SOCIAL: "Social",
}

HEAD = """# The theory

Generated from the table of edges by `docs/make_theory.py`; a test fails when the two differ.

Securebase lists 108 claims about how therapy changes people: S1 to S62 about the therapeutic relationship, S63 to S98
about interpersonal psychotherapy (IPT), S99 to S108 were found in both on a second reading. For example, S23 says
that a rise in the alliance precedes improvement. A claim that one construct affects another is an *edge* between them,
here alliance → symptoms.

Every edge is a hypothesis: listing it is not evidence for it, and the analyses must be able to contradict it. The four
mechanisms (M1 support, M2 stress, M3 emotion, M4 skills) are hypotheses in their original source, too.
"""

KEY = (
    "- **Sign**: the effect on the construct at the head of the arrow. With × it is the sign of the product term,",
    "  with an inverted U that of the quadratic term; ? means open.",
    "- **Lag**: *week* and *session*; *slow*, over many weeks; *course*, by the planned end compared with no",
    "  therapy; *life*, from early life on.",
    "- **Size**: standardised, with its SD. The simulator uses it, and the fitted model as a prior. The unit",
    "  follows: one week or session later, a path or a published correlation (r) between persons, by the planned end",
    "  (course), a temporary (jump) or permanent effect of an event, or the log of a rate or of odds.",
    "- **Part in the simulator**: a term, unless the line says *result* (other edges have to produce it, and targets",
    "  test this) or *process* (a process of the simulator has its own numbers).",
    "- **Targets**: published figures that [simulated cohorts are compared with](../calibration.md).",
)

SCALES = {
    SizeScale.WEEK: "week",
    SizeScale.SESSION: "session",
    SizeScale.PATH: "path",
    SizeScale.MARGINAL_R: "r",
    SizeScale.COURSE: "course",
    SizeScale.JUMP: "jump",
    SizeScale.FOREVER: "permanent",
    SizeScale.LOG_RATE: "log rate",
    SizeScale.LOG_ODDS: "log odds",
}

PARTS = {Simulation.TERM: "", Simulation.TARGET: "; result", Simulation.PROCESS: "; process"}

PICTURE = """<picture>
<source media="(max-width: 700px)" srcset="../images/{name}-narrow.svg">
<img src="../images/{name}.svg" alt="{alt}">
</picture>
"""


def number(value: float) -> str:
    text = f"{value:.2f}".replace("0.", ".", 1)
    return text.replace("-", "−") if float(value) else "0"


def count(theory: Theory) -> list[str]:
    edges = theory.edges
    places = {p: [e for e in edges if e.place is p] for p in EdgeLocation}
    grades = {g: sum(e.grade is g for e in edges) for g in Grade}
    methods = "; ".join(
        f"{n} by {method.label}"
        for name, method in STUDY_METHODS.items()
        if (n := sum(e.by == name for e in places[EdgeLocation.STUDY]))
    )
    nonlinear = sum(e.form is not EdgeForm.LINEAR or bool(e.moderator) for e in edges)
    simulated = sum(bool(e.by) for e in places[EdgeLocation.SIMULATED])
    beyond = sum(e.level is not EffectLevel.WITHIN_PERSON for e in edges)
    return [
        "## Evidence",
        "",
        f"The table has {len(edges)} edges. {nonlinear} are not linear, and {beyond} are not within-person effects.",
        "",
        f"- **{len(places[EdgeLocation.MODEL])} are estimated in the model**: mechanisms on the shelf, with priors. "
        "`fit` estimates them from a table, and `track` uses them for one client.",
        f"- **{len(places[EdgeLocation.STUDY])} are estimated in studies only**, from tables with both "
        f"constructs: {methods}. `securebase theory --data TABLE` estimates them and says what a table lacks.",
        f"- **{len(places[EdgeLocation.SIMULATED])} are in the simulator**: events, early life, hidden causes, slow "
        f"accumulation. {simulated} have a process that a scenario can switch on; the others act in "
        f"[scenarios of the whole web](simulation.md#the-whole-web). A table can estimate "
        f"{sum(bool(e.estimate) for e in places[EdgeLocation.SIMULATED])} of them.",
        f"- For {grades[Grade.VERIFIED]} the published finding was checked in its source, {grades[Grade.COMPUTED]} "
        f"rest on figures from public data, and for {grades[Grade.UNVERIFIED]} no figure was found or checked.",
        f"- {sum(e.size is not None for e in edges)} have a size; of these, "
        f"{sum(e.size is not None and e.size.measured == 'judgement' for e in edges)} are judgements.",
        f"- {sum(e.outruns_its_evidence for e in edges)} represent claims that go beyond the evidence "
        f"({', '.join(CLAIMS_BEYOND_EVIDENCE)}). They are marked with an exclamation mark.",
        "",
        "A between-person figure, such as a correlation with outcome, is not evidence about effects within a client.",
        "`securebase theory` lists, filters and draws the same edges.",
        "",
    ]


def row(e: TheoryEdge) -> str:
    shape = [e.level.value.replace("_", " "), e.lag.value if e.lag is not Lag.NONE else "", e.form.value]
    size = f"{number(e.size.value)} (SD {number(e.size.sd)}), {SCALES[e.size.scale]}" if e.size else "none"
    marks = [*e.claims, *(["**!**"] if e.outruns_its_evidence else []), *e.mechanisms]
    basis = " ".join(part for part in (e.about, e.figure, e.size.basis if e.size else "") if part)
    cells = (
        f"{e.label} ({e.sign.replace('-', '−')})",
        ", ".join(part.replace("_", " ") for part in shape if part),
        e.location_label,
        f"{size}{PARTS[e.simulate]}",
        ", ".join([e.grade.value, *e.calibration]),
        " ".join(marks),
        basis,
    )
    return f"| {' | '.join(cells)} |"


def claim_row(theory: Theory, claim: Claim) -> str:
    selected = theory.select(claim=claim.id)
    mark = " **Beyond the evidence.**" if claim.outruns_its_evidence else ""
    edges = "; ".join(dict.fromkeys(f"{e.label} ({e.place.value})" for e in selected)) or "–"
    says = f"{claim.says}{mark}" + (f" *{claim.uncertain}*" if claim.uncertain else "")
    return f"| {claim.id} | {says} | {', '.join(claim.needs)} | {edges} |"


def text() -> str:
    table = theory()
    lines = [
        HEAD,
        PICTURE.format(name="theory", alt="The fitted model as a ring, and every edge in four panels by pillar"),
        "By mechanism:",
        "",
        PICTURE.format(name="theory-by-mechanism", alt="Every edge in five panels: M1 to M4, and none of the four"),
        *count(table),
        "## Every edge",
        "",
        *KEY,
        "",
    ]
    for pillar, name in NAMES.items():
        lines += [
            f"### {name}",
            "",
            "| Edge | Level, lag, form | Location | Size | Evidence, targets | Claims, mechanism | Description |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *(row(e) for e in table.select(pillar=pillar)),
            "",
        ]
    lines += ["## Every claim", "", "| | Claim | Needs | Edges |", "| --- | --- | --- | --- |"]
    lines += [claim_row(table, claim) for claim in table.claims.values()]
    return "\n".join(lines) + "\n"


def pictures() -> dict[str, str]:
    """Return file name → SVG: by pillar and by mechanism, for a page and for a phone."""
    table = theory()
    files = {}
    for suffix, size in (("", {}), ("-narrow", {"width": NARROW})):
        files[f"theory{suffix}.svg"] = theory_svg(table, **size)
        files[f"theory-by-mechanism{suffix}.svg"] = theory_svg(table, table.edges, by="mechanism", **size)
    return files


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    for file, picture in pictures().items():
        (IMAGES / file).write_text(picture, encoding="utf-8")
    print(f"wrote {PAGE.name} and its pictures")  # noqa: T201
