"""Figures and sentences of a study."""

from dataclasses import replace

import pytest

from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, LagStep, Link
from securebase.study.phrases import (
    caveats_in_words,
    counted_in_words,
    figures_in_words,
    finding_in_words,
    flags_in_words,
    misfits_in_words,
    model_in_words,
    number,
    others_in_words,
    p_value,
)
from securebase.study.reciprocal import AssociationVerdict, LagFinding, LagPair, LeavingOne
from securebase.study.result import EffectRow, ModelSummary, NotFitted, ResidualRow


@pytest.mark.parametrize(
    ("x", "expected"),
    [(-0.128, "−.13"), (0.05, ".05"), (1.2, "1.20"), (-0.001, ".00"), (0.996, "1.00"), (-1.005, "−1.00"), (0, ".00")],
)
def test_numbers_as_papers_print_them(x, expected):
    assert number(x) == expected


def test_p_values():
    assert p_value(0.0004) == "p < .001"
    assert p_value(0.0716) == "p = .072"


def lag(raw: float, p: float, form: Detrending = Detrending.CENTRED) -> LagEstimate:
    return LagEstimate(form, raw, 0.05, raw - 0.1, raw + 0.1, p, 0.3, 0.1, raw, 0.05, 100, 50)


def pair(centred: LagEstimate, detrended: LagEstimate, verdict: AssociationVerdict, label: str = "one way") -> LagPair:
    lost = 1 - detrended.raw / centred.raw
    return LagPair(label, label, centred, detrended, None, lost, verdict)


def finding(
    first: float, p1: float, second: float, p2: float, verdict: AssociationVerdict, guard: float = 0.2
) -> LagFinding:
    main = pair(lag(first, p1), lag(second, p2, Detrending.DETRENDED), verdict)
    beside = pair(lag(first, p1), lag(guard, 0.01 if abs(guard) > 0.1 else 0.6, Detrending.DETRENDED), verdict)
    other = pair(lag(first, p1), lag(second, p2, Detrending.DETRENDED), AssociationVerdict.APPEARS, "another way")
    final = AssociationVerdict.FADES if verdict is AssociationVerdict.STAYS and abs(guard) < 0.1 else verdict
    return LagFinding(Link("x", "y", LagStep.NEXT_SESSION), True, main, beside, (main, other), final)


LABELS = {"x": "Warmth", "y": "Problems"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.FADES),
            ("before lower Problems", "fades", "shared trend"),
        ),
        (finding(-0.30, 0.001, 0.13, 0.01, AssociationVerdict.FADES), ("turns round", "much of it rests")),
        (
            finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS),
            ("before higher Problems", "stays", ", and when the common"),
        ),
        (
            finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS, 0.02),
            ("stays", ", but fades when the common", "shared trend"),
        ),
        (finding(0.30, 0.001, 0.26, 0.06, AssociationVerdict.CANNOT_TELL), ("no longer be told", "cannot tell")),
        (finding(0.02, 0.60, 0.01, 0.80, AssociationVerdict.CANNOT_TELL), ("cannot be told, neither",)),
        (finding(0.02, 0.60, 0.26, 0.01, AssociationVerdict.APPEARS), ("than the own line", "not seen")),
    ],
)
def test_each_verdict_has_its_words(given, says):
    words = finding_in_words(given, LABELS)
    assert "Warmth" in words
    for part in says:
        assert part in words
    assert words.endswith((".", "cannot tell."))
    assert ".." not in words
    assert not any(sign.isdigit() for sign in words)  # the sentence leads, its figures follow


def test_what_cannot_be_estimated_says_why():
    nothing = LagPair("one", "one", None, None, None, None, AssociationVerdict.CANNOT_TELL, "too few pairs of sessions")
    given = LagFinding(
        Link("x", "y", LagStep.NEXT_SESSION), True, nothing, nothing, (nothing,), AssociationVerdict.CANNOT_TELL
    )
    assert "too few pairs" in finding_in_words(given, LABELS)
    assert figures_in_words(given) == ""
    assert others_in_words(given) == "No other way of computing it could be tried."


