"""Scenarios of the whole web: how often a study distinguishes known truths, by number of clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from benchmarks.verdicts import is_above_level
from benchmarks.web_cohorts import ARM, TIES, WebTruth, draw_table
from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.study.assignment import assignment_verdicts
from securebase.study.estimator import shortest_link
from securebase.study.moderation import ModerationQuestion, moderation_finding
from securebase.study.rivals import Stronger, rival_finding
from securebase.study.table import SessionTable
from securebase.study.verdicts.readings import LEVEL

COHORTS = 60
#: share of cohorts in which a rule of `study` may be wrong, of any truth, and more by chance
WRONG = 0.05
MORE, LESS, NOTHING = "more", "less", ""
_PRODUCT = "stress_vulnerability_symptoms_product"
_OUTCOMES = ("symptoms", "insight", "interpersonal_skills")
_DIRECTIONS = {name: known.direction for name, known in CONSTRUCTS.items()}
ALLIANCE_SUPPORT = ("alliance", "social_support")


@dataclass(frozen=True)
class Question:
    """A question that a study asks of every cohort. read: a table → analysis → conclusion."""

    name: str
    asks: str
    columns: tuple[str, ...]
    truths: tuple[WebTruth, ...]
    clients: tuple[int, ...]
    read: Callable[[SessionTable], dict[str, str]]


@dataclass(frozen=True, slots=True)
class WebResult:
    """Conclusions of one analysis about one truth: shares of the cohorts."""

    question: str
    analysis: str
    truth: str
    expected: str
    clients: int
    cohorts: int
    right: float
    wrong: float


def read_vulnerability(rows: SessionTable) -> dict[str, str]:
    link = shortest_link(rows, "interpersonal_stress", "symptoms")
    finding = moderation_finding(rows, ModerationQuestion(link, "vulnerability", between_persons=True))
    conclusions = dict.fromkeys(("study --moderator", "within-person centred alone"), NOTHING)
    if finding.centred is not None:
        sign = MORE if finding.centred.estimate > 0 else LESS
        conclusions["study --moderator"] = sign if finding.supported else NOTHING
        conclusions["within-person centred alone"] = sign if finding.centred.significant else NOTHING
    return conclusions


def read_ties(rows: SessionTable) -> dict[str, str]:
    """Moderation of support by the quality of ties, on any of the outcomes; more: improvement.

    The rule of `study` does not correct for several questions: here each has to reach its share of the level.
    """
    signs = []
    for outcome in _OUTCOMES:
        link = shortest_link(rows, "social_support", outcome)
        finding = moderation_finding(rows, ModerationQuestion(link, TIES, between_persons=True))
        detrended = finding.detrended
        if finding.supported and detrended is not None and detrended.p_value < LEVEL / len(_OUTCOMES):
            better = (detrended.estimate > 0) is (_DIRECTIONS[outcome] is Direction.HIGHER_IS_BETTER)
            signs.append(MORE if better else LESS)
    return {"study --moderator, any of three outcomes at p < .05 / 3": max(signs, default=NOTHING, key=signs.count)}


def read_alliance_support(rows: SessionTable) -> dict[str, str]:
    finding = rival_finding(rows, ALLIANCE_SUPPORT, _OUTCOMES, _DIRECTIONS)
    conclusions = {"study --rivals": _stronger(finding.stronger, *ALLIANCE_SUPPORT)}
    against_zero = finding.centred is not None and finding.centred.lower > 0.0
    return {**conclusions, "the same difference against 0": "alliance" if against_zero else NOTHING}


def read_hope_alliance(rows: SessionTable) -> dict[str, str]:
    finding = rival_finding(rows, ("hope", "alliance"), ("symptoms",), _DIRECTIONS)
    return {"study --rivals": _stronger(finding.stronger, "hope", "alliance")}


def read_alliance_skills(rows: SessionTable) -> dict[str, str]:
    finding = rival_finding(rows, ("alliance", "interpersonal_skills"), ("symptoms",), _DIRECTIONS)
    centred_alone = finding.centred is not None and finding.centred.lower > 0.0
    return {
        "study --rivals": _stronger(finding.stronger, "alliance", "skills"),
        "the same difference, centred, against 0": "alliance" if centred_alone else NOTHING,
    }


def _stronger(stronger: Stronger, first: str, second: str) -> str:
    return {Stronger.FIRST: first, Stronger.SECOND: second}.get(stronger, NOTHING)


def read_arms(rows: SessionTable) -> dict[str, str]:
    """Effect of the first arm on the last rating of symptoms."""
    (verdict,) = assignment_verdicts(rows, "symptoms", (ARM,))
    return {"study --assigned": {1: MORE, -1: LESS}.get(verdict.direction, NOTHING)}


_NO_TREATMENT = ("placebo", "waiting_list")
QUESTIONS: Mapping[str, Question] = {
    q.name: q
    for q in (
        Question(
            "stress × vulnerability",
            "Does more stress precede more symptoms, the more so in vulnerable clients?",
            ("symptoms", "interpersonal_stress", "vulnerability"),
            tuple(
                WebTruth(f"`diathesis`, size {size:.2f}", "diathesis", MORE if size else NOTHING, {_PRODUCT: size})
                for size in (0.0, 0.06, 0.10, 0.15)
            ),
            (200, 400, 800),
            read_vulnerability,
        ),
        Question(
            "alliance or support",
            "Does the alliance precede more insight, skills and relief than support from the client's own network? "
            "The sizes of the first two truths, and the reference of `--rivals`, were chosen on 24 of the cohorts with "
            "200 clients.",
            ("symptoms", "alliance", "social_support", "insight", "interpersonal_skills"),
            (
                WebTruth("`therapist_unique`", "therapist_unique", "alliance"),
                WebTruth("`friends_serve`", "friends_serve", NOTHING),
                WebTruth("`pillars`", "pillars", NOTHING),
            ),
            (100, 200, 400),
            read_alliance_support,
        ),
        Question(
            "support × quality of friends",
            "Does support help more where friends are committed and objective?",
            ("symptoms", "social_support", "insight", "interpersonal_skills", TIES),
            (
                WebTruth("`friends_serve`", "friends_serve", MORE),
                WebTruth("`therapist_unique`", "therapist_unique", NOTHING),
                WebTruth("`pillars`", "pillars", NOTHING),
            ),
            (200, 400, 800),
            read_ties,
        ),
        Question(
            "placebo or nothing",
            "Clients assigned to a placebo or to a waiting list: do symptoms end lower with the placebo?",
            ("symptoms", ARM),
            (
                WebTruth("`placebo`", "placebo", LESS, arms=_NO_TREATMENT),
                WebTruth(
                    "`placebo`, hope does nothing", "placebo", NOTHING, {"hope_symptoms_week": 0.0}, _NO_TREATMENT
                ),
            ),
            (100, 200, 400),
            read_arms,
        ),
        Question(
            "hope or alliance",
            "Which of the two precedes more relief, in clients who all receive the same treatment?",
            ("symptoms", "hope", "alliance"),
            (
                WebTruth("`placebo`", "placebo", "hope"),
                WebTruth("`therapist_unique`", "therapist_unique", "alliance"),
                WebTruth("`pillars`", "pillars", "alliance"),
            ),
            (100, 200, 400),
            read_hope_alliance,
        ),
        Question(
            "alliance or skills",
            "Does the rule name one of the two where neither precedes more relief? The rule was made stricter "
            "after it had named the alliance in 11 of 60 other cohorts with 200 clients.",
            ("symptoms", "alliance", "interpersonal_skills"),
            (WebTruth("`placebo`", "placebo", NOTHING),),
            (100, 200, 400),
            read_alliance_skills,
        ),
    )
}
#: (question, analysis, truth, clients) → share of cohorts that must be right
TARGETS: Mapping[tuple[str, str, str, int], float] = {
    ("stress × vulnerability", "study --moderator", "`diathesis`, size 0.10", 200): 0.80,
    ("alliance or support", "study --rivals", "`therapist_unique`", 200): 0.90,
}


def read_one(question: str, truth: WebTruth, clients: int, cohort: int) -> dict[str, str]:
    """Simulate one cohort and read it: analysis → conclusion."""
    asked = QUESTIONS[question]
    return asked.read(draw_table(truth, asked.columns, clients, cohort))


def assess(question: Question, truth: WebTruth, clients: int, cohorts: int = COHORTS) -> list[WebResult]:
    """Judge many cohorts of one truth; stored readings are used again until simulator, scenario or analysis change."""
    read = replications(
        f"web-{question.name}-{clients}".replace(" ", "_"),
        partial(read_one, question.name, truth, clients),
        cohorts,
        depends_on=as_text({"truth": repr(truth), "numbers": truth.signature()}),
        modules=("benchmarks.web",),
    )
    results = []
    for analysis in read[0]:
        counts = Counter(reading[analysis] for reading in read)
        right = counts[truth.expected] if truth.expected else 0
        wrong = cohorts - counts[truth.expected] - (counts[NOTHING] if truth.expected else 0)
        results.append(
            WebResult(
                question.name,
                analysis,
                truth.name,
                truth.expected,
                clients,
                cohorts,
                right / cohorts,
                wrong / cohorts,
            )
        )
    return results


def measure() -> list[WebResult]:
    results = []
    for question in QUESTIONS.values():
        for clients in question.clients:
            for truth in question.truths:
                results += assess(question, truth, clients)
                print(f"  {question.name}: {truth.name}, {clients} clients", flush=True)
    return results


def section(results: list[WebResult]) -> list[str]:
    lines = [
        "## Scenarios of the whole web",
        "",
        f"Each row is one truth and {results[0].cohorts} simulated cohorts with 16 weekly sessions, "
        "5% of the check-ins missed, and ratings with the reliability stated for each construct. Cells give the "
        "share of cohorts in which the analysis concludes what is true / something false; the rest are withheld. Where "
        f"no effect exists, only the second is given. With {results[0].cohorts} cohorts, a share of 5% or of 80% has a "
        f"margin of error of about ±{_margin(0.05, results[0].cohorts):.0%} or "
        f"±{_margin(0.8, results[0].cohorts):.0%}. The same seeds are used for all truths. Sizes of the scenarios are "
        "judgements, so these figures say what a study could conclude if they were true. Repeat with "
        "`python -m benchmarks web`.",
        "",
    ]
    for question in QUESTIONS.values():
        rows = [r for r in results if r.question == question.name]
        cells = {(r.analysis, r.truth, r.clients): r for r in rows}
        pairs = dict.fromkeys((r.truth, r.analysis, r.expected) for r in rows)
        lines += [
            f"**{question.name[0].upper()}{question.name[1:]}.** {question.asks}",
            "",
            *table(
                ["truth", "analysis", "true conclusion", *(f"{n} clients" for n in question.clients)],
                [
                    (
                        truth,
                        analysis
                        if "alone" in analysis or "against" in analysis
                        else f"`{analysis.split(',')[0]}`" + "".join(f",{rest}" for rest in analysis.split(",")[1:]),
                        expected or "none",
                        *(_cell(cells[analysis, truth, n]) for n in question.clients),
                    )
                    for truth, analysis, expected in pairs
                ],
                "lll",
            ),
            "",
        ]
    return lines


def _margin(share: float, cohorts: int) -> float:
    return float(1.96 * (share * (1.0 - share) / cohorts) ** 0.5)


def _cell(result: WebResult) -> str:
    return f"{result.right:.0%} / {result.wrong:.0%}" if result.expected else f"– / {result.wrong:.0%}"


def highlights(results: list[WebResult]) -> list[str]:
    """Return a sentence on each target, and on the largest share of false conclusions of the study's own rules."""
    sentences = []
    for (question, analysis, truth, clients), least in TARGETS.items():
        (result,) = (
            r for r in results if (r.question, r.analysis, r.truth, r.clients) == (question, analysis, truth, clients)
        )
        met = "met" if result.right >= least else "**not met**"
        sentences.append(f"{question}, {truth}: {result.right:.0%} at {clients} clients (target {least:.0%}, {met})")
    worst = max((r for r in results if r.analysis.startswith("study")), key=lambda r: r.wrong)
    above = "significantly above" if is_above_level(worst.wrong, worst.cohorts) else "not significantly above"
    return [
        f"**Scenarios of the whole web.** Right conclusions: {'; '.join(sentences)}. The rules of `study` are wrong in "
        f"at most {worst.wrong:.0%} of cohorts of any truth ({worst.question}, {worst.truth}, {worst.clients} clients; "
        f"{above} {WRONG:.0%})."
    ]


PART = Part("web", WebResult, measure, section, highlights=highlights)
