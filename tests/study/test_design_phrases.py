"""Sentences about designs that settle an order: figures, warning or reason, and no causal word."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from securebase.study.design_phrases import design_in_words, estimate_in_words, occasion_in_words
from securebase.study.design_verdict import AssignmentReadings, DesignVerdict, SessionReadings, SettlingDesign
from securebase.study.verdicts.before_and_after import Doubt
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.randomised import AssignmentRefusal
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.session_sums import Contrast

CONTRAST = Contrast(-4.2, 0.0001, 60)
SESSION = DesignVerdict(
    SettlingDesign.BEFORE_AND_AFTER,
    *("mood", "trust", "same"),
    Rung.LEADS,
    reason=None,
    other_leads=False,
    estimate=-0.216,
    interval=(-0.28, -0.15),
    unit="standardised",
    p=0.0004,
    p_adjusted=0.012,
    n_persons=60,
    n_identifying=50.4,
    readings=SessionReadings(CONTRAST, CONTRAST, CONTRAST, CONTRAST, doubt=None, association=-0.3),
    would_settle=None,
)
ASSIGNED = replace(
    SESSION,
    design=SettlingDesign.ASSIGNED,
    earlier="prompt",
    later="mood",
    occasion="next",
    rung=Rung.RANDOMISED,
    unit="points",
    estimate=-1.5,
    interval=(-2.25, -0.75),
    readings=AssignmentReadings(True, 0.21, 0.034, 0.4, withheld=False),
)
OPEN = replace(SESSION, rung=Rung.INCONCLUSIVE, would_settle=180, p=0.2, p_adjusted=0.4)
REFUSED = replace(ASSIGNED, rung=Rung.REFUSED, estimate=None, interval=None, p=None, p_adjusted=None)
CAUSAL = re.compile(r"\bcaus(?:es|ed|al|ing) (?!that act)|\beffect of\b|\bleads? to\b|\bdrives?\b", re.IGNORECASE)


def refused(reason: AssignmentRefusal, *, within: bool = True) -> DesignVerdict:
    return replace(REFUSED, reason=reason, readings=AssignmentReadings(within, 0.0002, 0.0003, 0.0004, withheld=True))


@pytest.mark.parametrize(
    ("verdict", "parts"),
    [
        (
            SESSION,
            (
                "Above-average Mood before a session tends to come before lower Trust after it",
                "(−.22, 95% interval −.28 to −.15; p < .001, corrected p = .012; 60 persons, effectively 50)",
                "causes that act between sessions do not explain this if they show in Trust as much before",
                "A hidden cause that shows in Mood before the session but in Trust later or more strongly after it",
                "so can ratings of Trust before the session that are older than those of Mood.",
            ),
        ),
        (replace(SESSION, estimate=0.2, interval=(0.1, 0.3)), ("tends to come before higher Trust",)),
        (replace(SESSION, rung=Rung.TOGETHER), ("Mood and Trust change together", "Which comes first is not known.")),
        (replace(SESSION, rung=Rung.CONTRADICTED), ("contradicted.", "only one of them shows")),
        (
            replace(SESSION, rung=Rung.INCONCLUSIVE, other_leads=True),
            ("can detect only the stronger of two directions",),
        ),
        (OPEN, ("inconclusive (−.22", "corrected p = .400", "about 180 persons would give 80% power")),
        (
            replace(OPEN, readings=replace(OPEN.readings, doubt=Doubt.SCALE), would_settle=None),
            ("effectively 50). The change in Trust within the session is", "merely used more or less of the scale."),
        ),
        (
            replace(OPEN, readings=replace(OPEN.readings, doubt=Doubt.TIMING)),
            ("but not significantly to Mood at the previous session.", "older than those of Mood", "about 180 persons"),
        ),
        (replace(SESSION, rung=Rung.REFUSED, reason=Refusal.SHORT, n_persons=15), ("refused. 15 persons", "20 are")),
        (
            ASSIGNED,
            (
                "Per unit of Prompt, Mood at the next session was 1.50 points lower on average",
                "(−1.50, 95% interval −2.25 to −0.75; ",
                "This assumes that Prompt was assigned by chance, and that the same kinds of ratings are missing",
                "predict Prompt (p = .210), and whether Prompt predicts whose ratings are missing (p = .034) ",
                "or after which ratings the next one is missing (p = .400).",
            ),
        ),
        (replace(ASSIGNED, occasion="same"), ("Mood later in the session was",)),
        (replace(ASSIGNED, occasion="last"), ("the last rating of Mood was", "given the first rating")),
        (
            replace(ASSIGNED, rung=Rung.INCONCLUSIVE, would_settle=90),
            ("No difference in Mood at the next", "90 persons"),
        ),
        (refused(AssignmentRefusal.FEW_PERSONS), ("refused. 60 persons have the ratings of Mood", "20 are needed")),
        (refused(AssignmentRefusal.HARDLY_VARIES), ("effectively 50 of 60",)),
        (
            refused(AssignmentRefusal.TOLD_BY_THE_PAST),
            ("Prompt was not assigned by chance: earlier ratings of Mood predict it (p < .001)",),
        ),
        (refused(AssignmentRefusal.TOLD_BY_MISSING), ("whether the next rating of Mood is missing (p < .001)",)),
        (refused(AssignmentRefusal.TOLD_BY_MISSING, within=False), ("how long Mood is rated (p < .001)",)),
        (
            refused(AssignmentRefusal.SELECTIVE_MISSING),
            ("refused. Which ratings of Mood are followed by a missing one seems to depend on Prompt (p < .001)",),
        ),
        (
            replace(ASSIGNED, rung=Rung.INCONCLUSIVE, readings=AssignmentReadings(True, 0.2, 0.3, 0.02, withheld=True)),
            ("inconclusive (−1.50", "seems to depend on Prompt (p = .020)", "may differ for this reason alone."),
        ),
        (refused(AssignmentRefusal.NO_FIRST_RATING), ("no rating before Prompt began", "--asked-before")),
    ],
)
def test_each_verdict_is_said_with_its_figures_or_its_reason(verdict: DesignVerdict, parts: tuple[str, ...]) -> None:
    words = design_in_words(verdict, str.capitalize)
    for part in parts:
        assert part in words
    assert not CAUSAL.search(words)
    assert "None" not in words
    assert "nan" not in words


def test_a_refused_verdict_has_no_estimate_in_words() -> None:
    assert estimate_in_words(REFUSED) == "–"
    assert "−1.5" not in design_in_words(refused(AssignmentRefusal.TOLD_BY_THE_PAST), str)


def test_estimates_are_in_standard_deviations_or_points() -> None:
    assert estimate_in_words(SESSION) == "−.22 (−.28 to −.15)"
    assert estimate_in_words(ASSIGNED) == "−1.50 points (−2.25 to −0.75)"
    assert [occasion_in_words(v) for v in (SESSION, ASSIGNED)] == ["same session", "next session"]