def test_dissent_is_named():
    given = finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.FADES)
    assert others_in_words(given) == "1 of 2 other ways of computing it agree; others say: another way: appears."


def test_other_ways_are_compared_with_the_verdict_before_the_common_course():
    given = finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS, 0.02)
    assert given.verdict is AssociationVerdict.FADES
    assert others_in_words(given).startswith("1 of 2 other ways of computing it agree that it stays until then; others")
    assert counted_in_words(given) == "1 of 2 other ways of computing it agree that it stays until then"


def test_without_a_model_it_says_so():
    given = finding(-0.30, 0.001, -0.13, 0.07, AssociationVerdict.FADES)
    assert model_in_words(given, [NotFitted("carried", "too little")], LABELS) == "No model could be fitted."
    assert EffectRow("x", "y", 0.1, None, None, None).lower is None


def test_the_figures_of_a_sentence_stand_behind_it():
    said = figures_in_words(finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS))
    assert said == (
        "Own mean out .30 (SE .050, p = .001); own line out .26 (SE .050, p = .010; in points 13% of its size lost); "
        "common course out too .20 (SE .050, p = .010)."
    )
    turned = figures_in_words(finding(-0.30, 0.001, 0.13, 0.01, AssociationVerdict.FADES))
    assert "in points its sign changes" in turned
    sure = finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS)
    sure = replace(sure, main=replace(sure.main, without_one=replace(hanging(0), largest_p=0.0002)))
    assert figures_in_words(sure).endswith("p always < .001.")
    alone = finding(0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS)
    alone = replace(alone, main=replace(alone.main, without_one=hanging(3)))
    assert figures_in_words(alone).endswith("One person left out: own line out .09 to .14, p at most .085.")


def model(trend: str, estimate: float, half: float, outcome: str = "converged", auto: float = 0.0) -> ModelSummary:
    effect = EffectRow("x", "y", estimate, half / 1.96, estimate - half, estimate + half)
    return ModelSummary(
        trend, "stationary", "session", ("y", "x"), outcome, "It ended.", "", -1.0, 9, 50, 900, 2.0, 3.0, 0.0, 1.0, 9,
        "readable", effects=(effect,),
        residuals=(ResidualRow("y", 900, 0.0, 1.0, 0.01, 0.05), ResidualRow("x", 900, 0.0, 1.0, auto, 0.05)),
    )  # fmt: skip


def hanging(deciding: int, *otherwise: tuple[AssociationVerdict, int]) -> LeavingOne:
    return LeavingOne(0.088, 0.145, 0.085, 56, deciding, otherwise or ((AssociationVerdict.CANNOT_TELL, deciding),))


STAYS, FADES = (
    (0.30, 0.001, 0.26, 0.01, AssociationVerdict.STAYS),
    (-0.30, 0.001, -0.13, 0.07, AssociationVerdict.FADES),
)


@pytest.mark.parametrize(
    ("given", "fitted", "says"),
    [
        (STAYS, [model("carried", -0.04, 0.08), model("apart", -0.04, 0.07)], "The fitted model does not show it."),
        (STAYS, [model("carried", 0.14, 0.08), model("apart", 0.14, 0.07)], "The fitted model shows it too."),
        (STAYS, [model("carried", 0.14, 0.08), model("apart", 0.01, 0.07)],
         "The fitted model shows it with trend carried only."),
        (STAYS, [model("carried", -0.14, 0.08), model("apart", -0.14, 0.07)],
         "The fitted model says the opposite."),
        (STAYS, [model("carried", -0.14, 0.08), model("apart", 0.01, 0.07)],
         "The fitted model says the opposite with trend carried, and does not show it with trend apart."),
        (FADES, [model("carried", -0.03, 0.07), model("apart", -0.04, 0.07)],
         "The fitted model does not show it either."),
        (FADES, [model("carried", -0.2, 0.07), model("apart", -0.2, 0.07)],
         "The fitted model shows it all the same."),
        (STAYS, [model("carried", 0.2, 0.07, "not_converged")], "There is no fitted model to compare it with."),
        (STAYS, [NotFitted("carried", "too little")], "There is no fitted model to compare it with."),
    ],
)  # fmt: skip
def test_whether_the_fitted_model_shows_it_is_said_beside_the_verdict(given, fitted, says):
    assert caveats_in_words(finding(*given), fitted) == says


