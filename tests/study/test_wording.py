"""Figures and sentences of a study."""

import pytest

from securebase.study.estimator import LagEstimate, Link, Step
from securebase.study.forms import Form
from securebase.study.reciprocal import LagFinding, LagPair, Verdict
from securebase.study.result import EffectRow, NotFitted
from securebase.study.wording import finding_in_words, model_in_words, number, others_in_words, p_value


@pytest.mark.parametrize(
    ("x", "expected"),
    [(-0.128, "−.13"), (0.05, ".05"), (1.2, "1.20"), (-0.001, ".00"), (0.996, "1.00"), (-1.005, "−1.00"), (0, ".00")],
)
def test_numbers_as_papers_print_them(x, expected):
    assert number(x) == expected


def test_p_values():
    assert p_value(0.0004) == "p < .001"
    assert p_value(0.0716) == "p = .072"


def lag(raw: float, p: float, form: Form = Form.CENTRED) -> LagEstimate:
    return LagEstimate(form, raw, 0.05, raw - 0.1, raw + 0.1, p, 0.3, 0.1, raw, 0.05, 100, 50)


def pair(centred: LagEstimate, detrended: LagEstimate, verdict: Verdict, label: str = "one way") -> LagPair:
    lost = 1 - detrended.raw / centred.raw
    return LagPair(label, label, centred, detrended, None, lost, verdict)


def finding(first: float, p1: float, second: float, p2: float, verdict: Verdict, guard: float = 0.2) -> LagFinding:
    main = pair(lag(first, p1), lag(second, p2, Form.DETRENDED), verdict)
    beside = pair(lag(first, p1), lag(guard, 0.01 if abs(guard) > 0.1 else 0.6, Form.DETRENDED), verdict)
    other = pair(lag(first, p1), lag(second, p2, Form.DETRENDED), Verdict.APPEARS, "another way")
    final = Verdict.FADES if verdict is Verdict.STAYS and abs(guard) < 0.1 else verdict
    return LagFinding(Link("x", "y", Step.NEXT_SESSION), True, main, beside, (main, other), final)


LABELS = {"x": "Warmth", "y": "Problems"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (finding(-0.30, 0.001, -0.13, 0.07, Verdict.FADES), ("before lower Problems", "fades", "57% of its size lost")),
        (finding(-0.30, 0.001, 0.13, 0.01, Verdict.FADES), ("turns round", "its sign changes", "much of it rests")),
        (finding(0.30, 0.001, 0.26, 0.01, Verdict.STAYS), ("before higher Problems", "stays", ", and when the common")),
        (
            finding(0.30, 0.001, 0.26, 0.01, Verdict.STAYS, 0.02),
            ("stays", ", but fades when the common", "shared trend"),
        ),
        (finding(0.30, 0.001, 0.26, 0.06, Verdict.CANNOT_TELL), ("no longer be told", "cannot tell")),
        (finding(0.02, 0.60, 0.01, 0.80, Verdict.CANNOT_TELL), ("cannot be told, neither",)),
        (finding(0.02, 0.60, 0.26, 0.01, Verdict.APPEARS), ("than the own line", "not seen")),
    ],
)
def test_each_verdict_has_its_words(given, says):
    words = finding_in_words(given, LABELS)
    assert "Warmth" in words
    for part in says:
        assert part in words
    assert words.endswith((".", "cannot tell."))
    assert ".." not in words


def test_what_cannot_be_estimated_says_why():
    nothing = LagPair("one", "one", None, None, None, None, Verdict.CANNOT_TELL, "too few pairs of sessions")
    given = LagFinding(Link("x", "y", Step.NEXT_SESSION), True, nothing, nothing, (nothing,), Verdict.CANNOT_TELL)
    assert "too few pairs" in finding_in_words(given, LABELS)
    assert others_in_words(given) == "No other way of computing it could be tried."


def test_dissent_is_named():
    given = finding(-0.30, 0.001, -0.13, 0.07, Verdict.FADES)
    assert others_in_words(given) == "1 of 2 other ways of computing it agree; others say: another way: appears."


def test_without_a_model_it_says_so():
    given = finding(-0.30, 0.001, -0.13, 0.07, Verdict.FADES)
    assert model_in_words(given, [NotFitted("carried", "too little")]) == "No model could be fitted."
    assert EffectRow("x", "y", 0.1, None, None, None).lower is None
