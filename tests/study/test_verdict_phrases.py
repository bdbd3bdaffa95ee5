"""Sentences of verdicts: each rung with its persons and its warning, none with a cause."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from securebase.study.parts import StudyRequest
from securebase.study.verdict import (
    Design,
    DetrendedAssociation,
    RemainingEffect,
    RowAssociation,
    StepEffect,
    TherapistTests,
    TimeReversal,
    Verdict,
    VerdictReadings,
    WouldSettle,
)
from securebase.study.verdict_phrases import (
    RUNG_LABELS,
    detrended_label,
    detrended_legend,
    identified_by,
    settle_in_words,
    verdict_in_words,
)
from securebase.study.verdicts.attenuation import Persistence
from securebase.study.verdicts.hidden_cause import HiddenCause, Strength
from securebase.study.verdicts.identifying import Movement, Refusal
from securebase.study.verdicts.rule import Rung

CAUSAL = re.compile(r"\bcauses\b|\beffect of\b|\bleads? to\b|\bdrives?\b|\bproduces?\b|\brobust", re.IGNORECASE)
REQUEST = StudyRequest("y", ("x",), {"x": "Alliance", "y": "Symptoms"}, {}, "session", "carried", "stationary")
DESIGNS = (Design.BEFORE_AND_AFTER, Design.RANDOM_ASSIGNMENT)
MANY = Movement(600, 60, 58)


def verdict(rung: Rung, reason: Refusal | None = None, movement_from: Movement = MANY) -> Verdict:
    rows = RowAssociation("next", -0.2, (-0.3, -0.1), 0.001, 60, 800, 41.3)
    refused = rung is Rung.REFUSED
    return Verdict(
        earlier="x",
        later="y",
        occasion="next",
        rung=rung,
        reason=reason,
        other_leads=False,
        estimate=None if refused else -0.2,
        interval=None if refused else (-0.3, -0.1),
        p=None if refused else 0.01,
        p_adjusted=None if refused else 0.03,
        n_persons=60,
        n_identifying=41.3,
        persistence=None,
        readings=VerdictReadings(None, None, None, (rows, rows), None, movement_from, MANY),
        hidden_cause=None,
        would_settle=WouldSettle(None if refused else 220, () if refused else DESIGNS),
    )


def words(value: Verdict, request: StudyRequest = REQUEST) -> str:
    return verdict_in_words(value, request)


def test_leads_says_what_comes_before_with_both_p_values_and_its_warning() -> None:
    assert words(verdict(Rung.LEADS)) == (
        "Above-average Alliance tends to come before lower Symptoms (p = .010; corrected p = .030). It rests on 60 "
        "persons, effectively 41. A hidden cause that reaches Alliance before Symptoms, or shows in it sooner, would "
        "give the same result."
    )


def test_an_order_within_a_row_is_not_claimed() -> None:
    within_row = replace(verdict(Rung.LEADS), occasion="same")
    assert "It compares successive rows, so this may happen within one row." in words(within_row)
    assert "within one row" not in words(verdict(Rung.LEADS))


def followed(rung: Rung, *, stress: float, support: float = 0.01) -> Verdict:
    value = verdict(rung)
    rivals = {name: StepEffect(-0.1, None, -2.0, p) for name, p in (("stress", stress), ("support", support))}
    cause = HiddenCause(0.02, 0.13, 0.04, {"stress": Strength(0.3, 0.005), "support": Strength(0.01, 0.01)}, 0.5)
    return replace(value, readings=replace(value.readings, rivals=rivals), hidden_cause=cause)


def test_a_direction_names_the_columns_beside_which_it_remains_or_not() -> None:
    both = "stress and support"
    assert f"It remains beside {both}, one at a time." in words(followed(Rung.LEADS_ADJUSTED, stress=0.01))
    explained = words(followed(Rung.LEADS, stress=0.2))
    assert "It is not significant beside stress, which may explain it." in explained
    assert f"Beside {both} it is not significant after correction." in words(followed(Rung.LEADS, stress=0.03))
    assert "beside" not in words(verdict(Rung.LEADS))


def test_the_hidden_cause_has_a_strength_a_lead_and_a_benchmark() -> None:
    leads = followed(Rung.LEADS_ADJUSTED, stress=0.01)
    assert words(leads).endswith(
        "A hidden cause that reaches Alliance before Symptoms, or shows in it sooner, would give the same result if it "
        "accounts for 13% of what is left of both (4% makes it uncertain), at least half a session earlier in "
        "Alliance. By comparison, stress accounts for 30% and less than 1%."
    )
    assert leads.hidden_cause is not None
    together = replace(
        verdict(Rung.TOGETHER), hidden_cause=replace(leads.hidden_cause, lead=0.0, to_insignificance=0.0, measured={})
    )
    assert words(together).endswith("A hidden cause that accounts for 13% of what is left of both would explain it.")


def test_a_direction_that_rests_on_straight_lines_says_so() -> None:
    value = verdict(Rung.INCONCLUSIVE)
    bent = replace(value, readings=replace(value.readings, bends=RemainingEffect(-0.4, 0.7, holds=False)))
    assert "It rests on the straight line of each person’s trend: beside a bend, nothing is left." in words(bent)
    assert "straight line" not in words(value)


@pytest.mark.parametrize(
    ("rung", "p", "sentence"),
    [
        (Rung.LEADS, 0.02, "It remains significant across 12 therapists (corrected p = .020)."),
        (Rung.LEADS, None, "These persons have 12 therapists, too few to check whether the direction holds across"),
        (
            Rung.INCONCLUSIVE,
            0.4,
            "inconclusive (p = .010; corrected p = .030). Clients of the same therapist may change alike. Across the "
            "12 therapists the direction is not significant after correction (uncorrected p = .200).",
        ),
    ],
)
def test_a_direction_says_whether_it_remains_across_therapists(rung: Rung, p: float | None, sentence: str) -> None:
    value = verdict(rung)
    tests = TherapistTests(12, 0.2, 0.01, p)
    assert sentence in words(replace(value, readings=replace(value.readings, across_therapists=tests)))
    assert "therapist" not in words(value)


def on_scales(rung: Rung, p: float, statistic: float = -1.0) -> str:
    readings = replace(
        verdict(rung).readings,
        time_reversal=TimeReversal(-4.0, 0.001, 60),
        time_reversal_on_common_scale=TimeReversal(statistic, p, 60),
    )
    return words(replace(verdict(rung), readings=readings))


@pytest.mark.parametrize("rung", [Rung.TOGETHER, Rung.INCONCLUSIVE])
def test_an_order_that_rests_on_the_scales_says_so(rung: Rung) -> None:
    assert (
        "The asymmetry in time of the ratings (p = .001) depends on their scales: on a common scale it is not "
        "significant (p = .400), so a floor, a ceiling or few categories may account for it."
    ) in on_scales(rung, 0.4)
    assert "on a common scale it has the opposite sign (p = .010)" in on_scales(rung, 0.01, 2.6)
    assert "scale" not in on_scales(rung, 0.01, -2.6)
    assert "scale" not in on_scales(Rung.CONTRADICTED, 0.4)


def test_the_badge_of_a_mixed_cause_is_said_where_it_holds() -> None:
    value = verdict(Rung.LEADS)
    for holds in (True, False):
        mixed = RemainingEffect(-2.0, 0.02, holds=holds)
        sentence = words(replace(value, readings=replace(value.readings, mixed_cause=mixed)))
        assert ("It remains beside a hidden factor and shared shocks at once." in sentence) is holds


def test_together_names_no_order_and_says_the_same_for_both_rows() -> None:
    first = replace(verdict(Rung.TOGETHER), persistence=Persistence.ATTENUATES)
    second = replace(verdict(Rung.TOGETHER), earlier="y", later="x")
    assert words(first) == words(second)
    assert words(first) == (
        "Alliance and Symptoms move together: higher Alliance with lower Symptoms; their order is not known (p = "
        ".010; corrected p = .030). It rests on 60 persons, effectively 41. If the lags are as large as estimated, "
        "about 220 persons would give 80% power."
    )


def test_the_weaker_direction_of_a_pair_that_leads_says_why_nothing_is_said() -> None:
    other = replace(verdict(Rung.INCONCLUSIVE), other_leads=True, p=None, p_adjusted=None)
    assert "This design can detect only the stronger of two directions." in words(other)


@pytest.mark.parametrize(
    ("persons", "sentence"),
    [(220, "about 220 persons would give 80% power"), (25_000, "even 10,000 persons would not give 80% power")],
)
def test_what_would_decide_is_a_number_of_persons(persons: int, sentence: str) -> None:
    value = replace(verdict(Rung.INCONCLUSIVE), would_settle=WouldSettle(persons, DESIGNS))
    assert sentence in words(value)
    assert "power" not in words(replace(value, would_settle=WouldSettle(None, DESIGNS)))


@pytest.mark.parametrize(
    ("reason", "movement", "sentence"),
    [
        (Refusal.COPY, MANY, "Detrended, Alliance and Symptoms correlate beyond ±.95: one is a copy of the other."),
        (Refusal.SHORT, MANY, "fewer than three usable pairs"),
        (
            Refusal.ONE_WAY,
            Movement(47, 47, 0),
            "In most persons, Alliance moves in one direction only, so anything else that changed then would look "
            "alike. 47 persons with one switch each identify the effect.",
        ),
        (Refusal.ONE_WAY, Movement(70, 40, 8), "It changes in 40 persons and changes back in 8."),
        (Refusal.HARDLY_VARIES, Movement(12, 12, 0), "12 persons with one switch each identify the effect."),
    ],
)
def test_a_refusal_gives_its_reason(reason: Refusal, movement: Movement, sentence: str) -> None:
    value = verdict(Rung.REFUSED, reason, movement)
    if reason is Refusal.HARDLY_VARIES:
        value = replace(value, n_identifying=11.5)
    assert words(value).startswith("Alliance before Symptoms: refused. ")
    assert sentence in words(value)


def test_a_column_that_varies_in_few_persons_is_named_in_both_rows() -> None:
    few = replace(verdict(Rung.REFUSED, Refusal.HARDLY_VARIES), n_identifying=9.2)
    assert "Alliance varies in too few persons: effectively 9 of 60, where 20 are needed." in words(few)
    assert "No person has enough values of both columns." in words(replace(few, n_persons=0, n_identifying=0.0))
    other = replace(few, earlier="y", later="x", n_identifying=30.0)
    assert "Alliance varies in too few persons." in words(other)


def test_what_remains_without_trends_stands_beside_the_rung() -> None:
    value = verdict(Rung.INCONCLUSIVE)
    assert "persists when detrended" in words(replace(value, persistence=Persistence.PERSISTS))
    assert "attenuates when detrended, so it may reflect a shared trend" in words(
        replace(value, persistence=Persistence.ATTENUATES)
    )
    assert "detrended" not in words(replace(value, persistence=Persistence.INCONCLUSIVE))
    t3 = DetrendedAssociation(-0.14, 0.04, -0.04, 0.03, 0.02, 2.1, 0.04, True, 52)
    weaker = replace(value, persistence=Persistence.INCONCLUSIVE, readings=replace(value.readings, attenuation=t3))
    assert "weaker when detrended; how much of it is left remains open" in words(weaker)
    assert detrended_label(weaker) == "weaker"
    assert "Weaker: it loses more than detrending takes by itself" in detrended_legend("day")
    assert detrended_label(replace(weaker, persistence=Persistence.PERSISTS)) == "persists"
    assert detrended_label(replace(value, persistence=Persistence.INCONCLUSIVE)) == "inconclusive"
    assert detrended_label(value) == ""
    few = replace(verdict(Rung.REFUSED, Refusal.HARDLY_VARIES), persistence=Persistence.PERSISTS)
    assert "persists when detrended, though in few persons" in words(few)


def test_the_persons_of_a_switch_are_counted_by_their_switches() -> None:
    assert identified_by(verdict(Rung.REFUSED, Refusal.ONE_WAY, Movement(47, 47, 0))) == (
        "47 persons with one switch each"
    )
    assert identified_by(verdict(Rung.LEADS)) == "41 of 60"


def test_designs_use_the_word_of_the_table() -> None:
    days = replace(REQUEST, occasion="day")
    sentence = settle_in_words([verdict(Rung.TOGETHER)], days)
    assert "rate both columns before and after each day" in sentence
    assert "One more rating between two days does not settle it." in sentence
    assert settle_in_words([verdict(Rung.REFUSED, Refusal.COPY)], days) == ""


def test_no_sentence_claims_a_cause() -> None:
    for rung in RUNG_LABELS:
        if rung not in (Rung.LEADS_ADJUSTED, Rung.RANDOMISED, Rung.REFUSED):
            assert not CAUSAL.search(words(verdict(rung)))
    for reason in Refusal:
        assert not CAUSAL.search(words(verdict(Rung.REFUSED, reason)))