def test_the_model_looks_from_one_session_to_the_next():
    given = replace(finding(*STAYS), link=Link("x", "y", LagStep.SAME_SESSION))
    said = caveats_in_words(given, [model("carried", -0.04, 0.08)])
    assert said == "The fitted model, which looks from one session to the next, does not show it."


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (hanging(4), "One person can decide this: without any one of 4 of the 56 persons it is “cannot tell”."),
        (hanging(1), "One person decides this: without one of the 56 persons it is “cannot tell”."),
        (hanging(6, (AssociationVerdict.CANNOT_TELL, 4), (AssociationVerdict.FADES, 2)),
         "One person can decide this: without any one of 6 of the 56 persons it is “cannot tell” (4) or “fades” (2)."),
    ],
)  # fmt: skip
def test_what_hangs_on_one_person_is_said(left, says):
    fitted = [model("carried", 0.14, 0.08)]
    assert caveats_in_words(replace(finding(*STAYS), without_one=left), fitted).endswith(says)


def test_what_hangs_on_nobody_is_said_too_but_not_flagged():
    given = replace(finding(*STAYS), without_one=hanging(0, (AssociationVerdict.STAYS, 0)))
    fitted = [model("carried", 0.14, 0.08)]
    assert caveats_in_words(given, fitted).endswith("No single person decides this.")
    assert flags_in_words(given, fitted) == ""


def test_flags_name_what_stands_against_a_verdict():
    given = replace(finding(*STAYS), without_one=hanging(4))
    assert flags_in_words(given, [model("carried", -0.04, 0.08)]) == (
        "the fitted model does not show it; one person can decide it"
    )
    fades = replace(finding(*FADES), without_one=hanging(0, (AssociationVerdict.FADES, 0)))
    assert flags_in_words(fades, [model("carried", -0.04, 0.08)]) == ""
    assert flags_in_words(fades, [model("carried", -0.2, 0.08)]) == "the fitted model shows it all the same"


def test_nothing_is_said_against_what_cannot_be_told():
    given = replace(finding(0.30, 0.001, 0.26, 0.06, AssociationVerdict.CANNOT_TELL), without_one=hanging(3))
    assert caveats_in_words(given, [model("carried", 0.14, 0.08)]) == ""
    assert flags_in_words(given, [model("carried", 0.14, 0.08)]) == ""


def test_residuals_that_follow_each_other_are_said_to_speak_against_the_model():
    fitted = [model("carried", -0.04, 0.08, auto=-0.18), model("apart", -0.04, 0.08, auto=-0.14)]
    (said,) = misfits_in_words(fitted, LABELS)
    assert said.startswith("Warmth: the autocorrelation of −.18 with trend carried and −.14 with trend apart")
    assert "speaks against the model" in said
    assert misfits_in_words([model("carried", 0.1, 0.1, auto=0.04), NotFitted("apart", "too little")], LABELS) == ()
    assert misfits_in_words([model("carried", 0.1, 0.1, "not_converged", auto=-0.3)], LABELS) == ()
    words = model_in_words(finding(*STAYS), fitted, LABELS)
    assert "Its residuals of Warmth follow each other (−.18, −.14): a reason to doubt it there." in words
